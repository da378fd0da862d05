"""Collections of the deployed stack: what AWS has, or what a plan promises."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import TypeVar

from stackproof.collections.registry import collection
from stackproof.core.partial import collected, parts
from stackproof.core.resource import FailedOrigin, LazyMapping, Resource
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing, NotApplicable, NotReported, NotYetKnown, may_be_about
from stackproof.judgement.exposure import Opening, merged
from stackproof.judgement.iam import ECS_TASKS, lets_in
from stackproof.profile.schema import Profile
from stackproof.resources.database import ClusterSnapshot, DatabaseCluster, DatabaseInstance, Snapshot
from stackproof.resources.encryption import KmsKey
from stackproof.resources.flow_logs import FlowLog
from stackproof.resources.front_door import FrontDoor
from stackproof.resources.functions import Function
from stackproof.resources.identity import AccountPolicy, Role, User
from stackproof.resources.load_balancer import LoadBalancer
from stackproof.resources.logs import LogGroup
from stackproof.resources.machine_images import MachineImages
from stackproof.resources.network import Guarded, InterfaceEndpoint, SecurityGroup, Subnet, Vpc
from stackproof.resources.secrets import Secret
from stackproof.resources.service import ActiveTaskDefinition, Service, TaskDefinition, runs_another_revision
from stackproof.resources.storage import Bucket
from stackproof.sources import R
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.targets.base import Stage
from stackproof.util.spool import Reiterable

G = TypeVar("G", bound=Guarded)


@collection
def profile(stage: Stage) -> Profile:
    """The profile of the environment: what it must look like."""
    return stage.profile


@collection
def now(stage: Stage) -> datetime:
    """The moment that ages and remaining times are counted from, in UTC."""
    return stage.now


@collection
def database(stage: Stage) -> DatabaseInstance:
    """The stack's declared database instance."""
    found = stage.one(DatabaseInstance, stage.profile.database.identifier)
    _note_what_runs(stage, [found], "how a running instance is, and whether it has the values of its parameter group already")
    return found


@collection(reads=(Vpc,))
def databases(stage: Stage) -> tuple[DatabaseInstance, ...]:
    """The declared database instance, and every other of the stack's: read replicas of it, and what is in the VPC, too."""
    declared = database(stage)
    return declared, *_undeclared(stage, DatabaseInstance, [declared.name], lambda one: _is_of_the_databases(stage, one))


def _is_of_the_databases(stage: Stage, one: DatabaseInstance) -> bool:
    declared = stage.profile.database.identifier
    return declared in (one.name, one.replica_of) or one.vpc_id == _vpc(stage).vpc_id


@collection(reads=(Vpc, SecurityGroup))
def database_clusters(stage: Stage) -> tuple[DatabaseCluster, ...]:
    """The DB clusters of the stack, with instances or without: by their name, or because they are in the VPC."""
    return tuple(_undeclared(stage, DatabaseCluster, (), lambda one: _is_in_the_vpc(stage, one)))


def _is_in_the_vpc(stage: Stage, one: Guarded) -> bool:
    return any(group.vpc_id == _vpc(stage).vpc_id for group in one.security_groups)


@collection(reads=(ClusterSnapshot, Vpc))
def database_snapshots(stage: Stage) -> tuple[Snapshot, ...]:
    """The snapshots of the stack's databases, whether those exist any more or not: by whatever names a snapshot, or by its VPC."""
    own = (*stage.profile.owned, stage.profile.database.identifier)

    def belongs(one: Snapshot) -> bool:
        return any(name.startswith(own) for name in one.names) or one.vpc_id == _vpc(stage).vpc_id

    return *_undeclared(stage, Snapshot, (), belongs), *_undeclared(stage, ClusterSnapshot, (), belongs)


@collection
def machine_images(stage: Stage) -> MachineImages:
    """The stack's machine images, as they are listed: by name or tag, whether anything runs from them or not."""
    return next(iter(stage.source().collect(MachineImages, stage.profile.owned)))


@collection
def buckets(stage: Stage) -> tuple[Bucket, ...]:
    """The declared buckets, and every other of the stack's. The one for access logs, which cannot be the same, is declared by itself."""
    names = stage.profile.storage.buckets
    others = _undeclared(stage, Bucket, [*names, stage.profile.load_balancer.access_log_bucket])
    return *stage.named(Bucket, names), *others


@collection(reads=(Vpc,))
def security_groups(stage: Stage) -> Sequence[SecurityGroup]:
    """The declared security groups of the stack's VPC."""
    declared = [group.name for group in stage.profile.network.security_groups]
    found, missing = _declared_groups(stage, declared)
    return collected(found, missing)


@collection(reads=(Vpc,))
def task_security_group(stage: Stage) -> SecurityGroup:
    """The declared security group of the tasks, in the stack's VPC."""
    found, missing = _declared_groups(stage, [stage.profile.service.security_group])
    if missing:
        raise missing[0]
    return found[0]


@collection(reads=(DatabaseInstance, DatabaseCluster, LoadBalancer, Service, Vpc))
def guarded(stage: Stage) -> tuple[Guarded, ...]:
    """The stack's databases, load balancers and services, declared or not, as far as they are there: what stands behind groups."""
    cluster, balancer = stage.profile.service.cluster, stage.profile.load_balancer.name
    balancers = _behind_groups(stage, LoadBalancer, lambda one: one.name == balancer or one.vpc_id == _vpc(stage).vpc_id)
    services = _behind_groups(stage, Service, lambda one: one.name.startswith(f"{cluster}/"), [f"{cluster}/"])
    return (
        *_behind_groups(stage, DatabaseInstance, lambda one: _is_of_the_databases(stage, one)),
        *_behind_groups(stage, DatabaseCluster, lambda one: _is_in_the_vpc(stage, one)),
        *_chosen(balancers, lambda one: not one.is_a("gateway") and (one.name == balancer or not one.is_internal)),
        *services,
    )


@collection(reads=(InterfaceEndpoint, Function, Vpc))
def other_guarded(stage: Stage) -> tuple[Guarded, ...]:
    """The interface endpoints and functions of the stack: nothing is declared of whom they let in."""
    endpoints = _behind_groups(stage, InterfaceEndpoint, lambda one: one.vpc_id == _vpc(stage).vpc_id)
    return *endpoints, *_behind_groups(stage, Function, lambda one: one.vpc_id == _vpc(stage).vpc_id)


def _behind_groups(stage: Stage, kind: type[G], belongs: Callable[[G], bool], names: Sequence[str] = ()) -> list[G]:
    """The resources of a kind that are the stack's; none, and a note, where the target does not have the kind."""
    if reason := stage.unseen.get(f"{kind.__name__}.security_groups"):
        stage.notes.append(f"Judged by its security groups elsewhere: {kind.__name__}. {reason}")
        return []
    return _undeclared(stage, kind, names, belongs)


def _groups_behind(one: Guarded) -> Iterable[SecurityGroup]:
    """The groups of a resource as far as they are known: what is not known of them is said where it is judged."""
    try:
        return parts(one.security_groups)[0]
    except (NotYetKnown, CouldNotVerify):
        return ()


@collection
def idle_security_groups(stage: Stage) -> tuple[SecurityGroup, ...]:
    """The declared groups that nothing of `guarded` has. What has them may be another stack's on a plan, which a note says there."""
    groups, _ = parts(security_groups(stage))
    attached = {group.identity for one in guarded(stage) for group in _groups_behind(one)}
    idle = tuple(group for group in groups if group.identity not in attached)
    if stage.target != "plan" and not any(place.endswith(".security_groups") for place in stage.unseen):
        return idle
    if idle:
        stage.notes.append(f"What has them is not shown here, and judged elsewhere: {', '.join(group.name for group in idle)}.")
    return ()


@collection
def declared_ways(stage: Stage) -> Mapping[str, frozenset[Opening]]:
    """The ways that are declared to be open into each of `guarded`, by its label: those of the groups that are declared for it.

    Of what no group is declared for, those of the declared groups that it has.
    """
    network = stage.profile.network

    def ways(one: Guarded) -> frozenset[Opening]:
        names = stage.profile.groups_of(one.name)
        if not names:
            declared = {group.identity: group.name for group in stage.once(security_groups)}
            names = tuple(declared[group.identity] for group in one.security_groups if group.identity in declared)
        return merged(way for name in names for way in network.openings_of(name))

    return LazyMapping({one.label: partial(ways, one) for one in guarded(stage)})


def _declared_groups(stage: Stage, declared: Sequence[str]) -> tuple[list[SecurityGroup], list[DeclaredButMissing]]:
    """The groups of these names, each once; and what is to be said of those that are not there once."""
    inside = stage.once(_groups_of_stack)
    names = [group.name for group in inside]
    found = [group for name in declared for group in inside if group.name == name and names.count(name) == 1]
    if not (absent := [name for name in declared if names.count(name) != 1]):
        return found, []
    error = DeclaredButMissing(
        f"declared for {stage.profile.name}, but not once in {stage.profile.network.vpc}: {', '.join(absent)} "
        f"(found: {', '.join(sorted(names))})"
    )
    return found, [error]


@collection(reads=(Vpc,))
def other_security_groups(stage: Stage) -> tuple[SecurityGroup, ...]:
    """The groups of the stack's VPC that are not declared, but for its default group; on a plan, every other that it makes or keeps."""
    declared = {group.name for group in stage.profile.network.security_groups}
    own = {group.identity for group in stage.once(_groups_of_stack) if group.name in declared}
    default = _default_group(stage)
    mine = {*own, *([default.identity] if default else [])}
    if stage.target != "plan":
        return tuple(group for group in stage.once(_groups_of_stack) if group.name not in {*declared, "default"})
    return tuple(group for group in _groups(stage) if group.identity not in mine)


@collection(reads=(Vpc,))
def default_security_group(stage: Stage) -> SecurityGroup:
    """The default group of the stack's VPC. On a plan that leaves it alone it is missing: EC2 makes it with rules in it."""
    default = _default_group(stage)
    if default is None:
        if stage.target == "plan" and not _makes_its_vpc(stage):
            raise NotYetKnown(
                f"nothing is said about the default security group of {stage.profile.network.vpc}, which is there already; "
                "adopt it (aws_default_security_group), or judge what is deployed"
            )
        raise DeclaredButMissing(
            f"nothing is said about the default security group of {stage.profile.network.vpc}, so it has rules"
        )
    return default


def _default_group(stage: Stage) -> SecurityGroup | None:
    return next((group for group in stage.once(_groups_of_stack) if group.name == "default"), None)


def _groups(stage: Stage) -> Collection[SecurityGroup]:
    return stage.source().collect(SecurityGroup, [group.name for group in stage.profile.network.security_groups])


def _groups_of_stack(stage: Stage) -> list[SecurityGroup]:
    """The security groups of the stack's VPC.

    On a plan also those of which it is not known yet where they will be, but for a namesake of one that is known to be there; a VPC that
    the plan makes has no id yet, so a group with an id is in another one, and a group without one in the account's default VPC.
    """
    if stage.target != "plan":
        vpc = _vpc(stage)
        return [group for group in _groups(stage) if group.vpc_id == vpc.vpc_id]
    vpcs = stage.once(_planned_vpcs)
    placed = [(group, _is_in(group, vpcs)) for group in _groups(stage)]
    certain = {group.name for group, is_inside in placed if is_inside}
    return [group for group, is_inside in placed if is_inside or (is_inside is None and group.name not in certain)]


def is_in_vpc(stage: Stage, one: SecurityGroup | Subnet | FlowLog) -> bool:
    """True if something is in the stack's VPC; on a plan, if it may be: whatever that makes or keeps is the stack's."""
    if stage.target != "plan":
        return one.vpc_id == _vpc(stage).vpc_id
    return _is_in(one, stage.once(_planned_vpcs)) is not False


def _planned_vpcs(stage: Stage) -> list[Vpc]:
    return [vpc for vpc in stage.source().collect(Vpc, []) if vpc.name == stage.profile.network.vpc]


def _is_in(one: Resource, vpcs: Sequence[Vpc]) -> bool | None:
    """Whether something that is planned is in one of these VPCs; None where the plan does not tell."""
    origin = one.origin
    assert isinstance(origin, PlannedBlock)
    if not vpcs:
        return None
    try:
        referent = origin.referent("vpc_id", *Vpc.terraform)
    except NotYetKnown as unknown:
        possible = [vpc for vpc in vpcs if isinstance(vpc.origin, PlannedBlock) and may_be_about(unknown, vpc.origin.address)]
        return None if possible else False
    return referent in [vpc.origin for vpc in vpcs]


def _makes_its_vpc(stage: Stage) -> bool:
    made = (vpc.origin for vpc in stage.once(_planned_vpcs))
    return any(isinstance(vpc, PlannedBlock) and vpc.plan.creates(vpc) for vpc in made)


@collection
def customer_keys(stage: Stage) -> tuple[KmsKey, ...]:
    """The declared keys, and every other of the account that AWS does not manage; also those that are about to be deleted."""
    names = stage.profile.encryption.keys
    declared = stage.named(KmsKey, names)
    others = (key for key in stage.source().collect(KmsKey, names) if not stage.is_declared(key, names))
    return (*declared, *_chosen(others, lambda key: key.is_customers))


def _note_what_runs(stage: Stage, resources: Iterable[Resource], what: str) -> None:
    """Tell what no plan shows of those that are there already: that part is judged on AWS."""
    there = (one.origin for one in resources)
    running = [one.address for one in there if isinstance(one, PlannedBlock) and not one.plan.creates(one)]
    note = f"No plan tells {what}, so that is judged on AWS alone: {', '.join(running)}."
    if running and note not in stage.notes:
        stage.notes.append(note)


@collection
def secrets(stage: Stage) -> tuple[Secret, ...]:
    """The declared secrets, and every other of the stack's."""
    names = stage.profile.secrets.names
    found = _secrets(stage, names)
    _note_what_runs(stage, found, "when a secret that exists was rotated last")
    return found


def _secrets(stage: Stage, names: Sequence[str]) -> tuple[Secret, ...]:
    return *stage.named(Secret, names), *_undeclared(stage, Secret, names)


@collection
def ecs_roles(stage: Stage) -> tuple[Role, ...]:
    """The declared roles that ECS tasks run and start with, and every other of the stack's that they may assume.

    A declared reader of logs is for people.
    """
    names = stage.profile.identity.roles
    others = _undeclared(stage, Role, [*names, *stage.profile.logs.readers])
    return *stage.named(Role, names), *_chosen(others, lambda role: lets_in(role.trust, ECS_TASKS))


@collection
def detached_policies(stage: Stage) -> tuple[AccountPolicy, ...]:
    """The account's own policies that are the stack's, by name or path, and that nobody has: whoever gets one may do what it says."""
    own = stage.profile.owned
    found = _undeclared(stage, AccountPolicy, (), lambda one: any(part.startswith(own) for part in one.path.split("/")))
    return tuple(_chosen(found, lambda one: not one.is_used))


@collection
def deploy_users(stage: Stage) -> tuple[User, ...]:
    """The users that deploy; on a plan those that it makes: it is applied by one, and shows none."""
    names = stage.profile.identity.deploy_users
    if stage.target != "plan":
        return stage.named(User, names)
    found = tuple(user for user in stage.source().collect(User, names) if user.name in names)
    if unseen := [name for name in names if name not in {user.name for user in found}]:
        stage.notes.append(f"Not in this plan, and judged only after apply: User {', '.join(unseen)}.")
    return found


@collection
def services(stage: Stage) -> tuple[Service, ...]:
    """The declared services, and every other of their cluster."""
    cluster = stage.profile.service.cluster
    names = [f"{cluster}/{name}" for name in stage.profile.service.names]
    declared = stage.named(Service, names)
    found = stage.source().collect(Service, names)
    return (*declared, *(service for service in found if service.name not in names and service.name.startswith(f"{cluster}/")))


@collection(reads=(Service, ActiveTaskDefinition))
def task_definitions(stage: Stage) -> tuple[TaskDefinition, ...]:
    """The task definitions that services run, and every active revision of the stack's families; each revision once."""
    run = run_task_definitions(stage)
    names = [definition.name for definition in run]
    active = stage.source().collect(ActiveTaskDefinition, stage.profile.owned)
    return *run, *(definition for definition in active if definition.name not in names)


def run_task_definitions(stage: Stage) -> tuple[TaskDefinition, ...]:
    """The task definitions that the services run, each revision once. Raises `NotReported` where a service does not tell."""
    there = services(stage)
    running = {service.name: _run_by(service) for service in there}
    idle = [name for name, definitions in running.items() if not definitions]
    if idle:
        raise NotReported(f"what {', '.join(idle)} runs is not reported")
    _note_other_revisions(stage, there)
    found = {definition.name: definition for definitions in running.values() for definition in definitions}
    return tuple(found.values())


def _note_other_revisions(stage: Stage, there: Iterable[Service]) -> None:
    """Tell which services run a revision that no plan has."""
    others = [one.name for one in there if isinstance(one.origin, PlannedBlock) and runs_another_revision(one.origin)]
    note = (
        f"The revision that a deployment registered is in no plan, so its family's in the plan was judged: {', '.join(others)}."
    )
    if others and note not in stage.notes:
        stage.notes.append(note)


def _run_by(service: Service) -> tuple[TaskDefinition, ...]:
    """The task definitions that a service runs; where a plan does not tell which, one whose fields are all unknown."""
    try:
        return service.task_definitions
    except NotYetKnown as unknown:
        return (TaskDefinition(f"of {service.name}", FailedOrigin(unknown), service.source),)


@collection
def log_groups(stage: Stage) -> Collection[LogGroup]:
    """The stack's log groups: the declared ones, and every other whose name begins with a prefix that the stack owns."""
    names = stage.profile.logs.groups
    declared = stage.named(LogGroup, names)
    found = of_the_stack(stage)
    return Reiterable(lambda: chain(declared, (group for group in found if not stage.is_declared(group, names))))


def of_the_stack(stage: Stage) -> Collection[LogGroup]:
    """The log groups that are declared, as far as they exist, and those whose name begins with a prefix that the stack owns.

    A planned group whose name is not known yet is the stack's own; it is told by its address.
    """
    logs = stage.profile.logs
    unnamed = tuple(f"{kind}." for kind in (*LogGroup.terraform, "module"))
    own = (*logs.owned, *unnamed)
    found = stage.source().collect(LogGroup, logs.groups)
    return Reiterable(lambda: (group for group in found if group.name in logs.groups or group.name.startswith(own)))


@collection
def load_balancer(stage: Stage) -> LoadBalancer:
    """The stack's declared load balancer."""
    return stage.one(LoadBalancer, stage.profile.load_balancer.name)


@collection(reads=(Vpc,))
def other_load_balancers(stage: Stage) -> tuple[LoadBalancer, ...]:
    """Every other load balancer of the stack, or in its VPC, that faces the internet."""
    names = [stage.profile.load_balancer.name]
    others = _undeclared(stage, LoadBalancer, names, lambda one: one.vpc_id == _vpc(stage).vpc_id)
    return tuple(_chosen(others, lambda balancer: not balancer.is_internal))


def of_own(stage: Stage, kind: type[R], declared: Sequence[str] = ()) -> tuple[R, ...]:
    """The declared resources of a kind, and every other of the stack's.

    Raises `NotApplicable` where none is declared and there are none, with what was looked at: nothing is judged then, and nothing passes.
    """
    found = *stage.named(kind, declared), *_undeclared(stage, kind, declared)
    if not found:
        asked = "the plan makes none" if stage.target == "plan" else f"{kind.operations[0]} shows none of its own"
        raise NotApplicable(f"the stack has no {kind.__name__}: {stage.profile.name} declares none, and {asked}")
    return found


def _undeclared(stage: Stage, kind: type[R], declared: Sequence[str], belongs: Callable[[R], bool] = lambda _: False) -> list[R]:
    """The resources of a kind that are the stack's and not declared: they are judged as if they were.

    The stack's is everything that a plan makes; on AWS, what has a name that begins with a prefix that the profile owns, or what
    ``belongs`` to it. Nothing more is asked about what others have in the account. Where they cannot be listed, one that tells nothing
    stands for all, so that what is known to be wrong elsewhere is still said.
    """
    own, is_planned = stage.profile.owned, stage.target == "plan"
    try:
        others = [one for one in stage.source().collect(kind, declared) if not stage.is_declared(one, declared)]
    except CouldNotVerify as unlisted:
        return [kind(f"every other {kind.__name__}", FailedOrigin(unlisted), stage.target)]
    return _chosen(others, lambda one: is_planned or one.name.startswith(own) or belongs(one))


def _chosen(resources: Iterable[R], is_chosen: Callable[[R], bool]) -> list[R]:
    """The resources of which a question is answered with yes; where nobody can tell, one that tells nothing else either."""
    found = []
    for one in resources:
        try:
            if is_chosen(one):
                found.append(one)
        except (NotYetKnown, CouldNotVerify) as unknown:
            found.append(type(one)(one.name, FailedOrigin(unknown), one.source))
    return found


def _vpc(stage: Stage) -> Vpc:
    return stage.one(Vpc, stage.profile.network.vpc)


@collection
def access_log_buckets(stage: Stage) -> tuple[Bucket, ...]:
    """The bucket that is declared for the load balancer's access logs. Another stack makes it: of a plan without it nothing is known."""
    names = [stage.profile.load_balancer.access_log_bucket]
    if stage.target != "plan":
        return stage.named(Bucket, names)
    found = tuple(bucket for bucket in stage.source().collect(Bucket, names) if bucket.name in names)
    if not found:
        stage.notes.append(
            f"Not in this plan, and judged only after apply, or with the plan of the stack that makes it (--plan=FILE again): "
            f"Bucket {names[0]}."
        )
    return found


@collection
def front_door(stage: Stage) -> FrontDoor:
    """The load balancer as it is reached from here."""
    declared = stage.profile.load_balancer
    return stage.one(FrontDoor, f"{declared.name}/{declared.domain}" if declared.domain else declared.name)
