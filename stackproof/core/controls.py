"""``@control``: what makes a pytest test a control, and the catalogue that says where each control holds.

The row of a control (titles, targets, document) lies beside its test, in ``controls.toml`` of the same folder; the decorator has what
the code alone can know. A test without a row cannot be declared as a control.
"""

import functools
import inspect
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

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


def control(id: str, *, severity: Severity) -> Callable[[Test], Test]:
    """Declare a test as the control of this id. Raises `LookupError` for an id without a row, or that is taken."""

    def mark(test: Test) -> Test:
        folder = Path(inspect.getfile(test)).parent
        if not catalogue().keys() >= rows(folder).keys():
            _folders.append(folder)
        if id not in catalogue():
            raise LookupError(
                f"{id} has no row: add its titles, stages and document to {folder / ROWS} (stackproof new control {id})"
            )
        if id in declared and _place(declared[id]) != _place(test):  # a module may be imported again
            raise LookupError(f"{id} is declared twice: by {_place(declared[id])} and by {_place(test)}")
        test.control = Control(id, severity, catalogue()[id])  # type: ignore[attr-defined]
        declared[id] = test
        return test

    return mark


def _place(test: Callable[..., None]) -> str:
    return f"{inspect.getfile(test)}::{test.__qualname__}"


def control_of(test: object) -> Control | None:
    """The control that a test function is; None for any other function."""
    return getattr(test, "control", None)


def suite() -> Path:
    """The folder of the controls that come with stackproof: in an installed package its own, in a checkout ``tests``."""
    package = Path(__file__).parents[1]
    installed = package / "suite"
    return installed if installed.is_dir() else package.with_name("tests")


_folders: list[Path] = []
"""Folders outside the suite whose rows are part of the catalogue, in the order in which their controls were declared."""


@functools.cache
def rows(folder: Path) -> dict[str, Entry]:
    """The rows of the controls in a folder, by id, in their order; none where it has no ``controls.toml``."""
    file = folder / ROWS
    document = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {id: Entry(**entry) for id, entry in document.items()}


def catalogue() -> dict[str, Entry]:
    """Every control by id: those of the suite, then those of folders whose controls have been declared."""
    folders = [*(suite() / name for name in FOLDERS), *_folders]
    return {id: entry for folder in folders for id, entry in rows(folder).items()}
