# The orders service: two Fargate services behind one load balancer, two databases, three zones. Each line with "mistake" is one that a team made.
# The modules are those of terraform-aws-modules, copied beside it: vpc 3.7.0, rds 2.20.0, alb 6.0.0, ecs 3.4.1, s3-bucket 2.6.0,
# security-group 5.3.1.
terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 3.39"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
  default_tags {
    tags = { Team = "orders", Stage = "live" }
  }
}

variable "account_id" {
  type    = string
  default = "210987654321"
}

variable "certificate_arn" {
  type    = string
  default = "arn:aws:acm:eu-central-1:210987654321:certificate/11111111-2222-4333-8444-555555555555"
}

variable "master_password" {
  type      = string
  sensitive = true
}

locals {
  name  = "orders"
  zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  services = {
    api   = { port = 3000, cpu = 512, memory = 1024, count = 3 }
    admin = { port = 3100, cpu = 256, memory = 512, count = 1 }
  }
  databases = {
    db        = { class = "db.m6g.large", storage = 100 }
    reporting = { class = "db.t4g.medium", storage = 50 }
  }
}

module "vpc" {
  source = "./modules/vpc"

  name             = local.name
  cidr             = "10.40.0.0/16"
  azs              = local.zones
  public_subnets   = ["10.40.0.0/24", "10.40.1.0/24", "10.40.2.0/24"]
  private_subnets  = ["10.40.10.0/24", "10.40.11.0/24", "10.40.12.0/24"]
  database_subnets = ["10.40.20.0/24", "10.40.21.0/24", "10.40.22.0/24"]

  enable_nat_gateway             = true
  one_nat_gateway_per_az         = true
  enable_dns_hostnames           = true
  manage_default_security_group  = true
  default_security_group_ingress = []
  default_security_group_egress  = []

  enable_flow_log                      = true # mistake: its log group has no key, and never expires
  create_flow_log_cloudwatch_log_group = true
  create_flow_log_cloudwatch_iam_role  = true
}

module "alb_sg" {
  source = "./modules/security-group"

  name                = "orders-alb"
  description         = "The load balancer"
  vpc_id              = module.vpc.vpc_id
  ingress_cidr_blocks = ["0.0.0.0/0"]
  ingress_rules       = ["http-80-tcp", "https-443-tcp"]
  egress_rules        = ["all-all"]
}

module "service_sg" {
  source   = "./modules/security-group"
  for_each = local.services

  name        = "orders-${each.key}"
  description = "Tasks of ${each.key}"
  vpc_id      = module.vpc.vpc_id
  ingress_with_source_security_group_id = [{
    from_port                = each.value.port
    to_port                  = each.value.port
    protocol                 = "tcp"
    source_security_group_id = module.alb_sg.security_group_id
  }]
  egress_rules = ["all-all"]
}

module "db_sg" {
  source = "./modules/security-group"

  name        = "orders-db"
  description = "The databases"
  vpc_id      = module.vpc.vpc_id
  computed_ingress_with_source_security_group_id = [
    { rule = "postgresql-tcp", source_security_group_id = module.service_sg["api"].security_group_id },
    { rule = "postgresql-tcp", source_security_group_id = module.service_sg["admin"].security_group_id },
  ]
  number_of_computed_ingress_with_source_security_group_id = 2
}

resource "aws_kms_key" "orders" {
  description         = "Data of the orders service"
  enable_key_rotation = true
}

resource "aws_kms_alias" "orders" {
  name          = "alias/orders"
  target_key_id = aws_kms_key.orders.key_id
}

module "rds" {
  source   = "./modules/rds"
  for_each = local.databases

  identifier        = "orders-${each.key}"
  engine            = "postgres"
  engine_version    = "15.7"
  family            = "postgres15"
  instance_class    = each.value.class
  allocated_storage = each.value.storage
  storage_encrypted = true
  kms_key_id        = aws_kms_key.orders.arn

  name     = "orders"
  username = "orders"
  password = var.master_password
  port     = "5432"

  multi_az                = each.key == "db"
  vpc_security_group_ids  = [module.db_sg.security_group_id]
  subnet_ids              = module.vpc.database_subnets
  create_db_option_group  = false
  parameters              = [{ name = "rds.force_ssl", value = "1" }]
  maintenance_window      = "Mon:00:00-Mon:03:00"
  backup_window           = "03:30-06:00"
  backup_retention_period = 14
  deletion_protection     = each.key == "db" # mistake: the other one may be deleted

  enabled_cloudwatch_logs_exports = ["postgresql"]
}

module "uploads" {
  source = "./modules/s3-bucket"

  bucket                                = "orders-uploads-live"
  attach_deny_insecure_transport_policy = true
  block_public_acls                     = true
  block_public_policy                   = true
  ignore_public_acls                    = true
  restrict_public_buckets               = true
  versioning                            = { enabled = true }
  server_side_encryption_configuration = {
    rule = { apply_server_side_encryption_by_default = { sse_algorithm = "aws:kms", kms_master_key_id = aws_kms_key.orders.arn } }
  }
}

module "exports" {
  source = "./modules/s3-bucket"

  bucket                  = "orders-exports-live" # mistake: no customer key, no versions, and plain HTTP is let in
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

module "alb_logs" {
  source = "./modules/s3-bucket"

  bucket                         = "orders-alb-logs-live"
  attach_elb_log_delivery_policy = true
  block_public_acls              = true
  block_public_policy            = true
  ignore_public_acls             = true
  restrict_public_buckets        = true
}

resource "aws_secretsmanager_secret" "database" {
  name       = "orders/live/database" # mistake: nobody rotates it
  kms_key_id = aws_kms_key.orders.arn
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = jsonencode({ username = "orders", password = var.master_password, host = module.rds["db"].this_db_instance_address })
}

module "alb" {
  source = "./modules/alb"

  name            = local.name
  vpc_id          = module.vpc.vpc_id
  subnets         = module.vpc.public_subnets
  security_groups = [module.alb_sg.security_group_id]
  access_logs     = { bucket = "orders-alb-logs-live" }

  drop_invalid_header_fields = true

  target_groups = [for key, service in local.services : {
    name             = "orders-${key}"
    backend_protocol = "HTTP"
    backend_port     = service.port
    target_type      = "ip"
    health_check     = { path = "/healthz" }
  }]
  http_tcp_listeners = [{
    port        = 80
    protocol    = "HTTP"
    action_type = "redirect"
    redirect    = { port = "443", protocol = "HTTPS", status_code = "HTTP_301" }
  }]
  https_listeners = [{ port = 443, certificate_arn = var.certificate_arn, target_group_index = 1 }] # mistake: the module lets TLS 1.0 in
  https_listener_rules = [{
    https_listener_index = 0
    priority             = 10
    actions              = [{ type = "forward", target_group_index = 0 }]
    conditions           = [{ path_patterns = ["/admin/*"] }]
  }]
}

module "ecs" {
  source = "./modules/ecs"

  name               = local.name
  container_insights = true
}

resource "aws_ecr_repository" "service" {
  for_each = local.services
  name     = "orders/${each.key}"

  image_scanning_configuration { scan_on_push = true }
}

resource "aws_cloudwatch_log_group" "service" {
  for_each          = local.services
  name              = "/ecs/orders-${each.key}"
  retention_in_days = 30
}

data "aws_iam_policy_document" "tasks" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "orders-execution"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy" # mistake: it pulls every image of the account
}

resource "aws_iam_role_policy" "execution" {
  role = aws_iam_role.execution.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.database.arn }]
  })
}

resource "aws_iam_role" "task" {
  for_each           = local.services
  name               = "orders-${each.key}-task"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

resource "aws_iam_role_policy" "task" {
  for_each = local.services
  role     = aws_iam_role.task[each.key].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "${module.uploads.s3_bucket_arn}/*" }]
  })
}

resource "aws_ecs_task_definition" "service" {
  for_each                 = local.services
  family                   = "orders-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task[each.key].arn
  container_definitions = jsonencode([{
    name         = each.key
    image        = "${var.account_id}.dkr.ecr.eu-central-1.amazonaws.com/orders/${each.key}:2.14.0"
    essential    = true
    portMappings = [{ containerPort = each.value.port }]
    environment  = [{ name = "UPLOADS", value = "orders-uploads-live" }]
    secrets      = [{ name = "DATABASE", valueFrom = aws_secretsmanager_secret.database.arn }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.service[each.key].name
        "awslogs-region"        = "eu-central-1"
        "awslogs-stream-prefix" = "ecs"
      }
    }
  }])
}

resource "aws_ecs_service" "service" {
  for_each        = local.services
  name            = "orders-${each.key}"
  cluster         = module.ecs.ecs_cluster_id
  task_definition = aws_ecs_task_definition.service[each.key].arn
  desired_count   = each.value.count
  launch_type     = "FARGATE"

  network_configuration {
    subnets         = module.vpc.private_subnets
    security_groups = [module.service_sg[each.key].security_group_id]
  }
  load_balancer {
    target_group_arn = module.alb.target_group_arns[index(keys(local.services), each.key)]
    container_name   = each.key
    container_port   = each.value.port
  }
}

output "load_balancer" {
  value = module.alb.lb_dns_name
}
