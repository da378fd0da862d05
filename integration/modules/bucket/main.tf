variable "prefix" {
  type = string
}

resource "aws_s3_bucket" "this" {
  count         = 1
  bucket_prefix = "${var.prefix}-"
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

output "id" {
  value = element(concat(aws_s3_bucket.this.*.id, [""]), 0)
}
