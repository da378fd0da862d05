# Reports: a bucket, and the role that writes into it. Each line with "mistake" is one that a team made.
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
  region = "eu-west-1"
  default_tags {
    tags = { Team = "reports", Stage = "live" }
  }
}

resource "aws_s3_bucket" "reports" {
  bucket = "finance-reports-live"
  versioning { enabled = true }
}

resource "aws_s3_bucket_public_access_block" "reports" {
  bucket            = aws_s3_bucket.reports.id
  block_public_acls = true # mistake: three of four are missing
}

resource "aws_iam_role" "writer" {
  name = "finance-reports-writer"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = "*" }, Action = "sts:AssumeRole" }] # mistake: anybody
  })
}

resource "aws_iam_role_policy" "writer" {
  role = aws_iam_role.writer.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] # mistake
  })
}
