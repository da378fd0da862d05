# Who did what in the account, reading of log data among it, and who touched an object of the app's bucket.
resource "aws_cloudtrail" "audit" {
  name                          = local.trail_name
  s3_bucket_name                = aws_s3_bucket.trail.id
  kms_key_id                    = aws_kms_key.audit.arn
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true

  event_selector {
    read_write_type           = "All"
    include_management_events = true

    data_resource {
      type   = "AWS::S3::Object"
      values = ["arn:aws:s3:::${local.app_bucket_name}/"]
    }
  }

  # CloudTrail refuses a bucket that it may not write to.
  depends_on = [aws_s3_bucket_policy.trail]
}

resource "aws_s3_bucket" "audit" {
  bucket = var.audit_bucket
}

resource "aws_s3_bucket_public_access_block" "audit" {
  bucket                  = aws_s3_bucket.audit.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "audit" {
  bucket = aws_s3_bucket.audit.id

  versioning_configuration {
    status = "Enabled"
  }
}

# Load balancers deliver access logs to a bucket with S3's own keys alone (Elastic Load Balancing, Enable access logs).
resource "aws_s3_bucket_server_side_encryption_configuration" "audit" {
  bucket = aws_s3_bucket.audit.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "audit" {
  bucket = aws_s3_bucket.audit.id

  rule {
    id     = "a-year-and-a-month"
    status = "Enabled"

    filter {}

    expiration {
      days = 400
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # A rule for old versions needs versioning first.
  depends_on = [aws_s3_bucket_versioning.audit]
}

# Each service delivers for this account alone (the confused deputy problem). Flow logs say for whom in their requests; load balancers, whose documentation promises no such thing, by the path: it has the account that owns the load balancer.
resource "aws_s3_bucket_policy" "audit" {
  bucket = aws_s3_bucket.audit.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyPlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.audit_bucket_arn, "${local.audit_bucket_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "LoadBalancersDeliverAccessLogs"
        Effect    = "Allow"
        Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${local.audit_bucket_arn}/${local.load_balancer_name}/AWSLogs/${var.aws_account_id}/*"
      },
      {
        Sid       = "FlowLogsLookAtTheBucket"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = ["s3:GetBucketAcl", "s3:ListBucket"]
        Resource  = local.audit_bucket_arn
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.aws_account_id }
          ArnLike      = { "aws:SourceArn" = "arn:aws:logs:${var.region}:${var.aws_account_id}:*" }
        }
      },
      {
        Sid       = "FlowLogsDeliver"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${local.audit_bucket_arn}/AWSLogs/${var.aws_account_id}/*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.aws_account_id, "s3:x-amz-acl" = "bucket-owner-full-control" }
          ArnLike      = { "aws:SourceArn" = "arn:aws:logs:${var.region}:${var.aws_account_id}:*" }
        }
      },
      {
        Sid       = "ConfigLooksAtTheBucket"
        Effect    = "Allow"
        Principal = { Service = "config.amazonaws.com" }
        Action    = ["s3:GetBucketAcl", "s3:ListBucket"]
        Resource  = local.audit_bucket_arn
        Condition = { StringEquals = { "aws:SourceAccount" = var.aws_account_id } }
      },
      {
        Sid       = "ConfigDelivers"
        Effect    = "Allow"
        Principal = { Service = "config.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${local.audit_bucket_arn}/AWSLogs/${var.aws_account_id}/Config/*"
        Condition = { StringEquals = { "aws:SourceAccount" = var.aws_account_id, "s3:x-amz-acl" = "bucket-owner-full-control" } }
      },
    ]
  })

  # S3 refuses two changes of a bucket's access at the same time.
  depends_on = [aws_s3_bucket_public_access_block.audit]
}
