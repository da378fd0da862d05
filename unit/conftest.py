"""What every test of the engine has: no hurry, secrets of its own, and a port that refuses."""

import socket
from collections.abc import Iterator
from typing import Any

import attack_figures
import pytest
from hypothesis import HealthCheck, settings

from stackproof.redaction import redaction

# How long an example takes says how busy the machine is.
settings.register_profile("without hurry", settings(deadline=None, suppress_health_check=[HealthCheck.too_slow]))
settings.load_profile("without hurry")


@pytest.fixture(autouse=True)
def _secrets_of_its_own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test registers is hidden in this test alone."""
    before, own = redaction._registered, redaction._registered.copy()
    monkeypatch.setattr(redaction, "_registered", own)
    yield
    if redaction._registered is not own or own != before:  # else what was redacted would be redacted alike
        redaction.forget()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of 127.0.0.1 that refuses connections: it is bound, so that nobody else is given it, and does not listen."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """End a run of ``make attack`` with its figures."""
    if attack_figures.ATTACK:
        terminalreporter.section("what was tried")
        terminalreporter.write_line(attack_figures.table(attack_figures.of_reports(terminalreporter.stats)))
