"""The base of every table of a profile, and the kinds of text that several tables hold.

A table that the profile does not have is there all the same, undeclared: its keys have their defaults, and a key without one raises
`NotDeclared` when a control reads it. So an empty profile is a valid one, and whatever needs no expectation is judged by it.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    model_serializer,
    model_validator,
)
from pydantic.fields import FieldInfo

from stackproof.core.verdicts import NotDeclared
from stackproof.util.patterns import Expression

_UNSAID: dict[str, Any] = {"unsaid": True}


def unsaid(**constraints: Any) -> Any:
    """Declare a key that a profile may leave out: then it has no value, and reading it raises `NotDeclared`."""
    return Field(default=None, json_schema_extra=_UNSAID, **constraints)


def is_unsaid(field: FieldInfo) -> bool:
    """True for a key that a profile may leave out without a default; see `unsaid`."""
    return field.json_schema_extra is _UNSAID


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)  # a table is read within others

    place: ClassVar[str] = ""
    """Where tables of this kind stand in a profile: ``database``, ``logs.cost``; see `placed`."""

    _is_declared: bool = PrivateAttr(default=True)

    @classmethod
    def undeclared(cls) -> Self:
        """The stand-in for a table that the profile does not have."""
        made = cls.model_construct()
        made._is_declared = False
        _forget_the_unsaid(made)
        return made

    @property
    def is_declared(self) -> bool:
        """True if the profile has the table."""
        return self._is_declared

    def says(self, key: str) -> bool:
        """True if a key has a value, given or by default: reading it does not raise."""
        return key in self.__dict__

    @model_validator(mode="after")
    def _without_the_unsaid(self) -> Self:
        _forget_the_unsaid(self)
        return self

    @model_serializer(mode="wrap")
    def _serialized(self, serialize: Any) -> dict[str, Any]:
        """What the profile has, so that reading it again gives the same profile: without undeclared tables and keys that it leaves out."""
        hidden = {name for name, value in self.__dict__.items() if isinstance(value, Table) and not value.is_declared}
        hidden |= {field.alias for name, field in type(self).model_fields.items() if name in hidden and field.alias}
        return {name: value for name, value in serialize(self).items() if name not in hidden}

    def __repr__(self) -> str:
        """The name of the table alone, so that the message of a failed assertion does not print whole tables."""
        return f"<{type(self).__name__}>"


def _forget_the_unsaid(table: Table) -> None:
    for name, field in type(table).model_fields.items():
        if is_unsaid(field) and name not in table.model_fields_set:
            table.__dict__.pop(name, None)


def not_declared(table: type[Table], name: str) -> NotDeclared:
    """The error for a key that a profile leaves out: what it is, and where it is written."""
    field = table.model_fields[name]
    written = field.alias or name
    meaning = meanings(table).get(name, "").rstrip(".")
    where = f"[{table.place}] {written}" if table.place else written
    said = f"{where} is not declared{f' ({meaning[0].lower()}{meaning[1:]})' if meaning else ''}: nothing to judge by"
    return NotDeclared(said, needs=(f"{table.place}.{written}".lstrip("."),))


@functools.cache
def meanings(table: type[BaseModel]) -> dict[str, str]:
    """The docstring of each key of a model, those of its bases included, in one line; nothing for a key without one."""
    import ast
    import inspect
    import textwrap

    found: dict[str, str] = {}
    for base in reversed([one for one in table.__mro__ if issubclass(one, BaseModel) and one not in (Table, BaseModel)]):
        body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, text in zip(body.body, body.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
                found[field.target.id] = in_one_line(str(ast.literal_eval(text.value)))
    return found


def in_one_line(text: str) -> str:
    """
    >>> in_one_line('Its beginning:  ``17`` is' + chr(10) + '  every 17.x.')
    'Its beginning: `17` is every 17.x.'
    """
    return " ".join(text.split()).replace("``", "`")


def tables_in(kind: Any, form: str = "{}") -> Iterator[tuple[str, type[Table]]]:
    """The tables in the type of a key, each with how its heading is written: that of a list ends in ``[]``, that of a map in a name."""
    if isinstance(kind, type) and issubclass(kind, Table):
        yield form, kind
    elif get_origin(kind) is tuple:
        yield from tables_in(get_args(kind)[0], form + "[]")
    elif get_origin(kind) is Mapping:
        yield from tables_in(get_args(kind)[1], form + ".NAME")
    else:
        for part in get_args(kind):
            yield from tables_in(part, form)


def every_table(path: str, table: type[Table]) -> Iterator[tuple[str, type[Table]]]:
    """A table and all below it, each with the key that it stands at."""
    yield path, table
    for name, field in table.model_fields.items():
        key = f"{path}.{field.alias or name}".lstrip(".")
        for form, nested in tables_in(field.annotation):
            yield from every_table(form.format(key), nested)


def placed(root: type[Table]) -> type[Table]:
    """Tell every kind of table below the root where it stands (a class decorator)."""
    for path, table in every_table("", root):
        table.place = table.place or path.replace("[]", "").replace(".NAME", "")
    return root


def _of_an_undeclared_key(table: Table, name: str) -> Any:
    """Raises `NotDeclared` for a key that the profile leaves out, `AttributeError` for what is none."""
    if name in type(table).model_fields:
        raise not_declared(type(table), name)
    return BaseModel.__getattr__(table, name)  # type: ignore[attr-defined]  # what pydantic keeps for itself


Table.__getattr__ = _of_an_undeclared_key  # type: ignore[attr-defined]  # where mypy does not see it: else every attribute is one


def as_frozen(value: Any) -> Any:
    """Arrays as tuples, which is what a frozen profile holds."""
    if isinstance(value, dict):
        return {key: as_frozen(part) for key, part in value.items()}
    return tuple(as_frozen(part) for part in value) if isinstance(value, list | tuple) else value


def _as_several(value: object) -> object:
    return as_frozen(value if isinstance(value, tuple | list) else (value,))


OneOrMore = BeforeValidator(_as_several)
"""Let a single table, or a single text, stand for a list of one."""


class Names(Table):
    """The resources of one kind that the stack has, by their names."""

    names: tuple[str, ...]
    """Each must exist, and no other of the stack's may; an empty list says that there is none."""

    @property
    def known(self) -> tuple[str, ...]:
        """The names; none where the table is not declared."""
        return self.names if self.is_declared else ()


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    if _REPEATS_A_GROUP.search(pattern):  # what may not end; to try it takes a library that few profiles need
        Expression(pattern)
    return pattern


_REPEATS_A_GROUP = re.compile(r"\)[*+{]|\\[1-9]")


Pattern = Annotated[str, AfterValidator(_compiles)]


OF_THIS_ACCOUNT = r"root|(user|role|saml-provider|oidc-provider)/\S+"


def _is_principal(name: str) -> str:
    if not re.fullmatch(rf"{OF_THIS_ACCOUNT}|\d{{12}}|arn:aws[a-z-]*:(iam|sts)::\d{{12}}:\S+|[a-z0-9-]+(\.[a-z0-9-]+)+", name):
        raise ValueError(
            "is no principal: root, user/NAME, role/NAME, saml-provider/NAME or oidc-provider/NAME of this account (* in NAME is "
            "anything), or another account's number, an ARN, or the name of a service (lambda.amazonaws.com)"
        )
    return name


Principal = Annotated[str, AfterValidator(_is_principal)]


def _is_role_elsewhere(arn: str) -> str:
    if not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+", arn):
        raise ValueError("is no role of a certain account: arn:aws:iam::210987654321:role/NAME (* in NAME is anything)")
    return arn


RoleElsewhere = Annotated[str, AfterValidator(_is_role_elsewhere)]


Version = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)*$")]
"""Dotted numbers: this one or newer."""
