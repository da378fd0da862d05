"""Counterexamples of the controls of functions and tables, a row each, a file a service."""
