"""``waivers.toml``: findings that the project accepts, each with a reason, an owner, a ticket and a last day."""

import datetime
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from stackproof.verdicts import UsageError

_ControlId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-[0-9]{2,}$")]
_Text = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S(.*\S)?$")]


class Waiver(BaseModel):
    """An accepted finding. It names one resource exactly: there is no wildcard."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    control: Annotated[
        tuple[_ControlId, ...],
        Field(min_length=1),
        BeforeValidator(lambda value: (value,) if isinstance(value, str) else tuple(value)),
    ]
    """Ids of the controls that find it: ``POL-01``."""
    check: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_]+$")] | None = None
    """Id of the scanner's check where the control runs a scanner (``CKV_AWS_144``), else None."""
    resource: Annotated[str, StringConstraints(min_length=1, pattern=r"^[^*?\s]+( [^*?\s]+)*$")]
    """As the finding names it: ``aws_s3_bucket.app``."""
    reason: Annotated[str, StringConstraints(min_length=20)]
    owner: _Text
    """A role, not a person."""
    ticket: _Text
    expires: datetime.date
    """The last day on which it holds."""

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

    >>> parse('[[waiver]]\\ncontrol = "POL-01"\\nresources = "x"', "waivers.toml")
    Traceback (most recent call last):
        ...
    stackproof.verdicts.UsageError: waivers.toml, waiver 1, resource: Field required
    waivers.toml, waiver 1, reason: Field required
    waivers.toml, waiver 1, owner: Field required
    waivers.toml, waiver 1, ticket: Field required
    waivers.toml, waiver 1, expires: Field required
    waivers.toml, waiver 1, resources: not a key of a waiver
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


def _problems(error: ValidationError) -> list[str]:
    return [f"{_key(problem['loc'])}: {_what(problem)}" for problem in error.errors()]


def _key(location: Sequence[int | str]) -> str:
    return str(location[0]) if location else "the entry"


def _what(problem: Any) -> str:
    match problem["type"]:
        case "extra_forbidden":
            return "not a key of a waiver"
        case "date_type" | "date_from_datetime_inexact":
            return "a date without quotation marks, such as 2027-05-31"
        case "string_pattern_mismatch" if problem["loc"][0] == "resource":
            return "the name of one resource, without a wildcard"
        case _:
            return str(problem["msg"])


def _refuse_repetition(waivers: Sequence[Waiver], name: str) -> None:
    numbers: dict[tuple[str, str, str | None], int] = {}
    for number, waiver in enumerate(waivers, 1):
        for control in waiver.control:
            first = numbers.setdefault((control, waiver.resource, waiver.check), number)
            if first != number:
                finding = " ".join(filter(None, (control, waiver.check, waiver.resource)))
                raise UsageError(f"{name}: waivers {first} and {number} both accept {finding}. Keep one.")
