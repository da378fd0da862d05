"""Amazon ElastiCache: replication groups, clusters of their own, and serverless caches."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import field
from stackproof.core.verdicts import NotReported, NotYetKnown
from stackproof.judgement.caches import is_memcached, refuses_plain
from stackproof.redaction.redaction import HIDDEN
from stackproof.resources.network import Guarded, SecurityGroup
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader
    from stackproof.sources.plan.document import Plan

GROUPS, CLUSTERS, SERVERLESS = (
    "elasticache:DescribeReplicationGroups",
    "elasticache:DescribeCacheClusters",
    "elasticache:DescribeServerlessCaches",
)
OWN_GROUPS = "security_group_ids"
"""The attribute of all three types that lists security groups."""


class Cache(Guarded):
    """A cache, open by the union of its security groups."""

    is_encrypted_at_rest: bool
    """Whether what it writes to disks is encrypted: snapshots, swapped pages, and what replicas are filled from."""
    is_encrypted_in_transit: bool
    """Whether it takes connections with TLS alone."""
    asks_who_calls: bool
    """Whether a client must say who it is: by an AUTH token, or as a user of a user group."""
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
    if not cache.is_unset(attribute) and (written := cache.at(attribute)) is not None:
        return bool(written)
    if cache.is_written("global_replication_group_id"):
        raise cache.unknown(attribute)
    return bool(cache.at_or("engine", "redis") == "valkey")


def _answered_asking(cache: AwsFacts) -> bool | None:
    has_token: bool | None = cache.at("AuthTokenEnabled")
    return True if cache.at("UserGroupIds") else has_token


def _planned_asking(cache: PlannedBlock) -> bool:
    """A token or a group that is known only after apply is one; a token is sensitive, and hidden."""
    names = ("auth_token", "user_group_ids", "user_group_id")
    if any(cache.values.get(name) == HIDDEN or (cache.is_written(name) and not cache.is_known(name)) for name in names):
        return True
    return any(not cache.is_unset(name) and bool(cache.at(name)) for name in names)


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

    operations = (CLUSTERS, GROUPS, *SecurityGroup.operations)
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

    operations = (SERVERLESS, *SecurityGroup.operations)
    terraform = ("aws_elasticache_serverless_cache",)

    is_encrypted_at_rest: bool = field(aws=lambda _: True, plan=lambda _: True)
    is_encrypted_in_transit: bool = field(aws=lambda _: True, plan=lambda _: True)
    asks_who_calls: bool = field(aws=lambda cache: bool(cache.at("UserGroupId")), plan=_planned_asking)
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
