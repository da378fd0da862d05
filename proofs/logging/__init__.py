"""Counterexamples of the logging controls, a row each, a file a subject."""
