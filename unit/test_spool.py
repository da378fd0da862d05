"""Long lists lie in a file, and are the same lists there."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackproof.core.results import Examined, Reading, Readings, Resources
from stackproof.core.verdicts import Verdict
from stackproof.util.spool import FEW, Index, Reiterable, Spool, spooled

TEXTS = st.text() | st.sampled_from(["\udc80", "\x00", "é", '"'])
"""What AWS may answer, and what Python may make of it."""


def long(rows: list[str], *, distinct: bool = False) -> Spool[str]:
    found = Spool(str, str, few=2, distinct=distinct)
    found.extend(rows)
    return found


class TestSpool:
    @pytest.mark.parametrize("count", [0, 1, 2, 3, 50])
    def test_is_the_list_that_it_was_made_of(self, count: int) -> None:
        rows = [str(number % 7) for number in range(count)]
        kept = long(rows)
        assert kept.is_long == (count > 2)
        assert (list(kept), len(kept), bool(kept)) == (rows, count, bool(rows))
        assert [kept[place] for place in range(-count, count)] == rows + rows
        assert (list(kept[1:3]), list(kept[::-1])) == (rows[1:3], rows[::-1])
        assert kept == rows
        with pytest.raises(IndexError):
            kept[count]

    def test_long_rows_count_for_several(self) -> None:
        kept = Spool(str, str, few=4, weigh=len)
        kept.extend(["abc", "d"])
        assert not kept.is_long
        kept.append("e")
        assert (kept.is_long, list(kept)) == (True, ["abc", "d", "e"])

    def test_can_be_gone_through_again_and_by_several_at_a_time(self) -> None:
        kept = long([str(number) for number in range(1000)])
        assert [pair for pair in zip(kept, kept, strict=True) if pair[0] != pair[1]] == []
        with ThreadPoolExecutor(4) as pool:
            assert {*pool.map(lambda _: tuple(kept), range(8))} == {tuple(kept)}

    def test_of_distinct_rows_has_each_once_in_the_order_of_the_first(self) -> None:
        assert list(long(["b", "a", "b", "c", "c", "a", "d"], distinct=True)) == ["b", "a", "c", "d"]

    def test_of_other_rows_keeps_each(self) -> None:
        assert list(long(["a"] * 5)) == ["a"] * 5

    def test_that_is_short_ends_as_a_tuple(self) -> None:
        assert long(["a"]).finished() == ("a",)
        assert long(["a", "b", "c"]).finished() == long(["a", "b", "c"]) != long(["a", "b", "d"])

    @given(st.lists(st.builds(Reading, TEXTS, TEXTS, TEXTS, TEXTS, st.lists(TEXTS).map(tuple)), min_size=1, max_size=5))
    def test_gives_back_readings_as_they_were(self, rows: list[Reading]) -> None:
        kept = Readings()
        kept._most = 0
        kept.extend(rows)
        assert kept.is_long
        assert list(kept) == list(dict.fromkeys(rows))

    def test_gives_back_judgements_as_they_were(self) -> None:
        rows = [
            Examined(f"group {number}", verdict, "why\n") for number in range(FEW) for verdict in (Verdict.PASS, Verdict.FAIL)
        ]
        kept = spooled(rows, Resources())
        assert isinstance(kept, Spool)
        assert kept == rows
        assert {type(one.verdict) for one in kept} == {Verdict}


class TestIndex:
    def test_is_a_mapping(self) -> None:
        index = Index(((str(number), number) for number in range(2000)), str, int)
        assert (index["1999"], index.get("2000"), "7" in index, len(index)) == (1999, None, True, 2000)
        with pytest.raises(KeyError):
            index["2000"]

    def test_is_not_made_of_half_the_entries(self) -> None:
        def entries() -> Iterator[tuple[str, int]]:
            yield "a", 1
            raise KeyError("ResourceARN")

        with pytest.raises(KeyError, match="ResourceARN"):
            Index(entries(), str, int)


def test_what_is_made_anew_raises_whenever_it_is_gone_through() -> None:
    def make() -> Iterator[str]:
        yield "a"
        raise sqlite3.OperationalError("disk full")

    broken = Reiterable(make)
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError):
            list(broken)
