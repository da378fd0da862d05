# The smallest compliant stack with a queue, for the proofs: the reference stacks have none.
resource "aws_sqs_queue" "dead" {
  name              = "triflow-ai-production-dead"
  kms_master_key_id = "alias/aws/sqs"
}

resource "aws_sqs_queue" "main" {
  name              = "triflow-ai-production-jobs"
  kms_master_key_id = "alias/aws/sqs"
  redrive_policy    = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 5 })

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:ap-northeast-2:123456789012:triflow-ai-production-jobs"
      Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
    }]
  })
}
