"""How the suite does at scale."""
