"""A plan from nothing: what a first apply would do, found out without an AWS account."""

import secrets
import string
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from stackproof.profile.terraform import EXAMPLE
from stackproof.redaction import redaction
from stackproof.sources.plan.document import Plan
from stackproof.terraform.cli import redacted
from stackproof.terraform.diagnostics import Diagnostic, diagnostics
from stackproof.terraform.provider import Provider
from stackproof.terraform.workspace import Workspace, prepare
from stackproof.util.kept import Answer, Kept
from stackproof.util.temporary import temporary


@dataclass(frozen=True)
class SpeculativePlan:
    """One plan from nothing, as Terraform made it."""

    workspace: Workspace
    plan: Plan
    said: tuple[Diagnostic, ...]
    """Warnings; an error ends the plan instead."""
    text: str
    """The plan as Terraform prints it for people; empty for a stack without secret variables."""
    answer: Answer = field(default_factory=lambda: Answer((), ""))
    """Says when it was made."""

    def shows(self, secret: str) -> bool:
        """True if Terraform printed the value of a secret variable anywhere."""
        return any(redacted(secret) in printed for printed in (self.text, *map(str, self.said)))

    @cached_property
    def added(self) -> frozenset[str]:
        """The addresses that an apply would add, under the names that the sources give them.

        A resource that was downgraded into another counts if that other is added.
        """
        there = {change.address for change in self.plan.changes if change.actions == ("create",)}
        renamed = {new: old for old, new in self.workspace.retyped.items()}
        downgraded = {old for old, new in self.workspace.merged.items() if new in there}
        return frozenset({renamed.get(address, address) for address in there} | downgraded)


def workspace(
    root: Path, cache: Path, chosen: Provider, *, region: str, account: str, secrets: Mapping[str, str] | None = None
) -> Workspace:
    """A working copy of the stack at ``root`` that can be planned and never asks AWS anything."""
    return prepare(
        root,
        cache / "work",
        chosen,
        endpoint=None,
        region=region,
        account=account,
        secrets=secrets,
    )


def speculate(
    copy: Workspace,
    root: Path,
    variables: Mapping[str, object],
    example: str = EXAMPLE,
    *,
    kept: Kept,
    has_own_secrets: bool = False,
) -> SpeculativePlan:
    """A plan from nothing, with the variables of the example in ``root``, unless it is empty: made now, or kept from the same inputs.

    Where the copy's secrets are the user's own (``has_own_secrets``) it is made now: no digest is kept that a secret is part of.
    Raises `TerraformError` with Terraform's own diagnostics if there is no plan.
    """
    files = [root / example] if example else []

    def make() -> dict[str, Any]:
        # A file of its own: it holds secrets, and other runs use the same working copy.
        with temporary("plan", copy.directory.parent) as folder:
            planfile = folder / "tfplan"
            completed = copy.plan(planfile, var_files=files, variables=variables)
            document = copy.show(planfile)
            text = copy.describe(planfile) if copy.has_secrets else ""
        return {"document": document, "said": [asdict(one) for one in diagnostics(completed)], "text": text}

    inputs = None if has_own_secrets else copy.inputs(files, variables)
    answer = kept.get("plan", inputs, make)
    plan = Plan(answer.value["document"], f"a plan of {root.name}")
    said = tuple(Diagnostic(**one) for one in answer.value["said"])
    return SpeculativePlan(copy, plan, said, answer.value["text"], answer)


def notes(made: SpeculativePlan, stack: str, reviewed: int | None) -> list[str]:
    """The sentences that a reader of the report needs about how the plan of a stack was made."""
    copy = made.workspace
    said = [
        f"{stack} was planned with {copy.terraform.name} and hashicorp/aws {copy.provider_version()} ({copy.provider.origin})."
    ]
    if copy.provider.needs_downgrade:
        planned = sum(change.actions == ("create",) for change in made.plan.changes)
        said.append(
            f"The sources of {stack} are written for hashicorp/aws 6.x. Because {copy.provider.why}, they were downgraded for "
            f"{copy.provider.version}: "
            f"{'the' if reviewed is None else reviewed} documented resources are {planned} planned and {len(copy.merged)} "
            "downgraded into others. "
            f"Downgraded: {'; '.join(copy.notes)}."
        )
    return said


def random_password(length: int = 24) -> str:
    """A password that the stack accepts, hidden from all output from now on."""
    specials = "!#%*-_=+"
    required = [secrets.choice(kind) for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits, specials)]
    rest = [secrets.choice(string.ascii_letters + string.digits + specials) for _ in range(length - len(required))]
    password = "".join(secrets.SystemRandom().sample([*required, *rest], length))
    redaction.register(password)
    return password
