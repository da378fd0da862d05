"""Collections of what is deployed around the workload: account, network, database, images, services, costs, audit."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TypeVar

from stackproof.collections.presence import there
from stackproof.collections.registry import collection
from stackproof.collections.stack import databases, declared_load_balancers, is_in_vpc, run_task_definitions, undeclared, vpcs
from stackproof.core.resource import LazyMapping
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
T = TypeVar("T")


@collection
def caller(stage: Stage) -> Caller:
    """The identity whose credentials the run uses."""
    return stage.one(Caller, "caller")


@collection(reads=(Vpc,))
def public_subnets(stage: Stage) -> Mapping[str, tuple[Subnet, ...]]:
    """The declared subnets that the internet reaches, by the name of their VPC."""
    return _by_vpc(stage, lambda vpc: _declared_subnets(stage, vpc, stage.profile.network_of(vpc.name).public_subnets))


@collection(reads=(Vpc,))
def private_subnets(stage: Stage) -> Mapping[str, tuple[Subnet, ...]]:
    """The declared subnets that the internet does not reach, by the name of their VPC."""
    return _by_vpc(stage, lambda vpc: _declared_subnets(stage, vpc, stage.profile.network_of(vpc.name).private_subnets))


@collection(reads=(Vpc,))
def other_subnets(stage: Stage) -> Mapping[str, tuple[Subnet, ...]]:
    """The subnets that nobody declared, by the name of their VPC. Of a VPC without declared subnets there are no others."""

    def others(vpc: Vpc) -> tuple[Subnet, ...]:
        network = stage.profile.network_of(vpc.name)
        declared = {*network.public_subnets, *network.private_subnets}
        return tuple(subnet for cidr, subnet in _subnets(stage, vpc).items() if cidr not in declared)

    return _by_vpc(stage, others)


def _by_vpc(stage: Stage, make: Callable[[Vpc], T]) -> Mapping[str, T]:
    return LazyMapping({vpc.name: partial(make, vpc) for vpc in vpcs(stage)})


def _declared_subnets(stage: Stage, vpc: Vpc, cidrs: tuple[str, ...]) -> tuple[Subnet, ...]:
    found = _subnets(stage, vpc)
    if missing := [cidr for cidr in cidrs if cidr not in found]:
        raise DeclaredButMissing(f"{vpc.name} has no subnet {', '.join(missing)} (found: {', '.join(sorted(found)) or 'none'})")
    return tuple(found[cidr] for cidr in cidrs)


def _subnets(stage: Stage, vpc: Vpc) -> dict[str, Subnet]:
    """The subnets of a VPC by their addresses, which no two of a VPC share."""
    return {subnet.cidr: subnet for subnet in stage.source().collect(Subnet, []) if is_in_vpc(stage, subnet, vpc)}


@collection
def nat_gateways(stage: Stage) -> tuple[NatGateway, ...]:
    """The NAT gateways of the account."""
    return tuple(stage.source().collect(NatGateway, []))


@collection(reads=(Vpc, Subnet))
def flow_logs(stage: Stage) -> Mapping[str, tuple[FlowLog, ...]]:
    """The flow logs of each of the stack's VPCs, and of its subnets, by the name of the VPC."""
    return _by_vpc(stage, partial(_flow_logs, stage))


def _flow_logs(stage: Stage, vpc: Vpc) -> tuple[FlowLog, ...]:
    logs = stage.source().collect(FlowLog, [])
    found = tuple(log for log in logs if is_in_vpc(stage, log, vpc) or _is_of_a_subnet(stage, log, vpc))
    if not found:
        raise DeclaredButMissing(f"{vpc.name} has no flow log")
    return found


def _is_of_a_subnet(stage: Stage, log: FlowLog, vpc: Vpc) -> bool:
    """Whether a log is one of the VPC's subnets; of one that a plan does not know, it may be."""
    try:
        return log.subnet_id is not None and any(log.subnet_id == subnet.subnet_id for subnet in vpc_subnets(stage)[vpc.name])
    except NotYetKnown:
        return True


@collection(reads=(Vpc, Subnet))
def vpc_subnets(stage: Stage) -> Mapping[str, Collection[Subnet]]:
    """The subnets of each of the stack's VPCs, by the name of the VPC. They are asked for when somebody looks at one."""

    def inside(vpc: Vpc) -> Collection[Subnet]:
        return Reiterable(lambda: (one for one in stage.source().collect(Subnet, []) if is_in_vpc(stage, one, vpc)))

    return _by_vpc(stage, inside)


@collection(reads=(DatabaseInstance,))
def database_offers(stage: Stage) -> Mapping[str, DatabaseOffer]:
    """The offer of RDS for each instance such as the stack's databases, by the instance's name: its engine, version and class."""

    def offer(instance: DatabaseInstance) -> DatabaseOffer:
        return stage.one(DatabaseOffer, f"{instance.engine}/{instance.engine_version}/{instance.instance_class}")

    return LazyMapping({one.name: partial(offer, one) for one in databases(stage)})


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
    return there(stage, "service", kind, stage.profile.service_names)


@collection
def running_services(stage: Stage) -> tuple[RunningService, ...]:
    """The declared services with their tasks."""
    return _declared(stage, RunningService)


@collection
def watched_services(stage: Stage) -> tuple[WatchedService, ...]:
    """The declared services, looked at for as long as they have to be steady."""

    def watched(service: RunningService) -> WatchedService:
        expected = stage.profile.service_of(service.name)
        return service.watched(Schedule(expected.samples, expected.steady_seconds))

    return tuple(watched(service) for service in running_services(stage))


@collection(reads=(LoadBalancer,))
def target_groups(stage: Stage) -> tuple[TargetGroup, ...]:
    """The target groups of the stack's declared load balancers."""
    own = [balancer.arn for balancer in declared_load_balancers(stage)]
    return tuple(
        group for group in stage.source().collect(TargetGroup, []) if any(arn in group.load_balancer_arns for arn in own)
    )


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


@collection
def trails(stage: Stage) -> tuple[Trail, ...]:
    """The declared trail, and every other of the stack's."""
    names = [stage.profile.audit.trail] if stage.profile.audit.says("trail") else []
    return there(stage, "audit", Trail, names, undeclared(stage, Trail, names))
