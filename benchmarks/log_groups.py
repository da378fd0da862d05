"""Collect and judge many log groups: calls, seconds and memory, by the number of groups.

    python -m benchmarks.log_groups 1000 10000 100000

A stub on this machine answers like CloudWatch Logs and the tagging API (50 and 100 items a page), each call after a fixed time. In a
process of its own, so that its memory is its own, the suite reads the groups with their tags, keeps the answers as evidence, judges the
controls on retention and on tags, and writes what a run leaves of them: results.json, and a row of report.html and the properties in
junit.xml each. What is printed first is the peak of a process that has loaded all the same code for one group; it fails where others
take much more.
"""

import argparse
import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CONTROLS = ("LOG-03", "LOG-06")
GROUPS_A_PAGE, RESOURCES_A_PAGE = 50, 100
"""Of DescribeLogGroups and GetResources (API references)."""

MOST_MEGABYTES = 25
"""That many groups take more than one, however many: what SQLite keeps of its files. The answers alone would be 40 for 10,000."""

TAGS = (
    "LogType=application RetentionDays=14 ExportEnabled=false SentrySync=disabled LangfuseSync=disabled "
    "Project=triflow-ai Environment=production ManagedBy=terraform"
)


@dataclass(frozen=True)
class Measured:
    """What one run took."""

    groups: int
    calls: int
    seconds: float
    """Of which most is waiting for answers."""
    busy_seconds: float
    """Of a processor."""
    megabytes: float
    """Peak of the resident memory."""
    evidence_megabytes: float
    """On disk, packed."""
    results_megabytes: float
    """On disk: results.json."""
    verdicts: Mapping[str, str]


def group(number: int) -> dict[str, Any]:
    """A log group as DescribeLogGroups answers it."""
    name = f"/aws/ecs/service-{number:06}/application"
    arn = f"arn:aws:logs:ap-northeast-2:123456789012:log-group:{name}"
    return {
        "logGroupName": name,
        "creationTime": 1768903200000,
        "retentionInDays": 14,
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "storedBytes": 0,
        "kmsKeyId": "arn:aws:kms:ap-northeast-2:123456789012:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
        "logGroupClass": "STANDARD",
        "logGroupArn": arn,
    }


def tags(number: int) -> dict[str, Any]:
    """Its tags as GetResources answers them."""
    return {
        "ResourceARN": group(number)["logGroupArn"],
        "Tags": [dict(zip(("Key", "Value"), tag.split("="), strict=True)) for tag in TAGS.split()],
    }


@contextmanager
def stub(groups: int, seconds: float) -> Iterator[str]:
    """An endpoint that has this many log groups, and takes its time for each answer."""

    def page(of: Any, size: int, token: str) -> tuple[list[Any], str]:
        start = int(token or 0)
        end = min(start + size, groups)
        return [of(number) for number in range(start, end)], str(end) if end < groups else ""

    def describe(asked: Mapping[str, Any]) -> dict[str, Any]:
        found, token = page(group, GROUPS_A_PAGE, asked.get("nextToken", ""))
        return {"logGroups": found, **({"nextToken": token} if token else {})}

    def resources(asked: Mapping[str, Any]) -> dict[str, Any]:
        found, token = page(tags, RESOURCES_A_PAGE, asked.get("PaginationToken", ""))
        return {"ResourceTagMappingList": found, "PaginationToken": token}

    operations = {"DescribeLogGroups": describe, "GetResources": resources}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else an answer waits for a delayed acknowledgement

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            operation = self.headers["X-Amz-Target"].partition(".")[2]
            time.sleep(seconds)
            body = json.dumps(operations[operation](asked)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def measure(groups: int, milliseconds: float = 20) -> Measured:
    """Run with this many groups, in a process of its own. Raises `subprocess.CalledProcessError` if it fails."""
    with stub(groups, milliseconds / 1000) as endpoint:
        command = [sys.executable, "-m", "benchmarks.log_groups", "--at", endpoint, str(groups)]
        ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return Measured(**json.loads(ended.stdout))


def run(endpoint: str, groups: int) -> Measured:
    """Collect and judge what is at an endpoint, in this process."""
    from benchmarks.reports import write
    from stackproof.collections.registry import collections
    from stackproof.core.controls import declared
    from stackproof.core.runner import judge
    from stackproof.evidence.store import Store
    from stackproof.profile.loading import load
    from stackproof.resources import allowed_operations
    from stackproof.sources import Source
    from stackproof.sources.aws.session import Network
    from stackproof.sources.aws.source import AwsSource, Reader
    from stackproof.targets.base import Stage
    from tests.logging import test_log_groups  # noqa: F401 - it declares the controls

    profile = load("production", ROOT / "environments")
    # All of them are the stack's; one is declared.
    logs = profile.logs.model_copy(update={"groups": (group(0)["logGroupName"],), "owned": ("/aws/",), "exceptions": ()})
    profile = profile.model_copy(update={"logs": logs})
    started, busy = time.perf_counter(), time.process_time()
    network, store = Network(allowed_operations(), endpoint=endpoint), Store.temporary(profile.account_id)
    source = AwsSource(Reader(network, account=profile.account_id, region=profile.region, keep=store.answer))

    class StubStage(Stage):
        target_codes = "A"

        def source(self) -> Source:
            return source

    stage = StubStage("aws", profile, ROOT)

    judgements = {id: judge(declared[id], lambda name: collections[name](stage)) for id in CONTROLS}
    written = write(judgements, profile, network.counts)
    return Measured(
        groups=groups,
        calls=sum(network.counts.values()),
        seconds=round(time.perf_counter() - started, 1),
        busy_seconds=round(time.process_time() - busy, 1),
        megabytes=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024), 1),
        evidence_megabytes=round(sum(file.stat().st_size for file in store.folder.rglob("*.gz")) / 1024**2, 2),
        results_megabytes=round(written, 2),
        verdicts={id: one.verdict.value for id, one in judgements.items()},
    )


def table(runs: list[Measured]) -> str:
    """The figures, a run a line; sizes in MB, and memory also for each thousand groups more than in the first run."""
    rows = [["groups", "calls", "seconds", "busy", "MB peak", "MB/1000", "evidence", "results", "verdicts"]]
    for one in runs:
        more = one.groups - runs[0].groups
        growth = f"{(one.megabytes - runs[0].megabytes) / more * 1000:.2f}" if more else ""
        numbers = (
            one.groups,
            one.calls,
            one.seconds,
            one.busy_seconds,
            one.megabytes,
            growth,
            one.evidence_megabytes,
            one.results_megabytes,
        )
        rows.append([*map(str, numbers), ", ".join(f"{control} {verdict}" for control, verdict in one.verdicts.items())])
    return "\n".join("".join(f"{cell:>10}" for cell in row[:-1]) + f"  {row[-1]}" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("groups", nargs="*", type=int, default=[10_000, 100_000], help="numbers of log groups")
    parser.add_argument("--milliseconds", type=float, default=20, help="that the stub takes for an answer")
    parser.add_argument("--at", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.at:
        print(json.dumps(asdict(run(arguments.at, *arguments.groups))))
        return
    runs = [measure(groups, arguments.milliseconds) for groups in (1, *arguments.groups)]
    print(table(runs))
    if said := too_much(runs):
        sys.exit(said)


def too_much(runs: list[Measured]) -> str:
    """What is said where memory grows with the groups; empty where it hardly does."""
    few, *others = runs
    for many in others:
        if (more := many.megabytes - few.megabytes) > MOST_MEGABYTES:
            return (
                f"{many.groups:,} log groups take {more:.1f} MB more than {few.groups}: at most {MOST_MEGABYTES} MB are expected"
            )
    return ""


if __name__ == "__main__":
    main()
