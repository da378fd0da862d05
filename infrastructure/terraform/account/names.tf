locals {
  topic_name = "triflow-ai-security"

  # Policies name what they allow by ARNs made of names, so that a plan shows every policy in full.
  topic_arns = { for region in [var.region, "us-east-1"] : region => "arn:aws:sns:${region}:${var.aws_account_id}:${local.topic_name}" }
}
