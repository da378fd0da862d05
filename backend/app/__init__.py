"""TriFlow AI's backend: a small service behind a load balancer, with its database, its bucket and its secret."""

__version__ = "1.0.0"
