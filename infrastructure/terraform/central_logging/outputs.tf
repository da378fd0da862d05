output "log_key_arn" {
  description = "Key that encrypts the log groups."
  value       = aws_kms_key.logs.arn
}

output "log_group_names" {
  description = "The log groups, sorted."
  value       = sort([for group in module.groups : group.name])
}

output "audit_bucket" {
  description = "Bucket of VPC flow logs, AWS Config and access logs: the app stack's access_logs_bucket."
  value       = aws_s3_bucket.audit.id
}

output "trail_arn" {
  description = "The trail."
  value       = aws_cloudtrail.audit.arn
}

output "log_reader_role_arn" {
  description = "The role that reads logs."
  value       = aws_iam_role.log_reader.arn
}

output "billing_topic_arn" {
  description = "Topic of the billing alarm, in us-east-1."
  value       = aws_sns_topic.billing.arn
}
