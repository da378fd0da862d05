"""Counterexamples of the security controls, a row each, a file a service."""
