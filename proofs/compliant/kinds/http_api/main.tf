# The smallest compliant stack with an HTTP API and a domain name, for the proofs: the reference stacks have none.
resource "aws_apigatewayv2_api" "main" {
  name          = "triflow-ai-production-http"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_route" "main" {
  api_id             = aws_apigatewayv2_api.main.id
  route_key          = "GET /jobs"
  authorization_type = "AWS_IAM"
}

resource "aws_apigatewayv2_stage" "main" {
  api_id = aws_apigatewayv2_api.main.id
  name   = "live"

  access_log_settings {
    destination_arn = "arn:aws:logs:ap-northeast-2:123456789012:log-group:/aws/apigateway/http/access-logs"
    format          = "$context.requestId"
  }

  default_route_settings {
    throttling_rate_limit  = 100
    throttling_burst_limit = 50
  }
}

resource "aws_apigatewayv2_domain_name" "main" {
  domain_name = "api.example.com"

  domain_name_configuration {
    certificate_arn = "arn:aws:acm:ap-northeast-2:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "main" {
  api_id      = aws_apigatewayv2_api.main.id
  domain_name = aws_apigatewayv2_domain_name.main.domain_name
  stage       = aws_apigatewayv2_stage.main.name
}
