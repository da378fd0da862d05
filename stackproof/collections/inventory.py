"""The inventory: of each kind of resource what the profile says there is, beside what is there.

A control of the inventory (SEC-INV-*) says whether what is declared exists, and whether nothing else does. A kind is a row of `KINDS`: the
table that declares it (which ``absent`` may name, see `stackproof.profile.schema`), its class, the names that are declared, what is found,
and the line that declares one. Its collection is called ``<table>_inventory``.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from stackproof.collections.caches import caches_found
from stackproof.collections.distributions import distributions_found
from stackproof.collections.presence import nothing
from stackproof.collections.registry import collection
from stackproof.collections.stack import (
    database_clusters,
    databases_found,
    keys_found,
    of_the_stack,
    roles_found,
    services_found,
    undeclared,
)
from stackproof.core.resource import FailedOrigin, Resource, StaticOrigin
from stackproof.core.verdicts import CouldNotVerify, NotDeclared, NotYetKnown
from stackproof.profile.schema import Profile
from stackproof.resources.api import HttpApi, RestApi
from stackproof.resources.cache import CacheCluster, ReplicationGroup, ServerlessCache
from stackproof.resources.database import DatabaseCluster, DatabaseInstance
from stackproof.resources.distribution import Distribution
from stackproof.resources.dynamodb_table import DynamodbTable
from stackproof.resources.ecr_repository import EcrRepository
from stackproof.resources.efs_file_system import EfsFileSystem
from stackproof.resources.encryption import KmsKey
from stackproof.resources.event_bus import EventBus
from stackproof.resources.identity import Role
from stackproof.resources.inventory import Listed
from stackproof.resources.lambda_function import LambdaFunction
from stackproof.resources.load_balancer import LoadBalancer
from stackproof.resources.logs import LogGroup
from stackproof.resources.network import Vpc
from stackproof.resources.secrets import Secret
from stackproof.resources.service import Service
from stackproof.resources.sns_topic import SnsTopic
from stackproof.resources.sqs_queue import SqsQueue
from stackproof.resources.state_machine import StateMachine
from stackproof.resources.storage import Bucket
from stackproof.resources.trail import Trail
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.targets.base import Stage

SHOWN = 3
"""Names of many that a message says."""

Names = Sequence[str] | None
"""The declared names; None where the profile says nothing about the kind."""


@dataclass(frozen=True)
class Kind:
    """One kind of resource, and the table that declares it."""

    table: str
    resource: type[Resource]
    declared: Callable[[Profile], Names]
    line: str
    """The line that declares one; ``{name}`` is its name."""
    found: Callable[[Stage], Iterable[Resource]] | None = None
    """The resources of the kind that are the stack's; without it, those that are declared, planned, or have a name of the stack's."""
    also: tuple[type[Resource], ...] = ()
    """Other classes of resources that are looked at."""
    is_a_list_of_names: bool = False
    """Whether its table has nothing but names."""

    def resources(self, stage: Stage, names: Sequence[str]) -> list[Resource]:
        """The resources of the kind that are found."""
        if self.found:
            return [*self.found(stage)]
        return [*stage.existing(self.resource, names), *undeclared(stage, self.resource, names)]


def inventory(stage: Stage, kind: Kind) -> tuple[Listed, ...]:
    """The resources of a kind that are declared, and those that are found, each once. Raises `NotDeclared` where there is neither."""
    declared = kind.declared(stage.profile)
    names = declared or ()
    found = kind.resources(stage, names)
    unnamed = [one.name for one in found if _has_no_name_yet(one)]
    where = stage.source().listing(kind.resource)

    def listed(name: str, is_there: object, is_declared: object, source: str) -> Listed:
        return Listed(name, StaticOrigin({"is_there": is_there, "is_declared": is_declared}, source), source)

    by_name: dict[str, list[Resource]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    declares = {name: _called(name, by_name) for name in names}
    missing = [name for name, called in declares.items() if not called]
    may_be, may_be_missing = _some_of(unnamed), _some_of(missing)
    known = {id(one) for called in declares.values() for one in called}
    rows = [
        *(listed(one.name, _is_there(one), True, one.source) for called in declares.values() for one in called),
        *(listed(name, _may_be(name, may_be), True, where) for name in missing),
        *(
            listed(
                one.name,
                _is_there(one),
                _is_excluded(stage, kind, one, declared, may_be_missing),
                one.source,
            )
            for one in found
            if id(one) not in known
        ),
    ]
    if not rows:
        raise nothing(stage, kind.table, kind.resource, ())
    return tuple(rows)


def _called(name: str, by_name: Mapping[str, list[Resource]]) -> list[Resource]:
    """The resources that have a declared name, in which ``*`` stands for any text."""
    if "*" not in name:
        return by_name.get(name, [])
    return [one for own, alike in by_name.items() if own == name or fnmatchcase(own, name) for one in alike]


def _some_of(names: Sequence[str]) -> str:
    """
    >>> _some_of(["a", "b"]), _some_of(["a", "b", "c", "d", "e"])
    ('a or b', 'a or b or c or one of 2 more')
    """
    more = len(names) - SHOWN
    return " or ".join([*names[:SHOWN], *([f"one of {more} more"] if more > 0 else [])])


def _has_no_name_yet(one: Resource) -> bool:
    """Whether a planned resource is called by an address, its own or that of what names it."""
    origin = one.origin
    return isinstance(origin, PlannedBlock) and (one.name.endswith(origin.address) or origin.plan.resource(one.name) is not None)


def _may_be(name: str, unnamed: str) -> object:
    """Whether a declared resource that no name shows is there: not, unless a plan makes one whose name it does not know yet."""
    if not unnamed:
        return False
    return NotYetKnown(f"{name} may be {unnamed}, whose name is known only after apply")


def _is_there(one: Resource) -> object:
    return one.origin.error if isinstance(one.origin, FailedOrigin) else True


def _is_excluded(stage: Stage, kind: Kind, one: Resource, declared: Names, missing: str) -> object:
    """False for a kind of which the profile says that there is none; else the error that says how to declare this one."""
    if kind.table in stage.profile.absent or declared == ():
        return False
    is_unnamed = _has_no_name_yet(one)
    if is_unnamed and missing:
        return NotYetKnown(f"it may be {missing}: its name is known only after apply")
    line = kind.line.format(name="NAME, with * for what is known only after apply" if is_unnamed else one.name)
    if stage.profile.is_blank:
        return NotDeclared(f"[{kind.table}] is not declared: {line}", needs=(kind.table,))
    said = "the stack has one that the profile does not know" if declared is None else "the profile does not declare it"
    return CouldNotVerify(
        f"{said}. Declare it: {line}. Or take it away"
        + (f', and say that there is none: absent.{kind.table} = "REASON"' if declared is None else "")
    )


def _several(text: str) -> Callable[[Profile], Names]:
    """The declared names of a kind with a table each, by a function of such a table."""
    table, _, key = text.partition(".")

    def declared(profile: Profile) -> Names:
        return [getattr(one, key) for one in getattr(profile, table)] or (() if profile.declares(table) else None)

    return declared


def _one(text: str) -> Callable[[Profile], Names]:
    """The declared names of a kind with one table, which is a list of them."""
    table, _, key = text.partition(".")

    def declared(profile: Profile) -> Names:
        own: Any = getattr(profile, table)
        return getattr(own, key) if own.says(key) else None

    return declared


def _trail(profile: Profile) -> Names:
    return (profile.audit.trail,) if profile.audit.says("trail") else None


def _databases(stage: Stage) -> list[Resource]:
    return [*databases_found(stage), *database_clusters(stage)]


def _buckets(stage: Stage) -> list[Resource]:
    """Buckets but for those of access logs and of the trail, which other tables declare."""
    names = stage.profile.storage.buckets if stage.profile.storage.is_declared else ()
    return [*stage.existing(Bucket, names), *undeclared(stage, Bucket, [*names, *stage.profile.log_buckets])]


def _apis(stage: Stage) -> list[Resource]:
    names = stage.profile.api.known
    return [one for kind in (HttpApi, RestApi) for one in (*stage.existing(kind, names), *undeclared(stage, kind, names))]


def _topics(stage: Stage) -> list[Resource]:
    """Topics, but for those that a plan puts into another region, which one list does not show."""
    names = stage.profile.sns_topic.known
    found = [*stage.existing(SnsTopic, names), *undeclared(stage, SnsTopic, names)]
    return [one for one in found if not stage.is_elsewhere(one)]


def _names_of(
    table: str, kind: type[Resource], found: Callable[[Stage], Iterable[Resource]] | None = None, *also: type[Resource]
) -> Kind:
    """A kind whose table is a list of names."""
    return Kind(table, kind, _one(f"{table}.names"), f'"{{name}}" among [{table}] names', found, also, is_a_list_of_names=True)


KINDS = (
    Kind(
        "database",
        DatabaseInstance,
        _several("database.identifier"),
        '[[database]] identifier = "{name}"',
        _databases,
        (DatabaseCluster,),
    ),
    Kind("load_balancer", LoadBalancer, _several("load_balancer.name"), '[[load_balancer]] name = "{name}"'),
    Kind(
        "service",
        Service,
        lambda profile: profile.service_names or (() if profile.declares("service") else None),
        "[[service]] with its cluster and its name of {name} among its names",
        services_found,
    ),
    Kind("network", Vpc, _several("network.vpc"), '[[network]] vpc = "{name}"'),
    Kind("storage", Bucket, _one("storage.buckets"), '"{name}" among [storage] buckets', _buckets),
    Kind("encryption", KmsKey, _one("encryption.keys"), '"{name}" among [encryption] keys', keys_found),
    Kind("secrets", Secret, _one("secrets.names"), '"{name}" among [secrets] names'),
    Kind("identity", Role, _one("identity.roles"), '"{name}" among [identity] roles', roles_found),
    Kind(
        "registry",
        EcrRepository,
        lambda profile: profile.declared_repositories or (() if profile.registry.is_declared else None),
        '"{name}" among [registry] repository',
    ),
    Kind("logs", LogGroup, _one("logs.groups"), '"{name}" among [logs] groups', of_the_stack),
    Kind("audit", Trail, _trail, '[audit] trail = "{name}"'),
    _names_of("function", LambdaFunction),
    _names_of("dynamodb_table", DynamodbTable),
    _names_of("api", HttpApi, _apis, RestApi),
    _names_of("sqs_queue", SqsQueue),
    _names_of("sns_topic", SnsTopic, _topics),
    _names_of("efs_file_system", EfsFileSystem),
    _names_of("event_bus", EventBus),
    _names_of("cache", ReplicationGroup, caches_found, CacheCluster, ServerlessCache),
    _names_of("state_machine", StateMachine),
    _names_of("distribution", Distribution, distributions_found),
)
"""The kinds in the order of `stackproof.profile.schema.KINDS`."""


def _register(kind: Kind) -> None:
    def listed(stage: Stage) -> tuple[Listed, ...]:
        return inventory(stage, kind)

    listed.__name__ = f"{kind.table}_inventory"
    listed.__doc__ = f"The resources that the profile declares as ``{kind.table}``, and those that are found."
    collection(reads=(kind.resource, *kind.also))(listed)


for _kind in KINDS:
    _register(_kind)
