locals {
  name        = "triflow-ai-${var.environment}"
  bucket_name = var.environment == "production" ? "triflow-ai-prod" : "triflow-ai-${var.environment}"
  secret_name = "${local.name}/database"
  topic_name  = "${local.name}-alerts"

  # Made by the central logging stack.
  log_group_name       = "/aws/ecs/${local.name}-backend"
  llm_log_group_name   = "/aws/ecs/api/llm"
  error_log_group_name = "/aws/ecs/api/errors"

  # Policies name what they allow by ARNs made of names, so that a plan shows every policy in full.
  log_group_prefix = "arn:aws:logs:${var.region}:${var.aws_account_id}:log-group:"
  account_arn      = "arn:aws:iam::${var.aws_account_id}:root"
  bucket_arn       = "arn:aws:s3:::${local.bucket_name}"
  repository_arn   = "arn:aws:ecr:${var.region}:${var.aws_account_id}:repository/triflow-ai-backend"
  log_group_arn    = "${local.log_group_prefix}${local.log_group_name}"
  topic_arn        = "arn:aws:sns:${var.region}:${var.aws_account_id}:${local.topic_name}"
  secret_arn       = "arn:aws:secretsmanager:${var.region}:${var.aws_account_id}:secret:${local.secret_name}"

  execution_role_arn = "arn:aws:iam::${var.aws_account_id}:role/${local.name}-ecs-task-execution-role"
  task_role_arn      = "arn:aws:iam::${var.aws_account_id}:role/${local.name}-ecs-task-role"
}
