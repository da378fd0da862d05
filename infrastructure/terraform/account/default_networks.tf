# The VPC that AWS gives an account in each region: nothing of the stacks is in it, and nothing that somebody starts there can be reached.
resource "aws_default_vpc" "main" {
  tags = { Name = "default" }
}

resource "aws_default_security_group" "main" {
  vpc_id  = aws_default_vpc.main.id
  ingress = []
  egress  = []

  tags = { Name = "default" }
}

resource "aws_default_subnet" "main" {
  for_each = toset(local.zones[var.region])

  availability_zone       = "${var.region}${each.key}"
  map_public_ip_on_launch = false

  tags = { Name = "default-${each.key}" }
}

resource "aws_default_vpc" "us_east_1" {
  provider = aws.us_east_1

  tags = { Name = "default" }
}

resource "aws_default_security_group" "us_east_1" {
  provider = aws.us_east_1

  vpc_id  = aws_default_vpc.us_east_1.id
  ingress = []
  egress  = []

  tags = { Name = "default" }
}

resource "aws_default_subnet" "us_east_1" {
  provider = aws.us_east_1
  for_each = toset(local.zones["us-east-1"])

  availability_zone       = "us-east-1${each.key}"
  map_public_ip_on_launch = false

  tags = { Name = "default-${each.key}" }
}

# Every zone in which the account has a default subnet.
locals {
  zones = {
    (var.region) = var.default_zones
    us-east-1    = ["a", "b", "c", "d", "e", "f"]
  }
}
