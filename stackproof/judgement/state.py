"""Which resources hold what nobody can make again (`state.toml`)."""

import functools
from collections.abc import Mapping, Sequence

from stackproof.util import toml_document


def held_by(kind: str) -> str:
    """The state that a resource of a Terraform type holds; empty for one that the sources alone can make again.

    >>> held_by("aws_db_instance"), held_by("aws_iam_role")
    ('a database', '')
    """
    return _held().get(kind, "")


@functools.cache
def _held() -> Mapping[str, str]:
    document: Mapping[str, Sequence[str]] = toml_document.packaged("stackproof.judgement", "state.toml")
    return {kind: what for what, kinds in document.items() for kind in kinds}
