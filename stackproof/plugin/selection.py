"""The controls that a run was to judge, and those that it did: what is left out is told, and what is lost closes the gate."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stackproof.core.controls import suite
from stackproof.plugin.judged import control_in
from stackproof.util.text import counted, shortened

_MOST = 20
"""Ids that a note names; the command `--collect-only` shows all."""


@dataclass
class Selection:
    """Controls by id, as the steps of pytest's collection leave them."""

    collected: set[str] = field(default_factory=set)
    deselected: set[str] = field(default_factory=set)
    """By the options of the run (``-m``, ``-k``, ``--deselect``, ``--lf``), or by a plugin that says so."""
    selected: set[str] = field(default_factory=set)

    @property
    def lost(self) -> set[str]:
        """Collected, and taken out without a word."""
        return self.collected - self.deselected - self.selected

    def add(self, reported: Mapping[str, Iterable[str]]) -> None:
        """Add what a worker of pytest-xdist tells."""
        self.collected |= set(reported.get("collected", ()))
        self.deselected |= set(reported.get("deselected", ()))
        self.selected |= set(reported.get("selected", ()))

    def reported(self) -> dict[str, list[str]]:
        """For the controller of pytest-xdist."""
        return {name: sorted(getattr(self, name)) for name in ("collected", "deselected", "selected")}

    def not_judged(self, judged: Collection[str]) -> tuple[str, ...]:
        """The controls that closing the gate is for: selected or lost, and without a verdict."""
        return tuple(sorted((self.selected | self.lost) - set(judged)))

    def notes(self, judged: Collection[str], catalogue: Sequence[str], how: str) -> list[str]:
        """Sentences about the controls that were not judged; ``how`` says by what the run was selected."""
        found = []
        missing = self.not_judged(judged)
        if missing:
            found.append(
                f"{counted(len(missing), 'control')} of {len(self.selected | self.lost)} that were selected "
                f"{'was' if len(missing) == 1 else 'were'} not judged, so the gate is closed: {shortened(missing, _MOST)}"
            )
        others = [id for id in catalogue if id not in self.selected | self.lost]
        if others:
            by = f" ({how})" if how else ""
            found.append(
                f"{len(others)} of {len(catalogue)} controls of the catalogue were not selected{by}, "
                f"and this run says nothing about them: {shortened(others, _MOST)}"
            )
        return found


def ids(items: Iterable[pytest.Item]) -> set[str]:
    """The ids of the controls among pytest's items."""
    return {control.id for item in items if (control := control_in(item))}


def written_in(file: Path) -> set[str]:
    """The ids of the controls that a file declares, by its text."""
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    return set(_DECLARED.findall(text))


_DECLARED = re.compile(r"""@control\(\s*["']([A-Z0-9-]+)["']""")


def how(config: Any) -> str:
    """By which options and paths a run was selected, as they are typed.

    >>> from types import SimpleNamespace
    >>> how(SimpleNamespace(option=SimpleNamespace(markexpr="security", keyword="", deselect=None), args=["tests"]))
    '-m security'
    """
    option = config.option
    said = [f"{flag} {value}" for flag, value in (("-m", option.markexpr), ("-k", option.keyword)) if value]
    said += [f"--deselect {one}" for one in getattr(option, "deselect", None) or ()]
    said += [
        f"--ignore {one}" for one in (*(getattr(option, "ignore", None) or ()), *(getattr(option, "ignore_glob", None) or ()))
    ]
    said += [flag for flag, name in (("--lf", "lf"), ("--sw", "stepwise")) if getattr(option, name, False)]
    said += [path for path in config.args if path not in ("tests", str(suite()))]
    return " ".join(said)
