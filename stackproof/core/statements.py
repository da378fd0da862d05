"""The failed statement of a control as data: the resource, its field, how it was compared, with what, and what it was instead.

pytest's assertion rewriting leaves the value of each part of a failed ``assert`` in the frame, under names of its own. The statement is
rewritten once more here, which tells which name stands for which part: nothing is evaluated again. Where the statement was not rewritten,
what the ledger has read last stands for it.
"""

import ast
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from stackproof.core import verdicts
from stackproof.core.ledger import Ledger, displayed
from stackproof.core.resource import Resource
from stackproof.core.results import Finding, Operator, Reading, Reason
from stackproof.core.verdicts import DeclaredButMissing, Verdict, verdict_of

_Position = tuple[int, int, int | None, int | None]

_UNKNOWN = object()
"""In the place of a value that is not at hand."""

_REASONS: Mapping[type[BaseException], Reason] = {
    verdicts.DeclaredButMissing: Reason.MISSING,
    verdicts.AccessDenied: Reason.ACCESS_DENIED,
    verdicts.Throttled: Reason.THROTTLED,
    verdicts.Unreachable: Reason.UNREACHABLE,
    verdicts.NotImplementedByEndpoint: Reason.NOT_IMPLEMENTED,
    verdicts.CallFailed: Reason.CALL_FAILED,
    verdicts.NotReported: Reason.NOT_REPORTED,
    verdicts.NothingRead: Reason.NO_EVIDENCE,
    verdicts.CouldNotVerify: Reason.NOT_VERIFIED,
    verdicts.NotYetKnown: Reason.NOT_YET_KNOWN,
    verdicts.NotApplicable: Reason.NOT_APPLICABLE,
    verdicts.NotDeclared: Reason.NOT_DECLARED,
    AssertionError: Reason.STATEMENT,
}

_SAME = {
    ast.Eq: Operator.EQUALS,
    ast.NotEq: Operator.NOT_EQUALS,
    ast.Is: Operator.EQUALS,
    ast.IsNot: Operator.NOT_EQUALS,
    ast.Lt: Operator.LESS,
    ast.LtE: Operator.AT_MOST,
    ast.Gt: Operator.GREATER,
    ast.GtE: Operator.AT_LEAST,
    ast.In: Operator.IN,
    ast.NotIn: Operator.NOT_IN,
}
_TURNED = _SAME | {
    ast.Lt: Operator.GREATER,
    ast.LtE: Operator.AT_LEAST,
    ast.Gt: Operator.LESS,
    ast.GtE: Operator.AT_MOST,
    ast.In: Operator.CONTAINS,
    ast.NotIn: Operator.EXCLUDES,
}
"""The operator where the resource stands on its right."""
_OF_SETS = {Operator.AT_MOST: Operator.IN, Operator.AT_LEAST: Operator.CONTAINS}
_PLAIN = frozenset({"len", "set", "sorted", "frozenset", "list", "tuple", "str", "int", "all", "any", "min", "max", "sum"})
"""Functions that are no judgement."""


def reason_of(error: BaseException) -> Reason:
    """The kind of what an exception stands for.

    >>> reason_of(verdicts.AccessDenied("rds:DescribeDBInstances")), reason_of(KeyError("x"))
    (<Reason.ACCESS_DENIED: 'access denied'>, <Reason.BROKEN: 'the control itself broke'>)
    """
    return next((_REASONS[kind] for kind in type(error).__mro__ if kind in _REASONS), Reason.BROKEN)


def finding_of(error: BaseException, ledger: Ledger) -> tuple[Finding, Resource | None]:
    """The exception that ended a block as data, and the resource that it is about, where one is known."""
    reason = reason_of(error)
    latest = next(reversed(ledger.recent.values()), None)
    about = next((block[0] for block in reversed(ledger.about) if block), None)
    if isinstance(error, DeclaredButMissing):
        return Finding(reason, operator=Operator.EXISTS, expected="true", actual="false"), None
    if verdict_of(error) is not Verdict.FAIL:
        return Finding(reason, source=latest.source if latest and about else ""), about
    said = _said(error.__traceback__)
    if said is None:
        return _with_source(Finding(reason, unjudged=("...",)), latest), about
    found = replace(said.finding, reason=reason)
    resource = said.resource or about
    if resource is None:
        return _with_source(found, latest), None
    of_field = ledger.recent.get((resource.label, found.field.rpartition(".")[2]))
    return _with_source(found, of_field or _latest_of(resource, ledger) or latest), resource


def _latest_of(resource: Resource, ledger: Ledger) -> Reading | None:
    return next((one for (label, _), one in reversed(ledger.recent.items()) if label == resource.label), None)


def _with_source(found: Finding, reading: Reading | None) -> Finding:
    if reading is None:
        return found
    field = found.field or reading.field
    actual = found.actual or (reading.value if field == reading.field else "")
    return replace(found, field=field, actual=actual, source=reading.source, evidence=reading.evidence)


@dataclass(frozen=True)
class _Said:
    finding: Finding
    resource: Resource | None


def _said(traceback: TracebackType | None) -> _Said | None:
    """What the innermost ``assert`` of a traceback said; None where none raised it."""
    for frame, line in reversed(list(_frames(traceback))):
        statements, names = _statements(frame.f_code.co_filename)
        if found := [one for one in statements if one.lineno <= line <= (one.end_lineno or one.lineno)]:
            reader = _Reader(frame, names)
            said = reader.read(found[-1].test)
            unjudged = dict.fromkeys(field for later in statements[found[-1]] for field in reader.fields(later.test))
            return replace(said, finding=replace(said.finding, unjudged=(*unjudged,)))
    return None


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


@functools.lru_cache(maxsize=64)
def _statements(file: str) -> tuple[Mapping[ast.Assert, Sequence[ast.Assert]], Mapping[_Position, str]]:
    """The ``assert`` statements of a file, each with those that it ends, and for each part the name under which pytest keeps its value."""
    from _pytest.assertion.rewrite import rewrite_asserts  # offered nowhere else

    try:
        source = Path(file).read_bytes()
        tree, rewritten = ast.parse(source), ast.parse(source)
        rewrite_asserts(rewritten, source)
    except (OSError, SyntaxError, ValueError):
        return {}, {}
    kept = (node for node in ast.walk(rewritten) if isinstance(node, ast.Assign) and not isinstance(node.value, ast.Name))
    names = {
        _position(node.value): target.id
        for node in kept
        if isinstance(target := node.targets[0], ast.Name) and target.id.startswith("@py_assert")
    }
    return dict(_with_what_they_end(tree, tree)), names


def _with_what_they_end(
    node: ast.AST, block: ast.AST, loop: ast.AST | None = None
) -> Iterator[tuple[ast.Assert, Sequence[ast.Assert]]]:
    """Each statement with the ones of its block that are not judged where it does not hold: those after it, and all of a loop around it.

    A block is what is judged on its own: a function, or ``with subtests.test(...)``.
    """
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Assert():
                found = (one for one in ast.walk(block) if isinstance(one, ast.Assert) and one is not child)
                again = frozenset(ast.walk(loop)) if loop else frozenset()
                yield child, [one for one in found if one.lineno > child.lineno or one in again]
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _with_what_they_end(child, child)
            case ast.With(items=[ast.withitem(context_expr=ast.Call(func=ast.Attribute(attr="test")))]):
                yield from _with_what_they_end(child, child)
            case ast.For() | ast.While():
                yield from _with_what_they_end(child, block, loop or child)
            case _:
                yield from _with_what_they_end(child, block, loop)


def _position(node: ast.expr) -> _Position:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


@dataclass(frozen=True)
class _Operand:
    """One side of a comparison."""

    node: ast.expr
    value: Any
    resource: Resource | None
    field: str
    rule: str

    @property
    def text(self) -> str:
        return ast.unparse(self.node) if self.value is _UNKNOWN else displayed(self.value)

    @property
    def is_expectation(self) -> bool:
        """True for what no resource says: a constant, or something of the profile."""
        return self.resource is None and not self.rule


class _Reader:
    """Reads a statement by the values that its frame has kept."""

    def __init__(self, frame: FrameType, names: Mapping[_Position, str]) -> None:
        self._locals = frame.f_locals
        self._globals = frame.f_globals
        self._names = names

    def read(self, test: ast.expr) -> _Said:
        match test:
            case ast.NamedExpr(value=value):
                return self.read(value)
            case ast.BoolOp(op=ast.Or(), values=values):  # none of them holds, and the last is the condition
                return self.read(values[-1])
            case ast.BoolOp(values=values):
                return self.read(next((one for one in values if self._is_wrong(one)), values[0]))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._truth(operand, wanted=False)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._comparison(left, op, right)
            case ast.Compare(comparators=[middle, *_]):
                return self._made(self._operand(middle), Operator.HOLDS, ast.unparse(test))
        return self._truth(test, wanted=True)

    def fields(self, test: ast.expr) -> list[str]:
        """What a statement that was not judged is about: fields, or its own words where no resource of it is known yet."""
        match test:
            case ast.BoolOp(op=ast.Or(), values=values):
                return self.fields(values[-1])
            case ast.BoolOp(values=values):
                return [field for value in values for field in self.fields(value)]
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.fields(operand)
            case ast.Compare(left=left, comparators=others):
                sides = [left, *others]
            case _:
                sides = [test]
        described = [self._described(side) for side in sides]
        return [field for resource, field, _ in described if resource is not None and field] or [ast.unparse(test)]

    def _is_wrong(self, test: ast.expr) -> bool:
        value = self._value(test)
        return value is not _UNKNOWN and not _is_true(value)

    def _truth(self, node: ast.expr, *, wanted: bool) -> _Said:
        operand = self._operand(node)
        match operand.value:
            case str() | list() | tuple() | dict() | set() | frozenset():
                operator = Operator.NOT_EMPTY if wanted else Operator.EMPTY
            case None:
                operator = Operator.NOT_NONE if wanted else Operator.NONE
            case _:
                operator = Operator.IS_TRUE if wanted else Operator.IS_FALSE
        return self._made(operand, operator, "", actual=str(not wanted).lower() if operand.value is _UNKNOWN else "")

    def _comparison(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> _Said:
        one, other = self._operand(left), self._operand(right)
        turned = one.is_expectation and not other.is_expectation
        if turned:
            one, other = other, one
        operator = (_TURNED if turned else _SAME)[type(op)]
        if isinstance(one.value, set | frozenset) or isinstance(other.value, set | frozenset):
            operator = _OF_SETS.get(operator, operator)
        if operator in (Operator.EQUALS, Operator.NOT_EQUALS) and (nothing := _nothing(other.value)):
            operator = nothing[operator is Operator.NOT_EQUALS]
            return self._made(one, operator, "")
        return self._made(one, operator, other.text)

    @staticmethod
    def _made(operand: _Operand, operator: Operator, expected: str, actual: str = "") -> _Said:
        said = actual or ("" if operand.value is _UNKNOWN else displayed(operand.value))
        found = Finding(Reason.STATEMENT, operand.field, operator, expected, said, operand.rule)
        return _Said(found, operand.resource)

    def _operand(self, node: ast.expr) -> _Operand:
        resource, field, rule = self._described(node)
        return _Operand(node, self._value(node), resource, field, rule)

    def _described(self, node: ast.expr) -> tuple[Resource | None, str, str]:
        """The resource that a part is about, its field, and the function that judges it."""
        match node:
            case ast.Name(id=name):
                value = self._value(node)
                return (value, "", "") if isinstance(value, Resource) else (None, name, "")
            case ast.Attribute(value=value, attr=attribute):
                base = self._value(value)
                if isinstance(base, Resource):
                    return base, attribute, ""
                resource, field, rule = self._described(value)
                return resource, f"{field}.{attribute}" if field else attribute, rule
            case ast.Call(func=function, args=arguments):
                method = isinstance(function, ast.Attribute) and self._described(function.value)[0] is not None
                rule = "" if method else ast.unparse(function).rpartition(".")[2]
                inside = [function.value] if method and isinstance(function, ast.Attribute) else arguments
                found = next((known for one in inside if (known := self._described(one))[0]), (None, "", ""))
                return found[0], found[1], found[2] or ("" if rule in _PLAIN else rule)
            case ast.BinOp(left=left, right=right):
                found = self._described(left)
                return found if found[0] else self._described(right)
            case ast.Subscript(value=value) | ast.Starred(value=value) | ast.NamedExpr(value=value):
                return self._described(value)
            case ast.Constant():
                return None, "", ""
        nested = (self._described(one) for one in ast.walk(node) if isinstance(one, ast.Attribute))
        return next((found for found in nested if found[0]), (None, "", ""))

    def _value(self, node: ast.expr) -> Any:
        """The value that a part had; `_UNKNOWN` for one that nobody kept."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self._locals.get(name, self._globals.get(name, _UNKNOWN))
            case ast.List(elts=[]) | ast.Tuple(elts=[]):
                return ()
            case ast.Dict(keys=[]):
                return {}
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
        return self._locals.get(self._names.get(_position(node), ""), _UNKNOWN)


def _nothing(value: object) -> tuple[Operator, Operator] | None:
    """The operators for a comparison with nothing: that it is, and that it is not."""
    if value is None:
        return Operator.NONE, Operator.NOT_NONE
    if isinstance(value, list | tuple | dict | set | frozenset | str) and not value:
        return Operator.EMPTY, Operator.NOT_EMPTY
    return None


def _is_true(value: object) -> bool:
    """The truth of a plain value; that of another may be a question that has no answer."""
    return bool(value) if isinstance(value, bool | int | str | list | tuple | dict | set | frozenset | None) else True
