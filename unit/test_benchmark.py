"""The benchmark measures what it says, and the collectors ask no more than they must."""

import math

from benchmarks import plans
from benchmarks.log_groups import GROUPS_A_PAGE, RESOURCES_A_PAGE, Measured, measure, table, too_much


def calls(groups: int) -> int:
    """One for each page of groups, and one for each page of their tags."""
    return math.ceil(groups / GROUPS_A_PAGE) + math.ceil(groups / RESOURCES_A_PAGE)


def test_calls_grow_with_the_pages() -> None:
    measured = measure(301, milliseconds=0)
    assert (measured.calls, measured.verdicts) == (calls(301), {"LOG-03": "PASS", "LOG-06": "PASS"})


def test_the_table_shows_how_memory_grows() -> None:
    runs = [
        Measured(1, 2, 0.1, 0.0, 80.0, 0.0, 0.0, {"LOG-03": "PASS"}),
        Measured(1001, 31, 1.0, 0.5, 85.0, 0.01, 0.4, {"LOG-03": "PASS"}),
    ]
    assert [line.split() for line in table(runs).splitlines()][1:] == [
        ["1", "2", "0.1", "0.0", "80.0", "0.0", "0.0", "LOG-03", "PASS"],
        ["1001", "31", "1.0", "0.5", "85.0", "5.00", "0.01", "0.4", "LOG-03", "PASS"],
    ]


def test_memory_that_grows_with_the_groups_is_told() -> None:
    def measured(groups: int, megabytes: float) -> Measured:
        return Measured(groups, 2, 0.1, 0.0, megabytes, 0.0, 0.0, {})

    assert too_much([measured(1, 80.0), measured(10_001, 104.0)]) == ""
    assert "10,001 log groups take 26.0 MB more" in too_much([measured(1, 80.0), measured(10_001, 106.0)])


def test_a_plan_of_many_resources_is_judged_and_its_growth_is_told() -> None:
    few, many = (plans.run_document(plans.plan_of(resources)) for resources in (100, 400))
    assert many.resources > few.resources > 70
    assert (few.verdicts["SEC-S3-01"], many.verdicts["SEC-S3-01"]) == ("PASS", "PASS")
    assert {*many.controls} == {*many.verdicts} == {*few.verdicts}
    shown = plans.table([few, many])
    assert f"{many.resources:>11}" in shown
    assert "exponent" in shown
