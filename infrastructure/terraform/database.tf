resource "aws_db_subnet_group" "main" {
  name        = "${local.name}-db"
  description = "Private subnets of ${local.name}"
  subnet_ids  = [aws_subnet.private_a.id, aws_subnet.private_c.id]
}

resource "aws_db_parameter_group" "main" {
  name        = "${local.name}-postgres${var.postgres_version}"
  family      = "postgres${var.postgres_version}"
  description = "TLS only, slow statements logged"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  # Milliseconds.
  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  # Not ddl: that would write the password of every ALTER ROLE into the log.
  parameter {
    name  = "log_statement"
    value = "none"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "main" {
  identifier     = "${local.name}-db"
  engine         = "postgres"
  engine_version = var.postgres_version
  instance_class = var.db_instance_class
  multi_az       = true

  db_name  = "triflow"
  username = "triflow_admin"
  password = var.db_password
  port     = 5432

  storage_type          = "gp3"
  allocated_storage     = 50
  max_allocated_storage = 200
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.main.arn

  db_subnet_group_name                = aws_db_subnet_group.main.name
  vpc_security_group_ids              = [aws_security_group.rds.id]
  publicly_accessible                 = false
  parameter_group_name                = aws_db_parameter_group.main.name
  ca_cert_identifier                  = "rds-ca-rsa2048-g1"
  iam_database_authentication_enabled = true

  # UTC: 02:00 and, on Mondays, 03:00 in Seoul.
  backup_window              = "17:00-17:30"
  maintenance_window         = "sun:18:00-sun:18:30"
  backup_retention_period    = 7
  copy_tags_to_snapshot      = true
  auto_minor_version_upgrade = true
  deletion_protection        = true
  skip_final_snapshot        = false
  final_snapshot_identifier  = "${local.name}-db-final"

  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.main.arn
  performance_insights_retention_period = 7

  lifecycle {
    # The rotation function owns the password after the first apply.
    ignore_changes = [password]

    precondition {
      condition     = can(regex("^[!-~]{16,128}$", var.db_password)) && can(regex("[^A-Za-z0-9]", var.db_password))
      error_message = "db_password has 16 to 128 printable ASCII characters, at least one of them special, and no space."
    }

    precondition {
      condition     = !can(regex("[/\"@]", var.db_password))
      error_message = "db_password has no slash, quotation mark or at sign: RDS accepts none of them."
    }
  }
}
