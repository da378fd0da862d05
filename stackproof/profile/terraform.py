"""Tables about the Terraform stacks, and what a plan may do to them."""

from collections.abc import Mapping
from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from stackproof.profile.base import Pattern, Table, unsaid

EXAMPLE = "terraform.tfvars.example"

APP = "app"
"""The name of the stack that the deployment guide describes."""


class TerraformStack(Table):
    """A root module that is applied by itself."""

    directory: str
    """Where it is, from the repository's root."""
    variables: Mapping[str, str] = {}
    """Values for this environment; everything else comes from ``example``."""
    example: str = EXAMPLE
    """The file in its directory with the values of other variables; empty where there is none."""
    backend_example: str = "backend.tf.example"
    """The file in its directory that says where the state is kept, until somebody copies it to where Terraform reads it."""
    secrets: tuple[str, ...] = unsaid()
    """Its variables that hold secrets; an empty list says that there is none, and where it does not say, they are those that are
    sensitive and have no default. Their values come from the environment (``TF_VAR_NAME``) or ``secrets_file``, never from here;
    without one, a plan that is made here gets one that is made up."""
    secrets_file: str = ""
    """The file of such values, from the repository's root, with lines as ``name = "value"``. Git does not take it."""
    reviewed: tuple[str, ...] = unsaid()
    """The addresses that a plan from nothing adds. A reviewer signs this list; a plan that differs fails."""
    outputs: Mapping[str, Pattern] = {}
    """Documented outputs and the shape of each, as a regular expression over the whole value."""

    @model_validator(mode="after")
    def _keeps_no_secret(self) -> Self:
        """Raises `ValueError` for a secret variable with a value, which is not said."""
        if self.says("secrets") and (told := sorted({*self.secrets} & {*self.variables})):
            raise ValueError(f"variables: {', '.join(told)} is a secret: its value comes from TF_VAR_{told[0]} or secrets_file")
        return self


class Terraform(TerraformStack):
    """The app stack, and what it stands on."""

    before: Mapping[str, TerraformStack] = {}
    """Other stacks, by name, in the order in which they are applied before the app stack."""

    @property
    def stacks(self) -> dict[str, TerraformStack]:
        """All stacks in the order of their application; the app stack is called ``app``."""
        return {**self.before, APP: self}

    @property
    def documented(self) -> dict[str, str]:
        """The documented outputs of all stacks and their shapes; those of another stack than the app's as ``STACK.OUTPUT``."""
        others = {f"{name}.{output}": shape for name, stack in self.before.items() for output, shape in stack.outputs.items()}
        return {**self.outputs, **others}


class Destruction(Table):
    """A resource that holds state and may be destroyed or replaced, once."""

    address: str = Field(pattern=r"^[^*?\s]+\.[^*?]+$")
    """As Terraform's plan of the stack names it: ``aws_db_instance.main``."""
    reason: str = Field(min_length=20)
    owner: str = Field(pattern=r"\S")
    """Who signs, as a role: devops."""
    expires: date
    """The last day on which the plan may do so."""
    stack: str | None = None
    """Whose plan; needed only where two stacks have the address."""


class Gate(Table):
    """The verdicts that close the gate of a pull request, beside FAIL and ERROR."""

    unknown_closes: tuple[Literal["critical", "high", "medium", "low"], ...] = ("critical", "high")
    """The severities of controls of which nobody may be left UNKNOWN: a plan that does not tell is no proof."""


class Change(Table):
    """The changes that a plan may make to a stack that runs."""

    may_destroy: tuple[Destruction, ...] = ()
