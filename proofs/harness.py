"""Judge a control on edited evidence.

``compliant/cloud.json`` is a recording of the embedded cloud with all stacks, ``compliant/plan.json`` a plan of them; both are made by
``python -m proofs.record``. An edit is a function that changes a copy.
"""

import copy
import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import tests
from proofs import kinds, live
from proofs.models import Modelled
from proofs.plans import BASE, FROM_NOTHING, RUNNING, compliant_plan
from stackproof.collections.registry import resolved
from stackproof.core.controls import catalogue, control_of, declared
from stackproof.core.resource import without_keys
from stackproof.core.runner import Judgement, judge
from stackproof.core.verdicts import CouldNotVerify
from stackproof.profile.loading import load
from stackproof.profile.schema import Profile
from stackproof.profile.terraform import APP
from stackproof.sources import Source
from stackproof.sources.aws.calls import Call, to_jsonable
from stackproof.sources.aws.permissions import needed
from stackproof.sources.aws.source import AwsSource, Reader
from stackproof.sources.plan.addresses import module_steps, scope_of
from stackproof.sources.plan.document import Plan, PlanSource
from stackproof.sources.plan.stacks import STACKS, joined
from stackproof.sources.replay import Recorded, Recording, from_json
from stackproof.targets.base import Stage

ROOT = Path(__file__).parents[1]
COMPLIANT = Path(__file__).with_name("compliant")
ON_AWS = ("phase1", "security", "logging", "serverless")
"""The folders of the controls that read AWS."""

ABOUT_CHANGES = ("CHG-01",)
"""Controls about what a plan does, which is known when it is made: nothing of it can be known only after apply."""

Edit = Callable[[Any], Any]
"""Changes a recording (a list of `Recorded`) or a plan document (a dictionary) in place, or returns another."""


def controls(*folders: str) -> list[str]:
    """The ids of the controls in some folders of ``tests/``, in the catalogue's order."""
    _import_controls()
    where = {id: test.__module__.split(".")[1] for id, test in declared.items()}
    return [id for id in catalogue() if where.get(id) in folders]


@functools.cache
def _import_controls() -> None:
    for module in pkgutil.walk_packages(tests.__path__, "tests."):
        importlib.import_module(module.name)


@functools.cache
def profile(name: str = "local") -> Profile:
    return load(name, ROOT / "environments")


@functools.cache
def recorded_at() -> datetime:
    """When the compliant recording was made; ages are counted from then."""
    return datetime.fromisoformat((COMPLIANT / "recorded_at.txt").read_text(encoding="utf-8").strip())


class CloudStage(Stage):
    """A stage on a recording."""

    target_codes = "SPEA"

    def __init__(self, recording: Recording, expected: Profile) -> None:
        super().__init__("aws", expected, ROOT)  # where nothing is out of reach
        self.now = recorded_at()
        self.reader = Reader(Modelled(recording), account=expected.account, region=expected.region, shared=expected.audit.shared)

    def source(self) -> Source:
        return AwsSource(self.reader)


class PlanStage(Stage):
    """A stage on a plan document."""

    target_codes = "SP"

    def __init__(self, plan: Plan, expected: Profile) -> None:
        super().__init__("plan", expected, ROOT)
        self.now = recorded_at()
        self._plan = plan

    def source(self) -> Source:
        return PlanSource(self._plan)

    def plan(self) -> Plan:
        return self._plan

    @property
    def is_given_a_plan(self) -> bool:
        return True


def judged(control: str, stage: Stage) -> Judgement:
    """Judge a control on a stage, as a run does."""
    _import_controls()
    test = declared[control]
    described = control_of(test)
    assert described is not None
    return judge(test, lambda name: resolved(name)(stage), precondition=lambda: stage.require(described))


def on_cloud(control: str, *edits: Edit, expected: Profile | None = None) -> Judgement:
    """Judge a control on the compliant recording after some edits. It must not ask more than its policy allows."""
    stage = edited_cloud(*edits, expected=expected, control=control)
    judgement = judged(control, stage)
    unforeseen = {call.operation for call in stage.reader.answers} - needed([control])
    assert not unforeseen, (
        f"{control} asks {', '.join(sorted(unforeseen))}, and has no permission for it: python -m proofs.needs {control} adds it"
    )
    return judgement


def asked(control: str, *edits: Edit) -> list[Call]:
    """The calls that a control makes on the compliant recording after some edits."""
    stage = edited_cloud(*edits, control=control)
    judged(control, stage)
    return list(stage.reader.answers)


def edited_cloud(*edits: Edit, expected: Profile | None = None, control: str = "") -> CloudStage:
    """A stage on the compliant recording, as a control has it, after some edits."""
    calls = list(compliant_calls(control))
    for edit in edits:
        calls = edit(calls)
    return CloudStage(recording_of(calls, control), expected or profile())


def recording_of(calls: Iterable[Recorded], control: str = "") -> Recording:
    """A recording that says how to add what a control finds missing in it."""
    return Recording(calls, f"python -m proofs.record --control {control or 'ID'} adds it")


def on_plan(control: str, *edits: Edit, expected: Profile | None = None, base: str = FROM_NOTHING) -> Judgement:
    """Judge a control on a compliant plan after some edits."""
    document = plan_for(control, base)
    for edit in edits:
        edit(document)
    return judged(control, PlanStage(Plan(document, "an edited plan"), expected or profile()))


def plan_for(control: str, base: str = FROM_NOTHING) -> dict[str, Any]:
    """A compliant plan, joined with those of the kinds that a control asks for and the stacks lack; a copy for whoever asks."""
    document = compliant_plan(base)
    more = {path.name: plan for path in _own_stacks(control) if (plan := kinds.plan_in(path))}
    if not more:
        return document
    plans = joined({APP: Plan(document, "the plan"), **{name: Plan(plan, name) for name, plan in more.items()}})
    return copy.deepcopy({**plans.document, STACKS: sorted([*document.get(STACKS, [APP]), *more])})


@functools.cache
def compliant_calls(control: str = "") -> tuple[Recorded, ...]:
    """The recording, and what completes it for a control."""
    own = [call for path in _own_stacks(control) for call in kinds.calls_in(path)]
    there = {call.call for call in own}
    return (*(call for call in _calls_of_the_stacks() if call.call not in there), *own)


@functools.cache
def _calls_of_the_stacks() -> tuple[Recorded, ...]:
    calls = (*from_json((COMPLIANT / "cloud.json").read_text(encoding="utf-8")).calls, *kinds.calls_everywhere())
    return (*calls, *live.calls(calls, profile(), recorded_at()))


def has_own_stack(control: str) -> bool:
    """Whether a control is proven on more than the stacks: on kinds of resources that they lack."""
    return bool(_own_stacks(control))


def _own_stacks(control: str) -> tuple[Path, ...]:
    if control:
        _import_controls()
    return kinds.own_stacks(declared[control]) if control else ()


# Edits of a recording


def says(operation: str, path: str, value: object, **parameters: object) -> Edit:
    """Let the answer of an operation (of the calls with these parameters) say something else at a path: ``DBInstances.0.MultiAZ``."""

    def change(page: dict[str, Any]) -> None:
        place, last = _place(page, path)
        place[last] = value

    return lambda calls: _each(calls, operation, parameters, lambda call: _changed(call, change))


def omits(operation: str, path: str, **parameters: object) -> Edit:
    """Let the answer of an operation be silent about a path."""

    def change(page: dict[str, Any]) -> None:
        place, last = _place(page, path)
        del place[last]

    return lambda calls: _each(calls, operation, parameters, lambda call: _changed(call, change))


def adds(operation: str, path: str, item: object, **parameters: object) -> Edit:
    """Let the answer of an operation have one item more in the list at a path."""

    def change(page: dict[str, Any]) -> None:
        place, last = _place(page, path)
        place[last] = [*place[last], item]

    return lambda calls: _each(calls, operation, parameters, lambda call: _changed(call, change))


def fails(operation: str, error: CouldNotVerify, **parameters: object) -> Edit:
    """Let an operation end in an error."""
    return lambda calls: _each(calls, operation, parameters, lambda call: replace(call, pages=(), absent=False, error=error))


def absent(operation: str, **parameters: object) -> Edit:
    """Let AWS answer an operation with "there is none"."""
    return lambda calls: _each(calls, operation, parameters, lambda call: replace(call, pages=(), absent=True, error=None))


def on_page_2(operation: str, member: str, **changes: object) -> Edit:
    """Add an item on a second page: a copy of the first one with some members changed; None takes a member away."""

    def split(call: Recorded) -> Recorded:
        item = {**copy.deepcopy(call.pages[0][member][0]), **changes}
        return replace(call, pages=(*call.pages, {member: [{name: value for name, value in item.items() if value is not None}]}))

    return lambda calls: _each(calls, operation, {}, split)


def answers(operation: str, page: Mapping[str, Any], **parameters: object) -> Edit:
    """Add a call that the recording does not have, with its answer."""
    from stackproof.sources.aws.calls import Call

    call = Call.of(operation, profile().region, **parameters)
    return lambda calls: [*(one for one in calls if one.call != call), Recorded(call, pages=(dict(page),))]


def answered(operation: str, path: str) -> Any:
    """What the compliant recording says at a path of an operation's answer."""
    place, last = _place(next(call.pages[0] for call in compliant_calls() if call.call.operation == operation), path)
    return place[last]


def _each(
    calls: list[Recorded], operation: str, parameters: Mapping[str, object], change: Callable[[Recorded], Recorded]
) -> list[Recorded]:
    chosen = [call for call in calls if call.call.operation == operation and parameters.items() <= call.call.arguments.items()]
    assert chosen, (
        f"the recording has no {operation} {dict(parameters)}: the edit would change nothing; "
        "python -m proofs.record --control ID adds what a control asks"
    )
    return [change(call) if call in chosen else call for call in calls]


def _changed(call: Recorded, change: Callable[[dict[str, Any]], None]) -> Recorded:
    page = dict(copy.deepcopy(call.pages[0]))
    change(page)
    assert to_jsonable(page) != to_jsonable(call.pages[0]), "the edit changes nothing"
    return replace(call, pages=(page, *call.pages[1:]))


def _place(page: Any, path: str) -> tuple[Any, Any]:
    """The container that a path ends in, and the last step. A step is a member, an index, or ``member=value`` for the item that has it."""
    *steps, last = path.split(".")
    for step in steps:
        page = page[_step(page, step)]
    return page, _step(page, last)


def _step(container: Any, step: str) -> int | str:
    if isinstance(container, dict):
        return step
    if step.isdigit():
        return int(step)
    member, _, value = step.partition("=")
    return next(index for index, item in enumerate(container) if item[member] == value)


# Edits of a plan


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
    if attributes is not None and document[BASE] == RUNNING and change["actions"] == ["no-op"]:
        change["before"] = {**change["before"], **attributes}
    elif change["actions"] == ["no-op"]:
        change["actions"] = ["update"]


def planned_addresses(document: dict[str, Any], kind: str) -> list[str]:
    """The addresses of the planned resources of a type."""
    modules = _planned_modules(document["planned_values"]["root_module"])
    return [one["address"] for module in modules for one in module.get("resources", ()) if one["type"] == kind]


def value_of(document: dict[str, Any], address: str, target: str) -> Any:
    """What is known of a target (``aws_kms_key.main.arn``), as the sources of a resource at an address name it; None if nothing is."""
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
