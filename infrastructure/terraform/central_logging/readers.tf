# The one way to read log data: CloudTrail names the user or role behind each session.
resource "aws_iam_role" "log_reader" {
  name        = "${local.name}-log-reader"
  description = "Reads the log groups of central logging"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = [for name in var.log_readers : "arn:aws:iam::${var.aws_account_id}:${name}"] }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "log_reader" {
  name = "read-logs"
  role = aws_iam_role.log_reader.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ReadTheGroups"
        Effect = "Allow"
        Action = [
          "logs:DescribeLogStreams",
          "logs:FilterLogEvents",
          "logs:GetLogEvents",
          "logs:GetLogGroupFields",
          "logs:GetLogRecord",
          "logs:GetQueryResults",
          "logs:StartQuery",
        ]
        Resource = [for name in keys(local.groups) : "${local.log_group_prefix}${name}:*"]
      },
      {
        Sid      = "FindGroupsAndQueries" # these take no resource
        Effect   = "Allow"
        Action   = ["logs:DescribeLogGroups", "logs:DescribeQueries", "logs:DescribeQueryDefinitions", "logs:StopQuery"]
        Resource = "*"
      },
    ]
  })
}
