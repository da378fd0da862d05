# The rotation function has had its group since before this stack: import it before the first apply, with
# terraform import 'module.groups["/aws/lambda/secrets-manager-rotation"].aws_cloudwatch_log_group.this' /aws/lambda/secrets-manager-rotation
locals {
  # Named as the design says: the parts are read from the name.
  designed = [
    "/aws/alb/${local.load_balancer_name}/access-logs",
    "/aws/alb/${local.load_balancer_name}/error-logs",
    "/aws/ecs/api/application",
    "/aws/ecs/api/errors",
    "/aws/ecs/api/llm",
    "/aws/ecs/atlantis/application",
    "/aws/lambda/secrets-manager-rotation",
    "/aws/rds/${local.database_name}/error",
    "/aws/rds/${local.database_name}/general",
    "/aws/rds/${local.database_name}/slowquery",
  ]

  # Named otherwise, each for a reason; what they are is told beside.
  exceptions = {
    (local.app_log_group_name) = {
      service  = "ecs"
      resource = "${local.name}-backend"
      type     = "application"
      reason   = "The deployment guide promises this name to everyone who tails the service's log."
    }
    "/aws/ecs/containerinsights/${local.cluster_name}/performance" = {
      service  = "ecs"
      resource = local.cluster_name
      type     = "application"
      reason   = "Container Insights writes to the group of this name; without it ECS makes one that is not encrypted."
    }
    "/aws/rds/instance/${local.database_name}/postgresql" = {
      service  = "rds"
      resource = local.database_name
      type     = "general"
      reason   = "RDS exports the PostgreSQL log to the group of this name; without it RDS makes one that never expires."
    }
    "/aws/rds/instance/${local.database_name}/upgrade" = {
      service  = "rds"
      resource = local.database_name
      type     = "general"
      reason   = "RDS exports the upgrade log to the group of this name; without it RDS makes one that never expires."
    }
  }

  groups = merge(
    { for name in local.designed : name => {
      service  = split("/", name)[2]
      resource = split("/", name)[3]
      type     = try(split("/", name)[4], null)
      reason   = null
    } },
    local.exceptions,
  )
}

module "groups" {
  source   = "../modules/cloudwatch-log-group"
  for_each = local.groups

  service     = each.value.service
  resource    = each.value.resource
  type        = each.value.type
  exception   = each.value.reason == null ? null : { name = each.key, reason = each.value.reason }
  kms_key_arn = aws_kms_key.logs.arn

  metric_filter = each.key != local.app_log_group_name ? null : {
    name        = "${local.name}-errors"
    pattern     = "{ $.level = \"ERROR\" }"
    namespace   = local.errors_metric.namespace
    metric_name = local.errors_metric.name
  }
}
