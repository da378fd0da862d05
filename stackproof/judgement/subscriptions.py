"""The recipients of a log group's events, held against its tags and the profile: Sentry, Langfuse, an export.

Events leave a group by its subscription filters, by a subscription policy of the account, and by an observability link to a monitoring
account. Lambda functions stand in front of Sentry and Langfuse; Amazon Data Firehose exports. Whoever else gets events is declared in the
profile, or a finding. Only these show that events are exported as they come: an export task leaves nothing on the group.

Source: central logging design (IN-116), "Tags" and "Ready for what comes later"; CloudWatch Logs quotas: two filters a group.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

EXPORTED = "ExportEnabled"
"""The tag that says whether a group's events are exported."""
FORWARDS, EXPORTS = "lambda", "firehose"
"""The services that pass events on to Sentry and Langfuse, and to where they are kept."""


class Recipient(Protocol):
    """A recipient of the events of a log group."""

    @property
    def pattern(self) -> str: ...
    @property
    def destination(self) -> str: ...
    @property
    def destination_service(self) -> str: ...
    @property
    def destination_account(self) -> str | None: ...


class Link(Protocol):
    """The recipient that may subscribe to the groups of one log type, by the environment's profile."""

    @property
    def tag(self) -> str: ...
    @property
    def log_type(self) -> str: ...
    @property
    def pattern(self) -> str: ...


class Declared(Protocol):
    """A recipient that the environment's profile names."""

    def is_given(self, group: str, destination: str) -> bool:
        """True if this destination may get the events of a group."""
        ...


class Group(Protocol):
    """A log group."""

    @property
    def group_name(self) -> str: ...
    @property
    def tags(self) -> Mapping[str, str]: ...


def recipient_problem(
    recipient: Recipient, group: Group, links: Iterable[Link], declared: Sequence[Declared], account: str
) -> str | None:
    """Why a recipient should not get the events of a group; None for an enabled link, an export that the tags tell, a declared one.

    >>> from types import SimpleNamespace as Given
    >>> sentry = Given(tag="SentrySync", log_type="errors", pattern="ERROR")
    >>> group = Given(group_name="/aws/ecs/api/errors", tags={"LogType": "errors", "SentrySync": "enabled", "ExportEnabled": "false"})
    >>> def problem(service, pattern="", account="1"):
    ...     to = Given(pattern=pattern, destination="arn:x", destination_service=service, destination_account=account)
    ...     return recipient_problem(to, group, [sentry], [], "1")
    >>> problem("lambda", "ERROR")
    >>> problem("lambda")
    'arn:x gets the events that match "": no enabled link has this pattern, and logs.recipients does not name it'
    >>> problem("firehose")
    'arn:x gets its events, as an export, and the tag ExportEnabled is false'
    >>> problem("kinesis"), problem("firehose", account="2")
    ('arn:x gets its events: logs.recipients does not name it', 'arn:x of account 2 gets its events: logs.recipients does not name it')
    >>> other = Given(tag="LangfuseSync", log_type="llm", pattern="")
    >>> to = Given(pattern="ERROR", destination="arn:x", destination_service="lambda", destination_account="1")
    >>> recipient_problem(to, group, [other, sentry], [], "1")
    """
    destination = recipient.destination
    if any(one.is_given(group.group_name, destination) for one in declared):
        return None
    if recipient.destination_account not in (account, None):
        return f"{destination} of account {recipient.destination_account} gets its events: logs.recipients does not name it"
    service = recipient.destination_service
    if service == FORWARDS:
        if any(_is_enabled(group.tags, link) and link.pattern == recipient.pattern for link in links):
            return None
        gets = f'{destination} gets the events that match "{recipient.pattern}"'
        return f"{gets}: no enabled link has this pattern, and logs.recipients does not name it"
    if service == EXPORTS:
        reported = group.tags.get(EXPORTED)
        return (
            None if reported == "true" else f"{destination} gets its events, as an export, and the tag {EXPORTED} is {reported}"
        )
    return f"{destination} gets its events: logs.recipients does not name it"


def _is_enabled(tags: Mapping[str, str], link: Link) -> bool:
    """Whether a group's tags say that it is linked.

    >>> from types import SimpleNamespace as Given
    >>> link = Given(tag="SentrySync", log_type="errors")
    >>> states = ("enabled", "errors"), ("enabled", "llm"), ("pending", "errors")
    >>> [_is_enabled({"SentrySync": state, "LogType": kind}, link) for state, kind in states]
    [True, False, False]
    """
    return tags.get(link.tag) == "enabled" and tags.get("LogType") == link.log_type


def link_problems(
    tags: Mapping[str, str], link: Link, filters: Sequence[Recipient], shared: Sequence[Recipient], slots: int
) -> list[str]:
    """The problems of the link from a group to its recipient, by the group's ``filters`` and the account's policies, ``shared``.

    Enabled: the group is of the link's log type, and one filter has exactly the documented pattern, and is no export. Pending: one of the
    ``slots`` for filters is free for it.

    >>> from types import SimpleNamespace as Given
    >>> sentry = Given(tag="SentrySync", log_type="errors", pattern="[level=ERROR]")
    >>> link, export = Given(pattern="[level=ERROR]", destination_service="lambda"), Given(pattern="", destination_service="firehose")
    >>> enabled, pending = ({"LogType": "errors", "SentrySync": state} for state in ("enabled", "pending"))
    >>> link_problems(enabled, sentry, [link, export], [], 2), link_problems(enabled, sentry, [], [link], 2)
    ([], [])
    >>> link_problems(enabled, sentry, [export], [], 2)
    ['SentrySync is enabled, and no subscription filter has the pattern [level=ERROR]']
    >>> link_problems(enabled, sentry, [link, link], [], 2)
    ['SentrySync is enabled, and 2 subscription filters have the pattern [level=ERROR]: one of them is not the link']
    >>> link_problems(pending, sentry, [export], [], 2), link_problems(pending, sentry, [export, export], [], 2)
    ([], ['SentrySync is pending, and none of the 2 filter slots is free'])
    >>> link_problems({**enabled, "LogType": "application"}, sentry, [link], [], 2)
    ['SentrySync is enabled on a group whose LogType is application, not errors']
    >>> link_problems(enabled, sentry, [link, Given(pattern="[level=ERROR]", destination_service="firehose")], [], 2)
    []
    """
    return [*_link_problems(tags, link, filters, shared, slots)]


def _link_problems(
    tags: Mapping[str, str], link: Link, filters: Sequence[Recipient], shared: Sequence[Recipient], slots: int
) -> Iterator[str]:
    state, log_type = tags.get(link.tag), tags.get("LogType")
    if state == "enabled":
        if log_type != link.log_type:
            yield f"{link.tag} is enabled on a group whose LogType is {log_type}, not {link.log_type}"
        linked = sum(one.pattern == link.pattern and one.destination_service != EXPORTS for one in (*filters, *shared))
        if not linked:
            yield f"{link.tag} is enabled, and no subscription filter has the pattern {link.pattern}"
        elif linked > 1:
            yield (
                f"{link.tag} is enabled, and {linked} subscription filters have the pattern {link.pattern}: one of them is not the link"
            )
    elif state == "pending" and log_type == link.log_type and len(filters) >= slots:
        yield f"{link.tag} is pending, and none of the {slots} filter slots is free"


def is_exported(tags: Mapping[str, str]) -> bool:
    """True if a group's tags say that its events are exported."""
    return tags.get(EXPORTED) == "true"


def export_problems(tags: Mapping[str, str], recipients: Sequence[Recipient]) -> list[str]:
    """The differences between a group's exports and its tag: if exported, a Firehose gets every event; if not, there is none.

    >>> from types import SimpleNamespace as Given
    >>> exported, kept = ({"ExportEnabled": reported} for reported in ("true", "false"))
    >>> every, some, link = (Given(pattern=at, destination_service=to) for at, to in (("", "firehose"), ("x", "firehose"), ("", "lambda")))
    >>> export_problems(exported, [every]), export_problems(kept, [link])
    ([], [])
    >>> export_problems(exported, [link]), export_problems(exported, [some])
    (['nothing delivers its events to Firehose'], ['only what matches x is exported'])
    >>> export_problems(kept, [some])
    ['it is exported to Firehose, and the tag ExportEnabled is false']
    >>> export_problems(exported, [some, every])
    []
    """
    exports = [one for one in recipients if one.destination_service == EXPORTS]
    if not is_exported(tags):
        return [f"it is exported to Firehose, and the tag {EXPORTED} is {tags.get(EXPORTED)}"] if exports else []
    if not exports:
        return ["nothing delivers its events to Firehose"]
    return [] if any(one.pattern == "" for one in exports) else [f"only what matches {exports[0].pattern} is exported"]
