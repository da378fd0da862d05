"""Counterexamples of the controls of the account around the stack, a row each, a file a subject."""
