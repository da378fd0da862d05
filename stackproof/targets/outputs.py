"""The outputs of the stacks: as a plan promises them, or as the states of what is deployed have them."""

from collections.abc import Mapping
from typing import Any

from stackproof.core.resource import StaticOrigin
from stackproof.core.verdicts import NotReported, NotYetKnown
from stackproof.resources.sources import Output
from stackproof.sources.plan.document import Plan
from stackproof.sources.plan.stacks import output_name


def planned_outputs(plan: Plan) -> dict[str, Output]:
    """The outputs that a plan promises; what is not known before apply says so when it is read."""
    promised = plan.document["planned_values"].get("outputs", {})
    return {name: _output(name, output, f"plan output.{name}") for name, output in promised.items()}


def applied_outputs(answers: Mapping[str, Mapping[str, Any]], source: str) -> dict[str, Output]:
    """The outputs of states by the stack of each, as ``terraform output -json`` writes them."""
    return {
        output_name(stack, name): _output(output_name(stack, name), {"value": None, **output}, source)
        for stack, answer in answers.items()
        for name, output in answer.items()
    }


def _output(name: str, output: Mapping[str, Any], source: str) -> Output:
    """One output. A sensitive one is not looked at: what is read ends up in reports."""
    value = output.get("value", NotYetKnown(f"output {name} is known only after apply"))
    if output.get("sensitive"):
        value = NotReported(f"output {name} is sensitive: its value is not looked at, so its shape cannot be judged")
    return Output(name, StaticOrigin({"value": value}, source), source)
