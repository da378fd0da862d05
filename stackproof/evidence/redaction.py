"""Keep secrets out of everything that leaves the process: messages, evidence, reports, logs.

Two nets, applied where text is captured: secrets that the run itself handles are registered and replaced by exact value, and values
that look like secrets (a password inside a URL, an authorization header, a private key) are replaced by their shape.
"""

import re
from collections.abc import Mapping

HIDDEN = "(redacted)"

_registered: set[str] = set()

_SECRET_NAMES = re.compile(
    r"(?i)^(.*[_-])?(password|passwd|secret|secret_?string|secret_?binary|secret_?key|secret_?access_?key|token|"
    r"session_?token|api_?key|private_?key|webhook_?url|authorization|user_?data)$"
)
_SHAPES = (
    (re.compile(r"(?P<keep>\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@]+:)[^\s@/]+(?=@)"), rf"\g<keep>{HIDDEN}"),
    (re.compile(r"(?i)(?P<keep>authorization[\"']?\s*[:=]\s*[\"']?)[^\n\"']+"), rf"\g<keep>{HIDDEN}"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL), HIDDEN),
    (re.compile(r"(?P<keep>https://hooks\.slack\.com/)[^\s\"']+"), rf"\g<keep>{HIDDEN}"),
)


def register(secret: str) -> None:
    """Hide this exact value from now on. Short values are refused: replacing them would garble other text."""
    if len(secret) < 8:
        raise ValueError("a secret to hide must have at least 8 characters")
    _registered.add(secret)


def redact(text: str) -> str:
    """The text without registered secrets and without what has a secret's shape.

    >>> redact("postgresql://triflow_admin:hunter2@db:5432/triflow")
    'postgresql://triflow_admin:(redacted)@db:5432/triflow'
    """
    for secret in sorted(_registered, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def redact_data(data: object, name: str = "") -> object:
    """The same JSON-like data with secret values hidden, by their key or by their shape.

    >>> redact_data({"MasterUserPassword": "x", "Tags": [{"Key": "a", "Value": "b"}]})
    {'MasterUserPassword': '(redacted)', 'Tags': [{'Key': 'a', 'Value': 'b'}]}
    """
    match data:
        case str() | bytes() | int() if not isinstance(data, bool) and name and _is_secret_name(name):
            return HIDDEN
        case str():
            return redact(data)
        case Mapping():
            return {key: redact_data(value, str(key)) for key, value in data.items()}
        case list() | tuple():
            return [redact_data(value, name) for value in data]
        case _:
            return data


def _is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret; CamelCase and snake_case alike.

    >>> [_is_secret_name(n) for n in ("MasterUserPassword", "db_password", "SecretString", "secret_arn", "NextToken")]
    [True, True, True, False, False]
    """
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return bool(_SECRET_NAMES.match(snake)) and snake.lower() not in _PAGINATION_TOKENS


_PAGINATION_TOKENS = frozenset({"next_token", "pagination_token", "continuation_token", "client_token"})
