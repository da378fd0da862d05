# The key that is made, and what is made beside the group.
mock_provider "aws" {}

variables {
  service     = "ecs"
  resource    = "api"
  type        = "errors"
  kms_key_arn = "arn:aws:kms:ap-northeast-2:123456789012:key/11111111-2222-4333-8444-555555555555"
}

run "key_of_its_own" {
  command = plan

  variables {
    kms_key_arn    = null
    create_kms_key = true
    aws_account_id = "123456789012"
    region         = "ap-northeast-2"
  }

  assert {
    condition     = aws_kms_key.this[0].enable_key_rotation
    error_message = "The key rotates."
  }

  assert {
    condition = jsondecode(aws_kms_key.this[0].policy).Statement[1] == {
      Sid       = "ThisLogGroup"
      Effect    = "Allow"
      Principal = { Service = "logs.ap-northeast-2.amazonaws.com" }
      Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
      Resource  = "*"
      Condition = { ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:ap-northeast-2:123456789012:log-group:/aws/ecs/api/errors" } }
    }
    error_message = "The key lets CloudWatch Logs in for this group alone."
  }
}

run "key_of_its_own_encrypts_the_group" {
  variables {
    kms_key_arn    = null
    create_kms_key = true
    aws_account_id = "123456789012"
    region         = "ap-northeast-2"
  }

  assert {
    condition     = output.kms_key_arn == aws_kms_key.this[0].arn
    error_message = "The key that is made encrypts the group."
  }
}

run "no_key" {
  command = plan

  variables {
    kms_key_arn = null
  }

  expect_failures = [var.kms_key_arn]
}

run "two_keys" {
  command = plan

  variables {
    create_kms_key = true
    aws_account_id = "123456789012"
    region         = "ap-northeast-2"
  }

  expect_failures = [var.kms_key_arn]
}

run "key_whose_policy_cannot_be_written" {
  command = plan

  variables {
    kms_key_arn    = null
    create_kms_key = true
  }

  expect_failures = [var.create_kms_key]
}

run "sentry_gets_the_documented_pattern" {
  command = plan

  variables {
    sentry_sync = "enabled"

    subscription = {
      name            = "sentry"
      destination_arn = "arn:aws:lambda:ap-northeast-2:123456789012:function:sentry-forwarder"
    }
  }

  assert {
    condition     = aws_cloudwatch_log_subscription_filter.this[0].filter_pattern == "[timestamp, request_id, level=\"ERROR\", ...]"
    error_message = "Sentry gets errors alone."
  }

  assert {
    condition     = aws_cloudwatch_log_subscription_filter.this[0].log_group_name == "/aws/ecs/api/errors" && aws_cloudwatch_log_group.this.tags["SentrySync"] == "enabled"
    error_message = "The filter is on this group, and the tag says so."
  }
}

run "langfuse_gets_everything" {
  command = plan

  variables {
    type          = "llm"
    langfuse_sync = "enabled"

    subscription = {
      name            = "langfuse"
      destination_arn = "arn:aws:lambda:ap-northeast-2:123456789012:function:langfuse-forwarder"
    }
  }

  assert {
    condition     = aws_cloudwatch_log_subscription_filter.this[0].filter_pattern == ""
    error_message = "Langfuse gets every LLM call."
  }
}

run "enabled_without_a_subscription" {
  command = plan

  variables {
    sentry_sync = "enabled"
  }

  expect_failures = [var.subscription]
}

run "pending_with_a_subscription" {
  command = plan

  variables {
    subscription = {
      name            = "sentry"
      destination_arn = "arn:aws:lambda:ap-northeast-2:123456789012:function:sentry-forwarder"
    }
  }

  expect_failures = [var.subscription]
}

run "sentry_reads_errors_alone" {
  command = plan

  variables {
    type        = "llm"
    sentry_sync = "pending"
  }

  expect_failures = [var.sentry_sync]
}

run "langfuse_reads_llm_calls_alone" {
  command = plan

  variables {
    langfuse_sync = "pending"
  }

  expect_failures = [var.langfuse_sync]
}

run "sync_that_there_is_not" {
  command = plan

  variables {
    sentry_sync = "soon"
  }

  expect_failures = [var.sentry_sync]
}

run "metric_filter" {
  command = plan

  variables {
    metric_filter = { name = "errors", pattern = "ERROR", namespace = "TriFlowAI/production", metric_name = "Errors" }
  }

  assert {
    condition     = aws_cloudwatch_log_metric_filter.this[0].metric_transformation[0].default_value == "0"
    error_message = "The metric is 0 where nothing matches, so that an alarm returns to OK."
  }
}
