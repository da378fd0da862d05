"""What the integration tests share with the tests of the engine, `helpers/` and some tests themselves, can be imported."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("helpers", "unit")]

from common import *  # noqa: E402, F403

from proofs.conftest import pytest_sessionfinish, pytest_xdist_auto_num_workers, pytest_xdist_make_scheduler  # noqa: E402, F401


@pytest.fixture(scope="session", autouse=True)
def _warm() -> Iterator[None]:
    """Embedded clouds and runs of the command ``check`` that this process starts are forked."""
    import warm_pytest
    import warm_servers

    from stackproof.cli import check

    with warm_servers.patched(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "subprocess", warm_pytest.Subprocess())
        yield
