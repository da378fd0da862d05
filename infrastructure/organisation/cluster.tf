resource "aws_ecs_cluster" "main" {
  name = local.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

# Workers and operators find the scheduler by a name: tls://scheduler.stackproof-organisation.internal:8786
resource "aws_service_discovery_private_dns_namespace" "main" {
  name        = "${local.name}.internal"
  description = "Where the Dask scheduler is"
  vpc         = var.vpc_id
}

resource "aws_service_discovery_service" "scheduler" {
  name = "scheduler"

  dns_config {
    namespace_id = aws_service_discovery_private_dns_namespace.main.id

    dns_records {
      ttl  = 10
      type = "A"
    }
  }
}

resource "aws_ecs_task_definition" "scheduler" {
  family                   = "${local.name}-scheduler"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = "1024"
  memory                   = "2048"
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.scheduler.arn

  volume { name = "tmp" }

  container_definitions = jsonencode([{
    name                   = "scheduler"
    image                  = var.image
    essential              = true
    user                   = "1000:1000"
    privileged             = false
    readonlyRootFilesystem = true
    entryPoint             = ["sh", "-ec"]
    command = [
      "${local.tls.write}; exec dask scheduler --protocol tls --port ${local.scheduler_port} --no-dashboard ${local.tls.flags}",
    ]
    environment  = local.tls.environment
    secrets      = local.certificates
    mountPoints  = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    portMappings = [{ containerPort = local.scheduler_port, hostPort = local.scheduler_port, protocol = "tcp" }]

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = local.log_group
        awslogs-region        = var.region
        awslogs-stream-prefix = "scheduler"
      }
    }
  }])
}

resource "aws_ecs_task_definition" "worker" {
  family                   = "${local.name}-worker"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = "1024"
  memory                   = "2048"
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.worker.arn

  volume { name = "tmp" }

  container_definitions = jsonencode([{
    name                   = "worker"
    image                  = var.image
    essential              = true
    user                   = "1000:1000"
    privileged             = false
    readonlyRootFilesystem = true
    entryPoint             = ["sh", "-ec"]
    command = [join(" ", [
      "${local.tls.write}; exec dask worker",
      "tls://scheduler.${local.name}.internal:${local.scheduler_port} --protocol tls --nthreads 2 --no-dashboard",
      "--worker-port ${local.worker_ports.worker} --nanny-port ${local.worker_ports.nanny} --local-directory /tmp ${local.tls.flags}",
    ])]
    environment = concat(local.tls.environment, [{ name = "AWS_REGION", value = var.region }])
    secrets     = local.certificates
    mountPoints = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    portMappings = [
      { containerPort = local.worker_ports.worker, hostPort = local.worker_ports.worker, protocol = "tcp" },
      { containerPort = local.worker_ports.nanny, hostPort = local.worker_ports.nanny, protocol = "tcp" },
    ]

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = local.log_group
        awslogs-region        = var.region
        awslogs-stream-prefix = "worker"
      }
    }
  }])
}

resource "aws_ecs_service" "scheduler" {
  name                   = "${local.name}-scheduler"
  cluster                = aws_ecs_cluster.main.id
  task_definition        = aws_ecs_task_definition.scheduler.arn
  launch_type            = "FARGATE"
  desired_count          = min(var.workers, 1)
  enable_execute_command = false
  propagate_tags         = "SERVICE"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.scheduler.id]
    assign_public_ip = false
  }

  service_registries {
    registry_arn = aws_service_discovery_service.scheduler.arn
  }

  depends_on = [aws_cloudwatch_log_group.main, aws_iam_role_policy.execution]
}

resource "aws_ecs_service" "worker" {
  name                   = "${local.name}-worker"
  cluster                = aws_ecs_cluster.main.id
  task_definition        = aws_ecs_task_definition.worker.arn
  launch_type            = "FARGATE"
  desired_count          = var.workers
  enable_execute_command = false
  propagate_tags         = "SERVICE"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.worker.id]
    assign_public_ip = false
  }

  depends_on = [aws_cloudwatch_log_group.main, aws_iam_role_policy.execution, aws_iam_role_policy.worker]
}
