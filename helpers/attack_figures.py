"""The figures of ``make attack``: how many cases of each kind were tried, and how they ended, in one table at the end of a run."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, NamedTuple

ATTACK = bool(os.environ.get("STACKPROOF_ATTACK"))
"""Whether many cases are tried, and not a sample."""
PROPERTY = "attack"
"""Of a test that tries many cases: how many ended in which way."""
KINDS = {
    "test_bad_input": "broken input",
    "test_hostile_answers": "hostile answers of AWS",
    "test_hostile_texts": "hostile texts",
    "test_counterexamples": "faults of AWS",
    "test_tampers": "tampers of a signed run",
    "test_bystanders": "what takes controls away, plugins, options",
    "test_pull_requests": "what a pull request tries to be green",
    "test_process_guard": "ways to send a write, and to get credentials",
    "test_content_policy": "script and style put into a report",
    "test_linear": "long texts and patterns",
    "test_detector": "forms of a secret",
    "test_canaries": "runs with planted secrets",
    "test_terraform_modules": "modules on every Terraform of this machine",
    "test_plan_properties": "failing plans with something unknown beside",
    "test_clock": "clocks",
    "test_no_room": "no room, two at once, killed runs on a plan",
    "test_localstack": "LocalStack started, killed and ended",
    "test_killed_up": "kills of make up",
    "test_killed_verify": "kills of make verify and of pytest -n 2",
}
"""What is tried, by the file that tries it."""


class Phase(NamedTuple):
    """What the figures take from a report of pytest."""

    nodeid: str
    when: str
    outcome: str
    properties: Mapping[str, Any]


def of_reports(stats: Mapping[str, Iterable[Any]]) -> list[Phase]:
    """The reports that a terminal reporter has counted."""
    reports = [report for several in stats.values() for report in several if hasattr(report, "when")]
    return [Phase(one.nodeid, one.when, one.outcome, dict(one.user_properties)) for one in reports]


def table(phases: Iterable[Phase]) -> str:
    """A line for each kind, with its cases and how they ended, and the sum.

    >>> fuzzed = Phase("integration/test_bad_input.py::test_of_a_plan", "teardown", "passed", {"attack": {"refused": 900, "FAIL": 100}})
    >>> killed = [Phase(f"integration/test_killed_up.py::test_a[{one}]", "call", "passed", {}) for one in range(2)]
    >>> print(table([fuzzed._replace(when="call", properties={}), fuzzed, *killed]))
    broken input: of a plan    1,000  refused 900, FAIL 100
    kills of make up               2  passed 2
    together                   1,002  0 tests failed
    """
    phases = list(phases)
    counted: dict[str, Counter[str]] = {}
    several = {phase.nodeid for phase in phases if PROPERTY in phase.properties}
    for phase in phases:
        file, _, test = phase.nodeid.partition("::")
        kind = KINDS.get(PurePath(file).stem, file)
        if phase.when == "teardown" and phase.nodeid in several:
            name = test.rpartition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")
            row = f"{kind}: {name}" if kind == KINDS["test_bad_input"] else kind
            counted.setdefault(row, Counter()).update(phase.properties[PROPERTY])
        elif phase.outcome != "passed" or (phase.when == "call" and phase.nodeid not in several):
            counted.setdefault(kind, Counter())[phase.outcome] += 1
    rows = [(kind, f"{ended.total():,}", _in_words(ended)) for kind, ended in counted.items()]
    failed = sum(phase.outcome == "failed" for phase in phases)
    rows.append(("together", f"{sum(ended.total() for ended in counted.values()):,}", f"{failed} tests failed"))
    kinds, cases = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{kind:{kinds}}  {number:>{cases + 2}}  {ended}" for kind, number, ended in rows)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table of a run with ``STACKPROOF_ATTACK``."""
    if ATTACK:
        terminalreporter.section("what was tried")
        terminalreporter.write_line(table(of_reports(terminalreporter.stats)))


def _in_words(ended: Counter[str]) -> str:
    return ", ".join(f"{how} {number:,}" for how, number in ended.most_common())
