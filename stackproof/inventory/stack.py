"""Collections of the deployed stack: what AWS has, or what a plan promises."""

from stackproof.inventory import collection
from stackproof.profile import Profile
from stackproof.resources.database import DatabaseInstance
from stackproof.resources.identity import Role
from stackproof.resources.load_balancer import LoadBalancer
from stackproof.resources.logs import LogGroup
from stackproof.resources.network import SecurityGroup, Vpc
from stackproof.resources.storage import Bucket
from stackproof.stage import Stage
from stackproof.verdicts import DeclaredButMissing


@collection
def profile(stage: Stage) -> Profile:
    """What the environment must look like."""
    return stage.profile


@collection
def database(stage: Stage) -> DatabaseInstance:
    """The stack's database instance."""
    return stage.one(DatabaseInstance, stage.profile.database.identifier)


@collection
def buckets(stage: Stage) -> tuple[Bucket, ...]:
    """The stack's buckets."""
    return stage.named(Bucket, stage.profile.storage.buckets)


@collection
def security_groups(stage: Stage) -> tuple[SecurityGroup, ...]:
    """The declared security groups of the stack's VPC."""
    declared = [group.name for group in stage.profile.network.security_groups]
    vpc = stage.one(Vpc, stage.profile.network.vpc)
    inside = {group.name: group for group in stage.source().collect(SecurityGroup, declared) if group.vpc_id == vpc.vpc_id}
    missing = [name for name in declared if name not in inside]
    if missing:
        raise DeclaredButMissing(
            f"declared for {stage.profile.name}, but not in {vpc.name}: {', '.join(missing)} (found: {', '.join(sorted(inside))})"
        )
    return tuple(inside[name] for name in declared)


@collection
def ecs_roles(stage: Stage) -> tuple[Role, ...]:
    """The roles that ECS tasks run and start with."""
    return stage.named(Role, stage.profile.identity.roles)


@collection
def log_groups(stage: Stage) -> tuple[LogGroup, ...]:
    """The stack's log groups: the declared ones, and every other whose name begins with a prefix that the stack owns.

    A planned group whose name is not known yet is the stack's own; it is told by its address.
    """
    logs = stage.profile.logs
    unnamed = tuple(f"{kind}." for kind in (*LogGroup.terraform, "module"))
    declared = stage.named(LogGroup, logs.groups)
    others = [
        group
        for group in stage.source().collect(LogGroup, logs.groups)
        if group.name not in logs.groups and group.name.startswith((*logs.owned, *unnamed))
    ]
    return (*declared, *others)


@collection
def load_balancer(stage: Stage) -> LoadBalancer:
    """The stack's load balancer."""
    return stage.one(LoadBalancer, stage.profile.load_balancer.name)
