"""What the app stack's sources promise and no single control states: their own form."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hcl2
import pytest
from hcl2 import SerializationOptions

ROOT = Path(__file__).parents[1]
STACK = ROOT / "infrastructure" / "terraform"
TEXTS = {file.name: file.read_text() for file in STACK.glob("*.tf")}
PARSED = [
    hcl2.loads(text, serialization_options=SerializationOptions(strip_string_quotes=True, explicit_blocks=False))
    for text in TEXTS.values()
]

Body = Mapping[str, Any]


def blocks(kind: str) -> dict[str, Body]:
    return {name: body for file in PARSED for block in file.get(kind, []) for name, body in block.items()}


def resources() -> dict[str, Body]:
    found = [
        (f"{kind}.{name}", body)
        for file in PARSED
        for block in file.get("resource", [])
        for kind, named in block.items()
        for name, body in named.items()
    ]
    assert len(found) == len(dict(found))
    return dict(found)


VARIABLES = blocks("variable")
RESOURCES = resources()
SENSITIVE = {"db_password", "slack_webhook_url"}


def strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for item in value.values():
                yield from strings(item)
        case list():
            for item in value:
                yield from strings(item)


def assigned(text: str) -> set[str]:
    return set(re.findall(r"^([A-Za-z_]+) *=", text, re.MULTILINE))


def test_the_stack_is_the_documented_45_resources() -> None:
    conditional = {address for address, body in RESOURCES.items() if "count" in body or "for_each" in body}
    assert conditional == {"aws_sns_topic_subscription.slack"}
    assert len(RESOURCES) - len(conditional) == 45


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_says_what_it_is(name: str) -> None:
    variable = VARIABLES[name]
    assert variable["type"] in ("string", "number")
    assert variable["description"].endswith(".")
    assert variable.get("nullable") is False or variable.get("default", "") is None


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_is_validated_where_a_refused_value_is_not_printed(name: str) -> None:
    variable = VARIABLES[name]
    assert variable.get("sensitive", False) == (name in SENSITIVE)
    if name in SENSITIVE:
        assert "validation" not in variable
        conditions = [
            condition["condition"]
            for body in RESOURCES.values()
            for lifecycle in body.get("lifecycle", [])
            for condition in lifecycle.get("precondition", [])
        ]
    else:
        conditions = [validation["condition"] for validation in variable["validation"]]
    assert any(f"var.{name}" in condition for condition in conditions)


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_is_used(name: str) -> None:
    uses = strings([RESOURCES, blocks("output"), blocks("provider"), [file.get("locals") for file in PARSED]])
    assert any(re.search(rf"\bvar\.{name}\b", text) for text in uses)


@pytest.mark.parametrize("name", sorted(blocks("output")))
def test_an_output_is_described(name: str) -> None:
    assert blocks("output")[name]["description"].endswith(".")


def test_the_example_values_are_all_that_a_plan_needs_but_secrets() -> None:
    example = assigned((STACK / "terraform.tfvars.example").read_text())
    required = {name for name, variable in VARIABLES.items() if "default" not in variable}
    assert required - example == {"db_password"}
    assert example <= VARIABLES.keys() - SENSITIVE


def test_the_environment_file_has_the_keys_of_the_output_and_the_password_and_no_values() -> None:
    text = (ROOT / ".env.production.example").read_text()
    assert re.fullmatch(r"([A-Z0-9_]+=\n)+", text)
    output = re.findall(r"^\s*([A-Z0-9_]+)=", blocks("output")["env_variables"]["value"], re.MULTILINE)
    assert text.split() == [f"{key}=" for key in [*output, "RDS_PASSWORD"]]


def test_no_data_source_asks_an_account_during_a_plan() -> None:
    assert blocks("data") == {}


POLICIES = {
    f"{address} {argument}": str(body[argument])
    for address, body in RESOURCES.items()
    for argument in ("policy", "assume_role_policy", "container_definitions")
    if argument in body
}


@pytest.mark.parametrize("place", POLICIES)
def test_a_policy_is_known_before_anything_exists(place: str) -> None:
    """It refers to nothing of a resource but a name that the sources themselves give."""
    references = re.findall(r"\baws_[a-z_]+\.[a-z_]+\.([a-z_]+)", POLICIES[place])
    assert set(references) <= {"name", "bucket"}


def test_names_hold_no_reference_to_a_resource() -> None:
    """A plan's configuration does not show what a local refers to, so locals would hide which key encrypts what."""
    local_values = [value for file in PARSED for value in strings(file.get("locals", []))]
    assert local_values
    assert not [value for value in local_values if re.search(r"\baws_[a-z_]+\.", value)]


def test_remote_state_is_encrypted_and_locked() -> None:
    (backend,) = hcl2.loads((STACK / "backend.tf.example").read_text())["terraform"][0]["backend"]
    (settings,) = backend.values()
    assert settings["encrypt"] is True
    assert settings["use_lockfile"] is True
