"""Policy as code: what checkov finds, and the findings that the project accepts for a while."""
