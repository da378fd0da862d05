"""What the proofs come to, in the last lines of a run."""

import functools
import gc
import importlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proofs.cases import Proven
from stackproof.core.verdicts import Verdict

ROOT = Path(__file__).parents[1]

_facts: list[tuple[str, Any]] = []
"""What the tests that passed have shown. They run in other processes under pytest-xdist; their properties come back with the reports."""

os.environ.setdefault("GOGC", "400")  # Terraform runs for a second, and its memory need not be swept the while

gc.set_threshold(100_000)
"""Each case has a plan, or a recording, of its own: many objects, and hardly a cycle among them."""


def pytest_sessionfinish() -> None:
    """Look once for what was left in cycles: pytest and Python would go through all objects several times until they end."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Let one process run the cases that share what takes seconds."""
    if config.option.dist != "load":
        return None
    by_scope: Any = importlib.import_module("xdist.scheduler").LoadScopeScheduling

    class Sharing(by_scope):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:  # as xdist documents it
            return shared(nodeid)

        def _pending_of(self, workload: dict[str, dict[str, bool]]) -> int:
            """After every test all that a process was given is counted: forget what has ended, thousands of tests of a scope each."""
            for scope in [scope for scope, tests in workload.items() if all(tests.values())]:
                del workload[scope]
            pending: int = super()._pending_of(workload)
            return pending

    return Sharing(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """One process more than this machine has processors: what starts other processes waits for them."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else (os.cpu_count() or 1) + 1


def shared(nodeid: str) -> str:
    """What a test shares with others: an emulator, plans, the fixtures of its file; its own name if it shares nothing.

    >>> shared("proofs/test_phase0.py::test_a_case_is_judged_as_it_must[SDK-01: as it is]")
    'an emulator'
    >>> shared("integration/test_workload.py::test_it_answers"), shared("unit/test_iam.py::test_a[b]")
    ('integration/test_workload.py', 'unit/test_iam.py::test_a[b]')
    """
    case = re.search(r"test_phase0\.py::.*\[(?P<family>[A-Z]+)-\d+: ", nodeid)
    families = {"LOC": "an emulator", "SDK": "an emulator", "TF": "plans", "POL": "scans"}
    if case:
        return families.get(case["family"], nodeid)
    file = nodeid.partition("::")[0]
    return file if _has_wide_fixtures(file) else nodeid


@functools.cache
def _has_wide_fixtures(file: str) -> bool:
    """True for a file with fixtures that several of its tests share; two processes would make each of them twice."""
    return re.search(r'scope="(module|class|session)"', (ROOT / file).read_text(encoding="utf-8")) is not None


@pytest.fixture
def proven(record_property: Callable[[str, object], None]) -> Proven:
    """Counts a verdict that a control was shown to reach."""
    return lambda control, verdict: record_property("proven", (control, verdict.value))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call":
        _facts.extend(fact for fact in report.user_properties if report.passed or fact[0] == "mutants")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if line := summary(_facts):
        terminalreporter.write_line(line)


def summary(facts: list[tuple[str, Any]]) -> str:
    """
    >>> proofs = [("proven", ("TF-01", "PASS")), ("proven", ("TF-01", "FAIL")), ("proven", ("TF-01", "ERROR"))]
    >>> tried = [("mutants", [("Bucket.name + x", True, False), ("Bucket.name emptied", False, False)]), ("mutants", [])]
    >>> summary([*proofs, *tried])
    '1 controls, 1 counterexamples, 1 error cases, 1 of 2 changes of a field noticed (50.0 %), 1 explained in survivors.toml, 0 unexplained'
    """
    proofs = [proof for name, proof in facts if name == "proven"]
    verdicts = [verdict for _, verdict in proofs]
    passes, errors = verdicts.count(Verdict.PASS), verdicts.count(Verdict.ERROR)
    mutants = [mutant for name, several in facts if name == "mutants" for mutant in several]
    parts = []
    if proofs:
        controls = {control for control, _ in proofs}
        parts += [f"{len(controls)} controls, {len(verdicts) - passes - errors:,} counterexamples, {errors:,} error cases"]
    if mutants:
        tried, noticed = {change for change, *_ in mutants}, {change for change, is_noticed, _ in mutants if is_noticed}
        unexplained = {change for change, _, is_unexplained in mutants if is_unexplained}
        explained = tried - noticed - unexplained
        parts += [
            f"{len(noticed):,} of {len(tried):,} changes of a field noticed ({len(noticed) / len(tried) * 100:.1f} %), "
            f"{len(explained):,} explained in survivors.toml, {len(unexplained):,} unexplained"
        ]
    return ", ".join(parts)
