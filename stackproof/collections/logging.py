"""Collections of the central logging design: log groups with what takes further calls, their keys, and who may read them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from stackproof.collections.presence import there
from stackproof.collections.registry import collection
from stackproof.collections.stack import log_groups, of_the_stack
from stackproof.core.resource import FailedOrigin
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing, NotDeclared, NotYetKnown
from stackproof.redaction.threads import Pool
from stackproof.resources.clusters import Cluster
from stackproof.resources.encryption import KmsKey
from stackproof.resources.identity import Role, User
from stackproof.resources.logs import (
    AccountSubscription,
    LogGroup,
    LogGroupTags,
    ObservabilityLink,
    Recipient,
    SubscriptionFilter,
)
from stackproof.sources.aws.session import MAX_CONCURRENT_CALLS
from stackproof.targets.base import Stage
from stackproof.util.spool import Reiterable

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


RECIPIENTS = (LogGroupTags, SubscriptionFilter, AccountSubscription, ObservabilityLink)


@collection(reads=(LogGroupTags, SubscriptionFilter, AccountSubscription))
def subscribed_log_groups(stage: Stage) -> Collection[LogGroup]:
    """The stack's log groups, of which tags are read, and who subscribes to them."""
    return _with(stage, lambda group: (group.subscription_filters, group.account_subscriptions))


@collection(reads=RECIPIENTS)
def log_recipients(stage: Stage) -> Collection[tuple[LogGroup, Recipient]]:
    """Everybody who gets the events of one of the stack's log groups, with the group. Who cannot be listed is one, and unknown."""
    groups = _with(stage, lambda group: (group.subscription_filters, group.account_subscriptions, group.observability_links))
    found = Reiterable(lambda: ((group, recipient) for group in groups for recipient in _recipients(group)))
    if not stage.profile.logs.links and next(iter(found), None) is None:
        where = stage.source().listing(SubscriptionFilter)
        raise NotDeclared(
            "no service that events are passed on to is declared ([logs.sentry], [logs.langfuse]), and nobody gets any",
            read=("LogGroup", "recipients of all that are the stack's", "none", where),
        )
    return found


def _recipients(group: LogGroup) -> Iterator[Recipient]:
    lists: tuple[Callable[[], Sequence[Recipient]], ...] = (
        lambda: group.subscription_filters,
        lambda: group.account_subscriptions,
        lambda: group.observability_links,
    )
    for recipients in lists:
        try:
            yield from recipients()
        except (NotYetKnown, CouldNotVerify) as error:
            yield Recipient("somebody", FailedOrigin(error), group.source)


def _with(stage: Stage, look_at: Callable[[LogGroup], object]) -> Collection[LogGroup]:
    groups = log_groups(stage)
    _read_ahead(stage, look_at, groups)
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
    _read_ahead(stage, lambda principal: (principal.documents, principal.boundary), found)
    return found


@collection
def reader_roles(stage: Stage) -> tuple[Role, ...]:
    """The declared readers of logs that are roles."""
    readers = stage.profile.logs.readers
    return tuple(role for role in stage.source().collect(Role, readers) if role.name in readers)


@collection
def clusters(stage: Stage) -> tuple[Cluster, ...]:
    """Every ECS cluster of the region; the stack's own must be among them."""
    own = stage.profile.clusters
    stage.named(Cluster, own)
    found = tuple(stage.source().collect(Cluster, own))
    return found or there(stage, "service", Cluster, own, ())


def _read_ahead(stage: Stage, look_at: Callable[[T], object], resources: Iterable[T]) -> None:
    """Make the calls that a control will need at the same time. A call that fails raises where its answer is read, not here."""
    if stage.is_at_once:
        return
    waiting = iter(resources)
    while some := list(islice(waiting, READ_AHEAD)):
        with Pool(MAX_CONCURRENT_CALLS) as pool:
            for resource in some:
                pool.submit(look_at, resource)
