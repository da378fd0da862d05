"""The table about the account around the stack: its number, its regions, its people, what watches it, and what is somebody else's."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from stackproof.profile.base import Table, as_frozen, unsaid

Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]


def covers(wanted: str, names: Iterable[str]) -> bool:
    """True if one of the names is the wanted one, in which ``*`` is anything.

    >>> covers("vpc-9*", ["vpc-90a1", "data"]), covers("vpc-9", ["vpc-90a1"])
    (True, False)
    """
    pattern = ".*".join(map(re.escape, wanted.split("*")))
    return any(re.fullmatch(pattern, name) for name in names)


class Other(Table):
    """A part of the account that is somebody else's: it is told in the report, and judged by its owner."""

    name: str = Field(pattern=r"[^*\s]")
    """Its name, id or ARN, as the report has it; ``*`` is anything."""
    owner: str = Field(pattern=r"\S")
    """Whose it is, as a team: platform."""
    reason: str = Field(min_length=20)

    def covers(self, names: Iterable[str]) -> bool:
        """True if one of the names of something is this one.

        >>> Other(name="vpc-9*", owner="data", reason="The network of the data platform.").covers(["vpc-90a1", "data"])
        True
        """
        return covers(self.name, names)


def as_table(given: object) -> object:
    """The table of an account: that of its number alone, where no table stands for it.

    >>> as_table("123456789012"), as_table({"unused_days": 30})
    ({'id': '123456789012'}, {'unused_days': 30})
    """
    return as_frozen(given if isinstance(given, Mapping | Table) else {"id": given})


class PasswordPolicy(Table):
    """The weakest password policy that the account may have."""

    minimum_length: int = Field(default=14, ge=6, le=128)
    remembered: int = Field(default=24, ge=0, le=24)
    """How many earlier passwords nobody may use again; 0 for any."""
    max_age_days: int | None = Field(default=None, ge=1, le=1095)
    """After how many days a password expires, at the latest; without it passwords need not expire."""


class Account(Table):
    """The account around the stack. Without this table its defaults count, in the region of the stack. `account = "123456789012"`, without
    a table, is its `id` alone."""

    id: str = unsaid(pattern=r"^\d{12}$")
    """The number of the AWS account; every target but a plan needs it."""
    regions: tuple[Region, ...] = ()
    """The regions that are looked at, each by itself; the stack's own, if none is named."""
    others: tuple[Other, ...] = ()
    """What in the account is somebody else's."""
    report_hours: int = Field(default=24, ge=4)
    """How old IAM's credential report may be, which is made anew every four hours at most."""
    root_unused_days: int = Field(default=30, ge=1)
    """For how long nobody has used the root user."""
    unused_days: int = Field(default=45, ge=1)
    """After how many days without use a password or a key is to be off."""
    access_key_days: int = Field(default=90, ge=1)
    """How old an access key may be, anybody's."""
    password_policy: PasswordPolicy = PasswordPolicy()
    detector_features: tuple[str, ...] = ("S3_DATA_EVENTS", "RDS_LOGIN_EVENTS", "RUNTIME_MONITORING")
    """The features of GuardDuty that are on, as its API names them."""
    archive_rules: tuple[str, ...] = ()
    """The archive rules of external access analyzers that somebody has reviewed, by name: they hide findings."""
    public_address_subnets: tuple[str, ...] = ()
    """The ids or address ranges of subnets that are meant to give public addresses; ``*`` is anything."""
    certificate_days: int = Field(default=30, ge=1)
    """How long certificates must still be valid."""
    security_hub: bool = False
    """Whether Security Hub is to be on."""
    alert_targets: tuple[str, ...] = ()
    """ARNs of what tells somebody beside topics with subscribers, in which ``*`` is anything: the event bus of the security team."""

    def without_others(self, found: Iterable[str]) -> list[str]:
        """The findings, each an id or a type and an ARN, without those about what is somebody else's.

        >>> theirs = Other(name="arn:aws:s3:::data-*", owner="data", reason="The buckets of the data platform.")
        >>> Account(others=(theirs,)).without_others(["AWS::S3::Bucket arn:aws:s3:::data-lake", "snap-1"])
        ['snap-1']
        """
        return [one for one in found if not any(other.covers((one, one.partition(" ")[2])) for other in self.others)]
