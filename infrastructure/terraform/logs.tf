resource "aws_cloudwatch_log_group" "backend" {
  name              = local.log_group_name
  retention_in_days = 14
  kms_key_id        = aws_kms_key.main.arn

  tags = {
    LogType       = "application"
    RetentionDays = "14"
    ExportEnabled = "false"
    SentrySync    = "disabled"
    LangfuseSync  = "disabled"
  }
}
