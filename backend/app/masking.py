"""Secrets and personal data, masked before a line is written."""

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"

_PASSWORD = r"pass(?:word|wd|phrase|code)|(?-i:(?<![A-Za-z])pass|Pass|PASS)|pwd|contrase[nñ]a|비밀번호|패스워드|암호"
_SECRET_NAME = (
    rf"(?:{_PASSWORD}|secret|token|credentials?|authorization|bearer|cookie|connection[_ -]?string|webhook(?:[_-]?url)?|"
    r"(?:api|auth|access|account|client|database|db|encryption|priv|private|secret|service|shared|signing)[_ -]?key)"
)
_SUFFIX = r"(?:[_-]?(?:string|binary|confirm(?:ation)?|new|old|plain(?:text)?|raw|value|\d{1,3}))?"
_SECRET_KEY = re.compile(rf"{_SECRET_NAME}{_SUFFIX}(?:$|[_-])", re.IGNORECASE)

# What stands there: in quotation marks, which may be escaped (JSON inside of a text), to the end of the line if they are not closed; or
# up to the next space, without the brackets that close what is around it.
_QUOTED = r"""(?P<quote>\\*["'])(?:(?:(?!(?P=quote))(?s:\\.|[^\\]))*+(?P=quote)|(?:\\.|[^\n"'\\])*)"""
_BARE = (
    rf"""(?!{_SECRET_NAME}{_SUFFIX}\\*["']?\s*[=:>])(?:(?:basic|bearer|digest|token|apikey|negotiate)[ ]+)?"""
    r"""[^\s"'&,;<>]*[^\s"'&,;<>)}\]]"""
)

# A pattern that begins with a run of characters never begins within one: the time stays proportional to the text.
_PATTERNS = (
    # a private key over several lines
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\Z)", re.DOTALL
        ),
        MASK,
    ),
    # what a URL names before its host; a password may hold @
    (re.compile(r"""(?<=://)([^\s:/@]*):[^\s/?#"'<>]+@"""), rf"\1:{MASK}@"),
    # https://hooks.slack.com/services/...: whoever knows it may post
    (
        re.compile(
            r"(https://)(?:hooks\.slack\.com|discord(?:app)?\.com/api/webhooks|[\w-]+\.webhook\.office\.com)/\S+", re.IGNORECASE
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"\b(Bearer) [\w.~+/=-]{4,}|\b(Basic) [\w.~+/=-]{8,}", re.IGNORECASE), rf"\1\2 {MASK}"),
    (re.compile(r"(x-amz-(?:signature|credential|security-token)=)[^\s\"'&]+", re.IGNORECASE), rf"\1{MASK}"),
    # a JSON web token
    (re.compile(r"(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*"), MASK),
    # access key ids of AWS; keys of LLM services, code hosts, package indices and mail services
    (re.compile(r"\b(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[A-Z0-9]{16}\b"), MASK),
    (re.compile(r"\b(?:[rsp]k|gh[pousr]|github_pat|glpat|npm|pypi|xox[a-z])[-_][\w-]{10,}"), MASK),
    (re.compile(r"\b(?:AIza[\w-]{35}|SG\.[\w-]{16,}\.[\w-]{16,})"), MASK),
    # Cookie: a=...; b=...
    (re.compile(r"""(cookie\s*[=:]\s*)[^\s"'][^\n"']*""", re.IGNORECASE), rf"\1{MASK}"),
    # password=..., "api_key": "...", :password=>"...", <password>...; {"name": "DB_PASSWORD", "value": "..."}
    (
        re.compile(
            rf"""({_SECRET_NAME}{_SUFFIX}\\*["']?\s*(?:=>|:=|={{1,3}}|[:>])\s*(?:[\[(]\s*)?)(?:{_QUOTED}|{_BARE})""",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    (
        re.compile(rf"""({_SECRET_NAME}{_SUFFIX}\\*["']\s*,\s*\\*["']value\\*["']\s*:\s*)(?:{_QUOTED}|{_BARE})""", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    # --password ..., PASSWORD '...'
    (re.compile(rf"((?<![\w-])--[\w-]{{0,64}}?{_SECRET_NAME}{_SUFFIX}[ \t]+)(?:{_QUOTED}|{_BARE})", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(rf"((?:{_PASSWORD}){_SUFFIX}[ \t]+){_QUOTED}", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), MASK),
    # a Korean resident registration number: a date of birth, then seven digits
    (re.compile(r"(?<!\d)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\s?-\s?\d|\s?[1-8])\d{6}(?!\d)"), MASK),
    # telephone numbers: mobile, +82, landlines with their separators, other countries
    (
        re.compile(
            r"(?<![A-Za-z0-9_-])(?:(?:\+|00)82\)?[-.\s]?\(?0?\)?|0)1[016789][-.)\s]?\s?\d{3,4}[-.\s]?\d{4}(?![A-Za-z0-9_-])"
        ),
        MASK,
    ),
    (
        re.compile(r"(?<![A-Za-z0-9_-])(?:(?:\+|00)82[-.\s]?|0)\d{1,3}[-.\s)]\s?\d{3,4}[-.\s]\d{4}(?![A-Za-z0-9_-])"),
        MASK,
    ),
    (re.compile(r"(?<![A-Za-z0-9_-])\+\d{1,3}(?:[-.\s]?\(?\d{2,4}\)?){2,4}(?![A-Za-z0-9_-])"), MASK),
)

_CARD = re.compile(r"(?<![A-Za-z0-9_.-])(?:\d{4}([- ]?)\d{4}\1\d{4}\1\d{4}|3\d{3}([- ]?)\d{6}\2\d{4,5})(?![A-Za-z0-9_-]|\.\d)")
"""Of 16 digits; of American Express and Diners Club with 15 and 14."""

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
    return _CARD.sub(_without_card, text)


def _without_card(match: re.Match[str]) -> str:
    """Digits are a card number if the last one checks the others (Luhn)."""
    digits = [int(digit) for digit in match[0] if digit.isdigit()]
    doubled = [digit * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return match[0] if sum(one - 9 if one > 9 else one for one in doubled) % 10 else MASK


def masked_value(value: Any) -> Any:
    """A value of a log record, whatever it holds; what a key calls a secret is masked as a whole.

    >>> masked_value({"password": "x", "to": ["hong@example.com"], "prompt_tokens": 3})
    {'password': '***', 'to': ['***'], 'prompt_tokens': 3}
    """
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {masked(str(key)): MASK if _is_secret(str(key), value) else masked_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked_value(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        text = str(value)
        return value if masked(text) == text else MASK  # a number may be somebody's
    return masked(str(value))


def _is_secret(key: str, among: Mapping[Any, Any]) -> bool:
    """Whether a member is a secret by its key, in any case of letters, or by a ``name`` beside a ``value``."""
    if key == "value":
        key = str(among.get("name", among.get("key", "")))
    return bool(_SECRET_KEY.search(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)))
