"""The embedded cloud's answers about processes that really run: tasks, targets, databases.

moto keeps services, tasks and targets as they were asked for. The workload (`stackproof.embedded.workload`) tells this process which
task is which process; from then on the APIs answer by what these processes do at the moment of the call. Until it has told something,
moto answers as before.

* A task whose process was not started yet is PENDING; one whose process ended is STOPPED, and is not replaced.
* A service counts its tasks, and its deployment is COMPLETED once all of them have run.
* A target is as healthy as the answer to its target group's health check, which is sent then.
* A database whose process ended is ``stopped``.
* What CloudWatch Logs takes in is counted in ``AWS/Logs``.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow
from moto.ecr.models import ECRBackend, Image
from moto.ecs.models import EC2ContainerServiceBackend, Service, Task, ecs_backends
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeListener, FakeTargetGroup, elbv2_backends
from moto.elbv2.ssl_policies import SSL_POLICIES
from moto.logs.models import LogsBackend
from moto.moto_api._internal import mock_random
from moto.rds.models import DBInstance, RDSBackend, rds_backends

from stackproof.embedded import health, process
from stackproof.embedded.health import Check, Health
from stackproof.embedded.moto_gaps.registry import corrects

HSTS = "routing.http.response.strict_transport_security.header_value"
"""The attribute of a listener that has it add ``Strict-Transport-Security``."""
OVERHEAD = 26
"""Bytes that CloudWatch Logs adds to each event (PutLogEvents)."""

_reported: dict[str, Any] = {}
_health: dict[str, Health] = {}
_received: Counter[str] = Counter()


def tell(reported: Mapping[str, Any]) -> None:
    """Learn from the workload what it runs; it replaces what was told before.

    ``{"tasks": {TASK_ARN: {"pid": 1, "started": "...", "port": 40001}}, ...}``: see `process.started_at`. Everything else is kept for
    those who ask for `state`.
    """
    _reported.clear()
    _reported.update(reported)


def state() -> dict[str, Any]:
    """The processes that run in the cloud and those that should, as JSON for the supervisor and the tests."""
    for backend in _all(ecs_backends):
        _observe(backend)
    return {
        "told": dict(_reported),
        "tasks": {task.task_arn: _described(task) for backend in _all(ecs_backends) for task in _wanted(backend)},
        "load_balancers": {
            balancer.dns_name: [_listener(listener) for listener in balancer.listeners.values()]
            for backend in _all(elbv2_backends)
            for balancer in backend.load_balancers.values()
        },
        "targets": {
            group.arn: {address: asdict(check) for address, check in _checks(group)}
            for backend in _all(elbv2_backends)
            for group in backend.target_groups.values()
        },
        "forces_tls": {
            database.db_instance_identifier: _forces_tls(database)
            for backend in _all(rds_backends)
            for database in backend.databases.values()
            if database.engine == "postgres"
        },
        "received": dict(_received),
    }


def due() -> dict[str, Check]:
    """The health checks of every target that runs, by its address."""
    found = (_checks(group) for backend in _all(elbv2_backends) for group in backend.target_groups.values())
    return {address: check for checks in found for address, check in checks}


def measure(checks: dict[str, Check]) -> None:
    """Ask the targets; DescribeTargetHealth tells what they answered. Slow: not to be called while a request is handled."""
    _health.update(health.check_all(checks))


def _all(backends: Any) -> list[Any]:
    return [backend for account in list(backends.values()) for backend in list(account.values())]


def _process(task_arn: str) -> dict[str, Any] | None:
    """The process of a task, as it was told; None if it was not."""
    return _reported.get("tasks", {}).get(task_arn)  # type: ignore[no-any-return]


def _is_alive(reported: Mapping[str, Any]) -> bool:
    return bool(process.started_at(reported["pid"]) == reported["started"])


# ECS


def _wanted(backend: EC2ContainerServiceBackend) -> Iterator[Task]:
    """The tasks that services want to run."""
    for tasks in backend.tasks.values():
        for task in tasks.values():
            if task.group.startswith("service:") and task.desired_status == "RUNNING":
                yield task


def _described(task: Task) -> dict[str, Any]:
    return {
        "cluster": task.cluster_name,
        "service": task.group.removeprefix("service:"),
        "definition": task.task_definition_arn,
        "address": _address(task),
    }


def _address(task: Task) -> str | None:
    attachments: list[Any] = task.attachments
    details = [detail for attachment in attachments for detail in attachment["details"]]
    return next((detail["value"] for detail in details if detail["name"] == "privateIPv4Address"), None)


def _observe(backend: EC2ContainerServiceBackend) -> None:
    """Let tasks and services be what their processes are."""
    if not _reported:
        return
    for task in list(_wanted(backend)):
        reported = _process(task.task_arn)
        if reported is None:
            _set(task, "PENDING")
        elif _is_alive(reported):
            vars(task)["started_at"] = datetime.fromtimestamp(reported["at"], UTC)
            _set(task, "RUNNING")
        else:
            _set(task, "STOPPED")
            task.desired_status, task.stopped_reason = "STOPPED", "Essential container in task exited"
            vars(task).update(stop_code="EssentialContainerExited", stopped_at=utcnow())
    for service in backend.services.values():
        _count(service, [task for task in _wanted(backend) if task.group == f"service:{service.name}"])


def _set(task: Task, status: str) -> None:
    task.last_status = status
    vars(task)["health_status"] = "UNKNOWN"  # no container has a health check of its own
    for container in task.containers:
        container.last_status, container.health_status = status, "UNKNOWN"


def _count(service: Service, tasks: list[Task]) -> None:
    running = sum(task.last_status == "RUNNING" for task in tasks)
    pending = len(tasks) - running
    was_steady = service.pending_count == 0 and service.running_count == service.desired_count and bool(service.events)
    service.running_count, service.pending_count = running, pending
    is_steady = pending == 0 and running == service.desired_count
    if is_steady and not was_steady:
        message = f"(service {service.name}) has reached a steady state."
        service.events.insert(0, {"id": str(mock_random.uuid4()), "createdAt": utcnow(), "message": message})
    for deployment in service.deployments[:1]:
        deployment |= {"runningCount": running, "pendingCount": pending, "desiredCount": service.desired_count}
        if pending:
            deployment |= {"rolloutState": "IN_PROGRESS", "rolloutStateReason": f"ECS deployment {deployment['id']} in progress."}
        elif is_steady:
            deployment |= {"rolloutState": "COMPLETED", "rolloutStateReason": f"ECS deployment {deployment['id']} completed."}
    if is_steady:
        _forget_replaced(service)


def _forget_replaced(service: Service) -> None:
    """Deregister the targets of tasks that ended by themselves: others have taken their place."""
    balancing = elbv2_backends[service._account_id][service.region_name]
    tasks = [task for task in service._backend.tasks.get(service.cluster_name, {}).values() if _address(task)]
    mine = {_address(task) for task in tasks if task.group == f"service:{service.name}"}
    replaced = mine - {_address(task) for task in tasks if task.desired_status == "RUNNING"}  # addresses are used again
    for balancer in service.load_balancers:
        if group := balancing.target_groups.get(balancer["targetGroupArn"]):
            group.deregister([{"Id": address} for address in replaced & set(group.targets)])


@corrects(EC2ContainerServiceBackend, "describe_services", "ecs:DescribeServices counts", "moto's tasks are no processes")
def describe_services(original: Callable[..., Any], self: EC2ContainerServiceBackend, *args: Any, **kw: Any) -> Any:
    """Count what runs."""
    _observe(self)
    return original(self, *args, **kw)


@corrects(EC2ContainerServiceBackend, "describe_tasks", "ecs:DescribeTasks status", "moto's tasks are no processes")
def describe_tasks(original: Callable[..., Any], self: EC2ContainerServiceBackend, *args: Any, **kw: Any) -> Any:
    """Tell which run."""
    _observe(self)
    return original(self, *args, **kw)


@corrects(EC2ContainerServiceBackend, "list_tasks", "ecs:ListTasks status", "moto's tasks are no processes")
def list_tasks(original: Callable[..., Any], self: EC2ContainerServiceBackend, *args: Any, **kw: Any) -> Any:
    """List the tasks that run or shall run; stopped ones only if asked for."""
    _observe(self)
    return original(self, *args, **kw)


# Elastic Load Balancing


def _listener(listener: FakeListener) -> dict[str, Any]:
    policy = SSL_POLICIES.get(listener.ssl_policy, {}) if listener.protocol in ("HTTPS", "TLS") else {}
    return {
        "port": int(listener.port),
        "action": listener.default_actions[-1].data,
        "protocols": list(policy.get("ssl_protocols", ())),
        "hsts": listener.attributes.get(HSTS, ""),
    }


def _checks(group: FakeTargetGroup) -> list[tuple[str, Check]]:
    """The targets of a group that are processes which run, and how each is asked."""
    processes = {_address(task): _process(task.task_arn) for backend in _all(ecs_backends) for task in _wanted(backend)}
    found = []
    for target in group.targets.values():
        reported = processes.get(target["Id"])
        if reported and _is_alive(reported):
            matcher = (group.matcher or {}).get("HttpCode", "200")
            timeout, interval = float(group.health_check_timeout_seconds), float(group.health_check_interval_seconds)
            found.append((target["Id"], Check(reported["port"], group.health_check_path or "/", matcher, timeout, interval)))
    return found


@corrects(ELBv2Backend, "describe_target_health", "elbv2:DescribeTargetHealth", "moto's targets are always healthy")
def describe_target_health(
    original: Callable[..., list[FakeHealthStatus]], self: ELBv2Backend, target_group_arn: str, targets: Any
) -> list[FakeHealthStatus]:
    """Describe each target by its answer to the health check that was sent for this call; see `measure`."""
    found = original(self, target_group_arn, targets)
    if not _reported:
        return found
    tasks = {_address(task): task for backend in _all(ecs_backends) for task in _wanted(backend)}
    for target in found:
        if target.status == "healthy":
            task = tasks.get(target.instance_id)
            reported = _process(task.task_arn) if task else None
            if task and reported is None:
                said = health.STARTING
            elif reported and _is_alive(reported):
                said = _health.get(target.instance_id, health.GONE)
            else:
                said = health.GONE
            target.status, target.reason, target.description = said.state, said.reason, said.description
    return found


# RDS


_FORCED_SINCE = 15
"""The major version from which ``rds.force_ssl`` is 1 by default (Amazon RDS user guide, "Requiring an SSL connection")."""


def _forces_tls(database: DBInstance) -> bool:
    """Whether ``rds.force_ssl`` is 1 in the parameter group that is attached."""
    default = int(str(database.engine_version).partition(".")[0]) >= _FORCED_SINCE
    said = [group.parameters["rds.force_ssl"] for group in database.db_parameter_groups() if "rds.force_ssl" in group.parameters]
    return all(parameter.get("ParameterValue") == "1" for parameter in said) if said else default


@corrects(RDSBackend, "describe_db_instances", "rds:DescribeDBInstances DBInstanceStatus", "moto's databases are no processes")
def describe_db_instances(original: Callable[..., Any], self: RDSBackend, *args: Any, **kw: Any) -> Any:
    """Describe a DB instance as stopped when its database process does not run."""
    found = original(self, *args, **kw)
    reported = _reported.get("database")
    if reported and not _is_alive(reported):
        for database in found:
            if database.db_instance_identifier in reported["instances"]:
                database.status = "stopped"
    return found


# CloudWatch Logs


@corrects(LogsBackend, "put_log_events", "logs:PutLogEvents metrics", "moto does not count what log groups receive")
def put_log_events(
    original: Callable[..., Any], self: LogsBackend, log_group_name: str, log_stream_name: str, log_events: Any
) -> Any:
    """``IncomingBytes`` and ``IncomingLogEvents`` (CloudWatch Logs user guide, "Monitoring with CloudWatch metrics")."""
    result = original(self, log_group_name, log_stream_name, log_events)
    size = sum(len(event["message"].encode()) + OVERHEAD for event in log_events)
    _received[log_group_name] += size
    datum = {"Dimensions": [{"Name": "LogGroupName", "Value": log_group_name}], "Timestamp": utcnow()}
    cloudwatch_backends[self.account_id][self.region_name].put_metric_data(
        "AWS/Logs",
        [
            {**datum, "MetricName": "IncomingBytes", "Value": size, "Unit": "Bytes"},
            {**datum, "MetricName": "IncomingLogEvents", "Value": len(log_events), "Unit": "Count"},
        ],
    )
    return result


# ECR


@corrects(ECRBackend, "put_image", "ecr:PutImage digest", "moto's digests are not those of the manifests")
def put_image(
    original: Callable[..., Image],
    self: ECRBackend,
    repository_name: str,
    image_manifest: str,
    image_tag: str | None,
    image_manifest_mediatype: str | None = None,
    digest: str | None = None,
) -> Image:
    """An image is named by the SHA-256 of its manifest (OCI image specification, "Descriptors")."""
    computed = f"sha256:{hashlib.sha256(image_manifest.encode()).hexdigest()}"
    return original(self, repository_name, image_manifest, image_tag, image_manifest_mediatype, digest or computed)
