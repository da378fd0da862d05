"""A plan from nothing: what a first apply would do, found out without an AWS account."""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
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


def speculate(copy: Workspace, root: Path, variables: Mapping[str, object], example: str = EXAMPLE) -> SpeculativePlan:
    """Plan from nothing, with the variables of the example in ``root``, unless it is empty.

    Raises `TerraformError` with Terraform's own diagnostics if there is no plan.
    """
    # A file of its own: it holds secrets, and other runs use the same working copy.
    with temporary("plan", copy.directory.parent) as folder:
        planfile = folder / "tfplan"
        completed = copy.plan(planfile, var_files=[root / example] if example else [], variables=variables)
        document: dict[str, Any] = copy.show(planfile)
        text = copy.describe(planfile) if copy.has_secrets else ""
    return SpeculativePlan(copy, Plan(document, f"a plan of {root.name}"), diagnostics(completed), text)


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
