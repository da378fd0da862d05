"""The changes that a run's plans make, as people read them: before the verdicts, in the terminal and in the report."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import islice

from stackproof.core.changes import Action, ChangedResource, PlannedChanges
from stackproof.core.messages import say, users_language
from stackproof.core.translation import for_user
from stackproof.util.text import counted, visible

_SIGN = {
    Action.ADD: "+",
    Action.CHANGE: "~",
    Action.REPLACE: "-/+",
    Action.DESTROY: "-",
    Action.MOVE: ">",
    Action.IMPORT: "<",
    Action.FORGET: ".",
}
"""Terraform's own signs, where it has one."""
_ALWAYS = (Action.ADD, Action.CHANGE, Action.REPLACE, Action.DESTROY)
"""What is counted even where there is none of it."""
_TERMINAL = {
    Action.ADD: 5,
    Action.CHANGE: 20,
    Action.REPLACE: 50,
    Action.DESTROY: 50,
    Action.MOVE: 5,
    Action.IMPORT: 5,
    Action.FORGET: 20,
}
"""At most so many resources are listed in the terminal; results.json has all."""
_FIELDS = 8
"""At most so many attributes of one resource, in the terminal."""
_WIDTH = 100
"""Characters of one value, in the terminal."""
MOST_ROWS = 1000
"""Resources of one plan in the report; results.json has all."""


def headline(plan: PlannedChanges) -> str:
    """
    >>> from stackproof.core.changes import Kind
    >>> change = ChangedResource("aws_vpc.main", Action.DESTROY)
    >>> headline(PlannedChanges("app", Kind.UPDATE, (change,)))
    'The plan of app (an update of what runs): 0 to add, 0 to change, 0 to replace, 1 to destroy'
    """
    counts = plan.counts
    reported = [f"{counts[action]:,} to {action}" for action in Action if counts[action] or action in _ALWAYS]
    return visible(f"The plan of {plan.stack} ({plan.kind}): {', '.join(reported)}")


def lines(plans: Sequence[PlannedChanges]) -> Iterator[str]:
    """The lines of the terminal about plans: additions, changes, replacements, destructions, and what stays in AWS untouched."""
    for plan in plans:
        yield headline(plan)
        for action in Action:
            of_kind = [change for change in plan.changes if change.action is action]
            for change in of_kind[: _TERMINAL[action]]:
                yield f"  {_SIGN[action]} {_named(change)}"
                for one in change.fields[:_FIELDS]:
                    yield f"      {visible(one.field)}: {_brief(one.before)} -> {_brief(one.after)}"
                if (more := len(change.fields) - _FIELDS) > 0:
                    yield f"      and {counted(more, 'attribute')} more, see results.json"
            if (more := len(of_kind) - _TERMINAL[action]) > 0:
                yield f"  {_SIGN[action]} and {counted(more, 'resource')} more, see results.json"


def section(plans: Sequence[PlannedChanges]) -> str:
    """The part of the HTML report about plans; empty where there are none."""
    return "".join(
        f'<section class="changes"><h3>{_html(for_user(headline(plan)))}</h3>{_table(plan)}</section>' for plan in plans
    )


def _table(plan: PlannedChanges) -> str:
    in_order = (change for action in Action for change in plan.changes if change.action is action)
    rows = "".join(map(_row, islice(in_order, MOST_ROWS)))
    more = len(plan.changes) - MOST_ROWS
    rest = for_user(f"and {counted(more, 'resource')} more: results.json has each of them") if more > 0 else ""
    heads = "".join(f"<th>{say(users_language(), f'report.{key}')}</th>" for key in ("action", "resource", "what-changes"))
    return f"<table><thead><tr>{heads}</tr></thead>{rows}</table><p>{rest}</p>" if rows else ""


def _row(change: ChangedResource) -> str:
    fields = "".join(
        f"<li><code>{_html(one.field)}</code>: {_html(one.before)} → {_html(one.after)}</li>" for one in change.fields
    )
    return (
        f'<tr class="{change.action}"><td>{say(users_language(), f"action.{change.action}")}</td><td>{_html(_named(change))}</td>'
        f"<td>{f'<ul>{fields}</ul>' if fields else ''}</td></tr>"
    )


def _named(change: ChangedResource) -> str:
    """The resource, where it was before, and what forces its replacement."""
    moved = f" (was {change.previous_address})" if change.previous_address else ""
    forced = f" (forced by {', '.join(change.forced_by)})" if change.forced_by else ""
    return visible(f"{change.address}{moved}{forced}").replace("\n", " ")


def _brief(value: str) -> str:
    text = " ".join(visible(value).split())
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"


def _html(text: str) -> str:
    return escape(" ".join(visible(text).split()))
