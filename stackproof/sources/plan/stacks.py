"""Plans of several stacks, read as one.

An environment may be made of several root modules. Their plans are joined into one document, in which the app stack is the root
module and every other stack is a child module of it: ``aws_kms_key.logs`` of the stack ``central_logging`` is
``module.central_logging.aws_kms_key.logs`` there, and its output ``key_arn`` is ``central_logging.key_arn``. So a control finds a
resource whatever stack makes it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from stackproof.profile.terraform import APP
from stackproof.sources.plan.document import Plan

Document = Mapping[str, Any]
STACKS = "stackproof_stacks"
"""The key of a joined document that lists its stacks."""


def joined(plans: Mapping[str, Plan]) -> Plan:
    """The plans of these stacks as one; that of the app stack alone is as it was."""
    if list(plans) == [APP]:
        return plans[APP]
    document = dict(plans[APP].document) if APP in plans else {"planned_values": {}, "configuration": {}}
    for name, plan in plans.items():
        if name != APP:
            document = _with_child(document, name, plan.document)
    where = " and ".join(dict.fromkeys(plan.where for plan in plans.values()))
    return Plan({**document, STACKS: sorted(plans)}, where)


def stacks_of(plan: Plan) -> tuple[str, ...]:
    """The stacks that a plan is of."""
    return tuple(plan.document.get(STACKS, (APP,)))


def changes_in(plan: Plan, stack: str) -> Iterator[Mapping[str, Any]]:
    """The entries of ``resource_changes`` of one stack in a joined plan, under the addresses that the stack itself gives them."""
    others = tuple(f"module.{name}." for name in stacks_of(plan) if name != APP)
    prefix = "" if stack == APP else f"module.{stack}."
    for change in plan.document.get("resource_changes", ()):
        if prefix and change["address"].startswith(prefix):
            own = {name: change[name].removeprefix(prefix) for name in ("address", "previous_address") if name in change}
            yield {**change, **own}
        elif not prefix and not change["address"].startswith(others):
            yield change


def output_name(stack: str, output: str) -> str:
    """The name of a stack's output among those of all stacks.

    >>> output_name("app", "rds_address"), output_name("central_logging", "key_arn")
    ('rds_address', 'central_logging.key_arn')
    """
    return output if stack == APP else f"{stack}.{output}"


def _with_child(document: Document, name: str, child: Document) -> dict[str, Any]:
    """The document with that of another stack as a child module."""
    planned, configuration = document["planned_values"], document["configuration"]
    root, configured = planned.get("root_module", {}), configuration.get("root_module", {})
    inside = {**child["planned_values"].get("root_module", {}), "address": ""}
    others = {"module": child["configuration"].get("root_module", {})}
    return {
        **document,
        "planned_values": {
            "outputs": {**planned.get("outputs", {}), **_outputs(name, child["planned_values"].get("outputs", {}))},
            "root_module": {**root, "child_modules": [*root.get("child_modules", ()), _moved(inside, f"module.{name}")]},
        },
        "configuration": {
            "provider_config": {
                **configuration.get("provider_config", {}),
                **{_provider(name, key): one for key, one in child["configuration"].get("provider_config", {}).items()},
            },
            "root_module": {
                **configured,
                "module_calls": {**configured.get("module_calls", {}), name: _with_providers(others, name)},
            },
        },
        **{
            member: [*document.get(member, ()), *_prefixed(name, child.get(member, ()))]
            for member in ("resource_changes", "resource_drift")
        },
        "output_changes": {**document.get("output_changes", {}), **_outputs(name, child.get("output_changes", {}))},
    }


def _outputs(name: str, outputs: Document) -> dict[str, Any]:
    return {output_name(name, output): value for output, value in outputs.items()}


def _moved(module: Document, under: str) -> dict[str, Any]:
    """A planned module under another address."""
    address = ".".join(part for part in (under, module["address"]) if part)
    return {
        **module,
        "address": address,
        "resources": [{**one, "address": f"{under}.{one['address']}"} for one in module.get("resources", ())],
        "child_modules": [_moved(child, under) for child in module.get("child_modules", ())],
    }


def _prefixed(name: str, changes: Any) -> Iterator[dict[str, Any]]:
    for change in changes:
        own = {key: f"module.{name}.{change[key]}" for key in ("address", "previous_address") if key in change}
        yield {**change, **own}


def _provider(name: str, key: str) -> str:
    """What Terraform calls a provider configuration of a child module.

    >>> _provider("logs", "aws.us_east_1"), _provider("logs", "module.groups:aws")
    ('module.logs:aws.us_east_1', 'module.logs.module.groups:aws')
    """
    return f"module.{name}.{key}" if key.startswith("module.") else f"module.{name}:{key}"


def _with_providers(call: Document, name: str) -> dict[str, Any]:
    """A module call whose resources name their provider configuration as seen from the joined root."""
    module = dict(call["module"])
    module["resources"] = [
        {**one, "provider_config_key": _provider(name, one["provider_config_key"])} if "provider_config_key" in one else one
        for one in module.get("resources", ())
    ]
    if "module_calls" in module:
        module["module_calls"] = {step: _with_providers(inner, name) for step, inner in module["module_calls"].items()}
    return {**call, "module": module}
