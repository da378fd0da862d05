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
    >>> matches("[ERROR", "[ERROR"), matches("ERROR]", "ERROR]"), matches("{ERROR", "{ERROR"), matches("ERROR}", "ERROR}")
    (True, True, True, True)
    >>> matches('{ $.a = "b"}', '{"a": "b"}'), matches("{ $.a = b }", "no JSON"), matches("{ $.a = b }", "[]")
    (True, False, False)
    >>> matches("ERROR -Exiting", "ERROR, Exiting"), matches("ERROR -Exiting", "Fine"), matches("A B", "A"), matches("-A -B", "A")
    (False, False, False, False)
    >>> matches("[ERROR", "x"), matches("ERROR]", "x"), matches('{$.a = "b"}', '{"a": "b"}')
    (False, False, True)
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
    """All plain terms, and none with a minus. Terms with a question mark are alternatives, ignored beside any other term.

    >>> _terms('ERROR "')
    Traceback (most recent call last):
    stackproof.judgement.filter_pattern.InvalidPattern: 'ERROR "' cannot be read from character 7
    """
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
    """The fields of a space-delimited pattern, whose brackets are taken off.

    >>> [one.name for one in _fields('a, ..., b=","')]
    ['a', '...', 'b']
    >>> _fields("..., a, ...")
    Traceback (most recent call last):
    stackproof.judgement.filter_pattern.InvalidPattern: [..., a, ...] has more than one ellipsis
    """
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
    """Each word with its field; None if there are too few. Without an ellipsis the last field takes all words that are left.

    >>> def laid(fields, line):
    ...     given = _laid_out(_fields(fields), line.split())
    ...     return given and [(field.name, word) for field, word in given]
    >>> laid("a, b", "1 2 3"), laid("a, b", "1 2"), laid("a, b", "1")
    ([('a', '1'), ('b', '2 3')], [('a', '1'), ('b', '2')], None)
    >>> laid("..., a, b", "1 2 3"), laid("..., a, b", "1 2"), laid("..., a, b", "1")
    ([('...', '1'), ('a', '2'), ('b', '3')], [('a', '1'), ('b', '2')], None)
    """
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
    """Whether a condition holds for a message; for one that is no JSON object, none does.

    >>> [_holds_for_json(lambda look: True, message) for message in ('{"a": 1}', "[]", "{")]
    [True, False, False]
    >>> _holds_for_json(lambda look: False, "{}")
    False
    """
    try:
        event = json.loads(message)
    except (ValueError, RecursionError):
        return False
    return isinstance(event, dict) and condition(functools.partial(_property, event))


def _property(event: object, selector: str) -> object:
    """What a selector points at in a JSON event; `_MISSING` where nothing is.

    >>> event = {"a": [{"b": 1}], "": 2}
    >>> [_property(event, one) is _MISSING for one in ("$.a[0].b", "$.a[1]", "$.a.b", "$[0]", "$.c", "$.a[0].b.c")]
    [False, True, True, True, True, True]
    >>> _property([3, 4], "$[1]"), _property({"1": 5}, "$[1]") is _MISSING
    (4, True)
    """
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
        """Each token with its kind. Raises `InvalidPattern`.

        >>> _Conditions('a = "b', selectors=False)
        Traceback (most recent call last):
        stackproof.judgement.filter_pattern.InvalidPattern: 'a = "b' cannot be read from character 5
        """
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
        """What is joined by ``||``.

        >>> either = _Conditions("a = 1 || a = 2", selectors=False).whole()
        >>> [either(lambda name: value) for value in ("1", "2", "3")]
        [True, True, False]
        """
        tests = [self._all()]
        while self._takes("||"):
            tests.append(self._all())
        return lambda look: any(test(look) for test in tests)

    def _all(self) -> Test:
        """What is joined by ``&&``.

        >>> both = _Conditions("a = 1* && a != 12", selectors=False).whole()
        >>> [both(lambda name: value) for value in ("11", "12", "2")]
        [True, False, False]
        """
        tests = [self._one()]
        while self._takes("&&"):
            tests.append(self._one())
        return lambda look: all(test(look) for test in tests)

    def _one(self) -> Test:
        """A comparison, or conditions in parentheses. Raises `InvalidPattern`.

        >>> grouped = _Conditions("(a = 1 || a = 2) && a != 2", selectors=False).whole()
        >>> grouped(lambda name: "1"), grouped(lambda name: "2")
        (True, False)
        >>> _Conditions("(a = 1", selectors=False).whole()
        Traceback (most recent call last):
        stackproof.judgement.filter_pattern.InvalidPattern: '(a = 1' is not a condition that can be read
        >>> _Conditions("a ( 1", selectors=False).whole()
        Traceback (most recent call last):
        stackproof.judgement.filter_pattern.InvalidPattern: 'a ( 1' is not a condition that can be read
        >>> _Conditions("a b 1", selectors=False).whole()
        Traceback (most recent call last):
        stackproof.judgement.filter_pattern.InvalidPattern: 'a b 1' is not a condition that can be read
        """
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
        """``IS NULL``, ``IS TRUE``, ``IS FALSE``, ``NOT EXISTS``.

        >>> def stated(text, value):
        ...     return _Conditions(f"$.a {text}", selectors=True).whole()(lambda name: value)
        >>> values = (None, True, False, _MISSING)
        >>> [[stated(text, value) for value in values] for text in ("IS NULL", "IS TRUE", "NOT EXISTS")]
        [[True, False, False, False], [False, True, False, False], [False, False, False, True]]
        >>> stated("IS EXISTS", 1)
        Traceback (most recent call last):
        stackproof.judgement.filter_pattern.InvalidPattern: '$.a IS EXISTS' is not a condition that can be read
        >>> stated("NOT NULL", 1)
        Traceback (most recent call last):
        stackproof.judgement.filter_pattern.InvalidPattern: '$.a NOT NULL' is not a condition that can be read
        """
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
    """Whether what a name stands for compares with what is wanted. Raises `InvalidPattern`.

    >>> def compares(comparison, kind, wanted):
    ...     return [_compared("a", comparison, kind, wanted)(lambda name: value) for value in ("4", 5, "x", None)]
    >>> compares(">=", "plain", "5"), compares("=", "plain", "5"), compares("!=", "quoted", "5")
    ([False, True, False, False], [False, True, False, False], [True, False, True, False])
    >>> compares(">", "quoted", "5")
    Traceback (most recent call last):
    stackproof.judgement.filter_pattern.InvalidPattern: a > '5' compares with no number
    >>> compares(">", "plain", "x")
    Traceback (most recent call last):
    stackproof.judgement.filter_pattern.InvalidPattern: a > 'x' compares with no number
    """
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
    r"""Whether a value is what was asked for: a number as a number, if it is written without quotation marks.

    >>> [_equals("plain", "1e2")(value) for value in ("100", 100, "1e2", 101, "x")]
    [True, True, True, False, False]
    >>> [_equals("quoted", "1e2")(value) for value in ("100", 100)], _equals("plain", "x")("x")
    ([False, False], True)
    >>> _equals("quoted", r'a\"')('a"'), _equals("plain", r"a\"")('a"')
    (True, False)
    >>> [_equals("regex", "4[0-9]+")(value) for value in ("a 404", "5", 404)]
    [True, False, False]
    """
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
    >>> _fits("*", "x")
    True
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
    """The number that a value is or says; None for any other, and for true and false.

    >>> [_number(value) for value in ("1.5", 2, True, "x", None, [1])]
    [1.5, 2.0, None, None, None, None]
    """
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _regex(text: str) -> Expression:
    r"""A regular expression as CloudWatch Logs reads it. Raises `InvalidPattern` for what may not stand between percent signs.

    >>> _regex("a[0-9]").is_in("a1"), _regex(r"\d").is_in("\u0663")
    (True, False)
    >>> _regex("a(b)")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    stackproof.judgement.filter_pattern.InvalidPattern: %a(b)% has a character that a regular expression ...
    """
    if not re.fullmatch(r"[A-Za-z0-9:_#=@/;,\s^$?\[\]{}|\\*+.-]+", text):
        raise InvalidPattern(f"%{text}% has a character that a regular expression of a filter pattern may not have")
    try:
        return Expression(text, ascii_only=True)
    except ValueError as error:
        raise InvalidPattern(f"%{text}% {error}") from None
