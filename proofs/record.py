"""Record what the proofs start from.

``python -m proofs.record --control ID`` adds what a control asks and the recordings lack, and its permissions. What the stacks have is
asked of the embedded cloud with all stacks (``stackproof cloud up`` keeps one); what they lack, of a cloud of its own, to which the
``main.tf`` of the kind is applied (`proofs.kinds`). Where that makes another plan than before, or with ``--again``, what was recorded of
the kind is asked anew.

``python -m proofs.record`` records the stacks as a whole: every control that reads AWS is judged there, and what was asked is kept,
secrets hidden; so is a plan of the stacks, and so are the kinds that the stacks lack, each on its cloud. What did not change stays as it
was, byte by byte (`proofs.normal`).

What was recorded before and is not asked this time stays for as long as a proof asks it, of an edited recording or under another
profile; then it is left out, and told.
"""

import argparse
import json
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore import xform_name

from proofs import harness, kinds, live, needs, normal
from proofs.harness import (
    COMPLIANT,
    ON_AWS,
    ROOT,
    CloudStage,
    compliant_calls,
    controls,
    judged,
    profile,
    profile_for,
    recorded_at,
)
from stackproof.core.controls import catalogue, declared
from stackproof.core.resource import Resource
from stackproof.core.verdicts import UsageError, Verdict
from stackproof.embedded.account import Endpoint
from stackproof.processes.command_line import exit_status
from stackproof.resources import allowed_operations
from stackproof.sources.aws import permissions
from stackproof.sources.aws.calls import Answer, Call, kept_pages, plain
from stackproof.sources.aws.session import Network, Through, Transport
from stackproof.sources.aws.source import AwsSource, Reader
from stackproof.sources.replay import Recorded, Recording, from_entry, recorded, to_entry
from stackproof.targets import open_stage
from stackproof.targets.embedded import fresh_cloud
from stackproof.targets.limitations import limit
from stackproof.targets.request import resolve
from stackproof.terraform import provider
from stackproof.terraform.workspace import prepare
from stackproof.util.cache import CACHE

CLOUD, PLAN = "cloud.json", "plan.json"


class Clock(Through):
    """A transport to a cloud of now for whoever takes it to be the moment of the recordings: times are moved on both ways.

    That moment is a little later than now, so that whatever the cloud has logged and measured by now is before it.
    """

    def __init__(self, transport: Transport, then: datetime) -> None:
        super().__init__(transport)
        late = datetime.now(UTC) + normal.LATELY
        self._since = timedelta(seconds=round((late - then).total_seconds()))  # so that both ways are exact

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        asked = replace(call, parameters=Call.of("", "", **normal.shifted(call.arguments, self._since)).parameters)
        answer = self._others.send(asked, absent)
        entry = normal.shifted(_entries([Recorded(call, answer.raw_pages)])[0], -self._since)
        pages = () if answer.error or answer.is_absent else from_entry({**entry, "parameters": call.arguments}).pages
        return Answer(call, kept_pages(pages), answer.error, answer.is_absent)


class Completed(Through):
    """A recording, and the transport that knows what it lacks."""

    def __init__(self, calls: Iterable[Recorded], transport: Transport) -> None:
        self._calls = {one.call: one for one in calls}
        super().__init__(transport)
        self.added: list[Call] = []

    def wait(self, seconds: float) -> None:
        """What was recorded does not change."""

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        if call in self._calls:
            return self._calls[call].answer
        self.added.append(call)
        return self._others.send(call, absent)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m proofs.record", description=__doc__.partition("\n")[0])
    parser.add_argument("--control", metavar="ID", help="add what this control asks and the recordings lack")
    parser.add_argument("--again", action="store_true", help="and ask anew what was recorded of its kinds of resources")
    options = parser.parse_args(arguments)

    def work() -> int:
        if options.control:
            add(options.control, again=options.again)
        else:
            record_all()
        return 0

    return exit_status(work)


def add(control: str, *, again: bool = False) -> None:
    """Record what a control asks and the recordings lack. Raises `UsageError` if it does not pass there."""
    if control not in controls(*ON_AWS):
        raise UsageError(f"{control} is no control that reads AWS; those are: {', '.join(controls(*ON_AWS))}")
    own = kinds.own_stacks(declared[control])
    plans = {path: _planned(path) for path in own}
    changed = [
        path.name for path in own if kinds.plan_in(path) is not None and plans[path] != (path / PLAN).read_text(encoding="utf-8")
    ]
    if changed:
        print(f"What was recorded of {', '.join(changed)} is asked anew: its main.tf makes another plan than before.")
        _add(_of_the_same_stacks(control), plans, again=True)
    else:
        _add([control], plans, again=again)
    needs.update([control])


def _of_the_same_stacks(control: str) -> list[str]:
    """The controls with the same stacks of their own."""
    on_cloud = (one for one in controls(*ON_AWS) if set("EA") & set(catalogue()[one].stages))
    return next(group for group in _groups(on_cloud) if control in group)


def _add(chosen: Sequence[str], plans: Mapping[Path, str], *, again: bool) -> None:
    """Record what some controls with the same stacks of their own ask and the recordings lack, and the plans of these stacks."""
    own = kinds.own_stacks(declared[chosen[0]])
    asked_kinds = tuple(dict.fromkeys(kind for control in chosen for kind in kinds.asked_by(declared[control])))
    before = {path: kinds.calls_in(path) for path in map(kinds.folder, asked_kinds)}
    forgotten = _forgotten(chosen[0], own, asked_kinds, again=again)
    there = [one for one in compliant_calls(chosen[0]) if one.call not in forgotten]
    answers: list[Answer] = []
    if not _asks_only(chosen, there):
        with _cloud_of(own) as transport:
            answers = _answers(chosen, Completed(there, transport))
    for path, plan in plans.items():
        _write(path / PLAN, plan)
    of_kind = _by_kind(answers, asked_kinds)
    new = _settled(answers, [one for path in of_kind for one in before[path]])
    now = {from_entry(entry).call for entry in new}
    needed = _needed({call for call in forgotten if call not in now})
    for path in dict.fromkeys([*of_kind, *(path for path, calls in before.items() if again and calls)]):
        mine = [entry for entry in new if entry["operation"] in {answer.call.operation for answer in of_kind.get(path, ())}]
        kept = [one for one in before[path] if one.call not in now and (one.call not in forgotten or one.call in needed)]
        _write(path / CLOUD, to_text(mine, kept))
        print(f"{(path / CLOUD).relative_to(ROOT)}: {len(mine)} calls added")
    if not answers:
        print(f"{', '.join(chosen)} asks nothing that the recordings lack.")
    _forget_what_was_read()


def _asks_only(chosen: Iterable[str], there: Sequence[Recorded]) -> bool:
    """Whether some controls pass on what is recorded, so that no cloud is needed to ask it."""
    nothing_else = Completed(there, Recording([]))
    try:
        _answers(chosen, nothing_else)
    except UsageError:
        return False
    return not nothing_else.added


def _forgotten(control: str, own: Sequence[Path], asked_kinds: Sequence[type[Resource]], *, again: bool) -> set[Call]:
    """The calls of the recordings that are asked anew: lists in which the stacks had nothing, or all of what only these kinds' own
    stacks have.
    """
    lists = {kind.operations[0] for kind in asked_kinds if kinds.folder(kind) in own}
    there = {one.call for kind in asked_kinds for one in kinds.calls_in(kinds.folder(kind))}
    forgotten = {one.call for one in compliant_calls(control) if one.call.operation in lists and one.call not in there}
    if again:
        anew = [kind for kind in asked_kinds if not own or _is_of_own_stacks(kind)]
        forgotten |= {one.call for kind in anew for one in kinds.calls_in(kinds.folder(kind))}
    return forgotten | {one.call for path in own for one in kinds.written_answers(path, profile().region)}


def _is_of_own_stacks(kind: type[Resource]) -> bool:
    """Whether no control asks for a kind of the reference stacks alone."""
    return all(kinds.own_stacks(declared[one]) for one in controls(*ON_AWS) if kind in kinds.asked_by(declared[one]))


def _answers(chosen: Iterable[str], completed: Completed) -> list[Answer]:
    """What some controls ask and a recording lacks. Raises `UsageError` for one that does not pass."""
    chosen = tuple(chosen)
    stage = CloudStage(Recording([]), profile_for(chosen[0]) if chosen else profile())
    stage.reader = Reader(completed, account=profile().account_id, region=profile().region)
    for control in chosen:
        judgement = judged(control, stage)
        if judgement.verdict is not Verdict.PASS:
            read = "\n".join(f"  {one.resource}: {one.field} = {one.value} ({one.source})" for one in judgement.read)
            raise UsageError(
                f"{control} is {judgement.verdict} on what should comply, so nothing is recorded: {judgement.message}\n"
                f"It has read:\n{read}"
            )
    return [answer for call, answer in stage.reader.answers.items() if call in completed.added]


def _needed(calls: Collection[Call]) -> set[Call]:
    """The recorded calls among some that a proof asks: a control under another profile, or of an edited recording."""
    operations = {call.operation for call in calls}
    asking = [control for control in controls(*ON_AWS) if operations & {*permissions.needs().get(control, ())}]
    needed = {call for control in asking for call in needs.calls(control)} & {*calls}
    for call in sorted({*calls} - needed, key=str):
        print(f"No proof asks any more: {call}")
    return needed


def record_all() -> None:
    """Record the stacks as a whole."""
    chosen = [control for control in controls(*ON_AWS) if set("EA") & set(catalogue()[control].stages)]
    on_stacks = [control for control in chosen if not kinds.own_stacks(declared[control])]
    waivers = tomllib.loads((ROOT / "waivers.toml").read_text(encoding="utf-8"))["waiver"]
    waived = {control for one in waivers for control in ([one["control"]] if isinstance(one["control"], str) else one["control"])}
    stage = open_stage(resolve(ROOT, "local"), print)
    try:
        source = stage.source()
        assert isinstance(source, AwsSource)
        source.reader.transport = Clock(source.reader.transport, recorded_at())
        stage.now = recorded_at()
        supplied = [control for control in on_stacks if _is_supplied(control)]
        for control in (control for control in on_stacks if control not in supplied):
            judgement = judged(control, stage)
            accepted = (Verdict.PASS, Verdict.NOT_APPLICABLE, *([Verdict.FAIL] if control in waived else []))
            if judgement.verdict not in accepted:
                raise UsageError(f"{control} is {judgement.verdict}: {judgement.message}")
        answers = list(source.reader.answers.values())
        there = recorded(answers).calls
        completed = Completed((*there, *live.calls(there, profile(), recorded_at())), source.reader.transport)
        answers += _answers(supplied, completed)
        plan = _plan_text(stage.plan().document)
    finally:
        stage.close()
    _write_whole(_settled(answers, [one for path in _whole() for one in kinds.calls_in(path)]))
    _write(COMPLIANT / PLAN, plan)
    _forget_what_was_read()
    for group in _groups(control for control in chosen if control not in on_stacks):
        _add(group, {path: _planned(path) for path in kinds.own_stacks(declared[group[0]])}, again=True)
    needs.main()


def _is_supplied(control: str) -> bool:
    """Whether some of what a control asks is not of the cloud: what only AWS can show, or what the stacks lack (`proofs.live`)."""
    return bool(limit("embedded", control)) or not {*live.LACKING}.isdisjoint(permissions.needs().get(control, ()))


def _whole() -> list[Path]:
    """The folders of recordings of the reference stacks."""
    return [COMPLIANT, *(path for path in sorted(kinds.FOLDER.glob("*")) if not (path / "main.tf").is_file())]


def _write_whole(new: Sequence[normal.Entry]) -> None:
    """Write a recording of the reference stacks, each call where it was; a new one to the others of the stacks."""
    now = {from_entry(entry).call: entry for entry in new}
    old = {path: [one.call for one in kinds.calls_in(path)] for path in _whole()}
    needed = _needed({call for calls in old.values() for call in calls if call not in now})
    elsewhere = {call for path, calls in old.items() if path != COMPLIANT for call in calls}
    for path, calls in old.items():
        mine = [entry for call, entry in now.items() if call in calls or (path == COMPLIANT and call not in elsewhere)]
        kept = [one for one in kinds.calls_in(path) if one.call in needed]
        _write(path / CLOUD, to_text(mine, kept))


def _groups(chosen: Iterable[str]) -> list[list[str]]:
    """Controls by the stacks of their own."""
    groups: dict[frozenset[Path], list[str]] = {}
    for control in chosen:
        groups.setdefault(frozenset(kinds.own_stacks(declared[control])), []).append(control)
    return [*groups.values()]


@contextmanager
def _cloud_of(own: Sequence[Path]) -> Iterator[Transport]:
    """A cloud with the stacks of these folders, or with the answers that they write down; with the reference stacks, if there are none."""
    if written := [one for path in own for one in kinds.written_answers(path, profile().region)]:
        yield Recording(written)
        return
    if own:
        with fresh_cloud(profile().account_id) as endpoint:
            for path in own:
                print(f"Applying {path.relative_to(ROOT) / 'main.tf'} ...")
                copy = _workspace(path, endpoint)
                (copy.directory / "terraform.tfstate").unlink(missing_ok=True)  # of a cloud that has ended
                copy.plan()
                copy.apply(copy.directory / "tfplan")
                for call in kinds.later(path).get("calls", ()):
                    service, _, operation = call["operation"].partition(":")
                    client = Endpoint(endpoint, profile().account_id, profile().region).client(service)
                    getattr(client, xform_name(operation))(**call["parameters"])
            yield Clock(Network(allowed_operations(), endpoint=endpoint), recorded_at())
        return
    stage = open_stage(resolve(ROOT, "local"), print)
    try:
        source = stage.source()
        assert isinstance(source, AwsSource)
        yield Clock(source.reader.transport, recorded_at())
    finally:
        stage.close()


def _workspace(path: Path, endpoint: str | None) -> Any:
    cache = ROOT / CACHE
    chosen = provider.choose_for_deploying(cache)
    return prepare(path, cache / "work", chosen, endpoint=endpoint, region=profile().region, account=profile().account_id)


def _planned(path: Path) -> str:
    """The plan of a folder's ``main.tf``, from nothing."""
    copy = _workspace(path, None)
    copy.plan()
    document = copy.show(copy.directory / "tfplan")
    for one in document["configuration"].get("provider_config", {}).values():  # our override's hundred endpoints
        one["expressions"] = {name: value for name, value in one.get("expressions", {}).items() if name == "region"}
    _set_later(document, kinds.later(path).get("plan", {}))
    return _plan_text(document)


def _set_later(document: dict[str, Any], attributes: Mapping[str, Mapping[str, Any]]) -> None:
    """Write attributes into a plan, by the address of the resource."""
    for resource in document["planned_values"]["root_module"]["resources"]:
        resource["values"].update(attributes.get(resource["address"], {}))
    for change in document["resource_changes"]:
        change["change"]["after"].update(attributes.get(change["address"], {}))
    for configured in document["configuration"]["root_module"]["resources"]:
        written = attributes.get(configured["address"], {})
        configured["expressions"].update({name: {"constant_value": value} for name, value in written.items()})


def _plan_text(document: Mapping[str, Any]) -> str:
    still = {**document, "timestamp": f"{recorded_at():%Y-%m-%dT%H:%M:%SZ}"}
    if "relevant_attributes" in still:  # in any order
        still["relevant_attributes"] = sorted(still["relevant_attributes"], key=json.dumps)
    return json.dumps(still, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _by_kind(answers: Iterable[Answer], asked_kinds: Sequence[Any]) -> dict[Path, list[Answer]]:
    """Answers by the folder of the first kind that declares their operation."""
    found: dict[Path, list[Answer]] = {}
    for answer in answers:
        kind = next(kind for kind in asked_kinds if answer.call.operation in kind.operations)
        found.setdefault(kinds.folder(kind), []).append(answer)
    return found


def _settled(answers: Iterable[Answer], old: Iterable[Recorded]) -> list[normal.Entry]:
    return normal.settled(_entries(recorded(answers).calls), _entries(old), recorded_at())


def _entries(calls: Iterable[Recorded]) -> list[normal.Entry]:
    entries: list[normal.Entry] = json.loads(json.dumps([to_entry(one) for one in calls], default=plain))
    return entries


def to_text(entries: Iterable[normal.Entry], kept: Iterable[Recorded] = ()) -> str:
    """A recording as it is written: a call after the other, in a stable order."""
    every = sorted([*entries, *_entries(kept)], key=lambda entry: str(from_entry(entry).call))
    return json.dumps(every, indent=1, ensure_ascii=False) + "\n"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _forget_what_was_read() -> None:
    for made in (
        harness._joined,
        harness._edited_plan,
        kinds.calls_everywhere,
        kinds.calls_in,
        harness.compliant_calls,
        harness._calls_of_the_stacks,
    ):
        made.cache_clear()


if __name__ == "__main__":
    raise SystemExit(main())
