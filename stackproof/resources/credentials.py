"""AWS IAM's credential report, and the account summary: the root user, and everybody's passwords and keys."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import CouldNotVerify, NotReported
from stackproof.judgement.credentials import Credential
from stackproof.resources.identity import DETAILS, details
from stackproof.resources.identity import User as IamUser
from stackproof.sources.aws.facts import AwsFacts

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader

MAKE, REPORT = "iam:GenerateCredentialReport", "iam:GetCredentialReport"
TRIES, SECONDS = 15, 2.0
"""How often IAM is asked whether the report is made, and how long it is waited for in between."""
ROOT = "<root_account>"
NEVER = ("N/A", "no_information", "not_supported")
"""What the report has in the place of a date: there is none, IAM remembers none, or IAM keeps none of the root user.

Source: IAM user guide, "Generate credential reports for your AWS account".
"""
YES_OR_NO = {"true": True, "false": False, "not_supported": None}


def credential_report(aws: "Reader") -> "Answer":
    """The report; IAM makes it anew if the last one is older than four hours, which changes nothing else.

    Raises `CouldNotVerify` if it is not made in half a minute.
    """
    for sample in range(TRIES):
        made = aws.read(MAKE, sample=sample)
        if made.pages[0].get("State") == "COMPLETE":
            return aws.read(REPORT)
        aws.transport.wait(SECONDS)
    raise CouldNotVerify(f"{made.source}: the credential report is not made yet; run again in some minutes")


def _rows(answer: "Answer") -> Iterator[dict[str, str]]:
    content = answer.pages[0].get("Content")
    if not isinstance(content, bytes):
        raise NotReported(f"{answer.source}: the answer has no report")
    yield from csv.DictReader(content.decode(errors="replace").splitlines())


def _moment(row: AwsFacts, column: str) -> datetime | None:
    """Raises `NotReported` where the report lacks the column, `CouldNotVerify` for what is no date."""
    text = row.at(column)
    if text is None:
        raise NotReported(f"{REPORT}: the row of {row.at('user')} has no {column}")
    if text in NEVER:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        raise CouldNotVerify(f"{REPORT}: {column} of {row.at('user')} is {text!r}, which is no moment")
    return moment


def _is(row: AwsFacts, column: str) -> bool | None:
    text = row.at(column)
    if text is not None and text not in YES_OR_NO:
        raise CouldNotVerify(f"{REPORT}: {column} of {row.at('user')} is {text!r}, which is not known here")
    return None if text is None else YES_OR_NO[text]


class CredentialReport(Resource):
    """IAM's report of everybody's credentials."""

    operations = (MAKE, REPORT)

    generated: datetime = field(aws="GeneratedTime")

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[CredentialReport]":
        answer = credential_report(aws)
        return [cls(name, AwsFacts(aws, answer.pages[0], answer.source), answer.source) for name in names]


def _in_summary(root: AwsFacts, name: str) -> bool | None:
    found = root.read("iam:GetAccountSummary").pages[0].get("SummaryMap", {}).get(name)
    return None if found is None else bool(found)


def _has_keys(root: AwsFacts) -> bool | None:
    """Also a key that is off: it can be switched on again, and the summary counts it; the report has its date."""
    reported = [
        _is(root, f"access_key_{number}_active") or _moment(root, f"access_key_{number}_last_rotated") for number in (1, 2)
    ]
    return True if any(reported) else _in_summary(root, "AccountAccessKeysPresent")


USES = ("password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date")


class RootUser(Resource):
    """The account's root user, whom no policy binds."""

    operations = (MAKE, REPORT, "iam:GetAccountSummary")

    has_mfa: bool = field(aws=lambda root: _in_summary(root, "AccountMFAEnabled"))
    has_password: bool = field(aws=lambda root: _in_summary(root, "AccountPasswordPresent"))
    """False where an organization has taken the root user's credentials away."""
    has_access_keys: bool = field(aws=_has_keys)
    """Whether it has an access key, on or off."""
    last_used: datetime | None = field(aws=lambda root: max(filter(None, [_moment(root, use) for use in USES]), default=None))
    """When somebody signed in as root, or used a key of it; None if IAM remembers nothing of the kind."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[RootUser]":
        del names  # there is one
        answer = credential_report(aws)
        return [cls("root", AwsFacts(aws, row, answer.source), answer.source) for row in _rows(answer) if row.get("user") == ROOT]


def _credentials(user: AwsFacts) -> tuple[Credential, ...]:
    found = []
    for name, prefix, since, used in (
        ("password", "password_enabled", "password_last_changed", "password_last_used"),
        *(
            (f"access key {number}", f"{key}_active", f"{key}_last_rotated", f"{key}_last_used_date")
            for number, key in ((1, "access_key_1"), (2, "access_key_2"))
        ),
    ):
        is_on = _is(user, prefix)
        if is_on is None:
            raise NotReported(f"{REPORT}: whether the {name} of {user.at('user')} is on is not reported")
        if is_on:
            made = _moment(user, since) or _moment(user, "user_creation_time")
            if made is None:
                raise NotReported(f"{REPORT}: when the {name} of {user.at('user')} was made is not reported")
            found.append(Credential(name, made, _moment(user, used)))
    return tuple(found)


def _policies(user: AwsFacts) -> tuple[str, ...]:
    answer = details(user)
    if one := answer.by("UserDetailList", "Arn").get(user.at("arn")):
        mine = user.nested(IamUser, one["UserName"], one, answer)
        return tuple(policy.name.partition(" of ")[0] for policy in mine.policies)
    raise NotReported(f"{DETAILS}: {user.at('arn')} is in the credential report, and not among the users")


class UserCredentials(Resource):
    """The credentials of an IAM user, as the credential report has them, and its policies."""

    operations = (MAKE, REPORT, *IamUser.operations)

    arn: str = field(aws="arn")
    has_password: bool = field(aws=lambda user: _is(user, "password_enabled"))
    """Whether it can sign in to the console."""
    has_mfa: bool = field(aws=lambda user: _is(user, "mfa_active"))
    credentials: tuple[Credential, ...] = field(aws=_credentials)
    """The password and the access keys that are on."""
    policies: tuple[str, ...] = field(aws=_policies)
    """The names of policies of its own, inline and attached; not those of its groups."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[UserCredentials]":
        del names  # one report has all
        answer = credential_report(aws)
        rows: list[Mapping[str, str]] = [row for row in _rows(answer) if row.get("user") != ROOT]
        if lost := [row for row in rows if not row.get("user")]:
            raise NotReported(f"{answer.source}: {len(lost)} rows of the report have no user")
        return [cls(row["user"], AwsFacts(aws, row, answer.source), answer.source) for row in rows]
