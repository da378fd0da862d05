"""The backend's own tests, in its own environment."""

import os
import subprocess
from pathlib import Path

from stackproof.processes.venvs import environment

ROOT = Path(__file__).parents[1]
BACKEND = ROOT / "backend"


def test_the_backend_passes_its_own_tests() -> None:
    """All but those that need an emulator: the controls SDK-01 to SDK-03 run them."""
    python = environment(ROOT / ".stackproof", "backend-tests", BACKEND / "requirements-test.txt", print)
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", "--ignore", "tests/test_aws_services.py"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    ended = subprocess.run(command, cwd=BACKEND, env=clean, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout
