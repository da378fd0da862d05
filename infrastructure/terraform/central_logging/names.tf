# The app stack and this one know each other by names alone: each can be planned without the other.
locals {
  name               = "triflow-ai-${var.environment}"
  app_bucket_name    = var.environment == "production" ? "triflow-ai-prod" : "triflow-ai-${var.environment}"
  app_log_group_name = "/aws/ecs/${local.name}-backend"
  cluster_name       = "${local.name}-cluster"
  service_name       = "${local.name}-backend-service"
  database_name      = "${local.name}-db"
  load_balancer_name = "${local.name}-alb"

  trail_name         = "triflow-ai-audit"
  billing_topic_name = "${local.name}-billing"

  # Policies name what they allow by ARNs made of names, so that a plan shows every policy in full.
  account_arn       = "arn:aws:iam::${var.aws_account_id}:root"
  audit_bucket_arn  = "arn:aws:s3:::${var.audit_bucket}"
  trail_bucket_arn  = "arn:aws:s3:::${var.trail_bucket}"
  trail_arn         = "arn:aws:cloudtrail:${var.region}:${var.aws_account_id}:trail/${local.trail_name}"
  alerts_topic_arn  = "arn:aws:sns:${var.region}:${var.aws_account_id}:${local.name}-alerts"
  billing_topic_arn = "arn:aws:sns:us-east-1:${var.aws_account_id}:${local.billing_topic_name}"
  log_group_prefix  = "arn:aws:logs:${var.region}:${var.aws_account_id}:log-group:"
}
