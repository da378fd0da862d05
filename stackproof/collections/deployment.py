"""Collections of what is deployed around the workload: account, network, database, images, services, costs, audit."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from stackproof.collections.presence import there
from stackproof.collections.registry import collection
from stackproof.collections.stack import (
    buckets,
    by_vpc,
    databases,
    declared_load_balancers,
    in_vpc,
    run_task_definitions,
    undeclared,
    vpc_keys,
    vpcs,
)
from stackproof.core.partial import Index, Partial, collected, known_of, parts
from stackproof.core.resource import FailedOrigin, LazyMapping
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing, NotYetKnown, candidates_of
from stackproof.judgement.costs import last_month
from stackproof.judgement.trails import ObjectSelector
from stackproof.resources.account import Caller
from stackproof.resources.alarms import Alarm
from stackproof.resources.costs import MonthlyCosts
from stackproof.resources.database import DatabaseInstance
from stackproof.resources.database_care import EventSubscription, RestoredDatabase
from stackproof.resources.database_offers import DatabaseOffer
from stackproof.resources.flow_logs import FlowLog
from stackproof.resources.load_balancer import LoadBalancer, TargetGroup
from stackproof.resources.network import NatGateway, Subnet, Vpc
from stackproof.resources.registry import Image
from stackproof.resources.service import Service, TaskDefinition
from stackproof.resources.storage import Bucket
from stackproof.resources.tasks import RunningService, WatchedService
from stackproof.resources.trail import Trail
from stackproof.sources.aws.regions import BILLING
from stackproof.sources.plan.blocks import PlannedBlock
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
    """The declared subnets that the internet reaches, by the identity of their VPC."""
    return _by_vpc(stage, lambda vpc: _declared_subnets(stage, vpc, stage.profile.network_of(vpc.name).public_subnets))


@collection(reads=(Vpc,))
def private_subnets(stage: Stage) -> Mapping[str, tuple[Subnet, ...]]:
    """The declared subnets that the internet does not reach, by the identity of their VPC."""
    return _by_vpc(stage, lambda vpc: _declared_subnets(stage, vpc, stage.profile.network_of(vpc.name).private_subnets))


@collection(reads=(Vpc,))
def other_subnets(stage: Stage) -> Mapping[str, tuple[Subnet, ...]]:
    """The subnets that nobody declared, by the identity of their VPC. Of a VPC without declared subnets there are no others."""

    def others(vpc: Vpc) -> tuple[Subnet, ...]:
        network = stage.profile.network_of(vpc.name)
        declared = {*network.public_subnets, *network.private_subnets}
        return tuple(subnet for cidr, subnet in _subnets(stage, vpc).items() if cidr not in declared)

    return _by_vpc(stage, others)


def _by_vpc(stage: Stage, make: Callable[[Vpc], T]) -> Mapping[str, T]:
    found = {}
    for vpc in vpcs(stage):
        with suppress(CouldNotVerify):  # whoever asks which VPC it is gets the error
            found[vpc.identity] = partial(make, vpc)
    return LazyMapping(found)


def _declared_subnets(stage: Stage, vpc: Vpc, cidrs: tuple[str, ...]) -> tuple[Subnet, ...]:
    found = _subnets(stage, vpc)
    if missing := [cidr for cidr in cidrs if cidr not in found]:
        raise DeclaredButMissing(f"{vpc.name} has no subnet {', '.join(missing)} (found: {', '.join(sorted(found)) or 'none'})")
    return tuple(found[cidr] for cidr in cidrs)


def _subnets(stage: Stage, vpc: Vpc) -> dict[str, Subnet]:
    """The subnets of a VPC by their addresses, which no two of a VPC share."""
    return {subnet.cidr: subnet for subnet in in_vpc(stage.once(_subnets_by_vpc), vpc)}


def _subnets_by_vpc(stage: Stage) -> Index[Subnet]:
    return by_vpc(stage, stage.source().collect(Subnet, []))


@collection
def nat_gateways(stage: Stage) -> Mapping[str, NatGateway]:
    """The NAT gateways of the account by their names, as routes name them."""
    return {gateway.name: gateway for gateway in stage.source().collect(NatGateway, [])}


@collection(reads=(Vpc, Subnet))
def flow_logs(stage: Stage) -> Mapping[str, Sequence[FlowLog]]:
    """The flow logs of each of the stack's VPCs and of its subnets, by the VPC's identity; one that may be its stands for the rest."""
    return _by_vpc(stage, partial(_flow_logs, stage))


def _flow_logs(stage: Stage, vpc: Vpc) -> Sequence[FlowLog]:
    found = stage.once(_flow_logs_by_vpc).of(vpc.identity)
    if not isinstance(found, Partial) and not found:
        raise DeclaredButMissing(f"{vpc.name} has no flow log")
    return found


@collection(reads=(Vpc, Subnet))
def every_flow_log(stage: Stage) -> tuple[FlowLog, ...]:
    """The flow logs of the stack's VPCs and of their subnets, each once; on a plan also those that may be of one."""
    return tuple(stage.once(_flow_logs_by_vpc).possible(*(vpc.identity for vpc in vpcs(stage))))


def _flow_logs_by_vpc(stage: Stage) -> Index[FlowLog]:
    """By the VPC that a log is of, or whose subnet it is of."""

    def keys(log: FlowLog) -> Sequence[str]:
        own, rest = parts(vpc_keys(stage, log))
        if own or rest:
            return collected(own, rest)
        subnets, unknown = parts(_subnets_of(stage, log))
        found, more = known_of(subnets, partial(vpc_keys, stage))
        return collected(found, [*more, *(stage.once(_in_their_vpcs)(error) for error in unknown)])

    return by_vpc(stage, stage.source().collect(FlowLog, []), keys)


def _subnets_of(stage: Stage, log: FlowLog) -> Sequence[Subnet]:
    """The subnet that a log is of; none where it is of something else."""
    if not stage.is_planned:
        subnet = stage.once(_subnets_by_id).get(log.subnet_id) if log.subnet_id is not None else None
        return [subnet] if subnet else []
    assert isinstance(log.origin, PlannedBlock)
    found, rest = parts(log.origin.referents("subnet_id", *Subnet.terraform))
    return collected([Subnet(block.address, block, block.source) for block in found], rest)


def _in_their_vpcs(stage: Stage) -> Callable[[Exception], Exception]:
    """What turns the error for one of several subnets into one for the VPCs that they are in; one of many subnets is looked at once."""
    subnets = {subnet.name: subnet for subnet in stage.source().collect(Subnet, [])}
    known: dict[int, tuple[Collection[str], Collection[str] | None]] = {}  # with the candidates, which keeps their id theirs

    def turned(error: Exception) -> Exception:
        candidates = candidates_of(error)
        if candidates is None:
            return error
        if id(candidates) not in known:
            found, rest = known_of((subnets[one] for one in candidates if one in subnets), partial(vpc_keys, stage))
            known[id(candidates)] = candidates, None if rest else frozenset(found)
        about = NotYetKnown(str(error))
        about.candidates = known[id(candidates)][1]
        return about

    return turned


def _subnets_by_id(stage: Stage) -> dict[str, Subnet]:
    return {subnet.subnet_id: subnet for subnet in stage.source().collect(Subnet, [])}


@collection(reads=(Vpc, Subnet))
def vpc_subnets(stage: Stage) -> Mapping[str, Collection[Subnet]]:
    """The subnets of each of the stack's VPCs, by the identity of the VPC. They are asked for when somebody looks at one."""

    def inside(vpc: Vpc) -> Collection[Subnet]:
        return Reiterable(lambda: iter(in_vpc(stage.once(_subnets_by_vpc), vpc)))

    return _by_vpc(stage, inside)


@collection(reads=(DatabaseInstance,))
def database_offers(stage: Stage) -> Mapping[str, DatabaseOffer]:
    """The offer of RDS for each instance such as the stack's databases, by the instance's name: its engine, version and class."""

    def offer(instance: DatabaseInstance) -> DatabaseOffer:
        return stage.one(DatabaseOffer, f"{instance.engine}/{instance.engine_version}/{instance.instance_class}")

    return LazyMapping({one.name: partial(offer, one) for one in databases(stage)})


@collection
def event_subscriptions(stage: Stage) -> tuple[EventSubscription, ...]:
    """The subscriptions to events of RDS; where they cannot be listed, and on a plan without one, one of which nothing is known."""
    try:
        found = tuple(stage.source().collect(EventSubscription, []))
        if found or not stage.is_planned:
            return found
        not_listed: Exception = NotYetKnown(
            "the plan makes no subscription to events of RDS; whether the account has one shows on AWS"
        )
    except CouldNotVerify as error:
        not_listed = error
    return (EventSubscription("every subscription", FailedOrigin(not_listed), stage.target),)


@collection(reads=(DatabaseInstance,))
def restored_databases(stage: Stage) -> tuple[RestoredDatabase, ...]:
    """The databases, as AWS Backup knows them. A plan restores nothing."""
    return () if stage.is_planned else stage.named(RestoredDatabase, [one.name for one in databases(stage)])


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


@collection(reads=(Trail, Bucket))
def object_events(stage: Stage) -> Mapping[str, tuple[ObjectSelector, ...]]:
    """The data events of objects that the stack's trails record, by the name of each of its buckets."""

    def recorded() -> tuple[ObjectSelector, ...]:
        return tuple(selector for trail in stage.once(trails) if trail.is_logging for selector in trail.object_selectors)

    return LazyMapping({bucket.name: recorded for bucket in buckets(stage)})
