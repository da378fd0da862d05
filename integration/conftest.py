"""What the integration tests share with the tests of the engine, `helpers/` and some tests themselves, can be imported."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("helpers", "unit")]

from common import *  # noqa: E402, F403

from proofs.conftest import pytest_xdist_auto_num_workers, pytest_xdist_make_scheduler  # noqa: E402, F401
