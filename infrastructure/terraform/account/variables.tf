variable "environment" {
  description = "Which environment the account is for; a tag of everything."
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
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region)) && var.region != "us-east-1"
    error_message = "region is the name of an AWS region, such as ap-northeast-2; us-east-1 is looked after beside it."
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

variable "security_contact" {
  description = "Whom AWS writes to about security, and who gets the alerts. Somebody confirms the subscriptions: AWS sends one e-mail for each region."
  type = object({
    name  = string
    title = string
    email = string
    phone = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[^@[:space:]]+@[^@[:space:]]+$", var.security_contact.email))
    error_message = "security_contact.email is an e-mail address."
  }
}

variable "default_zones" {
  description = "The zones of the region in which the account's default VPC has a subnet, by their letters."
  type        = list(string)
  default     = ["a", "b", "c", "d"]
  nullable    = false
}
