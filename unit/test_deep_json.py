"""JSON inside of texts (log lines, container definitions, what a tool printed) may nest as deeply as somebody likes: no traceback."""

from collections.abc import Callable

import pytest
from plan_documents import Planned, document

from stackproof.core.verdicts import CouldNotVerify
from stackproof.judgement import filter_pattern, llm_records
from stackproof.redaction.logged import redacted_message
from stackproof.redaction.redaction import redact_data
from stackproof.resources.service import TaskDefinition
from stackproof.scanners.checkov import read_report
from stackproof.sources.plan.document import Plan
from stackproof.terraform.diagnostics import events

DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000
NUMBER = "1" * 5_000

READ: dict[str, tuple[Callable[[str], object], object]] = {
    "a record of a language model's call": (lambda text: llm_records.problem(text, {}), "not JSON"),
    "a log line that a filter looks at": (lambda text: filter_pattern.matches("{ $.a = 1 }", text), False),
    "what Terraform prints": (lambda text: [*events(text)], []),
}


@pytest.mark.parametrize("text", [DEEP, f'{{"a": {NUMBER}}}'], ids=["deep", "a long number"])
@pytest.mark.parametrize("what", READ)
def test_what_cannot_be_read_is_no_json(what: str, text: str) -> None:
    read, answer = READ[what]
    assert read(text) == answer


@pytest.mark.parametrize("text", [DEEP, f'{{"a": {NUMBER}}}'], ids=["deep", "a long number"])
def test_what_cannot_be_read_is_redacted_as_text(text: str) -> None:
    assert redacted_message(text)
    assert redact_data({"message": text})


@pytest.mark.parametrize("text", [f"[{DEEP}]", f'[{{"name": "app", "cpu": {NUMBER}}}]'], ids=["deep", "a long number"])
def test_container_definitions_that_cannot_be_read_are_no_verdict(text: str) -> None:
    plan = Plan(document(Planned("aws_ecs_task_definition.app", {"family": "app", "container_definitions": text})), "a plan")
    (definition,) = [TaskDefinition("app", block, block.source) for block in plan.resources("aws_ecs_task_definition")]
    with pytest.raises(CouldNotVerify, match="container_definitions is not a JSON list of containers"):
        _ = definition.containers


def test_a_report_that_cannot_be_read_is_no_verdict() -> None:
    with pytest.raises(CouldNotVerify, match="checkov did not write a report that can be read"):
        read_report(DEEP)
