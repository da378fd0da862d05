"""What every unit test and every integration test has: no hurry, secrets of its own, and a port that refuses."""

import socket
from collections.abc import Iterator

import attack_figures
import pytest
from hypothesis import HealthCheck, settings

from stackproof.redaction import redaction

__all__ = ["_secrets_of_its_own", "closed_port", "pytest_configure"]

# How long an example takes says how busy the machine is. ``make attack`` tries many.
settings.register_profile(
    "without hurry",
    settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=500 if attack_figures.ATTACK else 30),
)
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


def pytest_configure(config: pytest.Config) -> None:
    """End a run of ``make attack`` with its figures, once."""
    if not config.pluginmanager.is_registered(attack_figures):
        config.pluginmanager.register(attack_figures)
