# The ways in which resources of community modules refer to each other, as small as they can be.
variable "roles" {
  type = map(object({ role = string }))
  default = {
    first  = { role = "b" }
    second = { role = "a" }
  }
}

variable "create" {
  type    = bool
  default = true
}

locals {
  names  = toset(["a", "b"])
  vpc_id = one(aws_vpc.this[*].id)
}

resource "aws_vpc" "this" {
  count      = var.create ? 1 : 0
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "by_try" {
  vpc_id     = try(aws_vpc.this[0].id, null)
  cidr_block = "10.0.1.0/24"
}

resource "aws_subnet" "by_concat" {
  vpc_id     = concat(aws_vpc.this.*.id, [""])[0]
  cidr_block = "10.0.2.0/24"
}

resource "aws_subnet" "by_local" {
  vpc_id     = local.vpc_id
  cidr_block = "10.0.3.0/24"
}

resource "aws_subnet" "by_condition" {
  vpc_id     = var.create ? coalesce(one(aws_vpc.this[*].id), "") : ""
  cidr_block = "10.0.4.0/24"
}

resource "aws_iam_role" "task" {
  for_each           = local.names
  name_prefix        = "task-${each.key}-"
  assume_role_policy = "{}"
}

resource "aws_iam_role_policy" "by_key" {
  for_each = local.names
  role     = aws_iam_role.task[each.key].id
  policy   = "{}"
}

resource "aws_iam_role_policy" "by_value" {
  for_each = var.roles
  role     = aws_iam_role.task[each.value.role].id
  policy   = "{}"
}

resource "aws_iam_role_policy" "of_any" {
  role   = [for role in aws_iam_role.task : role.id][0]
  policy = "{}"
}

module "buckets" {
  source   = "./bucket"
  for_each = local.names
  prefix   = each.key
}

resource "aws_s3_bucket_policy" "of_module" {
  for_each = local.names
  bucket   = module.buckets[each.key].id
  policy   = "{}"
}

module "groups" {
  source   = "./group"
  for_each = local.names
  vpc_id   = local.vpc_id
  sources  = [{ port = 1, group = module.front.id }, { port = 2, group = module.back.id }]
}

module "front" {
  source = "./group"
  vpc_id = local.vpc_id
}

module "back" {
  source = "./group"
  vpc_id = local.vpc_id
}

output "buckets" {
  value = module.buckets["a"].id
}

# A for_each over resources, and over modules: each value is the instance with the same key.
resource "aws_iam_role_policy" "chained" {
  for_each = aws_iam_role.task
  name     = "chained"
  role     = each.value.id
  policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
}

resource "aws_s3_bucket_policy" "chained" {
  for_each = module.buckets
  bucket   = each.value.id
  policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Principal = "*", Action = "s3:*", Resource = "*" }] })
}
