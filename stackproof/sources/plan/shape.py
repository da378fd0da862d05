"""The form of a document that can be judged as a plan: `checked` refuses everything else, with one message."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from stackproof.core.resource import KEY
from stackproof.core.verdicts import UsageError
from stackproof.util.json_document import MOST_LEVELS, is_deeper

HOW_TO = "terraform plan -out=tfplan && terraform show -json tfplan > plan.json"


def checked(document: object, where: str) -> Mapping[str, Any]:
    """The document of a plan of a whole stack, as Terraform writes it. Raises `UsageError` for any other."""
    if not isinstance(document, Mapping) or not isinstance(document.get("planned_values"), Mapping):
        raise UsageError(f"{where}: this is not a Terraform plan (no planned_values); make one with: {HOW_TO}")
    if not isinstance(document.get("configuration"), Mapping):
        raise UsageError(
            f"{where}: the plan has no configuration, so it was filtered, or is a state; give it as Terraform writes it: {HOW_TO}"
        )
    if document.get("errored"):
        raise UsageError(f"{where}: planning failed, and this is only what was planned until then; repair that and plan again")
    if document.get("complete") is False or document.get("deferred_changes"):
        raise UsageError(
            f"{where}: this plans only a part of the stack (-target, or changes that Terraform deferred); plan all of it"
        )
    if is_deeper(document, MOST_LEVELS):
        raise UsageError(f"{where}: this nests more than {MOST_LEVELS} levels deep, which no plan does")
    formed(document, where)
    refuse_what_is_filtered(document, where)
    refuse_what_is_there_twice(document, where)
    return document


def formed(document: Mapping[str, Any], where: str) -> None:
    """Check that a document has the form of a plan, and does not nest too deeply. Raises `UsageError`."""
    try:
        _PLAN.validate_python(document, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        given = _shortened(repr(first["input"]))
        raise UsageError(
            f"{where}: {place}: {first['msg']} (it is {given}); give the plan as Terraform writes it: {HOW_TO}"
        ) from None


def refuse_what_is_there_twice(document: Mapping[str, Any], where: str) -> None:
    """Raises `UsageError` for a plan that was edited: Terraform writes each resource once among the changes, and once as it will be."""
    changed = [(one["address"], one.get("deposed")) for one in document.get("resource_changes") or ()]
    planned = [(one["address"], None) for one in _managed(document["planned_values"].get("root_module", {}))]
    for places in (changed, planned):
        if len({*places}) != len(places):
            said = _twice([address for address, deposed in places if not deposed])
            raise UsageError(f"{where}: the plan was edited: {said}; give it as Terraform writes it: {HOW_TO}")


def _twice(addresses: list[str]) -> str:
    return next((f"{one} is there twice" for one, times in Counter(addresses).items() if times > 1), "a resource is there twice")


def refuse_what_is_filtered(document: Mapping[str, Any], where: str) -> None:
    """Raises `UsageError` for a plan of which something was left out.

    Every planned resource has a change, if only a no-op: without it, nobody knows what of its values is unknown.
    """
    planned = {one["address"] for one in _managed(document["planned_values"].get("root_module", {}))}
    if planned and not document["configuration"].get("root_module"):
        raise UsageError(f"{where}: the plan was filtered: its configuration is empty; give it as Terraform writes it: {HOW_TO}")
    changes = document.get("resource_changes")
    if changes is None:
        existing = _managed(document.get("prior_state", {}).get("values", {}).get("root_module", {}))
        if not planned and next(existing, None):
            raise UsageError(
                f"{where}: this plans nothing and only refreshes the state (-refresh-only), or it was filtered (no resource_changes); "
                f"plan what will be: {HOW_TO}"
            )
        changes = []
    if missing := sorted(planned - {one["address"] for one in changes}):
        raise UsageError(
            f"{where}: the plan was filtered: resource_changes says nothing of {missing[0]}"
            f"{f' and {len(missing) - 1} more' if len(missing) > 1 else ''}; give it as Terraform writes it: {HOW_TO}"
        )


def _managed(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (one for one in module.get("resources", ()) if one.get("mode", "managed") == "managed")
    for child in module.get("child_modules", ()):
        yield from _managed(child)


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"


_NESTING = (dict, list)


def _holds_references(expressions: dict[str, Any]) -> dict[str, Any]:
    """Expressions whose references, however deep, are texts. Raises `ValueError` for others."""
    row: list[Any] = [expressions]
    while row:
        node = row.pop()
        if isinstance(node, list):
            row += node
        elif isinstance(node, dict):
            references = node.get("references")
            if "references" in node and not (isinstance(references, list) and all(isinstance(one, str) for one in references)):
                raise ValueError("references should be a list of texts")
            row += [part for name, part in node.items() if isinstance(part, _NESTING) and name != "constant_value"]
    return expressions


_ADDRESS = re.compile(rf"(module\.[\w-]+({KEY})?\.)*((data|ephemeral)\.)?[\w-]+\.[\w-]+({KEY})?")


def _is_address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("is no address of a resource")
    return text


_Address = Annotated[str, AfterValidator(_is_address)]
_Name = Annotated[str, StringConstraints(min_length=1)]
_Expressions = Annotated[dict[str, Any], AfterValidator(_holds_references)]
_BESIDE = ConfigDict(extra="ignore")
"""Terraform's document has more members than are looked at; newer versions have more."""


@with_config(_BESIDE)
class _Resource(TypedDict):
    address: _Address
    mode: NotRequired[str]
    type: _Name
    name: _Name
    values: NotRequired[dict[str, Any] | None]


@with_config(_BESIDE)
class _Module(TypedDict):
    address: NotRequired[str]
    resources: NotRequired[list[_Resource]]
    child_modules: "NotRequired[list[_Module]]"


@with_config(_BESIDE)
class _Values(TypedDict):
    outputs: NotRequired[dict[str, dict[str, Any]]]
    root_module: NotRequired[_Module]


@with_config(_BESIDE)
class _State(TypedDict):
    values: NotRequired[_Values]


@with_config(_BESIDE)
class _Change(TypedDict):
    actions: Annotated[list[str], Field(min_length=1)]
    before: NotRequired[dict[str, Any] | None]
    after: NotRequired[dict[str, Any] | None]
    after_unknown: NotRequired[dict[str, Any] | Literal[False] | None]
    replace_paths: NotRequired[list[list[str | int]]]


@with_config(_BESIDE)
class _ResourceChange(TypedDict):
    address: _Address
    mode: NotRequired[str]
    previous_address: NotRequired[str]
    change: _Change


@with_config(_BESIDE)
class _ConfiguredResource(TypedDict):
    address: _Address
    provider_config_key: NotRequired[str]
    expressions: NotRequired[_Expressions]


@with_config(_BESIDE)
class _ConfiguredOutput(TypedDict):
    expression: NotRequired[_Expressions]


@with_config(_BESIDE)
class _Call(TypedDict):
    expressions: NotRequired[_Expressions]
    module: "NotRequired[_ConfiguredModule]"


@with_config(_BESIDE)
class _ConfiguredModule(TypedDict):
    outputs: NotRequired[dict[str, _ConfiguredOutput]]
    resources: NotRequired[list[_ConfiguredResource]]
    module_calls: NotRequired[dict[str, _Call]]
    variables: NotRequired[dict[str, dict[str, Any]]]


@with_config(_BESIDE)
class _Provider(TypedDict):
    expressions: NotRequired[_Expressions]


@with_config(_BESIDE)
class _Configuration(TypedDict):
    provider_config: NotRequired[dict[str, _Provider]]
    root_module: NotRequired[_ConfiguredModule]


@with_config(_BESIDE)
class _Plan(TypedDict):
    planned_values: _Values
    configuration: _Configuration
    resource_changes: NotRequired[list[_ResourceChange]]
    resource_drift: NotRequired[list[_ResourceChange]]
    output_changes: NotRequired[dict[str, Any]]
    variables: NotRequired[dict[str, dict[str, Any]]]
    prior_state: NotRequired[_State]


_PLAN = TypeAdapter(_Plan)
