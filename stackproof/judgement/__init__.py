"""Judgement that needs thought, as pure functions: no I/O, no clock, no AWS."""
