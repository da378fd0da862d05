# Names out of their parts, retention and tags out of the kind of log: as the logging design has them.
mock_provider "aws" {}

variables {
  kms_key_arn = "arn:aws:kms:ap-northeast-2:123456789012:key/11111111-2222-4333-8444-555555555555"
}

run "ecs_application" {
  command = plan

  variables {
    service  = "ecs"
    resource = "api"
    type     = "application"
  }

  assert {
    condition     = output.name == "/aws/ecs/api/application" && output.retention_days == 14
    error_message = "Application logs are kept 14 days."
  }

  assert {
    condition = aws_cloudwatch_log_group.this.tags == tomap({
      LogType       = "application"
      RetentionDays = "14"
      ExportEnabled = "false"
      SentrySync    = "disabled"
      LangfuseSync  = "disabled"
    })
    error_message = "The five tags are derived."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn && length(aws_kms_key.this) == 0
    error_message = "The key that is given encrypts the group, and none is made."
  }
}

run "ecs_errors" {
  command = plan

  variables {
    service  = "ecs"
    resource = "api"
    type     = "errors"
  }

  assert {
    condition     = output.name == "/aws/ecs/api/errors" && output.retention_days == 90 && output.log_type == "errors"
    error_message = "Errors are kept 90 days."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.tags["SentrySync"] == "pending" && aws_cloudwatch_log_group.this.tags["LangfuseSync"] == "disabled"
    error_message = "Errors wait for Sentry."
  }
}

run "ecs_llm" {
  command = plan

  variables {
    service  = "ecs"
    resource = "api"
    type     = "llm"
  }

  assert {
    condition     = output.name == "/aws/ecs/api/llm" && output.retention_days == 60 && output.log_type == "llm"
    error_message = "LLM calls are kept 60 days."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.tags["SentrySync"] == "disabled" && aws_cloudwatch_log_group.this.tags["LangfuseSync"] == "pending"
    error_message = "LLM calls wait for Langfuse."
  }
}

run "lambda" {
  command = plan

  variables {
    service  = "lambda"
    resource = "secrets-manager-rotation"
  }

  assert {
    condition     = output.name == "/aws/lambda/secrets-manager-rotation" && output.retention_days == 14 && output.log_type == "application"
    error_message = "A function's own log has no type in its name."
  }
}

run "lambda_kept_longer" {
  command = plan

  variables {
    service        = "lambda"
    resource       = "secrets-manager-rotation"
    retention_days = 30
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 30 && aws_cloudwatch_log_group.this.tags["RetentionDays"] == "30"
    error_message = "The tag equals the real retention."
  }
}

run "lambda_errors" {
  command = plan

  variables {
    service  = "lambda"
    resource = "forwarder"
    type     = "errors"
  }

  assert {
    condition     = output.name == "/aws/lambda/forwarder/errors" && output.retention_days == 90
    error_message = "A function's errors are kept as errors are."
  }
}

run "alb" {
  command = plan

  variables {
    service  = "alb"
    resource = "triflow-ai-production-alb"
    type     = "access-logs"
  }

  assert {
    condition     = output.name == "/aws/alb/triflow-ai-production-alb/access-logs" && output.retention_days == 7 && output.log_type == "access"
    error_message = "Traffic is kept 7 days."
  }
}

run "rds_slow_queries" {
  command = plan

  variables {
    service  = "rds"
    resource = "triflow-ai-production-db"
    type     = "slowquery"
  }

  assert {
    condition     = output.name == "/aws/rds/triflow-ai-production-db/slowquery" && output.retention_days == 30 && output.log_type == "application"
    error_message = "Database logs are kept 30 days."
  }
}

run "rds_errors" {
  command = plan

  variables {
    service  = "rds"
    resource = "triflow-ai-production-db"
    type     = "error"
  }

  assert {
    condition     = output.retention_days == 30 && output.log_type == "errors" && aws_cloudwatch_log_group.this.tags["SentrySync"] == "disabled"
    error_message = "A database's errors are errors, but kept as its other logs are, and not for Sentry."
  }
}

run "declared_exception" {
  command = plan

  variables {
    service  = "rds"
    resource = "triflow-ai-production-db"
    type     = "general"

    exception = {
      name   = "/aws/rds/instance/triflow-ai-production-db/postgresql"
      reason = "RDS exports the PostgreSQL log to this group."
    }
  }

  assert {
    condition     = output.name == "/aws/rds/instance/triflow-ai-production-db/postgresql" && output.retention_days == 30
    error_message = "An exception changes the name and nothing else."
  }
}

run "type_of_another_service" {
  command = plan

  variables {
    service  = "ecs"
    resource = "api"
    type     = "error"
  }

  expect_failures = [var.type]
}

run "no_type" {
  command = plan

  variables {
    service  = "ecs"
    resource = "atlantis-prod"
  }

  expect_failures = [var.type]
}

run "service_that_the_design_does_not_have" {
  command = plan

  variables {
    service  = "eks"
    resource = "api"
    type     = "application"
  }

  expect_failures = [var.service]
}

run "resource_with_a_slash" {
  command = plan

  variables {
    service  = "ecs"
    resource = "api/v2"
    type     = "application"
  }

  expect_failures = [var.resource]
}

run "exception_without_a_reason" {
  command = plan

  variables {
    service   = "ecs"
    resource  = "api"
    type      = "application"
    exception = { name = "/aws/ecs/atlantis-prod", reason = "" }
  }

  expect_failures = [var.exception]
}

run "exception_that_is_none" {
  command = plan

  variables {
    service   = "ecs"
    resource  = "api"
    type      = "application"
    exception = { name = "/aws/ecs/api/application", reason = "It has always been so." }
  }

  expect_failures = [var.exception]
}

run "retention_of_a_kind_that_the_design_fixes" {
  command = plan

  variables {
    service        = "ecs"
    resource       = "api"
    type           = "errors"
    retention_days = 14
  }

  expect_failures = [var.retention_days]
}

run "retention_that_no_tag_has" {
  command = plan

  variables {
    service        = "lambda"
    resource       = "forwarder"
    retention_days = 400
  }

  expect_failures = [var.retention_days]
}

run "derived_tag_by_hand" {
  command = plan

  variables {
    service  = "ecs"
    resource = "api"
    type     = "application"
    tags     = { LogType = "errors" }
  }

  expect_failures = [var.tags]
}
