# The smallest compliant stack with a function, for the proofs: the reference stacks have none.
resource "aws_iam_role" "main" {
  name = "triflow-ai-production-function"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_lambda_function" "main" {
  function_name = "triflow-ai-production-function"
  role          = aws_iam_role.main.arn
  package_type  = "Image"
  image_uri     = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/triflow-ai-backend:latest"

  environment {
    variables = { LOG_LEVEL = "info" }
  }

  dead_letter_config {
    target_arn = "arn:aws:sqs:ap-northeast-2:123456789012:triflow-ai-production-dead"
  }
}

resource "aws_cloudwatch_log_group" "main" {
  name              = "/aws/lambda/triflow-ai-production-function"
  retention_in_days = 14
}

resource "aws_lambda_permission" "main" {
  function_name  = aws_lambda_function.main.function_name
  action         = "lambda:InvokeFunction"
  principal      = "sns.amazonaws.com"
  source_account = "123456789012"
}
