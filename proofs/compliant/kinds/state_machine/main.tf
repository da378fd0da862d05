# The smallest compliant stack with a state machine, for the proofs: the reference stacks have none.
resource "aws_iam_role" "main" {
  name = "triflow-ai-production-workflow"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "states.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_sfn_state_machine" "main" {
  name       = "triflow-ai-production-workflow"
  role_arn   = aws_iam_role.main.arn
  definition = jsonencode({ StartAt = "Done", States = { Done = { Type = "Succeed" } } })

  logging_configuration {
    level                  = "ERROR"
    include_execution_data = false
    log_destination        = "arn:aws:logs:ap-northeast-2:123456789012:log-group:/aws/states/workflow:*"
  }

  tracing_configuration {
    enabled = true
  }
}
