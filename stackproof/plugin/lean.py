"""The switches that let a run of controls end sooner, by leaving out what it does not need."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_THRESHOLD = 50_000
"""Objects that are made between two garbage collections: what is judged is many of them, and hardly a cycle."""


@contextmanager
def collecting_less_garbage() -> Iterator[None]:
    """No garbage is collected while a run starts, which only imports: that took a tenth of a short run. Afterwards it is as it was."""
    was_enabled, thresholds = gc.isenabled(), gc.get_threshold()
    gc.disable()
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        if was_enabled:
            gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Collect garbage again, but seldom, and none of what was imported."""
    gc.freeze()
    gc.set_threshold(_THRESHOLD, *gc.get_threshold()[1:])
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish() -> None:
    """Keep what is loaded out of every garbage collection from here on: it lives as long as the process."""
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn hypothesis's plugin off where no test uses hypothesis: it imports the library for the last lines of any run."""
    manager = session.config.pluginmanager
    if "hypothesis" not in sys.modules and manager.hasplugin("hypothesispytest"):
        manager.unregister(name="hypothesispytest")


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure() -> None:
    """Spare pytest's last garbage collections, which look for exceptions in finalizers, the objects of the whole run."""
    gc.freeze()
