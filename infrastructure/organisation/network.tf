# The scheduler is reached by the workers and by whoever begins a run; the workers by the scheduler and by each other. Rules that name
# the other group stand by themselves, so that neither group waits for the other.
resource "aws_security_group" "scheduler" {
  name        = "${local.name}-scheduler"
  description = "The Dask scheduler"
  vpc_id      = var.vpc_id

  tags = { Name = "${local.name}-scheduler" }
}

resource "aws_security_group" "worker" {
  name        = "${local.name}-worker"
  description = "The Dask workers, which ask AWS"
  vpc_id      = var.vpc_id

  tags = { Name = "${local.name}-worker" }
}

resource "aws_vpc_security_group_ingress_rule" "scheduler_from_workers" {
  security_group_id            = aws_security_group.scheduler.id
  description                  = "Workers"
  ip_protocol                  = "tcp"
  from_port                    = local.scheduler_port
  to_port                      = local.scheduler_port
  referenced_security_group_id = aws_security_group.worker.id
}

resource "aws_vpc_security_group_ingress_rule" "scheduler_from_operators" {
  security_group_id            = aws_security_group.scheduler.id
  description                  = "Whoever begins a run"
  ip_protocol                  = "tcp"
  from_port                    = local.scheduler_port
  to_port                      = local.scheduler_port
  referenced_security_group_id = var.operators_security_group_id
}

resource "aws_vpc_security_group_ingress_rule" "worker_from_scheduler" {
  for_each = local.worker_ports

  security_group_id            = aws_security_group.worker.id
  description                  = "The scheduler"
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
  referenced_security_group_id = aws_security_group.scheduler.id
}

resource "aws_vpc_security_group_ingress_rule" "worker_from_workers" {
  for_each = local.worker_ports

  security_group_id            = aws_security_group.worker.id
  description                  = "Other workers"
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
  referenced_security_group_id = aws_security_group.worker.id
}

resource "aws_vpc_security_group_egress_rule" "scheduler" {
  security_group_id            = aws_security_group.scheduler.id
  description                  = "Workers"
  ip_protocol                  = "tcp"
  from_port                    = local.worker_ports.worker
  to_port                      = local.worker_ports.nanny
  referenced_security_group_id = aws_security_group.worker.id
}

# To start a task: ECR, CloudWatch Logs, Secrets Manager.
resource "aws_vpc_security_group_egress_rule" "scheduler_to_aws" {
  security_group_id = aws_security_group.scheduler.id
  description       = "APIs of AWS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "worker_to_aws" {
  security_group_id = aws_security_group.worker.id
  description       = "APIs of AWS, and load balancers whose TLS is judged"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "worker_to_front_doors" {
  security_group_id = aws_security_group.worker.id
  description       = "Load balancers whose redirect to HTTPS is judged"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "worker_to_scheduler" {
  security_group_id            = aws_security_group.worker.id
  description                  = "The scheduler"
  ip_protocol                  = "tcp"
  from_port                    = local.scheduler_port
  to_port                      = local.scheduler_port
  referenced_security_group_id = aws_security_group.scheduler.id
}

resource "aws_vpc_security_group_egress_rule" "worker_to_workers" {
  security_group_id            = aws_security_group.worker.id
  description                  = "Other workers"
  ip_protocol                  = "tcp"
  from_port                    = local.worker_ports.worker
  to_port                      = local.worker_ports.nanny
  referenced_security_group_id = aws_security_group.worker.id
}
