"""Judge accounts with many resources of one kind: calls, seconds and memory by their number, and the exponent of the growth.

    python -m benchmarks.growth [KIND ...] [--sizes 100 1000 10000] [--wrong] [--controls] [--page 100] [--rules 10]
    python -m benchmarks.growth buckets keys families --sizes 1000 --milliseconds 20 [--one-by-one]

The accounts are the compliant recording of the proofs with copies of one kind's resources beside its own, called as the stack's are, so
that all of them are judged; with ``--wrong`` each copy breaks a condition, and is a finding. botocore's clients are the real ones; what a
request would be answered is put in its place before it is sent. Each account is read, judged and reported in a process of its own, by
every control that asks for the kind: secrets are hidden, evidence is kept, results.json and report.html are written. An exponent is that
of the seconds of a processor between the two largest accounts: 1 is linear, 2 quadratic.

``rates`` are the seconds below which no run can stay at the rates that AWS publishes (`stackproof.sources.aws.rates`). They are waited for
with ``--milliseconds`` alone, which is what a request then takes. ``at once`` are the most requests that were under way at a time;
``--one-by-one`` asks for what a resource needs when a control comes to it, and for nothing at the same time.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from benchmarks.plans import MEASURABLE, exponent

if TYPE_CHECKING:
    from botocore.config import Config

    from stackproof.sources.replay import Recorded

ROOT = Path(__file__).parents[1]
SIZES = (100, 1000, 10_000)
A_PAGE = 100
"""Items that a list answers at once; operations of AWS's answer 50 to 1,000."""
MOST_MEGABYTES = 300
"""Of an account with 10,000 resources of any kind."""
MOST_EXPONENT = 1.2
"""Above it the time of an account is called worse than linear; memory and the processor's caches have their part in it."""
TOKENS = ("NextToken", "nextToken", "Marker", "NextMarker", "ContinuationToken", "PaginationToken")
RULES, POLICIES, LISTENERS = 10, 10, 10
"""Rules of a security group and of a listener, inline policies of a role, listeners of a load balancer."""


@dataclass(frozen=True)
class Shape:
    """What an account is like beside the number of its resources."""

    page: int = A_PAGE
    rules: int = RULES
    is_wrong: bool = False
    """Each copy breaks a condition."""
    milliseconds: float = 0
    """That a request takes."""
    is_one_by_one: bool = False


@dataclass(frozen=True)
class Measured:
    """What an account took."""

    kind: str
    size: int
    calls: int
    seconds: float
    """Of a processor, reading and judging."""
    reading: float
    """Of them, until everything is read that controls ask for first."""
    megabytes: float
    """Peak of the resident memory, but for the recording that the account is made of: with AWS it is not in this process."""
    clock: float
    """Seconds from the first request to the last report."""
    rates: float
    """Seconds below which no run stays at AWS's rates."""
    at_once: int
    """Most requests under way at a time."""
    controls: Mapping[str, float]
    """Seconds of each control."""
    verdicts: Mapping[str, str]


Answer = Callable[[Mapping[str, Any]], dict[str, Any]]
"""What an operation answers to its parameters."""


@dataclass(frozen=True)
class Kind:
    """A kind of resources that an account may have many of."""

    lists: str
    """The operation that lists them: the controls that may ask it are those that are judged."""
    account: "Callable[[Base, int], Mapping[str, Answer]]"
    """What operations answer in an account with so many."""


class Base:
    """The recording that every account begins with, of whose regions that of the stack tells."""

    def __init__(self, calls: "Iterable[Recorded]", region: str, shape: Shape = Shape()) -> None:
        self._region = region
        self.shape = shape
        self._calls: dict[str, list[Recorded]] = {}
        for one in calls:
            self._calls.setdefault(one.call.operation, []).append(one)

    def page(self, operation: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the recording has for an operation, for the parameters that are most like these. Raises `LookupError`."""
        asked = arguments or {}
        if operation not in self._calls:
            raise LookupError(operation)
        calls = reversed(self._calls[operation])  # the last sample is the one that tells
        found = max(
            calls,
            key=lambda one: (sum(one.call.arguments.get(name) == asked[name] for name in asked), one.call.region == self._region),
        )
        merged: dict[str, Any] = {}
        for page in found.pages:
            for name, value in page.items():
                merged[name] = [*merged.get(name, ()), *value] if isinstance(value, list) else value
        return {name: value for name, value in merged.items() if name not in TOKENS}

    def copies(self, operation: str, member: str, *renamed: str, of: str = "", **changes: Any) -> Callable[[int], dict[str, Any]]:
        """A function that makes a copy of an item of a list: texts in it end in the copy's number, and members are changed.

        ``of`` is a text that the item has in it; without one the last item is copied.
        """
        items = [one for one in self.page(operation)[member] if of in _text(one)]
        parts = re.split(
            "|".join(sorted(map(re.escape, renamed), key=len, reverse=True)) or "(?!)", text := _text({**items[-1], **changes})
        )
        names = re.findall("|".join(sorted(map(re.escape, renamed), key=len, reverse=True)) or "(?!)", text)

        def copy(number: int) -> dict[str, Any]:
            ended = "".join(
                part + name + (f"-{number:05}" if name else "") for part, name in zip(parts, (*names, ""), strict=True)
            )
            found: dict[str, Any] = _data(ended)
            return found

        return copy

    def many(self, operation: str, member: str, copy: Callable[[int], Any], size: int) -> Answer:
        """The answer of an operation that lists the recording's items and copies, a page at a time."""
        token, given = _TOKENS[operation.partition(":")[0]]
        own = self.page(operation)

        def answer(arguments: Mapping[str, Any]) -> dict[str, Any]:
            start = int(arguments.get(token) or 0)
            end = min(start + self.shape.page, size)
            items = [*(() if start else own[member]), *map(copy, range(start, end))]
            rest: dict[str, Any] = {given: str(end)} if end < size else {}
            truncated: dict[str, Any] = {name: end < size for name in ("IsTruncated", "Truncated") if name in own}
            return {**own, member: items, **truncated, **rest}

        return answer


_TOKENS = {
    "ec2": ("NextToken", "NextToken"),
    "ecs": ("nextToken", "nextToken"),
    "elbv2": ("Marker", "NextMarker"),
    "iam": ("Marker", "Marker"),
    "kms": ("Marker", "NextMarker"),
    "logs": ("nextToken", "nextToken"),
    "rds": ("Marker", "Marker"),
    "resourcegroupstaggingapi": ("PaginationToken", "PaginationToken"),
    "s3": ("ContinuationToken", "ContinuationToken"),
    "secretsmanager": ("NextToken", "NextToken"),
}
"""For each service the parameter that asks for a page, and the member that names the next one."""


def _text(data: object) -> str:
    from stackproof.sources.aws.calls import plain

    return json.dumps(data, default=plain)


def _data(text: str) -> Any:
    from stackproof.sources.aws.calls import from_jsonable

    return from_jsonable(json.loads(text))


def _groups(base: Base, size: int) -> Mapping[str, Answer]:
    rules = next(
        one["IpPermissions"] for one in base.page("ec2:DescribeSecurityGroups")["SecurityGroups"] if one["IpPermissions"]
    )
    if base.shape.is_wrong:
        rules = [{**rules[0], "UserIdGroupPairs": [], "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ports = [{**rules[0], "FromPort": 5432 + number, "ToPort": 5432 + number} for number in range(base.shape.rules)]
    copy = base.copies(
        *("ec2:DescribeSecurityGroups", "SecurityGroups", "sg-b9c6f19ca119f13ca", "triflow-ai-production-rds"),
        of="triflow-ai-production-rds",
        IpPermissions=ports,
    )
    vpc = base.page("ec2:DescribeVpcs")["Vpcs"][0]["VpcId"]

    def endpoint(number: int) -> dict[str, Any]:
        group = copy(number)
        return {
            "VpcEndpointId": f"vpce-{number:05}",
            "VpcEndpointType": "Interface",
            "VpcId": vpc,
            "Groups": [{name: group[name] for name in ("GroupId", "GroupName")}],
        }

    return {
        "ec2:DescribeSecurityGroups": base.many("ec2:DescribeSecurityGroups", "SecurityGroups", copy, size),
        "ec2:DescribeVpcEndpoints": base.many("ec2:DescribeVpcEndpoints", "VpcEndpoints", endpoint, size),
    }


def _roles(base: Base, size: int) -> Mapping[str, Answer]:
    operation = "iam:GetAccountAuthorizationDetails"
    role = next(
        one for one in base.page(operation)["RoleDetailList"] if one["RolePolicyList"] and "reader" not in one["RoleName"]
    )
    name, document = role["RoleName"], role["RolePolicyList"][0]["PolicyDocument"]
    if base.shape.is_wrong:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    inline = [{"PolicyName": f"inline-{number}", "PolicyDocument": document} for number in range(POLICIES)]
    arn = "arn:aws:iam::123456789012:policy/triflow-ai-production-own"
    attached = [{"PolicyName": "triflow-ai-production-own", "PolicyArn": arn}]
    copy = base.copies(
        *(operation, "RoleDetailList", name, "triflow-ai-production-own"),
        of=f'"{name}"',
        RolePolicyList=inline,
        AttachedManagedPolicies=attached,
    )
    roles = base.many(operation, "RoleDetailList", copy, size)
    version = {"Document": document, "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": datetime(2026, 1, 20, tzinfo=UTC)}

    def policy(number: int) -> dict[str, Any]:
        named = f"triflow-ai-production-own-{number:05}"
        return {
            "PolicyName": named,
            "PolicyId": f"ANPA{number:05}",
            "Arn": f"arn:aws:iam::123456789012:policy/{named}",
            "Path": "/",
            "DefaultVersionId": "v1",
            "AttachmentCount": 1,
            "PermissionsBoundaryUsageCount": 0,
            "PolicyVersionList": [version],
        }

    policies = base.many(operation, "Policies", policy, size)
    return {operation: lambda asked: {**roles(asked), "Policies": policies(asked)["Policies"], **_only_once(asked)}}


def _only_once(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What a later page of IAM's details does not have."""
    return {"UserDetailList": [], "GroupDetailList": []} if asked.get("Marker") else {}


def _buckets(base: Base, size: int) -> Mapping[str, Answer]:
    own = "triflow-ai-prod"
    copy = base.copies("s3:ListBuckets", "Buckets", own, of=f'"{own}"')

    def policy(asked: Mapping[str, Any]) -> dict[str, Any]:
        page = base.page("s3:GetBucketPolicy", asked)
        is_copy = asked["Bucket"].startswith(f"{own}-")
        if is_copy and base.shape.is_wrong:
            return {"Policy": page["Policy"].replace("Deny", "Allow")}
        return {"Policy": page["Policy"].replace(own, asked["Bucket"])} if is_copy else page

    return {"s3:ListBuckets": base.many("s3:ListBuckets", "Buckets", copy, size), "s3:GetBucketPolicy": policy}


def _keys(base: Base, size: int) -> Mapping[str, Answer]:
    prefix = "arn:aws:kms:ap-northeast-2:123456789012:key/"

    def of(operation: str) -> Answer:
        def answer(asked: Mapping[str, Any]) -> dict[str, Any]:
            id = asked["KeyId"].rpartition("/")[2]
            page = base.page(operation, asked)
            if id.startswith("many-") and "KeyMetadata" in page:
                page["KeyMetadata"] = {**page["KeyMetadata"], "KeyId": id, "Arn": prefix + id}
            if id.startswith("many-") and base.shape.is_wrong and "KeyRotationEnabled" in page:
                page["KeyRotationEnabled"] = False
            return page

        return answer

    def key(number: int) -> dict[str, str]:
        return {"KeyId": f"many-{number:05}", "KeyArn": f"{prefix}many-{number:05}"}

    def alias(number: int) -> dict[str, str]:
        name = f"alias/triflow-ai-production-many-{number:05}"
        return {
            "AliasName": name,
            "AliasArn": f"arn:aws:kms:ap-northeast-2:123456789012:{name}",
            "TargetKeyId": key(number)["KeyId"],
        }

    return {
        "kms:ListKeys": base.many("kms:ListKeys", "Keys", key, size),
        "kms:ListAliases": base.many("kms:ListAliases", "Aliases", alias, size),
        **{operation: of(operation) for operation in ("kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:GetKeyPolicy")},
    }


def _secrets(base: Base, size: int) -> Mapping[str, Answer]:
    wrong: dict[str, Any] = {"RotationEnabled": False} if base.shape.is_wrong else {}
    copy = base.copies("secretsmanager:ListSecrets", "SecretList", "triflow-ai-production/database", **wrong)
    return {"secretsmanager:ListSecrets": base.many("secretsmanager:ListSecrets", "SecretList", copy, size)}


def _families(base: Base, size: int) -> Mapping[str, Answer]:
    family = "triflow-ai-production-backend"

    def arn(number: int) -> str:
        return f"arn:aws:ecs:ap-northeast-2:123456789012:task-definition/triflow-ai-production-many-{number:05}:1"

    def describe(asked: Mapping[str, Any]) -> dict[str, Any]:
        name = asked["taskDefinition"].rpartition("/")[2].partition(":")[0]
        page = base.page("ecs:DescribeTaskDefinition", asked)
        if not name.startswith("triflow-ai-production-many"):
            return page
        found: dict[str, Any] = _data(_text(page).replace(f"task-definition/{family}", f"task-definition/{name}"))
        found["taskDefinition"]["family"] = name
        found["taskDefinition"]["containerDefinitions"][0]["privileged"] = base.shape.is_wrong
        return found

    return {
        "ecs:ListTaskDefinitions": base.many("ecs:ListTaskDefinitions", "taskDefinitionArns", arn, size),
        "ecs:DescribeTaskDefinition": describe,
    }


def _listeners(base: Base, size: int) -> Mapping[str, Answer]:
    name, id = "triflow-ai-production-alb", "f995bd2f54ff7bb5"
    listeners = base.page("elbv2:DescribeListeners")["Listeners"]
    redirect = next(one for one in listeners if one["Protocol"] == "HTTP")
    rule = base.page("elbv2:DescribeRules")["Rules"][0]
    if base.shape.is_wrong:
        forward = next(one for one in listeners if one["Protocol"] == "HTTPS")["DefaultActions"]
        redirect, rule = {**redirect, "DefaultActions": forward}, {**rule, "Actions": forward}

    def describe(asked: Mapping[str, Any]) -> dict[str, Any]:
        balancer = asked["LoadBalancerArn"]
        if not re.search(r"-\d{5}$", balancer):
            return {"Listeners": listeners}
        ports = range(8000, 8000 + LISTENERS)
        return {
            "Listeners": [
                {
                    **redirect,
                    "Port": port,
                    "LoadBalancerArn": balancer,
                    "ListenerArn": f"{balancer.replace(':loadbalancer/', ':listener/')}/{port}",
                }
                for port in ports
            ]
        }

    def rules(asked: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "Rules": [
                {**rule, "RuleArn": f"{asked['ListenerArn']}/{number}", "Priority": str(number), "IsDefault": False}
                for number in range(1, base.shape.rules)
            ]
            + [rule]
        }

    copy = base.copies("elbv2:DescribeLoadBalancers", "LoadBalancers", name, id)
    return {
        "elbv2:DescribeLoadBalancers": base.many("elbv2:DescribeLoadBalancers", "LoadBalancers", copy, max(1, size // LISTENERS)),
        "elbv2:DescribeListeners": describe,
        "elbv2:DescribeRules": rules,
    }


def _snapshots(base: Base, size: int) -> Mapping[str, Answer]:
    operation, name = "rds:DescribeDBSnapshots", "triflow-ai-production-db"
    made = {
        "SnapshotType": "manual",
        "DBSnapshotIdentifier": "triflow-ai-production-many",
        "DBSnapshotArn": "arn:aws:rds:ap-northeast-2:123456789012:snapshot:triflow-ai-production-many",
        "Encrypted": not base.shape.is_wrong,
    }
    copy = base.copies(operation, "DBSnapshots", "triflow-ai-production-many", of=name, **made)

    def attributes(asked: Mapping[str, Any]) -> dict[str, Any]:
        restore = {"AttributeName": "restore", "AttributeValues": []}
        return {"DBSnapshotAttributesResult": {**asked, "DBSnapshotAttributes": [restore]}}

    return {operation: base.many(operation, "DBSnapshots", copy, size), "rds:DescribeDBSnapshotAttributes": attributes}


def _log_groups(base: Base, size: int) -> Mapping[str, Answer]:
    part = "/aws/ecs/api"
    groups, tags = "logs:DescribeLogGroups", "resourcegroupstaggingapi:GetResources"
    many = "/aws/ecs/triflow-ai-production-many"

    def of(operation: str, member: str) -> Answer:
        wrong: dict[str, Any] = {"retentionInDays": 9999} if base.shape.is_wrong and operation == groups else {}
        item = base.copies(operation, member, part, of=f"{part}/application", **wrong)
        return base.many(operation, member, lambda number: _data(_text(item(number)).replace(part, many)), size)

    return {groups: of(groups, "logGroups"), tags: of(tags, "ResourceTagMappingList")}


KINDS: Mapping[str, Kind] = {
    "groups": Kind("ec2:DescribeSecurityGroups", _groups),
    "roles": Kind("iam:GetAccountAuthorizationDetails", _roles),
    "buckets": Kind("s3:ListBuckets", _buckets),
    "keys": Kind("kms:ListKeys", _keys),
    "secrets": Kind("secretsmanager:ListSecrets", _secrets),
    "families": Kind("ecs:ListTaskDefinitions", _families),
    "listeners": Kind("elbv2:DescribeListeners", _listeners),
    "snapshots": Kind("rds:DescribeDBSnapshots", _snapshots),
    "log-groups": Kind("logs:DescribeLogGroups", _log_groups),
}


class Account:
    """An account that answers without a network: makes clients as `stackproof.sources.aws.session.Network` takes them."""

    def __init__(self, base: Base, answers: Mapping[str, Answer]) -> None:
        self._base = base
        self._answers = answers
        self._lock = threading.Lock()
        self._under_way = 0
        self.at_once = 0

    @cached_property
    def _session(self) -> Any:
        from boto3 import Session

        from stackproof.resources import allowed_operations
        from stackproof.sources.aws.models import Narrow, botocore_session

        models = Narrow(allowed_operations(), None)
        return Session("test", "test", botocore_session=botocore_session(models))

    def client(self, service: str, region: str, config: "Config") -> Any:
        """A client of botocore's, of which every request is answered here."""
        client = self._session.client(service, region_name=region, config=config)
        client.meta.events.register("provide-client-params", _remember)
        client.meta.events.register("before-call", partial(self._answer, client, service))
        return client

    def _answer(
        self, client: Any, service: str, model: Any, context: dict[str, Any], event_name: str, **_: Any
    ) -> tuple[Any, dict[str, Any]]:
        from botocore.awsrequest import AWSResponse

        client.meta.events.emit(event_name.replace("before-call", "before-send"), request=None)
        with self._lock:
            self._under_way += 1
            self.at_once = max(self.at_once, self._under_way)
        time.sleep(self._base.shape.milliseconds / 1000)
        with self._lock:
            self._under_way -= 1
        operation, asked = f"{service}:{model.name}", context["asked"]
        try:
            page = self._answers[operation](asked) if operation in self._answers else self._base.page(operation, asked)
            status = 200
        except LookupError:
            page, status = {"Error": {"Code": "AccessDeniedException", "Message": f"the recording has no {operation}"}}, 400
        page = _as_sent(page) if service == "iam" else page
        return AWSResponse("", status, {}, None), {**page, "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": ""}}


def _as_sent(data: Any) -> Any:
    """An answer of IAM with its policy documents as text, which botocore unpacks."""
    if isinstance(data, list):
        return [_as_sent(one) for one in data]
    if not isinstance(data, dict):
        return data
    return {name: quote(json.dumps(one)) if name in _DOCUMENTS else _as_sent(one) for name, one in data.items()}


_DOCUMENTS = ("AssumeRolePolicyDocument", "PolicyDocument", "Document")


def _remember(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["asked"] = params


class Rates:
    """AWS's rates by a clock that stands still: they let everything through, and know how long it would have taken."""

    def __init__(self) -> None:
        from stackproof.sources.aws.rates import Pace
        from stackproof.util.token_bucket import TokenBucket

        rates = self

        class Through(TokenBucket):
            """Notes how long whoever takes a token would wait."""

            def reserve(self) -> float:
                rates.seconds = max(rates.seconds, super().reserve())
                return 0.0

        self.seconds = 0.0
        self.pace = Pace(partial(Through, now=lambda: 0.0))


def resident() -> float:
    """The most megabytes of memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def run(kind: str, size: int, shape: Shape = Shape()) -> Measured:
    """Read, judge and report an account with so many of a kind, in this process."""
    from benchmarks.reports import write
    from proofs import harness
    from stackproof.collections.prefetch import Prefetch
    from stackproof.collections.registry import collections
    from stackproof.core.controls import declared
    from stackproof.core.runner import judge
    from stackproof.evidence.store import Store
    from stackproof.resources import allowed_operations
    from stackproof.sources import Source
    from stackproof.sources.aws.permissions import needed
    from stackproof.sources.aws.rates import Pace
    from stackproof.sources.aws.session import Network
    from stackproof.sources.aws.source import AwsSource, Reader
    from stackproof.targets.base import Stage
    from stackproof.util.memory import give_back_what_is_free

    give_back_what_is_free()

    class OneByOne(Reader):
        """Asks for what is asked for, and for nothing else at the same time."""

        def ask_ahead(self, ask: Callable[[], object]) -> None:
            """Ask nothing ahead."""

        def together(self, *questions: Callable[[], Any]) -> list[Any]:
            return [question() for question in questions]

    profile = harness.profile()
    before = resident()
    base = Base(harness.compliant_calls(), profile.region, shape)
    recording = resident() - before
    controls = [
        one for one in harness.controls(*harness.ON_AWS) if KINDS[kind].lists in needed([one]) and not harness.has_own_stack(one)
    ]
    account, rates = Account(base, KINDS[kind].account(base, size)), Rates()
    started, clock = time.process_time(), time.perf_counter()
    network = Network(allowed_operations(), clients=account.client, pace=Pace() if shape.milliseconds else rates.pace)
    store = Store.temporary(profile.account_id)
    reader = (OneByOne if shape.is_one_by_one else Reader)(
        network, account=profile.account_id, region=profile.region, keep=store.answer, shared=profile.audit.shared
    )

    class AccountStage(Stage):
        target_codes = "SPEA"

        def source(self) -> Source:
            return AwsSource(reader)

    stage = AccountStage("aws", profile, ROOT)
    stage.now = harness.recorded_at()
    prefetch = Prefetch(stage)
    asked = {name: None for one in controls for name in declared[one].__code__.co_varnames if name in collections}
    prefetch.fetch(asked)
    reading = time.process_time() - started
    seconds, judgements = {}, {}
    for one in controls:
        before = time.process_time()
        judgement = judgements[one] = judge(declared[one], lambda name: prefetch.outcome(name)())
        seconds[one] = round(time.process_time() - before, 3)
        if judgement.verdict.value != "PASS" and not shape.is_wrong:
            print(one, judgement.message[:300], file=sys.stderr)
    reader.stop_asking_ahead()
    calls = network.counts
    before = time.process_time()
    write(judgements, profile, calls)
    seconds["reports"] = round(time.process_time() - before, 3)
    return Measured(
        kind=kind,
        size=size,
        calls=sum(calls.values()),
        seconds=round(time.process_time() - started, 2),
        reading=round(reading, 2),
        megabytes=round(resident() - recording, 1),
        clock=round(time.perf_counter() - clock, 2),
        rates=round(rates.seconds, 1),
        at_once=account.at_once,
        controls=seconds,
        verdicts={**{one: judgement.verdict.value for one, judgement in judgements.items()}, "reports": ""},
    )


def measure(kind: str, size: int, shape: Shape) -> Measured:
    """The same in a process of its own, so that its memory is its own. Raises `subprocess.CalledProcessError` if it fails."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.growth",
        "--run",
        json.dumps({"kind": kind, "size": size, "shape": asdict(shape)}),
    ]
    with tempfile.TemporaryFile("w+") as written:
        subprocess.run(command, cwd=ROOT, stdout=written, check=True)
        written.seek(0)
        return Measured(**json.load(written))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="numbers of resources")
    parser.add_argument("--controls", action="store_true", help="print the growth of each control, too")
    parser.add_argument("--wrong", action="store_true", help="each copy breaks a condition")
    parser.add_argument("--page", type=int, default=A_PAGE, help="items that a list answers at once")
    parser.add_argument("--rules", type=int, default=RULES, help="rules of a security group, and of a listener")
    parser.add_argument("--milliseconds", type=float, default=0, help="that a request takes; AWS's rates are then kept to")
    parser.add_argument("--one-by-one", action="store_true", help="ask for nothing at the same time")
    parser.add_argument("--run", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        given = arguments.run
        print(json.dumps(asdict(run(given["kind"], given["size"], Shape(**given["shape"])))))
        return
    if unknown := {*arguments.kinds} - {*KINDS}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}")
    print("".join(f"{title:>11}" for title in HEADER))
    shape = Shape(arguments.page, arguments.rules, arguments.wrong, arguments.milliseconds, arguments.one_by_one)
    bad = []
    for kind in arguments.kinds or KINDS:
        runs = []
        for size in arguments.sizes:
            runs.append(measure(kind, size, shape))
            print(row(runs), flush=True)
        if arguments.controls:
            print("\n".join(of_controls(runs)), flush=True)
        bad += too_much(runs)
    if bad:
        sys.exit("\n".join(bad))


HEADER = ("kind", "number", "calls", "CPU s", "reading", "MB peak", "exponent", "clock s", "at once", "rates s")


def growth(runs: Sequence[Measured]) -> float | None:
    """The exponent between the last two accounts of a kind; None for the first one."""
    if len(runs) < 2:
        return None
    few, many = runs[-2:]
    return exponent(max(few.seconds, MEASURABLE), max(many.seconds, MEASURABLE), many.size / few.size)


def row(runs: Sequence[Measured]) -> str:
    """The figures of the last account."""
    one, power = runs[-1], growth(runs)
    told = "" if power is None else f"{power:.2f}"
    cells = (
        *(one.kind, one.size, one.calls, one.seconds, one.reading, one.megabytes, told),
        *(one.clock, one.at_once, one.rates),
    )
    return "".join(f"{cell:>11}" for cell in cells)


def of_controls(runs: Sequence[Measured]) -> list[str]:
    """Each control's verdict and growth."""
    last = runs[-1]
    lines = []
    for control, seconds in last.controls.items():
        few = runs[-2] if len(runs) > 1 else last
        ratio = last.size / few.size
        power = (
            f"{exponent(max(few.controls[control], MEASURABLE / ratio), seconds, ratio):.2f}"
            if seconds >= MEASURABLE and ratio > 1
            else ""
        )
        lines.append(f"{control:>33}{seconds:>11}{power:>22}  {last.verdicts[control]}")
    return lines


def too_much(runs: Sequence[Measured]) -> list[str]:
    """What is said of a kind that grows faster than its number, or takes too much memory."""
    last, power, bad = runs[-1], growth(runs), []
    if power is not None and power > MOST_EXPONENT:
        bad.append(
            f"{last.kind}: {last.size:,} take {last.seconds} s, with an exponent of {power:.2f}: at most {MOST_EXPONENT} is expected"
        )
    if last.megabytes > MOST_MEGABYTES:
        bad.append(f"{last.kind}: {last.size:,} take {last.megabytes} MB: at most {MOST_MEGABYTES} are expected")
    return bad


if __name__ == "__main__":
    main()
