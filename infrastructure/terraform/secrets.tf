resource "aws_secretsmanager_secret" "database" {
  name                    = local.secret_name
  description             = "Connection of ${local.name}'s application to its database"
  kms_key_id              = aws_kms_key.main.arn
  recovery_window_in_days = 30
}

# The rotation function for RDS reads these keys; engine tells it how to connect.
resource "aws_secretsmanager_secret_version" "database" {
  secret_id = aws_secretsmanager_secret.database.id

  secret_string = jsonencode({
    engine   = "postgres"
    host     = aws_db_instance.main.address
    port     = aws_db_instance.main.port
    dbname   = aws_db_instance.main.db_name
    username = aws_db_instance.main.username
    password = var.db_password
  })

  lifecycle {
    # A rotation writes a new version and makes this one the previous one.
    ignore_changes = [secret_string, version_stages]
  }
}

resource "aws_secretsmanager_secret_rotation" "database" {
  secret_id           = aws_secretsmanager_secret.database.id
  rotation_lambda_arn = var.rotation_lambda_arn

  rotation_rules {
    automatically_after_days = 30
  }

  depends_on = [aws_secretsmanager_secret_version.database]
}
