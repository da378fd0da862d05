locals {
  # The templates of the logging design, word by word, and the groups that each is for.
  queries = {
    errors = {
      text   = "fields @timestamp, @message, @logStream | filter @message like /ERROR/ | sort @timestamp desc | limit 100"
      groups = ["/aws/ecs/api/application", "/aws/ecs/api/errors", "/aws/ecs/atlantis/application", local.app_log_group_name]
    }
    one-request = {
      text   = "fields @timestamp, @message | filter @message like /request_id=\"abc123\"/ | sort @timestamp asc"
      groups = ["/aws/ecs/api/application", "/aws/ecs/api/errors", "/aws/ecs/api/llm", local.app_log_group_name]
    }
    response-time = {
      text   = "fields @timestamp, duration | filter ispresent(duration) | stats avg(duration), max(duration), min(duration) by bin(5m)"
      groups = ["/aws/ecs/api/application", local.app_log_group_name]
    }
    llm-cost = {
      text   = "fields @timestamp, prompt_tokens, completion_tokens, total_cost | filter ispresent(total_cost) | stats sum(total_cost) as total, sum(prompt_tokens + completion_tokens) as tokens by bin(1h)"
      groups = ["/aws/ecs/api/llm"]
    }
  }
}

resource "aws_cloudwatch_query_definition" "templates" {
  for_each = local.queries

  name            = "triflow-ai/${each.key}"
  query_string    = each.value.text
  log_group_names = [for name in each.value.groups : module.groups[name].name]
}
