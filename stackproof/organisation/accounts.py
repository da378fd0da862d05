"""``accounts.toml``: the accounts and regions of an organisation, and how much is asked of them at once.

Every key is checked: an unknown one, a missing one or a wrong type ends the command with the file, the key and what is allowed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from stackproof.core.verdicts import UsageError
from stackproof.profile.loading import load
from stackproof.profile.schema import Profile
from stackproof.sources.aws.regions import partition
from stackproof.util import toml_document

GLOBAL = "global"
"""The task of an account for what it has once, in no region (IAM)."""

Id = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
RoleName = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]+$", max_length=576)]
ExternalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+=,.@:/-]+$", min_length=2, max_length=1224)]
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=200)]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Limits(Table):
    """How much is asked at once, and how long it may take."""

    accounts: int = Field(default=20, ge=1, le=10_000)
    """At once."""
    tasks_per_account: int = Field(default=2, ge=1, le=100)
    """At once: regions of one account."""
    requests_per_second: float = Field(default=20, gt=0, le=1_000)
    """To one account, over all of its regions."""
    task_seconds: int = Field(default=900, ge=1, le=86_400)
    """After which a task asks nothing more: what it has not asked by then could not be verified."""
    lost_workers: int = Field(default=3, ge=0, le=100)
    """So many workers may be lost with a task before it is given up."""


class Member(Table):
    """An account, and what to judge in it. What it leaves out is said for all accounts at the head of the file."""

    id: Id
    name: Text
    owner: Text = "nobody"
    """A role or a team, such as payments; for people to read."""
    profile: Text | None = None
    regions: tuple[Region, ...] | None = Field(default=None, min_length=1)
    role: RoleName | None = None
    external_id: ExternalId | None = None


class Except(Table):
    """An account that is found, and not judged."""

    id: Id
    reason: Annotated[str, StringConstraints(min_length=20)]


class Discover(Table):
    """Which of the organisation's accounts are judged beside those that are listed: all, if nothing is said."""

    ous: tuple[Annotated[str, StringConstraints(pattern=r"^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$")], ...] = ()
    """In these organisational units, at any depth; a root (``r-...``) counts as one."""
    tags: Mapping[Text, Text] = {}
    """With all of these tags."""
    owner_tag: Text = "Owner"
    """Whose value is the owner."""
    excepted: tuple[Except, ...] = Field(default=(), alias="except")


class Organisation(Table):
    """An ``accounts.toml``."""

    name: Text = "organisation"
    profile: Text
    """What every account must look like: the name or the path of an environment, as ``--env`` takes it."""
    regions: tuple[Region, ...] = Field(min_length=1)
    role: RoleName = "stackproof-audit"
    """The read-only role in each account, with its path if it has one."""
    external_id: ExternalId | None = None
    limits: Limits = Limits()
    account: tuple[Member, ...] = ()
    discover: Discover | None = None

    @model_validator(mode="after")
    def _is_about_accounts(self) -> Self:
        """Raises `ValueError`."""
        if not self.account and self.discover is None:
            raise ValueError("there is no [[account]] and no [discover]: no account would be judged")
        twice = [id for id, count in Counter(member.id for member in self.account).items() if count > 1]
        if twice:
            raise ValueError(f"account {twice[0]} is listed twice")
        for regions in (self.regions, *(member.regions for member in self.account if member.regions)):
            if len(set(regions)) < len(regions):
                raise ValueError(f"a region stands twice in {', '.join(regions)}")
        return self


class Account(Table):
    """An account with everything that its tasks need to know."""

    id: str
    name: str
    owner: str
    regions: tuple[str, ...]
    profile: str
    """As `Organisation.profile`."""
    role: str
    external_id: str | None

    @property
    def role_arn(self) -> str:
        """The ARN of the role that is assumed there."""
        return f"arn:{partition(self.regions[0])}:iam::{self.id}:role/{self.role}"


def read(path: Path) -> Organisation:
    """The organisation in a file. Raises `UsageError` with the file, the key and what is allowed."""
    try:
        given = toml_document.read(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path}: not TOML: {error}") from None
    try:
        return Organisation.model_validate(_frozen(given))
    except ValidationError as error:
        raise UsageError("\n".join(f"{path}: {problem}" for problem in problems(error))) from None


def problems(error: ValidationError) -> list[str]:
    """One line a problem: the key, what is wrong, what is allowed."""
    return [_problem(found) for found in error.errors(include_url=False)[:20]]


_TABLES: Mapping[str, type[BaseModel]] = {"account": Member, "limits": Limits, "discover": Discover}


def _problem(found: Any) -> str:
    key = ".".join(str(part) for part in found["loc"])
    if found["type"] == "extra_forbidden":
        table = Organisation if len(found["loc"]) == 1 else _TABLES.get(str(found["loc"][0]), Organisation)
        if "except" in found["loc"][:-1]:
            table = Except
        allowed = ", ".join(sorted(field.alias or name for name, field in table.model_fields.items()))
        return f"unknown key {key}. Allowed here: {allowed}"
    if found["type"] == "missing":
        return f"missing key {key}"
    given = found["input"]
    shown = "" if isinstance(given, dict | tuple | BaseModel) else f" (it is {str(given)[:100]!r})"
    return f"{key + ': ' if key else ''}{found['msg'].removeprefix('Value error, ')}{shown}"


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _frozen(part) for key, part in value.items()}
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value


def resolved(organisation: Organisation, members: Sequence[Member]) -> tuple[Account, ...]:
    """The accounts with what the head of the file says for all, by id."""
    return tuple(
        Account(
            id=member.id,
            name=member.name,
            owner=member.owner,
            regions=member.regions or organisation.regions,
            profile=member.profile or organisation.profile,
            role=member.role or organisation.role,
            external_id=member.external_id or organisation.external_id,
        )
        for member in sorted(members, key=lambda one: one.id)
    )


def profiles(accounts: Sequence[Account], path: Path) -> dict[str, Profile]:
    """The profile behind each name that the accounts have; ``path`` is the file that names them.

    A path is taken from the file's folder, a name from ``environments`` beside it. Raises `UsageError`, with the file and the account.
    """
    found: dict[str, Profile] = {}
    for account in accounts:
        if account.profile in found:
            continue
        named = str(path.parent / account.profile) if account.profile.endswith(".toml") else account.profile
        try:
            found[account.profile] = load(named, path.parent / "environments")
        except UsageError as error:
            raise UsageError(f"{path}: profile of account {account.id}: {error}") from None
        except (OSError, ValueError) as error:  # a name that no file can have
            raise UsageError(f"{path}: profile of account {account.id}: {account.profile!r}: {error}") from None
    return found


def of_member(profile: Profile, account: str, region: str) -> Profile:
    """The profile as it holds for one region of an account. Raises `UsageError` where it cannot hold there."""
    given = profile.model_dump(by_alias=True)
    try:
        return type(profile).model_validate({**given, "account": {**given["account"], "id": account}, "region": region})
    except ValidationError as error:
        raise UsageError(f"profile {profile.name} in account {account}, {region}: {problems(error)[0]}") from None
