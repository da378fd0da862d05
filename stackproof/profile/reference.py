"""The reference of an environment's tables and keys, and of waivers, written from the models, in English and Korean.

``make documents`` writes it to ``docs/profile.md`` and ``docs/profile.ko.md``.
"""

import functools
import sys
import types
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from stackproof.core.messages import Language
from stackproof.core.waivers import Waiver
from stackproof.profile.base import Table, every_table, in_one_line, is_unsaid, meanings
from stackproof.profile.schema import Profile
from stackproof.util import toml_document

KOREAN = Path(__file__).with_name("reference.ko.toml")
"""What the models say, and what this page says of them, each with its Korean."""

PREFACE: Mapping[Language, str] = {
    "en": """# The tables of an environment

An environment is a file in `environments/`, or any that `--env` names. It may begin with `extends = "NAME"`: then it starts from another
one, and says only what differs. A key that is misspelt, missing or of the wrong type is told with its file and its name, and nothing is
judged. This page is written from the models themselves: `make documents`.
""",
    "ko": """# 환경의 표

환경은 `environments/`의 파일이거나 `--env`가 가리키는 파일입니다. `extends = "NAME"`으로 시작하면 다른 환경에서 출발해 다른 것만 적습니다.
철자가 틀렸거나, 빠졌거나, 타입이 다른 키가 있으면 파일과 키 이름을 알리고 아무것도 판정하지 않습니다.
이 문서는 모델에서 만듭니다: `make documents`.
""",
}
NAMES = {str: "text", int: "whole number", float: "number", bool: "true or false", date: "date"}


def reference(language: Language = "en") -> str:
    """The page of every table and key of an environment, and of the keys of a waiver, as Markdown."""
    lines = (line for path, table in _sections() for line in _section(path, table, language))
    return "\n".join([PREFACE[language], *lines])


def texts() -> Iterator[str]:
    """Everything that the models say of themselves, in English: what `KOREAN` has in its table ``meanings``."""
    for path, table in _sections():
        yield _about(path, table)
        for name, field in table.model_fields.items():
            yield _meaning(table, name, field)


def _sections() -> Iterator[tuple[str, type[BaseModel]]]:
    yield from every_table("", Profile)
    yield "waiver[]", Waiver


@functools.cache
def _korean() -> Mapping[str, Mapping[str, str]]:
    return toml_document.read(KOREAN)


def _said(language: Language, text: str, *values: object) -> str:
    """A phrase of this page in a language."""
    return (text if language == "en" else _korean()["phrases"][text]).format(*values)


def _told(language: Language, text: str) -> str:
    """What a model says, in a language."""
    return text if language == "en" or not text else _korean()["meanings"][text]


def _section(path: str, table: type[BaseModel], language: Language) -> Iterator[str]:
    yield f"## {_heading(path, language)}\n"
    if about := _about(path, table):
        yield _told(language, about) + "\n"
    yield f"| {' | '.join(_said(language, head) for head in ('key', 'type', 'default', 'meaning'))} |\n| --- | --- | --- | --- |"
    for name, field in table.model_fields.items():
        meaning = _told(language, _meaning(table, name, field))
        cells = (f"`{field.alias or name}`", _type(field, language), _default(field, language), meaning)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def _about(path: str, table: type[BaseModel]) -> str:
    return in_one_line(table.__doc__) if table.__doc__ and path else ""


def _meaning(table: type[BaseModel], name: str, field: FieldInfo) -> str:
    return meanings(table).get(name, field.description or "")


def _heading(path: str, language: Language = "en") -> str:
    """
    >>> _heading(""), _heading("network"), _heading("network.security_groups[]"), _heading("network.security_groups[].ingress[].from")
    ('Keys of the file itself', '`[network]`', '`[[network.security_groups]]`', '`network.security_groups[].ingress[].from = { ... }`')
    """
    if not path:
        return _said(language, "Keys of the file itself")
    if path == "waiver[]":
        return _said(language, "`[[waiver]]` in `waivers.toml`")
    if "[]" not in path:
        return f"`[{path}]`"
    return f"`[[{path[:-2]}]]`" if path.count("[]") == 1 and path.endswith("[]") else f"`{path} = {{ ... }}`"


def _type(field: FieldInfo, language: Language) -> str:
    return _constrained(_named(field.annotation, language), field.metadata, language, is_list=_is_list(field.annotation))


def _named(kind: Any, language: Language = "en") -> str:
    """
    >>> _named(tuple[int, ...]), _named(str | None), _named(Literal["plan", "aws"]), _named(Mapping[str, str])
    ('list of whole number', 'text', '`plan`, `aws`', 'map of text')
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _constrained(_named(inner[0], language), inner[1:], language, is_list=_is_list(inner[0]))
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in inner)
    if origin is tuple:
        return _said(language, "list of {}", _named(inner[0], language))
    if origin is Mapping:
        return _said(language, "map of {}", _named(inner[1], language))
    if origin in (Union, types.UnionType):
        return f" {_said(language, 'or')} ".join(_named(one, language) for one in inner if one is not type(None))
    return _said(language, NAMES.get(kind, "table"))


def _is_list(kind: Any) -> bool:
    if get_origin(kind) in (Annotated, Union, types.UnionType):
        return any(map(_is_list, get_args(kind)))
    return get_origin(kind) is tuple


def _constrained(name: str, constraints: Any, language: Language, *, is_list: bool) -> str:
    """A type with what its values are held to."""
    reported = []
    for one in constraints:
        if isinstance(one, Ge):
            reported.append(_said(language, "at least {}", one.ge))
        elif isinstance(one, Le):
            reported.append(_said(language, "at most {}", one.le))
        elif pattern := getattr(one, "pattern", None):
            reported.append(_said(language, "like `{}`", pattern))
        elif isinstance(one, MinLen) or getattr(one, "min_length", None):
            reported.append(_said(language, "at least {} of them" if is_list else "{} characters or more", one.min_length))
    return ", ".join([name, *reported])


def _default(field: FieldInfo, language: Language = "en") -> str:
    """What holds where the key is left out.

    >>> [_default(FieldInfo(default=one)) for one in (None, (), True, ("critical", "high"), 30)]
    ['none', 'none', '`true`', '`critical`, `high`', '`30`']
    """
    if field.is_required():
        return _said(language, "required")
    if is_unsaid(field):
        return _said(language, "not declared")
    default = field.get_default(call_default_factory=True)
    if default is None or default == () or default == {}:
        return _said(language, "none")
    if isinstance(default, Table):
        return _said(language, "as below" if default.is_declared else "not declared")
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return ", ".join(f"`{one}`" for one in default) if isinstance(default, tuple) else f"`{default}`"


if __name__ == "__main__":
    print(reference("ko" if "ko" in sys.argv else "en"), end="")
