"""A bench: what complies, and controls that are judged on edits of it."""

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from _pytest.pathlib import ImportMode, import_path  # offered nowhere else

from stackproof.collections.registry import load_entry_points, resolved
from stackproof.core.controls import control_of, declared
from stackproof.core.runner import Judgement, judge
from stackproof.core.verdicts import AccessDenied, UsageError, Verdict
from stackproof.evidence import recorded
from stackproof.plugin.places import has_controls
from stackproof.profile.loading import load
from stackproof.profile.place import home_of
from stackproof.sources.plan.document import Plan
from stackproof.sources.replay import Recorded, Recording, from_json
from stackproof.targets.base import Stage
from stackproof.testing.cases import CLOUD, Case
from stackproof.testing.recordings import Edit, fails, in_region
from stackproof.testing.stages import CloudStage, PlanStage


@dataclass(frozen=True)
class Proof:
    """One thing that a bench shows: called, it raises `AssertionError` if it does not hold."""

    name: str
    show: Callable[[], None]

    def __call__(self) -> None:
        self.show()

    def __str__(self) -> str:
        return self.name


class Bench:
    """A profile, and what complies with it: a plan, a cloud, or both.

    ``controls`` is the folder of the tests that declare the controls. ``plan`` is the file that ``terraform show -json`` wrote. ``cloud``
    is the report folder of a run (``reports/live-aws``), or a list of `stackproof.testing.answers`.
    """

    def __init__(
        self,
        profile: Path | str,
        *,
        controls: Path | str,
        plan: Path | str | None = None,
        cloud: Path | Sequence[Edit] | None = None,
    ) -> None:
        self._file, self._controls, self._plan, self._cloud = Path(profile), Path(controls), plan and Path(plan), cloud
        self.now = datetime.now(UTC)
        """The moment that ages are counted from."""

    @cached_property
    def expected(self) -> Any:
        """The profile. Raises `UsageError`."""
        return load(str(self._file), self._file.parent)

    def on_cloud(self, control: str, *edits: Edit) -> Judgement:
        """Judge a control on the cloud after some edits."""
        return judged(self._cloud_stage(*edits), self._declared(control))

    def on_plan(self, control: str, *edits: Edit) -> Judgement:
        """Judge a control on the plan after some edits."""
        document = copy.deepcopy(self._document)
        for edit in edits:
            edit(document)
        stage = PlanStage(Plan(document, "an edited plan"), self.expected, home_of(self._file), self.now)
        return judged(stage, self._declared(control))

    def judge(self, case: Case) -> Judgement:
        """Judge a case on the stage that it is about."""
        return (self.on_cloud if case.stage == CLOUD else self.on_plan)(case.control, *case.edits)

    def proofs(self, cases: Sequence[Case]) -> tuple[Proof, ...]:
        """All that is to be shown of the controls of some cases, for ``pytest.mark.parametrize``.

        Each case; that what complies passes, on each stage; and that a call which is denied is an ERROR, whichever it is.
        """
        stages = dict.fromkeys((case.control, case.stage) for case in cases)
        complying = [Case(control, "what complies passes", Verdict.PASS, stage, ()) for control, stage in stages]
        denied = [control for control, stage in stages if stage == CLOUD]
        return (
            *(Proof(str(case), partial(self._show_case, case)) for case in (*cases, *complying)),
            *(Proof(f"{one}, cloud: a call that is denied is an ERROR", partial(self._show_denied, one)) for one in denied),
        )

    def _show_case(self, case: Case) -> None:
        self._show(self.judge(case), case.verdict, case.names)

    def _show(self, judgement: Judgement, verdict: Verdict, names: str = "") -> None:
        assert judgement.verdict is verdict, f"{judgement.verdict}, and not {verdict}: {judgement.message or 'nothing is said'}"
        assert names in judgement.message, f"the message does not name {names}: {judgement.message}"

    def _show_denied(self, control: str) -> None:
        stage = self._cloud_stage()
        judged(stage, self._declared(control))
        operations = dict.fromkeys(call.operation for call in stage.reader.answers)
        assert operations, f"{control} asks nothing"
        for operation in operations:
            self._show(self.on_cloud(control, fails(operation, AccessDenied(f"{operation} denied"))), Verdict.ERROR, operation)

    def _cloud_stage(self, *edits: Edit) -> CloudStage:
        calls = list(self._calls)
        for edit in edits:
            calls = edit(calls)
        recording = Recording(in_region(calls, self.expected.region), "add it with answers(...), or record a run that asks it")
        return CloudStage(recording, self.expected, home_of(self._file), self.now)

    @cached_property
    def _calls(self) -> tuple[Recorded, ...]:
        if self._cloud is None:
            raise UsageError("this bench has no cloud: Bench(..., cloud=[answers(...)]), or the report folder of a run")
        if isinstance(self._cloud, Path):
            if self._cloud.is_file():
                return from_json(self._cloud.read_text(encoding="utf-8")).calls
            run = recorded.read(self._cloud)
            self.now = run.facts.now
            return run.recording.calls
        calls: list[Recorded] = []
        for answer in self._cloud:
            calls = answer(calls)
        return tuple(calls)

    @cached_property
    def _document(self) -> Mapping[str, Any]:
        if not self._plan:
            raise UsageError("this bench has no plan: Bench(..., plan='plan.json'), which terraform show -json wrote")
        document: Mapping[str, Any] = json.loads(self._plan.read_text(encoding="utf-8"))
        return document

    def _declared(self, control: str) -> str:
        """The id of a control whose test has been imported. Raises `UsageError` if there is none under the folder of controls."""
        if control not in declared:
            load_entry_points()
            for file in sorted(self._controls.rglob("*.py")):
                if has_controls(file):
                    import_path(file, mode=ImportMode.prepend, root=home_of(self._file), consider_namespace_packages=False)
        if control not in declared:
            raise UsageError(
                f"no test under {self._controls} is the control {control}; there are: {', '.join(declared) or 'none'}"
            )
        return control


def judged(stage: Stage, control: str) -> Judgement:
    """Judge a control that is declared on a stage, as a run does."""
    test = declared[control]
    described = control_of(test)
    assert described is not None
    return judge(test, lambda name: resolved(name)(stage), precondition=lambda: stage.require(described))
