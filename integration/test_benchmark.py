"""The benchmark measures what it says, and the collectors ask no more than they must."""

import math

import pytest

from benchmarks import growth, plans
from benchmarks.log_groups import GROUPS_A_PAGE, RESOURCES_A_PAGE, Measured, measure, table, too_much
from stackproof.sources.aws import calls as answers


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


@pytest.mark.parametrize("kind", ["groups", "roles"])
def test_a_long_answer_is_gone_through_as_often_for_many_resources_as_for_few(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0

    def counting(text: str) -> dict[str, object]:
        nonlocal read
        read += len(text)
        return unpack(text)

    unpack = answers._unpacked
    monkeypatch.setattr(answers, "_unpacked", counting)
    monkeypatch.setattr(answers, "RECENT_ITEMS", 1)
    characters = []
    for size in (24, 48):
        read = 0
        assert "PASS" in growth.run(kind, size, growth.Shape(page=1)).verdicts.values()
        characters.append(read)
    few, many = characters
    assert few < many < 2.5 * few


def test_growth_of_an_account_is_told() -> None:
    def measured(size: int, seconds: float, megabytes: float) -> growth.Measured:
        of_controls = {"SEC-KMS-01": seconds}, {"SEC-KMS-01": "PASS"}
        return growth.Measured("keys", size, 3 * size, seconds, 0.1, megabytes, seconds, 6.0, 8, *of_controls)

    linear, quadratic = [measured(100, 1.0, 90), measured(1000, 10.0, 120)], [measured(100, 1.0, 90), measured(1000, 100.0, 301)]
    assert growth.too_much(linear) == []
    assert growth.too_much(quadratic) == [
        "keys: 1,000 take 100.0 s, with an exponent of 2.00: at most 1.2 is expected",
        "keys: 1,000 take 301 MB: at most 300 are expected",
    ]
    assert growth.row(linear).split() == ["keys", "1000", "3000", "10.0", "0.1", "120", "1.00", "10.0", "8", "6.0"]
    assert growth.of_controls(linear)[0].split() == ["SEC-KMS-01", "10.0", "1.00", "PASS"]
