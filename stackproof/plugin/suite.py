"""The controls that an expression selects, collected by pytest once, for a process that judges them many times."""

from collections.abc import Callable, Generator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from _pytest import assertion  # offered nowhere else

from stackproof.core.controls import FOLDERS, Control, catalogue, folder_of, suite
from stackproof.core.runner import require_assertions
from stackproof.core.verdicts import UsageError
from stackproof.plugin.judged import compared, control_in
from stackproof.plugin.places import has_controls


@dataclass(frozen=True)
class Selected:
    """A control that was selected, and how it is called."""

    control: Control
    test: Callable[..., None]
    node: str
    """pytest's node id."""
    folder: str
    """The folder of the suite that it counts to."""
    arguments: tuple[str, ...]
    """The fixtures that it asks for."""


class _Collector:
    """Collects as a run of controls does, and judges nothing."""

    def __init__(self) -> None:
        self.found: list[Selected] = []
        self._explaining: list[Generator[None, object, object]] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        for name, meaning in FOLDERS.items():
            config.addinivalue_line("markers", f"{name}: {meaning}")

    @pytest.hookimpl(tryfirst=True)  # before -m and -k choose
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        controls = {item: control for item in items if (control := control_in(item))}
        order = {id: number for number, id in enumerate(catalogue())}
        items[:] = sorted(controls, key=lambda item: order[controls[item].id])
        for item, control in controls.items():
            item.add_marker(folder_of(item.path))
            item.extra_keyword_matches |= {control.id, control.severity}

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        return compared(op, left, right)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item, control in ((item, control_in(item)) for item in session.items):
            assert control is not None
            arguments = tuple(getattr(item, "fixturenames", ()))
            test: Callable[..., None] = item.obj  # type: ignore[attr-defined]
            self.found.append(Selected(control, test, item.nodeid, folder_of(item.path), arguments))
        if session.items:
            # Failed assertions are explained as in a run: as pytest sets it up around each test, and here for good.
            explaining = assertion.pytest_runtest_protocol(session.items[0])
            next(explaining)
            self._explaining.append(explaining)
            _kept.append(self)


_kept: list[Any] = []


def collected(root: Path, markers: str = "", keywords: str = "") -> tuple[Selected, ...]:
    """The controls that ``-m`` and ``-k`` select, in the catalogue's order: the suite's, and those under ``tests`` of the repository.

    Raises `UsageError` with what pytest says where it cannot collect them, or none is selected.
    """
    require_assertions()
    ours = suite().resolve()
    others = (file for file in sorted((root / "tests").rglob("test_*.py")) if ours not in file.resolve().parents)
    paths = [str(ours), *(str(file) for file in others if has_controls(file))]
    collector = _Collector()
    chosen = [*(["-m", markers] if markers else []), *(["-k", keywords] if keywords else [])]
    options = ["--collect-only", "-q", "--capture=no", "--strict-markers", "-o", "addopts=", "-o", "verbosity_assertions=2"]
    without = [
        word
        for name in ("stackproof", "cacheprovider", "faulthandler", "xdist", "hypothesispytest")
        for word in ("-p", f"no:{name}")
    ]
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        status = pytest.main([*options, *without, f"--rootdir={root}", *chosen, *paths], plugins=[collector])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise UsageError(f"the controls cannot be collected:\n{said.getvalue().strip()[-2000:]}")
    if not collector.found:
        raise UsageError(f"-m {markers!r} -k {keywords!r} select none of the controls: no account would be judged")
    return tuple(collector.found)
