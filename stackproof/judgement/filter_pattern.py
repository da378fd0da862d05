"""CloudWatch Logs filter patterns, evaluated here: what a metric filter or a subscription filter selects.

Three kinds of pattern: terms (``ERROR -Exiting``, ``?A ?B``, ``"a phrase"``, ``%a regex%``), fields of a space-delimited line
(``[timestamp, request_id, level="ERROR", ...]``) and properties of a JSON event (``{ $.level = "ERROR" }``). CloudWatch Logs answers the
same question itself (TestMetricFilter); this is for where it does not answer, and it is an evaluator of our own: what the documentation
leaves open is decided here, and said so.

Source: CloudWatch Logs user guide, "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail".
"""

import functools
import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stackproof.util.patterns import Expression

Look = Callable[[str], object]
"""The value of a field, or of the property that a selector points at."""
Test = Callable[[Look], bool]
"""Whether a condition holds."""

_MISSING = object()

_WORD = re.compile(r'\[(?P<bracketed>[^\]]*)\](?=\s|$)|"(?P<quoted>[^"]*)"(?=\s|$)|(?P<plain>\S+)')
_TERM = re.compile(r'(?P<sign>[?-]?)(?:"(?P<quoted>(?:\\.|[^"\\])*)"|%(?P<regex>[^%]*)%|(?P<plain>[^\s"%]+))\s*')
_TOKEN = re.compile(
    r'\s*(?:(?P<operator>&&|\|\||[()]|!=|<=|>=|=|<|>)|"(?P<quoted>(?:\\.|[^"\\])*)"|%(?P<regex>[^%]*)%'
    r"|(?P<selector>\$(?:\.[\w-]+|\[\d+\])+)|(?P<plain>[^\s=!<>&|()\"%]+))\s*"
)
_NUMBER = re.compile(r"[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?")
_COMPARES: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONSTANTS: Mapping[str, bool | None] = {"NULL": None, "TRUE": True, "FALSE": False}


class InvalidPattern(ValueError):
    """CloudWatch Logs would refuse the pattern, or it cannot be read here."""


def matches(pattern: str, message: str) -> bool:
    """True if the pattern selects an event with this message. Raises `InvalidPattern`.

    >>> sentry = '[timestamp, request_id, level="ERROR", ...]'
    >>> matches(sentry, "2026-01-20T10:00:00Z req-1 ERROR it broke"), matches(sentry, "2026-01-20T10:00:00Z req-1 INFO no ERROR")
    (True, False)
    >>> matches("ERROR -Exiting", "[ERROR] A fatal exception"), matches("?ERROR ?WARN", "WARN message"), matches('" "', "anything")
    (True, True, True)
    >>> matches('{ $.level = "ERROR" && $.duration > 1e3 }', '{"level": "ERROR", "duration": 1200}')
    True
    """
    return extracted(pattern, message) is not None


def extracted(pattern: str, message: str) -> dict[str, str] | None:
    """The named fields that a space-delimited pattern takes out of a message; None for a message that it does not select.

    >>> extracted("[..., code=4*, bytes]", '127.0.0.1 - frank [10/Oct/2000] "GET / HTTP/1.0" 404 1534')
    {'$1': '127.0.0.1', '$2': '-', '$3': 'frank', '$4': '10/Oct/2000', '$5': 'GET / HTTP/1.0', '$code': '404', '$bytes': '1534'}
    """
    return _compiled(pattern)(message)


@functools.lru_cache
def _compiled(pattern: str) -> Callable[[str], dict[str, str] | None]:
    text = pattern.strip()
    if text[:1] == "[" and text[-1:] == "]":
        return functools.partial(_from_line, _fields(text[1:-1]))
    if text[:1] == "{" and text[-1:] == "}":
        condition = _Conditions(text[1:-1], selectors=True).whole()
        return lambda message: {} if _holds_for_json(condition, message) else None
    selects = _terms(text)
    return lambda message: {} if selects(message) else None


# Terms


def _terms(text: str) -> Callable[[str], bool]:
    """All plain terms, and none with a minus. Terms with a question mark are alternatives, ignored beside any other term."""
    found: dict[str, list[Callable[[str], bool]]] = {"": [], "-": [], "?": []}
    position = 0
    while position < len(text):
        term = _TERM.match(text, position)
        if term is None:
            raise InvalidPattern(f"{text!r} cannot be read from character {position + 1}")
        found[term["sign"]].append(_contains(term))
        position = term.end()
    required, excluded, alternatives = found[""], found["-"], found["?"]

    def select(message: str) -> bool:
        if alternatives and not required and not excluded:
            return any(term(message) for term in alternatives)
        return all(term(message) for term in required) and not any(term(message) for term in excluded)

    return select


def _contains(term: re.Match[str]) -> Callable[[str], bool]:
    if term["regex"] is not None:
        regex = _regex(term["regex"])
        return lambda message: regex.is_in(message)
    text = term["plain"] or _unescaped(term["quoted"])
    return lambda message: text in message or not text.strip()


# Space-delimited lines


@dataclass(frozen=True)
class _Field:
    name: str
    """Empty for one without a name; ``...`` for any number of them."""
    condition: Test | None = None


def words(line: str) -> list[str]:
    """The fields of a line: what stands between brackets or double quotes is one.

    >>> words('127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404')
    ['127.0.0.1', '-', 'frank', '10/Oct/2000:13:25:15 -0700', 'GET /index.html HTTP/1.0', '404']
    """
    return [next(part for part in word.groups() if part is not None) for word in _WORD.finditer(line)]


def _fields(text: str) -> tuple[_Field, ...]:
    parts = [""]
    for piece in re.findall(r'"(?:\\.|[^"\\])*"|%[^%]*%|.', text, re.DOTALL):  # a comma inside quotation marks separates nothing
        if piece == ",":
            parts.append("")
        else:
            parts[-1] += piece
    fields = tuple(_field(part.strip()) for part in parts)
    if sum(one.name == "..." for one in fields) > 1:
        raise InvalidPattern(f"[{text}] has more than one ellipsis")
    return fields


def _field(text: str) -> _Field:
    if text in ("", "..."):
        return _Field(text)
    if re.fullmatch(r"[\w.@-]+", text):
        return _Field(text)
    conditions = _Conditions(text, selectors=False)
    condition = conditions.whole()
    names = {name.lower() for name in conditions.names}  # the documentation itself writes w1=ERROR || W1=WARNING
    if len(names) != 1:
        raise InvalidPattern(f"{text!r} has conditions on several fields: {', '.join(conditions.names)}")
    return _Field(conditions.names[0], condition)


def _from_line(fields: Sequence[_Field], line: str) -> dict[str, str] | None:
    given = _laid_out(fields, words(line))
    if given is None:
        return None
    taken: dict[str, str] = {}
    for number, (field, word) in enumerate(given, 1):
        if field.condition and not field.condition(_the(word)):
            return None
        taken[f"${field.name}" if field.name not in ("", "...") else f"${number}"] = word
    return taken


def _the(word: str) -> Look:
    return lambda _: word


def _laid_out(fields: Sequence[_Field], found: Sequence[str]) -> list[tuple[_Field, str]] | None:
    """Each word with its field; None if there are too few. Without an ellipsis the last field takes all words that are left."""
    spread = next((number for number, field in enumerate(fields) if field.name == "..."), None)
    if spread is None:
        if len(found) < len(fields):
            return None
        last = len(fields) - 1
        return list(zip(fields, [*found[:last], " ".join(found[last:])], strict=True))
    between = len(found) - (len(fields) - 1)
    if between < 0:
        return None
    return list(zip([*fields[:spread], *[fields[spread]] * between, *fields[spread + 1 :]], found, strict=True))


# JSON


def _holds_for_json(condition: Test, message: str) -> bool:
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        return False
    return isinstance(event, dict) and condition(functools.partial(_property, event))


def _property(event: object, selector: str) -> object:
    """What a selector points at in a JSON event; `_MISSING` where nothing is."""
    found = event
    for name, index in re.findall(r"\.([\w-]+)|\[(\d+)\]", selector):
        if name and isinstance(found, dict) and name in found:
            found = found[name]
        elif index and isinstance(found, list) and int(index) < len(found):
            found = found[int(index)]
        else:
            return _MISSING
    return found


# Conditions


class _Conditions:
    """``a = 4* && a != 403``: comparisons joined by ``&&``, which binds first, ``||`` and parentheses."""

    def __init__(self, text: str, *, selectors: bool) -> None:
        self._text = text
        self._selectors = selectors
        self._tokens = self._tokenised()
        self._next = 0
        self.names: list[str] = []
        """What is compared, in its order, each once."""

    def whole(self) -> Test:
        test = self._any()
        if self._next != len(self._tokens):
            raise self._invalid()
        return test

    def _tokenised(self) -> list[tuple[str, str]]:
        tokens, position = [], 0
        while position < len(self._text):
            token = _TOKEN.match(self._text, position)
            if token is None:
                raise InvalidPattern(f"{self._text!r} cannot be read from character {position + 1}")
            kind = token.lastgroup or ""
            tokens.append((kind, token[kind]))
            position = token.end()
        return tokens

    def _any(self) -> Test:
        tests = [self._all()]
        while self._takes("||"):
            tests.append(self._all())
        return lambda look: any(test(look) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._takes("&&"):
            tests.append(self._one())
        return lambda look: all(test(look) for test in tests)

    def _one(self) -> Test:
        if self._takes("("):
            test = self._any()
            if not self._takes(")"):
                raise self._invalid()
            return test
        kind, name = self._token()
        if kind != ("selector" if self._selectors else "plain"):
            raise self._invalid()
        if name not in self.names:
            self.names.append(name)
        kind, comparison = self._token()
        if kind == "plain" and self._selectors:
            return self._stated(name, comparison)
        if kind != "operator" or comparison in ("&&", "||", "(", ")"):
            raise self._invalid()
        return _compared(name, comparison, *self._token())

    def _stated(self, name: str, word: str) -> Test:
        """``IS NULL``, ``IS TRUE``, ``IS FALSE``, ``NOT EXISTS``."""
        _, what = self._token()
        if (word, what) == ("NOT", "EXISTS"):
            return lambda look: look(name) is _MISSING
        if word == "IS" and what in _CONSTANTS:
            return lambda look: look(name) is _CONSTANTS[what]
        raise self._invalid()

    def _takes(self, token: str) -> bool:
        if self._tokens[self._next : self._next + 1] != [("operator", token)]:
            return False
        self._next += 1
        return True

    def _token(self) -> tuple[str, str]:
        if self._next == len(self._tokens):
            raise self._invalid()
        self._next += 1
        return self._tokens[self._next - 1]

    def _invalid(self) -> InvalidPattern:
        return InvalidPattern(f"{self._text!r} is not a condition that can be read")


def _compared(name: str, comparison: str, kind: str, wanted: str) -> Test:
    if kind in ("operator", "selector"):
        raise InvalidPattern(f"{name} {comparison} {wanted!r} compares with nothing")
    if comparison in _COMPARES:
        if kind != "plain" or not _NUMBER.fullmatch(wanted):
            raise InvalidPattern(f"{name} {comparison} {wanted!r} compares with no number")
        compare, bound = _COMPARES[comparison], float(wanted)

        def compared(look: Look) -> bool:
            number = _number(look(name))
            return number is not None and compare(number, bound)

        return compared
    equals = _equals(kind, wanted)

    def equal_or_not(look: Look) -> bool:
        value = look(name)
        # What is not there, and what is no value (an object, an array), is neither equal nor unequal: the event has another form.
        return isinstance(value, str | int | float) and equals(value) is (comparison == "=")

    return equal_or_not


def _equals(kind: str, wanted: str) -> Callable[[str | float], bool]:
    if kind == "regex":
        regex = _regex(wanted)
        return lambda value: isinstance(value, str) and regex.is_in(value)
    text = _unescaped(wanted) if kind == "quoted" else wanted
    number = float(text) if kind == "plain" and _NUMBER.fullmatch(text) else None

    def equals(value: str | float) -> bool:
        if number is not None and (found := _number(value)) is not None:
            return found == number
        return _fits(text, value if isinstance(value, str) else json.dumps(value))

    return equals


def _fits(wanted: str, value: str) -> bool:
    """Whether a text is what was asked for. An asterisk is a wildcard at either end, and itself in between.

    >>> _fits("4*", "404"), _fits("*html*", "GET /index.html HTTP/1.0"), _fits("Ev*ent", "Event"), _fits("*", "")
    (True, True, False, True)
    """
    core = wanted.removeprefix("*").removesuffix("*") if wanted != "*" else ""
    match wanted[:1] == "*", wanted[-1:] == "*":
        case True, True:
            return core in value
        case True, False:
            return value.endswith(core)
        case False, True:
            return value.startswith(core)
    return value == wanted


def _number(value: object) -> float | None:
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _regex(text: str) -> Expression:
    """Raises `InvalidPattern` for what the documentation does not allow between percent signs."""
    if not re.fullmatch(r"[A-Za-z0-9:_#=@/;,\s^$?\[\]{}|\\*+.-]+", text):
        raise InvalidPattern(f"%{text}% has a character that a regular expression of a filter pattern may not have")
    try:
        return Expression(text, ascii_only=True)
    except ValueError as error:
        raise InvalidPattern(f"%{text}% {error}") from None
