"""What the code knows of AWS is what AWS's models say; see `stackproof.testing.models` for what every other proof shows of it."""

import functools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from proofs import harness
from proofs.enums import SHAPES, types, values
from proofs.kinds import asked_by
from proofs.rows import CASES
from proofs.test_counterexamples import ON_CLOUD
from stackproof.core import controls
from stackproof.core.resource import Field, Resource
from stackproof.core.verdicts import Verdict
from stackproof.resources import kinds
from stackproof.sources.aws.calls import Call
from stackproof.sources.aws.enums import at, known
from stackproof.sources.aws.readonly import PROBES
from stackproof.sources.replay import Recorded, Recording
from stackproof.testing.models import ELSEWHERE, OURS, UNMODELLED, Modelled, NotInTheModel, operation_model

UNHEARD = "unheard-of"


def test_the_known_values_are_those_of_the_model() -> None:
    """The SDK may bring new ones: think what they mean to the controls that compare them, then run ``python -m proofs.enums``."""
    for operation, members in known().items():
        for path, found in members.items():
            assert sorted(found) == values(operation, path), f"{operation} {path}"


def test_the_shapes_are_those_of_the_model() -> None:
    """Of all operations that the guard lets through: ``python -m proofs.enums`` adds those of a new one."""
    assert json.loads(SHAPES.read_text(encoding="utf-8")) == types()


def enumerations() -> Iterator[tuple[str, str]]:
    return ((operation, path) for operation, members in known().items() for path in members)


@functools.cache
def read_by(operation: str) -> list[str]:
    return [control for control in ON_CLOUD if operation in harness.operations(control)]


def unheard(operation: str, path: str) -> harness.Edit:
    """Let the answers of an operation have a value at a path that nobody knows."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        return [
            replace(one, pages=tuple(at(page, path, lambda _: UNHEARD) for page in one.pages))
            if one.call.operation == operation
            else one
            for one in calls
        ]

    return edit


@pytest.mark.parametrize(("operation", "path"), list(enumerations()))
def test_a_value_that_nobody_knows_is_an_error_that_names_it(operation: str, path: str) -> None:
    """Whichever control compares it; one that reads the answer and does not look at the value stays as it is."""
    for control in read_by(operation):
        judgement = harness.on_cloud(control, unheard(operation, path))
        assert judgement.verdict is Verdict.PASS or (judgement.verdict is Verdict.ERROR and UNHEARD in judgement.message), control


def test_what_is_no_part_of_the_model_is_refused() -> None:
    key = {"KeyMetadata": {"KeyId": "1", "KeyState": "Enabled"}}
    call = Call.of("kms:DescribeKey", "ap-northeast-2", KeyId="1")
    transport = Modelled(Recording([Recorded(call, (key,))]))
    metadata: Any = transport.send(call).pages[0]["KeyMetadata"]
    with pytest.raises(NotInTheModel, match="kms:DescribeKey KeyMetadata has no member State"):
        metadata.get("State")
    with pytest.raises(NotInTheModel, match="kms:DescribeKey has no error NotFound"):
        transport.send(call, absent=("NotFound",))
    with pytest.raises(NotInTheModel, match="Unknown parameter"):
        transport.send(Call.of("kms:DescribeKey", "ap-northeast-2", Key="1"))


def test_exceptions_are_of_operations_that_there_are_and_needed() -> None:
    for operation, codes in UNMODELLED.items():
        assert not {*codes} & {one.name for one in operation_model(operation).error_shapes}
    for operation, members in OURS.items():
        shape = operation_model(operation).output_shape
        assert shape is not None
        assert not {*members} & {*shape.members}
    assert all(operation_model(operation) for operation in ELSEWHERE)


def test_every_fact_that_aws_tells_is_looked_up_in_some_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no path goes unheld against the model."""
    found: set[str] = set()
    checked = Field.checked

    def note(field: Field, value: object, instance: Resource) -> object:
        found.add(field.place)
        return checked(field, value, instance)

    monkeypatch.setattr(Field, "checked", note)
    declared = {
        one.place: kind.operations[0]
        for kind in kinds()
        if any(_service(operation) not in PROBES for operation in kind.operations)
        for one in vars(kind).values()
        if isinstance(one, Field) and one.aws is not None
    }

    def asked_kinds(control: str) -> Iterable[str]:
        return (kind.__name__ for kind in asked_by(controls.declared[control]))

    for control in ON_CLOUD:
        harness.on_cloud(control)
    on_cloud = [case for case in CASES if case.stage == "cloud"]
    on_cloud.sort(key=lambda case: any(_service(operation) in PROBES for operation in harness.operations(case.control)))
    ways: tuple[tuple[Callable[[str], str], Callable[[str], Iterable[str]]], ...] = (
        (lambda place: place.partition(".")[0], asked_kinds),
        (lambda place: declared[place], harness.operations),
        (lambda place: _service(declared[place]), lambda control: map(_service, harness.operations(control))),
        (lambda place: "", lambda control: ("",)),
    )
    for of_place, of_control in ways:  # the likely ones first; probes, which ask real servers, last
        for case in on_cloud:
            if not {*map(of_place, declared.keys() - found)}.isdisjoint(of_control(case.control)):
                case.judge()
    assert declared.keys() <= found


def _service(operation: str) -> str:
    return operation.partition(":")[0]
