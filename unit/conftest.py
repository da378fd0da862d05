"""What the tests of the engine share with the integration tests, `helpers/`, can be imported."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from common import *  # noqa: F403

from proofs.conftest import pytest_sessionfinish, pytest_xdist_auto_num_workers, pytest_xdist_make_scheduler  # noqa: F401
