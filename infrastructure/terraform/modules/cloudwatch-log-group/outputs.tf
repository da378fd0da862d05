output "name" {
  description = "Name of the log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "arn" {
  description = "ARN of the log group, without the :* at its end that policies for its streams need."
  value       = aws_cloudwatch_log_group.this.arn
}

output "kms_key_arn" {
  description = "ARN of the key that encrypts the group."
  value       = aws_cloudwatch_log_group.this.kms_key_id
}

output "retention_days" {
  description = "How long events are kept."
  value       = local.retention_days
}

output "log_type" {
  description = "The tag LogType: application, errors, llm or access."
  value       = local.kind.log_type
}
