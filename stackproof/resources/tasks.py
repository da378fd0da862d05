"""Amazon ECS: what a service really runs, and whether it stays so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stackproof.core.resource import Resource, StaticOrigin, field
from stackproof.core.verdicts import CouldNotVerify, NotReported, NotYetKnown
from stackproof.judgement.images import image_name, platforms
from stackproof.resources.network import Subnet
from stackproof.resources.registry import answered_image
from stackproof.resources.service import Service, planned_definitions
from stackproof.sources.aws.facts import AwsFacts
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.util.sampling import Schedule, samples

INJECTED = ("aws-guardduty-agent", "ecs-service-connect")
"""How containers are called that AWS itself adds to tasks, beside those of the definition.

Sources: Amazon GuardDuty user guide, "How Runtime Monitoring works with Fargate"; Amazon ECS developer guide, "Service Connect".
"""

AT_ONCE = 100
"""Tasks that DescribeTasks takes."""


@dataclass(frozen=True)
class RunningImage:
    """The image that a container of a task runs, and the one that its service declares."""

    container: str
    repository: str
    """With the host of its registry."""
    running: str
    """Its digest; on a plan the reference that will be run."""
    declared: frozenset[str]
    """The digests that the declared reference stands for in the registry: of an index too, of the image for each platform."""


def _answered_images(task: AwsFacts) -> tuple[RunningImage, ...]:
    """The service's definition counts, and not the one that the task was started with."""
    page = task.read("ecs:DescribeTaskDefinition", taskDefinition=task.at("declared")).pages[0]
    references = {one["name"]: one["image"] for one in page["taskDefinition"]["containerDefinitions"]}
    found = []
    for container in task.at("containers") or ():
        name, digest = container.get("name"), container.get("imageDigest")
        if name not in references and str(name).startswith(INJECTED):
            continue
        if digest is None:
            raise NotReported(f"{task.at('taskArn')}: the digest of what {name} runs is not reported")
        if name not in references:
            raise CouldNotVerify(f"{task.at('taskArn')}: {name} is not a container of {task.at('declared')}")
        image = image_name(references[name])
        found.append(RunningImage(name, image.place, digest, _digests(task, references[name])))
    return tuple(found)


def _digests(task: AwsFacts, reference: str) -> frozenset[str]:
    """Of a reference by digest that one in any case, and what an index of that digest lists, if the repository has it."""
    name = image_name(reference)
    answer = answered_image(task, name)
    images = [] if answer.is_absent else answer.items("images")
    listed = [(one["imageId"]["imageDigest"], *(digest for _, digest in platforms(one["imageManifest"]))) for one in images]
    return frozenset(filter(None, (name.digest, *(digest for one in listed for digest in one))))


def _planned_images(service: PlannedBlock) -> tuple[RunningImage, ...]:
    """The images that the declared containers will run: on a plan the two are the same."""
    containers = [container for definition in planned_definitions(service) for container in definition.containers]
    named = [(container.name, container.image, image_name(container.image)) for container in containers]
    return tuple(RunningImage(container, image.place, reference, frozenset({reference})) for container, reference, image in named)


def _interface_ids(task: Mapping[str, Any]) -> list[str]:
    return _details(task.get("attachments"), "networkInterfaceId")


def _details(attachments: Sequence[Mapping[str, Any]] | None, name: str) -> list[str]:
    details = [one for attachment in attachments or () for one in attachment.get("details", ())]
    return [one["value"] for one in details if one.get("name") == name]


def _interfaces(task: AwsFacts) -> list[dict[str, Any]]:
    """The task's own, asked for together with those of the service's other tasks."""
    own = task.at("own_interfaces")
    if not own:
        raise NotReported(f"{task.at('taskArn')}: its network interface is not reported")
    answer = task.read("ec2:DescribeNetworkInterfaces", NetworkInterfaceIds=task.at("all_interfaces"))
    found = [one for one in answer.items("NetworkInterfaces") if one.get("NetworkInterfaceId") in own]
    if len(found) != len(own):
        raise NotReported(f"{answer.source}: the answer does not have {', '.join(own)}")
    return found


def _answered_groups(task: AwsFacts) -> frozenset[str]:
    return frozenset(group["GroupId"] for one in _interfaces(task) for group in one["Groups"])


def _answered_subnets(task: AwsFacts) -> tuple[Subnet, ...]:
    return tuple(Subnet.answered(task, one["SubnetId"]) for one in _interfaces(task))


def _placement(service: PlannedBlock) -> PlannedBlock:
    for block in service.blocks("network_configuration"):
        return block
    raise NotReported(f"{service.source} has no network_configuration")


def _planned_groups(service: PlannedBlock) -> frozenset[str]:
    addresses = []
    for value in _placement(service).elements("security_groups", "aws_security_group"):
        group = next(iter(service.plan.referred(value, "aws_security_group")), None)
        if group is None:
            raise NotYetKnown(f"{service.source}: the security group {value} is not in the plan")
        addresses.append(group.address)
    return frozenset(addresses)


class Task(Resource):
    """A task that runs; of a plan, what the service will start."""

    operations = (
        "ecs:ListTasks",
        "ecs:DescribeTasks",
        "ecs:DescribeTaskDefinition",
        "ecr:BatchGetImage",
        "ec2:DescribeNetworkInterfaces",
        *Subnet.operations,
    )

    private_address: str = field(aws=lambda task: next(iter(_details(task.at("attachments"), "privateIPv4Address")), None))
    """Of IPv4, in the VPC."""
    status: str = field(aws="lastStatus")
    """``RUNNING``; ``PROVISIONING``, ``PENDING``, ``ACTIVATING``, ``DEACTIVATING``, ..."""
    health: str = field(aws="healthStatus")
    """``HEALTHY`` or ``UNHEALTHY``; ``UNKNOWN`` if no container has a health check of its own."""
    started: datetime = field(aws="startedAt")
    images: tuple[RunningImage, ...] = field(aws=_answered_images, plan=_planned_images)
    subnets: tuple[Subnet, ...] = field(
        aws=_answered_subnets, plan=lambda service: Subnet.planned(_placement(service), "subnets")
    )
    """Where it is; of a plan, where it may be."""
    security_groups: frozenset[str] = field(aws=_answered_groups, plan=_planned_groups)
    """Their ids; on a plan their addresses."""
    has_public_address: bool = field(
        aws=lambda task: any("Association" in one for one in _interfaces(task)),
        plan=lambda service: _placement(service).at("assign_public_ip") or False,
    )

    @property
    def runs_well(self) -> bool:
        return self.status == "RUNNING" and self.health in ("HEALTHY", "UNKNOWN")


def _answered_tasks(service: AwsFacts, sample: int = 0) -> tuple[Task, ...]:
    """The tasks that the service had at the first look, as they are at this one.

    No later look lists them again: a task in the place of another shows in that other one, which no longer runs or is no longer told
    of, and one task more shows in the service's counts.
    """
    cluster = service.at("clusterArn")
    listed = service.read("ecs:ListTasks", cluster=cluster, serviceName=service.at("serviceName"))
    arns = listed.items("taskArns")
    found = []
    for few in (arns[at : at + AT_ONCE] for at in range(0, len(arns), AT_ONCE)):
        answer = service.read("ecs:DescribeTasks", cluster=cluster, tasks=few, sample=sample)
        described = answer.items("tasks")
        interfaces = [id for task in described for id in _interface_ids(task)]
        for task in described:
            asked = {
                "declared": service.at("taskDefinition"),
                "own_interfaces": _interface_ids(task),
                "all_interfaces": interfaces,
            }
            found.append(service.nested(Task, task["taskArn"].rpartition("/")[2], {**task, **asked}, answer))
    return tuple(found)


def _planned_tasks(service: PlannedBlock) -> tuple[Task, ...]:
    return (Task(f"every task of {service.name_or_address('name')}", service, service.source),)


@dataclass(frozen=True)
class Deployment:
    """A deployment of a service."""

    status: str
    """``PRIMARY``, the newest; ``ACTIVE``, one that it replaces."""
    rollout: str
    """``COMPLETED``, ``IN_PROGRESS``, ``FAILED``."""


def _answered_deployments(service: AwsFacts) -> tuple[Deployment, ...] | None:
    deployments = service.at("deployments")
    if deployments is None:
        return None
    if any(one.get("rolloutState") is None for one in deployments):
        raise NotReported(f"{service.at('serviceName')}: how far a deployment is, is not reported (rolloutState)")
    return tuple(Deployment(one.get("status", ""), one["rolloutState"]) for one in deployments)


class ServiceSample(Resource):
    """A service as it was at one look."""

    operations = ("ecs:DescribeServices", "ecs:ListTasks", "ecs:DescribeTasks")

    desired: int = field(aws="desiredCount")
    running: int = field(aws="runningCount")
    pending: int = field(aws="pendingCount")
    deployments: tuple[Deployment, ...] = field(aws=_answered_deployments)
    tasks: tuple[Task, ...] = field(aws="tasks")

    @property
    def ailing(self) -> list[str]:
        """The tasks that do not run well."""
        return [task.name for task in self.tasks if not task.runs_well]

    @property
    def starts(self) -> dict[str, datetime]:
        """When each task was started."""
        return {task.name: task.started for task in self.tasks}


class WatchedService(Resource):
    """A service that was looked at several times."""

    operations = (*Service.operations, *ServiceSample.operations)

    samples: tuple[ServiceSample, ...] = field()


@dataclass(frozen=True)
class Registration:
    """Where ECS registers each task of a service: its address, with the port of one of its containers."""

    target_group_arn: str
    port: int


def _answered_registrations(service: AwsFacts) -> tuple[Registration, ...] | None:
    """A service without a load balancer has an empty list."""
    places = service.at("loadBalancers")
    if places is None:
        return None
    return tuple(Registration(one["targetGroupArn"], one["containerPort"]) for one in places if "targetGroupArn" in one)


class RunningService(Service):
    """A service with its tasks."""

    operations = (*Service.operations, *Task.operations)

    tasks: tuple[Task, ...] = field(aws=_answered_tasks, plan=_planned_tasks)
    registrations: tuple[Registration, ...] = field(aws=_answered_registrations)

    def targets_in(self, target_group_arn: str) -> set[str]:
        """The targets that should be registered in a target group: the address of each running task, with the port."""
        ports = [one.port for one in self.registrations if one.target_group_arn == target_group_arn]
        return {f"{task.private_address}:{port}" for port in ports for task in self.tasks if task.status == "RUNNING"}

    def watched(self, schedule: Schedule) -> WatchedService:
        """The service as it is over time. Takes as long as the schedule says, but for a recording."""
        service = self.origin
        assert isinstance(service, AwsFacts)  # a plan has no time
        seen = samples(lambda number: self._sample(service, number, schedule), schedule, service.wait)
        return WatchedService(self.name, StaticOrigin({"samples": seen}, self.source), self.source)

    def _sample(self, service: AwsFacts, number: int, schedule: Schedule) -> ServiceSample:
        answer = service.read(
            "ecs:DescribeServices",
            cluster=self.name.partition("/")[0],
            services=[service.at("serviceArn")],
            sample=number,
        )
        described = [one for one in answer.items("services") if one.get("serviceArn") == service.at("serviceArn")]
        if not described:
            raise NotReported(f"{answer.source}: the answer does not have {self.name}")
        item = {**described[0], "tasks": _answered_tasks(service, number)}
        moment = schedule.moments[number]
        return service.nested(ServiceSample, f"{self.name} after {moment:g} s", item, answer)
