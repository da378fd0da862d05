variable "environment" {
  description = "Which environment this is; part of every name."
  type        = string
  default     = "production"
  nullable    = false

  validation {
    condition     = contains(["production", "staging"], var.environment)
    error_message = "environment is production or staging."
  }
}

variable "region" {
  description = "AWS region. It needs the availability zones a and c."
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

# No validation here: Terraform 1.11 prints the value that a validation refuses, even a sensitive one. The two sensitive
# variables are checked by preconditions of the resources that use them.
variable "db_password" {
  description = "First password of the database user triflow_admin. The rotation function replaces it after 30 days."
  type        = string
  sensitive   = true
  nullable    = false
}

variable "db_instance_class" {
  description = "Class of the database instance; it must be orderable in the region."
  type        = string
  default     = "db.t4g.medium"
  nullable    = false

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.db_instance_class))
    error_message = "db_instance_class is an RDS class, such as db.t4g.medium."
  }
}

variable "postgres_version" {
  description = "PostgreSQL major version. RDS chooses the minor version and upgrades it."
  type        = string
  default     = "17"
  nullable    = false

  validation {
    condition     = contains(["16", "17", "18"], var.postgres_version)
    error_message = "postgres_version is a major version in standard support: 16, 17 or 18."
  }
}

variable "certificate_arn" {
  description = "The load balancer's certificate: issued by ACM in this region before the first plan, since a listener cannot use a pending one."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:acm:${var.region}:[0-9]{12}:certificate/[0-9a-f-]{36}$", var.certificate_arn))
    error_message = "certificate_arn is the ARN of an ACM certificate in the stack's own region."
  }
}

variable "rotation_lambda_arn" {
  description = "The function that rotates the database password. Secrets Manager must be allowed to invoke it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws:lambda:${var.region}:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}$", var.rotation_lambda_arn))
    error_message = "rotation_lambda_arn is the ARN of a Lambda function in the stack's own region, without a version."
  }
}

variable "access_logs_bucket" {
  description = "Bucket for the load balancer's access logs and the VPC's flow log: the central logging stack's audit_bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.access_logs_bucket))
    error_message = "access_logs_bucket is the name of an S3 bucket."
  }
}

variable "image_tag" {
  description = "Tag of the first image that the service runs. Later images come from scripts/deploy-aws.sh."
  type        = string
  default     = "initial"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.image_tag))
    error_message = "image_tag is an image tag, such as initial, v1.2.3 or a commit."
  }
}

variable "desired_count" {
  description = "Number of tasks that the service keeps running."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = contains(range(2, 21), var.desired_count)
    error_message = "desired_count is a whole number from 2 (one task a zone) to 20."
  }
}

variable "domain_name" {
  description = "Name that users reach the service by and that the certificate covers; null for the load balancer's own name."
  type        = string
  default     = null

  validation {
    condition     = var.domain_name == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "domain_name is a host name in lower case, without a scheme."
  }
}

variable "slack_webhook_url" {
  description = "HTTPS address that alerts go to; null for none. It must confirm the SNS subscription, which a relay to Slack does and Slack's own webhook does not."
  type        = string
  default     = null
  sensitive   = true
}
