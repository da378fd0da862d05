"""ECS operations that moto lacks, put right: services with tasks."""

from collections.abc import Callable, Iterator
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ecr.models import ecr_backends
from moto.ecs.models import EC2ContainerServiceBackend, Service, Task
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends

from stackproof.embedded.moto_gaps.registry import corrects, supplies
from stackproof.judgement.images import image_name

_SERVICE_SETTINGS: dict[str, Any] = {
    "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100},
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "healthCheckGracePeriodSeconds": None,
}
"""What moto's services lack, with AWS's defaults (CreateService)."""


def _keep_settings(self: EC2ContainerServiceResponse, service: Any) -> None:
    for name, default in _SERVICE_SETTINGS.items():
        given, kept = self._get_param(name), vars(service).get(name, default)
        setattr(service, name, {**kept, **(given or {})} if isinstance(kept, dict) else kept if given is None else given)


@corrects(EC2ContainerServiceResponse, "create_service", "ecs:CreateService", "moto drops settings and starts no task")
def create_service(original: Callable[..., ActionResult], self: EC2ContainerServiceResponse) -> ActionResult:
    """Keep the settings, start the tasks, register them with the load balancer."""
    result: Any = original(self)
    _keep_settings(self, result.result["service"])
    _deploy(result.result["service"])
    return result  # type: ignore[no-any-return]


@corrects(EC2ContainerServiceResponse, "update_service", "ecs:UpdateService", "moto's services have no tasks to replace")
def update_service(original: Callable[..., ActionResult], self: EC2ContainerServiceResponse) -> ActionResult:
    """Replace the tasks when their definition or network changes, or a new deployment is asked for."""
    result: Any = original(self)
    _keep_settings(self, result.result["service"])
    if any(self._get_param(name) for name in ("taskDefinition", "networkConfiguration", "forceNewDeployment")):
        _stop(result.result["service"])
    _deploy(result.result["service"])
    return result  # type: ignore[no-any-return]


@corrects(EC2ContainerServiceBackend, "delete_service", "ecs:DeleteService", "moto's services have no tasks to stop")
def delete_service(
    original: Callable[..., Service], self: EC2ContainerServiceBackend, cluster_name: str, service_name: str, force: bool
) -> Service:
    """Stop the tasks."""
    service = original(self, cluster_name, service_name, force)
    _stop(service)
    return service


@corrects(EC2ContainerServiceBackend, "list_tasks", "ecs:ListTasks serviceName", "moto ignores the service")
def list_tasks(
    original: Callable[..., list[Task]],
    self: EC2ContainerServiceBackend,
    cluster_str: str | None = None,
    container_instance: str | None = None,
    family: str | None = None,
    started_by: str | None = None,
    service_name: str | None = None,
    desiredStatus: str | None = None,  # moto's own name
) -> list[Task]:
    """Only the tasks of the service that is named, and stopped ones only if asked for."""
    status = desiredStatus or "RUNNING"
    tasks = original(self, cluster_str, container_instance, family, started_by, service_name, status)
    return [task for task in tasks if not service_name or task.group == f"service:{service_name.rpartition('/')[2]}"]


def _tasks(service: Any) -> list[Task]:
    tasks = service._backend.tasks.get(service.cluster_name, {}).values()
    return [task for task in tasks if task.group == f"service:{service.name}" and task.desired_status == "RUNNING"]


def _deploy(service: Any) -> None:
    """Bring the number of running tasks to the desired one, spread over the subnets, and complete the deployment."""
    running = _tasks(service)
    for surplus in running[service.desired_count :]:
        _stop_task(service, surplus)
    backend = service._backend
    definition = backend.describe_task_definition(service.task_definition)
    network = (service.network_configuration or {}).get("awsvpcConfiguration", {})
    subnets = network.get("subnets", [])
    for number in range(len(running), service.desired_count):
        turn = number % len(subnets) if subnets else 0
        task = Task(
            cluster=backend._get_cluster(service.cluster_name),
            task_definition=definition,
            container_instance_arn=None,
            resource_requirements=None,
            backend=backend,
            group=f"service:{service.name}",
            launch_type=service.launch_type or "FARGATE",
            started_by=service.deployments[0]["id"] if service.deployments else "",
            tags=service.tags if service.propagate_tags == "SERVICE" else [],
            networking_configuration={
                "awsvpcConfiguration": {**network, "subnets": subnets[turn:] + subnets[:turn]},
            },
            platform_version="1.4.0",
        )
        task._transitions = []  # moto ends a task by the second look at it; a service keeps its tasks running
        backend.tasks.setdefault(service.cluster_name, {})[task.task_arn] = task
        for container in task.containers:
            container.last_status = "RUNNING"
            vars(container)["image_digest"] = _digest(service, str(container.image))
        for target_group, target in _targets(service, task):
            elbv2_backends[service._account_id][service.region_name].register_targets(target_group, [target])
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments[:1]:
        deployment |= {
            "taskDefinition": definition.arn,
            "desiredCount": service.desired_count,
            "runningCount": service.desired_count,
            "pendingCount": 0,
            "networkConfiguration": service.network_configuration,
            "rolloutState": "COMPLETED",
            "rolloutStateReason": f"ECS deployment {deployment['id']} completed.",
        }


def _stop(service: Any) -> None:
    for task in _tasks(service):
        _stop_task(service, task)


def _stop_task(service: Any, task: Task) -> None:
    for target_group, target in _targets(service, task):
        elbv2_backends[service._account_id][service.region_name].deregister_targets(target_group, [target])
    for interface in _details(task, "networkInterfaceId"):
        ec2_backends[service._account_id][service.region_name].delete_network_interface(interface)
    service._backend.stop_task(service.cluster_name, task.task_arn, "Scaling activity initiated by deployment")


def _targets(service: Any, task: Task) -> Iterator[tuple[str, dict[str, Any]]]:
    """The target groups that a task of the service is in, and what it is there."""
    for balancer in service.load_balancers:
        for address in _details(task, "privateIPv4Address"):
            yield balancer["targetGroupArn"], {"Id": address, "Port": balancer["containerPort"]}


def _details(task: Task, name: str) -> list[str]:
    attachments: list[Any] = task.attachments
    details = [detail for attachment in attachments for detail in attachment["details"]]
    return [detail["value"] for detail in details if detail["name"] == name]


def _digest(service: Any, image: str) -> str | None:
    """The digest of an image in this account's registry; None for any other, and for one that was never pushed."""
    name = image_name(image)
    registry = ecr_backends[service._account_id][service.region_name]
    repository = registry.repositories.get(name.repository)
    if not repository or not name.ecr or name.ecr.account != service._account_id:
        return None
    named = (
        each
        for each in repository.images
        if name.digest == each.image_digest or (not name.digest and name.tag in each.image_tags)
    )
    return next((each.image_digest for each in named), None)


# Service deployments: the provider waits for one where a service has ``wait_for_steady_state``.


class ServiceDeploymentNotFound(ServiceException):
    """As AWS answers for an unknown deployment."""

    code = "ServiceDeploymentNotFoundException"
    message = "The service deployment was not found."


class DeploymentHasEnded(ServiceException):
    """As AWS answers for a deployment that cannot be stopped any more."""

    code = "ConflictException"
    message = "The service deployment has completed."


def _service_deployments(backend: Any, service: Any) -> Iterator[dict[str, Any]]:
    """The deployments of a service. Each names a service revision by its own number, as the provider looks for it."""
    for deployment in service.deployments:
        name = f"{service.cluster_name}/{service.name}/{deployment['id'].rpartition('/')[2]}"
        arn = f"arn:{backend.partition}:ecs:{backend.region_name}:{backend.account_id}"
        yield {
            "serviceDeploymentArn": f"{arn}:service-deployment/{name}",
            "serviceArn": service.arn,
            "clusterArn": service.cluster_arn,
            "status": "SUCCESSFUL",
            "createdAt": deployment["createdAt"],
            "startedAt": deployment["createdAt"],
            "finishedAt": deployment["updatedAt"],
            "targetServiceRevisionArn": f"{arn}:service-revision/{name}",
        }


@supplies(EC2ContainerServiceResponse, "ecs:ListServiceDeployments", "moto has no service deployments")
def list_service_deployments(self: EC2ContainerServiceResponse) -> ActionResult:
    """The deployments of a service, whatever their time: its tasks are replaced at once."""
    backend = self.ecs_backend
    services, _ = backend.describe_services(self._get_param("cluster"), [self._get_param("service")])
    return ActionResult({"serviceDeployments": [each for one in services for each in _service_deployments(backend, one)]})


@supplies(EC2ContainerServiceResponse, "ecs:DescribeServiceDeployments", "moto has no service deployments")
def describe_service_deployments(self: EC2ContainerServiceResponse) -> ActionResult:
    """The deployments that are named, and a failure for each that there is not."""
    known = _all_deployments(self)
    named = self._get_param("serviceDeploymentArns")
    missing = [{"arn": arn, "reason": "MISSING"} for arn in named if arn not in known]
    found = [
        {**known[arn], "targetServiceRevision": {"arn": known[arn]["targetServiceRevisionArn"]}} for arn in named if arn in known
    ]
    return ActionResult({"serviceDeployments": found, "failures": missing})


@supplies(EC2ContainerServiceResponse, "ecs:StopServiceDeployment", "moto has no service deployments")
def stop_service_deployment(self: EC2ContainerServiceResponse) -> ActionResult:
    """Refused: every deployment has ended."""
    raise DeploymentHasEnded if self._get_param("serviceDeploymentArn") in _all_deployments(self) else ServiceDeploymentNotFound


def _all_deployments(self: EC2ContainerServiceResponse) -> dict[str, dict[str, Any]]:
    backend = self.ecs_backend
    services = backend.services.values()
    return {each["serviceDeploymentArn"]: each for service in services for each in _service_deployments(backend, service)}
