"""The supervisor of all that runs in the embedded cloud: a database behind TLS, the tasks of every service, the front doors.

A supervisor process (``python -m stackproof.embedded.supervisor``) has all of it as children and threads. Like the cloud's server it ends
with the process that started it unless it is detached, and in any case with the cloud; what it started ends with it, however it ends.

It begins while the cloud is still deployed: database, packages of the backend, extensions, migrations. Told where the cloud is, it
deploys the backend twice, as ``scripts/deploy-aws.sh`` does (so that there is something to roll back to), and then keeps as many
processes as the services want tasks, each with the environment and the secrets of its task definition:

* A task that is new gets a process if its image is in ECR, one that a service no longer wants loses it.
* A process that ended is **not** replaced, unlike on AWS: what broke stays to be seen. A new deployment replaces it.

`stackproof.embedded.live` lets the APIs tell what runs. What the containers write goes to the log groups of their task definitions, and
the processor time that they and the database use goes to ``CPUUtilization``. The targets are asked for their health all the time, at
the interval of their target group: a stack that nobody uses logs all the same, as on AWS.
"""

import argparse
import json
import os
import queue
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from stackproof.core.verdicts import CouldNotVerify
from stackproof.embedded import cloud, health, image, postgres, process, release, tasks
from stackproof.embedded.account import Endpoint
from stackproof.embedded.authority import Authority
from stackproof.embedded.cloud import CloudFailed
from stackproof.embedded.files import write_private
from stackproof.embedded.front_door import FrontDoor, Listener
from stackproof.embedded.health import Check
from stackproof.embedded.tasks import Running
from stackproof.embedded.tls_proxy import TlsProxy
from stackproof.embedded.workload import AUTHORITY, DATABASE, OWNER, Source
from stackproof.judgement.images import image_name
from stackproof.processes.children import last_line
from stackproof.processes.venvs import environment
from stackproof.redaction import redaction
from stackproof.util.http import pinned

HEALTHY_SECONDS = 60


RECORDS_SECONDS = 10


_INTERVAL = 0.25  # seconds between two looks at what the services want


_METRICS_INTERVAL = 60.0  # as ECS and RDS send theirs


_SERVICES = ("ecs", "ecr", "logs", "secretsmanager", "cloudwatch", "rds")


_PREVIOUS = "previous"


_REQUESTS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/health", None),
    ("GET", "/api/v1/health", None),
    ("POST", "/api/v1/complete", {"prompt": "Summarise the notes of the last release in one sentence."}),
)


class Supervisor:
    """All that runs. It is used by one thread, whose end is the end of the processes."""

    def __init__(self, source: Source, directory: Path, *, password: str, say: Callable[[str], None]) -> None:
        self._source = source
        self._directory = directory
        self._password = password
        self._say = say
        self._undo = ExitStack()
        self._running: dict[str, Running] = {}
        self._refused: dict[str, str] = {}
        self._doors: dict[str, FrontDoor] = {}
        self._health: tuple[float, dict[str, bool]] = (0.0, {})
        self._health_lock = threading.Lock()
        self._asked: dict[str, float] = {}  # when the targets of each group were, in seconds of time.monotonic()
        self._measured: dict[int, tuple[float, float]] = {}
        self._tasks: dict[str, Mapping[str, Any]] = {}  # of those that run
        self._llm_groups: set[str] = set()
        self._since = time.time()

    def prepare(self) -> None:
        """Start the database and migrate it. Raises `CouldNotVerify`."""
        self._database = postgres.start(self._directory, name=DATABASE, owner=OWNER, password=self._password)
        self._undo.callback(self._database.close)
        self._python = environment(self._source.cache, "backend", self._source.backend / "requirements.txt", self._say)
        self._database.run_script(self._source.extensions)
        self._authority = Authority()
        write_private(self._directory / AUTHORITY, self._authority.certificate)
        self._proxy = TlsProxy(self._database.port, **self._certified([]))
        self._undo.callback(self._proxy.close)
        self._migrate()
        for service in _SERVICES:  # their definitions are large; from now on they are in memory
            Endpoint("http://127.0.0.1:1", "", "us-east-1").client(service)

    def run(self, live: Mapping[str, Any], account: str, region: str) -> None:
        """Deploy the backend to the cloud, and start it; returns when it is healthy."""
        self._cloud = live
        self._api = Endpoint(live["endpoint"], account, region)
        self._clients = {name: self._api.client(name) for name in _SERVICES}
        databases = self._clients["rds"].describe_db_instances()["DBInstances"]
        self._instances = {each["DBInstanceIdentifier"]: each["Endpoint"] for each in databases}
        self._proxy.certify(**self._certified([each["Address"] for each in self._instances.values()]))
        self._proxy.follow(lambda: all(cloud.live(self._api.url)["forces_tls"].values()))
        for service in release.services(self._clients["ecs"]):
            self._deploy(service)
        self.look()
        self._tell()
        self._wait_until_healthy()

    def use(self) -> None:
        """Use it a little; returns when its first events are there."""
        self._use_it()
        self._measure()

    def look(self) -> None:
        """Bring the processes, and the front doors, in line with what the cloud wants now."""
        state = cloud.live(self._api.url)
        wanted = state["tasks"]
        for arn in set(self._running) - set(wanted):
            self._end(self._running.pop(arn))
            del self._tasks[arn]
        for arn in sorted(set(wanted) - set(self._running) - set(self._refused)):
            try:
                self._running[arn] = self._start(arn, wanted[arn])
                self._tasks[arn] = wanted[arn]
            except (CloudFailed, ClientError) as error:
                self._refused[arn] = f"Task {arn.rpartition('/')[2]} is not started: {error}"
                self._say(self._refused[arn])
        for host, listeners in state["load_balancers"].items():
            self._listen(host, [listener["port"] for listener in listeners])
        for host in set(self._doors) - set(state["load_balancers"]):
            self._doors.pop(host).close()
        self._check_health(state["targets"])
        if state["told"] != self._reported():
            self._tell()

    def serve(self) -> None:
        """Keep everything running until the cloud ends."""
        measured = time.monotonic()
        while process.started_at(self._cloud["pid"]) == self._cloud["started"]:
            time.sleep(_INTERVAL)
            try:
                self.look()
                self._ship()
                if time.monotonic() - measured > _METRICS_INTERVAL:
                    measured = time.monotonic()
                    self._measure()
            except (CloudFailed, BotoCoreError, ClientError) as error:
                print(f"{datetime.now(UTC):%H:%M:%S} {error}", flush=True)

    def close(self) -> None:
        """End everything."""
        for running in self._running.values():
            running.child.kill()
        for door in self._doors.values():
            door.close()
        self._undo.close()

    # Preparations

    def _certified(self, names: list[str]) -> dict[str, Path]:
        issued = self._authority.issue(names)
        files = {"certificate": self._directory / "database.pem", "private_key": self._directory / "database-key.pem"}
        write_private(files["certificate"], issued.certificate)
        write_private(files["private_key"], issued.private_key)
        return files

    def _migrate(self) -> None:
        connection = {
            "ENVIRONMENT": "production",
            "RDS_DATABASE": DATABASE,
            "RDS_USERNAME": OWNER,
            "RDS_PASSWORD": self._password,
            **self._database_of_processes(),
        }
        ended = subprocess.run(
            [str(self._python), "-m", "alembic", "upgrade", "head"],
            cwd=self._source.backend,
            env=tasks.base_environment() | connection,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=HEALTHY_SECONDS,
        )
        print(redaction.redact(ended.stdout + ended.stderr), flush=True)
        if ended.returncode:
            raise CloudFailed(f"alembic upgrade head failed: {last_line(ended.stderr.strip() or ended.stdout)}")

    def _database_of_processes(self) -> dict[str, str]:
        """Where a process finds the database, whatever its task definition calls the host."""
        return {
            "RDS_ADDRESS": "127.0.0.1",
            "RDS_PORT": str(self._proxy.port),
            "RDS_SSLMODE": "verify-full",
            "RDS_SSLROOTCERT": str(self._directory / AUTHORITY),
        }

    def _deploy(self, service: release.Service) -> None:
        """Deploy the tag that the service was made with, after another one."""
        for tag in (_PREVIOUS, service.tag):
            pushed = image.build(self._source.backend, version=tag)
            image.push(self._clients["ecr"], service.repository, pushed, tag)
            release.release(self._clients["ecs"], service, pushed.digest)

    # Processes

    def _start(self, arn: str, task: Mapping[str, Any]) -> Running:
        described = self._clients["ecs"].describe_task_definition(taskDefinition=task["definition"])["taskDefinition"]
        for each in described["containerDefinitions"]:
            self._pull(each["image"])
        container = described["containerDefinitions"][0]
        given = tasks.environment_of(container, self._clients["secretsmanager"])
        for name, expected in (("RDS_DATABASE", DATABASE), ("RDS_USERNAME", OWNER)):
            if given.get(name, expected) != expected:
                raise CloudFailed(f"{name} is not {expected}, and the embedded cloud's database has no other")
        self._llm_groups |= {given[name] for name in ("LLM_LOG_GROUP",) if name in given}
        stream = tasks.stream_of(container, arn)
        if stream:
            tasks.open_stream(self._clients["logs"], stream)
        environment = {
            **tasks.base_environment(),
            **given,
            **self._database_of_processes(),
            "AWS_ENDPOINT_URL": self._api.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }
        command = [str(self._python), "-m", "uvicorn", "app.main:app", "--fd", "{fd}", *image.SERVE]
        cpu = int(described.get("cpu") or container.get("cpu") or 1024) / 1024
        return tasks.start(command, directory=self._source.backend, environment=environment, stream=stream, cpu=cpu)

    def _pull(self, reference: str) -> None:
        """Raises `CloudFailed` for an image that its repository in ECR does not have, and `ClientError` where that is none."""
        name = image_name(reference)
        if name.ecr:
            found = self._clients["ecr"].batch_get_image(repositoryName=name.repository, imageIds=[name.id])["images"]
            if not found:
                raise CloudFailed(f"CannotPullContainerError: {reference} is not in ECR")

    def _end(self, running: Running) -> None:
        """Let a process finish what it does, as ECS does: SIGTERM, and SIGKILL later; nobody waits for that."""
        running.child.terminate()

        def wait() -> None:
            try:
                running.child.wait(30)
            except subprocess.TimeoutExpired:
                running.child.kill()
                running.child.wait()

        threading.Thread(target=wait, daemon=True).start()

    def _ship(self) -> None:
        for arn, running in self._running.items():
            running.child.poll()  # else its end would not show
            try:
                running.ship(self._clients["logs"])
            except ClientError as error:
                print(f"The output of task {arn.rpartition('/')[2]} is lost: {error}", flush=True)

    # Front doors

    def _listen(self, host: str, ports: list[int]) -> None:
        if host not in self._doors:
            self._doors[host] = FrontDoor(
                host,
                [],
                certificate=self._directory / "certificate.pem",
                private_key=self._directory / "private_key.pem",
                targets=self._targets,
                current=lambda: self._listeners(host),
            )
        self._doors[host].listen(ports)

    def _listeners(self, host: str) -> dict[int, Listener]:
        listeners = cloud.live(self._api.url)["load_balancers"].get(host, [])
        return {listener["port"]: Listener.of(listener) for listener in listeners}

    def _targets(self, action: Mapping[str, Any]) -> list[int]:
        """The ports of an action's healthy targets; of all that run if none is healthy, as a load balancer does ("fail open")."""
        groups = [action.get("TargetGroupArn"), *(each["TargetGroupArn"] for each in _forwards(action))]
        known = cloud.live(self._api.url)["targets"]
        checks = {address: Check(**each) for group in groups for address, each in known.get(group, {}).items()}
        with self._health_lock:
            at, healthy = self._health
            if time.monotonic() - at > 1 or set(healthy) != set(checks):
                found = health.check_all(checks)
                healthy = {address: each.state == "healthy" for address, each in found.items()}
                self._health = time.monotonic(), healthy
        return sorted(check.port for address, check in checks.items() if healthy[address] or not any(healthy.values()))

    def _check_health(self, groups: Mapping[str, Mapping[str, Any]]) -> None:
        """Ask the targets at the interval of their group, as load balancers do. Nobody waits for it: what it is for is what they log."""
        now = time.monotonic()
        for group, targets in groups.items():
            checks = {address: Check(**each) for address, each in targets.items()}
            if checks and now - self._asked.setdefault(group, now) >= min(check.interval for check in checks.values()):
                self._asked[group] = now
                threading.Thread(target=health.check_all, args=[checks], daemon=True).start()

    # What is told

    def _reported(self) -> dict[str, Any]:
        doors = {f"{host}:{port}": here for host, door in self._doors.items() for port, here in door.ports.items()}
        doors |= {f"{each['Address']}:{each['Port']}": self._proxy.port for each in self._instances.values()}
        return {
            "tasks": {arn: running.reported for arn, running in self._running.items()},
            "doors": doors,
            "database": {
                "instances": list(self._instances),
                "pid": self._database.child.pid,
                "started": self._database.started,
                "name": DATABASE,
                "user": OWNER,
                "authority": str(self._directory / AUTHORITY),
            },
        }

    def _tell(self) -> None:
        cloud.tell(self._api.url, self._reported())

    def _wait_until_healthy(self) -> None:
        """Raises `CloudFailed` for a task that does not start, ends, or takes too long."""
        deadline = time.monotonic() + HEALTHY_SECONDS
        while True:
            for why in self._refused.values():
                raise CloudFailed(why)
            for running in self._running.values():
                if running.child.poll() is not None:
                    raise CloudFailed(f"a task ended: {running.last_line()}")
            checks = {
                name: Check(**each) for group in cloud.live(self._api.url)["targets"].values() for name, each in group.items()
            }
            unhealthy = [found for found in health.check_all(checks).values() if found.state != "healthy"]
            if not unhealthy:
                return
            if time.monotonic() > deadline:
                raise CloudFailed(f"a task is not healthy within {HEALTHY_SECONDS} s: {unhealthy[0].description}")
            time.sleep(0.05)

    def _use_it(self) -> None:
        """Some requests through the front doors, so that there is something to see; returns when CloudWatch has their records."""
        trusting = ssl.create_default_context(cafile=str(self._directory / "certificate.pem"))
        for host, door in self._doors.items():
            if 443 in door.ports:
                for method, path, body in _REQUESTS:
                    _ask(host, door.ports[443], trusting, method, path, body)
        deadline = time.monotonic() + RECORDS_SECONDS
        while (missing := self._silent_groups()) and time.monotonic() < deadline:
            self._ship()
            time.sleep(0.05)
        if missing:
            self._say(f"Note: nothing was written to {', '.join(sorted(missing))} within {RECORDS_SECONDS} s.")

    def _silent_groups(self) -> set[str]:
        """Log groups that should have received something by now."""
        expected = {running.stream.group for running in self._running.values() if running.stream} | self._llm_groups
        return expected - {group for group, size in cloud.live(self._api.url)["received"].items() if size}

    # Metrics

    def _measure(self) -> None:
        """Put the processor time that was used since the last time into CloudWatch, in percent of what there is."""
        now = time.time()
        used: dict[tuple[str, str], tuple[float, float]] = {}
        for arn, running in self._running.items():
            task, spent = self._tasks[arn], self._spent(running.child.pid, now, running.at)
            if spent:
                key = task["cluster"], task["service"]
                busy, available = used.get(key, (0.0, 0.0))
                used[key] = busy + spent[0], available + spent[1] * running.cpu
        for (cluster, service), (busy, available) in used.items():
            self._put("AWS/ECS", {"ClusterName": cluster, "ServiceName": service}, busy, available)
        if spent := self._spent(self._database.child.pid, now, self._since):
            for identifier in self._instances:
                self._put("AWS/RDS", {"DBInstanceIdentifier": identifier}, spent[0], spent[1] * (os.cpu_count() or 1))

    def _spent(self, pid: int, now: float, started: float) -> tuple[float, float] | None:
        """Processor seconds since the last measurement, and in how many seconds; None for a process that ended."""
        total = process.cpu_seconds(pid)
        if total is None:
            return None
        before, at = self._measured.get(pid, (0.0, started))
        self._measured[pid] = total, now
        return max(0.0, total - before), max(0.001, now - at)

    def _put(self, namespace: str, dimensions: Mapping[str, str], busy: float, available: float) -> None:
        datum = {
            "MetricName": "CPUUtilization",
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            "Timestamp": datetime.now(UTC),
            "Value": min(100.0, 100 * busy / available),
            "Unit": "Percent",
        }
        self._clients["cloudwatch"].put_metric_data(Namespace=namespace, MetricData=[datum])


def _forwards(action: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The target groups of a forwarding action that names several."""
    return list(action.get("ForwardConfig", {}).get("TargetGroups", ()))


def _ask(host: str, port: int, trusting: ssl.SSLContext, method: str, path: str, body: Any) -> None:
    """One request to a front door, by its name. Raises `CloudFailed` if the answer is none of success."""
    from requests import RequestException

    try:
        with pinned(("127.0.0.1", port), trusting=trusting) as session:
            url, headers = f"https://{host}{path}", {"User-Agent": "stackproof"}
            status = session.request(method, url, json=body, headers=headers, timeout=10, allow_redirects=False).status_code
    except RequestException as error:
        raise CloudFailed(f"https://{host}{path} does not answer: {type(error).__name__}") from None
    if status >= 300:
        raise CloudFailed(f"https://{host}{path} answers {status}")


def main() -> None:
    """Run until the cloud ends, or the owner does. Tells how it goes as JSON lines to the descriptor ``--announce``."""
    parser = argparse.ArgumentParser(prog="python -m stackproof.embedded.supervisor")
    parser.add_argument("--announce", required=True, type=int)
    reported: queue.Queue[dict[str, Any]] = queue.Queue()
    signal.signal(signal.SIGTERM, _terminated)
    job = json.loads(sys.stdin.readline())
    redaction.register(job["password"])
    threading.Thread(target=_listen_to_owner, args=[reported], daemon=True).start()
    with os.fdopen(parser.parse_args().announce, "w", encoding="utf-8") as announce:

        def tell(**message: object) -> None:
            print(message, flush=True)
            if not announce.closed:
                announce.write(json.dumps(message) + "\n")
                announce.flush()

        source = Source(**{name: Path(path) for name, path in job["source"].items()})
        supervisor = Supervisor(source, Path(job["directory"]), password=job["password"], say=lambda line: tell(say=line))
        try:
            supervisor.prepare()
            supervisor.run(reported.get(), job["account"], job["region"])
            tell(healthy=True)
            supervisor.use()
            tell(used=True)
            announce.close()
            supervisor.serve()
        except Exception as error:
            _end_undisturbed()
            known = isinstance(error, CouldNotVerify)
            tell(failed=redaction.redact(str(error) if known else f"{type(error).__name__}: {error}"))
            raise
        finally:
            _end_undisturbed()
            supervisor.close()


def _listen_to_owner(reported: "queue.Queue[dict[str, Any]]") -> None:
    """Hand on where the cloud is; end this process with the owner unless the owner detaches it."""
    for line in sys.stdin:
        if line == "detach\n":
            return
        reported.put(json.loads(line))
    os.kill(os.getpid(), signal.SIGTERM)


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    _end_undisturbed()
    sys.exit(143)  # as an exception, so that what was started is ended


def _end_undisturbed() -> None:
    """Another signal would cut the end short, and leave something behind."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


if __name__ == "__main__":
    main()
