"""Filter patterns, on the examples of the CloudWatch Logs user guide, "Filter pattern syntax"."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackproof.judgement.filter_pattern import InvalidPattern, extracted, matches, words

SENTRY = '[timestamp, request_id, level="ERROR", ...]'
ERRORS = [
    "[ERROR 400] BAD REQUEST",
    "[ERROR 401] UNAUTHORIZED REQUEST",
    "[ERROR 419] MISSING ARGUMENTS",
    "[ERROR 420] INVALID ARGUMENTS",
]
MIXED = ["ERROR WARN message", "ERROR message", "WARN message"]
REQUESTS = ["[INFO] REQUEST FAILED", "[WARN] UNAUTHORIZED REQUEST", "[ERROR] 400 BAD REQUEST"]
SERVICE = [
    "INFO 09/25/2014 12:00:00 GET /service/resource/67 1200",
    "INFO 09/25/2014 12:00:01 POST /service/resource/67/part/111 1310",
    "WARNING 09/25/2014 12:00:02 Invalid user request",
    "ERROR 09/25/2014 12:00:02 Failed to process request",
]
APACHE = [
    '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 200 1534',
    '127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] "GET /apache_pb.gif HTTP/1.0" 500 5324',
    '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534',
    '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 403 900',
]
EVENT = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": None,
        "ThisFlag": True,
        "latency": 500,
        "numbers": [0.001],
        "users": [1, 2, 3],
    }
)
USERS = json.dumps(
    {
        "user": {"id": 1, "email": "John.Stiles@example.com"},
        "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
        "actions": ["GET", "PUT", "DELETE"],
        "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
    }
)


def selected(pattern: str, messages: list[str]) -> list[int]:
    return [number for number, message in enumerate(messages) if matches(pattern, message)]


@pytest.mark.parametrize(
    ("pattern", "messages", "expected"),
    [
        ("ERROR", ERRORS, [0, 1, 2, 3]),
        ("error", ERRORS, []),
        ("ERROR", ["[ERROR] A fatal exception has occurred", "Exiting with ERRORCODE: -1"], [0, 1]),
        ('"ERROR" -"Exiting"', ["[ERROR] A fatal exception has occurred", "Exiting with ERRORCODE: -1"], [0]),
        ("ERROR ARGUMENTS", ERRORS, [2, 3]),
        ("?ERROR ?ARGUMENTS", ERRORS, [0, 1, 2, 3]),
        ("?ERROR ?WARN", MIXED, [0, 1, 2]),
        ("ERROR WARN", MIXED, [0]),
        ("ERROR -WARN", MIXED, [1]),
        ("?ERROR REQUEST", REQUESTS, [0, 1, 2]),  # beside another term, one with a question mark is ignored
        ('"INTERNAL SERVER ERROR"', ["[ERROR 500] INTERNAL SERVER ERROR", "SERVER INTERNAL ERROR"], [0]),
        ("ERROR -ARGUMENTS", ERRORS, [0, 1]),
        ('" "', ERRORS, [0, 1, 2, 3]),
        ("", ERRORS, [0, 1, 2, 3]),
        ("%AUTHORIZED%", ["[ERROR 401] UNAUTHORIZED REQUEST", "[SUCCESS 200] AUTHORIZED REQUEST", "[INFO] REQUEST"], [0, 1]),
        ("%colou?r%", ["color", "colour", "colr"], [0, 1]),
        ("%^[hc]at%", ["hat", "cat", "that"], [0, 1]),
        (r"%10\.10\.0\.1%", ["from 10.10.0.1", "from 10.10.011"], [0]),
    ],
)
def test_terms(pattern: str, messages: list[str], expected: list[int]) -> None:
    assert selected(pattern, messages) == expected


@pytest.mark.parametrize(
    ("pattern", "messages", "expected"),
    [
        ("[ip, user, username, timestamp, request, status_code, bytes]", APACHE, [0, 1, 2, 3]),
        ("[ip, user, username, timestamp, request, status_code, bytes > 1000]", APACHE, [0, 1, 2]),
        ("[ip, user, username, timestamp, request, status_code = 200, bytes]", APACHE, [0]),
        ("[ip, user, username, timestamp, request, status_code = 4*, bytes]", APACHE, [2, 3]),
        ("[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", APACHE, [2, 3]),
        ("[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", APACHE, [2, 3]),
        ("[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]", APACHE, [2]),
        ("[ip, user, username, timestamp, request, status_code = 404 || status_code = 410, bytes]", APACHE, [2]),
        (r"[ip=%127\.0\.0\.[1-9]%, user, username, timestamp, request, status_code = 4*, bytes]", APACHE, [2, 3]),
        ("[..., status_code, bytes]", APACHE, [0, 1, 2, 3]),
        ("[ip, user, ..., status_code = 500, bytes]", APACHE, [1]),
        ("[ip, user = Prod, ...]", APACHE, [2, 3]),
        ("[..., request=*.html*, status_code=4*,]", APACHE, [2, 3]),
        ("[w1=ERROR, w2]", SERVICE, [3]),
        ("[w1=ERROR || W1=WARNING, w2]", SERVICE, [2, 3]),
        ("[w1!=ERROR && w1!=WARNING, w2]", SERVICE, [0, 1]),
        ("[w1=ERROR || w1=%WARN%, w2]", SERVICE, [2, 3]),
        ("[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]", SERVICE, [0]),
        ("[logLevel, date, time, method, url=%/service/resource/[0-9]+/part/[0-9]+$%, response_time]", SERVICE, [1]),
        # not in the guide: parentheses; a comma inside quotation marks; fewer words than fields; nothing that can be compared
        ("[w1 = ERROR && (w1 != FOO || w1 = WARNING), w2]", SERVICE, [3]),
        ('[a="x, y", b]', ['"x, y" z', "x, y z"], [0]),
        ("[a, b, c]", ["one two", "one two three", "one two three four"], [1, 2]),
        ("[a, b > 10]", ["x 9", "x 11", "x eleven"], [1]),
    ],
)
def test_fields_of_a_line(pattern: str, messages: list[str], expected: list[int]) -> None:
    assert selected(pattern, messages) == expected


@pytest.mark.parametrize(
    ("message", "is_selected"),
    [
        ("2026-01-20T10:00:00.500Z 5f1c ERROR it broke", True),
        ("2026-01-20T10:00:00.500Z 5f1c ERROR", True),
        ("2026-01-20T10:00:00.500Z 5f1c INFO after an ERROR", False),
        ("2026-01-20T10:00:00.500Z 5f1c ERRORS many", False),
        ("2026-01-20T10:00:00.500Z 5f1c error small", False),
        ("ERROR 5f1c", False),
        ('{"timestamp": "2026", "level": "ERROR", "message": "x"}', False),
        ("", False),
    ],
)
def test_the_documented_sentry_pattern(message: str, is_selected: bool) -> None:
    assert matches(SENTRY, message) is is_selected


@pytest.mark.parametrize(
    ("pattern", "event", "is_selected"),
    [
        ('{ $.eventType = "UpdateTrail" }', EVENT, True),
        ('{ $.eventType = "Update*" }', EVENT, True),
        ('{ $.eventType = "Other" }', EVENT, False),
        ("{ $.sourceIPAddress != 123.123.* }", EVENT, True),
        ("{ $.sourceIPAddress != 111.111.* }", EVENT, False),
        ('{ $.arrayKey[0] = "value" }', EVENT, True),
        ("{ $.objectList[1].id = 2 }", EVENT, True),
        ("{ $.SomeObject IS NULL }", EVENT, True),
        ("{ $.SomeOtherObject NOT EXISTS }", EVENT, True),
        ("{ $.SomeObject NOT EXISTS }", EVENT, False),
        ("{ $.ThisFlag IS TRUE }", EVENT, True),
        ("{ $.ThisFlag IS FALSE }", EVENT, False),
        ("{ $.latency >= 500 }", EVENT, True),
        ("{ $.latency > +1000 }", EVENT, False),
        ("{ $.latency < 10e3 }", EVENT, True),
        ("{ $.numbers[0] = 1e-3 }", EVENT, True),
        ("{ $.latency = * }", EVENT, True),
        ("{ $.users = 1 }", EVENT, False),
        ("{ $.users != 1 }", EVENT, False),
        ("{ $.missing != 1 }", EVENT, False),
        ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', USERS, True),
        ('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', USERS, False),
        ('{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }', USERS, True),
        (
            '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch }',
            USERS,
            False,
        ),
        ("{$.foo = bar}", '{"foo": "bar"}', True),
        ("{$.foo = bar || $.foo = baz }", '{"foo": "baz"}', True),
        ("{$.foo = %^b.[rz]$%}", '{"foo": "baz"}', True),
        ("{$.foo = bar}", "not json", False),
        ("{$.foo = bar}", '["foo"]', False),
    ],
)
def test_properties_of_a_json_event(pattern: str, event: str, is_selected: bool) -> None:
    assert matches(pattern, event) is is_selected


@pytest.mark.parametrize(
    "pattern",
    [
        "[w1=ERROR OR w1=WARNING, w2]",
        "[w1=ERROR && || w1=WARNING, w2]",
        "[w1==ERROR, w2]",
        "[a > ten]",
        "[a =]",
        "[a = 1 && b = 2, b]",
        "[(a = 1, b]",
        "[..., a, ...]",
        "{ level = ERROR }",
        "{ $.level }",
        "{ $.level IS NOTHING }",
        "{ $.level = $.other }",
        "{ }",
        '"unfinished',
        "%(a|b)%",
        "%[%",
    ],
)
def test_what_cannot_be_read_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidPattern):
        matches(pattern, "anything")


def test_what_is_taken_out_of_a_line() -> None:
    """The guide's example of a dimension."""
    pattern = "[ip, server, username, timestamp, request, status_code, bytes > 1000]"
    assert extracted(pattern, APACHE[2]) == {
        "$ip": "127.0.0.1",
        "$server": "Prod",
        "$username": "frank",
        "$timestamp": "10/Oct/2000:13:25:15 -0700",
        "$request": "GET /index.html HTTP/1.0",
        "$status_code": "404",
        "$bytes": "1534",
    }
    assert extracted("ERROR", "ERROR") == {}
    assert extracted("ERROR", "INFO") is None


WORD = st.from_regex(r"[A-Za-z0-9_:.-]+", fullmatch=True)


@given(WORD, WORD, WORD, st.lists(WORD))
def test_the_level_alone_decides(timestamp: str, request: str, level: str, rest: list[str]) -> None:
    assert matches(SENTRY, " ".join([timestamp, request, level, *rest])) is (level == "ERROR")


@given(st.text())
def test_any_line_can_be_judged(line: str) -> None:
    words(line)
    assert matches(SENTRY, line) in (True, False)
    assert matches('{ $.level = "ERROR" }', line) in (True, False)


@given(st.text(max_size=40))
def test_any_pattern_is_read_or_refused(pattern: str) -> None:
    with contextlib.suppress(InvalidPattern):
        matches(pattern, "a line")
