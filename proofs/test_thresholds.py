"""Each limit of a control is proven at the limit and one past it: with ``>`` in the place of ``>=``, some row comes out otherwise."""

import ast
import inspect
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proofs import harness
from proofs.harness import omits, says
from proofs.metrics import measured
from proofs.rows import CASES
from stackproof.collections.registry import resolved
from stackproof.core.controls import declared
from stackproof.core.verdicts import Verdict
from stackproof.judgement.cost import Volume, daily_gigabytes, forecast
from stackproof.profile.schema import Profile

OTHERS: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
UNPROVEN: dict[str, str] = {
    "SEC-IAM-02 now.date() <= profile.identity.administrator_until": "test_expectations.py proves it on the day and around it.",
    "SEC-SRC-01 history.versions > 0": "It says that something was looked at; test_history.py proves it on repositories of its own.",
    "LOG-15 month.total <= profile.logs.cost.monthly_budget_usd": "The tests below prove it, to the cent and past it.",
}
"""Limits without such a row, by the control and the text of the comparison, each with the reason."""


def limits(control: str) -> Iterator[tuple[ast.Module, ast.Compare, int]]:
    """The comparisons with a limit in the test of a control, and the module that they are in."""
    test = declared[control]
    tree = ast.parse(Path(inspect.getfile(test)).read_text(encoding="utf-8"))
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == test.__name__)
    for node in ast.walk(function):
        if isinstance(node, ast.Compare):
            yield from ((tree, node, place) for place, operator in enumerate(node.ops) if type(operator) in OTHERS)


def is_proven(control: str, tree: ast.Module, node: ast.Compare, place: int) -> bool:
    """Whether some row of a control comes out otherwise when a limit itself is on the other side."""
    test = declared[control]
    ops = [*node.ops]
    node.ops[place] = OTHERS[type(ops[place])]()
    made: dict[str, Any] = {"__name__": test.__module__, "__file__": inspect.getfile(test)}
    try:
        exec(compile(ast.fix_missing_locations(tree), inspect.getfile(test), "exec"), made)
        return any(case.judge().verdict is not case.verdict for case in CASES if case.control == control)
    finally:
        node.ops[:] = ops
        exec(compile(tree, inspect.getfile(test), "exec"), {**made})  # declares all controls of the module as they were
        declared[control] = test


@pytest.mark.parametrize("control", [control for control in harness.controls(*harness.ON_AWS) if [*limits(control)]])
def test_a_limit_is_proven_at_the_limit(control: str) -> None:
    kept = dict(declared)
    try:
        unproven = [
            ast.unparse(node)
            for tree, node, place in limits(control)
            if f"{control} {ast.unparse(node)}" not in UNPROVEN and not is_proven(control, tree, node, place)
        ]
    finally:
        declared.update(kept)
    assert not unproven, f"no row of {control} is at the limit of: {'; '.join(unproven)}"


def month_of_logs(*edits: harness.Edit) -> float:
    """What LOG-15 says that a month costs, in USD."""
    stage = harness.edited_cloud(*edits, control="LOG-15")
    metrics, groups = (resolved(name)(stage) for name in ("incoming_bytes", "log_groups"))
    arriving = daily_gigabytes({metric.name: metric.datapoints for metric in metrics}, stage.now)
    return forecast([Volume(arriving[group.name], group.retention_days) for group in groups], stage.profile.logs.cost).total


def with_budget(usd: float) -> Profile:
    logs = harness.profile().logs
    return harness.profile().model_copy(
        update={"logs": logs.model_copy(update={"cost": logs.cost.model_copy(update={"monthly_budget_usd": usd})})}
    )


GROUP = harness.profile().observability.log_group
MORE = {
    "a day longer": says("logs:DescribeLogGroups", f"logGroups.logGroupName={GROUP}.retentionInDays", 10_000),
    "for ever": omits("logs:DescribeLogGroups", f"logGroups.logGroupName={GROUP}.retentionInDays"),
    "more bytes": measured("AWS/Logs IncomingBytes", only=GROUP, Values=[1_000_000.0]),
}


def test_a_month_that_costs_the_budget_is_under_it() -> None:
    total = month_of_logs()
    assert total > 0
    assert harness.on_cloud("LOG-15", expected=with_budget(total)).verdict is Verdict.PASS
    assert harness.on_cloud("LOG-15", expected=with_budget(math.nextafter(total, 0))).verdict is Verdict.FAIL


@pytest.mark.parametrize("more", MORE)
def test_how_much_is_kept_and_for_how_long_decides_at_the_limit(more: str) -> None:
    total = month_of_logs()
    assert harness.on_cloud("LOG-15", MORE[more], expected=with_budget(total)).verdict is Verdict.FAIL
    assert harness.on_cloud("LOG-15", MORE[more], expected=with_budget(month_of_logs(MORE[more]))).verdict is Verdict.PASS
