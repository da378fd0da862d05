# The smallest compliant stack with a file system, for the proofs: the reference stacks have none.
resource "aws_efs_file_system" "main" {
  encrypted              = true
  availability_zone_name = "ap-northeast-2a" # in one zone alone, so backed up by default
  tags                   = { Name = "triflow-ai-production-files" }
}

resource "aws_efs_file_system_policy" "main" {
  file_system_id = aws_efs_file_system.main.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = "*" }
        Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        Condition = { Bool = { "elasticfilesystem:AccessedViaMountTarget" = "true" } }
      },
      {
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "*"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_efs_access_point" "main" {
  file_system_id = aws_efs_file_system.main.id
  tags           = { Name = "triflow-ai-production-uploads" }

  posix_user {
    uid = 1000
    gid = 1000
  }
}
