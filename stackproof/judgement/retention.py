"""How long what is in a bucket is kept, by its lifecycle rules."""

from collections.abc import Iterable
from dataclasses import dataclass

from stackproof.core.partial import judges_what_is_known


@dataclass(frozen=True, order=True)
class LifecycleRule:
    """A rule of a bucket that is enabled.

    >>> print(LifecycleRule("", "", None), "|", LifecycleRule("old", "logs/", 30))
    a rule deletes nothing current | old deletes after 30 days, under logs/
    """

    name: str
    prefix: str
    """How the keys of the objects begin that it is about; all, if it is empty. A tag or a size may narrow it further."""
    expires_after: int | None
    """In days; None for a rule that deletes no current version. One that deletes on a date deletes what is a day old then, too: 0."""

    def __str__(self) -> str:
        what = "deletes nothing current" if self.expires_after is None else f"deletes after {self.expires_after} days"
        return f"{self.name or 'a rule'} {what}{f', under {self.prefix}' if self.prefix else ''}"

    __repr__ = __str__


TRAIL = "AWSLogs/*/CloudTrail"
"""Where a trail's files and digests are in its bucket. Source: AWS CloudTrail user guide, "Finding your CloudTrail log files"."""
TRAIL_OF_AN_ORGANIZATION = "AWSLogs/*/*/CloudTrail"


@judges_what_is_known
def expiring_before(rules: Iterable[LifecycleRule], days: int, *, path: str = "") -> list[LifecycleRule]:
    """The rules that delete objects sooner than after some days; ``path`` has the folders of the keys that count, ``*`` for any folder.

    >>> def expiring(prefix, after=30, path=TRAIL):
    ...     return len(expiring_before([LifecycleRule("x", prefix, after)], 365, path=path))
    >>> expiring("", 365), expiring("", 364), expiring("", None), expiring("", path="")
    (0, 1, 0, 1)
    >>> expiring("AWS"), expiring("AWSLogs/1234"), expiring("AWSLogs/123456789012/Config/"), expiring("elb/AWSLogs/")
    (1, 1, 0, 0)
    >>> expiring("AWSLogs/123456789012/CloudTrail/eu-west-1/"), expiring("AWSLogs/123456789012/CloudTrail-Digest/"), expiring("x", path="")
    (1, 1, 1)
    """
    return [
        rule for rule in rules if rule.expires_after is not None and rule.expires_after < days and _is_about(rule.prefix, path)
    ]


def _is_about(prefix: str, path: str) -> bool:
    """Whether keys that begin with a prefix may lie in some folders."""
    *folders, beginning = prefix.split("/")
    wanted = path.split("/") if path else []
    are_in = all(one in ("*", folder) or folder.startswith(f"{one}-") for one, folder in zip(wanted, folders, strict=False))
    last = wanted[len(folders)] if len(folders) < len(wanted) else "*"
    return are_in and (last == "*" or last.startswith(beginning) or beginning.startswith(last))
