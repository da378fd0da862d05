"""Collections of the central logging design: log groups with what takes further calls, their keys, and who may read them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from stackproof.collections import collection
from stackproof.collections.stack import log_groups, of_the_stack
from stackproof.core.verdicts import DeclaredButMissing
from stackproof.judgement.subscriptions import is_concerned, is_exported
from stackproof.resources.clusters import Cluster
from stackproof.resources.encryption import KmsKey
from stackproof.resources.identity import Role, User
from stackproof.resources.logs import LogGroup, LogGroupTags, SubscriptionFilter
from stackproof.sources.aws.session import MAX_CONCURRENT_CALLS
from stackproof.targets.base import Stage

T = TypeVar("T")

READ_AHEAD = 1000
"""Resources that are held for it at a time."""


@collection
def found_log_groups(stage: Stage) -> Collection[LogGroup]:
    """The stack's log groups, as many as there are."""
    return of_the_stack(stage)


@collection(reads=(LogGroupTags,))
def tagged_log_groups(stage: Stage) -> Collection[LogGroup]:
    """The stack's log groups, of which the tags are read, too."""
    return log_groups(stage)


@collection(reads=(LogGroupTags, SubscriptionFilter))
def linked_log_groups(stage: Stage) -> Collection[LogGroup]:
    """The stack's log groups, of which tags are read, and the subscription filters of those that may be passed on to somebody."""
    logs = stage.profile.logs
    return _with_filters(stage, lambda tags: any(is_concerned(tags, link) for link in (logs.sentry, logs.langfuse)))


@collection(reads=(LogGroupTags, SubscriptionFilter))
def exported_log_groups(stage: Stage) -> Collection[LogGroup]:
    """The stack's log groups, of which tags are read, and the subscription filters of those that are to be exported."""
    return _with_filters(stage, is_exported)


def _with_filters(stage: Stage, is_needed: Callable[[Mapping[str, str]], bool]) -> Collection[LogGroup]:
    groups = log_groups(stage)
    _read_ahead(lambda group: is_needed(group.tags) and group.subscription_filters, groups)
    return groups


@collection
def log_key(stage: Stage) -> KmsKey:
    """The key that encrypts log groups."""
    return stage.one(KmsKey, stage.profile.logs.key)


@collection
def other_keys(stage: Stage) -> tuple[KmsKey, ...]:
    """The keys that the log key must not be."""
    return stage.named(KmsKey, stage.profile.logs.other_keys)


@collection
def principals(stage: Stage) -> tuple[Role | User, ...]:
    """Every role and user of the account, but for roles that belong to AWS's services; on a plan, those that it makes."""
    readers, source = stage.profile.logs.readers, stage.source()
    roles = [role for role in source.collect(Role, readers) if not role.is_service_linked]
    found: tuple[Role | User, ...] = (*roles, *source.collect(User, readers))
    missing = {*readers} - {one.name for one in found}
    if missing and stage.target != "plan":
        raise DeclaredButMissing(f"declared to read logs, and does not exist: {', '.join(sorted(missing))}")
    _read_ahead(lambda principal: (principal.documents, principal.boundary), found)
    return found


@collection
def reader_roles(stage: Stage) -> tuple[Role, ...]:
    """Those of the declared readers that are roles."""
    readers = stage.profile.logs.readers
    return tuple(role for role in stage.source().collect(Role, readers) if role.name in readers)


@collection
def clusters(stage: Stage) -> tuple[Cluster, ...]:
    """Every ECS cluster of the region; the stack's own must be among them."""
    own = stage.profile.service.cluster
    stage.one(Cluster, own)
    return tuple(stage.source().collect(Cluster, [own]))


def _read_ahead(look_at: Callable[[T], object], resources: Iterable[T]) -> None:
    """Let the calls that a control will need be made at the same time. One that fails is told to whoever reads what it would tell."""
    waiting = iter(resources)
    while some := list(islice(waiting, READ_AHEAD)):
        with ThreadPoolExecutor(MAX_CONCURRENT_CALLS) as pool:
            for resource in some:
                pool.submit(look_at, resource)
