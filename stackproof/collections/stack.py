"""Collections of the deployed stack: what AWS has, or what a plan promises."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain
from typing import TypeVar

from stackproof.collections.presence import nothing, there
from stackproof.collections.registry import collection
from stackproof.core.partial import Index, collected, is_among, known_of, parts
from stackproof.core.resource import FailedOrigin, LazyMapping, Resource
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing, NotDeclared, NotReported, NotYetKnown, candidates_of
from stackproof.judgement.exposure import Opening, merged
from stackproof.profile.base import not_declared
from stackproof.profile.schema import Profile
from stackproof.profile.stack import LoadBalancer as LoadBalancerTable
from stackproof.profile.stack import Network as NetworkTable
from stackproof.resources.clusters import Cluster
from stackproof.resources.database import ClusterSnapshot, DatabaseCluster, DatabaseInstance, Snapshot
from stackproof.resources.encryption import KmsKey
from stackproof.resources.flow_logs import FlowLog
from stackproof.resources.front_door import FrontDoor, WebAnswer
from stackproof.resources.functions import Function
from stackproof.resources.identity import AccountPolicy, Role, User
from stackproof.resources.load_balancer import LoadBalancer
from stackproof.resources.logs import LogGroup
from stackproof.resources.machine_images import MachineImages
from stackproof.resources.network import Guarded, InterfaceEndpoint, SecurityGroup, Subnet, Vpc
from stackproof.resources.secrets import Secret
from stackproof.resources.service import ActiveTaskDefinition, Service, TaskDefinition, runs_another_revision
from stackproof.resources.storage import Bucket
from stackproof.resources.vpc_endpoints import ServedVpc, VpcEndpoint
from stackproof.sources import R
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.targets.base import Stage
from stackproof.util.spool import Reiterable

G = TypeVar("G", bound=Guarded)
Placed = TypeVar("Placed", bound=SecurityGroup | Subnet | FlowLog)


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
    """The first database instance that is declared, for controls that are about one."""
    return there(stage, "database", DatabaseInstance, [one.identifier for one in stage.profile.database])[0]


@collection(reads=(Vpc,))
def databases(stage: Stage) -> tuple[DatabaseInstance, ...]:
    """The declared database instances, and every other of the stack's: read replicas of them, and what is in a VPC of its, too."""
    declared = [one.identifier for one in stage.profile.database]
    found = there(stage, "database", DatabaseInstance, declared, stage.once(_other_databases))
    _note_what_runs(stage, found, "how a running instance is, and whether it has the values of its parameter group already")
    return found


def databases_found(stage: Stage) -> tuple[DatabaseInstance, ...]:
    """The database instances of the stack, as many as there are."""
    declared = [one.identifier for one in stage.profile.database]
    return *stage.existing(DatabaseInstance, declared), *stage.once(_other_databases)


def _other_databases(stage: Stage) -> list[DatabaseInstance]:
    declared = [one.identifier for one in stage.profile.database]
    return undeclared(stage, DatabaseInstance, declared, lambda one: _is_of_the_databases(stage, one))


def _is_of_the_databases(stage: Stage, one: DatabaseInstance) -> bool:
    declared = [table.identifier for table in stage.profile.database]
    return one.name in declared or one.replica_of in declared or _is_of_a_vpc(stage, one.vpc_id)


@collection(reads=(Vpc, SecurityGroup))
def database_clusters(stage: Stage) -> tuple[DatabaseCluster, ...]:
    """The DB clusters of the stack, with instances or without: by their name, or because they are in the VPC."""
    return tuple(undeclared(stage, DatabaseCluster, (), lambda one: _is_in_the_vpc(stage, one)))


def _is_in_the_vpc(stage: Stage, one: Guarded) -> bool:
    return any(_is_of_a_vpc(stage, group.vpc_id) for group in one.security_groups)


@collection(reads=(ClusterSnapshot, Vpc))
def database_snapshots(stage: Stage) -> tuple[Snapshot, ...]:
    """The snapshots of the stack's databases, whether those exist any more or not: by whatever names a snapshot, or by its VPC."""
    own = (*stage.profile.prefixes, *(table.identifier for table in stage.profile.database))

    def belongs(one: Snapshot) -> bool:
        return any(name.startswith(own) for name in one.names) or _is_of_a_vpc(stage, one.vpc_id)

    return *undeclared(stage, Snapshot, (), belongs), *undeclared(stage, ClusterSnapshot, (), belongs)


@collection
def machine_images(stage: Stage) -> MachineImages:
    """The stack's machine images, as they are listed: by name or tag, whether anything runs from them or not."""
    return next(iter(stage.source().collect(MachineImages, stage.profile.prefixes)))


@collection
def buckets(stage: Stage) -> tuple[Bucket, ...]:
    """The declared buckets, and every other of the stack's. Those for logs alone, which cannot be the same, are declared by themselves."""
    names = stage.profile.storage.buckets if stage.profile.storage.is_declared else ()
    found = there(stage, "storage", Bucket, names, undeclared(stage, Bucket, [*names, *stage.profile.log_buckets]))
    _note_what_runs(stage, found, "who owns the objects of a bucket that exists, where the sources do not say it")
    return found


@collection(reads=(Vpc,))
def security_groups(stage: Stage) -> Sequence[SecurityGroup]:
    """The declared security groups of the stack's VPCs."""
    declared = [group.name for group in stage.profile.security_groups]
    if not declared:
        raise not_declared(NetworkTable, "security_groups")
    found, missing = _declared_groups(stage, declared)
    return collected(found, missing)


def _declared_by_identity(stage: Stage) -> dict[str, SecurityGroup]:
    return {group.identity: group for group in stage.once(security_groups)}


@collection(reads=(Vpc,))
def task_security_groups(stage: Stage) -> Mapping[str, SecurityGroup]:
    """The declared security group of the tasks of each service, in the stack's VPCs."""

    def group_of(service: str) -> SecurityGroup:
        found, missing = _declared_groups(stage, [stage.profile.service_of(service).security_group])
        if missing:
            raise missing[0]
        return found[0]

    return LazyMapping({name: partial(group_of, name) for name in stage.profile.service_names})


@collection(reads=(DatabaseInstance, DatabaseCluster, LoadBalancer, Service, Vpc))
def guarded(stage: Stage) -> tuple[Guarded, ...]:
    """The stack's databases, load balancers and services, declared or not, as far as they are there: what stands behind groups."""
    declared = [one.name for one in stage.profile.load_balancer]
    clusters = tuple(f"{cluster}/" for cluster in stage.profile.clusters)
    balancers = _behind_groups(stage, LoadBalancer, lambda one: one.name in declared or _is_of_a_vpc(stage, one.vpc_id))
    services = _behind_groups(stage, Service, lambda one: one.name.startswith(clusters), clusters)
    return (
        *_behind_groups(stage, DatabaseInstance, lambda one: _is_of_the_databases(stage, one)),
        *_behind_groups(stage, DatabaseCluster, lambda one: _is_in_the_vpc(stage, one)),
        *_chosen(balancers, lambda one: not one.is_a("gateway") and (one.name in declared or not one.is_internal)),
        *services,
    )


@collection(reads=(InterfaceEndpoint, Function, Vpc))
def other_guarded(stage: Stage) -> tuple[Guarded, ...]:
    """The interface endpoints and functions of the stack: nothing is declared of whom they let in."""
    endpoints = _behind_groups(stage, InterfaceEndpoint, lambda one: _is_of_a_vpc(stage, one.vpc_id))
    return *endpoints, *_behind_groups(stage, Function, lambda one: _is_of_a_vpc(stage, one.vpc_id))


def _behind_groups(stage: Stage, kind: type[G], belongs: Callable[[G], bool], names: Sequence[str] = ()) -> list[G]:
    """The resources of a kind that are the stack's; none, and a note, where the target does not have the kind."""
    if reason := stage.unseen.get(f"{kind.__name__}.security_groups"):
        stage.notes.append(f"Judged by its security groups elsewhere: {kind.__name__}. {reason}")
        return []
    return undeclared(stage, kind, names, belongs)


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
    if not stage.is_planned and not any(place.endswith(".security_groups") for place in stage.unseen):
        return idle
    if idle:
        stage.notes.append(f"What has them is not shown here, and judged elsewhere: {', '.join(group.name for group in idle)}.")
    return ()


@collection
def declared_ways(stage: Stage) -> Mapping[str, frozenset[Opening]]:
    """The ways that are declared to be open into each of `guarded`, by its label: those of the groups that are declared for it.

    Of what no group is declared for, those of the declared groups that it has.
    """
    profile = stage.profile

    def ways(one: Guarded) -> frozenset[Opening]:
        names = profile.groups_of(one.name)
        if not names:
            declared = stage.once(_declared_by_identity)
            names = tuple(declared[group.identity].name for group in one.security_groups if group.identity in declared)
        return merged(way for name in names for way in profile.openings_of(name))

    return LazyMapping({one.label: partial(ways, one) for one in guarded(stage)})


def _declared_groups(stage: Stage, declared: Sequence[str]) -> tuple[list[SecurityGroup], list[DeclaredButMissing]]:
    """The groups of these names, each once; and what is to be said of those that are not there once."""
    by_name = stage.once(_groups_by_name)
    found = [by_name[name][0] for name in declared if len(by_name.get(name, ())) == 1]
    if not (absent := [name for name in declared if len(by_name.get(name, ())) != 1]):
        return found, []
    names = sorted(group.name for alike in by_name.values() for group in alike)
    error = DeclaredButMissing(
        f"declared for {stage.profile.name}, but not once in {_vpc_names(stage)}: {', '.join(absent)} (found: {', '.join(names)})"
    )
    return found, [error]


def _groups_by_name(stage: Stage) -> dict[str, list[SecurityGroup]]:
    found: dict[str, list[SecurityGroup]] = {}
    for group in stage.once(_groups_of_stack):
        found.setdefault(group.name, []).append(group)
    return found


@collection(reads=(Vpc,))
def other_security_groups(stage: Stage) -> tuple[SecurityGroup, ...]:
    """The groups of the stack's VPCs that are not declared, but for default groups; on a plan, every other that it makes or keeps."""
    declared = {group.name for group in stage.profile.security_groups}
    own = {group.identity for group in stage.once(_groups_of_stack) if group.name in declared}
    mine = own | {group.identity for group in stage.once(_groups_of_stack) if group.name == "default"}
    if not stage.is_planned:
        return tuple(group for group in stage.once(_groups_of_stack) if group.name not in {*declared, "default"})
    return tuple(group for group in _groups(stage) if group.identity not in mine)


@collection(reads=(Vpc,))
def default_security_groups(stage: Stage) -> tuple[SecurityGroup, ...]:
    """The default group of each of the stack's VPCs. On a plan that leaves it alone it is missing: EC2 makes it with rules in it."""
    return tuple(_default_group(stage, vpc) for vpc in vpcs(stage))


def _default_group(stage: Stage, vpc: Vpc) -> SecurityGroup:
    for group in in_vpc(stage.once(_default_groups), vpc):
        return group
    said = f"nothing is said about the default security group of {vpc.name}"
    missing: Exception = DeclaredButMissing(f"{said}, so it has rules")
    if stage.is_planned and not _is_made(vpc):
        missing = NotYetKnown(f"{said}, which is there already; adopt it (aws_default_security_group), or judge what is deployed")
    return SecurityGroup("default", FailedOrigin(missing), vpc.source)


def _default_groups(stage: Stage) -> Index[SecurityGroup]:
    return by_vpc(stage, (group for group in stage.once(_groups_of_stack) if group.name == "default"))


def _groups(stage: Stage) -> Collection[SecurityGroup]:
    return stage.source().collect(SecurityGroup, [group.name for group in stage.profile.security_groups])


def _groups_of_stack(stage: Stage) -> list[SecurityGroup]:
    """The security groups of the stack's VPCs.

    On a plan also those of which it is not known yet where they will be, but for a namesake of one that is known to be there; a VPC that
    the plan makes has no id yet, so a group with an id is in another one, and a group without one in the account's default VPC.
    """
    own = frozenset(vpc.identity for vpc in stage.once(_vpcs))
    placed = [(group, _is_inside(stage, group, own)) for group in _groups(stage)]
    certain = {group.name for group, is_inside in placed if is_inside}
    return [group for group, is_inside in placed if is_inside or (is_inside is None and group.name not in certain)]


@collection
def vpcs(stage: Stage) -> tuple[Vpc, ...]:
    """The stack's VPCs: the declared ones, and every other of its."""
    return there(stage, "network", Vpc, [one.vpc for one in stage.profile.network], stage.once(_other_vpcs))


@collection
def served_vpcs(stage: Stage) -> tuple[ServedVpc, ...]:
    """The declared VPCs, with the services that their endpoints lead to."""
    return there(stage, "network", ServedVpc, [one.vpc for one in stage.profile.network])


@collection(reads=(Vpc,))
def vpc_endpoints(stage: Stage) -> tuple[VpcEndpoint, ...]:
    """The endpoints of the stack's VPCs."""
    return tuple(undeclared(stage, VpcEndpoint, (), lambda one: _is_of_a_vpc(stage, one.vpc_id)))


def _other_vpcs(stage: Stage) -> list[Vpc]:
    return undeclared(stage, Vpc, [one.vpc for one in stage.profile.network])


def _vpcs(stage: Stage) -> tuple[Vpc, ...]:
    """The stack's VPCs; none where it has none. Raises `DeclaredButMissing` where none of those is there that are declared."""
    try:
        return vpcs(stage)
    except NotDeclared:
        return ()
    except DeclaredButMissing:
        if stage.is_planned:  # another stack's plan makes it
            return ()
        raise


def _is_of_a_vpc(stage: Stage, vpc_id: object) -> bool:
    """True if the id of a VPC in AWS is that of one of the stack's."""
    return is_among(vpc_id, [vpc.identity for vpc in stage.once(_vpcs)])


def by_vpc(stage: Stage, items: Iterable[Placed], keys: "Callable[[Placed], Iterable[str]] | None" = None) -> Index[Placed]:
    """The things that are in VPCs, by VPC, for `in_vpc`. ``keys`` says in which VPCs one is, as `vpc_keys` does."""
    return Index(items, keys or partial(vpc_keys, stage))


def in_vpc(index: Index[Placed], vpc: Vpc) -> list[Placed]:
    """The items that are in a VPC; on a plan also those that may be: whatever that makes or keeps is the stack's."""
    return index.possible(vpc.identity)


def vpc_keys(stage: Stage, one: SecurityGroup | Subnet | FlowLog) -> Sequence[str]:
    """How the VPC is known that something is in: by its id, on a plan by its address; nothing for one in no VPC of the plan."""
    if not stage.is_planned:
        return [one.vpc_id] if one.vpc_id is not None else []
    assert isinstance(one.origin, PlannedBlock)
    found, rest = parts(one.origin.referents("vpc_id", *Vpc.terraform))
    return collected([block.address for block in found], rest)


def _is_inside(stage: Stage, one: SecurityGroup, own: Collection[str]) -> bool | None:
    """Whether a group is in one of these VPCs; None where a plan does not tell, or makes none."""
    if stage.is_planned and not own:
        return None
    found, rest = known_of([one], partial(vpc_keys, stage))
    if not rest:
        return not {*found}.isdisjoint(own)
    candidates = [candidates_of(error) for error in rest]
    return None if any(one is None or not {*own}.isdisjoint(one) for one in candidates) else False


def _vpc_names(stage: Stage) -> str:
    return ", ".join(vpc.name for vpc in stage.once(_vpcs)) or ", ".join(one.vpc for one in stage.profile.network) or "any VPC"


def _is_made(vpc: Vpc) -> bool:
    return isinstance(vpc.origin, PlannedBlock) and vpc.origin.plan.creates(vpc.origin)


@collection
def customer_keys(stage: Stage) -> tuple[KmsKey, ...]:
    """The declared keys, and every other of the account that AWS does not manage; also those that are about to be deleted."""
    names = stage.profile.encryption.keys if stage.profile.encryption.is_declared else ()
    others = (key for key in stage.source().collect(KmsKey, names) if not stage.is_declared(key, frozenset(names)))
    return there(stage, "encryption", KmsKey, names, _chosen(others, lambda key: key.is_customers))


@collection
def stack_keys(stage: Stage) -> tuple[KmsKey, ...]:
    """The customer keys that are the stack's: those that are declared, that a plan makes, or that have an alias of the stack's."""
    names = stage.profile.encryption.keys if stage.profile.encryption.is_declared else ()
    if found := tuple(stage.once(keys_found)):
        return found
    raise nothing(stage, "encryption", KmsKey, names)


def keys_found(stage: Stage) -> list[KmsKey]:
    """The customer keys that are the stack's: those that are declared, that a plan makes, or that have an alias of the stack's."""
    names = stage.profile.encryption.keys if stage.profile.encryption.is_declared else ()
    prefixes = tuple(f"alias/{prefix}" for prefix in stage.profile.prefixes)
    others = undeclared(stage, KmsKey, names, lambda key: key.name.startswith(prefixes))
    return _chosen([*stage.existing(KmsKey, names), *others], lambda key: key.is_customers)


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
    names = stage.profile.secrets.known
    found = there(stage, "secrets", Secret, names, undeclared(stage, Secret, names))
    _note_what_runs(stage, found, "when a secret that exists was rotated last")
    return found


@collection
def read_secrets(stage: Stage) -> tuple[Secret, ...]:
    """The stack's secrets, but for those that are declared as reserves. Raises `NotDeclared` where all are."""
    found = secrets(stage)
    kept = stage.profile.secrets.reserves
    read = tuple(one for one in found if not any(fnmatchcase(one.name, reserve) for reserve in kept))
    if not read:
        where = stage.source().listing(Secret)
        raise NotDeclared("every secret of the stack is declared as a reserve", read=("Secret", "all", "reserves", where))
    return read


@collection
def roles(stage: Stage) -> tuple[Role, ...]:
    """The declared roles, and every other of the stack's, whoever may assume it; but for those that AWS services keep for themselves."""
    names = stage.profile.identity.roles if stage.profile.identity.says("roles") else ()
    others = undeclared(stage, Role, names)
    return there(stage, "identity", Role, names, _chosen(others, lambda role: not role.is_service_linked))


def roles_found(stage: Stage) -> list[Role]:
    """The roles of the stack, as many as there are, but for those of log readers, which another table declares."""
    names = stage.profile.identity.roles if stage.profile.identity.says("roles") else ()
    readers = stage.profile.logs.readers if stage.profile.logs.says("readers") else ()
    others = undeclared(stage, Role, [*names, *readers])
    return [*stage.existing(Role, names), *_chosen(others, lambda role: not role.is_service_linked)]


@collection
def detached_policies(stage: Stage) -> tuple[AccountPolicy, ...]:
    """The account's own policies that are the stack's, by name or path, and that nobody has: whoever gets one may do what it says."""
    own = stage.profile.prefixes
    found = undeclared(stage, AccountPolicy, (), lambda one: any(part.startswith(own) for part in one.path.split("/")))
    return tuple(_chosen(found, lambda one: not one.is_used))


@collection
def deploy_users(stage: Stage) -> tuple[User, ...]:
    """The users that deploy; on a plan those that it makes: it is applied by one, and shows none."""
    names = stage.profile.identity.deploy_users
    if not stage.is_planned:
        return stage.named(User, names)
    found = tuple(user for user in stage.source().collect(User, names) if user.name in names)
    if unseen := [name for name in names if name not in {user.name for user in found}]:
        stage.notes.append(f"Not in this plan, and judged only after apply: User {', '.join(unseen)}.")
    return found


@collection
def services(stage: Stage) -> tuple[Service, ...]:
    """The declared services, and every other of their clusters; on a plan, every one."""
    names = stage.profile.service_names
    return there(stage, "service", Service, names, stage.once(_other_services))


def services_found(stage: Stage) -> tuple[Service, ...]:
    """The services of the stack, as many as there are."""
    return *stage.existing(Service, stage.profile.service_names), *stage.once(_other_services)


def _other_services(stage: Stage) -> list[Service]:
    names = stage.profile.service_names
    try:
        clusters = tuple(f"{cluster}/" for cluster in _clusters(stage))
    except CouldNotVerify as unlisted:
        return [Service("every other Service", FailedOrigin(unlisted), stage.target)]
    asked = [*names, *(cluster for cluster in clusters if not any(name.startswith(cluster) for name in names))]
    return [one for one in undeclared(stage, Service, asked, lambda one: one.name.startswith(clusters)) if one.name not in names]


def _clusters(stage: Stage) -> tuple[str, ...]:
    """The clusters of the declared services, and every other of the stack's; a plan lists services by itself."""
    declared = stage.profile.clusters
    others = () if stage.is_planned else (one.name for one in stage.source().collect(Cluster, declared))
    return tuple(dict.fromkeys((*declared, *(name for name in others if name.startswith(stage.profile.prefixes)))))


@collection(reads=(Service, ActiveTaskDefinition))
def task_definitions(stage: Stage) -> tuple[TaskDefinition, ...]:
    """The task definitions that services run, and every active revision of the stack's families; each revision once."""
    run = run_task_definitions(stage)
    names = {definition.name for definition in run}
    active = stage.source().collect(ActiveTaskDefinition, stage.profile.prefixes)
    return *run, *(definition for definition in active if definition.name not in names)


@collection(reads=(Service, ActiveTaskDefinition))
def any_task_definitions(stage: Stage) -> tuple[TaskDefinition, ...]:
    """The same; none where the stack has no service, for a control that has something else to judge."""
    try:
        return task_definitions(stage)
    except NotDeclared:
        return ()


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


@collection(reads=(Service,))
def run_definitions(stage: Stage) -> tuple[TaskDefinition, ...]:
    """The task definitions that services run, each revision once."""
    return run_task_definitions(stage)


@collection(reads=(Service,))
def deployed_definitions(stage: Stage) -> tuple[TaskDefinition, ...]:
    """The same where they run. On a plan there are none: the first one is planned before there is an image, and has no digest."""
    return () if stage.is_planned else run_task_definitions(stage)


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
    names = stage.profile.logs.groups if stage.profile.logs.says("groups") else ()
    declared = stage.existing(LogGroup, names)
    found = of_the_stack(stage)
    if not declared and next(iter(found), None) is None:
        raise nothing(stage, "logs", LogGroup, names)
    return Reiterable(lambda: chain(declared, (group for group in found if not stage.is_declared(group, names))))


def of_the_stack(stage: Stage) -> Collection[LogGroup]:
    """The log groups that are declared, as far as they exist, and those whose name begins with a prefix that the stack owns.

    Where ``logs.owned`` does not say, those of which a part of the name begins with one of ``owned``: ``/ecs/orders-api`` by ``orders``.

    On a plan it is every group: what that makes or keeps is the stack's.
    """
    logs = stage.profile.logs
    names = logs.groups if logs.says("groups") else ()
    found = stage.source().collect(LogGroup, names)
    if stage.is_planned:
        return found
    patterns = [name for name in names if "*" in name]

    def is_declared(group: LogGroup) -> bool:
        return group.name in names or any(fnmatchcase(group.name, pattern) for pattern in patterns)

    if logs.owned:
        return Reiterable(lambda: (group for group in found if is_declared(group) or group.name.startswith(logs.owned)))
    prefixes = stage.profile.prefixes
    return Reiterable(
        lambda: (
            one for one in found if one.name in names or any(part.startswith(prefixes) for part in one.name.split("/") if part)
        )
    )


@collection(reads=(Vpc,))
def load_balancers(stage: Stage) -> tuple[LoadBalancer, ...]:
    """The declared load balancers, and every other of the stack, or in its VPCs, that faces the internet."""
    names = [one.name for one in stage.profile.load_balancer]
    others = undeclared(stage, LoadBalancer, names, lambda one: _is_of_a_vpc(stage, one.vpc_id))
    return there(stage, "load_balancer", LoadBalancer, names, _chosen(others, lambda balancer: not balancer.is_internal))


@collection
def declared_load_balancers(stage: Stage) -> tuple[LoadBalancer, ...]:
    """The stack's declared load balancers."""
    return there(stage, "load_balancer", LoadBalancer, [one.name for one in stage.profile.load_balancer])


def of_own(stage: Stage, table: str, kind: type[R], declared: Sequence[str] = ()) -> tuple[R, ...]:
    """The declared resources of a kind, as far as they exist, and every other of the stack's; ``table`` declares the kind.

    Raises `NotDeclared` where none is declared and there are none, with what was looked at: nothing is judged then, and nothing passes.
    """
    return there(stage, table, kind, declared, undeclared(stage, kind, declared))


def undeclared(stage: Stage, kind: type[R], declared: Sequence[str], belongs: Callable[[R], bool] = lambda _: False) -> list[R]:
    """The resources of a kind that are the stack's and not declared: they are judged as if they were.

    The stack's is everything that a plan makes; on AWS, what has a name that begins with a prefix that the profile owns, or what
    ``belongs`` to it. Nothing more is asked about what others have in the account. Where they cannot be listed, one that tells nothing
    stands for all, so that what is known to be wrong elsewhere is still said.
    """
    own, is_planned, names = stage.profile.prefixes, stage.is_planned, frozenset(declared)
    try:
        others = [one for one in stage.source().collect(kind, declared) if not stage.is_declared(one, names)]
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


@collection
def access_log_buckets(stage: Stage) -> tuple[Bucket, ...]:
    """The bucket that is declared for the load balancer's access logs. Another stack makes it: of a plan without it nothing is known."""
    names = stage.profile.access_log_buckets
    if not names:
        raise not_declared(LoadBalancerTable, "access_log_bucket")
    if not stage.is_planned:
        return stage.named(Bucket, names)
    found = stage.existing(Bucket, names)
    if unseen := [name for name in names if name not in {bucket.name for bucket in found}]:
        stage.notes.append(
            f"Not in this plan, and judged only after apply, or with the plan of the stack that makes it (--plan=FILE again): "
            f"Bucket {', '.join(unseen)}."
        )
    return found


@collection
def front_door(stage: Stage) -> FrontDoor:
    """The first declared load balancer as it is reached from here."""
    return stage.one(FrontDoor, _front_door_name(stage))


def _front_door_name(stage: Stage) -> str:
    if not (declared := stage.profile.load_balancer):
        raise not_declared(LoadBalancerTable, "name")
    first = declared[0]
    return f"{first.name}/{first.domain}" if first.domain else first.name


@collection
def health(stage: Stage) -> WebAnswer:
    """The answer of the application where it is asked for its health."""
    return stage.one(WebAnswer, f"{_front_door_name(stage)} {stage.profile.workload.health.path}")


@collection
def web_answers(stage: Stage) -> tuple[WebAnswer, ...]:
    """The answers at the other declared paths."""
    return stage.named(WebAnswer, [f"{_front_door_name(stage)} {path}" for path in stage.profile.workload.answers])
