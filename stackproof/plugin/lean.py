"""The switches that let a run of controls end sooner, by leaving out what it does not need."""

import gc
import sys

import pytest


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
