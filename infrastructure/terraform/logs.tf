# The log groups belong to the central logging stack, which is applied first: /aws/ecs/${local.name}-backend for standard output, and
# two that the application writes to itself. So does the bucket of the flow log.
resource "aws_flow_log" "main" {
  vpc_id               = aws_vpc.main.id
  traffic_type         = "ALL"
  log_destination_type = "s3"
  log_destination      = "arn:aws:s3:::${var.access_logs_bucket}"

  tags = { Name = local.name }
}
