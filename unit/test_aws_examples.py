"""The examples that AWS documents its operations with, as botocore packages them, go through every resource that reads them.

An example is often thin: what it lacks is an error that says so, and never a crash. So is an answer of which nothing is there at all.
"""

import functools
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.session import Session
from botocore.utils import parse_timestamp

from stackproof.core.resource import Field, Resource
from stackproof.core.verdicts import CallFailed, CouldNotVerify, DeclaredButMissing, NotApplicable
from stackproof.resources import kinds
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.aws.readonly import PROBES
from stackproof.sources.aws.source import AwsSource, Reader

ACCOUNT, REGION = "123456789012", "ap-northeast-2"
NAMES: Mapping[str, tuple[str, ...]] = {
    "Alarm": ("us-east-1/myalarm",),
    "DatabaseOffer": ("mysql/5.6.27/db.t2.micro",),
    "Image": (f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/my-repo:precise",),
    "MonthlyCosts": ("2026-01-01/2026-02-01",),
    "Service": ("default/my-http-service",),
    "RunningService": ("default/my-http-service",),
}
"""What the examples name, where a resource is asked for by its name."""
DEPTH = 4
"""How far from resource to resource."""
MOST_DEPTH = 8
"""Of structures in structures; some hold themselves."""
VALUES: Mapping[str, object] = {
    "string": "x",
    "boolean": True,
    "integer": 1,
    "long": 1,
    "float": 1.0,
    "double": 1.0,
    "blob": b"x",
    "timestamp": datetime(2026, 1, 20, tzinfo=UTC),
}


@functools.cache
def session() -> Session:
    return Session()


@functools.cache
def examples(service: str) -> Mapping[str, list[dict[str, Any]]]:
    try:
        found: Mapping[str, list[dict[str, Any]]] = (
            session().get_component("data_loader").load_service_model(service, "examples-1")["examples"]
        )
    except UnknownServiceError:
        return {}
    return found


def parsed(value: Any, shape: Shape | None) -> Any:
    """An example as the SDK would hand it out: with moments for timestamps."""
    match shape:
        case StructureShape() if isinstance(value, Mapping):
            return {name: parsed(one, shape.members.get(name)) for name, one in value.items()}
        case ListShape() if isinstance(value, list):
            return [parsed(one, shape.member) for one in value]
        case MapShape() if isinstance(value, Mapping):
            return {name: parsed(one, shape.value) for name, one in value.items()}
        case _ if shape is not None and shape.type_name == "timestamp":
            return parse_timestamp(value)
        case _ if shape is not None and shape.type_name == "string" and not isinstance(value, str):
            return str(value)
    return value


def least(shape: Shape | None, depth: int = 0) -> Any:
    """The thinnest answer of a shape: every list with one item, and in the item nothing."""
    match shape:
        case StructureShape() if depth < 2:
            return {
                name: least(one, depth + 1) for name, one in shape.members.items() if isinstance(one, ListShape | StructureShape)
            }
        case ListShape():
            return [least(shape.member, depth + 1)] if isinstance(shape.member, StructureShape) else []
        case StructureShape():
            return {}
    return None


def full(shape: Shape | None, depth: int = 0) -> Any:
    """An answer of a shape with everything in it: texts that mean nothing, and the first value of each enumeration."""
    match shape:
        case StructureShape() if depth < MOST_DEPTH:
            return {name: full(one, depth + 1) for name, one in shape.members.items()}
        case StructureShape():
            return {}
        case ListShape():
            return [full(shape.member, depth + 1)]
        case MapShape():
            return {"x": full(shape.value, depth + 1)}
        case None:
            return None
    return shape.enum[0] if getattr(shape, "enum", None) else VALUES[shape.type_name]


class Examples:
    """Answers an operation with one of its examples."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.counts: Counter[str] = Counter()

    def wait(self, seconds: float) -> None:
        """Examples do not change."""

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        del absent
        if call.service in PROBES:
            return Answer(call, error=CallFailed("nobody is probed"))
        model = session().get_service_model(call.service).operation_model(call.action)
        given = [one["output"] for one in examples(call.service).get(call.action, ()) if one.get("output")]
        if not given:
            return Answer(call, error=CallFailed(f"{call.operation} has no example"))
        return Answer(call, [parsed(given[self.number % len(given)], model.output_shape)])


class Thin(Examples):
    """Answers with next to nothing."""

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        del absent
        if call.service in PROBES:
            return Answer(call, error=CallFailed("nobody is probed"))
        model = session().get_service_model(call.service).operation_model(call.action)
        return Answer(call, [least(model.output_shape) or {}])


class Full(Examples):
    """Answers with everything that there can be."""

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        del absent
        if call.service in PROBES:
            return Answer(call, error=CallFailed("nobody is probed"))
        model = session().get_service_model(call.service).operation_model(call.action)
        return Answer(call, [full(model.output_shape)])


READ_FROM_AWS = [
    kind
    for kind in kinds()
    if any(operation.partition(":")[0] not in PROBES for operation in kind.operations) and "from_aws" in vars(kind)
]


def look(resource: Resource, depth: int = DEPTH) -> Iterator[object]:
    """Everything that a resource tells, and what those that it names tell."""
    fields = {name for kind in type(resource).__mro__ for name, one in vars(kind).items() if isinstance(one, Field)}
    for name in sorted(fields):
        try:
            value = getattr(resource, name)
        except (CouldNotVerify, NotApplicable, DeclaredButMissing):
            continue
        yield value
        if depth:
            for one in value if isinstance(value, tuple | list) else (value,):
                if isinstance(one, Resource):
                    yield from look(one, depth - 1)


def collected(kind: type[Resource], transport: Examples) -> int:
    """How many facts a kind of resource has by these answers."""
    try:
        found = list(AwsSource(Reader(transport, account=ACCOUNT, region=REGION)).collect(kind, NAMES.get(kind.__name__, ())))
    except (CouldNotVerify, DeclaredButMissing):
        return 0
    return sum(1 for resource in found for _ in look(resource))


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("kind", READ_FROM_AWS, ids=lambda kind: kind.__name__)
def test_an_example_is_read_without_a_crash(kind: type[Resource], number: int) -> None:
    collected(kind, Examples(number))


@pytest.mark.parametrize("transport", [Thin(0), Full(0)], ids=["next to nothing", "everything"])
@pytest.mark.parametrize("kind", READ_FROM_AWS, ids=lambda kind: kind.__name__)
def test_an_answer_with_little_or_all_in_it_is_read_without_a_crash(kind: type[Resource], transport: Examples) -> None:
    collected(kind, transport)


def test_examples_tell_something() -> None:
    """Else nothing would have been tried."""
    facts = {kind.__name__: collected(kind, Examples(0)) + collected(kind, Full(0)) for kind in READ_FROM_AWS}
    assert sum(bool(count) for count in facts.values()) > 20, facts
