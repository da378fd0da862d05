"""``@control``: what makes a pytest test a control, and the catalogue that says where each control holds.

The catalogue (`catalogue.toml`) has each control's titles and targets; the decorator has what the code alone can know. A control that is
not in the catalogue cannot be declared.
"""

import functools
import inspect
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, TypeVar

Severity = Literal["critical", "high", "medium", "low"]
Test = TypeVar("Test", bound=Callable[..., None])

STAGES = {"S": "source files", "P": "a Terraform plan", "E": "the embedded cloud", "L": "LocalStack", "A": "live AWS"}
"""Where a control can hold, by the catalogue's target codes."""


@dataclass(frozen=True)
class Entry:
    """A control's line in the catalogue."""

    title: str
    title_ko: str
    stages: str
    """Target codes of `STAGES`."""
    documented: str
    """Which document asks for it."""


@dataclass(frozen=True)
class Control:
    """A condition with a number."""

    id: str
    severity: Severity
    entry: Entry


declared: dict[str, Callable[..., None]] = {}
"""The test of each control whose module has been imported, by id."""


def control(id: str, *, severity: Severity) -> Callable[[Test], Test]:
    """Declare a test as the control of this id. Raises `LookupError` for an id that is not in the catalogue, or that is taken."""
    if id not in catalogue():
        raise LookupError(f"{id} is not in stackproof/catalogue.toml: add its titles, stages and document there first")

    def mark(test: Test) -> Test:
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


@functools.cache
def catalogue() -> dict[str, Entry]:
    """Every control of the catalogue by id, in its order."""
    document = tomllib.loads(files("stackproof").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    return {id: Entry(**entry) for id, entry in document.items()}
