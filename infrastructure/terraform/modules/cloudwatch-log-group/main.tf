locals {
  # The design: what it knows of each service, how long that is kept, and which of its four log types it is.
  kinds = {
    ecs = {
      application = { days = 14, log_type = "application" }
      errors      = { days = 90, log_type = "errors" }
      llm         = { days = 60, log_type = "llm" }
    }
    lambda = {
      ""     = { days = 14, log_type = "application" }
      errors = { days = 90, log_type = "errors" }
    }
    alb = {
      access-logs = { days = 7, log_type = "access" }
      error-logs  = { days = 7, log_type = "errors" }
    }
    rds = {
      error     = { days = 30, log_type = "errors" }
      general   = { days = 30, log_type = "application" }
      slowquery = { days = 30, log_type = "application" }
    }
  }

  type = var.type == null ? "" : var.type
  kind = try(local.kinds[var.service][local.type], { days = null, log_type = null }) # validation refuses what is not there

  designed_name  = "/aws/${join("/", compact([var.service, var.resource, local.type]))}"
  name           = var.exception == null ? local.designed_name : var.exception.name
  retention_days = var.retention_days == null ? local.kind.days : var.retention_days

  # What Sentry and Langfuse read stands apart by its type; until they do, it is pending.
  sentry_sync   = coalesce(var.sentry_sync, local.type == "errors" ? "pending" : "disabled")
  langfuse_sync = coalesce(var.langfuse_sync, local.type == "llm" ? "pending" : "disabled")
  sync          = local.type == "errors" ? local.sentry_sync : local.langfuse_sync

  sentry_pattern = "[timestamp, request_id, level=\"ERROR\", ...]"
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.name
  retention_in_days = local.retention_days
  kms_key_id        = var.create_kms_key ? aws_kms_key.this[0].arn : var.kms_key_arn

  tags = merge(var.tags, {
    LogType       = local.kind.log_type
    RetentionDays = tostring(local.retention_days)
    ExportEnabled = tostring(var.export_enabled)
    SentrySync    = local.sentry_sync
    LangfuseSync  = local.langfuse_sync
  })
}

resource "aws_cloudwatch_log_subscription_filter" "this" {
  count = var.subscription == null ? 0 : 1

  name            = var.subscription.name
  log_group_name  = aws_cloudwatch_log_group.this.name
  destination_arn = var.subscription.destination_arn
  role_arn        = var.subscription.role_arn

  filter_pattern = (
    var.subscription.filter_pattern != null ? var.subscription.filter_pattern :
    local.sentry_sync == "enabled" ? local.sentry_pattern : ""
  )
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  count = var.metric_filter == null ? 0 : 1

  name           = var.metric_filter.name
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = var.metric_filter.pattern

  metric_transformation {
    namespace     = var.metric_filter.namespace
    name          = var.metric_filter.metric_name
    value         = "1"
    default_value = "0"
  }
}

resource "aws_kms_key" "this" {
  count = var.create_kms_key ? 1 : 0

  description             = "Log group ${local.name}"
  deletion_window_in_days = 30
  enable_key_rotation     = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountAdministration"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.aws_account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "ThisLogGroup"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.region}.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = { ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:${var.region}:${var.aws_account_id}:log-group:${local.name}" } }
      },
    ]
  })

  tags = var.tags
}
