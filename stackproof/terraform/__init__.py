"""Terraform as a tool: which executable, which provider, the stack's sources, and working copies of them."""
