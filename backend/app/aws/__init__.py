"""What the backend uses of AWS: objects in S3, secrets in Secrets Manager, and log groups in CloudWatch."""
