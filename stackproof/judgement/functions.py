"""Functions of AWS Lambda: how long their runtimes are supported (`lambda_runtimes.toml`), and how they are called.

Source: AWS Lambda developer guide, "Lambda runtimes", "Understanding Lambda function invocation methods" and "Invoking Lambda with events
from other AWS services"; read 2026-11-28.
"""

import functools
from collections.abc import Iterable, Mapping
from datetime import date

from stackproof.core.partial import judges_what_is_known
from stackproof.core.verdicts import CouldNotVerify
from stackproof.judgement.access import Document, principals, statements
from stackproof.redaction.plain_secrets import Variable, plain_secrets
from stackproof.util import toml_document

SYNCHRONOUS = (
    "apigateway",
    "bedrock",
    "cognito-idp",
    "connect",
    "edgelambda",
    "elasticloadbalancing",
    "lex",
    "lexv2",
    "secretsmanager",
    "vpc-lattice",
)
"""Services that wait for a function's answer, and so see an error themselves; every other hands the event over and forgets it."""


def is_supported(runtime: str, on: date) -> bool:
    """True if AWS supports a managed runtime on a day, the last one included. Raises `CouldNotVerify` for a runtime without a date here.

    >>> [is_supported("nodejs14.x", date(2023, 12, day)) for day in (4, 5)]
    [True, False]
    """
    if runtime not in _dates():
        raise CouldNotVerify(f"how long Lambda supports {runtime} is not known here: look it up, and report it")
    return on <= _dates()[runtime]


@functools.cache
def _dates() -> Mapping[str, date]:
    dates: Mapping[str, date] = toml_document.packaged("stackproof.judgement", "lambda_runtimes.toml")
    return dates


@judges_what_is_known
def secrets_in(environment: Iterable[Variable]) -> list[str]:
    """The names of environment variables that hold a secret; see `plain_secrets`.

    >>> secrets_in([Variable("TABLE", "events"), Variable("API_TOKEN", "tok-1")])
    ['API_TOKEN (by its name)']
    """
    return plain_secrets(environment)


def is_called_and_forgotten(policies: Iterable[Document], *, is_polled: bool, has_url: bool) -> bool:
    """True if events may be handed to a function without waiting for it, so that those it fails on are lost.

    Not so where all that calls it waits for it: services that do, its own poller of a queue or stream, its URL. Whoever may call it
    otherwise is in no policy of the function; so one that nobody is known to call counts as called by them.

    >>> def calling(service):
    ...     statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "lambda:InvokeFunction"}
    ...     return [{"Statement": {**statement, "Resource": "*"}}]
    >>> [is_called_and_forgotten(calling(one), is_polled=False, has_url=False) for one in ("apigateway", "s3")]
    [False, True]
    >>> is_called_and_forgotten([], is_polled=True, has_url=False), is_called_and_forgotten([], is_polled=False, has_url=False)
    (False, True)
    """
    callers = [
        service.partition(".")[0]
        for policy in policies
        for statement in statements(policy)
        if statement["Effect"] == "Allow"
        for kind, service in principals(statement)
        if kind == "Service"
    ]
    if any(caller not in SYNCHRONOUS for caller in callers):
        return True
    return not (callers or is_polled or has_url)
