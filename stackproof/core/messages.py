"""The sentences of reports and commands in English and Korean, and the user's language."""

import functools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Literal

from stackproof.util import toml_document

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")

FILE = Path(__file__).with_name("messages.toml")

chosen: ContextVar[Language | None] = ContextVar("chosen", default=None)
"""The language that was asked for with ``--lang``; None where the locale decides."""

Catalogue = Mapping[str, Mapping[Language, str]]


@functools.cache
def catalogue(file: Path = FILE) -> Catalogue:
    """Every message in each language, by its dotted key: ``reason.throttled``."""
    document = toml_document.read(file)
    return {f"{section}.{key}": message for section, messages in document.items() for key, message in messages.items()}


def say(language: Language, key: str, /, **values: object) -> str:
    """A message in a language, its names filled in. Raises `KeyError` for a message that is not in the catalogue.

    >>> say("ko", "reason.throttled")
    '요청 제한에 걸려 확인하지 못했습니다'
    """
    return catalogue()[key][language].format(**values)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Let messages be in a language while the block runs."""
    token = chosen.set(language)
    try:
        yield
    finally:
        chosen.reset(token)


def users_language(environment: Mapping[str, str] = os.environ) -> Language:
    """The language that the user asked for (``--lang``), else that of the locale: Korean where it says so, else English.

    >>> users_language({"LANG": "ko_KR.UTF-8"}), users_language({"LC_ALL": "C", "LANG": "ko_KR.UTF-8"}), users_language({})
    ('ko', 'en', 'en')
    """
    if language := chosen.get():
        return language
    said = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    return "ko" if said.lower().startswith("ko") else "en"
