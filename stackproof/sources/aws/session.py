"""Sending calls to AWS with boto3: credentials, retries, pagination, and what each error means.

Errors are data here: a call ends in pages, or in the one `CouldNotVerify` that names what went wrong, where, and what to do.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.sources.aws import body, layers
from stackproof.sources.aws.calls import Answer, Call, Exchange, Pages, redacted_page
from stackproof.sources.aws.models import Narrow, botocore_session
from stackproof.sources.aws.progress import Progress
from stackproof.sources.aws.rates import Pace
from stackproof.sources.aws.readonly import RefusedOperation
from stackproof.sources.aws.refusals import meaning_of_failure, meaning_of_refusal, no_answer, redirected

if TYPE_CHECKING:
    from botocore.config import Config

CONNECT_TIMEOUT = 5
READ_TIMEOUT = 30
"""Seconds."""
ATTEMPTS_LIVE = 8
ATTEMPTS_EMULATED = 2
"""An emulator answers 500 for what it lacks, and does so every time."""
MAX_CONCURRENT_CALLS = 8

PAGED = {
    "apigatewayv2:GetApiMappings": "NextToken",
    "ce:GetCostAndUsage": "NextPageToken",
    "events:ListEventBuses": "NextToken",
    "logs:DescribeAccountPolicies": "nextToken",
    "logs:DescribeQueryDefinitions": "nextToken",
    "logs:GetQueryResults": "nextToken",
}
"""Operations that have pages and no paginator in botocore's model, and the member that asks for the next one."""
LOCATES = "s3:HeadBucket"
"""By which botocore asks where a bucket is, when S3 redirects without saying; it is none of the suite's own operations."""


class Transport(Protocol):
    """Whatever turns a call into an answer: the network, or a recording."""

    def send(self, call: Call, absent: tuple[str, ...]) -> Answer:
        """Ask, to the last page. ``absent`` are the error codes by which the service says "there is none"."""
        ...

    @property
    def counts(self) -> Counter[str]:
        """Requests sent so far, by operation; a retry counts, a page counts."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass before something is asked again."""
        ...


class Through:
    """A transport that hands everything on to another one; subclasses change what they are for."""

    def __init__(self, others: Transport) -> None:
        self._others = others

    @property
    def counts(self) -> Counter[str]:
        return self._others.counts

    def wait(self, seconds: float) -> None:
        self._others.wait(seconds)

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        return self._others.send(call, absent)


class Network:
    """AWS, or an endpoint that speaks its API, by boto3. Clients are made once per service and region.

    ``allowed`` are the operations that may be sent (`stackproof.resources.allowed_operations`); the guard refuses every other.
    An emulator takes any keys; ``clients`` makes those of an emulator that has a way of its own, by service, region and configuration.
    ``pace`` is how often it is asked: as AWS publishes unless told, and an endpoint as often as it answers. ``models`` are what clients are
    made of, botocore's own unless told.
    Raises `UsageError` for an AWS configuration that cannot be used (no such profile).
    """

    def __init__(
        self,
        allowed: frozenset[str],
        *,
        endpoint: str | None = None,
        clients: "Callable[[str, str, Config], Any] | None" = None,
        profile: str | None = None,
        progress: Progress | None = None,
        pace: Pace | None = None,
        models: Narrow | None = None,
    ) -> None:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError

        logging.getLogger("botocore").setLevel(logging.INFO)  # at DEBUG it logs requests and answers, secrets included
        self._counts: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._here = threading.local()
        self._progress = progress or Progress()
        self._pace = pace or (Pace() if endpoint is None else None)
        self._clients: dict[tuple[str, str], Any] = {}
        self._making_clients = threading.Lock()
        self._slots = threading.BoundedSemaphore(MAX_CONCURRENT_CALLS)
        self._endpoint = endpoint
        self._make = clients
        test_keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"} if endpoint else {}
        try:
            chosen = botocore_session(models)
            self._session = boto3.Session(botocore_session=chosen, profile_name=profile, **test_keys)
            chosen.get_scoped_config()  # which a profile that does not exist has none of
        except BotoCoreError as error:
            raise UsageError(
                f"the AWS configuration cannot be used: {error}. Choose another AWS_PROFILE, or repair it."
            ) from None
        self._config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={
                "mode": "adaptive" if endpoint is None else "standard",
                "total_max_attempts": ATTEMPTS_LIVE if endpoint is None else ATTEMPTS_EMULATED,
            },
            max_pool_connections=MAX_CONCURRENT_CALLS,
            s3={"addressing_style": "path"} if endpoint else {},
            proxies={} if endpoint else None,  # an emulator is on this machine; on the way to AWS the environment's are taken
            # Live is live: an endpoint_url that lies in the user's AWS configuration would have an emulator judged as AWS.
            ignore_configured_endpoint_urls=endpoint is None,
        )
        self._allowed = allowed

    @property
    def counts(self) -> Counter[str]:
        return self._counts

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        with self._slots, self._progress.flight(call.operation) as flight:
            requests: list[tuple[str, int]] = []
            self._here.attempts, self._here.flight = 0, flight
            at, clock = datetime.now(UTC), time.perf_counter()
            answer = self._answer(call, absent, requests)
            answer.exchange = Exchange(at, time.perf_counter() - clock, self._here.attempts, tuple(requests))
            return answer

    def _answer(self, call: Call, absent: tuple[str, ...], requests: list[tuple[str, int]]) -> Answer:
        """Ask, and note in ``requests`` what was answered on the way."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            pages = Pages()
            for page in self._pages(call):
                requests.append(_request(page))
                self._here.flight.answered()
                pages.append(redacted_page(call, layers.with_platform(page) if call.operation == layers.OPERATION else page))
            return Answer(call, pages.finished(), is_redacted=True)
        except ClientError as error:
            requests.append(_request(error.response))
            if error.response.get("Error", {}).get("Code") in absent:
                return Answer(call, absent=True)
            return Answer(call, error=meaning_of_refusal(call, error))
        except BotoCoreError as error:
            return Answer(call, error=meaning_of_failure(call, error))
        except CouldNotVerify as error:  # what an answer led to could not be had
            return Answer(call, error=error)
        except RefusedOperation as error:
            if call.service == "s3" and error.operation == LOCATES:
                return Answer(call, error=redirected(call))
            raise
        except body.NoAnswer as error:
            return Answer(call, error=no_answer(call, str(error)))
        except (ResponseParserError, KeyError, AttributeError) as error:  # what botocore raises for a body of another kind
            return Answer(call, error=no_answer(call, type(error).__name__))

    def _pages(self, call: Call) -> Iterator[dict[str, Any]]:
        """The pages, to the last one. Raises `body.NoAnswer` where that says that there is another."""
        page: dict[str, Any] = {}
        for page in self._each_page(call):
            body.require_token(page)
            yield page
        if "PaginationConfig" not in call.arguments:  # with which the caller may want no more
            body.require_end(page)

    def _each_page(self, call: Call) -> Iterator[dict[str, Any]]:
        from botocore import xform_name
        from botocore.exceptions import PaginationError

        client = self._client(call.service, call.region)
        method = xform_name(call.action)
        if client.can_paginate(method):
            yield from client.get_paginator(method).paginate(**call.arguments)
            return
        page = getattr(client, method)(**call.arguments)
        yield page
        used: set[str] = set()
        member = PAGED.get(call.operation)
        while member and (token := page.get(member)):
            if token in used:
                raise PaginationError(message=f"the same next token was received twice: {token}")
            used.add(token)
            page = getattr(client, method)(**call.arguments, **{member: token})
            yield page

    def _client(self, service: str, region: str) -> Any:
        with self._making_clients:  # making a client is not thread-safe in boto3; using one is
            key = (service, region)
            if key not in self._clients:
                made = (
                    self._make(service, region, self._config)
                    if self._make
                    else self._session.client(service, region_name=region, endpoint_url=self._endpoint, config=self._config)
                )
                self._clients[key] = self._guarded(made, service)
            return self._clients[key]

    def _guarded(self, client: Any, service: str) -> Any:
        from stackproof.sources.aws import readonly

        def count(event_name: str, **_: Any) -> None:
            action = event_name.rpartition(".")[2]
            self._here.attempts = getattr(self._here, "attempts", 0) + 1
            if flight := getattr(self._here, "flight", None):
                flight.attempts += 1
            with self._counting:
                self._counts[f"{service}:{action}"] += 1
            if self._pace and (seconds := self._pace.reserve(service, action, client.meta.region_name)) > 0:
                self._slots.release()  # the rate of one service holds up no call to another
                try:
                    self.wait(seconds)
                finally:
                    self._slots.acquire()

        readonly.install(client, self._allowed)
        body.install(client)
        client.meta.events.register("before-send", count)
        if self._endpoint and service == "s3control":
            client.meta.events.register("before-call", partial(_without_account, self._endpoint))
        return client


def _without_account(endpoint: str, params: dict[str, Any], **_: Any) -> None:
    """Ask an emulator at its own address: S3 Control puts the account before the name of the host, which an address does not take."""
    params["url"] = endpoint.rstrip("/") + urlsplit(params["url"]).path


def _request(response: Mapping[str, Any]) -> tuple[str, int]:
    """The request id and the HTTP status of what AWS answered; empty and 0 where an endpoint sends none."""
    about = response.get("ResponseMetadata", {})
    return str(about.get("RequestId", "")), int(about.get("HTTPStatusCode", 0))


def pin_identity(identity: Answer, *, account: str, environment: str) -> None:
    """Stop unless the caller's account is the profile's; ``identity`` answers the first call of a run, `readonly.IDENTITY`.

    Raises `UsageError`.
    """
    try:
        found = identity.pages[0].get("Account")
    except CouldNotVerify as error:
        raise UsageError(f"environment {environment}: cannot tell which account this is. {error}") from None
    if found != account:
        raise UsageError(
            f"environment {environment}: the credentials belong to account {found}, "
            f'but the profile says [account] id = "{account}". Choose the right AWS_PROFILE, or the right --env; nothing was read.'
        )
