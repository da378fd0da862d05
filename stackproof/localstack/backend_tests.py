"""The backend's own tests of its AWS wrapper, against an emulator: what pytest says of each, and what the emulator granted it."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing
from stackproof.localstack import marker_plugin, recording_proxy
from stackproof.processes import command
from stackproof.processes.children import last_line
from stackproof.processes.venvs import environment
from stackproof.util.temporary import temporary

BACKEND = "backend"
TESTS = "tests/test_aws_services.py"
NAMES = ("test_s3_upload", "test_s3_download", "test_secrets_manager")
REQUIREMENTS = "requirements-test.txt"
PASSED = "passed"
NOT_COLLECTED = "not collected"
_TIMEOUT = 120
"""Seconds; they take two."""
_ENDED = (0, 1)
"""pytest ran its tests to the end, and all passed, or some failed."""


@dataclass(frozen=True)
class Ran:
    """How one test ended."""

    outcome: str
    """`PASSED`, `NOT_COLLECTED`, or another with its reason: ``failed: ...``, ``skipped: ...``."""
    granted: frozenset[str]
    """What the emulator granted meanwhile: ``s3:PutObject``."""


def run(root: Path, cache: Path, emulator: str, *, region: str, bucket: str, say: Callable[[str], None]) -> Mapping[str, Ran]:
    """Run the documented tests once, each by name. Raises `CouldNotVerify` when pytest cannot run them."""
    backend = root / BACKEND
    if not (backend / TESTS).is_file():
        raise DeclaredButMissing(f"{BACKEND}/{TESTS} does not exist")
    python = installed(root, cache, say)
    with temporary("backend-tests") as folder, recording_proxy.watched(emulator) as seen:
        report = folder / "junit.xml"
        shutil.copy(marker_plugin.__file__, folder / "stackproof_marker.py")
        settings = {"S3_BUCKET_NAME": bucket, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        ended = command.run(
            *(str(python), "-m", "pytest", TESTS, "-q", f"--junitxml={report}"),
            *("-p", "stackproof_marker", "-p", "no:cacheprovider"),
            name=f"pytest {BACKEND}/{TESTS}",
            directory=backend,
            environment=command.environment(seen.endpoint, region, **settings),
            timeout=_TIMEOUT,
        )
        if ended.exit_status not in _ENDED or not report.is_file():
            raise CouldNotVerify(f"pytest {BACKEND}/{TESTS} {_reported(ended)}")
        outcomes = read_junit(report.read_bytes())
        return {name: Ran(outcomes.get(name, NOT_COLLECTED), seen.granted(name)) for name in NAMES}


def installed(root: Path, cache: Path, say: Callable[[str], None]) -> Path:
    """The Python of an environment that has the backend's packages, and those of its tests. Raises `CouldNotVerify`."""
    return environment(cache, "backend-tests", root / BACKEND / REQUIREMENTS, say)


def _reported(ended: command.Ended) -> str:
    errors = [line for line in ended.stdout.splitlines() if line.startswith(("E  ", "ERROR"))]
    return f"ended with exit status {ended.exit_status}: {last_line(errors[0] if errors else ended.stderr or ended.stdout)}"


def read_junit(report: bytes) -> dict[str, str]:
    """How each test ended, by its name without parameters: of several the first that did not pass.

    >>> read_junit(b'''<testsuites><testsuite><testcase name="test_a[1]"/><testcase name="test_a[2]"><skipped message="no S3"/>
    ...     </testcase><testcase name="test_b"><failure message="assert 0"/></testcase></testsuite></testsuites>''')
    {'test_a': 'skipped: no S3', 'test_b': 'failed: assert 0'}
    """
    outcomes: dict[str, str] = {}
    for case in ElementTree.fromstring(report).iter("testcase"):
        name = case.get("name", "").partition("[")[0]
        if outcomes.get(name, PASSED) == PASSED:
            outcomes[name] = _outcome(case)
    return outcomes


def _outcome(case: Iterable[ElementTree.Element]) -> str:
    words = {"failure": "failed", "error": "error", "skipped": "skipped"}
    for said in case:
        if said.tag in words:
            return f"{words[said.tag]}: {last_line(said.get('message', '').partition(chr(10))[0])}"
    return PASSED
