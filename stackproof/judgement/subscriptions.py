"""Whether the subscription filters of a log group are what its tags promise: a link to Sentry or Langfuse, an export.

A filter that delivers to Amazon Data Firehose is an export; every other one passes events on to somebody, as the Lambda functions in front
of Sentry and Langfuse do. Only the filter shows that events are exported as they come: an export task is made by whoever runs it, and
leaves nothing on the group.

Source: central logging design (IN-116), "Tags" and "Ready for what comes later"; CloudWatch Logs quotas: two filters a group.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

EXPORTED = "ExportEnabled"
"""The tag that says whether a group's events are exported."""


class Filter(Protocol):
    """A subscription filter."""

    @property
    def pattern(self) -> str: ...
    @property
    def is_export(self) -> bool: ...


class Link(Protocol):
    """What may subscribe to the groups of one log type, by the environment's profile."""

    @property
    def tag(self) -> str: ...
    @property
    def log_type(self) -> str: ...
    @property
    def pattern(self) -> str: ...


def is_concerned(tags: Mapping[str, str], link: Link) -> bool:
    """Whether a group's filters must be looked at for a link: it is of the link's log type, or says that the link is enabled."""
    return tags.get("LogType") == link.log_type or tags.get(link.tag) == "enabled"


def link_problems(tags: Mapping[str, str], link: Link, filters: Sequence[Filter], slots: int) -> list[str]:
    """What is wrong with a link between a group and who may subscribe to it.

    Enabled: the group is of the link's log type, and has a filter of exactly the documented pattern. Else nobody but an export is
    subscribed; and where the link is pending, one of the ``slots`` for filters is free for it.

    >>> from types import SimpleNamespace as Given
    >>> sentry = Given(tag="SentrySync", log_type="errors", pattern="[level=ERROR]")
    >>> link, export = Given(pattern="[level=ERROR]", is_export=False), Given(pattern="", is_export=True)
    >>> enabled, pending = ({"LogType": "errors", "SentrySync": state} for state in ("enabled", "pending"))
    >>> link_problems(enabled, sentry, [link, export], 2), link_problems(pending, sentry, [export], 2)
    ([], [])
    >>> link_problems(enabled, sentry, [export], 2)
    ['SentrySync is enabled, and no subscription filter has the pattern [level=ERROR]']
    >>> link_problems(pending, sentry, [link], 2)
    ['SentrySync is pending, and a subscription filter has the pattern [level=ERROR]']
    >>> link_problems(pending, sentry, [export, export], 2)
    ['SentrySync is pending, and none of the 2 filter slots is free']
    >>> link_problems({**enabled, "LogType": "application"}, sentry, [link], 2)
    ['SentrySync is enabled on a group whose LogType is application, not errors']
    """
    return [*_link_problems(tags, link, [one for one in filters if not one.is_export], slots - len(filters), slots)]


def _link_problems(tags: Mapping[str, str], link: Link, subscribed: Sequence[Filter], free: int, slots: int) -> Iterator[str]:
    state = tags.get(link.tag)
    if state == "enabled":
        if tags.get("LogType") != link.log_type:
            yield f"{link.tag} is enabled on a group whose LogType is {tags.get('LogType')}, not {link.log_type}"
        if not any(one.pattern == link.pattern for one in subscribed):
            yield f"{link.tag} is enabled, and no subscription filter has the pattern {link.pattern}"
        return
    for one in subscribed:
        yield f"{link.tag} is {state}, and a subscription filter has the pattern {one.pattern}"
    if state == "pending" and free < 1:
        yield f"{link.tag} is pending, and none of the {slots} filter slots is free"


def is_exported(tags: Mapping[str, str]) -> bool:
    """Whether a group's tags say that its events are exported."""
    return tags.get(EXPORTED) == "true"


def export_problems(filters: Sequence[Filter]) -> list[str]:
    """What is missing for an export of a group's events: a filter to Firehose that lets every event through.

    >>> from types import SimpleNamespace as Given
    >>> export_problems([Given(pattern="", is_export=True)])
    []
    >>> export_problems([Given(pattern="", is_export=False)]), export_problems([Given(pattern="ERROR", is_export=True)])
    (['no subscription filter delivers to Firehose'], ['only what matches ERROR is exported'])
    """
    exports = [one for one in filters if one.is_export]
    if not exports:
        return ["no subscription filter delivers to Firehose"]
    return [] if any(one.pattern == "" for one in exports) else [f"only what matches {exports[0].pattern} is exported"]
