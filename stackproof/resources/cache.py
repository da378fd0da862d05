"""Amazon ElastiCache: replication groups, clusters of their own, and serverless caches."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, known_of, parts
from stackproof.core.resource import Reference, field
from stackproof.core.verdicts import CouldNotVerify, NotReported, NotYetKnown
from stackproof.judgement.caches import EVERYBODY, asks_for_nothing, is_memcached, is_on, refuses_plain
from stackproof.redaction.redaction import HIDDEN
from stackproof.resources.network import Guarded, SecurityGroup
from stackproof.sources.aws.facts import AwsFacts, listed, reported
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader
    from stackproof.sources.plan.document import Plan

GROUPS, CLUSTERS, SERVERLESS = (
    "elasticache:DescribeReplicationGroups",
    "elasticache:DescribeCacheClusters",
    "elasticache:DescribeServerlessCaches",
)
USER_GROUPS, USERS = "elasticache:DescribeUserGroups", "elasticache:DescribeUsers"
USER_GROUP, USER = "aws_elasticache_user_group", "aws_elasticache_user"
OWN_GROUPS = "security_group_ids"
"""The attribute of all three types that lists security groups."""


class Cache(Guarded):
    """A cache, open by the union of its security groups."""

    is_encrypted_at_rest: bool
    """Whether what it writes to disks is encrypted: snapshots, swapped pages, and what replicas are filled from."""
    is_encrypted_in_transit: bool
    """Whether it takes connections with TLS alone."""
    asks_who_calls: bool
    """Whether a client must show who it is: by an AUTH token, or as a user of a user group in which none is open to everybody."""
    is_memcached: bool
    """Whether its nodes run Memcached, which writes nothing to disks, and knows no users."""
    snapshot_days: int
    """Days for which daily snapshots are kept; 0 where none are made."""


def _groups(cache: AwsFacts, ids: Iterable[str]) -> tuple[SecurityGroup, ...]:
    """The security groups of some ids, each once. Raises `NotReported` where there is none: every cache has one."""
    found = tuple(SecurityGroup.answered(cache, id) for id in dict.fromkeys(ids))
    if not found:
        raise NotReported(f"{CLUSTERS}: the security groups of the cache are not reported")
    return found


def _groups_of(nodes: Iterable[Mapping[str, Any]]) -> list[str]:
    return [one["SecurityGroupId"] for node in nodes for one in node.get("SecurityGroups") or ()]


def _groups_of_members(group: AwsFacts) -> tuple[SecurityGroup, ...]:
    """A replication group is described without its security groups, which its nodes have."""
    nodes, name = group.read(CLUSTERS).items("CacheClusters"), group.at("ReplicationGroupId")
    return _groups(group, _groups_of(one for one in nodes if one.get("ReplicationGroupId") == name))


def _answered_transit(cache: AwsFacts) -> bool | None:
    is_encrypted: bool | None = cache.at("TransitEncryptionEnabled")
    return None if is_encrypted is None else refuses_plain(is_encrypted, cache.at("TransitEncryptionMode"))


def _planned_transit(cache: PlannedBlock) -> bool:
    mode = "transit_encryption_mode"
    return refuses_plain(_planned_switch(cache, "transit_encryption_enabled"), cache.text(mode) if cache.says(mode) else None)


def _planned_switch(cache: PlannedBlock, attribute: str) -> bool:
    """What is written, or the default: on for Valkey, and off for the others. A group of a global one has what that has."""
    if not cache.is_unset(attribute) and (written := cache.at(attribute)) not in (None, ""):
        return _switched(cache, attribute, written)
    if cache.is_written("global_replication_group_id"):
        raise cache.unknown(attribute)
    return bool(cache.at_or("engine", "redis") == "valkey")


def _switched(cache: PlannedBlock, attribute: str, written: object) -> bool:
    """A switch, which the provider keeps as a text. Raises `CouldNotVerify` for other texts, `NotYetKnown` for a reference."""
    if isinstance(written, Reference):
        raise cache.unknown(attribute)
    switch = {"true": True, "false": False}.get(str(written).lower())
    if switch is None:
        raise CouldNotVerify(f"{cache}.{attribute} is neither true nor false")
    return switch


def _answered_asking(cache: AwsFacts) -> bool | None:
    has_token: bool | None = cache.at("AuthTokenEnabled")
    return _groups_ask(cache, cache.at("UserGroupIds")) if cache.at("UserGroupIds") else has_token


def _answered_group(cache: AwsFacts) -> bool:
    return bool(cache.at("UserGroupId")) and _groups_ask(cache, [cache.at("UserGroupId")])


def _groups_ask(cache: AwsFacts, ids: Iterable[str]) -> bool:
    """Whether no user of some user groups is open to everybody: the groups and users are asked for where a cache has one alone."""
    groups = _by_id(cache.read(USER_GROUPS), "UserGroups", "UserGroupId")
    users = _by_id(cache.read(USERS), "Users", "UserId")
    members, unknown = known_of(ids, lambda id: _told(groups, id, USER_GROUPS, "UserIds"))
    opened, others = known_of(dict.fromkeys(members), lambda id: [_is_open(users, id)])
    return not any(collected(opened, [*unknown, *others]))


def _by_id(answer: "Answer", member: str, named: str) -> dict[str, Mapping[str, Any]]:
    return {reported(one, named, answer): one for one in answer.items(member)}


def _told(found: Mapping[str, Mapping[str, Any]], id: str, operation: str, member: str) -> Any:
    """A member of what has an id. Raises `NotReported` where the answer does not tell it."""
    if (told := found.get(id, {}).get(member)) is None:
        raise NotReported(f"{operation}: {member} of {id} is not reported")
    return told


def _is_open(users: Mapping[str, Mapping[str, Any]], id: str) -> bool:
    way = _told(users, id, USERS, "Authentication").get("Type")
    if way is None:
        raise NotReported(f"{USERS}: Authentication.Type of {id} is not reported")
    return asks_for_nothing(way) and is_on(_told(users, id, USERS, "AccessString"))


def _planned_asking(cache: PlannedBlock) -> bool:
    """A token that is known only after apply is one; it is sensitive, and hidden."""
    token = "auth_token"
    if cache.values.get(token) == HIDDEN or (cache.is_written(token) and not cache.is_known(token)):
        return True
    if not cache.is_unset(token) and cache.text(token):
        return True
    named = [name for name in ("user_group_ids", "user_group_id") if not cache.is_unset(name)]
    groups, unknown = known_of(named, lambda name: _named_by(cache, name, USER_GROUP))
    opened, others = known_of(groups, _planned_members)
    found = collected(opened, [*unknown, *others])
    return bool(groups or unknown) and not any(found)


def _named_by(block: PlannedBlock, attribute: str, kind: str) -> Sequence[PlannedBlock]:
    """The planned resources of a type that the ids in an attribute are of; a `Partial` where one is of none: it is there already."""
    ids, rest = parts(block.texts(attribute))
    found = [(id, block.plan.referred(id, kind)) for id in ids]
    others = [NotYetKnown(f"{block.source}: {attribute} has {id}, which is not in the plan") for id, ours in found if not ours]
    return collected([one for _, ours in found for one in ours], [*rest, *others])


def _planned_members(group: PlannedBlock) -> Sequence[bool]:
    """Whether each user of a user group is open to everybody; its own, and those that other resources put into it."""
    beside, unknown = parts(group.plan.referring("aws_elasticache_user_group_association", "user_group_id", group))
    opened, others = known_of([(group, "user_ids"), *((one, "user_id") for one in beside)], lambda one: _opened_by(*one))
    return collected(opened, [*unknown, *others])


def _opened_by(block: PlannedBlock, attribute: str) -> Sequence[bool]:
    if EVERYBODY in parts(block.texts(attribute))[0] and not block.plan.referred(EVERYBODY, USER):
        return [True]
    users, unknown = parts(_named_by(block, attribute, USER))
    opened, others = known_of(users, lambda user: [_is_planned_open(user)])
    return collected(opened, [*unknown, *others])


def _is_planned_open(user: PlannedBlock) -> bool:
    ways, unknown = known_of(user.written_blocks("authentication_mode"), lambda mode: [str(mode.text("type"))])
    without = "no_password_required"
    if not ways and not unknown and not user.is_unset(without) and (asks_nothing := user.at(without)) is not None:
        if not isinstance(asks_nothing, bool):
            raise CouldNotVerify(f"{user.source}: {without} is {asks_nothing!r}, which is no boolean")
        ways = ["no-password-required"] if asks_nothing else []
    return any(asks_for_nothing(way) and is_on(user.text("access_string") or "") for way in collected(ways, unknown))


def _planned_groups(cache: PlannedBlock) -> Sequence[SecurityGroup]:
    """Raises `NotYetKnown` where the sources name none: then it has the default group of its VPC."""
    if not (cache.values.get(OWN_GROUPS) or (cache.is_written(OWN_GROUPS) and not cache.is_known(OWN_GROUPS))):
        raise NotYetKnown(f"{cache.source}: the sources give it no security group, so it has the default one of its VPC")
    return SecurityGroup.planned(cache, OWN_GROUPS)


def _planned_days(cache: PlannedBlock) -> int:
    """Terraform's default is to make none."""
    days: int = 0 if cache.is_unset("snapshot_retention_limit") else cache.at_or("snapshot_retention_limit", 0)
    return days


class ReplicationGroup(Cache):
    """Nodes of Valkey or Redis OSS that have the same data."""

    operations = (CLUSTERS, GROUPS, USER_GROUPS, USERS, *SecurityGroup.operations)
    terraform = ("aws_elasticache_replication_group",)
    planned_name = "replication_group_id"

    is_encrypted_at_rest: bool = field(
        aws="AtRestEncryptionEnabled", plan=lambda group: _planned_switch(group, "at_rest_encryption_enabled")
    )
    is_encrypted_in_transit: bool = field(aws=_answered_transit, plan=_planned_transit)
    asks_who_calls: bool = field(aws=_answered_asking, plan=_planned_asking)
    is_memcached: bool = field(aws=lambda _: False, plan=lambda _: False)
    snapshot_days: int = field(aws="SnapshotRetentionLimit", plan=_planned_days)
    security_groups: tuple[SecurityGroup, ...] = field(aws=_groups_of_members, plan=_planned_groups)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[ReplicationGroup]":
        """The groups of the account and region; they are not asked for where no node is of one."""
        del names  # one call lists all
        if not any(one.get("ReplicationGroupId") for one in aws.read(CLUSTERS).items("CacheClusters")):
            return []
        return listed(cls, aws, aws.read(GROUPS), "ReplicationGroups", named="ReplicationGroupId")


class CacheCluster(Cache):
    """A cluster that is of no replication group: Memcached, or one node of Valkey or Redis OSS."""

    operations = (CLUSTERS, *SecurityGroup.operations)
    terraform = ("aws_elasticache_cluster",)
    planned_name = "cluster_id"

    is_encrypted_at_rest: bool = field(aws="AtRestEncryptionEnabled", plan=lambda _: False)
    is_encrypted_in_transit: bool = field(aws=_answered_transit, plan=_planned_transit)
    asks_who_calls: bool = field(aws="AuthTokenEnabled", plan=lambda _: False)
    is_memcached: bool = field(
        aws=lambda cluster: is_memcached(cluster.at("Engine")), plan=lambda cluster: is_memcached(cluster.at("engine"))
    )
    snapshot_days: int = field(aws="SnapshotRetentionLimit", plan=_planned_days)
    security_groups: tuple[SecurityGroup, ...] = field(
        aws=lambda cluster: _groups(cluster, _groups_of([{"SecurityGroups": cluster.at("SecurityGroups")}])), plan=_planned_groups
    )

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[CacheCluster]":
        del names  # one call lists all
        found = listed(cls, aws, aws.read(CLUSTERS), "CacheClusters", named="CacheClusterId")
        return [one for one in found if not _is_member(one.origin)]

    @classmethod
    def from_plan(cls, plan: "Plan", names: Sequence[str]) -> "list[CacheCluster]":
        return [one for one in super().from_plan(plan, names) if not _is_member(one.origin)]


def _is_member(cluster: object) -> bool:
    """Whether a cluster is of a replication group, with which it is judged."""
    if isinstance(cluster, PlannedBlock):
        return cluster.is_written("replication_group_id") or bool(cluster.values.get("replication_group_id"))
    return isinstance(cluster, AwsFacts) and bool(cluster.at("ReplicationGroupId"))


class ServerlessCache(Cache):
    """A cache without nodes of its own. It is always encrypted, at rest and in transit, whatever its engine."""

    operations = (SERVERLESS, USER_GROUPS, USERS, *SecurityGroup.operations)
    terraform = ("aws_elasticache_serverless_cache",)

    is_encrypted_at_rest: bool = field(aws=lambda _: True, plan=lambda _: True)
    is_encrypted_in_transit: bool = field(aws=lambda _: True, plan=lambda _: True)
    asks_who_calls: bool = field(aws=_answered_group, plan=_planned_asking)
    is_memcached: bool = field(
        aws=lambda cache: is_memcached(cache.at("Engine")), plan=lambda cache: is_memcached(cache.at("engine"))
    )
    snapshot_days: int = field(aws="SnapshotRetentionLimit", plan=_planned_days)
    security_groups: tuple[SecurityGroup, ...] = field(
        aws=lambda cache: _groups(cache, cache.at("SecurityGroupIds") or ()),
        plan=_planned_groups,
    )

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[ServerlessCache]":
        del names  # one call lists all
        return listed(cls, aws, aws.read(SERVERLESS), "ServerlessCaches", named="ServerlessCacheName")


KINDS: tuple[type[Cache], ...] = (ReplicationGroup, CacheCluster, ServerlessCache)
"""The kinds of caches."""
