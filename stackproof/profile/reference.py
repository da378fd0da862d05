"""The reference of an environment's tables and keys, written from the models.

``make documents`` writes it to ``docs/profile.md``.
"""

import types
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MinLen
from pydantic.fields import FieldInfo

from stackproof.profile.base import Table, every_table, in_one_line, is_unsaid, meanings
from stackproof.profile.schema import Profile

PREFACE = """# The tables of an environment

An environment is a file in `environments/`, or any that `--env` names. It may begin with `extends = "NAME"`: then it starts from another
one, and says only what differs. A key that is misspelt, missing or of the wrong type is told with its file and its name, and nothing is
judged. This page is written from the models themselves: `make documents`.
"""
NAMES = {str: "text", int: "whole number", float: "number", bool: "true or false", date: "date"}


def reference() -> str:
    """The page of every table and key of an environment, as Markdown."""
    return "\n".join([PREFACE, *(line for path, table in every_table("", Profile) for line in _section(path, table))])


def _section(path: str, table: type[Table]) -> Iterator[str]:
    docs = meanings(table)
    yield f"## {_heading(path)}\n"
    if table.__doc__ and path:
        yield in_one_line(table.__doc__) + "\n"
    yield "| key | type | default | meaning |\n| --- | --- | --- | --- |"
    for name, field in table.model_fields.items():
        cells = (f"`{field.alias or name}`", _type(field), _default(field), docs.get(name, ""))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def _heading(path: str) -> str:
    """
    >>> _heading(""), _heading("network"), _heading("network.security_groups[]"), _heading("network.security_groups[].ingress[].from")
    ('Keys of the file itself', '`[network]`', '`[[network.security_groups]]`', '`network.security_groups[].ingress[].from = { ... }`')
    """
    if not path:
        return "Keys of the file itself"
    if "[]" not in path:
        return f"`[{path}]`"
    return f"`[[{path[:-2]}]]`" if path.count("[]") == 1 and path.endswith("[]") else f"`{path} = {{ ... }}`"


def _type(field: FieldInfo) -> str:
    return _constrained(_named(field.annotation), field.metadata)


def _named(kind: Any) -> str:
    """
    >>> _named(tuple[int, ...]), _named(str | None), _named(Literal["plan", "aws"]), _named(Mapping[str, str])
    ('list of whole number', 'text', '`plan`, `aws`', 'map of text')
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _constrained(_named(inner[0]), inner[1:])
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in inner)
    if origin is tuple:
        return f"list of {_named(inner[0])}"
    if origin is Mapping:
        return f"map of {_named(inner[1])}"
    if origin in (Union, types.UnionType):
        return " or ".join(_named(one) for one in inner if one is not type(None))
    return NAMES.get(kind, "table")


def _constrained(name: str, constraints: Any) -> str:
    """A type with what its values are held to."""
    reported = []
    for one in constraints:
        if isinstance(one, Ge):
            reported.append(f"at least {one.ge}")
        elif isinstance(one, Le):
            reported.append(f"at most {one.le}")
        elif pattern := getattr(one, "pattern", None):
            reported.append(f"like `{pattern}`")
        elif isinstance(one, MinLen) or getattr(one, "min_length", None):
            reported.append(
                f"at least {one.min_length} of them" if name.startswith("list") else f"{one.min_length} characters or more"
            )
    return ", ".join([name, *reported])


def _default(field: FieldInfo) -> str:
    """What holds where the key is left out.

    >>> [_default(FieldInfo(default=one)) for one in (None, (), True, ("critical", "high"), 30)]
    ['none', 'none', '`true`', '`critical`, `high`', '`30`']
    """
    if field.is_required():
        return "required"
    if is_unsaid(field):
        return "not declared"
    default = field.get_default(call_default_factory=True)
    if default is None or default == () or default == {}:
        return "none"
    if isinstance(default, Table):
        return "as below" if default.is_declared else "not declared"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return ", ".join(f"`{one}`" for one in default) if isinstance(default, tuple) else f"`{default}`"


if __name__ == "__main__":
    print(reference(), end="")
