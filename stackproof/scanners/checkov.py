"""Run checkov as a command, from an environment of its own, and read what it found.

checkov pins old versions of packages that this project uses in newer ones, hence the separate environment. Nothing but
the given sources or plan decides what it reports: it runs without the user's checkov configuration, environment
variables and network. It is started once: see `stackproof.scanners.scanner`.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stackproof.core.verdicts import CouldNotVerify
from stackproof.processes.children import last_line
from stackproof.util import json_document
from stackproof.util.kept import Answer, Kept, digest_of
from stackproof.util.shipped import shipped
from stackproof.util.temporary import temporary

REQUIREMENTS = shipped("requirements") / "checkov.txt"
"""checkov and all that it needs, with their versions and hashes."""


@dataclass(frozen=True, order=True)
class Finding:
    """A check that a resource did not pass, or that a comment in the sources switched off."""

    check: str
    """``CKV_AWS_144``."""
    resource: str
    """The address: ``aws_s3_bucket.app``."""
    file: str
    """Relative to the sources; the plan's file name for a plan."""
    line: int
    """First line of the resource's block; 0 for a plan."""
    title: str


@dataclass(frozen=True)
class Scan:
    """The result of a run of checkov in which something was examined; else there is no scan."""

    version: str
    findings: tuple[Finding, ...]
    skipped: tuple[Finding, ...]
    """What ``checkov:skip`` comments kept from being a finding or a pass."""
    passed: int
    """How many checks passed, counted once for each resource."""
    resources: tuple[str, ...]
    """Addresses of the resources that at least one check looked at."""


def scan_sources(python: Path, sources: Mapping[str, str]) -> Scan:
    """The findings of checkov in Terraform sources, given as texts by their relative paths.

    Raises `CouldNotVerify` when checkov fails, cannot parse a file or examines nothing.
    """
    with temporary("checkov") as work:
        root = work / "sources"
        for name, text in sources.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return read_report(_report(python, "terraform", root))


def scan_plan(python: Path, plan: Path) -> Scan:
    """The findings of checkov in a plan, as ``terraform show -json`` writes it. Raises as `scan_sources` does."""
    return read_report(_report(python, "terraform_plan", plan.resolve()))


def kept_scan(kept: Kept, place: str, judged: str, make: Callable[[], Scan]) -> tuple[Scan, Answer]:
    """A scan, made now or kept from one of the same sources or plan (``judged``) by the same checkov; and what says when."""
    deciding = (REQUIREMENTS, Path(__file__), _SCRIPT)
    inputs = {place: judged, "checkov": digest_of(sys.version, [file.read_bytes() for file in deciding])}
    answer = kept.get("checkov", inputs, lambda: asdict(make()))
    found = {name: tuple(Finding(**one) for one in answer.value[name]) for name in ("findings", "skipped")}
    return Scan(**{**answer.value, "resources": tuple(answer.value["resources"]), **found}), answer


def read_report(text: str) -> Scan:
    """checkov's JSON report, in an order that does not change from run to run.

    Raises `CouldNotVerify` for text that is no report, for files that checkov could not parse, and for a report about
    nothing.

    >>> read_report('{"passed": 0, "failed": 0, "resource_count": 0, "checkov_version": "3.3.30"}')
    Traceback (most recent call last):
        ...
    stackproof.core.verdicts.CouldNotVerify: checkov 3.3.30 examined nothing: it found no resource that it has a check for.
    """
    try:
        report = json_document.loads(text)
        version = str(report.get("summary", report)["checkov_version"])
        results = report.get("results", {})
        unparsed = sorted(Path(file).name for file in results.get("parsing_errors", []))
        passed = _findings(results.get("passed_checks", []))
        failed = _findings(results.get("failed_checks", []))
        skipped = _findings(results.get("skipped_checks", []))
    except (ValueError, AttributeError, KeyError, TypeError, IndexError) as error:
        raise CouldNotVerify(f"checkov did not write a report that can be read ({type(error).__name__}).") from None
    if unparsed:
        raise CouldNotVerify(f"checkov {version} could not parse {', '.join(unparsed)}.")
    examined = {finding.resource for finding in (*passed, *failed, *skipped)}
    if not examined:
        raise CouldNotVerify(f"checkov {version} examined nothing: it found no resource that it has a check for.")
    return Scan(version, failed, skipped, len(passed), tuple(sorted(examined)))


def _findings(records: list[dict[str, Any]]) -> tuple[Finding, ...]:
    return tuple(
        sorted(
            Finding(
                check=record["check_id"],
                resource=record["resource"],
                file=record["file_path"].lstrip("/"),
                line=record["file_line_range"][0],
                title=record["check_name"],
            )
            for record in records
        )
    )


class Scanner:
    """checkov in a process of its own, ready to scan. It ends with this process."""

    def __init__(self, python: Path) -> None:
        with ExitStack() as undo:
            work = undo.enter_context(temporary("checkov"))
            self._errors = work / "errors"
            self._socket, theirs = socket.socketpair()
            undo.enter_context(self._socket)
            with theirs, self._errors.open("wb") as errors:
                self._process = subprocess.Popen(
                    [str(python), "-P", str(_SCRIPT)],
                    cwd=work,
                    env=_only_what_is_needed(work),
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                )
            undo.callback(self._process.wait)
            undo.callback(self._process.kill)
            self.end = undo.pop_all().close

    def report(self, framework: str, place: Path) -> str:
        """The report of checkov about a directory or a file. Raises `CouldNotVerify`, and then has to be ended."""
        try:
            answer = self._answer_to({"framework": framework, "place": str(place), "seconds": _TIMEOUT})
            status, _, report = answer.partition(b" ")
            exit_status = int(status) if status else self._process.wait(_TIMEOUT)
        except (TimeoutError, subprocess.TimeoutExpired):
            raise CouldNotVerify(f"checkov did not end within {_TIMEOUT:g} s.") from None
        if not report:
            said = self._errors.read_text(encoding="utf-8", errors="replace")
            raise CouldNotVerify(f"checkov ended with exit status {exit_status}: {last_line(said)}")
        return report.decode()

    def _answer_to(self, question: Mapping[str, object]) -> bytes:
        """The line that answers; empty if the process ends instead."""
        self._socket.settimeout(_TIMEOUT)
        try:
            self._socket.sendall(f"{json.dumps(question)}\n".encode())
            with self._socket.makefile("rb") as answers:
                return answers.readline()
        except ConnectionError:
            return b""


_SCRIPT = Path(__file__).with_name("scanner.py")
_TIMEOUT = 120.0  # seconds; a scan takes 1

_ready: dict[Path, Scanner] = {}
"""Scanners that wait for the next scan, by their interpreters: most of what a scan takes is the start."""
_scanning = threading.Lock()


def _report(python: Path, framework: str, place: Path) -> str:
    with _scanning, ExitStack() as undo:
        scanner = _ready.pop(python, None) or Scanner(python)
        undo.callback(scanner.end)
        report = scanner.report(framework, place)
        undo.pop_all()
        _ready[python] = scanner
        return report


@atexit.register
def _end_all() -> None:
    while _ready:
        _ready.popitem()[1].end()


def _only_what_is_needed(work: Path) -> dict[str, str]:
    # checkov takes options from variables (CKV_SKIP_CHECK) and from files in the home and the working directory.
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    temporary = dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), str(work))
    # A scan is one process, so that ending it ends all. It is forked, which macOS stops where a framework of its own was loaded before.
    forks = {"OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"}
    return kept | temporary | forks | {"PYTHONUTF8": "1", "CHECKOV_PARALLELIZATION_TYPE": "none"}
