"""What is given in the place of JSON is told by what it is; a plan that is not whole is refused."""

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_documents import Planned, constant, document, refers

from proofs.junk import places
from stackproof.core.verdicts import CouldNotVerify, NotYetKnown, UsageError
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.sources.plan.document import Plan
from stackproof.targets.request import read_plan
from stackproof.util.json_document import MOST_LEVELS, loads

PLAN = json.dumps(document(Planned("aws_vpc.main", {"cidr_block": "10.0.0.0/16"})))


def nested(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04tfplan", "a zip archive, which is what terraform plan -out saves"),
        (b"\x1f\x8b\x08", "packed by gzip"),
        (PLAN.encode("utf-16"), "UTF-16"),
        (PLAN.encode("utf-16-be"), "UTF-16"),
        (b"\xfe\xff\x00{", "UTF-16"),
        (PLAN.encode("utf-16-le"), "UTF-16"),
        (b'{"a": "\xe9"}', "not UTF-8: byte 7 is 0xe9"),
        (f"[command]/usr/bin/terraform show -json tfplan\n{PLAN}\n".encode(), r"begins in line 2.*terraform_wrapper: false"),
        (f"[INFO] one\n[INFO] two\n{PLAN}".encode(), "begins in line 3"),
        (f"\x1b[1mWarning\x1b[0m\n{PLAN}".encode(), "begins in line 2"),
        (f"{PLAN}\n::set-output name=stdout::\n".encode(), "more follows the JSON: line 2"),
        (b'{"@level":"info"}\n{"@level":"info"}\n', "more follows the JSON: line 2"),
        (PLAN[:-1].encode(), "cut off"),
        (PLAN[: len(PLAN) // 2].encode(), "cut off"),
        (b"Terraform used the selected providers", "begins with 'Terraform used"),
        (b"{'a': 1}", "begins with"),
        (b'{"a" 1}', "line 1, column 6"),
        (b'{"a": NaN}', "NaN is no JSON"),
        (nested(MOST_LEVELS + 1).encode(), "levels deep"),
        (b"[" * 100_000, "levels deep"),
    ],
)
def test_what_is_no_plan_is_told_by_what_it_is(content: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=says):
        read_plan(file)


@pytest.mark.parametrize("content", [PLAN.encode(), b"\xef\xbb\xbf" + PLAN.encode(), b"\r\n" + PLAN.encode() + b"\n"])
def test_a_plan_is_read(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_bytes(content)
    assert [change.address for change in read_plan(file).changes] == ["aws_vpc.main"]


def test_a_document_may_nest() -> None:
    assert loads(nested(MOST_LEVELS).encode())


STATE = {"values": {"root_module": {"resources": [{"address": "aws_vpc.a", "type": "aws_vpc", "name": "a", "values": {}}]}}}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"resource_changes": []}, "filtered: resource_changes says nothing of aws_vpc.main"),
        ({"resource_changes": ...}, "filtered: resource_changes says nothing of aws_vpc.main"),
        ({"configuration": ...}, "no configuration"),
        ({"configuration": {}}, "its configuration is empty"),
        ({"planned_values": {}, "resource_changes": ..., "prior_state": STATE}, "only refreshes the state"),
        ({"resource_changes": None}, "resource_changes: Input should be a valid list"),
        ({"resource_changes": [None]}, "resource_changes.0: "),
        ({"resource_changes": [{"address": ["aws_vpc.main"], "change": {"actions": ["no-op"]}}]}, "resource_changes.0.address"),
        ({"resource_changes": [{"address": "main", "change": {"actions": ["no-op"]}}]}, "no address of a resource"),
        ({"resource_changes": [{"address": "aws_vpc.main", "change": {"actions": []}}]}, "resource_changes.0.change.actions"),
        ({"planned_values": {"root_module": {"resources": None}}}, "planned_values.root_module.resources"),
        ({"planned_values": {"root_module": {"child_modules": [1]}}}, "planned_values.root_module.child_modules.0"),
        ({"configuration": {"root_module": {"resources": {}}}}, "configuration.root_module.resources"),
        ({"variables": {"a": 1}}, "variables.a"),
        ({"planned_values": {"root_module": json.loads(nested(MOST_LEVELS))}}, "levels deep"),
    ],
)
def test_a_plan_that_is_not_whole_is_refused(changes: dict[str, Any], says: str) -> None:
    content = {name: part for name, part in {**json.loads(PLAN), **changes}.items() if part is not ...}
    with pytest.raises(UsageError, match=f"here.json: .*{says}"):
        Plan(content, "here.json")


def test_a_plan_of_nothing_is_one() -> None:
    plan = Plan({"planned_values": {"root_module": {}}, "configuration": {"root_module": {}}}, "here.json")
    assert plan.changes == ()


WHOLE = document(
    Planned(
        "aws_vpc.main", {"cidr_block": "10.0.0.0/16", "tags": {"Name": "main"}}, {"id": True}, {"cidr_block": refers("var.c")}
    ),
    Planned(
        'aws_security_group.each["a"]',
        {"ingress": [{"from_port": 22, "cidr_blocks": ["0.0.0.0/0"]}], "security_groups": ["sg-1"], "password": "x"},
        {"vpc_id": True, "ingress": [{"cidr_blocks": [False]}], "security_groups": [False, True]},
        {
            "vpc_id": refers("aws_vpc.main.id"),
            "ingress": [{"from_port": constant(22)}],
            "security_groups": refers("aws_vpc.main.id"),
        },
        sensitive={"password": True},
    ),
    variables={"c": {"value": "10.0.0.0/16"}},
    resource_drift=[{"address": "aws_vpc.main", "change": {"actions": ["update"], "before": {}, "after": {}}}],
)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=5), parts, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.sampled_from([*places(WHOLE)]), JUNK)
def test_a_broken_document_is_refused_or_read(place: tuple[Any, ...], junk: Any) -> None:
    """Whatever stands anywhere: one message, or a plan that can be looked into."""
    content = copy.deepcopy(WHOLE)
    holder = content
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = junk
    with contextlib.suppress(UsageError):
        plan = Plan(content, "here.json")
        assert isinstance(plan.changes, tuple)
        assert isinstance(plan.drift, tuple)
        for block in plan.resources("aws_vpc", "aws_security_group"):
            look_at(block)


def look_at(block: PlannedBlock) -> None:
    for name in ("cidr_block", "vpc_id", "tags", "password", "id"):
        look(lambda name=name: block.at(name))
    for read in (PlannedBlock.at, PlannedBlock.elements, PlannedBlock.referents):
        for name in ("cidr_block", "vpc_id", "security_groups"):
            look(lambda read=read, name=name: read(block, name))
        look(lambda read=read: [read(one, name) for one in block.blocks("ingress") for name in ("from_port", "cidr_blocks")])
    assert block.region is None


def look(read: Any) -> None:
    with contextlib.suppress(NotYetKnown, CouldNotVerify):
        read()


@settings(deadline=None)
@given(st.integers(0, len(PLAN)), st.binary(max_size=4), st.integers(0, 8))
def test_broken_bytes_are_refused_or_read(at: int, more: bytes, less: int) -> None:
    content = PLAN.encode()
    with contextlib.suppress(ValueError):
        loads(content[:at] + more + content[at + less :])
