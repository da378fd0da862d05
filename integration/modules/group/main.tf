variable "vpc_id" {
  type = string
}

variable "sources" {
  type    = list(object({ port = number, group = string }))
  default = []
}

locals {
  id = concat(aws_security_group.this.*.id, [""])[0]
}

resource "aws_security_group" "this" {
  count       = 1
  name_prefix = "group-"
  vpc_id      = var.vpc_id
}

resource "aws_security_group_rule" "from_group" {
  count                    = length(var.sources)
  type                     = "ingress"
  protocol                 = "tcp"
  from_port                = var.sources[count.index].port
  to_port                  = var.sources[count.index].port
  security_group_id        = local.id
  source_security_group_id = var.sources[count.index].group
}

output "id" {
  value = local.id
}
