"""Addresses and references as Terraform writes them: taken apart, with whatever the keys of instances hold."""

import functools
import re
from collections.abc import Sequence

from stackproof.core.resource import KEY, MANY_ADDRESSES, without_keys

Scope = tuple[str, ...]
"""The module path in the configuration: ``("logs", "group")`` for ``module.logs.module.group``."""


def outermost(references: Sequence[str]) -> list[str]:
    """The references of an expression without those that are only the beginning of another.

    Terraform lists ``aws_kms_key.logs.arn`` and then ``aws_kms_key.logs`` for the one expression.

    >>> outermost(["aws_kms_key.logs.arn", "aws_kms_key.logs"])
    ['aws_kms_key.logs.arn']
    >>> outermost(["aws_subnet.a[0].id", "aws_subnet.a[0]", "aws_subnet.a", "aws_subnet.ab.id", "aws_subnet.ab"])
    ['aws_subnet.a[0].id', 'aws_subnet.ab.id']
    """
    return [
        one
        for one in references
        if not any(other != one and other.startswith(one) and other[len(one)] in ".[" for other in references)
    ]


_STEP = rf"module\.[\w-]+(?:{KEY})?\."


@functools.lru_cache(maxsize=MANY_ADDRESSES)
def module_steps(address: str) -> tuple[str, ...]:
    """The module instances that an address goes through, whatever their keys hold.

    >>> module_steps('module.a["module.b."].module.c[0].aws_kms_key.this["module.d."]')
    ('module.a["module.b."].', 'module.c[0].')
    """
    return tuple(re.findall(_STEP, re.match(f"(?:{_STEP})*", address)[0]))  # type: ignore[index]  # it matches nothing, too


@functools.lru_cache(maxsize=MANY_ADDRESSES)
def scope_of(address: str) -> Scope:
    """The module path of an address.

    >>> scope_of('module.logs["api"].module.group.aws_cloudwatch_log_group.this[0]')
    ('logs', 'group')
    """
    return tuple(without_keys(step).removeprefix("module.").removesuffix(".") for step in module_steps(address))


def key_of(address: str) -> str:
    """The key at the end of an address, with its brackets; empty where there is none.

    >>> key_of('module.a["x"].aws_kms_key.this["b]c"]'), key_of('module.a["x"].aws_kms_key.this'), key_of("module.a[0]")
    ('["b]c"]', '', '[0]')
    """
    last = address[len("".join(module_steps(address))) :]
    return last[len(re.match(r"[\w.-]*", last)[0]) :]  # type: ignore[index]  # it matches nothing, too
