# Rules see what CloudTrail records in their own region alone; what concerns IAM and the root user is recorded in us-east-1.
locals {
  api_call = { "detail-type" = ["AWS API Call via CloudTrail"] }

  regional_patterns = {
    guardduty-findings = {
      source        = ["aws.guardduty"]
      "detail-type" = ["GuardDuty Finding"]
      detail        = { severity = [{ numeric = [">=", 4] }] }
    }
    # One rule for all: a rule can tell any of these sources and names, and needs no more than that.
    security-changes = merge(local.api_call, {
      source = ["aws.cloudtrail", "aws.ec2", "aws.kms"]
      detail = {
        eventSource = ["cloudtrail.amazonaws.com", "ec2.amazonaws.com", "kms.amazonaws.com"]
        eventName = [
          # The trail.
          "CreateTrail", "DeleteTrail", "PutEventSelectors", "StartLogging", "StopLogging", "UpdateTrail",
          # Security groups.
          "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateSecurityGroup", "DeleteSecurityGroup",
          "ModifySecurityGroupRules", "RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress",
          # Keys.
          "DisableKey", "DisableKeyRotation", "PutKeyPolicy", "ScheduleKeyDeletion",
        ]
      }
    })
  }

  global_patterns = {
    root-use = {
      "detail-type" = ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"]
      detail        = { userIdentity = { type = ["Root"] } }
    }
    iam-changes = merge(local.api_call, {
      source = ["aws.iam"]
      detail = {
        eventSource = ["iam.amazonaws.com"]
        eventName   = [{ prefix = "Add" }, { prefix = "Attach" }, { prefix = "Create" }, { prefix = "Delete" }, { prefix = "Detach" }, { prefix = "Put" }, { prefix = "Set" }, { prefix = "Update" }]
      }
    })
  }
}

resource "aws_cloudwatch_event_rule" "regional" {
  for_each = local.regional_patterns

  name          = "triflow-ai-${each.key}"
  description   = "Tells the security topic of ${replace(each.key, "-", " ")}"
  event_pattern = jsonencode(each.value)
}

resource "aws_cloudwatch_event_target" "regional" {
  for_each = local.regional_patterns

  rule      = aws_cloudwatch_event_rule.regional[each.key].name
  target_id = "security-topic"
  arn       = aws_sns_topic.security.arn
}

resource "aws_sns_topic" "security" {
  name   = local.topic_name
  policy = local.topic_policies[var.region]
}

resource "aws_sns_topic_subscription" "security" {
  topic_arn = aws_sns_topic.security.arn
  protocol  = "email"
  endpoint  = var.security_contact.email
}

resource "aws_cloudwatch_event_rule" "global" {
  provider = aws.us_east_1
  for_each = local.global_patterns

  name          = "triflow-ai-${each.key}"
  description   = "Tells the security topic of ${replace(each.key, "-", " ")}"
  event_pattern = jsonencode(each.value)
}

resource "aws_cloudwatch_event_target" "global" {
  provider = aws.us_east_1
  for_each = local.global_patterns

  rule      = aws_cloudwatch_event_rule.global[each.key].name
  target_id = "security-topic"
  arn       = aws_sns_topic.security_us_east_1.arn
}

resource "aws_sns_topic" "security_us_east_1" {
  provider = aws.us_east_1

  name   = local.topic_name
  policy = local.topic_policies["us-east-1"]
}

resource "aws_sns_topic_subscription" "security_us_east_1" {
  provider = aws.us_east_1

  topic_arn = aws_sns_topic.security_us_east_1.arn
  protocol  = "email"
  endpoint  = var.security_contact.email
}

locals {
  topic_policies = {
    for region, arn in local.topic_arns : region => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "RulesOfThisAccount"
        Effect    = "Allow"
        Principal = { Service = ["events.amazonaws.com", "events.rds.amazonaws.com"] }
        Action    = "sns:Publish"
        Resource  = arn
        Condition = { StringEquals = { "aws:SourceAccount" = var.aws_account_id } }
      }]
    })
  }
}

# Of every database of the account, whichever stack makes it.
resource "aws_db_event_subscription" "databases" {
  name             = "triflow-ai-databases"
  sns_topic        = aws_sns_topic.security.arn
  source_type      = "db-instance"
  event_categories = ["configuration change", "deletion", "failover", "failure", "low storage", "maintenance"]
}
