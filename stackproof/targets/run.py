"""The base of every run: its evidence, and what the reports tell about it."""

import importlib.metadata
import os
import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import stackproof
from stackproof.core.changes import PlannedChanges
from stackproof.core.provenance import Provenance
from stackproof.core.results import ControlResult
from stackproof.core.verdicts import CouldNotVerify
from stackproof.evidence import code
from stackproof.evidence.facts import Facts
from stackproof.evidence.store import Store, document_path
from stackproof.profile.terraform import APP
from stackproof.scanners.git import git
from stackproof.sources.aws.progress import Progress
from stackproof.sources.plan.document import Plan
from stackproof.targets.base import Stage
from stackproof.targets.request import Request
from stackproof.util.cache import CACHE
from stackproof.util.kept import Kept, is_fresh

if TYPE_CHECKING:
    from stackproof.sources.aws.session import Transport
    from stackproof.sources.aws.source import Reader
    from stackproof.terraform.locations import Locations


class RunStage(Stage):
    """The stage of a run: it keeps evidence in a store, if it has one, and knows what the reports tell about the run."""

    def __init__(self, request: Request, say: Callable[[str], None], store: Store | None = None) -> None:
        super().__init__(request.judged, request.profile, request.repository)
        self._request = request
        self._say = say
        self._store = store
        self._readers: list[Reader] = []
        self.unjudged = ""
        """Why the plan of this run proves nothing; empty for one of which a control looks at something."""
        if request.now:
            self.now = request.now

    @property
    def cache(self) -> Path:
        return self._request.root / CACHE

    @cached_property
    def kept(self) -> Kept:
        return Kept(self.cache, self._request.is_fresh or is_fresh(os.environ))

    def say(self, line: str) -> None:
        self._say(line)

    @cached_property
    def progress(self) -> Progress:
        return Progress(self._say)

    def observe(self, collection: str, make: Callable[[], Any]) -> Any:
        return self._store.observation(collection, make) if self._store else make()

    @property
    def all_notes(self) -> tuple[str, ...]:
        """The notes of this run, with one on what it took from earlier ones."""
        taken = [answer.made for answer in self.kept.taken if answer.made]
        if not taken:
            return tuple(self.notes)
        return (
            *self.notes,
            f"{len(taken)} results that depend on their inputs alone (plans, validations, scans, scripts at work) were taken from earlier "
            "runs of the same inputs (a second plan only where all that it asked is answered as it was), the oldest of "
            f"{min(taken):%Y-%m-%d %H:%M} UTC; the source of each says so. --fresh makes all of them anew.",
        )

    @property
    def endpoint(self) -> str | None:
        """Where the emulator of this run answers; None on AWS and on a plan."""
        return None

    @property
    def handle(self) -> Mapping[str, Any] | None:
        """The deployment of this run as JSON, for its other processes; None where it deployed nothing."""
        return None

    @property
    def asked(self) -> str | None:
        """The endpoint, if it was asked anything."""
        return None

    @property
    def connection(self) -> tuple[str, ...]:
        """The things between this process and AWS, in sentences; see `stackproof.sources.aws.connection`."""
        return ()

    @property
    def account(self) -> str:
        """The account that was pinned; empty if none was asked."""
        return ""

    @property
    def caller(self) -> str:
        """The ARN of the identity that asks; empty if nobody was asked."""
        return ""

    @cached_property
    def commit(self) -> str:
        """The commit of the sources that are judged, with ``+`` behind it where files differ from it; empty where git knows none."""
        return _commit(self._request.repository)

    def locate(self, address: str) -> tuple[str, int]:
        """The file and the line of the sources that declare a planned resource; nothing and 0 where they are not at hand."""
        return self._locations.of(address)

    @cached_property
    def _locations(self) -> "Locations":
        from stackproof.terraform.locations import Locations

        stacks = self.profile.terraform.stacks
        prefixes = {
            "" if name == APP else f"module.{name}.": self._request.repository / stack.directory
            for name, stack in stacks.items()
            if stack.says("directory")
        }
        return Locations(self._request.repository, prefixes)

    @property
    def calls(self) -> Counter[str]:
        """Requests sent to AWS, by operation."""
        return Counter()

    def to_know(self) -> str:
        """The advice that tells how to make known what is UNKNOWN here, for the message that closes the gate."""
        return "judge what is deployed (--target aws)"

    def planned_changes(self) -> tuple[PlannedChanges, ...]:
        """The changes that the plans of this run make to what runs; nothing where no plan is judged."""
        return ()

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of the programs and packages that the verdicts were made with."""
        return {
            "stackproof": stackproof.__version__,
            "python": platform.python_version(),
            "pytest": importlib.metadata.version("pytest"),
        }

    @property
    def facts(self) -> Facts:
        """The facts about the run that its evidence keeps."""
        again = self._request.recorded
        return Facts(
            stackproof=stackproof.__version__,
            code=code.digest(self._request.root),
            environment=self.profile.name,
            target=self.target,
            stages=self.target_codes,
            account=self.account,
            region=self.profile.told_region,
            endpoint=self.asked or "",
            is_given_a_plan=self.is_given_a_plan,
            now=self.now,
            replay_of=again.head if again else "",
            commit=self.commit,
            connection=self.connection,
        )

    def differences(self, controls: Sequence[ControlResult]) -> list[str]:
        """The differences from the run that is judged again; nothing for a run of its own."""
        del controls
        return []

    def stop_asking_ahead(self) -> None:
        """Ask nothing more that no control waits for: what was asked is evidence, and is counted."""
        for reader in self._readers:
            reader.stop_asking_ahead()

    def close(self) -> None:
        """End what was started for this run alone."""

    def _reading(self, transport: "Transport", account: str, region: str) -> "Reader":
        """A reader whose answers stay among the evidence."""
        from stackproof.sources.aws.source import Reader

        keep = self._store.answer if self._store else None
        reader = Reader(
            transport,
            account=account,
            region=region,
            keep=keep,
            unseen=self.unseen,
            shared=self.profile.audit.shared,
            progress=self.progress,
        )
        self._readers.append(reader)
        return reader

    def _kept_plan(self, name: str, make: Callable[[], Plan]) -> Plan:
        """A plan that stays among the evidence."""
        if self._store is None:
            return make()

        def document() -> dict[str, Any]:
            plan = make()
            return {"where": plan.where, "plan": plan.document}

        kept = self._store.document(name, document)
        return Plan(kept["plan"], Provenance(kept["where"], document_path(name)))


def _commit(root: Path) -> str:
    """The commit that is checked out, with ``+`` behind it where files differ from it; empty where git knows none."""
    try:
        head = git(root, "rev-parse", "--verify", "HEAD")[0]
        return f"{head}{'+' if git(root, 'status', '--porcelain') else ''}"
    except CouldNotVerify:
        return ""


def second_plan_name(stack: str) -> str:
    """The name of a stack's second plan among the evidence.

    >>> second_plan_name("app"), second_plan_name("central_logging")
    ('second-plan', 'second-plan-central_logging')
    """
    return "second-plan" if stack == APP else f"second-plan-{stack}"
