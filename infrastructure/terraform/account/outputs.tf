output "security_topic_arn" {
  description = "Topic of security alerts, in the stack's region."
  value       = aws_sns_topic.security.arn
}
