"""Collections of the Terraform sources: what Terraform itself says of them, and what they declare."""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from stackproof.collections.registry import collection
from stackproof.core.resource import StaticOrigin
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing, NotDeclared
from stackproof.redaction.redaction import HIDDEN, redact
from stackproof.redaction.threads import Pool
from stackproof.resources.sources import (
    Arguments,
    ExampleVariables,
    Formatting,
    Initialisation,
    Module,
    RemoteState,
)
from stackproof.sources import R
from stackproof.targets.base import Stage
from stackproof.terraform import downgrade, provider, schema, sources
from stackproof.terraform.cli import Terraform, TerraformError
from stackproof.terraform.diagnostics import Diagnostic, ProviderFailed, diagnostics
from stackproof.terraform.hcl import Expression, Value
from stackproof.terraform.provider import Provider
from stackproof.terraform.secret_variables import secret_names
from stackproof.terraform.speculative_plan import workspace
from stackproof.terraform.workspace import prepare
from stackproof.util.kept import Answer
from stackproof.util.temporary import temporary


@collection
def formatting(stage: Stage) -> Formatting:
    """How the sources are formatted."""
    directories = source_directories(stage)
    roots = [str(root) for root in _topmost(directories)]
    completed = Terraform.find().run("fmt", "-check", "-recursive", "-list=true", *roots, directory=stage.root)
    if completed.exit_status not in (0, 3):
        raise CouldNotVerify(f"{completed.command} failed: {completed.stderr.strip()}")
    files = [file for directory in directories for kind in ("*.tf", "*.tfvars") for file in directory.glob(kind)]
    found = [Path(line) for line in completed.stdout.split("\n")[:-1]]
    unformatted = tuple(sorted(relative_to_root(stage, stage.root.resolve() / file) for file in found))
    name = ", ".join(relative_to_root(stage, Path(root)) for root in roots)
    return Formatting(name, StaticOrigin({"files": len(files), "unformatted": unformatted}, "terraform fmt"), "terraform fmt")


def _topmost(directories: Iterable[Path]) -> list[Path]:
    """The directories that are in no other of them.

    >>> [str(path) for path in _topmost([Path("/a"), Path("/a/b"), Path("/c")])]
    ['/a', '/c']
    """
    found = set(directories)
    return sorted(path for path in found if not found & {*path.parents})


@collection
def initialisations(stage: Stage) -> tuple[Initialisation, ...]:
    """A first ``terraform init`` of each stack, as on a fresh machine."""
    return of_each_stack(stage, _initialisation)


def of_each_stack(stage: Stage, make: Callable[[Stage, str], R]) -> tuple[R, ...]:
    """One thing for each stack, in the order of their application."""
    stacks = list(stage.profile.terraform.stacks)
    with Pool(len(stacks)) as pool:
        return tuple(pool.map(lambda stack: make(stage, stack), stacks))


def _initialisation(stage: Stage, stack: str) -> Initialisation:
    return provider.with_fallback(stage.cache, lambda chosen: _initialised(stage, stack, chosen))


def _initialised(stage: Stage, stack: str, chosen: Provider) -> Initialisation:
    """Raises `ProviderFailed`, and `CouldNotVerify` where the packaged provider cannot stand in."""
    root = stage.directory_of(stack)
    if chosen.needs_downgrade:
        _require_current_generation(root, chosen)
    with temporary("init") as fresh:
        copy = prepare(root, fresh, chosen, endpoint=None, region=stage.profile.region, account=stage.profile.account_id)
        try:
            copy.init()
            origin = "; ".join(filter(None, [chosen.origin, chosen.why]))
            facts = {"errors": (), "provider": f"hashicorp/aws {copy.provider_version()} ({origin})"}
        except ProviderFailed:
            raise
        except TerraformError as error:
            facts = {"errors": (str(error).replace(str(copy.directory), root.name),), "provider": ""}
    return Initialisation(stack, StaticOrigin(facts, "terraform init"), "terraform init")


def _require_current_generation(root: Path, chosen: Provider) -> None:
    """Downgrading takes any constraint for that of the current generation. Raises `CouldNotVerify` for one of another."""
    current = schema.current().version
    for required in sources.read(root).required_providers.values():
        if required.source.endswith("hashicorp/aws") and required.version:
            named = re.findall(r"\d+(?:\.\d+)*", required.version)
            wanted = [version for version in (current, *named) if downgrade.admits(required.version, version)]
            if not any(version.split(".")[0] == current.split(".")[0] for version in wanted):
                raise CouldNotVerify(
                    f"{required.file} line {required.line}: {chosen.why}, and the packaged provider cannot stand in for hashicorp/aws "
                    f"{required.version}, only for the generation of {current}"
                )


@collection
def modules(stage: Stage) -> tuple[Module, ...]:
    """Every directory of Terraform sources."""
    return tuple(_module(stage, directory) for directory in source_directories(stage))


def source_directories(stage: Stage) -> list[Path]:
    """Every directory of sources under the stacks' roots, and of the local modules that they call, wherever those are.

    Raises `CouldNotVerify` for a stack without any.
    """
    found: set[Path] = set()
    for stack in stage.profile.terraform.stacks.values():
        root = (stage.root / stack.directory).resolve()
        if not any(root.glob("*.tf")):
            raise CouldNotVerify(f"{stack.directory} has no Terraform sources (*.tf)")
        found |= {path.parent for path in root.rglob("*.tf") if ".terraform" not in path.parts}
    return sorted({called for directory in found for called in sources.modules(directory)})


def _module(stage: Stage, directory: Path) -> Module:
    region, account = stage.profile.region, stage.profile.account_id

    def validated(chosen: Provider) -> Answer:
        copy = workspace(directory, stage.cache, chosen, region=region, account=account)
        return stage.kept.get("validate", copy.inputs(), lambda: [asdict(one) for one in diagnostics(copy.validate())])

    source = "terraform validate"
    try:
        answer = provider.with_fallback(stage.cache, validated)
        found, source = tuple(Diagnostic(**one) for one in answer.value), answer.told(source)
        errors = [str(one) for one in found if one.severity == "error"]
    except ProviderFailed:
        raise
    except TerraformError as error:
        found, errors = (), [str(error)]
    facts = {"errors": tuple(errors), "warnings": tuple(str(one) for one in found if one.severity == "warning")}
    return Module(relative_to_root(stage, directory), StaticOrigin(facts, source), source)


@collection
def arguments(stage: Stage) -> tuple[Arguments, ...]:
    """The arguments of every directory of Terraform sources."""
    return tuple(_arguments(stage, directory) for directory in source_directories(stage))


def _arguments(stage: Stage, directory: Path) -> Arguments:
    read = sources.read(directory)
    facts = {
        "resources": sum(not resource.is_data for resource in read.resources),
        "problems": tuple(str(problem) for problem in schema.unknown_arguments(read)),
    }
    source = f"the schema of hashicorp/aws {schema.current().version}"
    return Arguments(relative_to_root(stage, directory), StaticOrigin(facts, source), source)


def relative_to_root(stage: Stage, path: Path) -> str:
    return os.path.relpath(path, stage.root.resolve())  # a module may lie beside the profile's folder


@collection
def example_variables(stage: Stage) -> tuple[ExampleVariables, ...]:
    """The example of each stack's variables, but for stacks that are said to have none."""
    stacks = [name for name, stack in stage.profile.terraform.stacks.items() if stack.example]
    if not stacks:
        raise NotDeclared("terraform.example says that there is no example", needs=("terraform.example",))
    return tuple(_example_variables(stage, stack) for stack in stacks)


def _example_variables(stage: Stage, stack: str) -> ExampleVariables:
    root, table = stage.directory_of(stack), stage.profile.terraform.stacks[stack]
    file, secret = root / table.example, secret_names(table, root)
    given = sources.assignments(file)
    declared = sources.read(root).variables
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    written = [match[1] for line in lines if (match := re.match(r"[\s#/*]*([\w-]+)\s*=", line))]
    sensitive = [name for name in written if name in declared and declared[name].is_sensitive]
    shaped = [f"line {number}" for number, line in enumerate(lines, 1) if HIDDEN in redact(line)]
    if not shaped and HIDDEN in redact(text):
        shaped = ["a key over several lines"]
    by_default = [f"{name} by default" for name in secret if name in declared and not declared[name].is_required]
    facts = {
        "missing": tuple(
            name for name, variable in declared.items() if variable.is_required and name not in given and name not in secret
        ),
        "undeclared": tuple(name for name in given if name not in declared),
        "secrets": tuple(dict.fromkeys([*sensitive, *shaped, *by_default])),
    }
    return ExampleVariables(stack, StaticOrigin(facts, file.name), file.name)


@collection
def remote_states(stage: Stage) -> tuple[RemoteState, ...]:
    """The backend that each stack's sources configure; until somebody copies it there, that of the example."""
    return of_each_stack(stage, _remote_state)


def _remote_state(stage: Stage, stack: str) -> RemoteState:
    root = stage.directory_of(stack)
    file = root / stage.profile.terraform.stacks[stack].backend_example
    backend = sources.read(root).backend
    if backend is None:
        if not file.is_file():
            raise DeclaredButMissing(f"{file.relative_to(stage.root)} does not exist: nothing says where the state is kept")
        backend = sources.parse({file.name: file.read_text(encoding="utf-8")}).backend
    body = backend.body if backend else None
    facts = {
        "is_remote": backend is not None and backend.type == "s3",
        "is_encrypted": body is not None and body.value("encrypt") is True,
        "is_locked": body is not None and (body.value("use_lockfile") is True or bool(body.value("dynamodb_table"))),
    }
    source = Path(backend.file).name if backend else file.name
    return RemoteState(stack, StaticOrigin(facts, source), source)


def text_of(value: Value) -> str:
    """A value as it is written, evaluated or not."""
    return value.text if isinstance(value, Expression) else str(value)
