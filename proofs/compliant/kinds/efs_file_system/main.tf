# The smallest compliant stack with a file system, for the proofs: the reference stacks have none.
resource "aws_efs_file_system" "main" {
  encrypted = true
  tags      = { Name = "triflow-ai-production-files" }
}
