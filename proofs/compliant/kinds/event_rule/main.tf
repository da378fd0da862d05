# The smallest compliant stack with a schedule that starts something, for the proofs: the rules of the reference stacks tell topics.
resource "aws_sqs_queue" "dead" {
  name              = "triflow-ai-production-undelivered"
  kms_master_key_id = "alias/aws/sqs"
}

resource "aws_cloudwatch_event_rule" "main" {
  name                = "triflow-ai-production-nightly"
  schedule_expression = "rate(1 day)"
}

resource "aws_cloudwatch_event_target" "main" {
  rule      = aws_cloudwatch_event_rule.main.name
  target_id = "report"
  arn       = "arn:aws:lambda:ap-northeast-2:123456789012:function:triflow-ai-production-report"

  dead_letter_config {
    arn = aws_sqs_queue.dead.arn
  }
}
