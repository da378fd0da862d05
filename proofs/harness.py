"""Judge a control on edited evidence.

``compliant/cloud.json`` is a recording of the embedded cloud with all stacks, ``compliant/plan.json`` a plan of them; both are made by
``python -m proofs.record``. An edit is a function that changes a copy.
"""

import functools
import importlib
import pkgutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import tests
from proofs import kinds, live
from proofs.edited_plans import EditedPlan
from proofs.lazy_copies import Packed
from proofs.plans import FROM_NOTHING, LACKING, compliant_plan, packed
from stackproof.core.controls import catalogue, declared
from stackproof.core.runner import Judgement
from stackproof.profile.base import as_frozen
from stackproof.profile.loading import load
from stackproof.profile.schema import Profile
from stackproof.profile.terraform import APP
from stackproof.sources.aws.calls import Call
from stackproof.sources.aws.permissions import needed
from stackproof.sources.plan.document import Plan
from stackproof.sources.plan.stacks import STACKS, joined
from stackproof.sources.replay import Recorded, Recording, from_json
from stackproof.targets.base import Stage
from stackproof.testing import stages
from stackproof.testing.bench import judged as judged_on
from stackproof.testing.plans import (
    changes as changes,
)
from stackproof.testing.plans import (
    exists as exists,
)
from stackproof.testing.plans import (
    planned as planned,
)
from stackproof.testing.plans import (
    planned_addresses as planned_addresses,
)
from stackproof.testing.plans import (
    refers as refers,
)
from stackproof.testing.plans import (
    set_inside as set_inside,
)
from stackproof.testing.plans import (
    unknown as unknown,
)
from stackproof.testing.plans import (
    unset as unset,
)
from stackproof.testing.plans import (
    value_of as value_of,
)
from stackproof.testing.plans import (
    with_resource as with_resource,
)
from stackproof.testing.plans import (
    without as without,
)
from stackproof.testing.recordings import (
    Edit,
    place_of,
)
from stackproof.testing.recordings import (
    absent as absent,
)
from stackproof.testing.recordings import (
    adds as adds,
)
from stackproof.testing.recordings import (
    answers as answers,
)
from stackproof.testing.recordings import (
    fails as fails,
)
from stackproof.testing.recordings import (
    omits as omits,
)
from stackproof.testing.recordings import (
    on_page_2 as on_page_2,
)
from stackproof.testing.recordings import (
    only_in as only_in,
)
from stackproof.testing.recordings import (
    says as says,
)

ROOT = Path(__file__).parents[1]
COMPLIANT = Path(__file__).with_name("compliant")
ON_AWS = ("phase1", "security", "logging", "serverless", "account")
"""The folders of the controls that read AWS."""

ABOUT_CHANGES = ("CHG-01",)
"""Controls about what a plan does, which is known when it is made: nothing of it can be known only after apply."""


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


def changed(declared: Profile, table: str, **changes: Any) -> Profile:
    """The profile with a table changed; of one that may be repeated, its first."""
    found = getattr(declared, table)
    if isinstance(found, tuple):
        return declared.model_copy(update={table: (found[0].model_copy(update=changes), *found[1:])})
    return declared.model_copy(update={table: found.model_copy(update=changes)})


@functools.cache
def profile_for(control: str) -> Profile:
    """The profile, with the tables for the kinds that a control asks for and the stacks lack."""
    tables = {name: table for path in _own_stacks(control) for name, table in kinds.declared_in(path).items()}
    return Profile.model_validate(as_frozen({**profile().model_dump(by_alias=True), **tables})) if tables else profile()


@functools.cache
def recorded_at() -> datetime:
    """When the compliant recording was made; ages are counted from then."""
    return datetime.fromisoformat((COMPLIANT / "recorded_at.txt").read_text(encoding="utf-8").strip())


class CloudStage(stages.CloudStage):
    """A stage on a recording."""

    def __init__(self, recording: Recording, expected: Profile) -> None:
        super().__init__(recording, expected, ROOT, recorded_at())


class PlanStage(stages.PlanStage):
    """A stage on a plan document."""

    def __init__(self, plan: Plan, expected: Profile) -> None:
        super().__init__(plan, expected, ROOT, recorded_at())


def judged(control: str, stage: Stage) -> Judgement:
    """Judge a control on a stage, as a run does."""
    _import_controls()
    return judged_on(stage, control)


def on_cloud(control: str, *edits: Edit, expected: Profile | None = None) -> Judgement:
    """Judge a control on the compliant recording after some edits. It must not ask more than its policy allows."""
    stage = edited_cloud(*edits, expected=expected, control=control)
    judgement = judged(control, stage)
    unforeseen = {call.operation for call in stage.reader.answers} - needed([control])
    assert not unforeseen, (
        f"{control} asks {', '.join(sorted(unforeseen))}, and has no permission for it: python -m proofs.needs {control} adds it"
    )
    return judgement


def asked(control: str, *edits: Edit, expected: Profile | None = None) -> list[Call]:
    """The calls that a control makes on the compliant recording after some edits."""
    stage = edited_cloud(*edits, expected=expected, control=control)
    judged(control, stage)
    return list(stage.reader.answers)


@functools.cache
def operations(control: str) -> tuple[str, ...]:
    """The operations that a control asks on the compliant recording."""
    return tuple(dict.fromkeys(call.operation for call in asked(control)))


def edited_cloud(*edits: Edit, expected: Profile | None = None, control: str = "") -> CloudStage:
    """A stage on the compliant recording, as a control has it, after some edits."""
    calls = list(compliant_calls(control))
    for edit in edits:
        calls = edit(calls)
    return CloudStage(recording_of(calls, control), expected or profile_for(control))


def recording_of(calls: Iterable[Recorded], control: str = "") -> Recording:
    """A recording that says how to add what a control finds missing in it."""
    return Recording(calls, f"python -m proofs.record --control {control or 'ID'} adds it")


def on_plan(control: str, *edits: Edit, expected: Profile | None = None, base: str = FROM_NOTHING) -> Judgement:
    """Judge a control on a compliant plan after some edits."""
    edited = _edited_plan(_own_stacks(control), base, (*LACKING.get(control, ()), *edits))
    return judged(control, PlanStage(edited, expected or profile_for(control)))


@functools.lru_cache(maxsize=8)
def _edited_plan(more: tuple[Path, ...], base: str, edits: tuple[Edit, ...]) -> EditedPlan:
    """A plan that several controls in a row may be judged on, as in a run."""
    document = _joined(more, base).copy()
    for edit in edits:
        edit(document)
    return EditedPlan(document, "an edited plan")


def plan_for(control: str, base: str = FROM_NOTHING) -> dict[str, Any]:
    """A compliant plan, joined with those of the kinds that a control asks for and the stacks lack; a copy for whoever asks."""
    document = _joined(_own_stacks(control), base).copy()
    for edit in LACKING.get(control, ()):
        edit(document)
    return document


@functools.cache
def _joined(more: tuple[Path, ...], base: str) -> Packed:
    """A compliant plan, joined with those of some kinds."""
    plans = {path.name: plan for path in more if (plan := kinds.plan_in(path))}
    if not plans:
        return packed(base)
    document = compliant_plan(base)
    whole = joined({APP: EditedPlan(document, "the plan"), **{name: EditedPlan(plan, name) for name, plan in plans.items()}})
    return Packed({**whole.document, STACKS: sorted([*document.get(STACKS, [APP]), *plans])})


@functools.cache
def compliant_calls(control: str = "") -> tuple[Recorded, ...]:
    """The recording, and what completes it for a control."""
    own = [call for path in _own_stacks(control) for call in kinds.calls_in(path)]
    own += [live.endpoints(_calls_of_the_stacks(), profile())] if control == "SEC-NET-03" else []
    own += [live.backed_up(_calls_of_the_stacks(), profile(), recorded_at())] if control == "RDS-03" else []
    there = {call.call for call in own}
    return (*(call for call in _calls_of_the_stacks() if call.call not in there), *own)


@functools.cache
def _calls_of_the_stacks() -> tuple[Recorded, ...]:
    calls = (*from_json((COMPLIANT / "cloud.json").read_text(encoding="utf-8")).calls, *kinds.calls_everywhere())
    return (*calls, *live.calls(calls, profile(), recorded_at()))


def has_own_stack(control: str) -> bool:
    """Whether a control is proven on more than the stacks: on kinds of resources that they lack."""
    return control in LACKING or bool(_own_stacks(control))


def _own_stacks(control: str) -> tuple[Path, ...]:
    if control:
        _import_controls()
    return kinds.own_stacks(declared[control]) if control else ()


def answered(operation: str, path: str) -> Any:
    """What the compliant recording says at a path of an operation's answer."""
    place, last = place_of(next(call.pages[0] for call in compliant_calls() if call.call.operation == operation), path)
    return place[last]
