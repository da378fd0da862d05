"""An account that is judged from outside: the audit role is assumed in it, with no more than what the controls need.

The permissions of a session are those of the role, cut down to the policy that the suite generates for the controls (``--iam-policy``).
AWS takes 2,048 characters of it with each assumption; what does not fit in one is split by service, a session each.

Sources: AWS STS API reference, "AssumeRole"; IAM user guide, "Session policies".
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stackproof.core.verdicts import AccessDenied, CouldNotVerify, NotApplicable, UsageError
from stackproof.evidence.store import Store
from stackproof.organisation.accounts import Account
from stackproof.profile.schema import Profile
from stackproof.profile.terraform import APP
from stackproof.resources.sources import Output
from stackproof.sources.aws import permissions
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.aws.models import botocore_session
from stackproof.sources.aws.readonly import IDENTITY
from stackproof.sources.aws.regions import partition
from stackproof.sources.aws.session import Through
from stackproof.sources.plan.document import Plan
from stackproof.targets.live import LiveStage
from stackproof.targets.request import Request
from stackproof.util.token_bucket import TokenBucket

if TYPE_CHECKING:
    from botocore.config import Config

    from stackproof.sources.aws.session import Network, Transport

LONGEST_POLICY = 2048
"""Characters of a session policy."""
SESSION_SECONDS = 3600
"""A session of a role that was assumed by another role lasts an hour at most; it is renewed."""
NOTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
"""The policy of a session that asks who it is, for which nobody needs a permission, and nothing else."""
_STS_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Regional endpoints of STS: what they issue holds in every region, also in one that was enabled by hand."""


def session_policies(operations: Iterable[str], profile: Profile) -> dict[str, str]:
    """The session policy for each boto3 service; services that share one share a session. The fewest that fit, biggest first.

    Raises `UsageError` for a service whose actions alone do not fit.
    """
    asked: dict[str, list[str]] = defaultdict(list)
    for operation in operations:
        if permissions.action_of(operation):
            asked[operation.partition(":")[0]].append(operation)
    groups: list[list[str]] = []
    sizes = {service: len(_policy(asked[service], profile)) for service in asked}
    for service in sorted(asked, key=lambda one: (-sizes[one], one)):
        fits = (group for group in groups if len(_policy(_all(asked, [*group, service]), profile)) <= LONGEST_POLICY)
        group = next(fits, None)
        if group is not None:
            group.append(service)
        else:
            groups.append([service])
    policies = {service: _policy(_all(asked, group), profile) for group in groups for service in group}
    for service in policies:
        if len(policies[service]) > LONGEST_POLICY:
            policies[service] = _policy(asked[service], profile, confined=False)
        if len(policies[service]) > LONGEST_POLICY:
            raise UsageError(
                f"the actions of {service} do not fit in a session policy of {LONGEST_POLICY} characters: select fewer controls"
            )
    return policies


def _all(asked: Mapping[str, Iterable[str]], services: Iterable[str]) -> list[str]:
    return [operation for service in services for operation in asked[service]]


def _policy(operations: Collection[str], profile: Profile, *, confined: bool = True) -> str:
    policy = permissions.policy(operations, profile)
    if not confined:
        actions = sorted(action for statement in policy["Statement"] for action in statement["Action"])
        policy["Statement"] = [{"Effect": "Allow", "Action": actions, "Resource": "*"}]
    return json.dumps(policy, separators=(",", ":"))


class Sessions:
    """The sessions of the audit role of one account, one for each policy, and their clients."""

    def __init__(self, account: Account, policies: Mapping[str, str], run: str, endpoint: str | None, rate: float) -> None:
        self._account = account
        self._policies = policies
        self._run = run
        self._endpoint = endpoint
        self._sessions: dict[str, Any] = {}
        self._bucket = TokenBucket(rate)

    def client(self, service: str, region: str, config: "Config") -> Any:
        """A client in the account. Raises `CouldNotVerify` if the role cannot be assumed."""
        policy = self._policies.get(service) or next(iter(self._policies.values()), NOTHING)
        if policy not in self._sessions:
            self._sessions[policy] = self._session(policy, config)
        client = self._sessions[policy].create_client(service, region_name=region, endpoint_url=self._endpoint, config=config)
        client.meta.events.register("before-send", lambda **_: self._bucket.take())
        return client

    def _session(self, policy: str, config: "Config") -> Any:
        from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
        from botocore.exceptions import BotoCoreError, ClientError

        own, assumed = botocore_session(), botocore_session()
        region = _STS_REGIONS[partition(self._account.regions[0])]

        def sts(service: str, **keys: Any) -> Any:
            return own.create_client(service, region_name=region, endpoint_url=self._endpoint, config=config, **keys)

        arguments = {"RoleSessionName": f"stackproof-{self._run}", "DurationSeconds": SESSION_SECONDS, "Policy": policy}
        if self._account.external_id:
            arguments["ExternalId"] = self._account.external_id
        source = own.get_credentials()
        arn = self._account.role_arn
        if source is None:
            raise AccessDenied(f"{arn} cannot be assumed: this worker has no AWS credentials of its own; give it a role")
        fetcher = AssumeRoleCredentialFetcher(sts, source, arn, extra_args=arguments)
        credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
        try:
            credentials.get_frozen_credentials()
        except ClientError as error:
            said = error.response.get("Error", {})
            raise AccessDenied(
                f"{arn} cannot be assumed ({said.get('Code')}): see that the account has it, that it trusts this caller, and that "
                f"the external id is the same. {said.get('Message', '')}".strip()
            ) from None
        except BotoCoreError as error:
            raise CouldNotVerify(f"{arn} cannot be assumed: {error}") from None
        assumed._credentials = credentials
        return assumed


class Bounded(Through):
    """A transport that asks nothing more once its time is over."""

    def __init__(self, others: "Transport", seconds: float) -> None:
        super().__init__(others)
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def wait(self, seconds: float) -> None:
        self._others.wait(max(0.0, min(seconds, self._end - time.monotonic())))

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        if time.monotonic() > self._end:
            late = f"{call} was not asked: the task has taken more than {self._seconds:g} seconds (limits.task_seconds)"
            return Answer(call, error=CouldNotVerify(late))
        return self._others.send(call, absent)


@dataclass(frozen=True)
class Asked:
    """The limits of a task: the account, the operations that it may ask, and how fast."""

    run: str
    account: Account
    operations: frozenset[str]
    requests_per_second: float
    seconds: float
    endpoint: str | None


class MemberStage(LiveStage):
    """One region of an account of an organisation, asked by its API alone: its Terraform and its databases' passwords are not here."""

    def __init__(self, request: Request, say: Callable[[str], None], store: Store, asked: Asked) -> None:
        super().__init__(request, say, store)
        self._asked_for = asked
        if asked.endpoint:
            self.notes.append(f"{asked.endpoint} was asked in the place of AWS: nothing here is about AWS.")

    @property
    def endpoint(self) -> str | None:
        return self._asked_for.endpoint

    def outputs(self) -> Mapping[str, Output]:
        raise NotApplicable("an organisation's accounts are asked by their APIs: their Terraform outputs are not here")

    def second_plan(self, stack: str = APP) -> Plan:
        raise NotApplicable(f"an organisation's accounts are asked by their APIs: no plan of {stack} is made here")

    def _open_network(self) -> "Network":
        from stackproof.resources import allowed_operations
        from stackproof.sources.aws.session import Network

        asked = self._asked_for
        policies = session_policies(asked.operations, self.profile)
        sessions = Sessions(asked.account, policies, asked.run, asked.endpoint, asked.requests_per_second)
        return Network(
            allowed_operations() & (asked.operations | {IDENTITY}),
            endpoint=asked.endpoint,
            clients=sessions.client,
            progress=self.progress,
        )

    def _probes(self, network: "Network") -> "Transport":
        from stackproof.probes import Probes

        return Bounded(Probes(network), self._asked_for.seconds)
