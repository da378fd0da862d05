"""``waivers.toml``: findings that the project accepts, each with a reason, an owner, a ticket and a last day."""

import datetime
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from stackproof.verdicts import UsageError


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


class Waiver(BaseModel):
    """An accepted finding. It names one resource exactly: there is no wildcard."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    control: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-[0-9]{2,}$")], ...],
        Field(min_length=1, description="the id of a control, such as POL-01, or a list of ids"),
        BeforeValidator(_as_tuple),
    ]
    """The controls that find it."""
    check: Annotated[str | None, Field(pattern=r"^[A-Z0-9_]+$", description="the id of one check, such as CKV_AWS_144")] = None
    """The scanner's check, where the control runs a scanner."""
    resource: Annotated[str, Field(pattern=r"^[^*?\s]+( [^*?\s]+)*$", description="the name of one resource, without a wildcard")]
    """As the finding names it: ``aws_s3_bucket.app``."""
    reason: Annotated[str, Field(min_length=20, description="a sentence, 20 characters or more")]
    owner: Annotated[str, Field(pattern=r"\S", description="a role, such as devops")]
    ticket: Annotated[str, Field(pattern=r"\S", description="the id or address of a ticket")]
    expires: Annotated[datetime.date, Field(description="the last day, a date without quotation marks, such as 2027-05-31")]

    def expired(self, today: datetime.date) -> bool:
        """Whether its last day is over."""
        return today > self.expires


def load(path: Path) -> tuple[Waiver, ...]:
    """The waivers of a file, expired ones included; none when there is no such file.

    Raises `UsageError`, naming the entry and the key, for a file that is not valid or an entry that repeats another.
    """
    if not path.exists():
        return ()
    return parse(path.read_text(encoding="utf-8"), path.name)


def parse(text: str, name: str = "waivers.toml") -> tuple[Waiver, ...]:
    """`load` for text.

    >>> parse('[[waiver]]\\ncontrol = "POL-01"\\nresource = "x"\\nreason = "later"\\nuntil = 2027-05-31')
    Traceback (most recent call last):
        ...
    stackproof.verdicts.UsageError: waivers.toml, waiver 1, reason: a sentence, 20 characters or more
    waivers.toml, waiver 1, owner: missing
    waivers.toml, waiver 1, ticket: missing
    waivers.toml, waiver 1, expires: missing
    waivers.toml, waiver 1, until: not a key of a waiver
    A waiver has control, check (optional), resource, reason, owner, ticket, expires.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is not valid TOML: {error}.") from None
    entries = document.pop("waiver", [])
    if document or not isinstance(entries, list):
        found = ", ".join(document) or "waiver that is not [[waiver]]"
        raise UsageError(f"{name} holds [[waiver]] entries alone, and has {found}.")
    waivers: list[Waiver] = []
    problems: list[str] = []
    for number, entry in enumerate(entries, 1):
        try:
            waivers.append(Waiver.model_validate(entry))
        except ValidationError as error:
            problems += [f"{name}, waiver {number}, {problem}" for problem in _problems(error)]
    if problems:
        raise UsageError("\n".join([*problems, _ALLOWED]))
    _refuse_repetition(waivers, name)
    return tuple(waivers)


def waiver_for(waivers: Iterable[Waiver], control: str, resource: str, check: str | None = None) -> Waiver | None:
    """The waiver that accepts a finding, expired or not; None when there is none.

    >>> def waiver(**changes):
    ...     return Waiver(**{"control": "POL-01", "resource": "aws_vpc.main", "reason": "x" * 20, "owner": "devops",
    ...                      "ticket": "T-1", "expires": datetime.date(2027, 5, 31)} | changes)
    >>> vpc, bucket = waivers = waiver(check="CKV2_AWS_11"), waiver(control="SEC-S3-01", resource="triflow-ai-prod")
    >>> waiver_for(waivers, "POL-01", "aws_vpc.main", "CKV2_AWS_11") is vpc
    True
    >>> waiver_for(waivers, "SEC-S3-01", "triflow-ai-prod") is bucket
    True
    >>> waiver_for(waivers, "POL-02", "aws_vpc.main", "CKV2_AWS_11"), waiver_for(waivers, "POL-01", "aws_vpc.main")
    (None, None)
    """
    for waiver in waivers:
        if control in waiver.control and (waiver.resource, waiver.check) == (resource, check):
            return waiver
    return None


def expired(waivers: Iterable[Waiver], today: datetime.date) -> tuple[Waiver, ...]:
    """The waivers whose last day is over."""
    return tuple(waiver for waiver in waivers if waiver.expired(today))


def matching_nothing(waivers: Iterable[Waiver], control: str, findings: Iterable[tuple[str, str | None]]) -> tuple[Waiver, ...]:
    """The waivers for a control that none of its findings, each a resource and a check, needs any more."""
    found = set(findings)
    return tuple(waiver for waiver in waivers if control in waiver.control and (waiver.resource, waiver.check) not in found)


_ALLOWED = "A waiver has " + ", ".join(
    key if field.is_required() else f"{key} (optional)" for key, field in Waiver.model_fields.items()
) + "."  # fmt: skip


def _problems(error: ValidationError) -> Iterator[str]:
    # One a key: a list may hold several wrong ids.
    for key, kind in {str(next(iter(problem["loc"]), "")): problem["type"] for problem in error.errors()}.items():
        field = Waiver.model_fields.get(key)
        if field is None:
            yield f"{key}: not a key of a waiver" if key else "not a table"
        elif kind == "missing":
            yield f"{key}: missing"
        else:
            yield f"{key}: {field.description}"


def _refuse_repetition(waivers: Sequence[Waiver], name: str) -> None:
    numbers: dict[tuple[str, str, str | None], int] = {}
    for number, waiver in enumerate(waivers, 1):
        for control in waiver.control:
            first = numbers.setdefault((control, waiver.resource, waiver.check), number)
            if first != number:
                finding = " ".join(filter(None, (control, waiver.check, waiver.resource)))
                raise UsageError(f"{name}: waivers {first} and {number} both accept {finding}. Keep one.")
