"""What was asked, what was answered, what was read."""
