"""The workload of a small stack: what the APIs say is what runs, and nothing of it is left."""

import contextlib
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stackproof.core.verdicts import Unreachable
from stackproof.embedded import account, cloud, process, workload
from stackproof.embedded.account import Endpoint
from stackproof.embedded.cloud import Cloud, CloudFailed
from stackproof.embedded.workload import Source, Workload
from stackproof.probes import postgres

ACCOUNT, REGION = "123456789012", "ap-northeast-2"
CLUSTER, SERVICE, GROUP, PARAMETERS = "main", "backend", "/aws/ecs/backend", "database-postgres17"

SERVER = """
import http.server, json, os, pathlib, socket, sys
print(json.dumps({"level": "INFO", "message": "started"}), flush=True)
if os.environ.get("MODE") == "ends":
    sys.exit("no use")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = 503 if pathlib.Path("unhealthy").exists() else 200
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps({"path": self.path, "headers": dict(self.headers), "environment": dict(os.environ)}).encode())
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()
    def log_message(self, *said):
        print(json.dumps({"level": "INFO", "message": "asked for " + self.path}), flush=True)
listening = socket.socket(fileno=int(sys.argv[sys.argv.index("--fd") + 1]))
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket = listening
server.serve_forever()
"""
"""In the place of uvicorn and the backend."""
MIGRATIONS = """
import json, os, pathlib, sys
pathlib.Path("migrated.json").write_text(json.dumps(dict(os.environ)))
print("said", os.environ["RDS_PASSWORD"])
sys.exit(1 if pathlib.Path("broken").exists() else 0)
"""
"""In the place of alembic."""


def make_source(directory: Path, mode: str = "") -> Source:
    """A backend without packages, in an environment that is this process's own."""
    backend = directory / "backend"
    for name, program in (("uvicorn", SERVER), ("alembic", MIGRATIONS)):
        (backend / name).mkdir(parents=True)
        (backend / name / "__main__.py").write_text(program)
    requirements = backend / "requirements.txt"
    requirements.write_text("")
    home = directory / "cache" / "backend"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python").symlink_to(sys.executable)
    known = f"{sys.version} {sys.base_prefix}\n".encode() + requirements.read_bytes()
    (home / "installed").write_text(hashlib.sha256(known).hexdigest())
    extensions = directory / "extensions.sql"
    extensions.write_text("CREATE EXTENSION vector;" if mode != "broken extensions" else "CREATE EXTENSION nothing;")
    if mode == "broken migrations":
        (backend / "broken").touch()
    return Source(backend, extensions, directory / "cache")


def make_stack(api: Endpoint, password: str, mode: str = "") -> None:
    """A service behind a load balancer, with a database and its secret."""
    served = account.certificate(REGION)
    network, balancing = api.client("ec2"), api.client("elbv2")
    named = {"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "network"}]}
    vpc = network.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=[named])["Vpc"]["VpcId"]
    subnets = [
        network.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ac")
    ]
    group = network.create_security_group(VpcId=vpc, GroupName="tasks", Description="tasks")["GroupId"]
    balancer = balancing.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    health = {"HealthCheckPath": "/health", "Matcher": {"HttpCode": "200"}, "HealthCheckTimeoutSeconds": 2}
    targets = balancing.create_target_group(Name="backend", VpcId=vpc, Protocol="HTTP", Port=8000, TargetType="ip", **health)[
        "TargetGroups"
    ][0]["TargetGroupArn"]
    certificate = api.client("acm").import_certificate(Certificate=served.certificate, PrivateKey=served.private_key)
    balancing.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": certificate["CertificateArn"]}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
    )
    databases = api.client("rds")
    databases.create_db_parameter_group(DBParameterGroupName=PARAMETERS, DBParameterGroupFamily="postgres17", Description="any")
    databases.create_db_instance(
        DBInstanceIdentifier="database", DBInstanceClass="db.t4g.medium", Engine="postgres", EngineVersion="17.4", MasterUsername="x",
        AllocatedStorage=20, MasterUserPassword=password, DBParameterGroupName=PARAMETERS,
    )  # fmt: skip
    content = json.dumps({"password": password, "username": "triflow_admin", "dbname": "triflow"})
    secret = api.client("secretsmanager").create_secret(Name="app/database", SecretString=content)["ARN"][:-7]
    api.client("ecr").create_repository(repositoryName="backend")
    if mode != "no log group":
        api.client("logs").create_log_group(logGroupName=GROUP)
    tasks = api.client("ecs")
    tasks.create_cluster(clusterName=CLUSTER)
    container = {
        "name": "backend",
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/backend:latest",
        "environment": [{"name": "MODE", "value": mode}],
        "secrets": [{"name": f"RDS_{key.upper()}", "valueFrom": f"{secret}:{key}::"} for key in ("password", "username")],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": GROUP, "awslogs-region": REGION, "awslogs-stream-prefix": "app"},
        },
    }
    definition = tasks.register_task_definition(
        family="backend", networkMode="awsvpc", cpu="512", memory="1024", containerDefinitions=[container]
    )["taskDefinition"]["taskDefinitionArn"]
    tasks.create_service(
        cluster=CLUSTER,
        serviceName=SERVICE,
        taskDefinition=definition,
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": subnets, "securityGroups": [group]}},
        loadBalancers=[{"targetGroupArn": targets, "containerName": "backend", "containerPort": 8000}],
    )


@dataclass
class Stack:
    """A small stack that runs."""

    cloud: Cloud
    api: Endpoint
    workload: Workload
    directory: Path
    source: Source
    password: str
    said: list[str]
    since: datetime

    def client(self, service: str) -> Any:
        return self.api.client(service)

    @property
    def service(self) -> dict[str, Any]:
        [found] = self.client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"]
        return found

    @property
    def tasks(self) -> list[dict[str, Any]]:
        tasks = self.client("ecs")
        arns = tasks.list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]
        return tasks.describe_tasks(cluster=CLUSTER, tasks=arns)["tasks"] if arns else []

    @property
    def health(self) -> list[dict[str, str]]:
        balancing = self.client("elbv2")
        [group] = balancing.describe_target_groups()["TargetGroups"]
        found = balancing.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]
        return [target["TargetHealth"] for target in found]

    @property
    def database(self) -> str:
        [instance] = self.client("rds").describe_db_instances()["DBInstances"]
        return instance["DBInstanceStatus"]

    @property
    def states(self) -> list[str]:
        return sorted(health["State"] for health in self.health)

    @property
    def pids(self) -> list[int]:
        return [task["pid"] for task in cloud.live(self.api.url)["told"]["tasks"].values()]

    def get(self, path: str, method: str = "GET") -> http.client.HTTPResponse:
        """An answer of the front door."""
        host = next(iter(cloud.live(self.api.url)["load_balancers"]))
        trusting = ssl.create_default_context(cafile=str(self.directory / "certificate.pem"))
        client = http.client.HTTPSConnection(*workload.locate(self.api.url, host, 443), timeout=60, context=trusting)
        client.request(method, path, headers={"X-Mine": "yes"}, body="text" if method == "POST" else None)
        return client.getresponse()


def start(directory: Path, mode: str = "") -> Stack:
    """Bring a small stack up. Raises `CloudFailed`, and leaves nothing then."""
    since = datetime.now(UTC)
    password = f"canary-{os.getpid()}-{time.monotonic_ns()}"
    source = make_source(directory, mode)
    run = directory / "run"
    run.mkdir(mode=0o700)
    served = account.certificate(REGION)
    (run / "certificate.pem").write_text(served.certificate)
    (run / "private_key.pem").write_text(served.private_key)
    with pytest.MonkeyPatch.context() as owner:
        owner.setenv("AWS_PROFILE", "of-the-owner")
        owner.setenv("AWS_SECRET_ACCESS_KEY", "of-the-owner")
        started = workload.begin(source, run, password=password, account=ACCOUNT, region=REGION)
    with contextlib.ExitStack() as undo:
        undo.callback(workload.stop, started)
        if mode.startswith("broken"):  # it is told before the cloud is asked for anything
            workload.go(started, Cloud("http://127.0.0.1:1", "", 1, ""), print)
        live = cloud.start(run, ACCOUNT)
        undo.callback(cloud.stop, live)
        api = Endpoint(live.endpoint, ACCOUNT, REGION)
        make_stack(api, password, mode)
        said: list[str] = []
        workload.go(started, live, said.append)
        undo.pop_all()
    return Stack(live, api, started, run, source, password, said, since)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = start(tmp_path_factory.mktemp("workload"))
    yield made
    workload.stop(made.workload)
    cloud.stop(made.cloud)


@pytest.fixture
def stack(shared: Stack) -> Stack:
    """The stack as it should be, whatever the test before did to it."""
    (shared.source.backend / "unhealthy").unlink(missing_ok=True)
    service = shared.service
    if (service["desiredCount"], service["runningCount"]) != (2, 2):
        shared.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, desiredCount=2, forceNewDeployment=True)
        eventually(lambda: shared.service["runningCount"] == 2)
    eventually(lambda: shared.states == ["healthy", "healthy"])
    return shared


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what the supervisor does by itself."""
    deadline = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < deadline, "it did not come true within ten minutes"
        time.sleep(0.02)


def is_gone(pid: int, started: str | None) -> bool:
    return process.started_at(pid) != started


# What the APIs say


def test_the_service_runs_what_it_wants(stack: Stack) -> None:
    service = stack.service
    assert (service["desiredCount"], service["runningCount"], service["pendingCount"]) == (2, 2, 0)
    [deployment] = service["deployments"]
    assert (deployment["status"], deployment["rolloutState"], deployment["runningCount"]) == ("PRIMARY", "COMPLETED", 2)
    assert "steady state" in service["events"][0]["message"]
    for task in stack.tasks:
        assert (task["lastStatus"], task["desiredStatus"]) == ("RUNNING", "RUNNING")
        assert stack.since < task["startedAt"] < datetime.now(UTC)


def test_the_tasks_run_the_pushed_image_after_another_one(stack: Stack) -> None:
    registry = stack.client("ecr")
    tags = {
        tag: image
        for image in registry.describe_images(repositoryName="backend")["imageDetails"]
        for tag in image.get("imageTags", ())
    }
    assert set(tags) == {"previous", "latest"}
    digest = tags["latest"]["imageDigest"]
    assert digest != tags["previous"]["imageDigest"]
    for task in stack.tasks:
        [container] = task["containers"]
        assert container["image"].endswith(f"/backend@{digest}")
        assert container["imageDigest"] == digest
    family = stack.client("ecs").list_task_definitions(familyPrefix="backend", status="ACTIVE")["taskDefinitionArns"]
    assert [arn.rpartition(":")[2] for arn in family] == ["1", "2", "3"]


def test_the_image_is_of_one_platform_and_was_scanned(stack: Stack) -> None:
    registry = stack.client("ecr")
    [answer] = registry.batch_get_image(repositoryName="backend", imageIds=[{"imageTag": "latest"}])["images"]
    assert answer["imageId"]["imageDigest"] == f"sha256:{hashlib.sha256(answer['imageManifest'].encode()).hexdigest()}"
    [entry] = json.loads(answer["imageManifest"])["manifests"]
    assert entry["platform"] == {"architecture": "amd64", "os": "linux"}
    [manifest] = registry.batch_get_image(repositoryName="backend", imageIds=[{"imageDigest": entry["digest"]}])["images"]
    layers = [layer["digest"] for layer in json.loads(manifest["imageManifest"])["layers"]]
    there = registry.batch_check_layer_availability(repositoryName="backend", layerDigests=layers)
    assert [layer["layerAvailability"] for layer in there["layers"]] == ["AVAILABLE"] * len(layers)
    scan = registry.describe_image_scan_findings(repositoryName="backend", imageId={"imageDigest": entry["digest"]})
    assert scan["imageScanStatus"]["status"] == "COMPLETE"


def test_a_target_is_as_healthy_as_its_answer(stack: Stack) -> None:
    (stack.source.backend / "unhealthy").touch()
    assert {(each["State"], each["Reason"]) for each in stack.health} == {("unhealthy", "Target.ResponseCodeMismatch")}
    assert stack.health[0]["Description"] == "Health checks failed with these codes: [503]"
    (stack.source.backend / "unhealthy").unlink()
    assert stack.states == ["healthy", "healthy"]


def test_a_target_that_hangs_is_timed_out(stack: Stack) -> None:
    pid = stack.pids[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert sorted((each["State"], each.get("Reason", "")) for each in stack.health) == [
            ("healthy", ""),
            ("unhealthy", "Target.Timeout"),
        ]
    finally:
        os.kill(pid, signal.SIGCONT)


def test_what_the_tasks_write_is_in_their_own_streams(stack: Stack) -> None:
    names = {f"app/backend/{task['taskArn'].rpartition('/')[2]}" for task in stack.tasks}
    logs = stack.client("logs")
    stack.get("/from-a-test")

    def is_written() -> bool:
        events = logs.filter_log_events(logGroupName=GROUP)["events"]
        streams = {event["logStreamName"] for event in events}
        return names <= streams and any("/from-a-test" in event["message"] for event in events)

    eventually(is_written)  # one task's lines are shipped after another's


@pytest.mark.parametrize(
    ("namespace", "metric", "dimensions"),
    [
        ("AWS/ECS", "CPUUtilization", {"ClusterName": CLUSTER, "ServiceName": SERVICE}),
        ("AWS/RDS", "CPUUtilization", {"DBInstanceIdentifier": "database"}),
        ("AWS/Logs", "IncomingBytes", {"LogGroupName": GROUP}),
        ("AWS/Logs", "IncomingLogEvents", {"LogGroupName": GROUP}),
    ],
)
def test_metrics_are_there(namespace: str, metric: str, dimensions: dict[str, str], stack: Stack) -> None:
    now = datetime.now(UTC)
    found = stack.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=300,
        Statistics=["Maximum"],
    )["Datapoints"]
    assert found
    assert all(point["Maximum"] >= 0 for point in found)


# What breaks, and what is changed


def test_a_process_that_ends_is_missed_and_not_replaced(stack: Stack) -> None:
    os.kill(stack.pids[0], signal.SIGKILL)
    eventually(lambda: stack.service["runningCount"] == 1)
    service = stack.service
    assert (service["desiredCount"], service["pendingCount"], len(stack.tasks)) == (2, 0, 1)
    assert stack.states == ["healthy", "unhealthy"]
    assert {stack.get("/").status for _ in range(4)} == {200}
    stopped = stack.client("ecs").list_tasks(cluster=CLUSTER, serviceName=SERVICE, desiredStatus="STOPPED")["taskArns"]
    reasons = {task["stoppedReason"] for task in stack.client("ecs").describe_tasks(cluster=CLUSTER, tasks=stopped)["tasks"]}
    assert "Essential container in task exited" in reasons


def test_without_a_process_the_front_door_says_so(stack: Stack) -> None:
    for pid in stack.pids:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: stack.service["runningCount"] == 0)
    assert stack.get("/").status == 503
    assert stack.states == ["unhealthy", "unhealthy"]


def test_a_new_deployment_replaces_what_ended(stack: Stack) -> None:
    before = {pid: process.started_at(pid) for pid in stack.pids}
    os.kill(stack.pids[0], signal.SIGKILL)
    os.kill(stack.workload.pid, signal.SIGSTOP)  # else it may start the new tasks before they are looked at
    try:
        stack.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, forceNewDeployment=True)
        assert stack.service["pendingCount"] == 2
        assert stack.service["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    finally:
        os.kill(stack.workload.pid, signal.SIGCONT)
    eventually(lambda: stack.service["runningCount"] == 2)
    assert stack.service["deployments"][0]["rolloutState"] == "COMPLETED"
    eventually(lambda: stack.states == ["healthy", "healthy"])  # a process that runs may not serve yet
    eventually(lambda: all(is_gone(pid, started) for pid, started in before.items()))


@pytest.mark.parametrize("count", [3, 1])
def test_the_desired_count_is_followed(count: int, stack: Stack) -> None:
    stack.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, desiredCount=count)
    eventually(lambda: stack.service["runningCount"] == count and len(stack.pids) == count)
    eventually(lambda: stack.states == ["healthy"] * count)


def test_a_task_without_its_log_group_does_not_start(stack: Stack) -> None:
    logs = stack.client("logs")
    logs.delete_log_group(logGroupName=GROUP)
    try:
        stack.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, desiredCount=3)
        eventually(lambda: "is not started" in (stack.directory / workload.LOG).read_text())
        assert (stack.service["runningCount"], stack.service["pendingCount"]) == (2, 1)
    finally:
        logs.create_log_group(logGroupName=GROUP)


def test_a_task_whose_image_is_not_in_the_registry_does_not_start(stack: Stack) -> None:
    registry = stack.client("ecr")
    latest = {"repositoryName": "backend", "imageIds": [{"imageTag": "latest"}]}
    [image] = registry.batch_get_image(**latest)["images"]
    registry.batch_delete_image(**latest)
    try:
        stack.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, forceNewDeployment=True)
        missing = rf"CannotPullContainerError: \S+/backend@{image['imageId']['imageDigest']} is not in ECR"
        eventually(lambda: len(re.findall(missing, (stack.directory / workload.LOG).read_text())) >= 2)
        eventually(lambda: not stack.pids)
        assert (stack.service["runningCount"], stack.service["pendingCount"]) == (0, 2)
    finally:
        registry.put_image(repositoryName="backend", imageManifest=image["imageManifest"], imageTag="latest")


def test_a_service_that_nobody_uses_is_asked_for_its_health_and_logs_it(stack: Stack) -> None:
    balancing = stack.client("elbv2")
    [group] = balancing.describe_target_groups()["TargetGroups"]

    def streams() -> set[str]:
        events = stack.client("logs").filter_log_events(logGroupName=GROUP, startTime=since)["events"]
        return {event["logStreamName"] for event in events if "asked for /idle" in event["message"]}

    since = int(time.time() * 1000)
    shortest = {"HealthCheckPath": "/idle", "HealthCheckIntervalSeconds": 5}
    balancing.modify_target_group(TargetGroupArn=group["TargetGroupArn"], **shortest)
    try:
        eventually(lambda: len(streams()) == 2)
    finally:
        before = {"HealthCheckPath": "/health", "HealthCheckIntervalSeconds": group["HealthCheckIntervalSeconds"]}
        balancing.modify_target_group(TargetGroupArn=group["TargetGroupArn"], **before)


# The database


def test_tls_is_forced_as_the_parameter_group_says(stack: Stack) -> None:
    databases = stack.client("rds")
    [instance] = databases.describe_db_instances()["DBInstances"]

    def takes_plain_connections() -> bool:
        where = workload.locate(stack.api.url, instance["Endpoint"]["Address"], instance["Endpoint"]["Port"])
        with socket.create_connection(where, timeout=60) as connection:
            return bool(postgres.connect_plain(connection, workload.OWNER, workload.DATABASE)["Accepted"])

    assert not takes_plain_connections()  # the default of PostgreSQL 15 and later
    for value in ("0", "1"):
        parameter = {"ParameterName": "rds.force_ssl", "ParameterValue": value, "ApplyMethod": "immediate"}
        databases.modify_db_parameter_group(DBParameterGroupName=PARAMETERS, Parameters=[parameter])
        assert takes_plain_connections() is (value == "0")


# The front door


def test_the_front_door_hands_requests_on(stack: Stack) -> None:
    answer = stack.get("/a/b?c=d", "POST")
    reported = json.loads(answer.read())
    assert reported["path"] == "/a/b?c=d"
    assert reported["headers"]["X-Mine"] == "yes"
    assert reported["headers"]["X-Forwarded-Proto"] == "https"
    assert answer.getheader("Server") == "awselb/2.0"


def test_if_nobody_is_healthy_everybody_is_asked(stack: Stack) -> None:
    (stack.source.backend / "unhealthy").touch()
    assert json.loads(stack.get("/health").read())["path"] == "/health"


def test_a_changed_listener_is_seen_at_once(stack: Stack) -> None:
    balancing = stack.client("elbv2")
    [balancer] = balancing.describe_load_balancers()["LoadBalancers"]
    [listener] = balancing.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    teapot = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "418"}}]
    balancing.modify_listener(ListenerArn=listener["ListenerArn"], DefaultActions=teapot)
    assert stack.get("/").status == 418
    balancing.modify_listener(ListenerArn=listener["ListenerArn"], DefaultActions=listener["DefaultActions"])
    assert stack.get("/").status == 200


def test_a_new_listener_is_served(stack: Stack) -> None:
    balancing = stack.client("elbv2")
    [balancer] = balancing.describe_load_balancers()["LoadBalancers"]
    gone = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410"}}]
    made = balancing.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=8080, DefaultActions=gone
    )["Listeners"][0]["ListenerArn"]
    where = f"{balancer['DNSName']}:8080"
    eventually(lambda: where in cloud.live(stack.api.url)["told"]["doors"])
    client = http.client.HTTPConnection(*workload.locate(stack.api.url, balancer["DNSName"], 8080), timeout=60)
    client.request("GET", "/")
    assert client.getresponse().status == 410
    balancing.delete_listener(ListenerArn=made)
    eventually(lambda: where not in cloud.live(stack.api.url)["told"]["doors"])


def test_what_is_not_served_is_not_found(stack: Stack) -> None:
    with pytest.raises(Unreachable, match=r"other.example.com:443 is not served by the embedded cloud \(served: .*:443"):
        workload.locate(stack.api.url, "other.example.com", 443)


# Secrets and environments


def test_a_task_has_the_environment_of_its_definition_and_no_other(stack: Stack) -> None:
    environment = json.loads(stack.get("/").read())["environment"]
    assert environment["RDS_PASSWORD"] == stack.password
    assert (environment["RDS_ADDRESS"], environment["RDS_SSLMODE"]) == ("127.0.0.1", "verify-full")
    assert environment["AWS_ENDPOINT_URL"] == stack.api.url
    assert environment["AWS_SECRET_ACCESS_KEY"] == "test"
    assert not {"AWS_PROFILE", "PYTHONPATH", "PYTEST_CURRENT_TEST"} & set(environment)
    migrated = json.loads((stack.source.backend / "migrated.json").read_text())
    assert migrated["RDS_DATABASE"] == "triflow"


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="command lines are read from /proc")
def test_the_password_is_told_nowhere(stack: Stack) -> None:
    secret = stack.password.encode()
    assert secret not in json.dumps([cloud.live(stack.api.url), cloud.status(stack.api.url), stack.workload.handle]).encode()
    assert secret not in repr((stack.workload, stack.said)).encode()
    assert [file for file in stack.directory.iterdir() if file.is_file() and secret in file.read_bytes()] == []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            assert secret not in command.read_bytes()


# Failures, and the end


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("broken extensions", r'extensions.sql failed: .*extension "nothing" is not available'),
        ("broken migrations", r"alembic upgrade head failed: said \(redacted\)"),
        ("ends", r"a task ended: no use"),
        ("no log group", r"The log stream app/backend/\S+ cannot be made in /aws/ecs/backend: .*ResourceNotFoundException"),
    ],
)
def test_what_does_not_run_is_told_and_leaves_nothing(mode: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(CloudFailed, match=f"The backend does not run in the embedded cloud: .*{why}"):
        start(tmp_path, mode)
    log = (tmp_path / "run" / workload.LOG).read_text()
    assert "canary-" not in log


def test_it_ends_with_the_cloud_even_detached(tmp_path: Path) -> None:
    stack = start(tmp_path)
    pids = [stack.workload.pid, cloud.live(stack.api.url)["told"]["database"]["pid"], *stack.pids]
    alive = {pid: process.started_at(pid) for pid in pids}
    workload.detach(stack.workload)
    cloud.stop(stack.cloud)
    assert stack.workload.child is not None
    stack.workload.child.wait(60)
    eventually(lambda: all(is_gone(pid, started) for pid, started in alive.items()))
    assert not (stack.directory / "postgres").exists()


def test_its_processes_end_with_it_even_killed(tmp_path: Path) -> None:
    stack = start(tmp_path)
    pids = [cloud.live(stack.api.url)["told"]["database"]["pid"], *stack.pids]
    alive = {pid: process.started_at(pid) for pid in pids}
    assert stack.database == "available"
    os.kill(stack.workload.pid, signal.SIGKILL)
    workload.stop(stack.workload)
    eventually(lambda: all(is_gone(pid, started) for pid, started in alive.items()))
    assert stack.database == "stopped"
    assert stack.service["runningCount"] == 0
    cloud.stop(stack.cloud)
    home = (stack.directory / "postgres").resolve()
    workload.remove(stack.directory)
    assert not home.exists() or os.geteuid() != 0


def test_it_ends_with_its_owner(tmp_path: Path) -> None:
    make_source(tmp_path)
    (tmp_path / "run").mkdir()
    program = f"""
import time
from pathlib import Path
from stackproof.embedded import workload
here = Path({str(tmp_path)!r})
source = workload.Source(here / "backend", here / "extensions.sql", here / "cache")
begun = workload.begin(source, here / "run", password=str(here), account="{ACCOUNT}", region="{REGION}")
print(begun.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        started = process.started_at(pid)
        eventually(lambda: (tmp_path / "backend" / "migrated.json").exists())
        owner.send_signal(signal.SIGKILL)
    eventually(lambda: is_gone(pid, started))
    assert not (tmp_path / "run" / "postgres").exists()


def test_a_directory_that_is_gone_is_a_clear_failure(tmp_path: Path) -> None:
    source = make_source(tmp_path)
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path / "run"))):
        workload.begin(source, tmp_path / "run", password="any", account=ACCOUNT, region=REGION)


def test_a_supervisor_that_ends_without_a_word_is_told(tmp_path: Path) -> None:
    source = make_source(tmp_path)
    (tmp_path / "run").mkdir()
    started = workload.begin(source, tmp_path / "run", password="any", account=ACCOUNT, region=REGION)
    os.kill(started.pid, signal.SIGKILL)
    with pytest.raises(CloudFailed, match="does not run in the embedded cloud: no message"):
        workload.go(started, Cloud("http://127.0.0.1:1", "", 1, ""), print)
    workload.stop(started)
    workload.remove(tmp_path / "run")
