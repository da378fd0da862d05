"""Every fact that a control reads from AWS or a plan matters: change it, and the control no longer passes.

The facts are those that are looked up in the compliant runs, by a control or by the collections that it asks for. Each is changed in
every way that `proofs.mutations` knows, one change a run, where it is looked up, so that it does not matter where it comes from. What
rightly makes no difference is listed in ``survivors.toml``, with the reason. Nothing else may survive, and what is listed must.

Of a mapping of texts, as tags are, the members count that were looked up. Two bounds keep it short: of a long collection (log events,
datapoints) `proofs.mutations.MOST_ITEMS` items are changed, and of an enumeration `MOST_LEGAL` other members are tried. The score counts
each change of a field once, whichever controls and resources it was tried with; the gate is that nothing is unexplained.
"""

import functools
import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from botocore.session import Session
from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter

from proofs import harness
from proofs.edited_plans import EditedPlan
from proofs.harness import CloudStage, PlanStage
from proofs.mutations import Mutant, mutants
from stackproof.collections import grafana
from stackproof.core import ledger, runner
from stackproof.core import resource as base
from stackproof.core.controls import catalogue
from stackproof.core.resource import Field, Resource
from stackproof.core.results import Examined
from stackproof.core.verdicts import Verdict, verdict_of
from stackproof.resources.log_events import LogEvents
from stackproof.resources.logs import LogGroup
from stackproof.resources.service import Container
from stackproof.sources.aws.readonly import PROBES
from stackproof.sources.replay import Recording
from stackproof.targets.base import Stage
from stackproof.testing import models

CONTROLS = [control for control in harness.controls(*harness.ON_AWS) if set("PEA") & set(catalogue()[control].stages)]
MOST_LEGAL = 8
"""How many other members of an enumeration are tried; some have hundreds."""
NETWORK = (("ec2:DescribeSubnets", "Subnets", "SubnetId"), ("ec2:DescribeRouteTables", "RouteTables", "RouteTableId"))
"""Operations that list parts of a network, where in their answers, and what identifies one."""
UNDUE: dict[type[Resource], str] = {
    LogEvents: "(redacted e-mail address)",  # what held personal data, as it is captured
    Container: "DATABASE_PASSWORD",  # as the name of a variable
}
"""What a text of a kind of resource should not be."""


class Survivor(BaseModel):
    """Mutations that rightly make no difference."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    controls: tuple[str, ...]
    fields: tuple[str, ...]
    """The kind of resource and the field: ``Bucket.encryption``."""
    mutations: tuple[str, ...]
    reason: Annotated[str, StringConstraints(min_length=20)]
    resources: tuple[str, ...] | None = None
    """Patterns of their names (see `called`); every one of the kind, if it does not say."""
    stage: Literal["cloud", "plan"] | None = None
    """Where; on both, if it does not say."""

    def explains(self, one: "Tried") -> bool:
        return (
            one.control in self.controls
            and one.fact.place in self.fields
            and one.mutation in self.mutations
            and any(fnmatchcase(called(one.fact.name), pattern) for pattern in self.resources or "*")
            and self.stage in (None, one.stage)
        )


class Texts(dict[str, str]):
    """A mapping of texts that notes which of its members are looked up."""

    def __init__(self, texts: Mapping[str, str], members: set[str]) -> None:
        super().__init__(texts)
        self.members = members

    def __getitem__(self, name: str) -> str:
        self.members.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.members.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.members.add(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def keys(self) -> Any:
        self.members.update(super().keys())
        return super().keys()

    def values(self) -> Any:
        self.members.update(super().keys())
        return super().values()

    def items(self) -> Any:
        self.members.update(super().keys())
        return super().items()

    def unnoted(self) -> dict[str, str]:
        return dict(super().items())


class Fact(NamedTuple):
    """A field as it was looked up on a compliant stage."""

    kind: type[Resource]
    name: str
    source: str
    field: str
    value: object

    @property
    def place(self) -> str:
        return f"{self.kind.__name__}.{self.field}"

    def is_looked_up(self, resource: Resource, field: Field) -> bool:
        return (type(resource), resource.name, resource.source, field.name) == (self.kind, self.name, self.source, self.field)

    def mutants(self) -> list[Mutant]:
        hint = base._hints(self.kind)[self.field]
        if not isinstance(self.value, Texts):
            return mutants(self.value, hint, legal(self.kind))
        texts, members = self.value.unnoted(), self.value.members
        seen = {name: text for name, text in texts.items() if name in members}
        others = {name: text for name, text in texts.items() if name not in members}
        return [
            replace(mutant, value={**others, **mutant.value})
            for mutant in mutants(seen, hint, legal(self.kind))
            if isinstance(mutant.value, dict)
        ]


class Tried(NamedTuple):
    """One mutant, and whether the control noticed it."""

    control: str
    stage: str
    fact: Fact
    mutation: str
    """``[].target + x``; with ``, in part`` if it is noticed at one place of the value, and not at another."""
    is_noticed: bool

    @property
    def change(self) -> str:
        """The field and how it was changed, wherever: ``Bucket.versioning emptied``."""
        return f"{self.fact.place} {self.mutation.removesuffix(', in part')}"

    @property
    def named(self) -> tuple[str, str]:
        """What was changed and how; of which resource, on which stage."""
        return f"{self.fact.place} {self.mutation}", f"{called(self.fact.name)} ({self.stage})"


@functools.cache
def survivors() -> list[Survivor]:
    document = tomllib.loads(Path(__file__).with_name("survivors.toml").read_text(encoding="utf-8"))
    return TypeAdapter(list[Survivor]).validate_python(document["survivor"])


@functools.cache
def compliant(control: str) -> dict[str, Callable[[], Stage]]:
    """Fresh compliant stages for a control, by name. What they are made from is read and asked once: no run changes it."""
    if not harness.has_own_stack(control) and control:
        return compliant("")
    expected = harness.profile_for(control)
    asked = CloudStage(harness.recording_of(harness.compliant_calls(control), control), expected).reader
    plan = EditedPlan(harness.plan_for(control), "the compliant plan")

    def cloud() -> CloudStage:
        stage = CloudStage(Recording([]), expected)
        stage.reader = asked
        return stage

    return {"cloud": cloud, "plan": lambda: PlanStage(plan, expected)}


def called(name: str) -> str:
    """What a part of a network is called by its tag, instead of by its id, which is another in every recording."""
    return _tagged().get(name, name)


@functools.cache
def _tagged() -> dict[str, str]:
    parts = [
        (part[id], part.get("Tags", ()))
        for operation, member, id in NETWORK
        for call in harness.compliant_calls()
        if call.call.operation == operation
        for page in call.pages
        for part in page[member]
    ]
    return {id: tag["Value"] for id, tags in parts for tag in tags if tag["Key"] == "Name"}


def stages(control: str) -> list[str]:
    """The stages that a control is tried on: a cloud for those that are about one, a plan likewise."""
    target_codes = set(catalogue()[control].stages)
    return [*(["cloud"] if target_codes & set("EA") else []), *(["plan"] if "P" in target_codes else [])]


@contextmanager
def looking_up(change: Callable[[Resource, Field, object], object]) -> Iterator[None]:
    """Let every field be looked up with a change of its value."""
    harness.compliant_calls()  # what is read to complete them is nobody's fact
    checked = Field.checked
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "_compared", lambda *_: None)  # a changed value is compared with what it never is
        patch.setattr(Field, "checked", lambda field, value, one: checked(field, change(one, field, value), one))
        yield


def facts(control: str, stage: str) -> list[Fact]:
    """What a control looks up where everything is compliant, each fact once."""
    found: dict[tuple[str, ...], Fact] = {}
    members: dict[tuple[str, ...], set[str]] = {}

    def note(one: Resource, field: Field, value: object) -> object:
        if isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values()):
            value = Texts(value, members.setdefault((one.label, one.source, field.name), set()))
        found.setdefault((one.label, one.source, field.name), Fact(type(one), one.name, one.source, field.name, value))
        return value

    def record(resource: str, field: str, value: object, source: str) -> None:
        shown(resource, field, value.unnoted() if isinstance(value, Texts) else value, source)

    shown = ledger.record
    with looking_up(note), pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "record", record)  # it shows every member
        judgement = harness.judged(control, compliant(control)[stage]())
    assert judgement.verdict is Verdict.PASS, judgement.message
    return list(found.values())


class NoPass(BaseException):
    """A block of a control has ended so that the control cannot pass; past whatever makes verdicts of exceptions."""


def passes(control: str, stage: Stage) -> bool:
    """Whether a control passes. Once a block does not hold, nothing more is judged: the worst verdict counts, and none is taken back."""
    examined = runner._examined

    def ended(name: str, error: Exception | None, *more: Any) -> Examined:
        if error is not None and verdict_of(error).is_open:
            raise NoPass
        return examined(name, error, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "_examined", ended)
        try:
            return harness.judged(control, stage).verdict is Verdict.PASS
        except NoPass:
            return False


def tried(control: str) -> Iterator[Tried]:
    """Every mutant of every fact that a control looks up."""
    for stage in stages(control):
        for fact in facts(control, stage):
            seen: list[tuple[str, bool]] = []
            for mutant in fact.mutants():
                with looking_up(lambda one, field, value: mutant.value if fact.is_looked_up(one, field) else value):  # noqa: B023
                    seen.append((str(mutant), not passes(control, compliant(control)[stage]())))
            for mutation, is_noticed in seen:
                in_part = ", in part" if (mutation, not is_noticed) in seen else ""
                yield Tried(control, stage, fact, f"{mutation}{in_part}", is_noticed)


def legal(kind: type[Resource]) -> Callable[[str], list[str]]:
    """The other members of the enumerations that a text is in, of the services that a kind of resource is read from.

    A tag of a log group has legal values, too; and some texts may be what they should not.
    """
    services = sorted({operation.partition(":")[0] for operation in kind.operations} - {*PROBES})
    tags = [list(values) for values in harness.profile().logs.tags.values()] if kind is LogGroup else []

    def others(text: str) -> list[str]:
        sets = [members for service in services for members in enumerations(service)]
        alike = [members for members in (*sets, *tags) if text in members]
        undue = [UNDUE[kind]] if kind in UNDUE else []
        return undue + list(dict.fromkeys(member for members in alike for member in members if member != text))[:MOST_LEGAL]

    return others


@functools.cache
def enumerations(service: str) -> list[list[str]]:
    """The enumerations of a service, as the SDK's model has them."""
    model = Session().get_service_model(service)
    shapes = (model.shape_for(name) for name in model.shape_names)
    return [shape.enum for shape in shapes if shape.type_name == "string" and shape.enum]


def once_a_document(facts: Callable[[Stage, Mapping[str, Any]], dict[str, object]]) -> Callable[..., dict[str, object]]:
    """The function, called once for each document, which is kept with what was made of it so that no other gets its identity."""
    made: dict[int, tuple[Mapping[str, Any], dict[str, object]]] = {}

    def remembered(stage: Stage, document: Mapping[str, Any]) -> dict[str, object]:
        if id(document) not in made:
            made[id(document)] = document, facts(stage, document)
        return made[id(document)][1]

    return remembered


@pytest.mark.parametrize("control", CONTROLS)
def test_a_changed_fact_is_noticed(
    control: str, record_property: Callable[[str, object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grafana, "_json", functools.cache(grafana._json))  # hundreds of times the same files
    monkeypatch.setattr(grafana, "_facts", once_a_document(grafana._facts))
    attempts = list(tried(control))
    listed = [survivor for survivor in survivors() if control in survivor.controls]
    explained = [one for one in attempts if any(survivor.explains(one) for survivor in listed)]
    unexplained = [one for one in attempts if not one.is_noticed and one not in explained]
    wrong = {one.named for one in explained} - {one.named for one in attempts if not one.is_noticed}
    idle = [
        (mutation, ", ".join(survivor.fields))
        for survivor in listed
        for mutation in survivor.mutations
        if not any(one.mutation == mutation and survivor.explains(one) for one in attempts)
    ]
    record_property("mutants", [(one.change, one.is_noticed, one in unexplained) for one in attempts])
    assert attempts, "the control looks nothing up that could be changed"
    if unexplained:
        pytest.fail(
            "changed facts that the control does not notice: assert them, or explain them in proofs/survivors.toml:\n\n"
            + as_toml(unexplained, attempts),
            pytrace=False,
        )
    _refuse("listed in survivors.toml, and noticed: narrow the entry, or take it out", wrong)
    _refuse("listed in survivors.toml, and never tried", idle)


def as_toml(unexplained: Iterable[Tried], attempts: Iterable[Tried]) -> str:
    """The entries of ``survivors.toml`` that would explain what no control notices, but for their reasons."""
    where: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for one in unexplained:
        where.setdefault((one.fact.place, one.mutation), set()).add((called(one.fact.name), one.stage))
    alike: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for (place, mutation), found in sorted(where.items()):
        on = {stage for _, stage in found}
        others = {
            called(one.fact.name)
            for one in attempts
            if (one.fact.place, one.mutation) == (place, mutation) and one.stage in on and one.is_noticed
        }
        names = {name for name, _ in found} if others else set()
        tried_on = {one.stage for one in attempts if (one.fact.place, one.mutation) == (place, mutation)}
        alike.setdefault((place, tuple(sorted(names)), tuple(sorted(on)) if on < tried_on else ()), []).append(mutation)
    entries = []
    controls = sorted({one.control for one in unexplained})
    for (place, resources, stage), mutations in alike.items():
        lines = ["[[survivor]]", f"controls = {json.dumps(controls)}", f"fields = {json.dumps([place])}", "mutations = ["]
        lines += [f"  {json.dumps(mutation, ensure_ascii=False)}," for mutation in mutations]
        lines += ["]"]
        lines += [f"resources = {json.dumps([*resources], ensure_ascii=False)}"] if resources else []
        lines += [f"stage = {json.dumps(stage[0])}"] if stage else []
        entries.append("\n".join([*lines, 'reason = ""', ""]))
    return "\n".join(entries)


def test_survivors_are_of_controls_that_there_are() -> None:
    assert {control for survivor in survivors() for control in survivor.controls} <= {*CONTROLS}


def _refuse(what: str, places: Iterable[tuple[str, str]]) -> None:
    by_change = groupby(sorted(places), key=itemgetter(0))
    lines = [f"{change}: {', '.join(where for _, where in alike)}" for change, alike in by_change]
    if lines:
        pytest.fail("\n  ".join([f"{what}:", *lines]), pytrace=False)
