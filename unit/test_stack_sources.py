"""What the stacks' sources promise and no single control states: their own form."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import hcl2
import pytest
from hcl2 import SerializationOptions

ROOT = Path(__file__).parents[1]
SENSITIVE = {"db_password", "slack_webhook_url"}

Body = Mapping[str, Any]


class Stack:
    """A root module as parsed text."""

    def __init__(self, directory: str) -> None:
        self.directory = ROOT / directory
        self.texts = [file.read_text() for file in self.directory.glob("*.tf")]

    @cached_property
    def files(self) -> list[Body]:
        options = SerializationOptions(strip_string_quotes=True, explicit_blocks=False)
        return [hcl2.loads(text, serialization_options=options) for text in self.texts]

    @cached_property
    def names(self) -> list[str]:
        """Of the variables, without parsing."""
        return [name for text in self.texts for name in re.findall(r'^variable "(\w+)"', text, re.MULTILINE)]

    def blocks(self, kind: str) -> dict[str, Body]:
        return {name: body for file in self.files for block in file.get(kind, []) for name, body in block.items()}

    @cached_property
    def variables(self) -> dict[str, Body]:
        return self.blocks("variable")

    @cached_property
    def resources(self) -> dict[str, Body]:
        found = [
            (f"{kind}.{name}", body)
            for file in self.files
            for block in file.get("resource", [])
            for kind, named in block.items()
            for name, body in named.items()
        ]
        assert len(found) == len(dict(found))
        return dict(found)


APP = Stack("infrastructure/terraform")
LOGGING = Stack("infrastructure/terraform/central_logging")
STACKS = [APP, LOGGING]
each_stack = pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.directory.name)
VARIABLES = [pytest.param(stack, name, id=f"{stack.directory.name}-{name}") for stack in STACKS for name in stack.names]
each_variable = pytest.mark.parametrize(("stack", "name"), VARIABLES)


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


def test_the_app_stack_is_the_documented_45_resources() -> None:
    conditional = {address for address, body in APP.resources.items() if "count" in body or "for_each" in body}
    assert conditional == {"aws_sns_topic_subscription.slack"}
    assert len(APP.resources) - len(conditional) == 45


@each_stack
def test_every_variable_is_looked_at(stack: Stack) -> None:
    assert stack.names == [*stack.variables]


@each_variable
def test_a_variable_says_what_it_is(stack: Stack, name: str) -> None:
    variable = stack.variables[name]
    assert variable["type"] in ("string", "number", "${list(string)}")
    assert variable["description"].endswith(".")
    assert variable.get("nullable") is False or variable.get("default", "") is None


@each_variable
def test_a_variable_is_validated_where_a_refused_value_is_not_printed(stack: Stack, name: str) -> None:
    variable = stack.variables[name]
    assert variable.get("sensitive", False) == (name in SENSITIVE)
    if name in SENSITIVE:
        assert "validation" not in variable
        conditions = [
            condition["condition"]
            for body in stack.resources.values()
            for lifecycle in body.get("lifecycle", [])
            for condition in lifecycle.get("precondition", [])
        ]
    else:
        conditions = [validation["condition"] for validation in variable["validation"]]
    assert any(f"var.{name}" in condition for condition in conditions)


@each_variable
def test_a_variable_is_used(stack: Stack, name: str) -> None:
    declared = [stack.resources, stack.blocks("output"), stack.blocks("provider"), [file.get("locals") for file in stack.files]]
    assert any(re.search(rf"\bvar\.{name}\b", text) for text in strings(declared))


@each_stack
def test_an_output_is_described(stack: Stack) -> None:
    outputs = stack.blocks("output")
    assert [name for name, output in outputs.items() if not output["description"].endswith(".")] == []


@each_stack
def test_the_example_values_are_all_that_a_plan_needs_but_secrets(stack: Stack) -> None:
    example = assigned((stack.directory / "terraform.tfvars.example").read_text())
    required = {name for name, variable in stack.variables.items() if "default" not in variable}
    assert required - example == stack.variables.keys() & {"db_password"}
    assert example <= stack.variables.keys() - SENSITIVE


def test_the_stacks_name_the_same_things_alike() -> None:
    """They know each other by names alone."""
    app, logging = (stack.directory / "terraform.tfvars.example" for stack in STACKS)
    given = [dict(re.findall(r'^(\w+) *= *"(.*)"$', file.read_text(), re.MULTILINE)) for file in (app, logging)]
    assert given[0]["access_logs_bucket"] == given[1]["audit_bucket"]
    assert all(given[0][name] == given[1][name] for name in ("environment", "region", "aws_account_id"))


def test_the_environment_file_has_the_keys_of_the_output_and_the_password_and_no_values() -> None:
    text = (ROOT / ".env.production.example").read_text()
    assert re.fullmatch(r"([A-Z0-9_]+=\n)+", text)
    output = re.findall(r"^\s*([A-Z0-9_]+)=", APP.blocks("output")["env_variables"]["value"], re.MULTILINE)
    assert text.split() == [f"{key}=" for key in [*output, "RDS_PASSWORD"]]


@each_stack
def test_no_data_source_asks_an_account_during_a_plan(stack: Stack) -> None:
    assert stack.blocks("data") == {}


@each_stack
def test_a_policy_is_known_before_anything_exists(stack: Stack) -> None:
    """It refers to nothing of a resource but a name that the sources themselves give."""
    policies = {
        f"{address} {argument}": str(body[argument])
        for address, body in stack.resources.items()
        for argument in ("policy", "assume_role_policy", "container_definitions")
        if argument in body
    }
    assert policies
    references = {place: {*re.findall(r"\baws_[a-z_]+\.[a-z_]+\.([a-z_]+)", text)} for place, text in policies.items()}
    assert {place: found for place, found in references.items() if not found <= {"name", "bucket"}} == {}


@each_stack
def test_names_hold_no_reference_to_a_resource(stack: Stack) -> None:
    """A plan's configuration does not show what a local refers to, so locals would hide which key encrypts what."""
    local_values = [value for file in stack.files for value in strings(file.get("locals", []))]
    assert local_values
    assert not [value for value in local_values if re.search(r"\baws_[a-z_]+\.", value)]


@each_stack
def test_remote_state_is_encrypted_and_locked(stack: Stack) -> None:
    (backend,) = hcl2.loads((stack.directory / "backend.tf.example").read_text())["terraform"][0]["backend"]
    (settings,) = backend.values()
    assert settings["encrypt"] is True
    assert settings["use_lockfile"] is True
