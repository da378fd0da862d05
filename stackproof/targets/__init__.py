"""The stage that a run judges on: a class for each target, each in a module of its own. Here is where one is chosen."""

from collections.abc import Callable, Mapping

from stackproof.evidence.store import Store
from stackproof.targets.embedded import EmbeddedStage
from stackproof.targets.external import ExternalEmbeddedStage
from stackproof.targets.live import LiveStage
from stackproof.targets.localstack import ExternalLocalStackStage, LocalStackStage
from stackproof.targets.plan import PlanStage
from stackproof.targets.replay import PlanReplayStage, ReplayStage
from stackproof.targets.request import Request
from stackproof.targets.run import RunStage

STAGES: Mapping[str, type[RunStage]] = {
    "plan": PlanStage,
    "embedded": EmbeddedStage,
    "localstack": LocalStackStage,
    "aws": LiveStage,
    "replay": ReplayStage,
}
EXTERNAL: Mapping[str, type[RunStage]] = {"embedded": ExternalEmbeddedStage, "localstack": ExternalLocalStackStage}
"""Where an emulator runs already."""
TARGETS = tuple(STAGES)


def open_stage(request: Request, say: Callable[[str], None], store: Store | None = None) -> RunStage:
    """The stage that was asked for. Nothing behind it is started, asked or made before a control needs it.

    Raises `UsageError` for a plan file that holds no plan.
    """
    return _kind(request)(request, say, store)


def _kind(request: Request) -> type[RunStage]:
    if request.recorded and request.judged == "plan":
        return PlanReplayStage
    return (EXTERNAL if request.endpoint else STAGES)[request.target]
