"""Every control says why it matters and how to mend it, in both languages, with commands and arguments that exist."""

import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache

import pytest
from botocore import xform_name
from botocore.exceptions import BotoCoreError
from botocore.model import ServiceModel, Shape, StructureShape
from botocore.session import Session

from stackproof.core.controls import FOLDERS, Entry, rows, suite
from stackproof.terraform.schema import Entry as SchemaEntry
from stackproof.terraform.schema import current

CONTROLS: Mapping[str, Entry] = {id: entry for folder in FOLDERS for id, entry in rows(suite() / folder).items()}

TOOLS = {"alembic", "checkov", "curl", "docker", "git", "psql", "pytest", "shellcheck", "stackproof", "terraform"}
"""What else than the AWS CLI a remedy may call."""

SESSION = Session()

MODELS = {"s3api": "s3", "configservice": "config", "deploy": "codedeploy"}
"""The models of services that the command line calls otherwise."""

GLOBAL_OPTIONS = {"--region", "--profile", "--output", "--query"}

BLOCKS = {
    'backend "s3"': {"encrypt", "use_lockfile"},
    "lifecycle": {"prevent_destroy"},
    "output": {"value"},
    "terraform": {"required_providers"},
    "variable": {"default", "sensitive", "validation"},
}
"""Blocks of Terraform's own, and what of them remedies name."""


@pytest.mark.parametrize("id", [id for id, entry in CONTROLS.items() if entry.cli])
def test_every_command_of_a_remedy_exists(id: str) -> None:
    for line in CONTROLS[id].cli.splitlines():
        assert list(command_problems(line)) == [], f"{id}: {line}"


@pytest.mark.parametrize("id", [id for id, entry in CONTROLS.items() if entry.terraform])
def test_every_argument_of_a_remedy_exists(id: str) -> None:
    for line in CONTROLS[id].terraform.splitlines():
        assert list(argument_problems(line)) == [], f"{id}: {line}"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("aws rds modify-db-instance --db-instance-identifier NAME --not-public", "no option --not-public"),
        ("aws rds modify-db-instance --no-publicly-accessible", "--db-instance-identifier is required"),
        ("aws rds modify-database --name NAME", "rds has no modify-database"),
        ("aws relational ls", "no service relational"),
        (
            "aws s3api put-bucket-versioning --bucket NAME --versioning-configuration Status=On",
            "Status takes Enabled or Suspended",
        ),
        (
            "aws s3api put-bucket-versioning --bucket NAME --versioning-configuration State=Enabled",
            "--versioning-configuration has no State",
        ),
        ("aws elbv2 modify-listener --listener-arn ARN --default-actions Type={redirect}", "a shell would expand it: quote it"),
        ("aws ec2 create-flow-logs --resource-type SUBNETS --resource-ids ID --traffic-type ALL", "--resource-type takes VPC or"),
        ("powershell remove-item", "powershell is no tool of a remedy"),
    ],
)
def test_a_command_that_does_not_exist_is_found(line: str, problem: str) -> None:
    assert any(problem in found for found in command_problems(line)), list(command_problems(line))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("aws_db_instance: public = false", "aws_db_instance has no public"),
        ("aws_db_instances: multi_az = true", "no type aws_db_instances"),
        ("aws_db_instance: latest_restorable_time", "aws_db_instance has no latest_restorable_time"),
        ("aws_lb_listener: default_action.redirects.port", "aws_lb_listener has no default_action.redirects.port"),
        ("publicly_accessible = false", "it is written as TYPE: ARGUMENT = VALUE"),
    ],
)
def test_an_argument_that_does_not_exist_is_found(line: str, problem: str) -> None:
    assert any(problem in found for found in argument_problems(line)), list(argument_problems(line))


def command_problems(line: str) -> Iterator[str]:
    """What is wrong with a command line, by the service's own model."""
    if re.search(r"[{\[*]", re.sub(r"'[^']*'", "", line)):
        yield "a shell would expand it: quote it"
    words = shlex.split(line)
    if words[0] != "aws":
        if words[0] not in TOOLS and not words[0].startswith("scripts/"):
            yield f"{words[0]} is no tool of a remedy"
        return
    service, operation = words[1:3]
    model = service_model(service)
    if model is None:
        yield f"no service {service}"
        return
    names = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in names:
        yield f"{service} has no {operation}"
        return
    shape = model.operation_model(names[operation]).input_shape
    members: Mapping[str, Shape] = (
        {f"--{xform_name(name, '-')}": member for name, member in shape.members.items()} if shape else {}
    )
    given = options(words[3:])
    for option, values in given.items():
        yield from option_problems(option, values, members)
    if shape and "--cli-input-json" not in given:
        required = {f"--{xform_name(name, '-')}" for name in shape.required_members}
        yield from (f"{option} is required" for option in sorted(required - given.keys()))


@cache
def service_model(service: str) -> ServiceModel | None:
    try:
        return SESSION.get_service_model(MODELS.get(service, service))
    except BotoCoreError:
        return None


def options(words: list[str]) -> dict[str, list[str]]:
    """The values of each option."""
    found: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            values = found.setdefault(word, [])
        else:
            values.append(word)
    return found


def option_problems(option: str, values: list[str], members: Mapping[str, Shape]) -> Iterator[str]:
    """What is wrong with one option: its name, its enumeration, the names of its members."""
    if option in GLOBAL_OPTIONS or option == "--cli-input-json":
        return
    positive = option.replace("--no-", "--", 1)
    if option not in members and not (positive in members and members[positive].type_name == "boolean"):
        yield f"no option {option}"
        return
    member = members.get(option) or members[positive]
    item = member.member if member.type_name == "list" else member
    for value in values:
        if value.startswith("file://"):
            continue
        if isinstance(item, StructureShape):
            for key, part in re.findall(r"(?:^|,)(\w+)=([^,{\[]*)", re.sub(r"[{\[].*[}\]]", "", value)):
                if key not in item.members:
                    yield f"{option} has no {key}"
                else:
                    yield from enum_problems(key, item.members[key], part)
        else:
            yield from enum_problems(option, item, value)


def enum_problems(name: str, shape: Shape, value: str) -> Iterator[str]:
    known = getattr(shape, "enum", [])
    if known and value and value not in known:
        yield f"{name} takes {' or '.join(known)}"


def argument_problems(line: str) -> Iterator[str]:
    """What is wrong with a line ``TYPE: ARGUMENT = VALUE, ARGUMENT (in which way)``, by the schema of the current provider."""
    type, colon, arguments = line.partition(": ")
    if not colon:
        yield "it is written as TYPE: ARGUMENT = VALUE"
        return
    if not type.startswith("aws_"):
        known = BLOCKS.get(type, set())
        yield from (f"{type} has no {name}" for name in argument_names(arguments) if name not in known)
        return
    if type not in current().resources:
        yield f"no type {type}: python -m stackproof.terraform.schema {type}, if the provider has it"
        return
    for name in argument_names(arguments):
        if not settable(current().resources[type], name.split(".")):
            yield f"{type} has no {name} that can be set"


def argument_names(arguments: str) -> list[str]:
    """The names alone: without values, and without what is said in parentheses."""
    bare = re.sub(r'"[^"]*"|\([^)]*\)|\[[^\]]*\]', "", arguments)
    return [clause.partition("=")[0].strip() for clause in bare.split(",")]


def settable(known: Mapping[str, SchemaEntry], path: list[str]) -> bool:
    entry = known.get(path[0])
    if isinstance(entry, Mapping):
        nested = entry["nested"]
        assert isinstance(nested, Mapping)
        return settable(nested, path[1:]) if path[1:] else entry["mode"] != "computed"
    return entry is not None and entry != "computed" and len(path) == 1
