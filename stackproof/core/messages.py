"""The sentences of reports and commands in English and Korean, and the user's language."""

import functools
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Literal

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")

FILE = Path(__file__).with_name("messages.toml")

Catalogue = Mapping[str, Mapping[Language, str]]


@functools.cache
def catalogue(file: Path = FILE) -> Catalogue:
    """Every message in each language, by its dotted key: ``reason.throttled``."""
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    return {f"{section}.{key}": message for section, messages in document.items() for key, message in messages.items()}


def say(language: Language, key: str, /, **values: object) -> str:
    """A message in a language, its names filled in. Raises `KeyError` for a message that is not in the catalogue.

    >>> say("ko", "reason.throttled")
    '요청 제한에 걸려 확인하지 못했습니다'
    """
    return catalogue()[key][language].format(**values)


def told(text: str, language: Language) -> str:
    """A sentence of the suite's own (the ``told`` messages of the catalogue) in a language; any other text as it is.

    >>> told("judged on the embedded cloud, live AWS; the target of this run is plan", "ko")
    '내장 클라우드, 실제 AWS에서 판정하는 항목입니다 (이 실행의 대상: plan)'
    >>> told("something else", "ko")
    'something else'
    """
    if language == "en":
        return text
    for pieces, names, message in _told():
        values = _between(text, pieces)
        if values is not None:
            said = {
                name: ", ".join(_word(part, language) for part in value.split(", "))
                for name, value in zip(names, values, strict=True)
            }
            return message[language].format(**said)
    return text


@functools.cache
def _told() -> list[tuple[list[str], list[str], Mapping[Language, str]]]:
    """The pieces of each ``told`` message around its names, its names, and the message; the longest first."""
    found = []
    for key, message in catalogue().items():
        if key.startswith("told."):
            parsed = list(Formatter().parse(message["en"]))
            names = [name for _, name, _, _ in parsed if name]
            pieces = [literal for literal, *_ in parsed]
            found.append(([*pieces, *([""] if len(pieces) == len(names) else [])], names, message))
    return sorted(found, key=lambda one: -sum(map(len, one[0])))


def _word(text: str, language: Language) -> str:
    """A word or two that are a message of their own: the name of a stage."""
    return next((message[language] for pieces, _, message in _told() if pieces == [text]), text)


def _between(text: str, pieces: list[str]) -> list[str] | None:
    """What of a text stands between these pieces; None where they are not there, in this order, from its start to its end.

    >>> _between("a is b", ["", " is ", ""]), _between("a", ["", " is ", ""])
    (['a', 'b'], None)
    """
    first, *rest = pieces
    if not text.startswith(first):
        return None
    if not rest:
        return [] if text == first else None
    values, at = [], len(first)
    for piece in rest[:-1]:
        found = text.find(piece, at)
        if found < 0:
            return None
        values.append(text[at:found])
        at = found + len(piece)
    last = len(text) - len(rest[-1])
    return [*values, text[at:last]] if text.endswith(rest[-1]) and last >= at else None


def users_language(environment: Mapping[str, str] = os.environ) -> Language:
    """The language of the user's locale: Korean where it says so, else English.

    >>> users_language({"LANG": "ko_KR.UTF-8"}), users_language({"LC_ALL": "C", "LANG": "ko_KR.UTF-8"}), users_language({})
    ('ko', 'en', 'en')
    """
    said = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    return "ko" if said.lower().startswith("ko") else "en"
