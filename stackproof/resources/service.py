"""Amazon ECS: services and what their tasks are made of."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from stackproof.core.resource import FailedOrigin, Field, Found, Origin, Reference, Resource, field
from stackproof.core.verdicts import CouldNotVerify, NotReported, NotYetKnown
from stackproof.redaction.plain_secrets import SecretSource, Variable
from stackproof.redaction.redaction import HIDDEN
from stackproof.resources.network import Guarded, SecurityGroup
from stackproof.sources.aws.facts import AwsFacts, described
from stackproof.sources.aws.regions import partition
from stackproof.sources.plan.blocks import PlanLookup, PlannedBlock
from stackproof.util import json_document

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader
    from stackproof.sources.plan.document import Plan


class _Declares(Protocol):
    def at(self, path: str) -> Any: ...


def _environment(container: _Declares) -> tuple[Variable, ...]:
    return tuple(Variable(one.get("name", ""), one.get("value", "")) for one in container.at("environment") or ())


def _secrets(container: _Declares) -> tuple[SecretSource, ...]:
    listed = [*(container.at("secrets") or ()), *(container.at("logConfiguration.secretOptions") or ())]
    return tuple(SecretSource(one.get("name", ""), one.get("valueFrom", "")) for one in listed)


def _options(container: _Declares) -> tuple[Variable, ...]:
    return tuple(Variable(name, value) for name, value in (container.at("logConfiguration.options") or {}).items())


def _words(container: _Declares) -> tuple[Variable, ...]:
    members = ("entryPoint", "command", "healthCheck.command")
    words = [Variable(member, word) for member in members for word in container.at(member) or ()]
    return (*words, *(Variable(name, value) for name, value in (container.at("dockerLabels") or {}).items()))


class Container(Resource):
    """A container of a task definition.

    AWS and Terraform have it in the same shape. What is left out has the default of the API reference, "ContainerDefinition": nothing
    for lists; not privileged; the user that the image names; a root file system that can be written to.
    """

    image: str = field(aws="image")
    """The reference of what it runs, as it is written."""
    environment: tuple[Variable, ...] = field(aws=_environment)
    """Variables in plain text."""
    environment_files: tuple[str, ...] = field(
        aws=lambda container: tuple(one.get("value", "") for one in container.at("environmentFiles") or ())
    )
    """ARNs of S3 objects with more of them."""
    log_driver: str | None = field(aws="logConfiguration.logDriver")
    """None where nothing is said: what it logs stays with the host, or is lost."""
    log_options: tuple[Variable, ...] = field(aws=_options)
    words: tuple[Variable, ...] = field(aws=_words)
    """What else stands in it: entry point, command and health check, word by word, and its labels by name."""
    secrets: tuple[SecretSource, ...] = field(aws=_secrets)
    privileged: bool | None = field(aws="privileged")
    user: str | None = field(aws="user")
    """``uid``, ``uid:gid``, or names."""
    readonly_root_filesystem: bool | None = field(aws="readonlyRootFilesystem")
    log_mode: str | None = field(aws="logConfiguration.options.mode")
    """``non-blocking``, ``blocking``; None where the account's setting decides."""
    dropped_capabilities: tuple[str, ...] = field(aws=lambda one: tuple(one.at("linuxParameters.capabilities.drop") or ()))
    """Linux capabilities that it does not have, of those that Docker gives; ``ALL`` is every one."""
    added_capabilities: tuple[str, ...] = field(aws=lambda one: tuple(one.at("linuxParameters.capabilities.add") or ()))


class _Declared:
    """The facts of a container in the JSON of a planned task definition (an `Origin`)."""

    def __init__(self, item: Mapping[str, Any], source: str) -> None:
        self._item = item
        self._source = source

    def at(self, path: str) -> Any:
        value: Any = self._item
        for member in path.split("."):
            value = value.get(member) if isinstance(value, Mapping) else None
        return value

    def look_up(self, field: Field) -> Found:
        return Found(field.aws(self) if callable(field.aws) else self.at(field.aws or field.name), self._source)


def _answered_containers(definition: AwsFacts) -> tuple[Container, ...] | None:
    containers = definition.at("containerDefinitions")
    if containers is None:
        return None
    return tuple(definition.inside(Container, one["name"], one) for one in containers)


def _planned_containers(definition: PlannedBlock) -> tuple[Container, ...]:
    if _is_hidden(definition):
        raise CouldNotVerify(f"{definition.source}: a sensitive value is in container_definitions, so Terraform hides all of it")
    written = definition.at("container_definitions")
    if isinstance(written, Reference):
        raise NotYetKnown(f"{definition.source}.container_definitions is known only after apply")
    try:
        containers = [(str(one["name"]), one) for one in _as_aws_writes(json_document.loads(written))]
    except (ValueError, TypeError, KeyError):
        raise CouldNotVerify(f"{definition.source}: container_definitions is not a JSON list of containers") from None
    return tuple(Container(name, _Declared(one, definition.source), definition.source) for name, one in containers)


def _is_hidden(definition: PlannedBlock) -> bool:
    return definition.values.get("container_definitions") == HIDDEN


_MEMBERS = (
    *("name", "image", "value", "valueFrom", "environment", "environmentFiles", "secrets"),
    *("logConfiguration", "logDriver", "options", "secretOptions"),
    *("entryPoint", "command", "healthCheck", "dockerLabels", "privileged", "user", "readonlyRootFilesystem"),
    *("linuxParameters", "capabilities", "add", "drop"),
)
"""The members of a container definition that are judged, as AWS spells them."""

_FREE = ("options", "dockerLabels")
"""Members that hold names of the user's own, which are kept as they are spelled."""


def _as_aws_writes(written: Any, within: object = "") -> Any:
    """A container with its members as AWS spells them: the provider reads them in any case.

    >>> _as_aws_writes({"Privileged": True, "Environment": [{"Name": "A", "VALUE": "b"}], "LogConfiguration": {"Options": {"Name": 1}}})
    {'privileged': True, 'environment': [{'name': 'A', 'value': 'b'}], 'logConfiguration': {'options': {'Name': 1}}}
    """
    if isinstance(written, list):
        return [_as_aws_writes(one) for one in written]
    if not isinstance(written, Mapping) or within in _FREE:
        return written
    spelled = {name.lower(): name for name in _MEMBERS}
    named = {spelled.get(name.lower(), name): value for name, value in written.items()}
    return {name: _as_aws_writes(value, name) for name, value in named.items()}


def _answered_role(arn: str | None) -> str | None:
    return arn.rpartition("/")[2] if arn else None


def _planned_role(definition: PlannedBlock, attribute: str) -> str | None:
    """A role by its name. Raises `NotYetKnown` for one that the plan refers to, and does not make."""
    role = definition.referent(attribute, "aws_iam_role")
    if role is not None:
        return role.name_or_address("name")
    arn = definition.at(attribute)
    if isinstance(arn, Reference):
        raise definition.unknown(attribute)
    return _answered_role(arn)


def _called(definition: PlannedBlock) -> str:
    """A planned definition by its family, or by its address where another is of the same family; one that is replaced with its revision."""
    family = definition.name_or_address("family")
    if definition.plan.resource(definition.address) is not definition:
        return f"{family}:{definition.values.get('revision')}"
    return family if definition.plan.once(_families)[family] == 1 else definition.address


def _families(plan: PlanLookup) -> Counter[str]:
    return Counter(block.name_or_address("family") for block in plan.resources(*TaskDefinition.terraform))


class TaskDefinition(Resource):
    """A revision of a task definition."""

    operations: ClassVar[tuple[str, ...]] = ("ecs:DescribeTaskDefinition",)
    terraform = ("aws_ecs_task_definition",)

    containers: tuple[Container, ...] = field(aws=_answered_containers, plan=_planned_containers)
    hides_a_value: bool = field(aws=lambda _: False, plan=_is_hidden)
    """Whether Terraform hides the containers from the plan, because a sensitive value is in them in plain text."""
    task_role: str | None = field(
        aws=lambda definition: _answered_role(definition.at("taskRoleArn")),
        plan=lambda definition: _planned_role(definition, "task_role_arn"),
    )
    """Name of the role that the containers act with; None if they have none."""
    execution_role: str | None = field(
        aws=lambda definition: _answered_role(definition.at("executionRoleArn")),
        plan=lambda definition: _planned_role(definition, "execution_role_arn"),
    )
    """Name of the role that ECS starts the task with; None if it has none."""
    status: str = field(aws="status")
    """``ACTIVE``; ``INACTIVE`` once it was deregistered, ``DELETE_IN_PROGRESS``."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> list[Self]:
        """The task definitions of these names, ``family:revision``, that exist."""
        # By ARN, as what runs is asked for: one revision is one call.
        of = f"arn:{partition(aws.region)}:ecs:{aws.region}:{aws.account}:task-definition/"
        answers = [(name, aws.read("ecs:DescribeTaskDefinition", absent=(_UNKNOWN,), taskDefinition=of + name)) for name in names]
        return [
            cls(name, AwsFacts(aws, page["taskDefinition"], answer.source), answer.source)
            for name, answer in answers
            if (page := answer.page) is not None
        ]

    @classmethod
    def from_plan(cls, plan: "Plan", names: Sequence[str]) -> list[Self]:
        del names  # a plan lists all there are
        return [cls(_called(block), block, block.source) for block in plan.resources(*cls.terraform)]


class ActiveTaskDefinition(TaskDefinition):
    """An active revision of a family, whoever runs it, or nobody: it can be read, and run, until it is deregistered."""

    operations = ("ecs:ListTaskDefinitions", *TaskDefinition.operations)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> list[Self]:
        """The active task definitions of the families that begin with one of these names, from one call that lists the account's."""
        arns: list[Any] = aws.read("ecs:ListTaskDefinitions", status="ACTIVE").items("taskDefinitionArns")
        own = [arn for arn in arns if arn.rpartition("/")[2].startswith(tuple(names))]
        answers = aws.together(*(partial(aws.read, "ecs:DescribeTaskDefinition", taskDefinition=arn) for arn in own))
        return [
            cls(arn.rpartition("/")[2], _described(aws, answer), answer.source) for arn, answer in zip(own, answers, strict=True)
        ]


def _described(aws: "Reader", answer: "Answer") -> Origin:
    """A definition as it is described; where it is not, what stands in its place is the error."""
    try:
        return AwsFacts(aws, _definition_in(answer), answer.source)
    except CouldNotVerify as undescribed:
        return FailedOrigin(undescribed)


_UNKNOWN = "ClientException"
"""What ECS answers for a revision that was never registered, or was deleted (API reference, DescribeTaskDefinition)."""


def _definition_in(answer: "Answer") -> Mapping[str, Any]:
    definition: Mapping[str, Any] | None = answer.pages[0].get("taskDefinition")
    if definition is None:
        raise NotReported(f"{answer.source}: the answer has no task definition")
    return definition


def _answered_definitions(service: AwsFacts) -> tuple[TaskDefinition, ...]:
    """Also those that a deployment under way still runs, or begins to."""
    deployments = service.at("deployments")
    if deployments is None:
        raise NotReported(f"{service.at('serviceArn')}: what is being rolled out is not reported (deployments)")
    # A service that another controller than ECS deploys has task sets in the place of deployments.
    others = (one.get("taskDefinition") for one in (*deployments, *(service.at("taskSets") or ())))
    found = []
    for arn in dict.fromkeys(arn for arn in (service.at("taskDefinition"), *others) if arn):
        answer = service.read("ecs:DescribeTaskDefinition", taskDefinition=arn)
        found.append(service.nested(TaskDefinition, arn.rpartition("/")[2], _definition_in(answer), answer))
    return tuple(found)


def planned_definitions(service: PlannedBlock) -> tuple[TaskDefinition, ...]:
    """The task definitions that a planned service runs or will run. Raises `NotYetKnown` for one that the plan does not make or keep.

    A service that leaves the revision to whoever deploys keeps the one it has: that of the family as it was before the plan, and as
    it will be once somebody deploys again, are both judged.
    """
    block = service.referent("task_definition", *TaskDefinition.terraform)
    found = [block] if block else _of_the_family(service)
    if not found:
        written = service.values.get("task_definition")
        raise NotYetKnown(f"{service.source}: the task definition {written} is not in the plan; it is judged after apply")
    return tuple(TaskDefinition(_called(one), one, one.source) for one in found)


def _of_the_family(service: PlannedBlock) -> list[PlannedBlock]:
    """The plan's definition of the family that a service names, whatever the revision; with the one that it replaces, if it does.

    Who deploys may have registered newer revisions. A revision of a family that the plan makes from nothing is another family's.
    """
    plan, written = service.plan, str(service.values.get("task_definition") or "")
    family, _, revision = written.rpartition("/")[2].partition(":")
    alike = plan.once(_versions).get(family, ())
    found = [one for one in alike if not revision or plan.replaced(one[0]) or not plan.creates(one[0])]
    return found[0] if len(found) == 1 else []


def _versions(plan: PlanLookup) -> dict[str, list[list[PlannedBlock]]]:
    """The planned definitions by family, each after the one that it replaces, where that is of the family, too."""
    found: dict[str, list[list[PlannedBlock]]] = {}
    for block in plan.resources(*TaskDefinition.terraform):
        versions: dict[str, list[PlannedBlock]] = {}
        for one in filter(None, (plan.replaced(block), block)):
            if family := one.values.get("family"):
                versions.setdefault(family, []).append(one)
        for family, alike in versions.items():
            found.setdefault(family, []).append(alike)
    return found


def runs_another_revision(service: PlannedBlock) -> bool:
    """True if a planned service runs a revision that the plan does not have, of a family that it has."""
    return bool(_of_the_family(service)) and not service.plan.referred(
        service.values.get("task_definition"), *TaskDefinition.terraform
    )


def _answered_groups(service: AwsFacts) -> tuple[SecurityGroup, ...]:
    """Security groups of what it runs now, and of what is being rolled out."""
    parts = [{"networkConfiguration": service.at("networkConfiguration")}]
    parts += [*(service.at("deployments") or ()), *(service.at("taskSets") or ())]
    found = [
        ((one.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}).get("securityGroups", ()) for one in parts
    ]
    ids = dict.fromkeys(group for groups in found for group in groups)
    if not ids:
        raise CouldNotVerify(
            f"{service.at('serviceArn')} has no security group of its own: what its tasks are open to is not known"
        )
    return tuple(SecurityGroup.answered(service, id) for id in ids)


def _planned_groups(service: PlannedBlock) -> Sequence[SecurityGroup]:
    for block in service.blocks("network_configuration"):
        return SecurityGroup.planned(block, "security_groups")
    raise NotReported(f"{service.source} has no network_configuration")


def _answered_family(service: AwsFacts) -> bool:
    """What is no Windows is Linux, which services that do not say run (API reference, Service)."""
    return str(service.at("platformFamily") or "").upper().startswith("WINDOWS")


def _planned_platform(service: PlannedBlock) -> str | None:
    """``LATEST`` where the sources leave it out (Terraform's default), of a service on Fargate."""
    providers = [block.at("capacity_provider") for block in service.blocks("capacity_provider_strategy")]
    is_on_fargate = service.at("launch_type") == "FARGATE" or any(str(one).startswith("FARGATE") for one in providers)
    version = service.at_or("platform_version", default="LATEST")
    return version if is_on_fargate else None


def _planned_family(service: PlannedBlock) -> bool:
    definitions = [one.origin for one in planned_definitions(service) if isinstance(one.origin, PlannedBlock)]
    families = [block.at("operating_system_family") for one in definitions for block in one.blocks("runtime_platform")]
    return any(str(family).upper().startswith("WINDOWS") for family in families)


class Service(Guarded):
    """An ECS service, named ``cluster/service`` as in its ARN."""

    operations: ClassVar[tuple[str, ...]] = (
        *("ecs:ListServices", "ecs:DescribeServices"),
        *(*TaskDefinition.operations, *SecurityGroup.operations),
    )
    terraform = ("aws_ecs_service",)

    task_definitions: tuple[TaskDefinition, ...] = field(aws=_answered_definitions, plan=planned_definitions)
    execute_command: bool = field(aws="enableExecuteCommand", plan=lambda service: service.at("enable_execute_command") or False)
    """Whether ECS Exec opens a shell in its containers; off where the sources leave it out (Terraform's default)."""
    security_groups: tuple[SecurityGroup, ...] = field(aws=_answered_groups, plan=_planned_groups)
    """Security groups of its tasks."""
    platform_version: str | None = field(aws="platformVersion", plan=lambda service: _planned_platform(service))
    """Of Fargate; None of a service that does not run there (API reference, Service)."""
    runs_windows: bool = field(aws=_answered_family, plan=lambda service: _planned_family(service))

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> list[Self]:
        """All services of the clusters of these names; ten are described at a time, which is the most that ECS takes."""
        found = []
        for cluster in dict.fromkeys(name.partition("/")[0] for name in names):
            listed = aws.read("ecs:ListServices", absent=("ClusterNotFoundException",), cluster=cluster, maxResults=100)
            arns = [] if listed.is_absent else listed.items("serviceArns")
            for few in (arns[at : at + 10] for at in range(0, len(arns), 10)):
                answer = aws.read("ecs:DescribeServices", cluster=cluster, services=few)
                found += [
                    cls(f"{cluster}/{one['serviceName']}", AwsFacts(aws, one, answer.source), answer.source)
                    for one in described(answer, "services")
                ]
        return found

    @classmethod
    def from_plan(cls, plan: "Plan", names: Sequence[str]) -> "list[Service]":
        declared = {name.rpartition("/")[2]: name for name in reversed(names)}
        return [cls(_in_cluster(block, declared), block, block.source) for block in plan.resources(*cls.terraform)]


def _in_cluster(service: PlannedBlock, declared: Mapping[str, str]) -> str:
    """What a planned service is called; where its cluster is not known yet, as the one of its name that is declared, if there is one."""
    name = service.name_or_address("name")
    try:
        block = service.referent("cluster", "aws_ecs_cluster")
        cluster = block.name_or_address("name") if block else str(service.text("cluster") or "default").rpartition("/")[2]
    except NotYetKnown:
        return declared.get(name, service.address)
    return f"{cluster}/{name}"
