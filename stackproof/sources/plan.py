"""A Terraform plan as a source: ``terraform show -json``, with its unknown values and its references.

Three parts of the document are read together: *planned values*, the ``after_unknown`` mask of each change, and the *configuration*,
whose expressions say which resource's attribute an unknown value will be. References are followed through module inputs and outputs.

Terraform's document gives the references of an expression, not its text: ``key.arn`` and ``"${key.arn}"`` look alike. An expression
with exactly one reference is taken for that reference. Locals are not in the document; a value that comes through one stays unknown.

Sensitive values are hidden while the document is loaded; nothing after that can print them.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stackproof.evidence.redaction import HIDDEN, redact_data
from stackproof.resources.base import Field, Found, Reference
from stackproof.sources import R
from stackproof.verdicts import NotYetKnown, UsageError

Scope = tuple[str, ...]
"""The module path in the configuration: ``("logs", "group")`` for ``module.logs.module.group``."""

Expressions = Callable[[str], Any]
"""The configured expression of an attribute; None for one that is not written."""


class PlanSource:
    """Typed resources as a plan promises them."""

    def __init__(self, plan: "Plan") -> None:
        self.plan = plan

    def collect(self, kind: type[R], names: Sequence[str]) -> tuple[R, ...]:
        return tuple(kind.from_plan(self.plan, names))


@dataclass(frozen=True)
class Change:
    """What the plan does to one resource."""

    address: str
    actions: tuple[str, ...]
    """``("create",)``, ``("update",)``, ``("delete", "create")``, ``("no-op",)``, ..."""


class Plan:
    """One plan document. Raises `UsageError` for a document that is not a plan."""

    def __init__(self, document: object, where: str) -> None:
        self.where = where
        if not isinstance(document, Mapping) or not isinstance(document.get("planned_values"), Mapping):
            raise UsageError(
                f"{where}: this is not a Terraform plan (no planned_values); make one with: "
                "terraform plan -out=tfplan && terraform show -json tfplan > plan.json"
            )
        if not isinstance(document.get("configuration"), Mapping):
            raise UsageError(f"{where}: the plan has no configuration; a state file cannot be judged as a plan")
        self.document: Mapping[str, Any] = without_secrets(document)

    def to_json(self) -> str:
        """The document, without its secrets."""
        return json.dumps(self.document)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What the plan does to each managed resource, no-ops included."""
        return tuple(
            Change(change["address"], tuple(change["change"]["actions"]))
            for change in self.document.get("resource_changes", ())
            if change.get("mode", "managed") == "managed"
        )

    @cached_property
    def drift(self) -> tuple[Change, ...]:
        """What was changed outside Terraform since the last apply."""
        return tuple(
            Change(change["address"], tuple(change["change"]["actions"])) for change in self.document.get("resource_drift", ())
        )

    def resources(self, *types: str) -> list["PlannedBlock"]:
        """Managed resources of these types as they will be after the apply, in the plan's order."""
        return [block for kind, block in self._planned.values() if kind in types]

    def resource(self, address: str) -> "PlannedBlock | None":
        """The planned resource at an address."""
        return self._planned[address][1] if address in self._planned else None

    def knows(self, reference: Reference) -> bool:
        """Whether the plan has a value for what is referred to."""
        block = self.resource(reference.address)
        return block is not None and block.is_known(reference.attribute)

    def referring(self, kind: str, attribute: str, to: "PlannedBlock", *, named: str) -> list["PlannedBlock"]:
        """Resources of a type whose attribute refers to another resource, or holds its name (``named`` is the attribute)."""
        name = to.at(named)

        def refers(value: object) -> bool:
            if isinstance(value, Reference):
                return value.address == to.address
            return not isinstance(name, Reference) and value is not None and value == name

        return [block for block in self.resources(kind) if refers(block.at(attribute))]

    @cached_property
    def _planned(self) -> dict[str, tuple[str, "PlannedBlock"]]:
        unknown = {
            change["address"]: change["change"].get("after_unknown") or {} for change in self.document.get("resource_changes", ())
        }
        found = {}
        for resource in _planned_resources(self.document["planned_values"].get("root_module", {})):
            address = resource["address"]
            scope = scope_of(address)
            configured = self._configured.get((*scope, f"{resource['type']}.{resource['name']}"), {})
            found[address] = (
                resource["type"],
                PlannedBlock(
                    self,
                    address,
                    scope,
                    resource.get("values") or {},
                    unknown.get(address, {}),
                    configured.get("expressions", {}).get,
                ),
            )
        return found

    @cached_property
    def _configured(self) -> dict[Scope, Mapping[str, Any]]:
        """Configured resources by module path and address within the module."""
        return {
            (*scope, resource["address"]): resource
            for scope, module in self._modules.items()
            for resource in module.get("resources", ())
        }

    @cached_property
    def _modules(self) -> dict[Scope, Mapping[str, Any]]:
        return dict(_modules((), self.document["configuration"].get("root_module", {})))

    def _call(self, scope: Scope) -> Mapping[str, Any]:
        """The module block that calls the module at this path."""
        call: Mapping[str, Any] = self._modules[scope[:-1]].get("module_calls", {}).get(scope[-1], {})
        return call

    def references(self, expression: object, scope: Scope, prefix: str) -> tuple[Reference, ...] | None:
        """What resource attributes an expression refers to; None if some part of it cannot be followed.

        ``prefix`` is the address of the module instance that the expression stands in, with a trailing dot unless empty.
        """
        if not isinstance(expression, Mapping):
            return None
        found: list[Reference] = []
        for written in outermost(expression.get("references", ())):
            followed = self._follow(written, scope, prefix)
            if followed is None:
                return None
            found += followed
        return tuple({(one.address, one.attribute): one for one in found}.values())  # a reference has no hash

    def _follow(self, written: str, scope: Scope, prefix: str) -> tuple[Reference, ...] | None:
        head, _, rest = written.partition(".")
        if head in ("local", "each", "count", "path", "terraform", "self", "data"):
            return None
        if head == "var":
            if not scope:
                return ()
            name = re.split(r"[.\[]", rest)[0]
            parent_prefix = prefix[: prefix.rfind("module.")]
            return self.references(self._call(scope).get("expressions", {}).get(name), scope[:-1], parent_prefix)
        if head == "module":
            instance, _, output = rest.partition(".")
            child = (*scope, instance.partition("[")[0])
            outputs = self._modules.get(child, {}).get("outputs", {})
            expression = outputs.get(re.split(r"[.\[]", output)[0], {}).get("expression")
            return self.references(expression, child, f"{prefix}module.{instance}.")
        match = re.match(r"(?P<address>[a-z0-9_]+\.[\w-]+(\[[^\]]*\])?)(\.(?P<attribute>\w+))?", written)
        if not match:
            return None
        return (Reference(prefix + match["address"], match["attribute"] or ""),)


class PlannedBlock:
    """A planned resource, or a block inside one: its values, what of them is unknown, and the expressions behind (an `Origin`)."""

    def __init__(
        self,
        plan: Plan,
        address: str,
        scope: Scope,
        values: Mapping[str, Any],
        unknown: Mapping[str, Any],
        expressions: Expressions,
        within: str = "",
    ) -> None:
        self.plan = plan
        self.address = address
        self.values = values
        self._scope = scope
        self._unknown = unknown
        self._expressions = expressions
        self._within = within

    @property
    def source(self) -> str:
        return f"plan {self.address}{self._within}"

    def name_or_address(self, attribute: str) -> str:
        """The name as planned, or the address where the name is not known yet."""
        name = self.values.get(attribute)
        return name if isinstance(name, str) else self.address

    def at(self, attribute: str) -> Any:
        """The planned value of an attribute; None if it will not be set; a `Reference` where the plan says what it will be.

        Raises `NotYetKnown` for every other unknown value, and for a list with an unknown element.
        """
        unknown = self._unknown.get(attribute, False)
        if unknown is True:
            return self._reference(attribute)
        value = self.values.get(attribute)
        if _any(unknown):
            return self._with_references(attribute, value, unknown)
        return value

    def is_known(self, attribute: str) -> bool:
        """Whether an attribute has a planned value, all of it known."""
        return attribute in self.values and not _any(self._unknown.get(attribute, False))

    def is_left_open(self, attribute: str) -> bool:
        """Whether an unknown value is unknown only because the sources do not set it: the provider fills it in."""
        return self._unknown.get(attribute) is True and self._expressions(attribute) is None

    def blocks(self, name: str) -> list["PlannedBlock"]:
        """The nested blocks of a name, in the plan's order. Raises `NotYetKnown` where their number is unknown."""
        if self._unknown.get(name) is True:
            raise NotYetKnown(f"{self.address}{self._within}.{name} is known only after apply")
        values = self.values.get(name) or []
        unknown = self._unknown.get(name) or []
        written = self._expressions(name) or {}
        return [
            PlannedBlock(
                self.plan,
                self.address,
                self._scope,
                value,
                unknown[index] if index < len(unknown) and isinstance(unknown[index], Mapping) else {},
                _written_for(written, index, len(values)),
                f"{self._within}.{name}[{index}]",
            )
            for index, value in enumerate(values)
        ]

    def references(self, attribute: str) -> tuple[Reference, ...]:
        """The resource attributes that an attribute's expression refers to. Raises `NotYetKnown` if they cannot be followed."""
        found = self.plan.references(self._expressions(attribute), self._scope, self._prefix)
        if found is None:
            raise NotYetKnown(f"{self.address}{self._within}.{attribute} is known only after apply")
        return found

    def look_up(self, field: Field) -> Found:
        if callable(field.plan):
            return Found(field.plan(self), self.source)
        return Found(self.at(field.plan or field.name), f"{self.source}.{field.plan or field.name}")

    @property
    def _prefix(self) -> str:
        return self.address[: self.address.rfind("module.")] + _last_module(self.address) if self._scope else ""

    def _reference(self, attribute: str) -> Reference:
        if self._expressions(attribute) is None:
            if self._within:
                raise NotYetKnown(f"{self.address}{self._within}.{attribute} is known only after apply")
            return Reference(self.address, attribute)
        found = [reference for reference in self.references(attribute) if not self.plan.knows(reference)]
        if len(found) != 1 or not found[0].attribute:
            raise NotYetKnown(f"{self.address}{self._within}.{attribute} is known only after apply")
        return found[0]

    def _with_references(self, attribute: str, value: Any, unknown: Any) -> Any:
        """A list in which each unknown element is one of the expression's references, where they can be told apart."""
        if isinstance(value, list) and isinstance(unknown, list) and all(isinstance(part, bool) for part in unknown):
            references = [reference for reference in self.references(attribute) if not self.plan.knows(reference)]
            if len(references) == sum(unknown):
                return [references.pop(0) if is_unknown else element for element, is_unknown in zip(value, unknown, strict=True)]
        raise NotYetKnown(f"{self.address}{self._within}.{attribute} is known only after apply")


def outermost(references: Sequence[str]) -> list[str]:
    """The references of an expression without those that are only the beginning of another.

    Terraform lists ``aws_kms_key.logs.arn`` and then ``aws_kms_key.logs`` for the one expression.

    >>> outermost(["aws_kms_key.logs.arn", "aws_kms_key.logs"])
    ['aws_kms_key.logs.arn']
    >>> outermost(["aws_subnet.a[0].id", "aws_subnet.a[0]", "aws_subnet.a", "aws_subnet.ab.id", "aws_subnet.ab"])
    ['aws_subnet.a[0].id', 'aws_subnet.ab.id']
    """
    return [
        one
        for one in references
        if not any(other != one and other.startswith(one) and other[len(one)] in ".[" for other in references)
    ]


def scope_of(address: str) -> Scope:
    """The module path of an address.

    >>> scope_of('module.logs["api"].module.group.aws_cloudwatch_log_group.this[0]')
    ('logs', 'group')
    """
    return tuple(re.findall(r"(?:^|\.)module\.([\w-]+)", re.sub(r"\[[^\]]*\]", "", address)))


def without_secrets(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plan document with every value hidden that Terraform marks as sensitive, or whose name says that it is one.

    >>> without_secrets({"variables": {"p": {"value": "hunter2"}, "q": {"value": "x"}},
    ...     "configuration": {"root_module": {"variables": {"p": {"sensitive": True}}}}})["variables"]
    {'p': {'value': '(redacted)'}, 'q': {'value': 'x'}}
    """
    declared = document.get("configuration", {}).get("root_module", {}).get("variables", {})
    variables = {
        name: {
            **given,
            "value": HIDDEN if declared.get(name, {}).get("sensitive") else redact_data(given.get("value"), name),
        }
        for name, given in document.get("variables", {}).items()
    }
    kept = {key: value for key, value in document.items() if key not in ("variables", "prior_state")}
    return {**_masked(kept), "variables": variables}


def _masked(node: Any) -> Any:
    """Hide what the masks beside a value (``sensitive_values``, ``before_sensitive``, ``after_sensitive``, ``sensitive``) mark."""
    if isinstance(node, list):
        return [_masked(part) for part in node]
    if not isinstance(node, Mapping):
        return node
    masks = {
        "values": "sensitive_values",
        "before": "before_sensitive",
        "after": "after_sensitive",
        "value": "sensitive",
    }
    return {
        key: redact_data(_hide(value, node[masks[key]])) if masks.get(key) in node else _masked(value)
        for key, value in node.items()
    }


def _hide(value: Any, mask: Any) -> Any:
    """
    >>> _hide({"a": [1, 2], "b": 3}, {"a": [False, True]})
    {'a': [1, '(redacted)'], 'b': 3}
    """
    if mask is True:
        return None if value is None else HIDDEN
    if isinstance(value, Mapping) and isinstance(mask, Mapping):
        return {key: _hide(part, mask.get(key, False)) for key, part in value.items()}
    if isinstance(value, list) and isinstance(mask, list):
        return [_hide(part, mask[index] if index < len(mask) else False) for index, part in enumerate(value)]
    return value


def _written_for(written: Any, index: int, count: int) -> Expressions:
    """The expressions of one nested block.

    Terraform gives one mapping a block; or, where a schema lets the blocks be written as an attribute (security group rules) or where
    a dynamic block makes them, one expression for all of them, which then stands for each unknown attribute.
    """
    if isinstance(written, list):
        one: Mapping[str, Any] = written[index] if len(written) == count else written[0] if len(written) == 1 else {}
        return one.get
    if "references" in written:
        return lambda attribute: written  # noqa: ARG005
    return written.get  # type: ignore[no-any-return]


def _any(unknown: Any) -> bool:
    if isinstance(unknown, Mapping):
        return any(_any(part) for part in unknown.values())
    if isinstance(unknown, list):
        return any(_any(part) for part in unknown)
    return unknown is True


def _last_module(address: str) -> str:
    """
    >>> _last_module('module.a.module.logs["api"].aws_kms_key.this')
    'module.logs["api"].'
    """
    match = re.match(r"module\.[\w-]+(\[[^\]]*\])?\.", address[address.rfind("module.") :])
    return match[0] if match else ""


def _planned_resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (resource for resource in module.get("resources", ()) if resource.get("mode", "managed") == "managed")
    for child in module.get("child_modules", ()):
        yield from _planned_resources(child)


def _modules(scope: Scope, module: Mapping[str, Any]) -> Iterator[tuple[Scope, Mapping[str, Any]]]:
    yield scope, module
    for name, call in module.get("module_calls", {}).items():
        yield from _modules((*scope, name), call.get("module", {}))
