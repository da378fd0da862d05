"""Passwords and access keys of people: which are unused, which are old."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Credential:
    """A password or an access key of a user that is on."""

    name: str
    """``password``, ``access key 1``, ``access key 2``: as the credential report names them."""
    since: datetime
    """When it was set or made last."""
    last_used: datetime | None
    """None if nobody has used it, as far as IAM remembers."""

    def __str__(self) -> str:
        return self.name


def unused(credentials: Iterable[Credential], *, days: int, now: datetime) -> list[str]:
    """The credentials that nobody has used for so many days, since they were made at the earliest.

    >>> from datetime import UTC
    >>> at = lambda day: datetime(2026, 1, day, tzinfo=UTC)
    >>> keys = [Credential("password", at(1), at(20)), Credential("access key 1", at(1), None), Credential("access key 2", at(25), None)]
    >>> unused(keys, days=20, now=at(31))
    ['access key 1: not used since it was made on 2026-01-01']
    >>> unused(keys, days=11, now=at(31))[0]
    'password: last used on 2026-01-20'
    """
    return [
        f"{one.name}: last used on {one.last_used:%Y-%m-%d}"
        if one.last_used
        else f"{one.name}: not used since it was made on {one.since:%Y-%m-%d}"
        for one in credentials
        if now - max(one.since, one.last_used or one.since) >= timedelta(days=days)
    ]


def old_keys(credentials: Iterable[Credential], *, days: int, now: datetime) -> list[str]:
    """The access keys that were made so many days ago, or longer.

    >>> from datetime import UTC
    >>> made, now = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    >>> old_keys([Credential("password", made, None), Credential("access key 2", made, made)], days=90, now=now)
    ['access key 2: made on 2026-01-01']
    """
    return [
        f"{one.name}: made on {one.since:%Y-%m-%d}"
        for one in credentials
        if one.name.startswith("access key") and now - one.since >= timedelta(days=days)
    ]
