"""Judge the same with other tools, side by side: seconds, seconds of a processor, memory and requests, as ratios.

    python -m benchmarks.peers [prowler] [checkov] [--runs 3]

prowler's checks of the security checklist read the embedded cloud that the controls read; it is started where none runs (``make up``),
and ended then. The controls of the same points are one tool, all the security controls another one. checkov judges the plan of the
proofs that ``--plan`` judges. Both come with pinned versions in environments of their own under ``.stackproof``, and each tool runs
first once without being measured. Then they take turns, so that whatever else the machine does meets all; what is told are medians,
processes that a tool starts included, and below them how much each has judged.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".stackproof"
PLAN = ROOT / "proofs" / "compliant" / "plan.json"
PROWLER = ROOT / "requirements" / "prowler.txt"
CHECKS = {
    "cloudwatch_log_group_kms_encryption_enabled": "SEC-LOG-01",
    "ec2_securitygroup_allow_ingress_from_internet_to_any_port": "SEC-SG-01",
    "ec2_securitygroup_default_restrict_traffic": "SEC-SG-02",
    "elbv2_insecure_ssl_ciphers": "SEC-ALB-02",
    "elbv2_ssl_listeners": "SEC-ALB-01",
    "iam_aws_attached_policy_no_administrative_privileges": "SEC-IAM-02",
    "iam_inline_policy_allows_privilege_escalation": "SEC-IAM-04",
    "iam_inline_policy_no_administrative_privileges": "SEC-IAM-01",
    "rds_instance_no_public_access": "SEC-RDS-01",
    "rds_instance_storage_encrypted": "SEC-RDS-03",
    "rds_instance_transport_encrypted": "SEC-RDS-04",
    "s3_bucket_default_encryption": "SEC-S3-02",
    "s3_bucket_level_public_access_block": "SEC-S3-01",
}
"""Checks of prowler on the points of the security checklist, each with the control that judges what it does, and more."""
OF_THE_EMULATOR = "ec2:DescribeSnapshotAttribute"
"""What prowler asks for each of the public snapshots that the emulator makes by itself: no stack has them."""
EVERY = 0.05
"""Seconds between two looks at the memory."""
COUNTED = """
import atexit, collections, json, sys
from botocore.endpoint import Endpoint
counts, get = collections.Counter(), Endpoint._get_response
def counting(self, request, operation_model, context):
    counts[f"{operation_model.service_model.service_name}:{operation_model.name}"] += 1
    return get(self, request, operation_model, context)
Endpoint._get_response = counting
atexit.register(lambda: open(counted, "w").write(json.dumps(counts)))
sys.argv = sys.argv[1:]
from prowler.__main__ import prowler
prowler()
"""
"""Runs prowler and writes how often it sent each operation."""


@dataclass(frozen=True)
class Measured:
    """What one run took."""

    seconds: float
    busy: float
    """Seconds of a processor, of all its processes."""
    megabytes: float
    """Most that its processes had at a time."""
    requests: Mapping[str, int]
    judged: str = ""
    """How much, in a phrase."""


@dataclass(frozen=True)
class Tool:
    """A tool that judges."""

    name: str
    run: Callable[[], Measured]


def measure(
    command: Sequence[str], environment: Mapping[str, str], found: Callable[[str], tuple[Mapping[str, int], str]]
) -> Measured:
    """Run a command to its end, whatever its exit status: that is its verdict.

    ``found`` gets what it has printed, and tells what it asked and what it judged. It raises `FileNotFoundError` where it judged nothing.
    """
    before, started = os.times(), time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        most = _watched(process)
        process.wait()
        seconds, after = time.perf_counter() - started, os.times()
        output.seek(0)
        printed = output.read().decode(errors="replace")
        try:
            asked, judged = found(printed)
        except FileNotFoundError:
            sys.exit(f"{command[0]} judged nothing:\n{printed[-3000:]}")
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return Measured(seconds, busy, most(), asked, judged)


def _watched(process: "subprocess.Popen[bytes]") -> Callable[[], float]:
    """The most megabytes that a process and those that it starts have at a time, when it has ended; 0 where /proc is not there."""
    found = [0.0]

    def watch() -> None:
        while process.poll() is None:
            found[0] = max(found[0], sum(map(_megabytes, _tree(process.pid))))
            time.sleep(EVERY)

    watching = threading.Thread(target=watch)
    watching.start()

    def most() -> float:
        watching.join()
        return found[0]

    return most


def _tree(pid: int) -> list[int]:
    try:
        text = " ".join(file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:
        text = ""
    return [pid, *(one for child in text.split() for one in _tree(int(child)))]


def _megabytes(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024**2
    except OSError:
        return 0.0


def environment_of(endpoint: str = "") -> dict[str, str]:
    """The environment of a tool: that of this process with test keys, and bytecode written."""
    kept = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE" and not name.startswith("AWS_")
    }
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "ap-northeast-2"}
    return {**kept, **keys, "AWS_ENDPOINT_URL": endpoint} if endpoint else kept


def ours(*arguments: str) -> Measured:
    """Controls, as a user runs them."""

    def found(_: str) -> tuple[Mapping[str, int], str]:
        runs = sorted((ROOT / "reports").glob("local-*/*/results.json"), key=lambda file: file.stat().st_mtime)
        if not runs or runs[-1].stat().st_mtime < started:
            raise FileNotFoundError
        run = json.loads(runs[-1].read_text(encoding="utf-8"))
        resources = sum(len(one["resources"]) for one in run["controls"])
        verdicts = Counter(one["verdict"] for one in run["controls"])
        told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(verdicts.items()))
        return run["calls"], f"{len(run['controls'])} controls ({told}), {resources} judgements of resources"

    started = time.time()
    return measure([sys.executable, "-m", "pytest", *arguments], environment_of(), found)


def prowler(python: Path, endpoint: str) -> Measured:
    """prowler's checks on an endpoint."""
    with tempfile.TemporaryDirectory() as directory:
        counted = Path(directory, "requests.json")
        code = f"counted = {str(counted)!r}\n{COUNTED}"
        command = [
            *(str(python), "-c", code, "prowler", "aws", "--checks", *CHECKS, "--region", "ap-northeast-2"),
            *("--output-formats", "json-ocsf", "--output-directory", directory, "--no-banner"),
        ]

        def found(_: str) -> tuple[Mapping[str, int], str]:
            written = next(Path(directory).glob("*.ocsf.json"), None)
            if written is None:
                raise FileNotFoundError
            asked: dict[str, int] = json.loads(counted.read_text())
            findings = json.loads(written.read_text(encoding="utf-8"))
            checks = {one["metadata"]["event_code"] for one in findings}
            return asked, f"{len(checks)} of {len(CHECKS)} checks, {len(findings)} judgements of resources"

        return measure(command, environment_of(endpoint), found)


def checkov(python: Path) -> Measured:
    """checkov on the plan."""
    command = [str(python.with_name("checkov")), "--file", str(PLAN), "--framework", "terraform_plan", "--compact", "--quiet"]

    def found(printed: str) -> tuple[Mapping[str, int], str]:
        counts = re.search(r"Passed checks: (\d+), Failed checks: (\d+)", printed)
        if counts is None:
            raise FileNotFoundError
        return {}, f"{sum(map(int, counts.groups()))} judgements of resources"

    return measure(command, environment_of(), found)


@contextmanager
def cloud() -> Iterator[str]:
    """The endpoint of the embedded cloud with the stacks: one that runs, or one that is started and ended here."""
    from stackproof.embedded import provision
    from stackproof.embedded.recipe import Account, stacks_of
    from stackproof.embedded.workload import Source
    from stackproof.profile.loading import load

    profile = load("local", ROOT / "environments")
    deployed = provision.up(
        stacks_of(profile, ROOT), cache=CACHE, account=Account(profile.account_id, profile.region), source=Source.of(ROOT, CACHE)
    )
    try:
        yield deployed.endpoint
    finally:
        if deployed.how != "found":
            provision.down(cache=CACHE)


def compare(own: Sequence[Tool], other: Tool, runs: int) -> str:
    """Let tools take turns, and tell the medians and their ratios."""
    tools = (*own, other)
    for tool in tools:
        print(f"{tool.name}: once, not measured", file=sys.stderr)
        tool.run()
    measured: dict[str, list[Measured]] = {tool.name: [] for tool in tools}
    for number in range(runs):
        for tool in tools:
            measured[tool.name].append(tool.run())
            print(f"{tool.name}: {number + 1} of {runs}", file=sys.stderr)
    judged = [f"{tool.name}: {measured[tool.name][-1].judged}" for tool in tools]
    return "\n".join([table(measured, other.name), *judged])


def table(measured: Mapping[str, Sequence[Measured]], other: str) -> str:
    """The medians of tools, and how many times as much the other one takes than each of ours."""
    columns: tuple[tuple[str, Callable[[Measured], float]], ...] = (
        ("seconds", lambda one: one.seconds),
        ("CPU s", lambda one: one.busy),
        ("MB peak", lambda one: one.megabytes),
        ("requests", lambda one: sum(one.requests.values())),
        ("of a stack", lambda one: sum(one.requests.values()) - one.requests.get(OF_THE_EMULATOR, 0)),
    )
    rows = [["", *(title for title, _ in columns)]]
    medians = {name: [statistics.median(map(read, runs)) for _, read in columns] for name, runs in measured.items()}
    rows += [
        [name, *(f"{value:.1f}" if at < 2 else f"{value:.0f}" for at, value in enumerate(found))]
        for name, found in medians.items()
    ]
    for name, found in medians.items():
        if name != other:
            ratios = zip(found, medians[other], strict=True)
            rows.append(
                [f"{other} takes, of {name}", *(f"{many / few:.1f} times" if few and many else "" for few, many in ratios)]
            )
    return "\n".join(f"{row[0]:<58}" + "".join(f"{cell:>12}" for cell in row[1:]) for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("peers", nargs="*", metavar="PEER", help="prowler, checkov; both unless named")
    parser.add_argument("--runs", type=int, default=3, help="of each tool, of which the medians are told")
    arguments = parser.parse_args()
    peers = arguments.peers or ["prowler", "checkov"]
    if unknown := {*peers} - {"prowler", "checkov"}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are prowler, checkov")

    from stackproof.processes.venvs import environment
    from stackproof.scanners.checkov import REQUIREMENTS

    def python(name: str, requirements: Path) -> Path:
        return environment(CACHE, name, requirements, lambda line: print(line, file=sys.stderr))

    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    if "prowler" in peers:
        theirs = python("prowler", PROWLER)
        with cloud() as endpoint:
            same = Tool(f"stackproof, the same {len(CHECKS)} points", lambda: ours("-k", " or ".join(CHECKS.values())))
            own = Tool("stackproof, -m security", lambda: ours("-m", "security"))
            print(compare([same, own], Tool(f"prowler, {len(CHECKS)} checks", lambda: prowler(theirs, endpoint)), arguments.runs))
    if "checkov" in peers:
        theirs = python("checkov", REQUIREMENTS)
        own = Tool("stackproof, -m security, a plan", lambda: ours("-m", "security", f"--plan={PLAN}"))
        print(compare([own], Tool("checkov, the same plan", lambda: checkov(theirs)), arguments.runs))


if __name__ == "__main__":
    main()
