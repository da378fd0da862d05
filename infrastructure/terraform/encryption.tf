# One key for the stack's data. RDS and ECR use it through grants that they make when Terraform creates their resources;
# everyone else is named here, so that role policies need not name the key.
resource "aws_kms_key" "main" {
  description             = "Data of ${local.name}"
  deletion_window_in_days = 30
  enable_key_rotation     = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountAdministration"
        Effect    = "Allow"
        Principal = { AWS = local.account_arn }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "AlarmsThroughTheTopic"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = var.aws_account_id } }
      },
      {
        Sid       = "ObjectsOfTheBucket"
        Effect    = "Allow"
        Principal = { AWS = local.task_role_arn }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com" } }
      },
      {
        Sid       = "TheDatabaseSecret"
        Effect    = "Allow"
        Principal = { AWS = [local.execution_role_arn, local.task_role_arn] }
        Action    = "kms:Decrypt"
        Resource  = "*"
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.region}.amazonaws.com" } }
      },
    ]
  })

  tags = { Name = local.name }

  # KMS refuses a policy that names a role which does not exist yet.
  depends_on = [aws_iam_role.execution, aws_iam_role.task]
}

resource "aws_kms_alias" "main" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.main.key_id
}
