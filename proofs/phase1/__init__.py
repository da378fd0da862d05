"""Counterexamples of the phase 1 controls, a row each."""
