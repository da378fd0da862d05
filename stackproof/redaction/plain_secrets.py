"""Secrets that stand where everybody who may look at a task definition reads them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from stackproof.redaction.detector import option_values
from stackproof.redaction.names import promise_of
from stackproof.redaction.redaction import MARKS, shows_a_secret
from stackproof.redaction.values import is_secret


@dataclass(frozen=True)
class Variable:
    """A named text that stands in a task definition as it is. Its value is never shown.

    >>> Variable("DB_PASSWORD", "hunter2")
    DB_PASSWORD
    """

    name: str
    value: str

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True)
class SecretSource:
    """A variable that ECS fills in when a task starts, and where it takes the value from."""

    name: str
    source: str
    """``valueFrom``: an ARN, or the name of a parameter."""

    def __str__(self) -> str:
        return f"{self.name} from {self.source}"


def plain_secrets(variables: Iterable[Variable]) -> list[str]:
    """The names of variables whose name or value says that they hold a secret. A value is never part of the answer.

    A value that only names a secret is none: an ARN, a yes or no, nothing.

    >>> plain_secrets([Variable("DB_PASSWORD", "hunter2"), Variable("DATABASE_URL", "postgresql://app:hunter2@db/app")])
    ['DB_PASSWORD (by its name)', 'DATABASE_URL (by its value)']
    >>> arn = "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:app"
    >>> plain_secrets([Variable("DATABASE_SECRET_NAME", "app/database"), Variable("API_TOKEN", arn)])
    []
    >>> plain_secrets([Variable("DB_PASSWORD_2", "hunter2"), Variable("APP_SECRETS", "hunter2"), Variable("API_TOKEN", "arn:hunter2")])
    ['DB_PASSWORD_2 (by its name)', 'APP_SECRETS (by its name)', 'API_TOKEN (by its name)']
    >>> plain_secrets([Variable("splunk-token", "x"), Variable("LLM_MAX_TOKENS", "4096"), Variable("REQUIRE_PASSWORD", "true")])
    ['splunk-token (by its name)']
    >>> plain_secrets([Variable("command", word) for word in ("psql", "--password", "hunter2")])
    ['command (by its value)']
    """
    found = []
    for name, group in groupby(variables, key=lambda one: one.name):
        words = [one.value for one in group]
        after_options = option_values(words) if len(words) > 1 else ()
        for place, value in enumerate(words):
            if is_secret(name, value) or (promise_of(name) and MARKS.fullmatch(value)):
                found.append(f"{name} (by its name)")
            elif place in after_options or shows_a_secret(value):
                found.append(f"{name} (by its value)")
    return found


def not_from_secrets_manager(secrets: Iterable[SecretSource]) -> list[str]:
    """The names of a container's secrets that come from elsewhere.

    >>> here = SecretSource("A", "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:app:key::")
    >>> not_from_secrets_manager([here, SecretSource("B", "/app/parameter")])
    ['B']
    """
    return [one.name for one in secrets if not re.match(r"arn:aws[a-z-]*:secretsmanager:", one.source)]
