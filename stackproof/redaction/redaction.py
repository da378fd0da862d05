"""Keep secrets out of everything that leaves the process: messages, evidence, reports, logs.

Two nets, applied where text is captured: secrets that the run itself handles are registered and replaced by exact value, and what is
a secret by its name (``MasterUserPassword``, ``DB_PASSWORD=...``) or by its shape (a password inside a URL, an authorization header, a
private key) is replaced wherever it stands. What was hidden stays hidden: redacting twice is redacting once.

Answers are redacted before they are judged (`stackproof.sources.aws.calls.Answer.redacted`), so that what a control saw is what the
evidence holds. A judgement about secrets therefore asks `shows_a_secret`, which knows the place of a hidden one too.
"""

import base64
import contextlib
import html
import json
import logging
import re
import traceback
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "(redacted)"

SHORTEST = 8
"""Characters of a secret that is hidden by its value; a shorter one would garble other text."""

_registered: set[str] = set()

_SECRET_NAMES = re.compile(
    r"(?i).*(password|passwd|passphrase|[_-]pwd|secret|secret_?string|secret_?binary|secret_?key|secret_?access_?key|token|"
    r"api_?key|private_?key|signing_?key|connection_?string|webhook|webhook_?url|authorization|user_?data)"
)
HARMLESS_NAMES = re.compile(
    r"(?i)(next|pagination|continuation|next_continuation|client|client_request|request|idempotency)_token"
)

_MASK = re.compile(r"\*{3,}")
"""What others write in the place of a secret."""

_NAMED = (
    # "password": "...", 'password': '...', and the same inside a string of JSON
    re.compile(
        r"(?P<keep>\\?[\"'](?P<name>[\w.-]+)\\?[\"']\s*:\s*)(?P<quote>\\?[\"'])(?P<text>(?:(?!(?P=quote))(?:\\.|.))*)(?P=quote)"
    ),
    # {"name": "DB_PASSWORD", "value": "..."}
    re.compile(
        r"(?i)(?P<keep>\\?[\"'](?:name|key)\\?[\"']\s*:\s*\\?[\"'](?P<name>[\w.-]+)\\?[\"']\s*,\s*\\?[\"']value\\?[\"']\s*:\s*)"
        r"(?P<quote>\\?[\"'])(?P<text>(?:(?!(?P=quote))(?:\\.|.))*)(?P=quote)"
    ),
    # db_password = "..."
    re.compile(r"(?P<keep>(?P<name>[A-Za-z_][\w.-]*)\s*=\s*)(?P<quote>[\"'])(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P=quote)"),
    # DB_PASSWORD=..., ?token=...
    re.compile(r"(?P<keep>(?P<name>[A-Za-z_][\w.-]*)=(?!=))(?P<quote>)(?P<text>[^\s\"'&;,<>(){}$*]+)"),
    # <MasterUserPassword>...</MasterUserPassword>
    re.compile(r"(?P<keep><(?P<name>[\w.-]+)>)(?P<quote>)(?P<text>[^<>]+)(?=</(?P=name)>)"),
)
_HEADERS = (
    (
        re.compile(r"(?i)(?P<keep>\bauthorization[\"']?\s*[:=]\s*(?:b(?=[\"']))?[\"']?)(?!\*+(?:[\"'\s]|$))[^\s\"'][^\n\"']*"),
        rf"\g<keep>{HIDDEN}",
    ),
    (re.compile(r"(?i)(?P<keep>\bbearer\s+)[\w.~+/-]{8,}=*"), rf"\g<keep>{HIDDEN}"),
)
_SHAPES = (
    (re.compile(r"(?P<keep>://[^\s/:@]*:)(?!\*+@)[^\s/?#\"'<>]+(?=@)"), rf"\g<keep>{HIDDEN}"),
    (re.compile(r"(?i)(?P<keep>\bx-amz-(?:signature|credential)=)(?!\*{3})[^\s\"'&]+"), rf"\g<keep>{HIDDEN}"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*\S.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), HIDDEN),
    (re.compile(r"(?P<keep>https://(?:hooks\.slack\.com|discord(?:app)?\.com/api/webhooks|[\w-]+\.webhook\.office\.com)/)[^\s\"'<>\\]+"),
     rf"\g<keep>{HIDDEN}"),
    (re.compile(r"\b(?:xox[a-z]-|gh[pousr]_|github_pat_|glpat-|sk_live_)[\w-]{10,}"), HIDDEN),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+"), HIDDEN),
)  # fmt: skip
_SUSPICIOUS = re.compile(
    r"[=<]|[\"']\s*:|://|authorization|bearer|-----BEGIN|xox|gh._|github_pat_|glpat-|sk_live_|eyJ", re.IGNORECASE
)
"""What every name and shape above has; text without it is passed over."""


def register(secret: str) -> None:
    """Hide this exact value from now on, also where it stands encoded. Raises `ValueError` for one that is too short."""
    if len(secret) < SHORTEST:
        raise ValueError(f"a secret to hide must have at least {SHORTEST} characters")
    in_json = json.dumps(secret)[1:-1]
    in_terraform = in_json.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")
    encoded = base64.b64encode(secret.encode()).decode()
    _registered.update((secret, in_json, in_terraform, repr(secret)[1:-1], quote(secret, safe=""), quote_plus(secret)))
    _registered.update((html.escape(secret), encoded))
    redact.cache_clear()


def register_among(variables: Mapping[str, object]) -> None:
    """Hide, wherever they stand, the values of variables that are secrets by their names, and passwords inside URLs."""
    for name, value in variables.items():
        if not isinstance(value, str):
            continue
        passwords = re.findall(r"://[^\s/:@]*:([^\s/?#]+)@", value)
        for secret in (*([value] if is_secret_name(name) else []), *passwords):
            register_if_unmistakable(secret)


def register_if_unmistakable(value: str) -> None:
    """Hide a value that somebody calls a secret, unless it is too like other text (``production``).

    >>> register_if_unmistakable("production"), redact("triflow-ai-production")
    (None, 'triflow-ai-production')
    """
    varied = any(character.isdigit() for character in value) and any(character.isalpha() for character in value)
    if len(value) >= SHORTEST and (varied or len(value) >= 20):
        register(value)


@lru_cache(maxsize=4096)
def redact(text: str) -> str:
    """The text without registered secrets and without what has a secret's name or shape.

    >>> redact("postgresql://triflow_admin:hunter2@db:5432/triflow")
    'postgresql://triflow_admin:(redacted)@db:5432/triflow'
    >>> redact('RDS_PASSWORD=hunter2 {"name": "DB_PASSWORD", "value": "hunter2"} <Token>hunter2</Token>')
    'RDS_PASSWORD=(redacted) {"name": "DB_PASSWORD", "value": "(redacted)"} <Token>(redacted)</Token>'
    """
    text = _without_registered(text)
    if not _SUSPICIOUS.search(text):
        return text
    for named in _NAMED:
        text = named.sub(_without_value, text)
    for shape, replacement in (*_HEADERS, *_SHAPES):
        text = shape.sub(replacement, text)
    return text


def redact_unmistakable(text: str) -> str:
    """The text without registered secrets and without what has a secret's shape; names are not gone by.

    >>> redact_unmistakable("password=hunter2 redis://:hunter2@cache")
    'password=hunter2 redis://:(redacted)@cache'
    """
    text = _without_registered(text)
    if _SUSPICIOUS.search(text):
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
    return text


def _without_registered(text: str) -> str:
    for secret in sorted(_registered, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def may_go_on_as_a_secret(text: str) -> bool:
    """Whether a secret may have begun at the end of a text that has none yet. (Three characters of one tell nothing.)

    >>> [may_go_on_as_a_secret(text) for text in ("tests/security/test_iam.py ..F", "DB_PASSWORD=", "Authorization: ")]
    [False, True, True]
    """
    begins = (secret[:length] for secret in _registered for length in range(4, len(secret)))
    return bool(_SUSPICIOUS.search(text)) or text.endswith(tuple(begins))


def redact_data(data: object, name: str = "") -> object:
    """The same JSON-like data with secret values hidden, by their name or by their shape; JSON inside a string too.

    >>> redact_data({"MasterUserPassword": "x", "Tags": [{"Key": "a", "Value": "b"}]})
    {'MasterUserPassword': '(redacted)', 'Tags': [{'Key': 'a', 'Value': 'b'}]}
    >>> redact_data({"environment": [{"name": "DB_PASSWORD", "value": "x"}], "container": '{"password":"x"}'})
    {'environment': [{'name': 'DB_PASSWORD', 'value': '(redacted)'}], 'container': '{"password":"(redacted)"}'}
    """
    match data:
        case None | bool():
            return data
        case str() | bytes() | int() | float() if _is_secret(name, data):
            return HIDDEN
        case str():
            return _redacted_text(data)
        case bytes():
            return _redacted_bytes(data)
        case list() | tuple():
            return [redact_data(value, name) for value in data]
        case dict() | Mapping():  # most are dictionaries, which is seen at once
            return {key: redact_data(value, name_of(str(key), data, name)) for key, value in data.items()}
        case _:
            return data


def redact_logs() -> None:
    """Hide secrets in every log record that is made from now on, whoever logs."""
    make = logging.getLogRecordFactory()

    def redacted(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = make(*arguments, **named)
        with contextlib.suppress(TypeError, ValueError):  # arguments that do not fit; logging tells so when it writes the record
            record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)))
        return record

    logging.setLogRecordFactory(redacted)


def shows_a_secret(text: str) -> bool:
    """Whether a text shows a secret, or the place where one was hidden.

    >>> [shows_a_secret(text) for text in ("redis://:hunter2@cache", "redis://:(redacted)@cache", "redis://cache")]
    [True, True, False]
    """
    return HIDDEN in text or redact(text) != text


def is_mask(text: str) -> bool:
    """Whether a text is what others write in the place of a secret.

    >>> is_mask("***"), is_mask("hunter2***")
    (True, False)
    """
    return bool(_MASK.fullmatch(text))


def name_of(key: str, among: Mapping[Any, object], outer: str) -> str:
    """What a member's value is called: by its key, by a ``name`` beside a ``value``, or, in the configuration of a plan, from outside."""
    if key in ("value", "Value"):
        named = next((among[name] for name in ("name", "Name", "key", "Key") if name in among), "")
        return named if isinstance(named, str) else ""
    return outer if key in ("constant_value", "default") else key


def _without_value(match: re.Match[str]) -> str:
    if not _is_secret(match["name"], match["text"]):
        return match[0]
    return f"{match['keep']}{match['quote']}{HIDDEN}{match['quote']}"


def _redacted_text(text: str) -> str:
    if text[:1] in ("{", "["):
        try:
            parsed = json.loads(text)
        except ValueError:
            return redact(text)
        hidden = redact_data(parsed)
        if hidden != parsed:
            return json.dumps(hidden, separators=(",", ":"), ensure_ascii=False)
    return redact(text)


def _redacted_bytes(content: bytes) -> object:
    """Bytes without secrets; what is no text cannot be looked into, and is hidden."""
    try:
        return redact(content.decode()).encode()
    except UnicodeDecodeError:
        return HIDDEN


def _is_secret(name: str, value: object) -> bool:
    """Whether a value under this name is a secret. An ARN only names one, and a mask stands for one."""
    if not name or not is_secret_name(name):  # nearly all
        return False
    text = str(value)
    return value not in ("", b"") and not text.startswith("arn:") and not is_mask(text)


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret; CamelCase and snake_case alike.

    >>> [is_secret_name(n) for n in ("MasterUserPassword", "PGPASSWORD", "SecretString", "secret_arn", "NextToken")]
    [True, True, True, False, False]
    """
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return bool(_SECRET_NAMES.fullmatch(snake)) and not HARMLESS_NAMES.fullmatch(snake)
