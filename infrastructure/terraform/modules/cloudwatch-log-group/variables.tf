variable "service" {
  description = "The AWS service whose logs these are: ecs, lambda, alb or rds. Second part of the name."
  type        = string
  nullable    = false

  validation {
    condition     = contains(keys(local.kinds), var.service)
    error_message = "service is ecs, lambda, alb or rds."
  }
}

variable "resource" {
  description = "What writes the logs: the ECS service, Lambda function, load balancer or database. Third part of the name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$", var.resource))
    error_message = "resource has letters, digits, _ and -, and begins with a letter or digit."
  }
}

variable "type" {
  description = "The kind of log, last part of the name: application, errors or llm (ecs), errors or null (lambda), access-logs or error-logs (alb), error, general or slowquery (rds)."
  type        = string
  default     = null

  validation {
    condition     = contains(keys(try(local.kinds[var.service], {})), var.type == null ? "" : var.type)
    error_message = "type is application, errors or llm (ecs), errors or null (lambda), access-logs or error-logs (alb), error, general or slowquery (rds)."
  }
}

variable "exception" {
  description = "A name outside of the design, and why it must be that one: AWS gives it, or a document promises it. The kind of log is still told by service and type."
  type = object({
    name   = string
    reason = string
  })
  default = null

  validation {
    condition     = var.exception == null || can(regex("^/aws/[A-Za-z0-9_/.#-]{1,507}$", var.exception.name))
    error_message = "exception.name begins with /aws/ and has letters, digits, _, /, ., # and -, 512 at most."
  }

  validation {
    condition     = var.exception == null || can(regex("[^[:space:]]+([[:space:]]+[^[:space:]]+){2}", var.exception.reason))
    error_message = "exception.reason says in a few words why the design's name cannot be used."
  }

  validation {
    condition     = var.exception == null || try(var.exception.name, null) != local.designed_name
    error_message = "exception.name is the design's own name: leave the exception out."
  }
}

variable "retention_days" {
  description = "How long a Lambda function's log is kept, where its 14 days do not fit: 7, 14, 30, 60 or 90. The kind of log decides for every other one."
  type        = number
  default     = null

  validation {
    condition     = var.retention_days == null || (var.service == "lambda" && var.type == null)
    error_message = "retention_days can be given for the log of a Lambda function alone; the design fixes it for every other kind."
  }

  validation {
    condition     = var.retention_days == null || contains([7, 14, 30, 60, 90], coalesce(var.retention_days, 14))
    error_message = "retention_days is 7, 14, 30, 60 or 90, which are the legal values of the tag RetentionDays."
  }
}

variable "kms_key_arn" {
  description = "The KMS key that encrypts the group, by its ARN. CloudWatch Logs must be allowed to use it for this group."
  type        = string
  default     = null

  validation {
    condition     = var.create_kms_key || var.kms_key_arn != null
    error_message = "Every log group is encrypted: give kms_key_arn, or let the module make a key with create_kms_key."
  }

  validation {
    condition     = !var.create_kms_key || var.kms_key_arn == null
    error_message = "kms_key_arn and create_kms_key exclude each other."
  }
}

variable "create_kms_key" {
  description = "Whether to make a key for this group alone. Needs aws_account_id and region."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.create_kms_key || (var.aws_account_id != null && var.region != null)
    error_message = "create_kms_key needs aws_account_id and region, which the key's policy names."
  }
}

variable "aws_account_id" {
  description = "The account, for the policy of a key that the module makes."
  type        = string
  default     = null
}

variable "region" {
  description = "The region, for the policy of a key that the module makes."
  type        = string
  default     = null
}

variable "export_enabled" {
  description = "Tag ExportEnabled: whether the group is exported to S3. The export itself is made elsewhere."
  type        = bool
  default     = false
  nullable    = false
}

variable "sentry_sync" {
  description = "Tag SentrySync: pending, enabled (an errors group with a subscription) or disabled; null: pending for errors groups, disabled for others."
  type        = string
  default     = null

  validation {
    condition     = contains(["pending", "enabled", "disabled"], coalesce(var.sentry_sync, "disabled"))
    error_message = "sentry_sync is pending, enabled or disabled."
  }

  validation {
    condition     = coalesce(var.sentry_sync, "disabled") == "disabled" || local.type == "errors"
    error_message = "sentry_sync is for groups of the type errors."
  }
}

variable "langfuse_sync" {
  description = "Tag LangfuseSync: pending, enabled (an llm group with a subscription) or disabled; null: pending for llm groups, disabled for others."
  type        = string
  default     = null

  validation {
    condition     = contains(["pending", "enabled", "disabled"], coalesce(var.langfuse_sync, "disabled"))
    error_message = "langfuse_sync is pending, enabled or disabled."
  }

  validation {
    condition     = coalesce(var.langfuse_sync, "disabled") == "disabled" || local.type == "llm"
    error_message = "langfuse_sync is for groups of the type llm."
  }
}

variable "subscription" {
  description = "Where events go as they arrive: a Lambda function (which must let CloudWatch Logs invoke it), or a stream with a role. Without filter_pattern all events go, to Sentry those of the documented pattern."
  type = object({
    name            = string
    destination_arn = string
    filter_pattern  = optional(string)
    role_arn        = optional(string)
  })
  default = null

  validation {
    condition     = local.sync == "disabled" || (local.sync == "enabled") == (var.subscription != null)
    error_message = "A group whose SentrySync or LangfuseSync is enabled has a subscription, and one that is pending has none."
  }
}

variable "metric_filter" {
  description = "A metric that counts the events of a pattern, for alarms: 1 an event, 0 where there is none."
  type = object({
    name        = string
    pattern     = string
    namespace   = string
    metric_name = string
  })
  default = null
}

variable "tags" {
  description = "More tags. The five of the design are derived and cannot be among them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.tags), ["LogType", "RetentionDays", "ExportEnabled", "SentrySync", "LangfuseSync"])) == 0
    error_message = "LogType, RetentionDays, ExportEnabled, SentrySync and LangfuseSync are derived."
  }
}
