# The smallest compliant stack with a table, for the proofs: the reference stacks have none.
resource "aws_kms_key" "main" {
  enable_key_rotation = true
}

resource "aws_dynamodb_table" "main" {
  name         = "triflow-ai-production-jobs"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.main.arn
  }
}
