"""Collections of what is deployed around the workload: account, network, database, images, services, costs, audit."""

from collections.abc import Collection
from typing import TypeVar

from stackproof.collections.registry import collection
from stackproof.collections.stack import database, is_in_vpc, load_balancer, run_task_definitions
from stackproof.core.verdicts import DeclaredButMissing, NotYetKnown
from stackproof.judgement.costs import last_month
from stackproof.resources.account import Caller
from stackproof.resources.alarms import Alarm
from stackproof.resources.costs import MonthlyCosts
from stackproof.resources.database import DatabaseInstance
from stackproof.resources.database_offers import DatabaseOffer
from stackproof.resources.flow_logs import FlowLog
from stackproof.resources.load_balancer import LoadBalancer, TargetGroup
from stackproof.resources.network import NatGateway, Subnet, Vpc
from stackproof.resources.registry import Image
from stackproof.resources.service import Service, TaskDefinition
from stackproof.resources.tasks import RunningService, WatchedService
from stackproof.resources.trail import Trail
from stackproof.sources.aws.regions import BILLING
from stackproof.targets.base import Stage
from stackproof.util.sampling import Schedule
from stackproof.util.spool import Reiterable

S = TypeVar("S", bound=Service)


@collection
def caller(stage: Stage) -> Caller:
    """The identity whose credentials the run uses."""
    return stage.one(Caller, "caller")


@collection
def vpc(stage: Stage) -> Vpc:
    """The stack's VPC."""
    return stage.one(Vpc, stage.profile.network.vpc)


@collection(reads=(Vpc,))
def public_subnets(stage: Stage) -> tuple[Subnet, ...]:
    """The declared subnets that the internet reaches."""
    return _declared_subnets(stage, stage.profile.network.public_subnets)


@collection(reads=(Vpc,))
def private_subnets(stage: Stage) -> tuple[Subnet, ...]:
    """The declared subnets that the internet does not reach."""
    return _declared_subnets(stage, stage.profile.network.private_subnets)


@collection(reads=(Vpc,))
def other_subnets(stage: Stage) -> tuple[Subnet, ...]:
    """The subnets of the stack's VPC that nobody declared."""
    network = stage.profile.network
    declared = {*network.public_subnets, *network.private_subnets}
    return tuple(subnet for cidr, subnet in _subnets(stage).items() if cidr not in declared)


def _declared_subnets(stage: Stage, cidrs: tuple[str, ...]) -> tuple[Subnet, ...]:
    found = _subnets(stage)
    if missing := [cidr for cidr in cidrs if cidr not in found]:
        raise DeclaredButMissing(
            f"{stage.profile.network.vpc} has no subnet {', '.join(missing)} (found: {', '.join(sorted(found)) or 'none'})"
        )
    return tuple(found[cidr] for cidr in cidrs)


def _subnets(stage: Stage) -> dict[str, Subnet]:
    """The subnets of the stack's VPC by their addresses, which no two of a VPC share."""
    vpc(stage)
    return {subnet.cidr: subnet for subnet in stage.source().collect(Subnet, []) if is_in_vpc(stage, subnet)}


@collection
def nat_gateways(stage: Stage) -> tuple[NatGateway, ...]:
    """The NAT gateways of the account."""
    return tuple(stage.source().collect(NatGateway, []))


@collection(reads=(Vpc, Subnet))
def flow_logs(stage: Stage) -> tuple[FlowLog, ...]:
    """The flow logs of the stack's VPC, and of its subnets."""
    own = vpc(stage)
    found = tuple(log for log in stage.source().collect(FlowLog, []) if is_in_vpc(stage, log) or _is_inside(stage, log))
    if not found:
        raise DeclaredButMissing(f"{own.name} has no flow log")
    return found


def _is_inside(stage: Stage, log: FlowLog) -> bool:
    """Whether a log is one of the VPC's subnets; of one that a plan does not know, it may be."""
    try:
        return log.subnet_id is not None and any(log.subnet_id == subnet.subnet_id for subnet in vpc_subnets(stage))
    except NotYetKnown:
        return True


@collection(reads=(Vpc, Subnet))
def vpc_subnets(stage: Stage) -> Collection[Subnet]:
    """The subnets of the stack's VPC. They are asked for when somebody looks at one."""
    return Reiterable(lambda: (one for one in stage.source().collect(Subnet, []) if is_in_vpc(stage, one)))


@collection(reads=(DatabaseInstance,))
def database_offer(stage: Stage) -> DatabaseOffer:
    """The offer of RDS for an instance such as the stack's database: its engine, version and class."""
    instance = database(stage)
    return stage.one(DatabaseOffer, f"{instance.engine}/{instance.engine_version}/{instance.instance_class}")


@collection(reads=(Service,))
def images(stage: Stage) -> tuple[Image, ...]:
    """The images that the services run."""
    return _images(stage, run_task_definitions(stage))


@collection(reads=(Service,))
def previous_task_definitions(stage: Stage) -> tuple[TaskDefinition, ...]:
    """For each declared service the revision before the one that it runs: what a rollback goes to.

    Raises `DeclaredButMissing` for a service that runs its first revision.
    """
    names = []
    for service in _declared(stage, Service):
        current = service.task_definitions[0].name
        family, _, revision = current.rpartition(":")
        if int(revision) < 2:
            raise DeclaredButMissing(
                f"{service.name} runs {current}: there is no revision before it to roll back to; deploy once more"
            )
        names.append(f"{family}:{int(revision) - 1}")
    return stage.named(TaskDefinition, names)


@collection(reads=(Service, TaskDefinition))
def previous_images(stage: Stage) -> tuple[Image, ...]:
    """The images of the revisions that a rollback goes to."""
    return _images(stage, previous_task_definitions(stage))


def _images(stage: Stage, definitions: tuple[TaskDefinition, ...]) -> tuple[Image, ...]:
    references = {container.image: None for definition in definitions for container in definition.containers}
    return stage.named(Image, [*references])


def _declared(stage: Stage, kind: type[S]) -> tuple[S, ...]:
    cluster = stage.profile.service.cluster
    return stage.named(kind, [f"{cluster}/{name}" for name in stage.profile.service.names])


@collection
def running_services(stage: Stage) -> tuple[RunningService, ...]:
    """The declared services with their tasks."""
    return _declared(stage, RunningService)


@collection
def watched_services(stage: Stage) -> tuple[WatchedService, ...]:
    """The declared services, looked at for as long as they have to be steady."""
    expected = stage.profile.service
    schedule = Schedule(expected.samples, expected.steady_seconds)
    return tuple(service.watched(schedule) for service in running_services(stage))


@collection(reads=(LoadBalancer,))
def target_groups(stage: Stage) -> tuple[TargetGroup, ...]:
    """The target groups of the stack's load balancer."""
    arn = load_balancer(stage).arn
    return tuple(group for group in stage.source().collect(TargetGroup, []) if arn in group.load_balancer_arns)


@collection
def billing_alarm(stage: Stage) -> Alarm:
    """The alarm on what the account costs, in the region where AWS has the figures."""
    return stage.one(Alarm, f"{BILLING}/{stage.profile.costs.alarm}")


@collection
def monthly_costs(stage: Stage) -> MonthlyCosts:
    """The costs of the account in the last whole month."""
    start, end = last_month(stage.now.date())
    return stage.one(MonthlyCosts, f"{start}/{end}")


@collection
def trail(stage: Stage) -> Trail:
    """The trail that records what is done in the account."""
    return stage.one(Trail, stage.profile.audit.trail)
