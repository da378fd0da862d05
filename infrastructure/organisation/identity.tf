locals {
  # ECS acts for this account's tasks alone (the confused deputy problem).
  trust_ecs_tasks = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.aws_account_id }
        ArnLike      = { "aws:SourceArn" = "arn:aws:ecs:${var.region}:${var.aws_account_id}:*" }
      }
    }]
  })
}

# What ECS needs to start a task.
resource "aws_iam_role" "execution" {
  name               = "${local.name}-execution"
  description        = "Starts the scheduler and the workers: pulls the image, reads the certificates, writes logs"
  assume_role_policy = local.trust_ecs_tasks
}

resource "aws_iam_role_policy" "execution" {
  name = "start-tasks"
  role = aws_iam_role.execution.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "RegistryLogin" # takes no resource
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Sid      = "PullTheImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = var.image_repository_arn
      },
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${local.log_group_arn}:*"
      },
      {
        Sid      = "ReadTheCertificates"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = var.certificates_secret_arn
      },
    ]
  })
}

# The scheduler asks AWS nothing.
resource "aws_iam_role" "scheduler" {
  name               = "${local.name}-scheduler"
  description        = "The Dask scheduler, which needs no permission"
  assume_role_policy = local.trust_ecs_tasks
}

# A worker takes on the audit role, in accounts of the organisation and nowhere else, and writes results.
resource "aws_iam_role" "worker" {
  name               = "${local.name}-worker"
  description        = "Judges: takes on the audit role of an account, and writes the result"
  assume_role_policy = local.trust_ecs_tasks
}

resource "aws_iam_role_policy" "worker" {
  name = "judge"
  role = aws_iam_role.worker.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TakeOnTheAuditRole"
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Resource  = [for id in length(var.member_accounts) == 0 ? ["*"] : var.member_accounts : "arn:aws:iam::${id}:role/${var.audit_role}"]
        Condition = { StringEquals = { "aws:ResourceOrgID" = var.organisation_id } }
      },
      {
        Sid      = "ListTheStore"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = local.bucket_arn
      },
      {
        Sid      = "ReadAndWriteResults"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "${local.bucket_arn}/*"
      },
    ]
  })
}
