"""The guard: nothing leaves for AWS but the collectors' own read operations.

The list is handed in (`stackproof.resources.allowed_operations`): it is made from what registered resource classes declare, so that a
new read is allowed where it is written and nowhere else. The check sits in botocore, before a request is signed or sent, in every client
that the collectors use. What the SDK itself sends to get credentials (``sts:AssumeRole`` for a profile with a role) goes through clients
of its own.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel

IDENTITY = "sts:GetCallerIdentity"
"""Asked once, before everything else, to pin the account."""

PROBES = ("grafana", "host", "http", "postgres", "tcp", "tls")
"""Services that are not AWS's: what `stackproof.probes` asks of the network and of hosts."""


class RefusedOperation(Exception):
    """The suite tried to send something that is not one of its own reads. A defect, never a verdict."""

    def __init__(self, message: str, operation: str = "") -> None:
        super().__init__(message)
        self.operation = operation


def refusal_of(operation: str) -> RefusedOperation:
    """The exception for an operation that is not allowed."""
    return RefusedOperation(
        f"{operation} was stopped before it was sent: it is not one of this suite's read operations", operation
    )


def allowed_operations(declared: Iterable[str]) -> frozenset[str]:
    """The AWS operations among those that resource classes declare, and the identity call.

    >>> sorted(allowed_operations(["rds:DescribeDBInstances", "tls:Handshake"]))
    ['rds:DescribeDBInstances', 'sts:GetCallerIdentity']
    """
    return frozenset({IDENTITY, *(operation for operation in declared if operation.partition(":")[0] not in PROBES)})


def install(client: "BaseClient", allowed: frozenset[str]) -> None:
    """Refuse every other operation of a client from now on. Raises `RefusedOperation` at the call."""

    def refuse(model: "OperationModel", **_: Any) -> None:
        operation = f"{model.service_model.service_name}:{model.name}"
        if operation not in allowed:
            raise refusal_of(operation)

    client.meta.events.register("before-call", refuse, unique_id="stackproof-readonly")
