"""Keep secrets out of everything that leaves the process: messages, evidence, reports, logs.

Two nets, applied where text is captured: secrets that the run itself handles are registered and replaced by exact value, however they are
encoded; and what the detector calls a secret (`stackproof.redaction.detector`) is replaced wherever it stands. What was hidden stays
hidden: redacting twice is redacting once. Text is cut to its length after it was redacted, never before.

Answers are redacted before they are judged (`stackproof.sources.aws.calls.Answer.redacted`), so that what a control saw is what the
evidence holds. Controls ask the same detector, which knows the place of a hidden secret too: the verdict on what is kept is the verdict on
what was answered.
"""

import base64
import contextlib
import html
import json
import logging
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

from stackproof.redaction import detector, values
from stackproof.redaction.assignments import mentions_a_name
from stackproof.redaction.names import promise_of
from stackproof.redaction.shapes import Secret, shapes
from stackproof.redaction.spelling import Spelled, with_everything_decoded

HIDDEN = values.HIDDEN

SHORTEST = 8
"""Characters of a secret that is hidden by its value; a shorter one would garble other text."""

_REMEMBERED = 65536
"""Texts that were redacted before: every policy of a large plan; what holds no secret is kept once."""

_registered: set[str] = set()
"""Of the process: the values that every run hides."""


class Scope:
    """The secrets of one run among several in a process, and what was redacted with them."""

    def __init__(self) -> None:
        self.registered: set[str] = set()
        self.redact = lru_cache(maxsize=_REMEMBERED)(_redact)


_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


def current_scope() -> Scope | None:
    """The scope that the caller is in; None outside of every one."""
    return _scope.get()


@contextlib.contextmanager
def scoped(scope: Scope | None) -> Iterator[None]:
    """Hide in this block, beside what the process hides, what is registered in it or in its scope, and nowhere else."""
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


MARKS = re.compile(r"(\(redacted(?: [a-z, -]{1,80})?\))")
"""What stands in the place of what was hidden, alone or with its kind."""
_LAYERS = 3
"""How often what stands in a text may be encoded, each time in another way."""
_ROUNDS = 20
"""Two are enough for anything but a line that is made to take long."""
_OPEN_NAME = re.compile(r"[\w.-]{1,80}+[\"'\]]{0,3}\s{0,20}+(?:=>|[:=]{0,2})\s{0,20}+[\"']?\Z")
_OPEN_WORD = re.compile(r"[^\s\"']{1,300}+\Z")
_TAKES_THE_NAME = frozenset(
    (
        "value",
        "Value",
        "values",
        "constant_value",
        "default",
        "S",
        "N",
        "B",
        "SS",
        "text",
        "content",
        "plaintext",
        "plain_text",
        "raw",
        "current",
        "new",
        "old",
        "before",
        "after",
        "literal",
        "stringValue",
        "string_value",
    )
)
"""Members that hold what their object is called after."""


def register(secret: str) -> None:
    """Hide this exact value from now on, also where it stands encoded, and each of its lines.

    Inside a `scoped` block, there alone. Raises `ValueError` for one that is too short.
    """
    if len(secret) < SHORTEST:
        raise ValueError(f"a secret to hide must have at least {SHORTEST} characters")
    scope = _scope.get()
    known = scope.registered if scope else _registered
    before = len(known)
    for part in (secret, *(line.strip() for line in secret.splitlines() if len(line.strip()) >= 2 * SHORTEST)):
        in_json = json.dumps(part)[1:-1]
        in_terraform = in_json.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")
        known.update((part, in_json, json.dumps(part, ensure_ascii=False)[1:-1], json.dumps(in_json)[1:-1], in_terraform))
        in_url = quote(part, safe="")
        known.update(
            (repr(part)[1:-1], in_url, re.sub("%..", lambda code: code[0].lower(), in_url), quote_plus(part), quote(part))
        )
        known.update((html.escape(part), html.escape(part, quote=False), *_in_base64(part.encode())))
        # PowerShell encodes what it is given as UTF-16.
        known.update((*_in_hexadecimal(part.encode()), *_in_base64(part.encode("utf-16-le", "surrogatepass"))))
    if len(known) > before:  # else what was redacted before stays so
        (scope.redact if scope else _redacted).cache_clear()


def _in_hexadecimal(content: bytes) -> Iterator[str]:
    for written in (content.hex(), content.hex(":"), content.hex(" ")):
        yield from (written, written.upper())


def _in_base64(content: bytes) -> set[str]:
    """What base64 makes of bytes, wherever they stand in what is encoded: three ways, in two alphabets.

    What depends on the rest of it is left out.
    """
    forms = {base64.b64encode(content).decode(), base64.urlsafe_b64encode(content).decode()}
    for shift, first in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(b"\0" * shift + content).decode()[first : (shift + len(content)) * 8 // 6]
        forms.update((encoded, encoded.replace("+", "-").replace("/", "_")))
    return {form for form in forms if len(form) >= SHORTEST}


_FOLDERS = frozenset({"PWD", "OLDPWD"})
"""Variables that every shell sets to folders, whose names are those of passwords elsewhere."""


def register_among(variables: Mapping[str, object]) -> None:
    """Hide, wherever they stand, the values of variables that are secrets by their names, and secrets inside others."""
    for name, value in variables.items():
        if not isinstance(value, str):
            continue
        if name not in _FOLDERS and promise_of(name) and not values.says_nothing(value):
            register_if_unmistakable(value)
        for secret in detector.secrets_in(value):
            register_if_unmistakable(value[secret.start : secret.end])


def register_if_unmistakable(value: str) -> None:
    """Hide a value that somebody calls a secret, unless it is too like other text (``production``).

    >>> register_if_unmistakable("production"), redact("triflow-ai-production")
    (None, 'triflow-ai-production')
    """
    varied = any(character.isdigit() for character in value) and any(character.isalpha() for character in value)
    if len(value) >= SHORTEST and (varied or len(value) >= 20):
        register(value)


def redact(text: str) -> str:
    """The text without registered secrets and without what the detector calls one.

    >>> redact("postgresql://triflow_admin:hunter2@db:5432/triflow")
    'postgresql://triflow_admin:(redacted)@db:5432/triflow'
    >>> redact('RDS_PASSWORD=hunter2 {"name": "DB_PASSWORD", "value": "hunter2"} <Token>hunter2</Token>')
    'RDS_PASSWORD=(redacted) {"name": "DB_PASSWORD", "value": "(redacted)"} <Token>(redacted)</Token>'
    """
    scope = _scope.get()
    return scope.redact(text) if scope else _redacted(text)


def forget() -> None:
    """Drop what was redacted before; it is redacted anew with the values that are registered now."""
    _redacted.cache_clear()


def _redact(text: str) -> str:
    return replaced(
        without_registered(text), lambda part: [one for one in detector.secrets_in(part) if not one.only_names], HIDDEN
    )


_redacted = lru_cache(maxsize=_REMEMBERED)(_redact)


def _known() -> set[str]:
    """The values that are hidden here: those of the process, and those of the scope."""
    scope = _scope.get()
    return _registered | scope.registered if scope and scope.registered else _registered


def replaced(text: str, find: Callable[[str], list[Secret]], mark: str) -> str:
    """The text with a mark in the place of what is found, until nothing more is. Marks stay as they are, and nothing is read across one."""
    without = {""}  # parts in which nothing was found, and would not be again
    for _ in range(_ROUNDS):
        parts = MARKS.split(text)
        for place in range(0, len(parts), 2):
            if (part := parts[place]) in without:
                continue
            if spans := [(secret.start, secret.end, mark) for secret in find(part)]:
                parts[place] = with_replaced(part, spans)
            else:
                without.add(part)
        if (after := "".join(parts)) == text:
            break
        text = after
    return text


def with_replaced(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """The text with another text in the place of each span, which are in their order and apart.

    >>> with_replaced("a secret here", [(2, 8, "(redacted)")])
    'a (redacted) here'
    """
    pieces, end = [], 0
    for start, until, new in spans:
        pieces += [text[end:start], new]
        end = until
    return "".join([*pieces, text[end:]])


def without_registered(text: str) -> str:
    r"""The text without the values that were registered, however their letters are encoded.

    >>> with scoped(Scope()):
    ...     register("hunter2/and/more")
    ...     print(without_registered(r"it is hunter2\/and\/more, &#104unter2&#x2f;and%2Fmo\162e, \U00000068unter2/and/more"))
    it is (redacted), (redacted), (redacted)
    """
    known = sorted(_known(), key=len, reverse=True)
    for secret in known:
        text = text.replace(secret, HIDDEN)
    layers: list[Spelled] = []
    for _ in range(_LAYERS if known else 0):
        plain = with_everything_decoded(layers[-1].text if layers else text)
        if plain is None:
            break
        layers.append(plain)
        if spans := [span for secret in known for span in _places(secret, layers) if text[slice(*span)] != secret]:
            text = with_replaced(text, ((start, end, HIDDEN) for start, end in _apart(spans)))
            layers = []
    return text


def _places(secret: str, layers: Sequence[Spelled]) -> Iterator[tuple[int, int]]:
    """Where a value that stands in the innermost layer was written."""
    start = layers[-1].text.find(secret)
    while start >= 0:
        end = start + len(secret)
        span = start, end
        for layer in reversed(layers):
            span = layer.place(span[0]), layer.place(span[1])
        yield span
        start = layers[-1].text.find(secret, end)


def _apart(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in their order, those that overlap as one.

    >>> _apart([(5, 9), (0, 2), (1, 3)])
    [(0, 3), (5, 9)]
    """
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def may_go_on_as_a_secret(text: str) -> bool:
    """True if a secret may have begun at the end of a text that has none yet. (Three characters of one tell nothing.)

    >>> [may_go_on_as_a_secret(text) for text in ("tests/security/test_iam.py ..F", "DB_PASSWORD=", "Authorization: ", "DB_PASS")]
    [False, True, True, True]
    """
    end = text[-400:]
    named, word = _OPEN_NAME.search(end), _OPEN_WORD.search(end)
    if named and mentions_a_name(named[0]):
        return True
    last = word[0] if word else ""
    if (
        "://" in last
        or "-----BEGIN" in end
        or any(start in last for shape in shapes() for start in shape.starts if len(start) > 2)
    ):
        return True
    begins = (secret[:length] for secret in _known() for length in range(4, len(secret)))
    shape_begins = (start[:length] for shape in shapes() for start in shape.starts for length in range(3, len(start)))
    return text.endswith((*begins, *shape_begins, "--password", "-----"))


def redact_data(data: object, name: str = "") -> object:
    """JSON-like data with secret values hidden, by their name or by their shape; JSON inside a string too.

    >>> redact_data({"MasterUserPassword": "x", "Tags": [{"Key": "a", "Value": "b"}]})
    {'MasterUserPassword': '(redacted)', 'Tags': [{'Key': 'a', 'Value': 'b'}]}
    >>> redact_data({"environment": [{"name": "DB_PASSWORD", "value": "x"}], "container": '{"password":"x"}'})
    {'environment': [{'name': 'DB_PASSWORD', 'value': '(redacted)'}], 'container': '{"password":"(redacted)"}'}
    >>> redact_data({"ParameterName": "db_password", "ParameterValue": "x1y2", "command": ["psql", "--password", "hunter2"]})
    {'ParameterName': 'db_password', 'ParameterValue': '(redacted)', 'command': ['psql', '--password', '(redacted)']}
    """
    match data:
        case None | bool():
            return data
        case str() | bytes() | int() | float() if name and is_secret_under(name, data):
            return HIDDEN
        case str():
            return _redacted_text(data)
        case bytes():
            return _redacted_bytes(data)
        case list() | tuple():
            secret = detector.option_values(data) if len(data) > 1 and all(isinstance(word, str) for word in data) else ()
            return [HIDDEN if place in secret else redact_data(value, name) for place, value in enumerate(data)]
        case dict() | Mapping():  # most are dictionaries, which is seen at once
            return {
                redact(key) if isinstance(key, str) else key: redact_data(value, name_of(str(key), data, name))
                for key, value in data.items()
            }
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
    """True if a text shows a secret, or tells of one: the id of an access key, the place where one was hidden.

    >>> [shows_a_secret(text) for text in ("redis://:hunter2@cache", "redis://:(redacted)@cache", "redis://cache")]
    [True, True, False]
    """
    return bool(MARKS.search(text)) or bool(detector.secrets_in(text)) or HIDDEN in redact(text)


def name_of(key: str, among: Mapping[Any, object], outer: str) -> str:
    """The name of a member's value: its key, a name beside the value (``ParameterName``, ``ParameterValue``), or one from outside.

    >>> name_of("Values", {"Name": "password", "Values": ["x"]}, ""), name_of("value", {"value": "x"}, "db_password")
    ('password', 'db_password')
    """
    if key.endswith(("value", "Value", "values", "Values")):
        before = key.removesuffix("s")[:-5]
        named = next(
            (among[one] for word in ("name", "Name", "key", "Key") if isinstance(among.get(one := before + word), str)), None
        )
        if named is not None:
            return str(named)
    return outer if key in _TAKES_THE_NAME else key


def is_secret_under(name: str, value: object) -> bool:
    """True if a value under this name is a secret: text, bytes or a number; other values are hidden under the name of a secret."""
    promise = promise_of(name)
    if promise is None or value in ("", b""):  # nearly all
        return False
    if isinstance(value, bytes):
        try:
            return values.is_secret(name, value.decode())
        except UnicodeDecodeError:
            return True
    return values.is_secret(name, str(value))


def _redacted_text(text: str) -> str:
    if text[:1] in ("{", "["):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
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
