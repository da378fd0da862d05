"""The known paths of privilege escalation (`escalation.toml`), by which a principal can get more than it was given.

A path is open if the policies may allow every action of it on something; confining an action to one resource narrows a path, and does not
close it. What an application needs to do its work is not on these paths.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stackproof.core.partial import holds_if_known, judges_what_is_known
from stackproof.judgement.access import Document, allowed_resources, covers, naming, overlap
from stackproof.judgement.iam import allows_everything, is_every_resource
from stackproof.util import toml_document

PASS_ROLE = "iam:PassRole"
FREELY: Mapping[str, str | None] = {"iam:PolicyARN": "arn:aws:iam::aws:policy/AnyOne", "iam:PermissionsBoundary": None}
"""Condition keys of a request that attaches any policy to any principal, without a permissions boundary. A condition that names certain
policies, or asks for a boundary, does not hold for it."""


@dataclass(frozen=True)
class Path:
    """One way to escalate."""

    actions: tuple[str, ...]
    """All of them are needed."""
    gains: str
    """What the principal can then do."""
    source: str
    """Who described it first, or where it is kept up to date."""
    passes_to: str = ""
    """The service that a role is passed to; empty where none is."""
    anywhere: bool = False
    """Whether it counts only where the action is not confined to named resources."""
    grants: bool = False
    """Whether it lets a principal give everything: to everybody, or to itself."""
    elsewhere: bool = False
    """Whether it counts only on what lies in another account, and is not declared."""

    def __str__(self) -> str:
        return f"{self.gains}: {' + '.join(self.needs)}"

    @property
    def needs(self) -> tuple[str, ...]:
        return (PASS_ROLE, *self.actions) if self.passes_to else self.actions


@judges_what_is_known
def escalations(
    policies: Sequence[Document], boundary: Document | None = None, *, account: str = "", declared: Sequence[str] = ()
) -> list[str]:
    """The paths that policies leave open, within a permissions boundary if there is one.

    ``account`` is the principal's own; without it only what is in no account by name counts as another's. ``declared`` are the ARNs,
    as patterns, of what the principal is meant to use in other accounts.

    >>> escalations([{"Statement": {"Effect": "Allow", "Action": ["iam:PassRole", "ecs:RunTask"], "Resource": "*"}}])
    ['runs a task with another role (RunTask takes roles as overrides): iam:PassRole + ecs:RunTask']
    >>> escalations([{"Statement": {"Effect": "Allow", "Action": ["iam:PassRole", "s3:GetObject"], "Resource": "*"}}])
    []
    >>> role = "arn:aws:iam::210987654321:role/deploy"
    >>> assumes = [{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}}]
    >>> escalations(assumes, account="123456789012")
    ['assumes a role of another account that is not declared: sts:AssumeRole']
    >>> escalations(assumes, account="123456789012", declared=[role]), escalations(assumes, account="210987654321")
    ([], [])
    >>> both = {**assumes[0]["Statement"], "Resource": [role, "arn:aws:iam::123456789012:role/x"]}
    >>> escalations([{"Statement": both}], account="123456789012")
    ['assumes a role of another account that is not declared: sts:AssumeRole']
    >>> tasks = {"Statement": {"Effect": "Allow", "Action": ["iam:PassRole", "ecs:RunTask"], "Resource": "*"}}
    >>> escalations([tasks, {"Statement": {"Effect": "Deny", "Action": "ecs:*", "Resource": "*"}}])
    []
    """
    is_named = naming(policies)
    near = (path for path in paths() if all(map(is_named, path.needs)))
    return [str(path) for path in near if _is_open(path, policies, boundary, account, declared)]


@holds_if_known
def administers(policies: Sequence[Document], boundary: Document | None = None, own: Sequence[str] = ()) -> bool:
    """True if a principal may do everything, or may give itself or anybody everything, within its permissions boundary.

    That is what ``AdministratorAccess`` comes to, whatever a policy is called and however it is written. ``own`` are the last parts of
    the ARNs, as patterns, of the principal and of the groups that it is in.

    >>> def does(**statement):
    ...     return administers([{"Statement": {"Effect": "Allow", **statement}}], own=["user/deploy"])
    >>> does(Action="iam:*", Resource="*"), does(NotAction="s3:*", Resource="*"), does(Action="*", NotResource="arn:aws:s3:::x")
    (True, True, True)
    >>> does(Action="iam:PutUserPolicy", Resource="arn:aws:iam::123456789012:user/deploy")
    True
    >>> does(NotAction="iam:*", Resource="*"), does(Action="iam:PutRolePolicy", Resource="arn:aws:iam::123456789012:role/app-*")
    (False, False)
    >>> everything, little = ({"Statement": {"Effect": "Allow", "Action": one, "Resource": "*"}} for one in ("*", "s3:GetObject"))
    >>> no_iam = {"Statement": {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}}
    >>> administers([everything, no_iam]), administers([little])  # the rest is more than enough
    (True, False)
    >>> me = {"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "arn:aws:iam::123456789012:user/deploy"}
    >>> [administers([{"Statement": me}], own=own) for own in (["group/x", "user/deploy"], ["user/other"])]
    [True, False]
    """
    is_named = naming(policies)
    return any(map(allows_everything, policies)) or any(
        is_every_resource(resource, action) or any(overlap(resource.split(":", 5)[-1], one) for one in own)
        for path in paths()
        if path.grants
        for action in filter(is_named, path.actions)
        for resource in allowed_resources(action, policies, boundary, FREELY)
    )


@functools.cache
def paths() -> tuple[Path, ...]:
    """Every known path."""
    document = toml_document.packaged("stackproof.judgement", "escalation.toml")
    sources = document["sources"]
    return tuple(
        Path(**{**path, "actions": tuple(path["actions"]), "source": sources[path["source"]]}) for path in document["path"]
    )


def _is_open(path: Path, policies: Sequence[Document], boundary: Document | None, account: str, declared: Sequence[str]) -> bool:
    context: dict[str, str | None] = {"iam:PassedToService": path.passes_to} if path.passes_to else {}
    if path.elsewhere:
        context["aws:ResourceAccount"] = ANOTHER_ACCOUNT

    def counts(resource: str, action: str) -> bool:
        if path.anywhere:
            return is_every_resource(resource, action)
        return not path.elsewhere or _is_elsewhere(resource, account, declared)

    return all(
        any(counts(resource, action) for resource in allowed_resources(action, policies, boundary, context))
        for action in path.needs
    )


ANOTHER_ACCOUNT = "000000000000"
"""Some account that is not the principal's."""


def _is_elsewhere(resource: str, account: str, declared: Sequence[str]) -> bool:
    """Whether a resource pattern may stand for something in another account that is not declared.

    >>> role = "arn:aws:iam::210987654321:role/app"
    >>> [_is_elsewhere(one, "123456789012", []) for one in (role, "arn:aws:iam::*:role/app", "arn:aws:iam::123456789012:role/*", "*")]
    [True, True, False, True]
    >>> _is_elsewhere(role, "123456789012", ["arn:aws:iam::210987654321:role/*"]), _is_elsewhere(role, "", [])
    (False, False)
    """
    where = resource.split(":")[4:5]
    if where == [account] or (where and where[0].isdigit() and not account):
        return False
    return not any(covers(one, resource) for one in declared)
