"""Collections of the repository: Terraform's sources, the plan made from them, and the files beside them."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from stackproof.collections.registry import collection
from stackproof.core import waivers
from stackproof.core.resource import FailedOrigin, StaticOrigin, without_keys
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing
from stackproof.processes.venvs import environment
from stackproof.redaction.redaction import HIDDEN, redact
from stackproof.resources.sources import (
    Arguments,
    DatabasePassword,
    EnvironmentFile,
    ExampleVariables,
    Formatting,
    History,
    Initialisation,
    Module,
    Output,
    Planning,
    PossibleCredential,
    RemoteState,
    Repository,
    Scan,
    SecondPlan,
)
from stackproof.scanners import checkov, credentials, known_strings
from stackproof.scanners.git import git
from stackproof.sources import R
from stackproof.sources.plan.changes import kind_of, managed, resulting
from stackproof.sources.plan.document import Change, Plan
from stackproof.sources.plan.stacks import changes_in, stacks_of
from stackproof.targets.base import Stage
from stackproof.terraform import downgrade, provider, schema, sources
from stackproof.terraform.cli import Terraform, TerraformError, redacted
from stackproof.terraform.diagnostics import ProviderFailed, diagnostics
from stackproof.terraform.hcl import Expression, Value
from stackproof.terraform.provider import Provider
from stackproof.terraform.speculative_plan import EXAMPLE, PASSWORD, workspace
from stackproof.terraform.workspace import prepare
from stackproof.util.temporary import temporary

WEAK_PASSWORDS = {
    "16 characters, none of them special": "password12345678",
    "15 characters, some of them special": "Pass-word-12345",
}
"""Passwords that a plan must refuse."""

BACKEND = "backend.tf.example"
ENVIRONMENT_FILE = ".env.production.example"
TERRAFORM_FILES = ("*.tfvars", "*.tfvars.json", "*.tfstate", "*.tfstate.*", "*tfplan")
"""What Terraform's values, states and plans are called."""
KEPT_OUT_OF_GIT = (
    *("terraform.tfvars", "terraform.tfvars.json", "production.auto.tfvars"),
    *("terraform.tfstate", "terraform.tfstate.backup", "tfplan"),
)


@collection
def formatting(stage: Stage) -> Formatting:
    """How the sources are formatted."""
    directories = _directories(stage)
    roots = [str(root) for root in _topmost(directories)]
    completed = Terraform.find().run("fmt", "-check", "-recursive", "-list=true", *roots, directory=stage.root)
    if completed.exit_status not in (0, 3):
        raise CouldNotVerify(f"{completed.command} failed: {completed.stderr.strip()}")
    files = [file for directory in directories for kind in ("*.tf", "*.tfvars") for file in directory.glob(kind)]
    found = [Path(line) for line in completed.stdout.split("\n")[:-1]]
    unformatted = tuple(sorted(_relative(stage, stage.root.resolve() / file) for file in found))
    name = ", ".join(_relative(stage, Path(root)) for root in roots)
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
    return _of_each_stack(stage, _initialisation)


def _of_each_stack(stage: Stage, make: Callable[[Stage, str], R]) -> tuple[R, ...]:
    """One thing for each stack, in the order of their application."""
    stacks = list(stage.profile.terraform.stacks)
    with ThreadPoolExecutor(len(stacks)) as pool:
        return tuple(pool.map(lambda stack: make(stage, stack), stacks))


def _initialisation(stage: Stage, stack: str) -> Initialisation:
    return provider.with_fallback(stage.cache, lambda chosen: _initialised(stage, stack, chosen))


def _initialised(stage: Stage, stack: str, chosen: Provider) -> Initialisation:
    """Raises `ProviderFailed`, and `CouldNotVerify` where the packaged provider cannot stand in."""
    root = stage.directory_of(stack)
    if chosen.needs_downgrade:
        _require_current_generation(root, chosen)
    with temporary("init") as fresh:
        copy = prepare(root, fresh, chosen, endpoint=None, region=stage.profile.region, account=stage.profile.account)
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
    return tuple(_module(stage, directory) for directory in _directories(stage))


def _directories(stage: Stage) -> list[Path]:
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
    about = {"region": stage.profile.region, "account": stage.profile.account, "password": stage.password}
    try:
        found = provider.with_fallback(
            stage.cache, lambda chosen: diagnostics(workspace(directory, stage.cache, chosen, **about).validate())
        )
        errors = [str(one) for one in found if one.severity == "error"]
    except ProviderFailed:
        raise
    except TerraformError as error:
        found, errors = (), [str(error)]
    facts = {"errors": tuple(errors), "warnings": tuple(str(one) for one in found if one.severity == "warning")}
    return Module(_relative(stage, directory), StaticOrigin(facts, "terraform validate"), "terraform validate")


@collection
def arguments(stage: Stage) -> tuple[Arguments, ...]:
    """The arguments of every directory of Terraform sources."""
    return tuple(_arguments(stage, directory) for directory in _directories(stage))


def _arguments(stage: Stage, directory: Path) -> Arguments:
    read = sources.read(directory)
    facts = {
        "resources": sum(not resource.is_data for resource in read.resources),
        "problems": tuple(str(problem) for problem in schema.unknown_arguments(read)),
    }
    source = f"the schema of hashicorp/aws {schema.current().version}"
    return Arguments(_relative(stage, directory), StaticOrigin(facts, source), source)


def _relative(stage: Stage, path: Path) -> str:
    return str(path.relative_to(stage.root.resolve()))


@collection
def example_variables(stage: Stage) -> tuple[ExampleVariables, ...]:
    """The example of each stack's variables."""
    return _of_each_stack(stage, _example_variables)


def _example_variables(stage: Stage, stack: str) -> ExampleVariables:
    root = stage.directory_of(stack)
    file = root / EXAMPLE
    given = sources.assignments(file)
    declared = sources.read(root).variables
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    written = [match[1] for line in lines if (match := re.match(r"[\s#/*]*([\w-]+)\s*=", line))]
    sensitive = [name for name in written if name in declared and declared[name].is_sensitive]
    shaped = [f"line {number}" for number, line in enumerate(lines, 1) if HIDDEN in redact(line)]
    if not shaped and HIDDEN in redact(text):
        shaped = ["a key over several lines"]
    by_default = [f"{PASSWORD} by default"] if PASSWORD in declared and not declared[PASSWORD].is_required else []
    facts = {
        "missing": tuple(
            name for name, variable in declared.items() if variable.is_required and name not in given and name != PASSWORD
        ),
        "undeclared": tuple(name for name in given if name not in declared),
        "secrets": tuple(dict.fromkeys([*sensitive, *shaped, *by_default])),
    }
    return ExampleVariables(stack, StaticOrigin(facts, file.name), file.name)


@collection
def planning(stage: Stage) -> tuple[Planning, ...]:
    """A plan of each stack from nothing; or the given plans."""
    if stage.is_given_a_plan:
        return tuple(_given_planning(stage.plan(), stack) for stack in stacks_of(stage.plan()))
    return _of_each_stack(stage, _planning)


@collection
def warned_planning(stage: Stage) -> tuple[Planning, ...]:
    """The plans that tell what Terraform and the provider warned of: those that are made here."""
    if stage.is_given_a_plan:
        stage.notes.append(f"{stage.plan().where} tells no warnings of Terraform: they show where the plan is made.")
        return ()
    return planning(stage)


def _given_planning(plan: Plan, stack: str) -> Planning:
    changes = managed(changes_in(plan, stack))
    facts = {"kind": kind_of(changes).value, "resulting": resulting(changes)}
    return Planning(stack, StaticOrigin(facts, plan.where), plan.where)


def _planning(stage: Stage, stack: str) -> Planning:
    try:
        made = stage.speculative_plan(stack)
    except TerraformError as error:
        return Planning(stack, FailedOrigin(error), "terraform plan")
    facts = {
        "kind": kind_of(managed(made.plan.document.get("resource_changes", ()))).value,
        "resulting": made.added,
        "warnings": tuple(str(one) for one in made.said if one.severity == "warning"),
    }
    source = f"terraform plan, {made.workspace.provider.version} ({made.workspace.provider.origin})"
    return Planning(stack, StaticOrigin(facts, source), source)


def _touched(
    changes: Iterable[Change], untouched: Iterable[tuple[str, ...]] = (("create",), ("no-op",), ("read",))
) -> tuple[str, ...]:
    """
    >>> _touched([Change("aws_vpc.main", ("create",)), Change("aws_lb.main", ("delete", "create"))])
    ('replace aws_lb.main',)
    """
    named: dict[tuple[str, ...], str] = {("delete", "create"): "replace", ("create", "delete"): "replace"}
    return tuple(
        f"{named.get(change.actions, '+'.join(change.actions))} {change.address}"
        for change in changes
        if change.actions not in untouched
    )


@collection
def database_password(stage: Stage) -> DatabasePassword:
    """The variable of the database password: what it takes, and whether it is ever shown."""
    variable = sources.read(stage.terraform_root).variables.get(PASSWORD)
    if variable is None:
        raise DeclaredButMissing(f"the sources have no variable {PASSWORD}")
    refusals = {kind: _refusal(stage, weak) for kind, weak in WEAK_PASSWORDS.items()}
    shown = {
        "the plan": stage.speculative_plan().shows_the_password,
        "the refusal of a weak one": any(redacted(PASSWORD) in refusal for refusal in refusals.values()),
        "the error of its validation block, with Terraform 1.11": bool(variable.validations),  # 1.15 hides it
    }
    facts = {
        "is_sensitive": variable.is_sensitive,
        "accepted": tuple(kind for kind, refusal in refusals.items() if not refusal),
        "shown_in": tuple(where for where, is_shown in shown.items() if is_shown),
    }
    source = f"{variable.file} line {variable.line}; terraform plan with weak passwords"
    return DatabasePassword(PASSWORD, StaticOrigin(facts, source), source)


def _refusal(stage: Stage, password: str) -> str:
    """Why a plan refuses this password; empty if it takes it. Raises `CouldNotVerify` if the plan fails for another reason."""

    def plan(chosen: Provider) -> None:
        copy = workspace(
            stage.terraform_root,
            stage.cache,
            chosen,
            region=stage.profile.region,
            account=stage.profile.account,
            password=password,
        )
        with temporary("plan") as folder:
            example = stage.terraform_root / EXAMPLE
            copy.plan(folder / "tfplan", var_files=[example], variables=stage.profile.terraform.variables)

    try:
        provider.with_fallback(stage.cache, plan)
    except TerraformError as error:
        if PASSWORD in str(error):
            return str(error)
        raise
    return ""


@collection
def outputs(stage: Stage) -> tuple[Output, ...]:
    """The documented outputs: as a plan promises them, or as the deployed states have them."""
    documented = stage.profile.terraform.documented
    found = stage.outputs()
    missing = [name for name in documented if name not in found]
    if missing:
        raise DeclaredButMissing(f"outputs that are documented and do not exist: {', '.join(missing)}")
    return tuple(found[name] for name in documented)


@collection
def second_plan(stage: Stage) -> tuple[SecondPlan, ...]:
    """A plan of each stack that is deployed, against the sources of now."""
    return _of_each_stack(stage, _second_plan)


def _second_plan(stage: Stage, stack: str) -> SecondPlan:
    plan = stage.second_plan(stack)
    ignored = _ignored_changes(stage.directory_of(stack))
    outputs = [Change(f"output.{name}", tuple(one["actions"])) for name, one in plan.document.get("output_changes", {}).items()]
    facts = {
        "changes": _touched((*plan.changes, *outputs), untouched=(("no-op",), ("read",))),
        "is_applyable": plan.document.get("applyable"),
        "drift": _touched(
            (
                one
                for one, told in zip(plan.drift, plan.document.get("resource_drift", ()), strict=True)
                if _is_by_hand(told, ignored)
            ),
            untouched=(("no-op",),),
        ),
    }
    source = f"{plan.where}; ignore_changes in the sources"
    return SecondPlan(stack, StaticOrigin(facts, source), source)


def _ignored_changes(root: Path) -> Mapping[str, Sequence[str]]:
    """The attributes that the sources leave to others (``lifecycle.ignore_changes``), by resource."""
    return {
        resource.address: [_text(attribute) for attribute in _listed(block.body.value("ignore_changes"))]
        for resource in sources.read(root).resources
        for block in resource.body.named("lifecycle")
    }


def _listed(value: Value) -> Sequence[Value]:
    return value if isinstance(value, list | tuple) else ()


def _is_by_hand(drift: Mapping[str, Any], ignored: Mapping[str, Sequence[str]]) -> bool:
    """Whether more drifted than what the service computes (the latest restorable time of a database moves by itself) and what the
    sources leave to others."""
    before, after = drift["change"].get("before"), drift["change"].get("after")
    if before is None or after is None:
        return True
    moved = [name for name in {*before, *after} if before.get(name) != after.get(name)]
    # What is sensitive is hidden before and after: then nothing seems to have moved.
    left = ignored.get(drift["address"], ())
    return not moved or not all(name in left or schema.current().computes(drift["type"], name) for name in moved)


@collection
def remote_states(stage: Stage) -> tuple[RemoteState, ...]:
    """The backend that each stack's sources configure; until somebody copies it there, that of the example."""
    return _of_each_stack(stage, _remote_state)


def _remote_state(stage: Stage, stack: str) -> RemoteState:
    root = stage.directory_of(stack)
    file = root / BACKEND
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


@collection
def repository(stage: Stage) -> Repository:
    """What git keeps, and what it would take."""
    directories = [stack.directory for stack in stage.profile.terraform.stacks.values()]
    names = [f"{directory}/{name}" for directory in directories for name in KEPT_OUT_OF_GIT]
    # ".gitignore:9:*.tfstate<TAB>terraform.tfstate": the rule that decides. One outside the repository does not protect others.
    rules = [line.split("\t") for line in git(stage.root, "check-ignore", "--no-index", "--verbose", *names, accepted=(0, 1))]
    ignored = {name for rule, name in rules if re.match(r"(.+/)?\.gitignore:\d+:(?!!)", rule)}
    facts = {
        "tracked": tuple(git(stage.root, "ls-files", "--", *TERRAFORM_FILES)),
        "not_ignored": tuple(name for name in names if name not in ignored),
    }
    return Repository(stage.root.name, StaticOrigin(facts, "git ls-files; git check-ignore"), "git")


@collection
def history(stage: Stage) -> History:
    """What git keeps of the repository, in all its versions."""
    known = known_strings.load(stage.root / known_strings.FILE)
    found = credentials.search(stage.root, stage.cache)
    source = f"git rev-list, cat-file; {known_strings.FILE}"
    places = tuple(
        PossibleCredential(str(place), StaticOrigin({"reason": known.get(place.value)}, source), source) for place in found.places
    )
    return History(stage.root.name, StaticOrigin({"versions": found.versions, "possible_credentials": places}, source), source)


@collection
def source_scan(stage: Stage) -> Scan:
    """What checkov says of the sources."""
    python = environment(stage.cache, "checkov", checkov.REQUIREMENTS, stage.say)
    return _waived(stage, "POL-01", checkov.scan_sources(python, _texts(stage)))


@collection
def plan_scan(stage: Stage) -> Scan:
    """What checkov says of the plan."""
    python = environment(stage.cache, "checkov", checkov.REQUIREMENTS, stage.say)
    with temporary("plan") as folder:
        file = folder / "plan.json"
        file.write_text(stage.plan().to_json(), encoding="utf-8")
        scan = checkov.scan_plan(python, file)
    return _waived(stage, "POL-02", scan, lambda resource: in_sources(resource, stage.profile.terraform.before))


def _texts(stage: Stage) -> dict[str, str]:
    """All sources, by their paths in the repository."""
    return {
        _relative(stage, directory / name): text
        for directory in _directories(stage)
        for name, text in sources.texts(directory).items()
    }


def in_sources(address: str, stacks: Collection[str]) -> str:
    """What the sources of a stack call a resource of the plan, which joins these stacks to the app's: all instances are one there.

    >>> in_sources('module.central_logging.module.groups["/aws/ecs/api/llm"].aws_cloudwatch_log_group.this', ["central_logging"])
    'module.groups.aws_cloudwatch_log_group.this'
    """
    block = without_keys(address)
    return next((block.removeprefix(f"module.{name}.") for name in stacks if block.startswith(f"module.{name}.")), block)


def _waived(stage: Stage, control: str, scan: checkov.Scan, named: Callable[[str], str] = str) -> Scan:
    """The scan without what is waived; ``named`` is what waivers call a resource."""
    accepted = waivers.load(stage.root / waivers.FILE)
    mine = [one for one in accepted if control in one.control and one.counts(stage.profile.name, stage.target)]
    found = [(named(finding.resource), finding.check) for finding in (*scan.findings, *scan.skipped)]

    def unwaived(findings: Iterable[checkov.Finding]) -> tuple[str, ...]:
        return tuple(
            f"{finding.check} {finding.resource} ({finding.file} line {finding.line}): {finding.title}"
            for finding in findings
            if not waivers.waiver_for(mine, control, named(finding.resource), finding.check)
        )

    facts = {
        "examined": len(scan.resources),
        "findings": unwaived(scan.findings),
        "inline_skips": unwaived(scan.skipped),
        "expired": tuple(_told(waiver) for waiver in waivers.expired(mine, stage.now.date())),
        "unused": tuple(_told(waiver) for waiver in waivers.matching_nothing(mine, control, found)),
    }
    source = f"checkov {scan.version}; {waivers.FILE}"
    return Scan(f"checkov {control}", StaticOrigin(facts, source), source)


def _told(waiver: waivers.Waiver) -> str:
    accepts = f"{waiver.check or 'every check'} {waiver.resource or 'of every resource'}"
    return f"{accepts} (until {waiver.expires}, {waiver.owner}, {waiver.ticket})"


@collection
def environment_file(stage: Stage) -> EnvironmentFile:
    """The example of the backend's environment, beside what the stack documents."""
    file = stage.root / ENVIRONMENT_FILE
    if not file.is_file():
        raise DeclaredButMissing(f"{file.name} does not exist")
    output = sources.read(stage.terraform_root).outputs.get("env_variables")
    if output is None:
        raise DeclaredButMissing("the sources have no output env_variables")
    example = assigned(file.read_text(encoding="utf-8"))
    facts = {
        "keys": tuple(sorted(key for key, _ in example)),
        "filled_in": tuple(key for key, value in example if value),
        "documented": tuple(sorted([*(key for key, _ in assigned(_text(output.value))), "RDS_PASSWORD"])),
    }
    source = f"{file.name}; {output.file} line {output.line}"
    return EnvironmentFile(file.name, StaticOrigin(facts, source), source)


def _text(value: Value) -> str:
    """A value as it is written, evaluated or not."""
    return value.text if isinstance(value, Expression) else str(value)


def assigned(text: str) -> list[tuple[str, str]]:
    """What the lines of an environment file assign, in their order.

    >>> assigned("# a comment\\nRDS_ADDRESS=db\\nexport RDS_PORT = 5432\\n")
    [('RDS_ADDRESS', 'db'), ('RDS_PORT', '5432')]
    """
    assignments = re.finditer(r"^\s*(?:export\s+)?(?P<key>[A-Za-z_]\w*)[ \t]*=(?P<value>.*)$", text, re.MULTILINE)
    return [(match["key"], match["value"].strip()) for match in assignments]
