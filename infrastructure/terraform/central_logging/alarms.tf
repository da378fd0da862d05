locals {
  errors_metric = { namespace = "TriFlowAI/${var.environment}", name = "BackendErrors" }

  cpu = {
    ecs = {
      namespace  = "AWS/ECS"
      dimensions = { ClusterName = local.cluster_name, ServiceName = local.service_name }
    }
    rds = {
      namespace  = "AWS/RDS"
      dimensions = { DBInstanceIdentifier = local.database_name }
    }
  }
}

# The topic of the alerts belongs to the app stack; an alarm takes an action before its topic exists.
resource "aws_cloudwatch_metric_alarm" "cpu" {
  for_each = local.cpu

  alarm_name          = "${local.name}-${each.key}-cpu"
  alarm_description   = "CPU over 80 % for 15 minutes"
  namespace           = each.value.namespace
  metric_name         = "CPUUtilization"
  dimensions          = each.value.dimensions
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  threshold           = 80
  comparison_operator = "GreaterThanThreshold"
  alarm_actions       = [local.alerts_topic_arn]
  ok_actions          = [local.alerts_topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${local.name}-error-rate"
  alarm_description   = "More than 10 errors in 5 minutes"
  namespace           = local.errors_metric.namespace
  metric_name         = local.errors_metric.name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 10
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.alerts_topic_arn]
  ok_actions          = [local.alerts_topic_arn]
}

# The alarm of the deployment guide. It stands where the metric is, and an alarm publishes in its own region alone: hence a
# topic of its own instead of the app stack's.
resource "aws_cloudwatch_metric_alarm" "billing" {
  provider = aws.us_east_1

  alarm_name          = "triflow-monthly-billing-alarm"
  alarm_description   = "The month's charges exceed 500 USD"
  namespace           = "AWS/Billing"
  metric_name         = "EstimatedCharges"
  dimensions          = { Currency = "USD" }
  statistic           = "Maximum"
  period              = 21600
  evaluation_periods  = 1
  threshold           = 500
  comparison_operator = "GreaterThanThreshold"
  alarm_actions       = [aws_sns_topic.billing.arn]
}

resource "aws_sns_topic" "billing" {
  provider = aws.us_east_1

  name = local.billing_topic_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = local.billing_topic_arn
      Condition = { StringEquals = { "aws:SourceAccount" = var.aws_account_id } }
    }]
  })
}

# Somebody confirms it: AWS sends an e-mail.
resource "aws_sns_topic_subscription" "billing_email" {
  provider = aws.us_east_1

  topic_arn = aws_sns_topic.billing.arn
  protocol  = "email"
  endpoint  = var.billing_email
}

resource "aws_sns_topic_subscription" "billing" {
  provider = aws.us_east_1
  count    = nonsensitive(var.slack_webhook_url != null) ? 1 : 0

  topic_arn              = aws_sns_topic.billing.arn
  protocol               = "https"
  endpoint               = var.slack_webhook_url
  endpoint_auto_confirms = true

  lifecycle {
    precondition {
      condition     = can(regex("^https://[^[:space:]]+$", var.slack_webhook_url))
      error_message = "slack_webhook_url starts with https:// and has no space."
    }
  }
}
