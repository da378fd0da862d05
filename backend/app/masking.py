"""Secrets and personal data, masked before a line is written."""

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"

_SECRET_NAME = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret|token|(?:api|access|private)[_-]?key|credentials?|authorization|cookie|비밀번호|암호)"
)
_SECRET_KEY = re.compile(rf"{_SECRET_NAME}(?:$|[_-])", re.IGNORECASE)

# A pattern that begins with a run of characters never begins within one: the time stays proportional to the text.
_PATTERNS = (
    # a private key over several lines
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), MASK),
    # what a URL names before its host
    (re.compile(r"(?<=://)([^\s:/@]*):[^\s@/]+@"), rf"\1:{MASK}@"),
    # https://hooks.slack.com/services/...: whoever knows it may post
    (re.compile(r"(https://hooks\.slack\.com/)\S+", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"\b(Bearer|Basic) [\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {MASK}"),
    # a JSON web token
    (re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*"), MASK),
    # access key ids of AWS; keys of LLM services and code hosts
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), MASK),
    (re.compile(r"\b(?:sk|pk|gh[pousr]|xox[abprs])[-_][\w-]{16,}"), MASK),
    # password=..., "api_key": "..."
    (
        re.compile(rf"""({_SECRET_NAME}["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&)}}\]]+)""", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), MASK),
    # a Korean resident registration number: a date of birth, then seven digits
    (re.compile(r"(?<!\d)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-\s]?[1-8]\d{6}(?!\d)"), MASK),
    # telephone numbers: mobile, +82, landlines with their separators, other countries
    (re.compile(r"(?<![A-Za-z0-9_-])(?:\+82[-.\s]?|0)1[016789][-.\s]?\d{3,4}[-.\s]?\d{4}(?![A-Za-z0-9_-])"), MASK),
    (re.compile(r"(?<![A-Za-z0-9_-])(?:\+82[-.\s]?|0)\d{1,2}[-.\s)]\s?\d{3,4}[-.\s]\d{4}(?![A-Za-z0-9_-])"), MASK),
    (re.compile(r"(?<![A-Za-z0-9_-])\+\d{1,3}(?:[-.\s]?\(?\d{2,4}\)?){2,4}(?![A-Za-z0-9_-])"), MASK),
)

_known: list[str] = []


def hide(value: str) -> None:
    """Mask this value too, wherever it stands: a password that this process knows. One shorter than 6 characters is left alone."""
    if len(value) >= 6 and value not in _known:
        _known.append(value)


def masked(text: str) -> str:
    """The text without secrets and personal data.

    >>> masked("ask hong@example.com or 010-1234-5678, password=hunter2")
    'ask *** or ***, password=***'
    """
    for value in _known:
        text = text.replace(value, MASK)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def masked_value(value: Any) -> Any:
    """A value of a log record, whatever it holds; what a key calls a secret is masked as a whole.

    >>> masked_value({"password": "x", "to": ["hong@example.com"], "prompt_tokens": 3})
    {'password': '***', 'to': ['***'], 'prompt_tokens': 3}
    """
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {masked(str(key)): MASK if _SECRET_KEY.search(str(key)) else masked_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked_value(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return masked(str(value))
