"""A Terraform plan as a source: ``terraform show -json``, with its unknown values and its references.

Three parts of the document are read together: *planned values*, the ``after_unknown`` mask of each change, and the *configuration*,
whose expressions say which resource's attribute an unknown value will be. References are followed through module inputs and outputs.

Terraform's document gives the references of an expression, not its text: ``key.arn`` and ``"${key.arn}"`` look alike. An expression
with exactly one reference is taken for that reference. Locals are not in the document; a value that comes through one stays unknown.

Sensitive values are hidden while the document is loaded; nothing after that can print them.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stackproof.core.resource import KEY, Reference, type_of, without_keys
from stackproof.core.verdicts import NotYetKnown
from stackproof.sources import R
from stackproof.sources.plan.addresses import Scope, module_steps, outermost, scope_of
from stackproof.sources.plan.blocks import PlannedBlock, cannot_be_followed
from stackproof.sources.plan.masking import without_secrets
from stackproof.sources.plan.shape import checked


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
        self.document: Mapping[str, Any] = without_secrets(checked(document, where))

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
                    configured.get("expressions", {}).get if configured else cannot_be_followed,
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


def _planned_resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (resource for resource in module.get("resources", ()) if resource.get("mode", "managed") == "managed")
    for child in module.get("child_modules", ()):
        yield from _planned_resources(child)


def _modules(scope: Scope, module: Mapping[str, Any]) -> Iterator[tuple[Scope, Mapping[str, Any]]]:
    yield scope, module
    for name, call in module.get("module_calls", {}).items():
        yield from _modules((*scope, name), call.get("module", {}))
