"""Which log groups an account-level policy or an observability link is about, by the criteria that it has.

Sources: CloudWatch Logs API reference, PutAccountPolicy (``selectionCriteria``); CloudWatch Observability Access Manager API reference,
LogGroupConfiguration (``Filter``).
"""

import functools
import re
from collections import deque

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<word>[A-Za-z]+)|(?P<sign>!=|=|[()\[\],*]))\s*""",
)
_FIELDS = {"loggroupname": False, "loggroupnameprefix": True}
"""What is compared, and whether a value stands for every name that begins with it."""
_ENDS = {"[": "]", "(": ")"}


def selects(criteria: str | None, name: str) -> bool:
    """True if criteria select a log group by its name; without criteria (or by ``*``) every group is.

    >>> [selects('LogGroupName NOT IN ["/aws/a", "/aws/b"]', name) for name in ("/aws/a", "/aws/c")]
    [False, True]
    >>> [selects("LogGroupName LIKE 'aws/%' OR LogGroupName = 'x' AND LogGroupName != 'y'", name) for name in ("aws/1", "x", "y")]
    [True, True, False]
    >>> selects(None, "x"), selects("*", "x"), selects("LogGroupName NOT IN []", "x"), selects('LogGroupNamePrefix = "/a"', "/ab")
    (True, True, True, True)
    >>> selects("LogGroupName MATCHES 'x'", "x")
    Traceback (most recent call last):
    ValueError: LogGroupName MATCHES 'x': MATCHES is no operator that is known

    Raises `ValueError` for criteria of a form that is not known.
    >>> selects("LogGroupName = 'x' 'y' 'z'", "x")
    Traceback (most recent call last):
    ValueError: LogGroupName = 'x' 'y' 'z': 'y' is no operator between conditions that is known
    >>> selects("LogGroupName LIKE 'x'", "x"), selects("LogGroupName LIKE 'x'", "xy"), selects("LogGroupName IN ['x', 'y',]", "y")
    (True, False, True)
    >>> selects("LogGroupName IN ['x' 'y']", "y")
    Traceback (most recent call last):
    ValueError: LogGroupName IN ['x' 'y']: LogGroupName IN ['x' 'y'] is no list that is known
    >>> selects("LogGroupName IN ['x'", "y")
    Traceback (most recent call last):
    ValueError: LogGroupName IN ['x': LogGroupName IN ['x' is no list that is known
    """
    if not (criteria or "").strip() or (criteria or "").strip() == "*":
        return True
    return _Criteria(str(criteria), name).holds()


class _Criteria:
    """Criteria while they are read: alternatives (``OR``) of conditions that hold together (``AND``)."""

    def __init__(self, written: str, name: str) -> None:
        self.written = written
        self.name = name
        self.tokens = deque(_tokens(written))

    def holds(self) -> bool:
        found = self._alternatives()
        if self.tokens:
            raise self._unknown(self.tokens[0], "operator between conditions")
        return found

    def _alternatives(self) -> bool:
        found = self._conditions()
        while self._takes("OR"):
            found |= self._conditions()
        return found

    def _conditions(self) -> bool:
        found = self._condition()
        while self._takes("AND"):
            found &= self._condition()
        return found

    def _condition(self) -> bool:
        field = self._next()
        if field.lower() not in _FIELDS:
            raise self._unknown(field, "field")
        is_wanted = not self._takes("NOT")
        operator = self._next()
        match operator.upper():
            case "IN":
                found = any(self._fits(field, value) for value in self._values())
            case "LIKE":
                found = self._is_like(self._value())
            case "=" | "!=" if is_wanted:
                found = self._fits(field, self._value()) == (operator == "=")
            case _:
                raise self._unknown(operator, "operator")
        return found == is_wanted

    def _fits(self, field: str, value: str) -> bool:
        return self.name.startswith(value) if _FIELDS[field.lower()] else self.name == value

    def _is_like(self, pattern: str) -> bool:
        beginning, sign, rest = pattern.partition("%")
        if rest:
            raise self._unknown(pattern, "pattern")
        return self.name.startswith(beginning) if sign else self.name == beginning

    def _values(self) -> list[str]:
        end = _ENDS.get(self._next())
        if end is None:
            raise self._unknown(self.written, "list")
        found: list[str] = []
        while not self._takes(end):
            found.append(self._value())
            if not self._takes(",") and (not self.tokens or self.tokens[0] != end):
                raise self._unknown(self.written, "list")
        return found

    def _value(self) -> str:
        token = self._next()
        if token[0] not in "\"'":
            raise self._unknown(token, "text in quotes")
        return token[1:-1]

    def _next(self) -> str:
        if not self.tokens:
            raise ValueError(f"{self.written}: it ends too early")
        return self.tokens.popleft()

    def _takes(self, token: str) -> bool:
        """Whether the next token is this one, which is then behind us."""
        found = bool(self.tokens) and self.tokens[0].upper() == token
        if found:
            self.tokens.popleft()
        return found

    def _unknown(self, what: str, kind: str) -> ValueError:
        return ValueError(f"{self.written}: {what} is no {kind} that is known")


@functools.lru_cache(maxsize=64)  # one policy is looked at for every log group
def _tokens(written: str) -> tuple[str, ...]:
    """The tokens of criteria. Raises `ValueError`.

    >>> _tokens("LogGroupName = 'x'")
    ('LogGroupName', '=', "'x'")
    >>> _tokens("LogGroupName ~ 'a name that is long enough'")
    Traceback (most recent call last):
    ValueError: LogGroupName ~ 'a name that is long enough': ~ 'a name that is lo is not understood
    """
    found, at = [], 0
    while at < len(written):
        match = _TOKEN.match(written, at)
        if not match:
            raise ValueError(f"{written}: {written[at : at + 20]} is not understood")
        found.append(match[0].strip())
        at = match.end()
    return tuple(found)
