"""Several runs in one process: what one hides, another does not, in threads of its own either."""

import threading

from stackproof.redaction import redaction
from stackproof.redaction.redaction import Scope, redact, scoped
from stackproof.redaction.threads import Pool

TEXT = "first-runs-own-value and second-runs-own-value and that-of-the-process"


def test_a_scope_hides_its_own_and_those_of_the_process() -> None:
    redaction.register("that-of-the-process")
    with scoped(Scope()):
        redaction.register("first-runs-own-value")
        assert redact(TEXT) == "(redacted) and second-runs-own-value and (redacted)"
        with scoped(Scope()):
            redaction.register("second-runs-own-value")
            assert redact(TEXT) == "first-runs-own-value and (redacted) and (redacted)"
    assert redact(TEXT) == "first-runs-own-value and second-runs-own-value and (redacted)"


def test_threads_at_the_same_time() -> None:
    together = threading.Barrier(2)
    said: dict[str, list[str]] = {"first": [], "second": []}

    def run(name: str) -> None:
        with scoped(Scope()):
            redaction.register(f"{name}-runs-own-value")
            together.wait()
            with Pool(2) as pool:
                said[name] = [*pool.map(redact, [TEXT] * 4)]

    threads = [threading.Thread(target=run, args=[name]) for name in said]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {
        "first": ["(redacted) and second-runs-own-value and that-of-the-process"] * 4,
        "second": ["first-runs-own-value and (redacted) and that-of-the-process"] * 4,
    }


def test_what_was_redacted_before_is_redacted_again() -> None:
    scope = Scope()
    with scoped(scope):
        assert redact("first-runs-own-value") == "first-runs-own-value"
        redaction.register("first-runs-own-value")
        assert redact("first-runs-own-value") == "(redacted)"
