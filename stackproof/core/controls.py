"""``@control``: what makes a pytest test a control, and the catalogue that says where each control holds.

The row of a control (titles, targets, document) lies beside its test, in ``controls.toml`` of the same folder; the decorator has what
the code alone can know. A test without a row cannot be declared as a control.
"""

import functools
import inspect
from collections.abc import Callable, Collection, Iterator
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Literal, TypedDict, TypeVar, Unpack

from stackproof.core.verdicts import UsageError
from stackproof.util import toml_document
from stackproof.util.shipped import shipped

Severity = Literal["critical", "high", "medium", "low"]
Test = TypeVar("Test", bound=Callable[..., None])

STAGES = {"S": "source files", "P": "a Terraform plan", "E": "the embedded cloud", "L": "LocalStack", "A": "live AWS"}
"""Where a control can hold, by the catalogue's target codes."""

FOLDERS = {
    "phase0": "local verification, before there is an AWS account",
    "phase1": "the deployed workload",
    "security": "the security checklist",
    "logging": "the central logging design",
    "serverless": "functions and tables, which other stacks have",
    "account": "the account around the stack",
}
"""The folders of the suite, each of them a pytest marker, in the order of the catalogue."""

ROWS = "controls.toml"
"""The file beside the tests of a folder that has a row for each control."""


@dataclass(frozen=True)
class Entry:
    """The row of a control in the catalogue."""

    title: str
    title_ko: str
    stages: str
    """Target codes of `STAGES`."""
    documented: str
    """Which document asks for it."""
    why: str = ""
    """What can happen where the condition does not hold, in one or two sentences."""
    why_ko: str = ""
    """The same in Korean."""
    remedy: str = ""
    """What to do about it, in one or two sentences."""
    remedy_ko: str = ""
    """The same in Korean."""
    terraform: str = ""
    """The arguments that mend it in Terraform, a resource type a line: ``aws_db_instance: publicly_accessible = false``."""
    cli: str = ""
    """The commands that mend it on what runs, of the AWS CLI if not of a tool, one a line."""
    console: str = ""
    """The way to it in the AWS console: ``RDS > Databases > Modify > Connectivity``."""


@dataclass(frozen=True)
class Control:
    """A condition with a number."""

    id: str
    severity: Severity
    entry: Entry


declared: dict[str, Callable[..., None]] = {}
"""The test of each control whose module has been imported, by id."""


class Row(TypedDict, total=False):
    """The keys of a row that need not be given; `Entry` says what each is."""

    title_ko: str
    documented: str
    why: str
    why_ko: str
    remedy: str
    remedy_ko: str
    terraform: str
    cli: str
    console: str


def control(id: str, *, severity: Severity, title: str = "", stages: str = "", **more: Unpack[Row]) -> Callable[[Test], Test]:
    """Declare a test as the control of this id, by a row in ``controls.toml``, or with a title and stages (`STAGES`) given here.

    Raises `LookupError` for an id without a row, or that is taken, and `ValueError` for a stage that there is not.
    """
    given = _entry(id, title, stages, more)

    def mark(test: Test) -> Test:
        folder = Path(inspect.getfile(test)).parent
        if given:
            if rows(folder).get(id) or (id in catalogue() and id not in _given):
                raise LookupError(f"{id} has a row already: {catalogue()[id].title!r}; give another id, or take the title out")
            _given[id] = given
        elif not catalogue().keys() >= rows(folder).keys():
            _folders.append(folder)
        if id not in catalogue():
            raise LookupError(
                f"{id} has no row: add its titles, stages and document to {folder / ROWS}, or give them here: "
                f'@control("{id}", severity="{severity}", title="...", stages="PEA")'
            )
        if id in declared and _place(declared[id]) != _place(test):  # a module may be imported again
            raise LookupError(f"{id} is declared twice: by {_place(declared[id])} and by {_place(test)}")
        test.control = Control(id, severity, catalogue()[id])  # type: ignore[attr-defined]
        declared[id] = test
        return test

    return mark


def _entry(id: str, title: str, stages: str, more: Row) -> Entry | None:
    """The row of a control that its decorator gives; None if it gives none."""
    if not (title or stages or more):
        return None
    if not title or not stages or not set(stages) <= STAGES.keys():
        known = ", ".join(f"{letter} ({meaning})" for letter, meaning in STAGES.items())
        raise ValueError(f"{id}: a control needs a title, and stages of these letters: {known}; it has {title!r}, {stages!r}")
    texts = {"title_ko": title, "documented": ""} | {name: str(text) for name, text in more.items()}
    return Entry(title, stages=stages, **texts)


def _place(test: Callable[..., None]) -> str:
    return f"{inspect.getfile(test)}::{test.__qualname__}"


def control_of(test: object) -> Control | None:
    """The control that a test function is; None for any other function."""
    return getattr(test, "control", None)


def suite() -> Path:
    """The folder of the controls that come with stackproof: in an installed package its own, in a checkout ``tests``."""
    return shipped("suite", in_checkout="tests")


def folder_of(file: Path) -> str:
    """The folder of the suite that a control's file counts to: the nearest one of that name, else ``security``.

    >>> folder_of(Path("tests/logging/test_orders.py")), folder_of(Path("tests/test_orders.py"))
    ('logging', 'security')
    """
    return next((name for name in reversed(file.parts[:-1]) if name in FOLDERS), "security")


def suite_ids() -> Collection[str]:
    """The ids of the controls that come with stackproof; the proofs of each are in its own repository."""
    return _rows_within(suite()).keys()


_folders: list[Path] = []
"""Folders outside the suite whose rows are part of the catalogue, in the order in which their controls were declared."""


_given: dict[str, Entry] = {}
"""What decorators give, by id, in the order in which their controls were declared."""


@functools.cache
def rows(folder: Path) -> dict[str, Entry]:
    """The rows of the controls in a folder, by id, in their order; none where it has no ``controls.toml``.

    Raises `UsageError` for a file that cannot be read, and for a row with a key missing, unknown or of another form.
    """
    file = folder / ROWS
    if not file.is_file():
        return {}
    try:
        document = toml_document.read(file)
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read as TOML: {error}.") from None
    if problems := [f"{file}, {id}{problem}" for id, row in document.items() for problem in _problems(row)]:
        raise UsageError(
            "\n".join([*problems, f"The row of a control has {', '.join(_KEYS)}; the first {len(_REQUIRED)} must be there."])
        )
    return {id: Entry(**row) for id, row in document.items()}


_KEYS = tuple(field.name for field in fields(Entry))
_REQUIRED = tuple(field.name for field in fields(Entry) if field.default is MISSING)


def _problems(row: object) -> Iterator[str]:
    """What is wrong with a row, in the words that follow its id.

    >>> list(_problems(1)), list(_problems({"title": "a", "title_ko": "b", "stages": "PX", "documented": 1, "until": "c"}))
    ([': not a table'], [', documented: not text', ', stages: the letters are S, P, E, L, A', ', until: not a key of a control'])
    """
    if not isinstance(row, dict):
        yield ": not a table"
        return
    yield from (f", {key}: missing" for key in _REQUIRED if key not in row)
    for key in sorted(row):
        if key not in _KEYS:
            yield f", {key}: not a key of a control"
        elif not isinstance(row[key], str):
            yield f", {key}: not text"
        elif key == "stages" and not (row[key] and set(row[key]) <= STAGES.keys()):
            yield f", stages: the letters are {', '.join(STAGES)}"


def catalogue() -> dict[str, Entry]:
    """Every control by id: those of the suite, then those of folders whose controls have been declared, then what decorators give."""
    found = dict(_rows_within(suite()))
    for folder in _folders:
        found |= rows(folder)
    return found | _given


@functools.cache
def _rows_within(suite: Path) -> dict[str, Entry]:
    return {id: entry for name in FOLDERS for id, entry in rows(suite / name).items()}
