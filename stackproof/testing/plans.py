"""Edits of a Terraform plan, as ``terraform show -json`` writes it: each is a function that changes a document in place."""

from collections.abc import Iterator, Mapping
from typing import Any

from stackproof.core.resource import without_keys
from stackproof.sources.plan.addresses import module_steps, scope_of
from stackproof.testing.recordings import Edit

BASE, RUNNING = "proofs_base", "nothing to do"
"""The member of a document that says which kind of plan it was before it was edited, and the kind in which everything runs already."""


def planned(address: str, **attributes: object) -> Edit:
    """Set planned attributes of a resource to known values. Where the stack runs already, it runs so, unless the plan is an update."""

    def edit(document: dict[str, Any]) -> None:
        resource, change = _planned(document, address)
        for name, value in attributes.items():
            resource["values"][name] = value
            change["after_unknown"].pop(name, None)
            change["after"][name] = value
        _settle(document, change, attributes)

    return edit


def unknown(address: str, *attributes: str) -> Edit:
    """Let planned attributes be known only after apply, with nothing said about where they come from."""

    def edit(document: dict[str, Any]) -> None:
        resource, change = _planned(document, address)
        configured = _configured(document, address)
        for name in attributes:
            resource["values"].pop(name, None)
            change["after"].pop(name, None)
            change["after_unknown"][name] = True
            configured["expressions"][name] = {"references": ["local.computed"]}
        _settle(document, change)

    return edit


def refers(address: str, **attributes: str) -> Edit:
    """Let planned attributes be those of other resources (``key="aws_kms_key.main.arn"``): known only after apply, unless those exist."""

    def edit(document: dict[str, Any]) -> None:
        for name, target in attributes.items():
            value = value_of(document, address, target)
            if value is None:
                unknown(address, name)(document)
            else:
                before = _planned(document, address)[0]["values"].get(name)
                planned(address, **{name: [value] if isinstance(before, list) else value})(document)
            _configured(document, address)["expressions"][name] = {"references": [target, target.rpartition(".")[0]]}

    return edit


def set_inside(address: str, block: str, **attributes: Any) -> Edit:
    """Set attributes of the only nested block of a name: to known values, or to lists of what they refer to (``["aws_subnet.a.id"]``)."""

    def edit(document: dict[str, Any]) -> None:
        resource, change = _planned(document, address)
        written = _configured(document, address)["expressions"][block][0]
        masks = change["after_unknown"].setdefault(block, [{}])[0]
        (inside,) = resource["values"][block]
        for attribute, value in attributes.items():
            masks.pop(attribute, None)
            if isinstance(value, list) and all(isinstance(one, str) and "." in one for one in value):
                written[attribute] = {"references": [part for one in value for part in (one, one.rpartition(".")[0])]}
                value = [value_of(document, address, one) for one in value]
            if isinstance(value, list) and None in value:
                inside.pop(attribute, None)
                masks[attribute] = True
            else:
                inside[attribute] = value
        change["after"][block] = resource["values"][block]
        _settle(document, change, {block: resource["values"][block]})

    return edit


def unset(address: str, *attributes: str) -> Edit:
    """Let the sources say nothing about attributes that the provider fills in. Of what runs it remembers what it filled in before."""

    def edit(document: dict[str, Any]) -> None:
        if _planned(document, address)[1].get("before") is None:
            unknown(address, *attributes)(document)
        for name in attributes:
            _configured(document, address)["expressions"].pop(name, None)

    return edit


def _settle(document: dict[str, Any], change: dict[str, Any], attributes: Mapping[str, object] | None = None) -> None:
    """Let the change of a resource that exists fit what is planned of it; see `planned`."""
    if change.get("before") is None:
        return
    if attributes is not None and document.get(BASE) == RUNNING and change["actions"] == ["no-op"]:
        change["before"] = {**change["before"], **attributes}
    elif change["actions"] == ["no-op"]:
        change["actions"] = ["update"]


def planned_addresses(document: dict[str, Any], kind: str) -> list[str]:
    """The addresses of the planned resources of a type."""
    modules = _planned_modules(document["planned_values"]["root_module"])
    return [one["address"] for module in modules for one in module.get("resources", ()) if one["type"] == kind]


def value_of(document: dict[str, Any], address: str, target: str) -> Any:
    """The value that is known of a target (``aws_kms_key.main.arn``, as the sources at an address name it); None if nothing is."""
    resource, _, attribute = ("".join(module_steps(address)) + target).rpartition(".")
    for module in _planned_modules(document["planned_values"]["root_module"]):
        for one in module.get("resources", ()):
            if one["address"] == resource and (change := _planned(document, resource)[1]).get("before") is not None:
                return None if change["after_unknown"].get(attribute) else one["values"].get(attribute)
    return None


def exists(address: str) -> Edit:
    """Let a resource exist already, with nothing to be done about it."""
    return lambda document: _planned(document, address)[1].update(actions=["no-op"])


def changes(address: str, *actions: str, forced_by: str = "") -> Edit:
    """Let the plan do something else to a resource (``"delete", "create"``); an attribute may force it."""

    def edit(document: dict[str, Any]) -> None:
        change = _planned(document, address)[1]
        change.update(actions=list(actions), **({"replace_paths": [[forced_by]]} if forced_by else {}))

    return edit


def without(address: str) -> Edit:
    """Take a resource out of the plan; where it exists already, the plan destroys it."""

    def edit(document: dict[str, Any]) -> None:
        change = _planned(document, address)[1]
        for module in _planned_modules(document["planned_values"]["root_module"]):
            module["resources"] = [one for one in module.get("resources", ()) if one["address"] != address]
        if change.get("before") is None:
            document["resource_changes"] = [one for one in document["resource_changes"] if one["address"] != address]
        else:
            change.update(actions=["delete"], after=None, after_unknown={}, after_sensitive=False)

    return edit


LISTS = ("_ids", "security_groups")
"""How the attributes end that are lists."""


def with_resource(address: str, *, refers: Mapping[str, str] | None = None, **values: object) -> Edit:
    """Add a resource to the plan; ``refers`` are attributes that are another resource's (``{"bucket": "aws_s3_bucket.app.id"}``).

    It may be one of another stack: ``module.central_logging.aws_kms_key.more``, which refers as that stack's sources do.
    """

    def edit(document: dict[str, Any]) -> None:
        prefix = "".join(module_steps(address))
        kind, _, name = address.removeprefix(prefix).partition(".")
        known = {attribute: value_of(document, address, target) for attribute, target in (refers or {}).items()}
        given = {name: [value] if name.endswith(LISTS) else value for name, value in known.items() if value is not None}
        after = {**values, **given}
        masks = {attribute: True for attribute, value in known.items() if value is None}
        module = next(
            one
            for one in _planned_modules(document["planned_values"]["root_module"])
            if one.get("address", "") == prefix.removesuffix(".")
        )
        module["resources"] = [
            *module.get("resources", ()),
            {"address": address, "mode": "managed", "type": kind, "name": name, "values": dict(after)},
        ]
        document["resource_changes"].append(
            {
                "address": address,
                "mode": "managed",
                "type": kind,
                "change": {"actions": ["create"], "before": None, "after": dict(after), "after_unknown": masks},
            }
        )
        expressions = {
            attribute: {"references": [target, target.rpartition(".")[0]]} for attribute, target in (refers or {}).items()
        }
        configured = _configured_module(document, address)
        configured["resources"] = [
            *configured.get("resources", ()),
            {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, "expressions": expressions},
        ]

    return edit


def _planned(document: dict[str, Any], address: str) -> tuple[dict[str, Any], dict[str, Any]]:
    modules = _planned_modules(document["planned_values"]["root_module"])
    changes = document["resource_changes"]
    return (
        next(one for module in modules for one in module.get("resources", ()) if one["address"] == address),
        next(one["change"] for one in changes if one["address"] == address),
    )


def _planned_modules(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield module
    for child in module.get("child_modules", ()):
        yield from _planned_modules(child)


def _configured(document: dict[str, Any], address: str) -> dict[str, Any]:
    name = without_keys(address.removeprefix("".join(module_steps(address))))
    resources = _configured_module(document, address)["resources"]
    configured: dict[str, Any] = next(one for one in resources if one["address"] == name)
    return configured


def _configured_module(document: dict[str, Any], address: str) -> dict[str, Any]:
    """The configuration of the module that an address is in."""
    module: dict[str, Any] = document["configuration"]["root_module"]
    for step in scope_of(address):
        module = module["module_calls"][step]["module"]
    return module
