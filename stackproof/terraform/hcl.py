"""Terraform's language as text with structure: blocks and arguments, each with its place in the file.

Grammar and parser are python-hcl2's; only its parse tree is used, because it alone keeps exact positions. Values are
given as Python values where the source is a literal and as `Expression` where Terraform has to evaluate it.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from stackproof.core.verdicts import CouldNotVerify

if TYPE_CHECKING:
    from lark import Token, Tree


@dataclass(frozen=True)
class Expression:
    """Source text that Terraform evaluates: ``var.region``, ``"${local.name}-db"``, ``[for k in var.m : k]``."""

    text: str


Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"] | Expression


class _Placed:
    """What stands somewhere in a file."""

    file: str
    line: int

    @property
    def place(self) -> str:
        """Where it stands, for people: ``network.tf line 52``."""
        return f"{self.file} line {self.line}"


@dataclass(frozen=True)
class Argument(_Placed):
    """``name = value``. Offsets count characters from the start of the file; ``end`` is behind the last one."""

    name: str
    value: Value
    text: str
    """The value as it is written."""
    file: str
    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Block(_Placed):
    """``type "label" "label" { ... }``."""

    type: str
    labels: tuple[str, ...]
    body: "Body"
    text: str
    file: str
    line: int
    start: int
    end: int

    @property
    def address(self) -> str:
        """The labels as Terraform joins them: ``aws_eip.nat`` for a resource."""
        return ".".join(self.labels)


@dataclass(frozen=True)
class Body:
    """The arguments and blocks between the braces of a block, or in a whole file."""

    arguments: Mapping[str, Argument]
    blocks: tuple[Block, ...]

    def value(self, name: str, default: Value = None) -> Value:
        """The value of an argument, or the default when it is not given."""
        return self.arguments[name].value if name in self.arguments else default

    def named(self, *types: str) -> tuple[Block, ...]:
        """The blocks of these types, in their order in the file."""
        return tuple(block for block in self.blocks if block.type in types)


@dataclass(frozen=True)
class Document:
    """A parsed file."""

    file: str
    text: str
    code: str
    """The text with every character of a comment, or of a string outside ``${}``, replaced by a space: references can
    be looked for in it, and offsets are those of the text."""
    body: Body


@lru_cache(maxsize=256)
def parse(text: str, file: str = "") -> Document:
    """Parse a file of Terraform's language (``.tf``, ``.tfvars``, a lock file).

    >>> document = parse('resource "aws_eip" "nat" {\\n  domain = "vpc" # aws_eip.b\\n  tags   = { Name = local.name }\\n}')
    >>> block = document.body.blocks[0]
    >>> block.labels, block.line, block.body.arguments["domain"].line
    (('aws_eip', 'nat'), 1, 2)
    >>> block.body.value("tags")
    {'Name': Expression(text='local.name')}
    >>> "aws_eip.b" in document.code
    False

    Raises `CouldNotVerify` with file and line when the text does not parse.
    """
    from lark.exceptions import UnexpectedInput

    try:
        with _parsing:
            tree = _tree(text)
    except UnexpectedInput as error:
        wrong = text.splitlines()[error.line - 1 : error.line]
        raise CouldNotVerify(f"{file} line {error.line} is not Terraform's language: {' '.join(wrong).strip()}") from None
    return Document(file, text, _code(text, tree), _body(_child(tree, "body"), text, file))


@lru_cache(maxsize=64)  # the same text stands in copies of the sources, under other names
def _tree(text: str) -> "Tree[Token]":
    import hcl2

    return hcl2.parses_to_tree(text)


_parsing = Lock()
"""Collections that are made at once read the same sources: one parses, and the others get what it made."""


def _child(tree: "Tree[Token]", name: str) -> "Tree[Token]":
    return next(child for child in _trees(tree) if child.data == name)


def _body(tree: "Tree[Token]", text: str, file: str) -> Body:
    children = _trees(tree)
    arguments = [_argument(child, text, file) for child in children if child.data == "attribute"]
    blocks = [_block(child, text, file) for child in children if child.data == "block"]
    return Body({argument.name: argument for argument in arguments}, tuple(blocks))


def _argument(tree: "Tree[Token]", text: str, file: str) -> Argument:
    name, expression = _trees(tree)
    source = _text(expression, text)
    start = expression.meta.start_pos
    return Argument(
        name=_text(name, text),
        value=_value(expression, text),
        text=source,
        file=file,
        line=tree.meta.line,
        start=tree.meta.start_pos,
        end=start + len(source),
    )


def _block(tree: "Tree[Token]", text: str, file: str) -> Block:
    type_, *labels = (
        _text(child, text).strip('"')
        for child in _trees(tree)
        if child.data in ("identifier", "keyword", "literal_value", "string")
    )
    source = text[tree.meta.start_pos : tree.meta.end_pos]
    body = _body(_child(tree, "body"), text, file)
    return Block(type_, tuple(labels), body, source, file, tree.meta.line, tree.meta.start_pos, tree.meta.end_pos)


def _text(tree: "Tree[Token]", text: str) -> str:
    # The grammar lets an operation take in the newline or comment that follows it, and a heredoc its last newline.
    end = max(_span(token)[1] for token in _tokens(tree) if token.type != "NL_OR_COMMENT")
    return text[tree.meta.start_pos : end].rstrip()


def _value(tree: "Tree[Token]", text: str) -> Value:
    children = [child for child in _trees(tree) if child.data != "new_line_or_comment"]
    match tree.data:
        case "expr_term" if len(children) == 1:
            return _value(children[0], text)
        case "literal_value":
            return {"true": True, "false": False, "null": None}[_text(tree, text)]
        case "int_lit":
            return int(_text(tree, text))
        case "float_lit":
            return float(_text(tree, text))
        case "unary_op" if re.fullmatch(r"-\d+", _text(tree, text)):
            return int(_text(tree, text))
        case "tuple":
            return [_value(child, text) for child in children]
        case "object":
            return {_text(key, text).strip('"'): _value(value, text) for key, value in map(_trees, children)}
        case "string" if not _is_template(_text(tree, text)):
            from hcl2.utils import process_escape_sequences

            return _unescaped(process_escape_sequences(_text(tree, text)[1:-1]))
        case "heredoc_template" | "heredoc_template_trim" if not _is_template(_text(tree, text)):
            lines = _unescaped("".join(_text(tree, text).splitlines(keepends=True)[1:-1]))
            return textwrap.dedent(lines) if tree.data == "heredoc_template_trim" else lines
        case _:
            return Expression(_text(tree, text))


def _trees(tree: "Tree[Token]") -> "list[Tree[Token]]":
    return [child for child in tree.children if not isinstance(child, str)]  # a token is a str


def _tokens(tree: "Tree[Token]") -> "Iterator[Token]":
    return (token for token in tree.scan_values(lambda value: isinstance(value, str)) if isinstance(token, str))


def _span(token: "Token") -> tuple[int, int]:
    return token.start_pos or 0, token.end_pos or 0


def _is_template(text: str) -> bool:
    return re.search(r"(?<!\$)\$\{|(?<!%)%\{", text) is not None


def _unescaped(text: str) -> str:
    return text.replace("$${", "${").replace("%%{", "%{")


def _code(text: str, tree: "Tree[Token]") -> str:
    pieces: list[str] = []
    position = 0
    for start, end in _not_code(text, tree):
        pieces += [text[position:start], re.sub(r"[^\n]", " ", text[start:end])]
        position = end
    return "".join([*pieces, text[position:]])


def _not_code(text: str, tree: "Tree[Token]") -> Iterator[tuple[int, int]]:
    """The spans of comments and literal text, in order."""
    for token in _tokens(tree):
        start, end = _span(token)
        match token.type:
            case "NL_OR_COMMENT" | "STRING_CHARS" | "ESCAPED_INTERPOLATION" | "ESCAPED_DIRECTIVE":
                yield start, min(end, len(text))
            case "HEREDOC_TEMPLATE" | "HEREDOC_TEMPLATE_TRIM":
                for code in re.finditer(r"(?<!\$)\$\{(?:[^{}]|\{[^{}]*\})*\}", text[start:end]):
                    yield start, code.start() + _span(token)[0]
                    start = code.end() + _span(token)[0]
                yield start, min(end, len(text))
