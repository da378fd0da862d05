"""Regions that hold what belongs to the whole account."""

BILLING = "us-east-1"
"""Where AWS keeps the billing metrics, and so every alarm on them, whichever regions the account uses.

Source: AWS Billing user guide, "Creating a billing alarm to monitor your estimated AWS charges".
"""
