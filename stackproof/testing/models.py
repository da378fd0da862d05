"""AWS's own models, as botocore has them, beside every recorded answer that a proof reads.

A field that looks for a member that the model does not have, a control that compares a value of an enumeration with one that the model
does not have, an error code that no operation documents, a parameter that does not fit: each raises `NotInTheModel`, in whatever proof
it happens.
"""

import functools
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.session import Session
from botocore.validate import ParamValidator

from stackproof.redaction import redaction
from stackproof.sources.aws.calls import Answer, Call, redacted_page
from stackproof.sources.aws.enums import known
from stackproof.sources.aws.layers import OPERATION
from stackproof.sources.aws.readonly import PROBES
from stackproof.sources.aws.session import Through
from stackproof.testing import grafana_api

OURS = {OPERATION: ("Platform",)}
"""Members that stackproof itself puts into answers (`stackproof.sources.aws.layers`)."""

ELSEWHERE = {
    "iam:GetAccountAuthorizationDetails": ("PolicyDocument",),
}
"""Members that one function looks for in structures of two shapes, of which one has it: inline policies, and attached ones."""

UNMODELLED = {
    "s3:GetBucketEncryption": ("ServerSideEncryptionConfigurationNotFoundError",),
    "s3:GetBucketPolicy": ("NoSuchBucketPolicy",),
    "s3:GetBucketPolicyStatus": ("NoSuchBucketPolicy",),
    "s3:GetPublicAccessBlock": ("NoSuchPublicAccessBlockConfiguration",),
    "s3:GetBucketLifecycleConfiguration": ("NoSuchLifecycleConfiguration",),
    "s3:GetBucketOwnershipControls": ("OwnershipControlsNotFoundError",),
    "s3:GetObjectLockConfiguration": ("ObjectLockConfigurationNotFoundError",),
}
"""Codes for "there is none" that S3 documents in its API reference ("List of error codes"), and not in its model."""


class NotInTheModel(Exception):
    """The code knows something of AWS that AWS's model does not know."""


@functools.cache
def operation_model(operation: str) -> OperationModel:
    """The model of an operation: ``rds:DescribeDBInstances``."""
    service, _, action = operation.partition(":")
    return _service(service).operation_model(action)


@functools.cache
def _service(name: str) -> Any:
    return Session().get_service_model(name)


class Value(str):
    """A value of an enumeration. Compared by the product, it must be in the table of known values, and so must what it is compared with."""

    __slots__ = ("operation", "path", "values")

    def __new__(cls, text: str, operation: str, path: str, values: frozenset[str]) -> "Value":
        made = super().__new__(cls, text)
        made.operation, made.path, made.values = operation, path, values
        return made

    operation: str
    path: str
    values: frozenset[str]

    def __eq__(self, other: object) -> bool:
        return self._is(other, _asker(sys._getframe(1)))

    def __ne__(self, other: object) -> bool:
        return not self._is(other, _asker(sys._getframe(1)))

    def _is(self, other: object, asker: Mapping[str, Any]) -> bool:
        if type(other) is str and asker.get("__name__", "").startswith(("stackproof.", "tests.")):
            _compared(self, other)
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def _asker(frame: FrameType) -> Mapping[str, Any]:
    """The module that compares; of a dataclass's own comparison, the one that compares the records."""
    is_generated = frame.f_code.co_filename == "<string>"
    return (frame.f_back or frame if is_generated else frame).f_globals


_seen: set[tuple[str, str]] | None = None


@contextmanager
def noting() -> Iterator[set[tuple[str, str]]]:
    """Note the enumerations that are compared, by operation and path, in the place of refusing those that the table lacks."""
    global _seen
    found: set[tuple[str, str]] = set()
    _seen = found
    try:
        yield found
    finally:
        _seen = None


def _compared(value: Value, other: str) -> None:
    if _seen is not None:
        _seen.add((value.operation, value.path))
    elif value.path not in known().get(value.operation, {}):
        raise NotInTheModel(
            f"{value.operation} {value.path} is compared with {other}; python -m proofs.enums adds its known values"
        )
    if other and other not in value.values:
        raise NotInTheModel(f"{value.operation} {value.path} is compared with {other}, which it never is")


class Members(dict[str, Any]):
    """A structure of an answer. Whoever looks for a member that its shape lacks is refused."""

    def __init__(self, members: Mapping[str, Any], shape: StructureShape, where: str, ours: tuple[str, ...]) -> None:
        super().__init__(members)
        self._legal = {*shape.members, *ours}
        self._where = where

    def __getitem__(self, name: str) -> Any:
        self._check(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._check(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self._check(name)
        return super().__contains__(name)

    def _check(self, name: object) -> None:
        if name not in self._legal:
            raise NotInTheModel(f"{self._where} has no member {name}")


def shaped(value: Any, shape: Shape | None, operation: str, path: str = "") -> Any:
    """An answer, or a part of one, as its model has it."""
    match shape:
        case StructureShape() if isinstance(value, Mapping):
            ours = (*(OURS.get(operation, ()) if not path else ()), *ELSEWHERE.get(operation, ()))
            members = {
                name: shaped(one, shape.members.get(name), operation, f"{path}.{name}".removeprefix("."))
                for name, one in value.items()
            }
            return Members(members, shape, f"{operation} {path}".strip(), ours)
        case ListShape() if isinstance(value, list):
            return [shaped(one, shape.member, operation, f"{path}[]") for one in value]
        case MapShape() if isinstance(value, Mapping):
            return {name: shaped(one, shape.value, operation, f"{path}{{}}") for name, one in value.items()}
        case _ if isinstance(value, str) and getattr(shape, "enum", None):
            return Value(value, operation, path, frozenset(shape.enum))  # type: ignore[union-attr]
    return value


MOST_PAGES = 5_000
"""That are remembered."""


class Modelled(Through):
    """A transport whose answers are held against their models."""

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        """As the other transport answers. Raises `NotInTheModel`."""
        answer = super().send(call, absent)
        if call.service in PROBES:
            if strange := [one for page in answer.raw_pages for one in grafana_api.wrong_in(call, page)]:
                raise NotInTheModel(f"{call}: {', '.join(strange)}")
            return answer
        _check(call, absent)
        pages = tuple(_page(call, page) for page in answer.raw_pages)
        error = Answer(call, error=answer.error).redacted().error
        return Answer(call, pages, error, answer.is_absent, answer.exchange, is_redacted=True)


@functools.lru_cache(maxsize=10_000)
def _check(call: Call, absent: tuple[str, ...]) -> None:
    """Raises `NotInTheModel` for parameters that an operation does not take, and for errors that it does not have."""
    model = operation_model(call.operation)
    asked = {name: value for name, value in call.arguments.items() if name != "PaginationConfig"}  # which is the paginator's
    if report := ParamValidator().validate(asked, model.input_shape).generate_report() if model.input_shape else "":
        raise NotInTheModel(f"{call}: {report}")
    errors = {name for one in model.error_shapes for name in (one.name, one.metadata.get("error", {}).get("code"))}
    if strange := {*absent} - errors - {*UNMODELLED.get(call.operation, ())}:
        raise NotInTheModel(f"{call.operation} has no error {', '.join(sorted(strange))}")


_pages: dict[tuple[int, int], tuple[Any, Any]] = {}
"""Recorded pages that are read again and again, by their identity and the number of secrets that were registered; each is kept with what
was made of it, so that no other gets its identity."""


def _page(call: Call, page: Mapping[str, Any]) -> Any:
    """A page as it may be judged, and as its model has it."""
    key = id(page), len(redaction._known())
    kept = _pages.get(key)
    if kept is None or kept[0] is not page:
        if len(_pages) > MOST_PAGES:
            _pages.clear()
        made = shaped(redacted_page(call, page), operation_model(call.operation).output_shape, call.operation)
        kept = _pages[key] = (page, made)
    return kept[1]
