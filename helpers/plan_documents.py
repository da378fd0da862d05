"""Plan documents as ``terraform show -json`` writes them, as small as they can be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackproof.sources.plan.document import Plan


@dataclass(frozen=True)
class Planned:
    """One resource of the root module."""

    address: str
    values: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, Any] = field(default_factory=dict)
    written: Mapping[str, Any] = field(default_factory=dict)
    """The configured expressions."""
    actions: tuple[str, ...] = ("create",)
    sensitive: Mapping[str, Any] = field(default_factory=dict)


def refers(*written: str) -> dict[str, Any]:
    """An expression with these references, each followed by its beginnings, as Terraform lists them."""
    references = []
    for one in written:
        parts = one.split(".")
        references += [".".join(parts[:length]) for length in range(len(parts), 1, -1)]
    return {"references": references}


def constant(value: object) -> dict[str, Any]:
    return {"constant_value": value}


def document(*resources: Planned, **members: Any) -> dict[str, Any]:
    kinds = {one.address: one.address.split(".")[0] for one in resources}
    names = {one.address: one.address.split(".")[1].partition("[")[0] for one in resources}
    configured = {f"{kinds[one.address]}.{names[one.address]}": one for one in resources}
    return {
        "format_version": "1.2",
        "planned_values": {
            "root_module": {
                "resources": [
                    {
                        "address": one.address,
                        "mode": "managed",
                        "type": kinds[one.address],
                        "name": names[one.address],
                        "values": dict(one.values),
                        "sensitive_values": dict(one.sensitive),
                    }
                    for one in resources
                ]
            }
        },
        "resource_changes": [
            {
                "address": one.address,
                "mode": "managed",
                "type": kinds[one.address],
                "change": {
                    "actions": list(one.actions),
                    "after": dict(one.values),
                    "after_unknown": dict(one.unknown),
                    "after_sensitive": dict(one.sensitive),
                },
            }
            for one in resources
        ],
        "configuration": {
            "root_module": {
                "resources": [
                    {
                        "address": address,
                        "mode": "managed",
                        "type": kinds[one.address],
                        "name": names[one.address],
                        "expressions": dict(one.written),
                    }
                    for address, one in configured.items()
                ]
            }
        },
        **members,
    }


def agreeing(content: dict[str, Any]) -> dict[str, Any]:
    """A document whose planned values were edited, with the same values in its changes, as Terraform writes them."""
    changes = {one["address"]: one["change"] for one in content["resource_changes"]}
    for one in content["planned_values"]["root_module"]["resources"]:
        changes[one["address"]]["after"] = {**(changes[one["address"]].get("after") or {}), **one["values"]}
    return content


def plan(*resources: Planned, **members: Any) -> Plan:
    return Plan(document(*resources, **members), "plan.json")
