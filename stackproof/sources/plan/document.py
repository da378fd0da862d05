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
from functools import cached_property, partial
from typing import Any

from stackproof.core.partial import Index, collected, parts
from stackproof.core.resource import Reference, Resource, type_of, without_keys
from stackproof.core.verdicts import CouldNotVerify
from stackproof.sources import R
from stackproof.sources.plan.addresses import module_steps
from stackproof.sources.plan.blocks import IDENTITIES, PlanLookup, PlannedBlock, T, cannot_be_followed
from stackproof.sources.plan.masking import without_secrets
from stackproof.sources.plan.references import References
from stackproof.sources.plan.value_types import fitted
from stackproof.util.once import Once


class PlanSource:
    """Typed resources as a plan promises them."""

    def __init__(self, plan: "Plan") -> None:
        self.plan = plan

    def collect(self, kind: type[R], names: Sequence[str]) -> tuple[R, ...]:
        return tuple(kind.from_plan(self.plan, names))

    def listing(self, kind: type[Resource]) -> str:
        del kind  # a plan is one document
        return self.plan.where


@dataclass(frozen=True)
class Change:
    """A change that the plan makes to one resource."""

    address: str
    actions: tuple[str, ...]
    """``("create",)``, ``("update",)``, ``("delete", "create")``, ``("no-op",)``, ..."""


class Plan:
    """One plan document. Raises `UsageError` for a document that is not a plan."""

    def __init__(self, document: object, where: str) -> None:
        self.where = where
        self.document: Mapping[str, Any] = self._fitted(self._without_secrets(self._checked(document, where)), where)
        self._earlier: dict[tuple[str, str], dict[str, list[PlannedBlock]]] = {}
        self._referrers: dict[tuple[str, str, str], Index[PlannedBlock]] = {}
        self._names: dict[str, dict[str, list[PlannedBlock]]] = {}
        self._made: dict[Callable[[PlanLookup], Any], Once[Any]] = {}

    @staticmethod
    def _checked(document: Any, where: str) -> Mapping[str, Any]:
        from stackproof.sources.plan.shape import checked  # its form takes a while to make, and most runs read no plan

        return checked(document, where)

    _without_secrets = staticmethod(without_secrets)
    _fitted = staticmethod(fitted)

    def to_json(self) -> str:
        """The document, without its secrets."""
        return json.dumps(self.document)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The changes that the plan makes to the managed resources, no-ops included."""
        return tuple(
            Change(change["address"], tuple(change["change"]["actions"]))
            for change in self.document.get("resource_changes", ())
            if change.get("mode", "managed") == "managed"
        )

    @cached_property
    def drift(self) -> tuple[Change, ...]:
        """The changes made outside Terraform since the last apply."""
        return tuple(
            Change(change["address"], tuple(change["change"]["actions"])) for change in self.document.get("resource_drift", ())
        )

    def resources(self, *types: str) -> list["PlannedBlock"]:
        """Managed resources of these types as they will be after the apply, in the plan's order."""
        found = [block for kind in dict.fromkeys(types) for block in self._by_type.get(kind, ())]
        return found if len(types) == 1 else sorted(found, key=lambda block: self._positions[block.address])

    def every(self) -> list["PlannedBlock"]:
        """All managed resources as they will be after the apply, in the plan's order."""
        return [*self._planned.values()]

    def every_before(self) -> list["PlannedBlock"]:
        """All managed resources that exist before the apply, as they are, whatever the plan does to them."""
        return [self._as_it_was(change) for change in self._resource_changes if change["change"].get("before")]

    def once(self, make: Callable[[PlanLookup], T]) -> T:
        """The result of a function of this plan; made once, whichever resource asks first."""
        made: T = self._made.setdefault(make, Once(partial(make, self)))()
        return made

    def resource(self, address: str) -> "PlannedBlock | None":
        """The planned resource at an address."""
        return self._planned.get(address)

    def knows(self, reference: Reference) -> bool:
        """True if the plan has a value for a reference."""
        block = self.resource(reference.address)
        return block is not None and block.is_known(re.split(r"[.\[]", reference.attribute)[0])

    def instances(self, address: str) -> list["PlannedBlock"]:
        """The planned resource at an address, or all instances of it where the address has no key."""
        if block := self._planned.get(address):
            return [block]
        return list(self._instances.get(address, ()))

    def referred(self, value: object, *types: str) -> "list[PlannedBlock]":
        """The planned resources of these types that a value refers to (all instances, where it names no key), or holds a name of."""
        if isinstance(value, Reference):
            return [block for block in self.instances(value.address) if block.type in types]
        if isinstance(
            value, bool | int | float | dict | list
        ):  # Terraform lets none of them name a resource: the plan was edited
            raise CouldNotVerify(
                f"{self.where}: {value!r:.80} stands where a resource is named; give the plan as Terraform writes it"
            )
        if not isinstance(value, str) or not value:
            return []
        return [block for kind in types for block in self._named(kind).get(value, ())]

    def creates(self, block: "PlannedBlock") -> bool:
        """True if a resource does not exist before the apply, or is made anew."""
        return "create" in self._actions.get(block.address, ())

    def replaced(self, block: "PlannedBlock") -> "PlannedBlock | None":
        """A resource that the plan makes anew, as it was before; None for one that it keeps, or makes where nothing was."""
        return self._destroyed.get(block.address)

    def referring(self, kind: str, attribute: str, to: "PlannedBlock") -> "Sequence[PlannedBlock]":
        """The planned resources of a type whose attribute means another resource; a `Partial` where one may, and may not, mean it."""
        key = kind, attribute, to.type
        if key not in self._referrers:
            self._referrers[key] = Index(self.resources(kind), partial(_meant, attribute=attribute, kind=to.type))
        return self._referrers[key].of(to.address)

    def removed(self, kind: str, attribute: str, to: "PlannedBlock") -> list["PlannedBlock"]:
        """The resources of a type that belonged to another one and that the plan deletes or makes anew, as they were before."""
        return [self._destroyed[one.address] for one in self.before(kind, attribute, to) if one.address in self._destroyed]

    def before(self, kind: str, attribute: str, to: "PlannedBlock") -> list["PlannedBlock"]:
        """The resources of a type that belonged to another one before the apply, as they were, whatever the plan does to them."""
        if (kind, attribute) not in self._earlier:
            found: dict[str, list[PlannedBlock]] = {}
            for block in (self._as_it_was(change) for change in self._resource_changes if type_of(change["address"]) == kind):
                if isinstance(name := block.values.get(attribute), str):
                    found.setdefault(name, []).append(block)
            self._earlier[kind, attribute] = found
        names = dict.fromkeys(value for name in IDENTITIES if isinstance(value := to.values.get(name), str))
        return [block for name in names for block in self._earlier[kind, attribute].get(name, ())]

    def earlier(self, block: "PlannedBlock") -> "PlannedBlock | None":
        """A planned resource as it was before the apply; None for one that does not exist yet, or is made anew."""
        change = self._changes.get(block.address)
        return None if change is None or self.creates(block) else self._as_it_was(change)

    def _as_it_was(self, change: Mapping[str, Any]) -> "PlannedBlock":
        before = change["change"].get("before") or {}
        return PlannedBlock(self, change["address"], self.following.place_of(change["address"]), before, {}, before.get)

    @cached_property
    def forgotten(self) -> tuple[str, ...]:
        """The addresses of what Terraform lets go of and leaves alone in AWS (``removed { lifecycle { destroy = false } }``)."""
        return tuple(address for address, actions in self._actions.items() if actions == ("forget",))

    def data(self, address: str) -> "PlannedBlock | None":
        """A data source that is read only when the plan is applied, as far as its arguments are known."""
        change = self._read_later.get(address)
        if change is None:
            return None
        configured = self.following.configured_for(address)
        return PlannedBlock(
            self,
            address,
            self.following.place_of(address),
            change.get("after") or {},
            change.get("after_unknown") or {},
            configured.get("expressions", {}).get if configured else cannot_be_followed,
        )

    @cached_property
    def _read_later(self) -> dict[str, Mapping[str, Any]]:
        return {
            change["address"]: change["change"]
            for change in self.document.get("resource_changes") or ()
            if change.get("mode") == "data" and "read" in change["change"]["actions"]
        }

    @cached_property
    def _destroyed(self) -> dict[str, "PlannedBlock"]:
        """What the plan deletes or makes anew, as it was before, by address."""
        found = {}
        for change in self._resource_changes:
            if "delete" in change["change"]["actions"]:
                found[change["address"]] = self._as_it_was(change)
        return found

    @cached_property
    def _resource_changes(self) -> list[Mapping[str, Any]]:
        """Of managed resources, but for what is left of a replacement, under the address of the new one."""
        return [
            change
            for change in self.document.get("resource_changes") or ()
            if "deposed" not in change and change.get("mode", "managed") == "managed"
        ]

    @cached_property
    def _changes(self) -> dict[str, Mapping[str, Any]]:
        return {change["address"]: change for change in self._resource_changes}

    @cached_property
    def _actions(self) -> dict[str, tuple[str, ...]]:
        return {change["address"]: tuple(change["change"]["actions"]) for change in self._resource_changes}

    @cached_property
    def _planned(self) -> dict[str, "PlannedBlock"]:
        changes = {change["address"]: change["change"] for change in self._resource_changes}
        forgotten = {*self.forgotten}
        found = {}
        for resource in self._resources_after:
            address = resource["address"]
            if address in forgotten:
                continue
            configured = self.following.configured_for(address)
            found[address] = PlannedBlock(
                self,
                address,
                self.following.place_of(address),
                resource.get("values") or {},
                changes.get(address, {}).get("after_unknown") or {},
                configured.get("expressions", {}).get if configured else cannot_be_followed,
            )
        return found

    @cached_property
    def _resources_after(self) -> list[Mapping[str, Any]]:
        return list(_planned_resources(self.document["planned_values"].get("root_module") or {}))

    @cached_property
    def _by_type(self) -> dict[str, list["PlannedBlock"]]:
        found: dict[str, list[PlannedBlock]] = {}
        for block in self._planned.values():
            found.setdefault(block.type, []).append(block)
        return found

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {address: position for position, address in enumerate(self._planned)}

    @cached_property
    def _instances(self) -> dict[str, list["PlannedBlock"]]:
        """The planned resources by their addresses without any key."""
        found: dict[str, list[PlannedBlock]] = {}
        for address, block in self._planned.items():
            prefix = "".join(module_steps(address))
            for bare in {without_keys(address), prefix + without_keys(address[len(prefix) :])} - {address}:
                found.setdefault(bare, []).append(block)
        return found

    def _named(self, kind: str) -> dict[str, list["PlannedBlock"]]:
        """The planned resources of a type by whatever is known of what others call them by."""
        if kind not in self._names:
            found: dict[str, list[PlannedBlock]] = {}
            for block in self._by_type.get(kind, ()):
                for name in {value for one in IDENTITIES if isinstance(value := block.values.get(one), str) and value}:
                    found.setdefault(name, []).append(block)
            self._names[kind] = found
        return self._names[kind]

    @cached_property
    def following(self) -> References:
        """The references in the expressions of the configuration, followed."""
        addresses = [resource["address"] for resource in self._resources_after]
        return References(
            self.document["configuration"], addresses, self.document.get("variables") or {}, tuple(self._read_later)
        )

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


def _meant(block: PlannedBlock, attribute: str, kind: str) -> Sequence[str]:
    """The addresses of the resources of a type that an attribute means."""
    found, rest = parts(block.referents(attribute, kind))
    return collected([one.address for one in found], rest)


def _planned_resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (resource for resource in module.get("resources", ()) if resource.get("mode", "managed") == "managed")
    for child in module.get("child_modules", ()):
        yield from _planned_resources(child)
