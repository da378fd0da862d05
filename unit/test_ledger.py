"""What a control read is written down once, in order, without secrets, for this control alone."""

import threading

from stackproof.core.ledger import LONGEST_VALUE, Ledger, displayed, record
from stackproof.core.results import Reading
from stackproof.redaction import redaction


def test_outside_a_control_nothing_is_written_down() -> None:
    ledger = Ledger()
    record("a", "b", 1, "c")
    with ledger.open():
        pass
    record("a", "b", 1, "c")
    assert ledger.readings == ()


def test_readings_are_in_order_and_each_once() -> None:
    ledger = Ledger()
    with ledger.open():
        for name in ("z", "a", "z"):
            record(name, "field", True, "source")
        record("z", "field", False, "source")
    assert ledger.readings == (
        Reading("z", "field", "true", "source"),
        Reading("a", "field", "true", "source"),
        Reading("z", "field", "false", "source"),
    )


def test_each_control_has_its_own_also_inside_another_and_after_an_error() -> None:
    outer, inner = Ledger(), Ledger()
    with outer.open():
        try:
            with inner.open():
                record("inner", "field", 1, "source")
                raise RuntimeError
        except RuntimeError:
            record("outer", "field", 1, "source")
    assert [reading.resource for reading in inner.readings] == ["inner"]
    assert [reading.resource for reading in outer.readings] == ["outer"]


def test_another_thread_does_not_write_into_it() -> None:
    ledger = Ledger()
    with ledger.open():
        thread = threading.Thread(target=record, args=("other", "field", 1, "source"))
        thread.start()
        thread.join()
    assert ledger.readings == ()


class TestDisplayed:
    def test_is_short_and_says_how_long_it_was(self) -> None:
        assert displayed("x" * LONGEST_VALUE) == "x" * LONGEST_VALUE
        assert displayed("x" * 1000) == "x" * LONGEST_VALUE + "… (1000 characters)"

    def test_hides_secrets_before_it_cuts(self) -> None:
        redaction.register("a-secret-at-the-edge")
        assert "a-secret" not in displayed("x" * (LONGEST_VALUE - 8) + "a-secret-at-the-edge")
        assert displayed({"deep": ["a-secret-at-the-edge"]}) == "{deep: [(redacted)]}"

    def test_is_the_same_in_every_run(self) -> None:
        assert displayed(frozenset("badc")) == displayed({"d", "c", "b", "a"}) == "[a, b, c, d]"
