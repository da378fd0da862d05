# The smallest compliant stack with a cache, for the proofs: the reference stacks have none.
resource "aws_security_group" "main" {
  name = "triflow-ai-production-cache"

  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/16"]
  }
}

resource "aws_elasticache_replication_group" "main" {
  replication_group_id          = "triflow-ai-production-cache"
  replication_group_description = "sessions"
  node_type                     = "cache.t4g.micro"
  number_cache_clusters         = 1
  at_rest_encryption_enabled    = true
  transit_encryption_enabled    = true
  security_group_ids            = [aws_security_group.main.id]
  snapshot_retention_limit      = 7
}

resource "aws_elasticache_cluster" "main" {
  cluster_id         = "triflow-ai-production-memcached"
  engine             = "memcached"
  node_type          = "cache.t4g.micro"
  num_cache_nodes    = 1
  security_group_ids = [aws_security_group.main.id]
}
