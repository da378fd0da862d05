"""Counterexamples of the security controls, a row each, a file a service."""

from proofs.security import database, encryption, identity, load_balancer, logs, network, secrets, service, storage

_MODULES = (database, storage, network, identity, logs, load_balancer, service, secrets, encryption)
CASES = [case for module in _MODULES for case in module.CASES]
