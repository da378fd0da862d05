variable "environment" {
  description = "Which environment this is; part of every name that the app stack has too."
  type        = string
  default     = "production"
  nullable    = false

  validation {
    condition     = contains(["production", "staging"], var.environment)
    error_message = "environment is production or staging."
  }
}

variable "region" {
  description = "AWS region, that of the app stack."
  type        = string
  default     = "ap-northeast-2"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "region is the name of an AWS region, such as ap-northeast-2."
  }
}

variable "aws_account_id" {
  description = "The AWS account, twelve digits; each environment has its own. Terraform stops when the credentials belong to another one."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.aws_account_id))
    error_message = "aws_account_id is twelve digits, in quotation marks."
  }
}

variable "audit_bucket" {
  description = "Name of the bucket for VPC flow logs, AWS Config and load balancer access logs; the app stack's access_logs_bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.audit_bucket))
    error_message = "audit_bucket is the name of an S3 bucket."
  }
}

variable "trail_bucket" {
  description = "Name of the bucket for CloudTrail alone, which locks what it gets."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.trail_bucket))
    error_message = "trail_bucket is the name of an S3 bucket."
  }
}

variable "log_readers" {
  description = "Users and roles of this account that may take the role that reads logs: user/NAME or role/NAME. They exist before the first apply."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.log_readers) > 0 && alltrue([for name in var.log_readers : can(regex("^(user|role)/[A-Za-z0-9+=,.@_/-]+$", name))])
    error_message = "log_readers has at least one user/NAME or role/NAME."
  }
}

variable "billing_email" {
  description = "E-mail address that the billing alarm goes to. Somebody confirms the subscription."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^@[:space:]]+@[^@[:space:]]+$", var.billing_email))
    error_message = "billing_email is an e-mail address."
  }
}

# No validation here: Terraform 1.11 prints the value that a validation refuses, even a sensitive one.
variable "slack_webhook_url" {
  description = "HTTPS address that the billing alarm goes to; null for none. It must confirm the SNS subscription, which a relay to Slack does and Slack's own webhook does not."
  type        = string
  default     = null
  sensitive   = true
}
