"""Policy documents, which AWS and Terraform hand over as text."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackproof.core.partial import parts, the_one
from stackproof.core.resource import type_of
from stackproof.core.verdicts import CouldNotVerify
from stackproof.sources.plan.blocks import PlanLookup, PlannedBlock
from stackproof.util import json_document


def policy_document(text: str, source: str) -> dict[str, Any]:
    """The document in a text. Raises `CouldNotVerify`, naming the source, for one that is not a JSON object."""
    try:
        parsed = json_document.loads(text)
    except ValueError as error:
        raise CouldNotVerify(f"{source}: the policy is not JSON ({error})") from None
    if not isinstance(parsed, dict):
        raise CouldNotVerify(f"{source}: the policy is not a JSON object")
    return parsed


def is_set(block: PlannedBlock, attribute: str) -> bool:
    """True if an attribute will have a value; one that is written and known only after apply will have one."""
    if block.is_known(attribute) or not block.is_written(attribute):
        return not block.is_unset(attribute) and bool(block.text(attribute))
    return True


def will_be_set(block: PlannedBlock, attribute: str) -> bool:
    """True if an attribute will have a value: that of another resource, whatever it will be, is one.

    Raises `NotYetKnown` for one that is not known and refers to no resource: it may turn out to be nothing.
    """
    if block.is_known(attribute) or not block.is_written(attribute):
        return is_set(block, attribute)
    if not block.references(attribute):
        raise block.unknown(attribute)
    return True


def planned_resource_policy(block: PlannedBlock, kind: str, attribute: str) -> dict[str, Any] | None:
    """The policy of a planned resource: in its own ``policy``, or in a resource of another type whose ``attribute`` means it.

    None where neither says one. Raises `NotYetKnown` where several do, or where nothing of it is known.
    """
    beside = the_one(block.plan.referring(kind, attribute, block))
    is_decided_beside = bool(beside or block.plan.removed(kind, attribute, block))
    own = [block] if block.says("policy", is_decided_beside=is_decided_beside) and is_set(block, "policy") else []
    decides = the_one([*([beside] if beside else []), *own])
    return planned_document(decides, "policy") if decides else None


def about_others(plan: PlanLookup, kind: str, attribute: str, *types: str, unsaid: str = "") -> dict[str, list[PlannedBlock]]:
    """The planned resources of a type whose attribute means nothing of the plan for certain: by the name of what it means, as planned.

    Those of the plan that it may mean are not known; what it says is judged whomever it is about.

    ``unsaid`` is the name of what is meant where the attribute is not set; one whose name is not known is called by the address.
    """
    found: dict[str, list[PlannedBlock]] = {}
    for block in plan.resources(kind):
        if not parts(block.referents(attribute, *types))[0]:
            name = block.values.get(attribute) or ("" if block.is_written(attribute) else unsaid) or block.address
            found.setdefault(str(name), []).append(block)
    return found


NAMED_BY_NO_ACCOUNT = ("aws_s3_bucket",)
"""Resources whose ARNs say nothing of the account: whoever has the name, has the ARN."""


def arn_of_the_stack(block: PlannedBlock, attribute: str) -> str | None:
    """The ARN that an attribute will be; None if it will not be set.

    That of a resource of the plan is known only after apply, but it is one of the account that the stack is in, in the language of policies
    ``${aws:ResourceAccount}``. Raises `NotYetKnown` for any other that is not known.
    """
    if block.is_known(attribute) or not block.is_written(attribute):
        return block.text(attribute)
    meant = block.references(attribute)
    if not meant:
        raise block.unknown(attribute)
    has_account = all(type_of(one.address) not in NAMED_BY_NO_ACCOUNT for one in meant)
    return f"arn:aws:::{'${aws:ResourceAccount}' if has_account else ''}:{meant[0].address}"


class PartialDocument(dict[str, Any]):
    """A policy document of which some statements, or parts of them, are known only after apply; it has what is known.

    See `stackproof.core.partial.judges_what_is_known`.
    """

    def __init__(self, known: Mapping[str, Any], rest: Exception) -> None:
        super().__init__(known)
        self.rest = rest


def planned_document(block: PlannedBlock, attribute: str) -> dict[str, Any]:
    """The policy document of a planned attribute, also where an aws_iam_policy_document is read only when the plan is applied.

    Raises `NotYetKnown` where nothing of it is known.
    """
    if block.is_known(attribute) and isinstance(written := block.at(attribute), str):
        return policy_document(written, block.source)
    unknown = block.unknown(attribute)
    described = block.described_by(attribute, "aws_iam_policy_document")
    if not described:
        raise unknown
    statements = [statement for one in described for statement in _statements(one)]
    return PartialDocument({"Version": "2012-10-17", "Statement": statements}, unknown)


def _statements(document: PlannedBlock) -> Iterator[dict[str, Any]]:
    """What is known of the statements of an aws_iam_policy_document, and of those that it is composed of."""
    for attribute in ("source_policy_documents", "override_policy_documents"):
        for other in document.described_by(attribute, document.type):
            yield from _statements(other)
        for text in _known(document, attribute):
            yield from _listed(policy_document(text, document.source).get("Statement", ()))
    for statement in document.known_blocks("statement"):
        if not statement.is_known("effect") and statement.values.get("effect") is not None:
            continue
        yield _statement(statement)


def _statement(block: PlannedBlock) -> dict[str, Any]:
    said: dict[str, Any] = {"Effect": block.values.get("effect") or "Allow"}
    for attribute, member in (
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ):
        if (values := _known(block, attribute)) or not block.is_known(attribute):
            said[member] = values
    for attribute, member in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        principals: dict[str, list[str]] = {}
        for one in block.known_blocks(attribute):
            principals.setdefault(one.values.get("type") or "AWS", []).extend(_known(one, "identifiers"))
        if principals:
            said[member] = "*" if principals == {"*": ["*"]} else principals
    for one in block.known_blocks("condition"):
        said.setdefault("Condition", {}).setdefault(one.values.get("test"), {})[one.values.get("variable")] = _known(
            one, "values"
        )
    return said


def _known(block: PlannedBlock, attribute: str) -> list[str]:
    return [one for one in block.values.get(attribute) or () if isinstance(one, str)]


def _listed(statements: Any) -> Iterable[dict[str, Any]]:
    return statements if isinstance(statements, list) else [statements]


def what_is_unknown(documents: Iterable[Mapping[str, Any]]) -> list[Exception]:
    """The errors that stand for the unknown parts of documents."""
    return [one.rest for one in documents if isinstance(one, PartialDocument)]
