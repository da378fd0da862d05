# What is in the account, and what it was before. It delivers to the audit bucket, so it is made with that.
# AWS Config has made the role already where somebody has used it in the console: terraform import it then.
resource "aws_iam_service_linked_role" "config" {
  aws_service_name = "config.amazonaws.com"
}

resource "aws_config_configuration_recorder" "main" {
  name     = "default"
  role_arn = aws_iam_service_linked_role.config.arn

  recording_group {
    all_supported                 = true
    include_global_resource_types = true
  }
}

resource "aws_config_delivery_channel" "main" {
  name           = "default"
  s3_bucket_name = aws_s3_bucket.audit.id

  # AWS Config refuses a bucket that it may not write to, and a channel without a recorder.
  depends_on = [aws_config_configuration_recorder.main, aws_s3_bucket_policy.audit]
}

resource "aws_config_configuration_recorder_status" "main" {
  name       = aws_config_configuration_recorder.main.name
  is_enabled = true

  # A recorder starts only with somewhere to deliver to.
  depends_on = [aws_config_delivery_channel.main]
}
