"""The resources that there are of a kind, declared or not: the part of every collection that knows what the profile says there is.

Presence and facts are separate questions. A control of the inventory says whether what is declared exists, and nothing else does; every
other control judges what is found. Where nothing is found there is nothing to judge: FAIL where something is declared, and NOT_DECLARED
where nothing is, with the read that shows it as its evidence.
"""

from collections.abc import Iterable, Sequence

from stackproof.core.resource import Resource
from stackproof.core.verdicts import CouldNotVerify, NotDeclared
from stackproof.sources import R
from stackproof.targets.base import Stage


def there(stage: Stage, table: str, kind: type[R], names: Sequence[str], others: Iterable[R] | None = None) -> tuple[R, ...]:
    """The declared resources of a kind, as far as they exist, and the others that are the stack's; ``table`` declares the kind.

    Raises `DeclaredButMissing` where none is found and some are declared, `NotDeclared` where none is declared either: without ``others``
    that is about declared ones alone, and nothing is said of what there is.
    """
    if others is None and not names:
        reason = stage.profile.absent.get(table)
        said = f"absent: {reason}" if reason else f"[{table}] is not declared"
        raise NotDeclared(f"{said}: nothing to judge by", needs=() if reason else (table,))
    found = *stage.existing(kind, names), *(others or ())
    if not found:
        raise nothing(stage, table, kind, names)
    return found


def nothing(stage: Stage, table: str, kind: type[Resource], names: Sequence[str]) -> Exception:
    """The error in the place of a kind of which nothing was found."""
    if names:
        return stage.missing(kind, names)
    if not stage.is_planned and not stage.profile.says("owned"):
        return CouldNotVerify(
            f"nobody can tell which {kind.__name__} of the account is the stack's: "
            'declare the prefixes of its names, owned = ["PREFIX"], or the whole account, owned = ["*"]'
        )
    reason = stage.profile.absent.get(table)
    shown = "the plan makes none" if stage.is_planned else f"{kind.operations[0]} shows none of its own"
    said = f"absent: {reason}" if reason else f"{stage.profile.name} declares none ([{table}])"
    return NotDeclared(
        f"the stack has no {kind.__name__}: {said}, and {shown}",
        read=(kind.__name__, "all that are the stack's", "none", stage.source().listing(kind)),
    )
