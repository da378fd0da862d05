"""Counterexamples of the security controls, a row each, a file a service."""

from proofs.security import database, identity, load_balancer, logs, network, storage

CASES = [case for module in (database, storage, network, identity, logs, load_balancer) for case in module.CASES]
