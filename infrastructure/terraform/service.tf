resource "aws_ecs_cluster" "main" {
  name = "${local.name}-cluster"

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

# Every value here is known to a plan: the secret is named by its ARN without the random suffix.
resource "aws_ecs_task_definition" "backend" {
  family                   = "${local.name}-backend"
  requires_compatibilities = ["FARGATE"] # on X86_64, Fargate's default
  network_mode             = "awsvpc"
  cpu                      = "512"
  memory                   = "1024"
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  container_definitions = jsonencode([{
    name                   = "backend"
    image                  = "${var.aws_account_id}.dkr.ecr.${var.region}.amazonaws.com/${aws_ecr_repository.backend.name}:${var.image_tag}"
    essential              = true
    user                   = "1000:1000"
    privileged             = false
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] } }

    portMappings = [{ containerPort = 8000, hostPort = 8000, protocol = "tcp" }]

    environment = [
      { name = "AWS_REGION", value = var.region },
      { name = "DATABASE_SECRET_NAME", value = aws_secretsmanager_secret.database.name },
      { name = "ENVIRONMENT", value = var.environment },
      { name = "ERROR_LOG_GROUP", value = local.error_log_group_name },
      { name = "LLM_LOG_GROUP", value = local.llm_log_group_name },
      { name = "S3_BUCKET_NAME", value = aws_s3_bucket.app.bucket },
    ]

    secrets = [for name, key in {
      RDS_ADDRESS  = "host"
      RDS_DATABASE = "dbname"
      RDS_PASSWORD = "password"
      RDS_PORT     = "port"
      RDS_USERNAME = "username"
    } : { name = name, valueFrom = "${local.secret_arn}:${key}::" }]

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = local.log_group_name
        awslogs-region        = var.region
        awslogs-stream-prefix = "backend"
        mode                  = "non-blocking" # a slow CloudWatch Logs never stops an answer
        max-buffer-size       = "25m"
      }
    }
  }])
}

resource "aws_ecs_service" "backend" {
  name                   = "${local.name}-backend-service"
  cluster                = aws_ecs_cluster.main.id
  task_definition        = aws_ecs_task_definition.backend.arn
  launch_type            = "FARGATE"
  platform_version       = "LATEST"
  desired_count          = var.desired_count
  enable_execute_command = false
  propagate_tags         = "SERVICE"

  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = [aws_subnet.private_a.id, aws_subnet.private_c.id]
    security_groups  = [aws_security_group.ecs.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.backend.arn
    container_name   = "backend"
    container_port   = 8000
  }

  lifecycle {
    # scripts/deploy-aws.sh registers new revisions.
    ignore_changes = [task_definition]
  }

  # A task starts with its permissions, its secret and a listener in place.
  depends_on = [
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
    aws_lb_listener.https,
    aws_secretsmanager_secret_version.database,
  ]
}
