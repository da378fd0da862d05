"""No text from outside hangs a run: what looks for secrets and personal data takes time in proportion to the text, and so does every
regular expression of the package."""

import ast
import importlib
import inspect
import pkgutil
import re
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from attack_figures import ATTACK
from hypothesis import given, settings
from hypothesis import strategies as st

import stackproof
from stackproof.core.ledger import displayed
from stackproof.judgement.access import matches
from stackproof.redaction import redaction
from stackproof.redaction.credentials import credentials_in, in_line
from stackproof.redaction.logged import redacted_message
from stackproof.redaction.plain_secrets import Variable, plain_secrets
from stackproof.redaction.shapes import shapes
from stackproof.util.patterns import Expression
from stackproof.util.text import abridged

try:
    from re import _parser as parser
except ImportError:
    import sre_parse as parser

SMALL = 1 << 14
LARGE = 1 << 20 if ATTACK else 1 << 17
QUICK = 0.06
"""Seconds of a processor: what takes less for a small text is not measured; what is quadratic takes ten times as long."""

HOSTILE = (
    *("password=", 'password="', 'password=\\"', '{"password":"\\', '\\"', "\\\\", "password: is ", 'token="is ', "secret='not "),
    *("a", "a.", "a-", "password", "key: ", "auth=a-", "auth=a.", "pass=a ", "compass=", "x ", "1", "A", "aB3", "aB3+/"),
    *("cookie: a=", "cookie: a ", "token: |\n  is ", "<key>", "<password>", "login a password ", "password value: "),
    *("://a:", "postgres://a:b", "http://a:", "http://a:b@", "-----BEGIN PRIVATE KEY-----\n", "-----BEGIN PRIVATE KEY----- "),
    *(
        "eyJ-",
        "eyJaaaaaaaa.",
        "sk-",
        "ghp_",
        "+ASt",
        "sk-ant-",
        "glpat-.",
        "bedrock-api-key-/",
        "$argon2id$",
        "AAAAAAAAAAAAAAAAAAAAA",
    ),
    *("arn:aws:s3:::a ", "arn:aws:", "mysql -p", "mysql ", "curl -u ", "sshpass -p ", "*:5432:a:b:", "a:b:"),
    *(
        '"name": "DB_PASSWORD", ',
        '"name":"a","value":',
        '"name":"token",',
        '"value":"a",',
        "identified with a by ",
        "identified by ",
    ),
    *(
        "password=${",
        "password=$(",
        "password={{",
        "password=<a",
        "%22password%22",
        "&quot;key&quot;:&quot;",
        "(redacted a",
        "(redacted)",
    ),
    *(
        "1234567 ",
        "1234567890:",
        "900101-",
        "010-1234-",
        "02) ",
        "a@a",
        "a@",
        "a@a.",
        "4111-",
        "4111",
        "/a",
        "\\n",
        "\n",
        "  ",
        "\t",
    ),
    *(
        "'",
        "''",
        "password='x''",
        'key=""""',
        "Maaaaaaaaaaaaaaaaaaaaaaaaa.",
        "0/1234567890123456",
        "[",
        "{",
        '{"a":',
        "[[",
        "password:[",
    ),
    *("%61", "p%61ssword=", "%2525252561", "&amp;amp;#112;", "&#112;ass:", "\\u0070", "\\\\\\u0070ass=", "%EB%B9%84"),
    *("\\U00000070ass=", "\\160", "\\70 ", "\\\\\\N{A", "%25u0070", "&lowbar;pass=", "&#x70", "&#112"),
    *("Authorization: Digest ", "authorization: bearer ", 'WWW-Authenticate: Bearer a="', "Basic ", "SK0", "비밀번호", "주민 "),
)


def as_data(text: str) -> object:
    return redaction.redact_data({"description": text})


def as_source(text: str) -> object:
    return credentials_in(text, lambda line: in_line(line, "CONFIG"))


def as_variable(text: str) -> object:
    return plain_secrets([Variable("SETTING", text)])


LOOKS: tuple[Callable[[str], object], ...] = (
    redaction.redact,
    redacted_message,
    as_data,
    as_source,
    as_variable,
    displayed,
    abridged,
)


def seconds(look: Callable[[str], object], text: str, times: int = 3) -> float:
    """The least that it took this process, nothing remembered."""
    taken = []
    for _ in range(times):
        redaction.forget()
        redacted_message.cache_clear()
        started = time.process_time()
        look(text)
        taken.append(time.process_time() - started)
        if taken[-1] < QUICK:
            break
    return min(taken)


def repeated(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


def grows_too_fast(look: Callable[[str], object], unit: str, size: int = SMALL, begins: str = "", ends: str = "") -> str:
    """What was measured, if a text of twice the length takes three times as long or more; empty otherwise."""
    if (small := seconds(look, begins + repeated(unit, size) + ends)) < QUICK:
        return ""
    for _ in range(3):  # what grows too fast does so each time; what another process of this machine took does not
        large = seconds(look, begins + repeated(unit, 2 * size) + ends)
        if large <= 3 * small:
            return ""
        small = max(small, seconds(look, begins + repeated(unit, size) + ends))
    return f"{unit!r}: {small:.2f} s, then {large:.2f} s"


def units(look: Callable[[str], object]) -> Sequence[str]:
    """What a look is tried with: `redaction.redact`, which all of them begin with, with everything; the others with a share each.

    ``make attack`` tries each with everything.
    """
    place, others = LOOKS.index(look), len(LOOKS) - 1
    return HOSTILE if place == 0 or ATTACK else HOSTILE[place - 1 :: others]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.__name__)
def test_twice_the_text_takes_at_most_twice_the_time(look: Callable[[str], object]) -> None:
    assert [reported for unit in units(look) if (reported := grows_too_fast(look, unit))] == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=4).map("".join))
def test_nor_does_any_mixture(unit: str) -> None:
    assert grows_too_fast(redaction.redact, unit) == ""


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.__name__)
def test_a_long_text_of_everything_is_gone_through(look: Callable[[str], object]) -> None:
    text = repeated("".join(repeated(unit, 400) for unit in HOSTILE), LARGE)
    look(text)


def test_json_that_was_cut_inside_a_text_does_not_hang() -> None:
    for unit in ("\\x", '\\"', "\\\\"):
        for begins in ('{"password": "', '{"description": "', '{"token": "is '):
            assert grows_too_fast(redaction.redact, unit, begins=begins) == ""


def test_a_pattern_of_a_profile_that_does_not_end_is_refused_with_one_message() -> None:
    with pytest.raises(ValueError, match=r"takes too long on some texts"):
        Expression("(a|aa)+$")
    with pytest.raises(ValueError, match="is not a regular expression"):
        Expression("(a")
    assert not grows_too_fast(lambda text: matches("*a" * 200 + "b", text), "a"), "a wildcard is tried once at each place"


class Use(NamedTuple):
    """A regular expression of the package, and how it is used."""

    place: str
    pattern: re.Pattern[str]
    is_searched: bool
    """Whether it may begin anywhere in a text, or only where the text begins."""


SEARCHES = ("search", "finditer", "findall", "sub", "subn", "split")
USES = (*SEARCHES, "match", "fullmatch")


def patterns() -> Iterator[Use]:
    """The regular expressions that the modules of the package hold or use in place, by their places."""
    for found in pkgutil.walk_packages(stackproof.__path__, "stackproof."):
        if found.name.rpartition(".")[2] == "__main__" or found.name in NOT_IMPORTED:
            continue
        module = importlib.import_module(found.name)
        source = inspect.getsource(module) if Path(module.__file__ or "").stat().st_size else ""
        begin = {*re.findall(r"\b(\w+)\.(?:full)?match\(", source)}
        search = {*re.findall(rf"\b(\w+)\.(?:{'|'.join(SEARCHES)})\b", source)}
        for name, value in vars(module).items():
            yield from (Use(f"{found.name}.{name}", one, name in search or name not in begin) for one in held(value))
        yield from in_place(found.name, source, vars(module))


NOT_IMPORTED = ("stackproof.scanners.scanner",)
"""It is a script of checkov's environment."""


def in_place(name: str, source: str, names: dict[str, object]) -> Iterator[Use]:
    """The patterns that are written in a call, as in ``re.search("a+", text)``."""
    if "re." not in source:
        return
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=how), args=[written, *_]) if how in USES:
                try:
                    pattern = eval(compile(ast.Expression(written), name, "eval"), dict(names))
                except NameError:  # it is put together of what the function has
                    continue
                if isinstance(pattern, str):
                    yield Use(f"{name} line {node.lineno}", re.compile(pattern), how in SEARCHES)


def held(value: object, depth: int = 0) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif depth < 3 and isinstance(value, tuple | list | set | frozenset):
        for one in value:
            yield from held(one, depth + 1)
    elif depth < 3 and isinstance(value, dict):
        yield from held(list(value.values()), depth + 1)


def letters(parsed: Any) -> Iterator[str]:
    """A letter of each class of letters that a regular expression repeats, and the letters that it names."""
    for code, argument in parsed:
        name = str(code)
        if name == "LITERAL":
            yield chr(argument)
        elif name == "NOT_LITERAL":
            yield "a" if argument != ord("a") else "b"
        elif name == "ANY":
            yield "a"
        elif name == "IN":
            yield from members(argument)
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            yield from letters(argument[2])
        elif name in ("SUBPATTERN", "ATOMIC_GROUP", "ASSERT", "ASSERT_NOT"):
            yield from letters(argument[-1] if name != "ATOMIC_GROUP" else argument)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from letters(branch)


CATEGORIES = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_WORD": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": "a",
    "CATEGORY_NOT_WORD": "-",
}


def members(argument: list[tuple[object, Any]]) -> Iterator[str]:
    if str(argument[0][0]) == "NEGATE":
        yield from ("a", "1", " ", "-", ":")
        return
    for code, what in argument:
        if str(code) == "LITERAL":
            yield chr(what)
        elif str(code) == "RANGE":
            yield chr(what[0])
        elif str(code) == "CATEGORY":
            yield CATEGORIES.get(str(what), "a")


def attacks(pattern: re.Pattern[str]) -> list[str]:
    """Units whose repetition makes a regular expression go over the same text again, if anything does."""
    found = list(dict.fromkeys(letters(parser.parse(pattern.pattern, pattern.flags))))
    return [*found[:20], *(one + other for one, other in pairwise(found[:12])), "".join(found)[:12] or "a"]


def groups_kept(parsed: Any) -> Iterator[str]:
    """The possessive quantifiers behind more than one letter or class of letters."""
    for code, argument in parsed:
        name = str(code)
        if name == "POSSESSIVE_REPEAT" and [str(each) for each, _ in argument[2]] not in ONE_LETTER:
            yield f"{{{argument[0]},{argument[1]}}}+"
        for part in argument if isinstance(argument, tuple | list) else [argument]:
            for inner in part if isinstance(part, list) else [part]:
                if isinstance(inner, parser.SubPattern):
                    yield from groups_kept(inner)


ONE_LETTER = (["LITERAL"], ["NOT_LITERAL"], ["IN"], ["ANY"])


@pytest.mark.parametrize(
    ("pattern", "kept"),
    [
        (r"\w++[^a]*+b?+.{2}+", 0),
        (r"(?>(?:a|bc)+)", 0),
        (r"(?:a|bc)++", 1),
        (r"(x)?+", 1),
        (r"a|(?:(?=(?:ab)*+)b)", 1),
        (r"(?!(?>(?:ab){1,3}+))", 1),
        (r"(?P<a>x)(?(a)(?:ab)++|c)", 1),
    ],
)
def test_a_possessive_group_is_found(pattern: str, kept: int) -> None:
    assert len([*groups_kept(parser.parse(pattern))]) == kept


def test_no_pattern_has_a_possessive_quantifier_behind_a_group() -> None:
    """Before Python 3.11.5 what such a group matches can be wrong (gh-106052); an atomic group, ``(?>(?:ab)+)``, is right in all."""
    expressions = [*patterns(), *(Use(f"secret_kinds.toml {one.kind}", one.pattern, True) for one in shapes())]
    wrong = [
        f"{use.place}: {one}" for use in expressions for one in groups_kept(parser.parse(use.pattern.pattern, use.pattern.flags))
    ]
    assert wrong == []


def test_every_pattern_of_the_package_is_linear() -> None:
    """Tried with what it is made of: a new one that is not linear is found here, before somebody sends the text for it."""
    slow = []
    for use in patterns():
        look = use.pattern.search if use.is_searched else use.pattern.fullmatch
        for unit in attacks(use.pattern):
            if reported := grows_too_fast(look, unit, ends="\x00"):
                slow.append(f"{use.place}: {reported}")
                break
    assert slow == []
