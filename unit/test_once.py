import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from stackproof.util.once import Once


def test_makes_one_thing_for_all_threads() -> None:
    made = []
    meeting = threading.Barrier(8, timeout=600)
    once = Once(lambda: made.append("made") or object())

    def ask() -> object:
        meeting.wait()
        return once()

    with ThreadPoolExecutor(8) as pool:
        things = {id(future.result(60)) for future in [pool.submit(ask) for _ in range(8)]}
    assert len(things) == 1
    assert made == ["made"]


@pytest.mark.parametrize("value", [None, 0, "", []])
def test_makes_what_is_empty_once_too(value: object) -> None:
    made = []
    once = Once(lambda: made.append(1) or value)
    assert [once(), once()] == [value, value]
    assert made == [1]


def test_an_error_is_final_for_everybody() -> None:
    tried = []

    def fails() -> None:
        tried.append(1)
        raise ValueError(f"try {len(tried)}")

    once = Once(fails)
    for _ in range(2):
        with pytest.raises(ValueError, match="try 1"):
            once()
    assert once.made is None


def test_an_interrupt_is_not() -> None:
    answers: Iterator[KeyboardInterrupt | str] = iter([KeyboardInterrupt(), "made"])

    def interrupted() -> str:
        answer = next(answers)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    once = Once(interrupted)
    with pytest.raises(KeyboardInterrupt):
        once()
    assert once() == "made"


def test_says_what_was_made_without_making_it() -> None:
    once = Once(lambda: "made")
    assert once.made is None
    once()
    assert once.made == "made"
