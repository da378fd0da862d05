"""A Terraform plan as a source: ``terraform show -json``, with its unknown values and its references.

Three parts of the document are read together: *planned values*, the ``after_unknown`` mask of each change, and the *configuration*,
whose expressions say which resource's attribute an unknown value will be. References are followed through module inputs and outputs.

Terraform's document gives the references of an expression, not its text: ``key.arn`` and ``"${key.arn}"`` look alike. An expression
with exactly one reference is taken for that reference. Locals are not in the document; a value that comes through one stays unknown.

Two things look alike in the document: blocks that a dynamic block makes in a number not known yet, and blocks that nobody wrote and the
provider may fill in. They are taken for the latter (`PlannedBlock.is_left_open`); AWS shows the truth after apply.

Sensitive values are hidden while the document is loaded; nothing after that can print them.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stackproof.core.provenance import Provenance, evidence_behind, within
from stackproof.core.resource import KEY, Field, Found, Reference, type_of, without_keys
from stackproof.core.verdicts import NotReported, NotYetKnown, UsageError
from stackproof.redaction.redaction import HIDDEN, redact_data, register_among
from stackproof.sources import R

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
        if document.get("errored"):
            raise UsageError(
                f"{where}: planning failed, and this is only what was planned until then; repair that and plan again"
            )
        if document.get("complete") is False or document.get("deferred_changes"):
            raise UsageError(
                f"{where}: this plans only a part of the stack (-target, or changes that Terraform deferred); plan all of it"
            )
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
        return block is not None and block.is_known(re.split(r"[.\[]", reference.attribute)[0])

    def instances(self, address: str) -> list["PlannedBlock"]:
        """The planned resource at an address, or all instances of it where the address has no key."""
        return [block for at, (_, block) in self._planned.items() if address in (at, without_keys(at))]

    def referred(self, value: object, *types: str, named: str = "id") -> "list[PlannedBlock]":
        """The planned resources of these types that a value refers to (all instances, where it names no key), or holds the name of."""
        if isinstance(value, Reference):
            return [block for block in self.instances(value.address) if block.type in types]
        return [block for block in self.resources(*types) if block.is_known(named) and block.at(named) == value]

    def creates(self, block: "PlannedBlock") -> bool:
        """Whether a resource does not exist before the apply (or is made anew)."""
        return any("create" in change.actions for change in self.changes if change.address == block.address)

    def referring(
        self, kind: str, attribute: str, to: "PlannedBlock", *, named: str, apart: Collection[str] = ()
    ) -> list["PlannedBlock"]:
        """Resources of a type whose attribute refers to another resource, or holds its name (``named`` is the attribute).

        ``apart`` are types whose ids AWS gives, so that a reference to one of them is not one to ``to``. Raises `NotYetKnown` for a
        reference to a resource of any other third type: what its attribute will be, the plan does not say.
        """
        name = to.at(named)

        def refers(value: object) -> bool:
            if isinstance(value, list):
                return any(refers(part) for part in value)
            if isinstance(value, Reference):
                if value.address != to.address and type_of(value.address) not in (type_of(to.address), *apart):
                    raise NotYetKnown(f"whether {value!r} is {to.address} is known only after apply")
                return value.address == to.address
            return not isinstance(name, Reference) and value is not None and value == name

        return [block for block in self.resources(kind) if refers(block.at(attribute))]

    def meant(self, value: "str | Reference", kind: str, *, named: str) -> "PlannedBlock | None":
        """The resource of a type that a value refers to, or whose attribute ``named`` it is; None if the plan has no such."""
        for block in self.resources(kind):
            if (value.address == block.address) if isinstance(value, Reference) else (value == block.values.get(named)):
                return block
        return None

    @cached_property
    def _planned(self) -> dict[str, tuple[str, "PlannedBlock"]]:
        unknown = {
            change["address"]: change["change"].get("after_unknown") or {}
            for change in self.document.get("resource_changes", ())
            if "deposed" not in change  # what is left of a replacement, under the address of the new one
        }
        found = {}
        for resource in _planned_resources(self.document["planned_values"].get("root_module", {})):
            address = resource["address"]
            scope = scope_of(address)
            configured = self._configured.get((*scope, f"{resource['type']}.{resource['name']}"))
            found[address] = (
                resource["type"],
                PlannedBlock(
                    self,
                    address,
                    scope,
                    resource.get("values") or {},
                    unknown.get(address, {}),
                    configured.get("expressions", {}).get if configured else _cannot_be_followed,
                ),
            )
        return found

    def configured(self, block: "PlannedBlock") -> Mapping[str, Any]:
        """What the configuration says of a planned resource; empty where it does not have it."""
        steps = module_steps(block.address)
        name = without_keys(block.address[len("".join(steps)) :])
        return self._configured.get((*scope_of(block.address), name), {})

    @cached_property
    def _planned_in(self) -> dict[str, set[str]]:
        """The planned resources by the module instance that they are in, as prefixes are; without the keys of their own instances."""
        found: dict[str, set[str]] = {}
        for address in self._planned:
            prefix = "".join(module_steps(address))
            found.setdefault(prefix, set()).add(without_keys(address[len(prefix) :]))
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

    def region_of(self, configured: Mapping[str, Any]) -> str | None:
        """The region of the provider configuration of a configured resource; None where the document does not show it.

        A variable is shown for the root module alone.
        """
        key = configured.get("provider_config_key", "")
        provider = self.document["configuration"].get("provider_config", {}).get(key, {})
        expression = provider.get("expressions", {}).get("region", {})
        if "constant_value" in expression:
            region = expression["constant_value"]
        else:
            names = [one.removeprefix("var.") for one in expression.get("references", ()) if one.startswith("var.")]
            given = self.document.get("variables", {}) if not key.startswith("module.") and len(names) == 1 else {}
            region = given.get(names[0], {}).get("value") if given else None
        return region if isinstance(region, str) else None

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
        if head in ("local", "each", "count", "path", "terraform", "self", "data", "ephemeral"):
            return None
        if head == "var":
            if not scope:
                return ()
            given = self._call(scope).get("expressions", {})
            name = re.split(r"[.\[]", rest)[0]
            if name not in given:  # the default, which is a constant
                return ()
            return self.references(given[name], scope[:-1], "".join(module_steps(prefix)[:-1]))
        if head == "module":
            match = re.match(rf"(?P<step>module\.(?P<name>[\w-]+)({KEY})?\.)(?P<output>[\w-]+)", written)
            if not match:
                return None
            child = (*scope, match["name"])
            outputs = self._modules.get(child, {}).get("outputs", {})
            return self.references(outputs.get(match["output"], {}).get("expression"), child, prefix + match["step"])
        match = re.fullmatch(rf"(?P<address>[a-z0-9_]+\.[\w-]+({KEY})?)(\.(?P<attribute>.+))?", written)
        if not match:
            return None
        resource = without_keys(match["address"])
        if (*scope, resource) in self._configured and resource not in self._planned_in.get(prefix, {resource}):
            return ()  # there are none of it (``count = 0``): the other branch of the expression counts
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
        return Provenance(f"plan {self.address}{self._within}", *evidence_behind(self.plan.where))

    @property
    def type(self) -> str:
        """The resource's type."""
        return type_of(self.address)

    @property
    def region(self) -> str | None:
        """The region that the resource will be in: its own, else that of its provider; None where the document does not show it."""
        own = self.values.get("region") if self.is_known("region") else None
        return own or self.plan.region_of(self.plan.configured(self))

    def name_or_address(self, attribute: str) -> str:
        """The name as planned, or the address where the name is not known yet."""
        name = self.values.get(attribute)
        return name if isinstance(name, str) else self.address

    def at(self, attribute: str) -> Any:
        """The planned value of an attribute; None if it will not be set; a `Reference` where the plan says what it will be.

        Raises `NotYetKnown` for every other unknown value, and for a list with an unknown element; `NotReported` for a sensitive one,
        which is hidden.
        """
        unknown = self._unknown.get(attribute, False)
        if unknown is True:
            return self._reference(attribute)
        value = self._shown(attribute)
        if _any(unknown):
            return self._with_references(attribute, value, unknown)
        return value

    def at_or(self, attribute: str, default: object) -> Any:
        """The planned value of an attribute; the provider's documented default where the sources leave it out."""
        value = self.at(attribute)
        return default if value is None else value

    def elements(self, attribute: str) -> list[Any]:
        """The elements of a list, each as `at` gives a value; of one that is unknown as a whole, what its expression refers to.

        A literal beside those references is not in Terraform's document.
        """
        if self._unknown.get(attribute) is True:
            return list(self.references(attribute))
        return list(self.at(attribute) or ())

    def is_known(self, attribute: str) -> bool:
        """Whether an attribute has a planned value, all of it known."""
        return attribute in self.values and not _any(self._unknown.get(attribute, False))

    def is_left_open(self, attribute: str) -> bool:
        """Whether an unknown value is unknown only because the sources do not set it: the provider fills it in."""
        return self._unknown.get(attribute) is True and self._expressions(attribute) is None

    def blocks(self, name: str) -> list["PlannedBlock"]:
        """The nested blocks of a name, in the plan's order. Raises `NotYetKnown` where their number is unknown."""
        unknown = self._unknown.get(name) or []
        if unknown is True or True in unknown:
            raise NotYetKnown(f"{self.address}{self._within}.{name} is known only after apply")
        values = self._shown(name) or []
        masks = [*unknown, *({} for _ in values[len(unknown) :])]
        written = self._expressions(name)
        is_the_only_unknown = sum(_any(mask) for mask in masks) == 1
        return [
            PlannedBlock(
                self.plan,
                self.address,
                self._scope,
                value,
                mask,
                _written_for(written, value, len(values), is_the_only_unknown),
                f"{self._within}.{name}[{index}]",
            )
            for index, (value, mask) in enumerate(zip(values, masks, strict=True))
        ]

    def written_blocks(self, name: str) -> list["PlannedBlock"]:
        """Likewise; none where the sources write none, and the provider fills in what there is."""
        return [] if self.is_left_open(name) else self.blocks(name)

    def _shown(self, attribute: str) -> Any:
        value = self.values.get(attribute)
        if value == HIDDEN or (isinstance(value, list) and HIDDEN in value):
            raise NotReported(
                f"{self.address}{self._within}.{attribute} is sensitive, so it is hidden; it cannot be judged on a plan"
            )
        return value

    def references(self, attribute: str) -> tuple[Reference, ...]:
        """The resource attributes that an attribute's expression refers to. Raises `NotYetKnown` if they cannot be followed."""
        found = self.plan.references(self._expressions(attribute), self._scope, self._prefix)
        if found is None:
            raise NotYetKnown(f"{self.address}{self._within}.{attribute} is known only after apply")
        return found

    def look_up(self, field: Field) -> Found:
        if callable(field.plan):
            return Found(field.plan(self), self.source)
        attribute = field.plan or field.name
        return Found(self.at(attribute), within(self.source, f".{attribute}"))

    @property
    def _prefix(self) -> str:
        return "".join(module_steps(self.address))

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
            if len(references) == sum(unknown) and all(reference.attribute for reference in references):
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


_STEP = rf"module\.[\w-]+(?:{KEY})?\."


def module_steps(address: str) -> tuple[str, ...]:
    """The module instances that an address goes through, whatever their keys hold.

    >>> module_steps('module.a["module.b."].module.c[0].aws_kms_key.this["module.d."]')
    ('module.a["module.b."].', 'module.c[0].')
    """
    return tuple(re.findall(_STEP, re.match(f"(?:{_STEP})*", address)[0]))  # type: ignore[index]  # it matches nothing, too


def scope_of(address: str) -> Scope:
    """The module path of an address.

    >>> scope_of('module.logs["api"].module.group.aws_cloudwatch_log_group.this[0]')
    ('logs', 'group')
    """
    return tuple(without_keys(step).removeprefix("module.").removesuffix(".") for step in module_steps(address))


def without_secrets(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plan document with every value hidden that Terraform marks as sensitive, or whose name says that it is one.

    >>> without_secrets({"variables": {"p": {"value": "hunter2"}, "q": {"value": "x"}},
    ...     "configuration": {"root_module": {"variables": {"p": {"sensitive": True}}}}})["variables"]
    {'p': {'value': '(redacted)'}, 'q': {'value': 'x'}}
    """
    declared = document.get("configuration", {}).get("root_module", {}).get("variables", {})
    register_among({name: given.get("value") for name, given in document.get("variables", {}).items()})
    variables = {
        name: {
            **given,
            "value": HIDDEN if declared.get(name, {}).get("sensitive") else redact_data(given.get("value"), name),
        }
        for name, given in document.get("variables", {}).items()
    }
    kept = {key: value for key, value in document.items() if key not in ("variables", "prior_state")}
    hidden: Mapping[str, Any] = redact_data({**_masked(kept), "variables": variables})  # type: ignore[assignment]
    return hidden


def _masked(node: Any, name: str = "") -> Any:
    """Hide what the masks beside a value (``sensitive_values``, ``before_sensitive``, ``after_sensitive``, ``sensitive``) mark.

    What the sources themselves say, a constant or the default of a variable, has no mask but its name.
    """
    if isinstance(node, list):
        return [_masked(part, name) for part in node]
    if not isinstance(node, dict | Mapping):
        return node

    def shown(key: str, value: Any) -> Any:
        mask = _MASKS.get(key, "")
        if key in ("values", "before", "after") and isinstance(value, dict):  # whose members have names of their own
            return _hide(value, node.get(mask, False))
        if mask in node or key in ("values", "before", "after", "constant_value", "default"):
            return redact_data(_hide(value, node.get(mask, False)), name)
        return _masked(value, key)

    return {key: shown(key, value) for key, value in node.items()}


_MASKS = {
    "values": "sensitive_values",
    "before": "before_sensitive",
    "after": "after_sensitive",
    "value": "sensitive",
    "default": "sensitive",
}
"""Which member of a plan tells of another what is sensitive in it."""


def _hide(value: Any, mask: Any) -> Any:
    """
    >>> _hide({"a": [1, 2], "b": 3}, {"a": [False, True]})
    {'a': [1, '(redacted)'], 'b': 3}
    """
    if not mask:
        return value
    if mask is True:
        return None if value is None else HIDDEN
    if isinstance(value, Mapping) and isinstance(mask, Mapping):
        return {key: _hide(part, mask.get(key, False)) for key, part in value.items()}
    if isinstance(value, list) and isinstance(mask, list):
        return [_hide(part, mask[index] if index < len(mask) else False) for index, part in enumerate(value)]
    return value


def _cannot_be_followed(_: str) -> object:
    """The expressions of a resource that the configuration does not have."""
    return {"references": ["local.unknown"]}


def _written_for(written: Any, value: Mapping[str, Any], count: int, is_the_only_unknown: bool) -> Expressions:
    """The expressions of one of ``count`` nested blocks.

    The configuration has one mapping for each block that is written, in the order of writing; planned sets have an order of their own;
    and the blocks that a ``dynamic`` makes are planned and not in the configuration. So a block has the expressions of the written ones
    whose constants it has, if as many are written as planned. Where the schema lets blocks be written as an attribute (security group
    rules), there is one expression for all of them. It stands for an unknown attribute if only one block has any.
    """
    if isinstance(written, Mapping) and "references" in written:
        return lambda _: written if is_the_only_unknown else None
    if not isinstance(written, list) or len(written) != count:
        return lambda _: None
    alike = [one for one in written if count == 1 or _has_constants(value, one)]
    return lambda attribute: _common([one.get(attribute) for one in alike])


def _has_constants(value: Mapping[str, Any], written: Mapping[str, Any]) -> bool:
    """
    >>> _has_constants({"port": 80}, {"port": {"constant_value": 80}}), _has_constants({"port": 80}, {"port": {"constant_value": 443}})
    (True, False)
    """
    return all(
        name not in value or value[name] == expression["constant_value"]
        for name, expression in written.items()
        if isinstance(expression, Mapping) and "constant_value" in expression
    )


def _common(expressions: Sequence[Any]) -> Any:
    """What several expressions have in common: the one that all of them are; else all that they refer to.

    >>> _common([{"references": ["a.b.id"]}, {"references": ["a.c.id"]}])
    {'references': ['a.b.id', 'a.c.id']}
    """
    if all(one == expressions[0] for one in expressions):
        return expressions[0] if expressions else None
    if all(isinstance(one, Mapping) for one in expressions):
        return {"references": [reference for one in expressions for reference in one.get("references", ())]}
    return None


def _any(unknown: Any) -> bool:
    if isinstance(unknown, Mapping):
        return any(_any(part) for part in unknown.values())
    if isinstance(unknown, list):
        return any(_any(part) for part in unknown)
    return unknown is True


def _planned_resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (resource for resource in module.get("resources", ()) if resource.get("mode", "managed") == "managed")
    for child in module.get("child_modules", ()):
        yield from _planned_resources(child)


def _modules(scope: Scope, module: Mapping[str, Any]) -> Iterator[tuple[Scope, Mapping[str, Any]]]:
    yield scope, module
    for name, call in module.get("module_calls", {}).items():
        yield from _modules((*scope, name), call.get("module", {}))
