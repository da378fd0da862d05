"""Secrets that stand where everybody who may look at a task definition reads them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from stackproof.redaction.redaction import shows_a_secret

SECRET_WORDS = re.compile(
    r"(passwords?|passwd|passphrase|secrets?|token|credentials?|(^|_)(pass|pwd)"
    r"|(access|account|api|app|auth|client|encryption|hmac|jwt|master|private|secret|service|session|shared|signing|ssh|webhook)_?keys?"
    r"|secret_?key_?base|access_?key_?id|connection_?string|webhook(_?url)?)(_?v?\d+)?$"
)
"""How the name of a variable ends that holds a secret, or the second of several (``DB_PASSWORD_2``).

``DATABASE_SECRET_NAME`` names one and holds none, and ``MAX_TOKENS`` is a number.
"""

_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:\S+")
"""What names a resource of AWS, and tells nothing else of it."""

_SHAPES = (
    re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),  # an access key of AWS
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),  # OpenAI, Anthropic
)
_NO_SECRET = re.compile(r"(?i)(true|false|yes|no|on|off|none|null|enabled|disabled)?")


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
    """
    found = []
    for one in variables:
        if _is_secret_by_name(one.name) and not _ARN.fullmatch(one.value) and not _NO_SECRET.fullmatch(one.value):
            found.append(f"{one.name} (by its name)")
        elif shows_a_secret(one.value) or any(shape.search(one.value) for shape in _SHAPES):
            found.append(f"{one.name} (by its value)")
    return found


def _is_secret_by_name(name: str) -> bool:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()
    return bool(SECRET_WORDS.search(words))


def not_from_secrets_manager(secrets: Iterable[SecretSource]) -> list[str]:
    """The names of a container's secrets that come from elsewhere.

    >>> here = SecretSource("A", "arn:aws:secretsmanager:ap-northeast-2:123456789012:secret:app:key::")
    >>> not_from_secrets_manager([here, SecretSource("B", "/app/parameter")])
    ['B']
    """
    return [one.name for one in secrets if not re.match(r"arn:aws[a-z-]*:secretsmanager:", one.source)]
