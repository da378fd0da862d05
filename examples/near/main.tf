# Orders: two services behind a load balancer, two databases, three zones. Each line with "mistake" is one that a team made.
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

locals {
  zones     = { a = 0, b = 1, c = 2 }
  services  = { api = 3000, admin = 3100 }
  databases = { orders = "db.t4g.large", reporting = "db.t4g.medium" }
}

resource "aws_vpc" "main" {
  cidr_block           = "10.40.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "shop" }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_subnet" "public" {
  for_each          = local.zones
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet("10.40.0.0/16", 8, each.value)
  availability_zone = "ap-northeast-2${each.key}"
}

resource "aws_subnet" "private" {
  for_each          = local.zones
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet("10.40.0.0/16", 8, 10 + each.value)
  availability_zone = "ap-northeast-2${each.key}"
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route_table_association" "public" {
  for_each       = aws_subnet.public
  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table_association" "private" {
  for_each       = aws_subnet.private
  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}

resource "aws_security_group" "alb" {
  name   = "shop-alb"
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group_rule" "alb" {
  for_each          = toset(["80", "443", "22"]) # mistake: 22
  security_group_id = aws_security_group.alb.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = each.value
  to_port           = each.value
  cidr_blocks       = ["0.0.0.0/0"]
}

resource "aws_security_group" "service" {
  for_each = local.services
  name     = "shop-${each.key}"
  vpc_id   = aws_vpc.main.id
}

resource "aws_security_group_rule" "service" {
  for_each                 = local.services
  security_group_id        = aws_security_group.service[each.key].id
  type                     = "ingress"
  protocol                 = "tcp"
  from_port                = each.value
  to_port                  = each.value
  source_security_group_id = aws_security_group.alb.id
}

resource "aws_security_group" "database" {
  name   = "shop-database"
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group_rule" "database" {
  for_each                 = local.services
  security_group_id        = aws_security_group.database.id
  type                     = "ingress"
  protocol                 = "tcp"
  from_port                = 5432
  to_port                  = 5432
  source_security_group_id = aws_security_group.service[each.key].id
}

resource "aws_db_subnet_group" "main" {
  name       = "shop"
  subnet_ids = [for one in aws_subnet.private : one.id]
}

resource "aws_db_parameter_group" "main" {
  name   = "shop"
  family = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
}

resource "aws_db_instance" "main" {
  for_each                  = local.databases
  identifier                = "shop-${each.key}"
  engine                    = "postgres"
  engine_version            = "17.4"
  instance_class            = each.value
  allocated_storage         = 50
  storage_encrypted         = each.key == "orders" # mistake
  multi_az                  = true
  publicly_accessible       = false
  backup_retention_period   = 14
  deletion_protection       = true
  ca_cert_identifier        = "rds-ca-rsa2048-g1"
  db_subnet_group_name      = aws_db_subnet_group.main.name
  parameter_group_name      = aws_db_parameter_group.main.name
  vpc_security_group_ids    = [aws_security_group.database.id]
  username                  = "shop"
  password                  = var.database_password
  final_snapshot_identifier = "shop-${each.key}-final"
}

variable "database_password" {
  type      = string
  sensitive = true
  default   = ""
}

resource "aws_lb" "main" {
  name                       = "shop"
  subnets                    = [for one in aws_subnet.public : one.id]
  security_groups            = [aws_security_group.alb.id]
  drop_invalid_header_fields = true
  enable_deletion_protection = true
}

resource "aws_lb_target_group" "service" {
  for_each    = local.services
  name        = "shop-${each.key}"
  port        = each.value
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = aws_vpc.main.id
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.main.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-2016-08" # mistake
  certificate_arn   = "arn:aws:acm:ap-northeast-2:123456789012:certificate/00000000-0000-0000-0000-000000000000"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.service["api"].arn
  }
}

resource "aws_iam_role" "task" {
  for_each = local.services
  name     = "shop-${each.key}-task"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
    }]
  })
}

resource "aws_iam_role_policy" "task" {
  for_each = local.services
  name     = "work"
  role     = aws_iam_role.task[each.key].id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = each.key == "admin" ? "*" : "s3:GetObject", Resource = "arn:aws:s3:::shop-uploads/*" }] # mistake
  })
}

resource "aws_ecs_cluster" "main" {
  name = "shop"
}

resource "aws_ecs_task_definition" "service" {
  for_each                 = local.services
  family                   = "shop-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  task_role_arn            = aws_iam_role.task[each.key].arn

  container_definitions = jsonencode([{
    name                   = each.key
    image                  = "shop/${each.key}:1.0.0"
    essential              = true
    user                   = "1000"
    readonlyRootFilesystem = true
    environment            = each.key == "admin" ? [{ name = "DB_PASSWORD", value = "Pa55-w0rd-of-admin" }] : [] # mistake
  }])
}

resource "aws_ecs_service" "service" {
  for_each        = local.services
  name            = "shop-${each.key}"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.service[each.key].arn
  desired_count   = 2
  launch_type     = "FARGATE"

  network_configuration {
    subnets         = [for one in aws_subnet.private : one.id]
    security_groups = [aws_security_group.service[each.key].id]
  }
}
