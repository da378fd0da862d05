"""The kinds of a plan's values: what Terraform would convert is converted, what it would not is bad input, what the schema lacks stays."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from plan_documents import Planned, document

from proofs.plans import compliant_plan
from stackproof.core.resource import type_of
from stackproof.core.verdicts import UsageError
from stackproof.redaction.redaction import HIDDEN
from stackproof.sources.plan import value_types
from stackproof.sources.plan.document import Plan
from stackproof.sources.plan.value_types import fit

KINDS: tuple[Any, ...] = (True, 1, 0.5, "x", [], {}, ["x"], [[]], {"x": {}})
ROTATION = "aws_secretsmanager_secret_rotation.app"


def changed(address: str, **values: Any) -> dict[str, Any]:
    return {"address": address, "change": {"actions": ["create"], "before": None, "after": values}}


@pytest.mark.parametrize(
    ("address", "values", "said"),
    [
        (ROTATION, {"rotate_immediately": 1}, "rotate_immediately is a number, where hashicorp/aws has a boolean"),
        (
            "aws_ecs_service.app",
            {"capacity_provider_strategy": [{"capacity_provider": {}}]},
            r"capacity_provider_strategy\[0\]\.capacity_provider is an object, where hashicorp/aws has a string",
        ),
        ("aws_ecs_service.app", {"capacity_provider_strategy": {}}, "capacity_provider_strategy is an object, .* has a list"),
        (
            "aws_ecs_service.app",
            {"capacity_provider_strategy": ["x"]},
            r"capacity_provider_strategy\[0\] is a string, .* an object",
        ),
        ("module.a[0].aws_alb.app", {"security_groups": [[]]}, r"security_groups\[0\] is a list, .* has a string"),
        ("aws_db_instance.app", {"allocated_storage": True}, "allocated_storage is a boolean, .* has a number"),
        ("aws_db_instance.app", {"allocated_storage": "many"}, "allocated_storage is a string, .* has a number"),
        ("aws_db_instance.app", {"storage_encrypted": "yes"}, "storage_encrypted is a string, .* has a boolean"),
        ("aws_db_instance.app", {"tags": {"a": {}}}, r"tags\.a is an object, .* has a string"),
        ("aws_db_instance.app", {"timeouts": []}, "timeouts is a list, .* has an object"),
    ],
)
@pytest.mark.parametrize("when", ["before", "after", "values"])
def test_a_value_of_another_kind_is_named(address: str, values: dict[str, Any], said: str, when: str) -> None:
    one = {"address": address, "values": values} if when == "values" else {"address": address, "change": {when: values}}
    with pytest.raises(UsageError, match=rf"plan\.json: {address.replace('[', '.').replace(']', '.')}: {said}; give the plan as"):
        fit(copy.deepcopy(one), "plan.json")


def test_what_terraform_converts_is_converted() -> None:
    one = changed(
        "aws_db_instance.app", storage_encrypted="false", allocated_storage="20", identifier=7, tags={"a": True, "b": 1}
    )
    fit(one, "plan.json")
    assert one["change"]["after"] == {
        "storage_encrypted": False,
        "allocated_storage": 20,
        "identifier": "7",
        "tags": {"a": "true", "b": "1"},
    }


@pytest.mark.parametrize(
    ("address", "values"),
    [
        ("aws_of_tomorrow.a", {"name": {}}),
        ("aws_db_instance.a", {"of_tomorrow": {}, "name": None, "password": HIDDEN, "tags": HIDDEN, "storage_encrypted": HIDDEN}),
        ("aws_wafv2_web_acl.a", {"rule": [{"statement": [{"x": 1}]}]}),
        ("data.aws_db_instance.a", {"name": {}}),
    ],
)
def test_what_the_schema_does_not_have_and_what_is_hidden_stays(address: str, values: dict[str, Any]) -> None:
    one = {"mode": "data" if address.startswith("data.") else "managed", **changed(address, **values)}
    before = copy.deepcopy(one)
    fit(one, "plan.json")
    assert one == before


def test_a_plan_is_refused_and_the_document_that_was_given_stays() -> None:
    given = document(Planned(ROTATION, {"rotate_immediately": 1}))
    with pytest.raises(UsageError, match=r"rotate_immediately is a number"):
        Plan(given, "plan.json")
    given = document(Planned(ROTATION, {"rotate_immediately": "true"}))
    before = copy.deepcopy(given)
    assert [block.at("rotate_immediately") for block in Plan(given, "plan.json").every()] == [True]
    assert given == before


def test_all_types_of_the_sources_schema_have_types_of_values() -> None:
    schema = json.loads(value_types.DATA.parents[2].joinpath("terraform", "provider_schema.json").read_text(encoding="utf-8"))
    assert value_types._data().keys() == schema["resources"].keys()


def parts(values: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value, of lists the first element alone."""
    if way:
        yield way
    if isinstance(values, dict | list):
        for key, one in values.items() if isinstance(values, dict) else list(enumerate(values))[:1]:
            yield from parts(one, (*way, key))


def replaced(resource: dict[str, Any], way: tuple[Any, ...], value: Any) -> dict[str, Any]:
    made: dict[str, Any] = copy.deepcopy(resource)
    *first, last = way
    holder: Any = made["values"]
    for step in first:
        holder = holder[step]
    holder[last] = copy.deepcopy(value)
    return made


def resources() -> list[dict[str, Any]]:
    modules, found = [compliant_plan()["planned_values"]["root_module"]], []
    while modules:
        module = modules.pop()
        found += [one for one in module.get("resources", ()) if one["mode"] == "managed"]
        modules += module.get("child_modules", ())
    return found


def has_the_kinds(known: Any, value: Any) -> bool:
    """Whether a value, and each that is in it, is of its type."""
    if value is None or known is None or value == HIDDEN:
        return True
    if isinstance(known, str):
        kinds = {"string": (str,), "number": (int, float), "bool": (bool,)}
        return type(value) in kinds[known]
    if isinstance(known, list):
        return isinstance(value, list) and all(has_the_kinds(known[0], one) for one in value)
    return isinstance(value, dict) and all(has_the_kinds(known.get("*", known.get(name)), one) for name, one in value.items())


def test_no_attribute_of_the_compliant_plan_keeps_a_wrong_kind() -> None:
    """Each of its attributes with a value of each kind: refused, or of its type."""
    tried = refused = 0
    for resource in resources():
        known = value_types._data().get(type_of(resource["address"]), {})
        if not known:
            continue
        for way in parts(resource["values"]):
            for value in KINDS:
                tried += 1
                made = replaced(resource, way, value)
                try:
                    fit(made, "plan.json")
                except UsageError:
                    refused += 1
                else:
                    assert has_the_kinds(known, made["values"]), (resource["address"], way, value)
    assert tried > 5000
    assert tried / 2 < refused < tried
