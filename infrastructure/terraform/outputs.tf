output "rds_endpoint" {
  description = "Address and port of the database."
  value       = aws_db_instance.main.endpoint
}

output "rds_address" {
  description = "Address of the database."
  value       = aws_db_instance.main.address
}

output "alb_dns_name" {
  description = "DNS name of the load balancer."
  value       = aws_lb.main.dns_name
}

output "ecr_repository_url" {
  description = "Where the image is pushed."
  value       = aws_ecr_repository.backend.repository_url
}

output "sns_topic_arn" {
  description = "Topic of the alerts; the billing alarm's action."
  value       = aws_sns_topic.alerts.arn
}

output "env_variables" {
  description = "Text of .env.production. RDS_PASSWORD is added by hand."
  value       = <<-EOT
    ENVIRONMENT=${var.environment}
    AWS_REGION=${var.region}
    BASE_URL=https://${coalesce(var.domain_name, aws_lb.main.dns_name)}
    S3_BUCKET_NAME=${aws_s3_bucket.app.bucket}
    DATABASE_SECRET_NAME=${aws_secretsmanager_secret.database.name}
    RDS_ADDRESS=${aws_db_instance.main.address}
    RDS_PORT=${aws_db_instance.main.port}
    RDS_DATABASE=${aws_db_instance.main.db_name}
    RDS_USERNAME=${aws_db_instance.main.username}
  EOT
}
