variable "aws_account_id" {
  description = "The account that judges the others: a security or audit account, and a delegated administrator of CloudFormation StackSets"
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.aws_account_id))
    error_message = "An account has twelve digits."
  }
}

variable "region" {
  description = "Where the scheduler, the workers and the store are"
  type        = string
  default     = "ap-northeast-2"
}

variable "organisation_id" {
  description = "The organisation whose accounts may be judged"
  type        = string

  validation {
    condition     = can(regex("^o-[a-z0-9]{10,32}$", var.organisation_id))
    error_message = "An organisation's id looks like o-abcdefghij."
  }
}

variable "member_accounts" {
  description = "The accounts whose audit role the workers may take on, as 12 digits each; none is every account of the organisation"
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.member_accounts : can(regex("^[0-9]{12}$", id))]) && length(var.member_accounts) <= 150
    error_message = "Each account has 12 digits, and a policy of a role holds 150 of them at most: with more, leave all out."
  }
}

variable "organisational_units" {
  description = "The roots and organisational units whose accounts get the audit role, now and when they join"
  type        = list(string)
}

variable "external_id" {
  description = "What the audit role wants to hear of whoever assumes it: external_id in the accounts' file"
  type        = string
}

variable "audit_role" {
  description = "The name of the audit role in each account: role in the accounts' file"
  type        = string
  default     = "stackproof-audit"
}

variable "vpc_id" {
  description = "A VPC whose private subnets reach AWS's APIs, by a NAT gateway or by endpoints"
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets of that VPC, in two zones"
  type        = list(string)
}

variable "operators_security_group_id" {
  description = "The security group of the machine that runs stackproof organisation, in the same VPC or a peered one"
  type        = string
}

variable "image" {
  description = "The image with stackproof[organisation], this repository's tests/ and its environments/, by its digest"
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest, repository@sha256:..., so that every worker has the same code."
  }
}

variable "image_repository_arn" {
  description = "The ARN of the ECR repository that the image is in"
  type        = string
}

variable "workers" {
  description = "Workers that run; 0 while nothing is judged costs nothing"
  type        = number
  default     = 0
}

variable "certificates_secret_arn" {
  description = "The ARN of the secret with the certificate and the key by which scheduler, workers and operators know each other (PEM)"
  type        = string
}

variable "store_bucket" {
  description = "The name of the bucket that keeps every result: --store s3://NAME/results"
  type        = string
  default     = "stackproof-organisation-results"
}

variable "retention_days" {
  description = "So long no result can be deleted or replaced by anyone"
  type        = number
  default     = 365
}
