"""The grants of IAM policies that are too broad, the principals that roles trust, and the age of access keys."""

import functools
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from stackproof.core.partial import holds_if_known, judges_what_is_known
from stackproof.judgement.access import (
    EVERYTHING,
    Document,
    action_details,
    actions_matching,
    actions_of,
    arn_of_kind,
    confining,
    covers,
    kinds_of,
    matches,
    names_nothing,
    principals,
    resource_arns,
    statements,
    strangers,
    values,
)
from stackproof.judgement.deputies import is_bound, names_of_service


@judges_what_is_known
def broad_grants(document: Document) -> list[str]:
    """The grants of a policy document's Allow statements that are wider than named actions on named resources.

    - ``NotAction`` or ``NotResource``: everything but what is named;
    - ``*`` or ``service:*`` as an action;
    - ``*`` as a resource, or an ARN that stands for all of a kind (``arn:aws:s3:::*``), for an action that can be confined to a resource;
    - a wildcard in an action (``s3:Get*``), if that is so for any action that it stands for.

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


def _broad(statement: Mapping[str, Any]) -> Iterator[str]:
    if names_nothing(statement):
        return
    yield from _of_whole_services(statement)
    if "NotResource" in statement:
        yield "every resource but those named (NotResource)"
    if EVERYTHING in values(statement.get("Resource")) and "NotAction" in statement:
        yield "every resource, for actions that are not named"
    for action in values(statement.get("Action")):
        if not _is_a_whole_service(action) and any(_on_every_resource(one, statement) for one in _known(action)):
            yield f"{action} on every resource"


def _of_whole_services(statement: Mapping[str, Any]) -> Iterator[str]:
    """The parts of a statement that are wider than actions of one service, in words.

    >>> [*_of_whole_services({"Action": ["s3:*", "s3:Get*", "ssm-guiconnect:*ection*"]})]
    ['every action of s3 (s3:*)', 'every action of ssm-guiconnect (ssm-guiconnect:*ection*)']
    >>> [*_of_whole_services({"Action": ["s?:Get", "?*"]})]
    ['actions of many services (s?:Get)', 'every action of every service (?*)']
    """
    if "NotAction" in statement:
        yield "every action but those named (NotAction)"
    for action in values(statement.get("Action")):
        service, _, name = action.partition(":")
        if _is_all(action):
            yield f"every action of every service ({action})"
        elif _is_all(name) or _is_every_action(service, name):
            yield f"every action of {service} ({action})"
        elif set("*?") & set(service):
            yield f"actions of many services ({action})"


def _is_a_whole_service(action: str) -> bool:
    return any(_of_whole_services({"Action": action}))


@functools.lru_cache(maxsize=65536)
def _known(pattern: str) -> tuple[str, ...]:
    """The known actions that a pattern stands for; the pattern itself where none is known."""
    return tuple(actions_matching(pattern)) or (pattern,)


def _on_every_resource(action: str, statement: Mapping[str, Any]) -> bool:
    """Whether a statement allows an action on all that it can be used on.

    >>> resources = ["arn:aws:s3:::triflow-ai-prod/*", "*"]
    >>> [_on_every_resource("s3:GetObject", {"Resource": one}) for one in (resources, resources[:1])]
    [True, False]
    """
    resources = values(statement.get("Resource"))
    return any(_is_everything_for(one, action) for one in resources) and not _is_confined(action, statement)


_NAMES_THE_RESOURCE = frozenset(
    {"ecs:cluster", "kms:requestalias", "kms:resourcealiases", "lambda:functionarn", "ses:fromaddress"}
)
"""Condition keys that say on what an action is used, though the reference has it as a resource of another kind.

Sources: the services' own examples of identity policies, in their developer guides.
"""

_OF_ANY_RESOURCE = frozenset({"region", "managedby", "creatoraccount", "hasaccessgrant", "apiversion", "resourceaccount"})
"""Condition keys of services that hold for all of an account's resources."""


def _is_confined(action: str, statement: Mapping[str, Any]) -> bool:
    """Whether a condition confines an action that is allowed on every resource: by a key of the action that says which.

    >>> def confined(action, key, value):
    ...     return _is_confined(action, {"Condition": {"StringLike": {key: value}}})
    >>> [confined("cloudwatch:PutMetricData", "cloudwatch:namespace", one) for one in ("TriFlow/*", "*")]
    [True, False]
    >>> cluster = "arn:aws:ecs:ap-northeast-2:123456789012:cluster"
    >>> [confined("ecs:StopTask", "ecs:cluster", one) for one in (f"{cluster}/app", f"{cluster}/*", "*")]
    [True, False, False]
    >>> confined("s3:GetObject", "ecs:cluster", f"{cluster}/app"), confined("s3:PutObject", "s3:x-amz-acl", "private")
    (False, False)
    >>> confined("iam:PassRole", "iam:PassedToService", "ecs-tasks.amazonaws.com"), confined("s3:GetObject", "s3:ExistingObjectTag/a", "b")
    (False, True)
    >>> either = {"StringLike": {"cloudwatch:namespace": ["TriFlow/*", "*"]}}
    >>> _is_confined("cloudwatch:PutMetricData", {"Condition": either})
    False
    """
    keys = _confining_keys(action)
    return any(
        not any(map(_admits_everything, admitted)) for key, admitted in confining(statement) if re.sub(r"/.*", "/", key) in keys
    )


@functools.cache
def _confining_keys(action: str) -> frozenset[str]:
    """The condition keys of an action that say which resource, in lower case and without a tag's name.

    >>> sorted(_confining_keys("secretsmanager:GetSecretValue"))
    ['aws:resourcetag/', 'secretsmanager:resourcetag/', 'secretsmanager:secretid']
    >>> sorted(_confining_keys("cloudformation:UpdateStackInstances"))  # it needs a stack set, whatever the region
    []
    >>> sorted(_confining_keys("ecs:RunTask"))
    ['aws:resourcetag/', 'ecs:cluster']
    """
    details = action_details(action)
    if details is None:
        return frozenset()
    service = action.lower().partition(":")[0]
    kinds = details["resourceTypes"]
    own = [
        re.sub(r"/.*", "/", key.lower()) for key in chain(details["conditionKeys"], *(kind["conditionKeys"] for kind in kinds))
    ]
    is_optional = not any(kind["required"] for kind in kinds) and service not in _TAKE_ONE_OF_SEVERAL
    named = {_plain(kind["name"]) for kind in kinds} if service not in ("iam", "sts") else set()
    return frozenset(
        key
        for key in own
        if key.endswith(("resourcetag/", ":existingobjecttag/"))
        or key in _NAMES_THE_RESOURCE
        or (key.startswith(f"{service}:") and _is_of_one(key, named, is_optional))
    )


def _is_of_one(key: str, kinds: Collection[str], is_optional: bool) -> bool:
    name = key.partition(":")[2]
    return _plain(name) in kinds or (is_optional and name not in _OF_ANY_RESOURCE)


def _plain(name: str) -> str:
    """The name of a kind of resource, or of the condition key that is called by it.

    >>> _plain("inference-profile"), _plain("InferenceProfileArn"), _plain("SecretId")
    ('inferenceprofile', 'inferenceprofile', 'secret')
    """
    return re.sub(r"(arn|id|name)$", "", re.sub("[^a-z]", "", name.lower()))


def _admits_everything(value: str) -> bool:
    """Whether a value of a condition is, or ends in, nothing but wildcards.

    >>> [_admits_everything(one) for one in ("*", "?*", "?", "arn:aws:ecs:*:*:cluster/*", "arn:aws:ecs:*:*:cluster/a*", "a")]
    [True, True, True, True, False, False]
    """
    last = re.split("[:/]", value)[-1] if value.startswith("arn:") else value
    return set(last) <= {"*", "?"}


def _is_all(pattern: str) -> bool:
    """Whether a pattern is made of wildcards alone; ``?*`` is as wide as ``*``."""
    return "*" in pattern and set(pattern) <= {"*", "?"}


def _is_every_action(service: str, pattern: str) -> bool:
    """Whether a pattern with a wildcard matches the name of each known action of a service.

    >>> _is_every_action("ssm-guiconnect", "*ection*"), _is_every_action("s3", "Get*"), _is_every_action("nosuch", "*a*")
    (True, False, False)
    >>> _is_every_action("ssm-guiconnect", "*ECTION*")
    True
    """
    known = actions_of(service.lower()) if "*" in pattern else ()
    return bool(known) and all(matches(pattern, action, any_case=True) for action in known)


def is_every_resource(resource: str, action: str) -> bool:
    """True if a pattern stands for all that an action can be used on, or for all of one kind, if only in one account.

    So does one that names what is in all of them: ``arn:aws:s3:::*/uploads/*`` is in every bucket.

    >>> [is_every_resource(arn, "s3:GetObject") for arn in ("*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:aws:s3:::triflow-ai-prod/*")]
    [True, True, True, False]
    >>> [is_every_resource(arn, "s3:GetObject") for arn in ("arn:aws:s3:::*/uploads/*", "arn:aws:s3:::*-uploads/*")]
    [True, False]
    >>> role = "arn:aws:iam::123456789012:role"
    >>> [is_every_resource(arn, "iam:PassRole") for arn in (f"{role}/*", f"{role}/app-*", "arn:aws:s3:::*")]
    [True, False, True]
    >>> is_every_resource("*", "ecr:GetAuthorizationToken"), is_every_resource("*", "nosuch:Thing")
    (False, True)
    >>> key = "arn:aws:kms:ap-northeast-2:123456789012:key"
    >>> [is_every_resource(f"{key}/{one}", "kms:Decrypt") for one in ("?*", "*-*-*", "????????-*", "1234abcd-*", "mrk-*")]
    [True, True, True, False, True]
    >>> is_every_resource("arn:aws:s3:::*/*", "s3:*"), is_every_resource("arn:aws:s3:::b/*", "s3:*")  # of some of the actions
    (True, False)
    """
    return any(_is_everything_for(resource, one) for one in _known(action))


@functools.lru_cache(maxsize=65536)
def _is_everything_for(resource: str, action: str) -> bool:
    if _needs_no_resource(action):
        return False
    pattern = _of_any_length(resource)
    kinds = [form for arn in resource_arns(action) or () for form in (arn, *_FORMS.get(arn, ()))]
    return (
        _names_nothing(pattern)
        or any(covers(pattern, _in_the_place_of(pattern, kind)) for kind in kinds)
        or any(_is_in_every(pattern, container, link) for container, link in _containers(action))
    )


_TAKE_ONE_OF_SEVERAL = frozenset({"s3", "s3express", "s3-outposts", "s3-object-lambda", "es", "cloudsearch", "redshift"})
"""Services whose actions need a resource though the reference calls each kind of it optional: an object *or* an access point's, a
domain *or* an index of it."""

_WITHOUT_A_RESOURCE = ("Create", "Put", "Start", "Send", "Set", "Unsubscribe", "Request", "Import", "Export", "Transform")
"""How the names of actions begin that change something and can do without the one resource that they may be given."""


@functools.cache
def _needs_no_resource(action: str) -> bool:
    """Whether an action takes no resource, or can do without the only kind that it takes.

    >>> [_needs_no_resource(one) for one in ("ecr:GetAuthorizationToken", "cloudwatch:PutMetricData", "polly:SynthesizeSpeech")]
    [True, True, True]
    >>> [_needs_no_resource(one) for one in ("s3:GetObject", "es:ESHttpGet", "ec2:ReleaseAddress", "s3:ListBucket", "nosuch:Thing")]
    [False, False, False, False, False]
    """
    details = action_details(action)
    if details is None:
        return False
    kinds = details["resourceTypes"]
    if len(kinds) != 1:
        return not kinds
    return (
        not kinds[0]["required"]
        and action.lower().partition(":")[0] not in _TAKE_ONE_OF_SEVERAL
        and (details["accessLevel"] in ("List", "Read") or details["name"].startswith(_WITHOUT_A_RESOURCE))
    )


@functools.cache
def _containers(action: str) -> tuple[tuple[str, str], ...]:
    """The kinds of resource that hold what an action is used on: the ARN of each, and what stands in an ARN between holder and held.

    >>> _containers("s3:GetObject"), _containers("logs:PutLogEvents"), _containers("kms:Decrypt")
    ((('arn:*:s3:*:*:accesspoint/*', '/object/'), ('arn:*:s3:::*', '/')), (('arn:*:logs:*:*:log-group:*', ':log-stream:'),), ())
    """
    service = action.partition(":")[0]
    held = resource_arns(action) or ()
    return tuple(
        (holder, link)
        for holder in (arn_of_kind(service, kind) for kind in kinds_of(service.lower()))
        for arn in held
        if arn.startswith(holder) and holder.endswith("*") and (link := arn[len(holder) :].partition("*")[0])
    )


def _is_in_every(pattern: str, container: str, link: str) -> bool:
    heads = (pattern[: found.start()] for found in re.finditer(re.escape(link), pattern))
    return any(head.count(":") >= 5 and covers(head, _in_the_place_of(head, container)) for head in heads)


_FORMS = {
    "arn:*:ec2:*:*:instance/*": ("arn:*:ec2:*:*:instance/i-*",),
    "arn:*:kms:*:*:key/*": (
        "arn:*:kms:*:*:key/????????-????-????-????-????????????",
        f"arn:*:kms:*:*:key/mrk-{'?' * 32}",
    ),
    "arn:*:secretsmanager:*:*:secret:*": ("arn:*:secretsmanager:*:*:secret:*-??????",),
}
"""Of what form the names of some kinds are that AWS makes, in whole or in part: a pattern that covers the form names none of them.

Sources: Amazon EC2 user guide, "Resource IDs"; AWS KMS developer guide, "Key identifiers (KeyId)"; AWS Secrets Manager user guide,
"What's in a Secrets Manager secret?".
"""


def _of_any_length(pattern: str) -> str:
    """A pattern as it is for names that are not shorter than it asks for: ``?*`` and ``*??`` are as wide as ``*``.

    >>> _of_any_length("role/?*"), _of_any_length("**-*?-??")
    ('role/*', '*-*-??')
    """
    return re.sub(r"(?<!\?)\?*+\*[*?]*+", EVERYTHING, pattern)


def _names_nothing(resource: str) -> bool:
    """Whether a resource is ``*``, or an ARN whose last part is nothing but wildcards, or of which a wildcard hides the service.

    IAM takes no wildcard before the region. One that is there may stand for a colon, so that no part can be told from the next.

    >>> [_names_nothing(one) for one in ("*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", "arn:*", "arn:aws:s3:::triflow-ai-prod/*")]
    [True, True, True, True, False]
    >>> [_names_nothing(f"{one}:s3:::b/a:*") for one in ("arn:aws", "arn:*", "arn:a*", "*:aws", "a?n:*")]
    [False, False, True, True, True]
    >>> [_names_nothing(f"arn:aws:{one}:::b/*") for one in ("s3", "s*", "?3")], _names_nothing("arn:aws:s3:*::b/*")
    ([False, True, True], False)
    >>> _names_nothing("arn:aws:s3:::*/?:*"), _names_nothing("arn:aws:s3:::*:a")
    (True, False)
    """
    parts = resource.split(":", maxsplit=5)
    if len(parts) < 6 or set(parts[5]) <= {"*", "?", "/", ":"}:
        return True
    return any(set("*?") & set(part) for part in (parts[0], parts[1].removeprefix(EVERYTHING), parts[2]))


def _in_the_place_of(resource: str, arn: str) -> str:
    """The ARN of a kind of resource, with partition, region and account as another ARN has them.

    >>> group = "arn:aws:logs:eu-west-1:123456789012:log-group:a:*"
    >>> _in_the_place_of(group, "arn:*:logs:*:*:log-group:*")
    'arn:aws:logs:eu-west-1:123456789012:log-group:*'
    >>> _in_the_place_of("*", "arn:*:logs:*:*:log-group:*"), _in_the_place_of(group, "*")
    ('arn:*:logs:*:*:log-group:*', '*')
    """
    mine, theirs = arn.split(":", 5), resource.split(":", 5)
    if len(mine) < 6 or len(theirs) < 6:
        return arn
    return ":".join(theirs[part] if part in (1, 3, 4) and mine[part] == EVERYTHING else mine[part] for part in range(6))


def is_managed_by_aws(arn: str) -> bool:
    """True if a policy is one of AWS's own, by its ARN.

    >>> is_managed_by_aws("arn:aws-cn:iam::aws:policy/job-function/SystemAdministrator"), is_managed_by_aws("arn:aws:iam::1:policy/aws")
    (True, False)
    """
    return bool(re.match(r"arn:aws[a-z-]*:iam::aws:policy/", arn))


_TELLING = frozenset({"logs:createloggroup", "logs:createlogstream", "logs:putlogevents"})
"""Actions, in lower case, that change something by telling what happens: every service that runs code needs them."""


@judges_what_is_known
def sweeping_grants(document: Document) -> list[str]:
    """The grants of a policy over whole services: all of a service's actions, or a change on everything of a kind.

    Policies that AWS manages cannot name a customer's resources. What a narrow one reads on all of them, and that it writes logs, is not
    counted here; `broad_grants` counts that, too.

    >>> def of(action, resource="*"):
    ...     return sweeping_grants({"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}})
    >>> of("autoscaling:*"), of(["ecr:GetAuthorizationToken", "ecr:PutImage"])
    (['every action of autoscaling (autoscaling:*)'], ['ecr:PutImage on every resource'])
    >>> of(["ecr:BatchGetImage", "logs:PutLogEvents", "s3:List*"]), of("s3:PutObject", "arn:aws:s3:::amazon-braket-*")
    ([], [])
    >>> sweeping_grants({"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}})
    []
    >>> sweeping_grants({"Statement": {"Effect": "Allow", "Action": "s3:*", "NotResource": "*"}})
    []
    """
    return [
        problem
        for statement in statements(document)
        if statement["Effect"] == "Allow" and not names_nothing(statement)
        for problem in (*_of_whole_services(statement), *_changes_everywhere(statement))
    ]


def _changes_everywhere(statement: Mapping[str, Any]) -> Iterator[str]:
    """The actions of a statement that change something and are allowed on everything, in words.

    >>> session = {"Action": "s3express:CreateSession", "Resource": "*"}
    >>> read_only = {"Condition": {"StringEquals": {"s3express:SessionMode": "ReadOnly"}}}
    >>> reading = {"Action": "ecr:GetAnything", "Resource": "*"}
    >>> [[*_changes_everywhere(one)] for one in (session, {**session, **read_only}, reading)]
    [['s3express:CreateSession on every resource'], [], []]
    """
    for action in values(statement.get("Action")):
        reads = action.partition(":")[2].startswith(_READING) or _TO_READ_ALONE in confining(statement)
        known = () if reads or _is_a_whole_service(action) else _known(action)
        if any(_changes(one) and _on_every_resource(one, statement) for one in known):
            yield f"{action} on every resource"


_READING = ("Get", "List", "Describe", "View", "Search", "Lookup", "BatchGet", "Head", "Verify", "Test")
"""How the names of actions begin that read, whatever access the reference calls it, and whether or not it knows them."""

_TO_READ_ALONE = ("s3express:sessionmode", ["ReadOnly"])
"""The condition under which a session with a directory bucket cannot write."""


def _changes(action: str) -> bool:
    """Whether an action changes something; one that the reference does not know may.

    >>> [_changes(one) for one in ("ecr:PutImage", "iam:AttachRolePolicy", "s3:GetObject", "logs:PutLogEvents", "nosuch:Thing")]
    [True, True, False, False, True]
    """
    details = action_details(action)
    kinds = details["accessLevel"].split(", ") if details else ["Write"]
    return "Write" in kinds and "Tagging" not in kinds and action.lower() not in _TELLING


def allows_everything(document: Document) -> bool:
    """True if a policy document allows every action on every resource, which is what ``AdministratorAccess`` does.

    A Deny beside it, which may be taken away again, is not taken into account.

    >>> def allows(action, resource):
    ...     return allows_everything({"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}})
    >>> allows("*", "*"), allows("**", "arn:*"), allows("?*:*", "arn:aws:*:*:*:*")
    (True, True, True)
    >>> allows("s3:*", "*"), allows("*", "arn:aws:s3:::*"), allows("*", "arn:aws:iam::123456789012:role/*")
    (False, False, False)
    >>> allows(["s3:*", "*"], ["arn:aws:s3:::b", "*"])
    True
    >>> admin = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    >>> [allows_everything({"Statement": [one, {**admin, "Action": "s3:*"}]}) for one in (admin, {**admin, "Effect": "Deny"})]
    [True, False]
    """
    return any(
        statement["Effect"] == "Allow"
        and any(all(map(_is_all, action.split(":"))) for action in values(statement.get("Action")))
        and any(map(_is_everything, values(statement.get("Resource"))))
        for statement in statements(document)
    )


def _is_everything(resource: str) -> bool:
    """Whether a resource pattern names neither a service nor anything of one.

    >>> [_is_everything(one) for one in ("*", "arn:aws:*", "arn:aws:*:eu-1:1:*:*", "arn:aws:*:*:*:*?/")]
    [True, True, True, True]
    >>> [_is_everything(one) for one in ("arn:aws:*:*:*:a", "arn:aws:*:*:*:a:*", "arn:aws:*:*:*:*:a", "arn:aws:s3")]
    [False, False, False, False]
    """
    parts = resource.split(":")
    return all(set(part) <= {"*", "?", "/"} for part in (*parts[2:3], *parts[5:]))


ECS_TASKS = "ecs-tasks.amazonaws.com"
"""The service that starts the tasks of ECS."""


@holds_if_known
def lets_in(document: Document, service: str) -> bool:
    """True if a role's trust policy may let an AWS service assume it: the service is named, or everyone is.

    >>> ecs, anyone = {"Service": ["ecs-tasks.amazonaws.com"]}, {"AWS": "*"}
    >>> [lets_in({"Statement": {"Effect": "Allow", "Principal": one, "Action": "sts:AssumeRole"}}, "ecs-tasks.amazonaws.com")
    ...     for one in (ecs, anyone, "*", {"AWS": "arn:aws:iam::123456789012:root"}, {"Service": "lambda.amazonaws.com"})]
    [True, True, True, False, False]
    >>> two = [{"Effect": "Allow", "Principal": one, "Action": "sts:AssumeRole"} for one in ({"AWS": "1"}, ecs)]
    >>> lets_in({"Statement": two}, "ecs-tasks.amazonaws.com")
    True
    >>> lets_in({"Statement": {**two[0], "Principal": {**ecs, "AWS": "1"}}}, "ecs-tasks.amazonaws.com")
    True
    """
    return any(
        "NotPrincipal" in statement
        or any(one == EVERYTHING or (kind, one) in names_of_service(service) for kind, one in principals(statement))
        for statement in statements(document)
        if statement["Effect"] == "Allow"
    )


@judges_what_is_known
def trust_problems(document: Document, *, service: str, account: str) -> list[str]:
    """The problems of a role's trust policy: all that it lets in beside one AWS service on behalf of one account.

    A service acts for whoever asks it; only ``aws:SourceAccount``, or ``aws:SourceArn`` of the account, says for whom: see `is_bound`.

    Source: Amazon ECS developer guide, "Amazon ECS task IAM role".

    >>> bound = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    >>> trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    >>> about = {"service": "ecs-tasks.amazonaws.com", "account": "123456789012"}
    >>> trust_problems({"Statement": {**trust, "Condition": bound}}, **about)
    []
    >>> trust_problems({"Statement": trust}, **about)
    ['not bound to account 123456789012 by aws:SourceAccount']
    >>> trust_problems({"Statement": {**trust, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:ecs:*:123456789012:*"}}}}, **about)
    []
    >>> trust_problems({"Statement": {**trust, "Principal": "*", "Condition": bound}}, **about)
    ['trusts * (everyone)']
    """
    allowing = [statement for statement in statements(document) if statement.get("Effect") == "Allow"]
    if not allowing:
        return [f"does not trust {service}"]
    return [problem for statement in allowing for problem in _trusted(statement, service, account)]


def _trusted(statement: Mapping[str, Any], service: str, account: str) -> Iterator[str]:
    yield from (f"trusts {one}" for one in strangers(statement, *names_of_service(service)))
    for action in values(statement.get("Action")):
        if action.lower() != "sts:assumerole":
            yield f"allows {action}"
    if "NotAction" in statement:
        yield "allows every action but those named (NotAction)"
    if not is_bound(statement, account):
        yield f"not bound to account {account} by aws:SourceAccount"


def too_old(created: Mapping[str, datetime], *, days: int, now: datetime) -> list[str]:
    """The names of what was made so many days ago, or earlier.

    >>> from datetime import UTC
    >>> now = datetime(2026, 4, 1, tzinfo=UTC)
    >>> too_old({"a": now - timedelta(days=91), "b": now - timedelta(days=89)}, days=90, now=now)
    ['a']
    >>> too_old({"a": now - timedelta(days=90)}, days=90, now=now)
    ['a']
    """
    return [name for name, moment in created.items() if now - moment >= timedelta(days=days)]
