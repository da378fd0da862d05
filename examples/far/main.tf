# Events: an API, a function, a queue and a table; no VPC. Each line with "mistake" is one that a team made.
terraform {
  required_version = ">= 1.10"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region = "ap-northeast-2"
}

resource "aws_dynamodb_table" "events" {
  name         = "shop-events"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = false # mistake
  }
}

resource "aws_sqs_queue" "events" {
  name                    = "shop-events"
  kms_master_key_id = "alias/aws/sqs"

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "sqs:SendMessage", Resource = "*" }] # mistake
  })
}

resource "aws_iam_role" "ingest" {
  name = "shop-ingest"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_cloudwatch_log_group" "ingest" {
  name = "/aws/lambda/shop-ingest" # mistake: it keeps its events for ever
}

resource "aws_lambda_function" "ingest" {
  function_name = "shop-ingest"
  role          = aws_iam_role.ingest.arn
  runtime       = "python3.8" # mistake
  handler       = "main.handler"
  s3_bucket     = "shop-code"
  s3_key        = "ingest.zip"

  environment {
    variables = { API_TOKEN = "tok-0a1b2c3d4e" } # mistake
  }
}

resource "aws_apigatewayv2_api" "events" {
  name          = "shop-events"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_route" "ingest" {
  api_id             = aws_apigatewayv2_api.events.id
  route_key          = "POST /events"
  authorization_type = "NONE" # mistake
}
