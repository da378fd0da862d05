# The smallest compliant stack with an event bus, for the proofs: the reference stacks have none.
resource "aws_cloudwatch_event_bus" "main" {
  name = "triflow-ai-production-bus"
}

resource "aws_cloudwatch_event_permission" "main" {
  event_bus_name = aws_cloudwatch_event_bus.main.name
  statement_id   = "ThisAccount"
  principal      = "123456789012"
}
