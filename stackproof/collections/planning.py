"""Collections of plans that are made from the sources: what they add, promise and refuse, and whether a second one is empty."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stackproof.collections.registry import collection
from stackproof.collections.terraform import of_each_stack, text_of
from stackproof.core.resource import FailedOrigin, StaticOrigin
from stackproof.core.verdicts import DeclaredButMissing, NotDeclared
from stackproof.redaction.names import Promise, promise_of
from stackproof.resources.sources import (
    Output,
    Planning,
    SecondPlan,
    SecretVariable,
)
from stackproof.sources.plan.changes import kind_of, managed, resulting
from stackproof.sources.plan.document import Change, Plan
from stackproof.sources.plan.stacks import changes_in, stacks_of
from stackproof.targets.base import Stage
from stackproof.terraform import provider, schema, sources
from stackproof.terraform.cli import TerraformError, redacted
from stackproof.terraform.diagnostics import ProviderFailed
from stackproof.terraform.hcl import Value
from stackproof.terraform.provider import Provider
from stackproof.terraform.secret_variables import secret_names
from stackproof.terraform.speculative_plan import workspace
from stackproof.util.kept import Answer
from stackproof.util.temporary import temporary

WEAK_PASSWORDS = {
    "16 characters, none of them special": "password12345678",
    "15 characters, some of them special": "Pass-word-12345",
}
"""Passwords that a plan must refuse."""


@collection
def planning(stage: Stage) -> tuple[Planning, ...]:
    """A plan of each stack from nothing; or the given plans."""
    if stage.is_given_a_plan:
        return tuple(_given_planning(stage.plan(), stack) for stack in stacks_of(stage.plan()))
    return of_each_stack(stage, _planning)


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
    source = made.answer.told(f"terraform plan, {made.workspace.provider.version} ({made.workspace.provider.origin})")
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
def secret_variables(stage: Stage) -> tuple[SecretVariable, ...]:
    """The variables of all stacks that hold secrets: what they take, and whether they are ever shown."""
    stacks = stage.profile.terraform.stacks
    named = [(stack, name) for stack, table in stacks.items() for name in secret_names(table, stage.directory_of(stack))]
    if not named:
        directories = ", ".join(stack.directory for stack in stacks.values())
        raise NotDeclared(
            f"no variable in {directories} is declared to be a secret, or is sensitive and has no default",
            needs=("terraform.secrets",),
            read=("variables", directories, "no secret", "Terraform sources"),
        )
    return tuple(_secret_variable(stage, stack, name) for stack, name in named)


def _secret_variable(stage: Stage, stack: str, name: str) -> SecretVariable:
    """A secret variable. What is no password by its name may be of any form; a weak one is no such value."""
    root = stage.directory_of(stack)
    variable = sources.read(root).variables.get(name)
    if variable is None:
        raise DeclaredButMissing(f"the sources have no variable {name}")
    weak = WEAK_PASSWORDS if promise_of(name) is Promise.PASSWORD else {}
    refusals = {kind: _refusal(stage, stack, name, value) for kind, value in weak.items()}
    shown = {
        "the plan": stage.speculative_plan(stack).shows(name),
        "the refusal of a weak one": any(redacted(name) in refusal.value for refusal in refusals.values()),
        "the error of its validation block, with Terraform 1.11": bool(variable.validations),  # 1.15 hides it
    }
    facts = {
        "is_sensitive": variable.is_sensitive,
        "accepted": tuple(kind for kind, refusal in refusals.items() if not refusal.value),
        "shown_in": tuple(where for where, is_shown in shown.items() if is_shown),
    }
    source = f"{variable.file} line {variable.line}; terraform plan{' with weak passwords' if weak else ''}"
    source = next(iter(refusals.values()), stage.speculative_plan(stack).answer).told(source)
    return SecretVariable(name, StaticOrigin(facts, source), source)


def _refusal(stage: Stage, stack: str, variable: str, password: str) -> Answer:
    """Why a plan refuses this value of a variable; empty if it takes it. Raises `CouldNotVerify` if the plan fails for another reason."""

    root, table, secrets = stage.directory_of(stack), stage.profile.terraform.stacks[stack], stage.secrets_of(stack)
    about = {"region": stage.profile.region, "account": stage.profile.account_id}
    examples = [root / table.example] if table.example else []
    others = {name: value for name, value in secrets.items() if name != variable}

    def refusal(chosen: Provider) -> Answer:
        copy = workspace(root, stage.cache, chosen, **about, secrets={**secrets, variable: password})

        def plan() -> str:
            try:
                with temporary("plan") as folder:
                    copy.plan(folder / "tfplan", var_files=examples, variables=table.variables)
            except TerraformError as error:
                if isinstance(error, ProviderFailed) or variable not in str(error):
                    raise
                return str(error)
            return ""

        inputs = None if stage.has_own(others) else copy.inputs(examples, table.variables, **{variable: password})
        return stage.kept.get("refusal", inputs, plan)

    return provider.with_fallback(stage.cache, refusal)


@collection
def outputs(stage: Stage) -> tuple[Output, ...]:
    """The documented outputs: as a plan promises them, or as the deployed states have them."""
    documented = stage.profile.terraform.documented
    if not documented:
        raise NotDeclared(
            "[terraform] outputs is not declared (the shapes of what people copy): nothing to judge by",
            needs=("terraform.outputs",),
        )
    found = stage.outputs()
    missing = [name for name in documented if name not in found]
    if missing:
        raise DeclaredButMissing(f"outputs that are documented and do not exist: {', '.join(missing)}")
    return tuple(found[name] for name in documented)


@collection
def second_plan(stage: Stage) -> tuple[SecondPlan, ...]:
    """A plan of each stack that is deployed, against the sources of now."""
    return of_each_stack(stage, _second_plan)


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
                for one, reported in zip(plan.drift, plan.document.get("resource_drift", ()), strict=True)
                if _is_by_hand(reported, ignored)
            ),
            untouched=(("no-op",),),
        ),
    }
    source = f"{plan.where}; ignore_changes in the sources"
    return SecondPlan(stack, StaticOrigin(facts, source), source)


def _ignored_changes(root: Path) -> Mapping[str, Sequence[str]]:
    """The attributes that the sources leave to others (``lifecycle.ignore_changes``), by resource."""
    return {
        resource.address: [text_of(attribute) for attribute in _listed(block.body.value("ignore_changes"))]
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
