"""The collections that controls ask for by name: what of the stack is looked at, by the environment's profile."""

from stackproof.collections import changes, deployment, emulator, log_events, logging, operators, sources, stack, workload  # noqa: F401 - they fill the register
