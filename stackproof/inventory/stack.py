"""Collections of the deployed stack: what AWS has, or what a plan promises."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import chain

from stackproof.inventory import collection
from stackproof.profile import Profile
from stackproof.resources.database import DatabaseInstance
from stackproof.resources.encryption import KmsKey
from stackproof.resources.front_door import FrontDoor
from stackproof.resources.identity import Role, User
from stackproof.resources.load_balancer import LoadBalancer
from stackproof.resources.logs import LogGroup
from stackproof.resources.network import SecurityGroup, Vpc
from stackproof.resources.secrets import Secret
from stackproof.resources.service import Service, TaskDefinition
from stackproof.resources.storage import Bucket
from stackproof.sources import R
from stackproof.spool import Anew
from stackproof.stage import Stage
from stackproof.verdicts import DeclaredButMissing, NotReported


@collection
def profile(stage: Stage) -> Profile:
    """What the environment must look like."""
    return stage.profile


@collection
def now(stage: Stage) -> datetime:
    """The moment that ages and remaining times are counted from, in UTC."""
    return stage.now


@collection
def database(stage: Stage) -> DatabaseInstance:
    """The stack's database instance."""
    return stage.one(DatabaseInstance, stage.profile.database.identifier)


@collection
def buckets(stage: Stage) -> tuple[Bucket, ...]:
    """The stack's buckets."""
    return stage.named(Bucket, stage.profile.storage.buckets)


@collection(reads=(Vpc,))
def security_groups(stage: Stage) -> tuple[SecurityGroup, ...]:
    """The declared security groups of the stack's VPC."""
    declared = [group.name for group in stage.profile.network.security_groups]
    inside = _groups_of_vpc(stage)
    missing = [name for name in declared if name not in inside]
    if missing:
        raise DeclaredButMissing(
            f"declared for {stage.profile.name}, but not in {stage.profile.network.vpc}: {', '.join(missing)} "
            f"(found: {', '.join(sorted(inside))})"
        )
    return tuple(inside[name] for name in declared)


@collection(reads=(Vpc,))
def other_security_groups(stage: Stage) -> tuple[SecurityGroup, ...]:
    """The groups of the stack's VPC that are not declared, but for its default group."""
    declared = {group.name for group in stage.profile.network.security_groups}
    return tuple(group for name, group in _groups_of_vpc(stage).items() if name not in {*declared, "default"})


@collection(reads=(Vpc,))
def default_security_group(stage: Stage) -> SecurityGroup:
    """The default group of the stack's VPC. On a plan that leaves it alone it is missing: EC2 makes it with rules in it."""
    default = _groups_of_vpc(stage).get("default")
    if default is None:
        raise DeclaredButMissing(
            f"nothing is said about the default security group of {stage.profile.network.vpc}, so it has rules"
        )
    return default


def _groups_of_vpc(stage: Stage) -> dict[str, SecurityGroup]:
    """The security groups of the stack's VPC by name."""
    declared = [group.name for group in stage.profile.network.security_groups]
    vpc = stage.one(Vpc, stage.profile.network.vpc)
    return {group.name: group for group in stage.source().collect(SecurityGroup, declared) if group.vpc_id == vpc.vpc_id}


@collection
def customer_keys(stage: Stage) -> tuple[KmsKey, ...]:
    """The declared keys, and every other of the account that AWS does not manage and that is not about to be deleted."""
    names = stage.profile.encryption.keys
    declared = stage.named(KmsKey, names)
    others = [key for key in stage.source().collect(KmsKey, names) if key.name not in names and not key.is_being_deleted]
    return (*declared, *others)


@collection
def secrets(stage: Stage) -> tuple[Secret, ...]:
    """The stack's secrets: the declared ones, and every other whose name begins with a prefix that the stack owns."""
    expected = stage.profile.secrets
    declared = stage.named(Secret, expected.names)
    found = stage.source().collect(Secret, expected.names)
    others = [secret for secret in found if secret.name not in expected.names and secret.name.startswith(expected.owned)]
    return (*declared, *others)


@collection
def ecs_roles(stage: Stage) -> tuple[Role, ...]:
    """The roles that ECS tasks run and start with."""
    return stage.named(Role, stage.profile.identity.roles)


@collection
def deploy_users(stage: Stage) -> tuple[User, ...]:
    """The users that deploy; on a plan those that it makes: it is applied by one, and shows none."""
    return _outside_of_the_stack(stage, User, stage.profile.identity.deploy_users)


@collection
def services(stage: Stage) -> tuple[Service, ...]:
    """The declared services, and every other of their cluster."""
    cluster = stage.profile.service.cluster
    names = [f"{cluster}/{name}" for name in stage.profile.service.names]
    declared = stage.named(Service, names)
    found = stage.source().collect(Service, names)
    return (*declared, *(service for service in found if service.name not in names and service.name.startswith(f"{cluster}/")))


@collection(reads=(Service,))
def task_definitions(stage: Stage) -> tuple[TaskDefinition, ...]:
    """What the services run, each revision once."""
    running = {service.name: service.task_definitions for service in services(stage)}
    idle = [name for name, definitions in running.items() if not definitions]
    if idle:
        raise NotReported(f"what {', '.join(idle)} runs is not reported")
    found = {definition.name: definition for definitions in running.values() for definition in definitions}
    return tuple(found.values())


@collection
def log_groups(stage: Stage) -> Collection[LogGroup]:
    """The stack's log groups: the declared ones, and every other whose name begins with a prefix that the stack owns."""
    names = stage.profile.logs.groups
    declared = stage.named(LogGroup, names)
    found = of_the_stack(stage)
    return Anew(lambda: chain(declared, (group for group in found if group.name not in names)))


def of_the_stack(stage: Stage) -> Collection[LogGroup]:
    """The log groups that are declared, as far as they exist, and those whose name begins with a prefix that the stack owns.

    A planned group whose name is not known yet is the stack's own; it is told by its address.
    """
    logs = stage.profile.logs
    unnamed = tuple(f"{kind}." for kind in (*LogGroup.terraform, "module"))
    own = (*logs.owned, *unnamed)
    found = stage.source().collect(LogGroup, logs.groups)
    return Anew(lambda: (group for group in found if group.name in logs.groups or group.name.startswith(own)))


@collection
def load_balancer(stage: Stage) -> LoadBalancer:
    """The stack's load balancer."""
    return stage.one(LoadBalancer, stage.profile.load_balancer.name)


@collection
def access_log_buckets(stage: Stage) -> tuple[Bucket, ...]:
    """The bucket that is declared for the load balancer's access logs; on a plan only if it makes it."""
    return _outside_of_the_stack(stage, Bucket, [stage.profile.load_balancer.access_log_bucket])


def _outside_of_the_stack(stage: Stage, kind: type[R], names: Sequence[str]) -> tuple[R, ...]:
    """Declared resources that the stack uses and does not make. What a plan does not show, a note tells: it is judged after apply."""
    if stage.target != "plan":
        return stage.named(kind, names)
    found = tuple(one for one in stage.source().collect(kind, names) if one.name in names)
    unseen = [name for name in names if name not in {one.name for one in found}]
    if unseen:
        stage.notes.append(f"Not in this plan, and judged only after apply: {kind.__name__} {', '.join(unseen)}.")
    return found


@collection
def front_door(stage: Stage) -> FrontDoor:
    """The load balancer as it is reached from here."""
    declared = stage.profile.load_balancer
    return stage.one(FrontDoor, f"{declared.name}/{declared.domain}" if declared.domain else declared.name)
