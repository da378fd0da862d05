"""From what the command line asked for to a `Stage`: the profile, the target, and how each thing behind it is opened."""

import importlib.metadata
import json
import os
import platform
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import stackproof
from stackproof.profile import Profile, load
from stackproof.sources import Source
from stackproof.sources.plan import Plan, PlanSource
from stackproof.stage import Once, Stage
from stackproof.verdicts import NotApplicable, UsageError

if TYPE_CHECKING:
    from stackproof.aws.session import Network

CACHE = ".stackproof"
"""The folder, in the repository, of everything that can be made again."""

LETTERS = {"plan": "SP", "embedded": "SPE", "aws": "SA"}
"""The catalogue's letters that a target can judge. A plan can be made on every laptop, so ``embedded`` has one too."""

Say = Callable[[str], None]
"""Tells the user what is going on, a line at a time."""


@dataclass(frozen=True)
class Request:
    """What the command line asked for, checked."""

    root: Path
    profile: Profile
    target: str
    plan_file: Path | None = None
    endpoint: str | None = None
    """Of an emulator that runs already; it is used as it is and nothing is started."""


def resolve(
    root: Path, environment: str, target: str | None = None, plan: str | None = None, endpoint: str | None = None
) -> Request:
    """Check what was asked for. Raises `UsageError`."""
    profile = load(environment, root / "environments")
    chosen = target or ("plan" if plan else profile.target)
    plan_file = Path(plan) if plan else None
    if plan_file and not plan_file.is_file():
        raise UsageError(f"--plan {plan}: there is no such file; make one with terraform show -json tfplan > plan.json")
    redirected = sorted(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL") and os.environ[name])
    if chosen == "aws" and redirected:
        raise UsageError(
            f"environment {profile.name} is judged on AWS itself, but {', '.join(redirected)} points elsewhere: "
            "unset it, or use --env local for an emulator"
        )
    if chosen == "embedded":
        endpoint = endpoint or os.environ.get("AWS_ENDPOINT_URL") or None
    return Request(root, profile, chosen, plan_file, endpoint)


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises `UsageError` for a file that holds none."""
    try:
        return Plan(json.loads(path.read_bytes()), str(path))
    except (ValueError, UnicodeDecodeError):
        raise UsageError(
            f"{path}: not JSON. A saved plan is not readable as it is; convert it: terraform show -json {path} > plan.json"
        ) from None


class Opened:
    """A stage whose parts are opened when they are first needed, and what has to be said and closed afterwards."""

    def __init__(self, request: Request, say: Say) -> None:
        self._request = request
        self._say = say
        self._network: Network | None = None
        self._cloud = Once(self._start_cloud)
        notes: list[str] = []
        self.stage = Stage(
            target=request.target,
            letters=LETTERS[request.target] + ("P" if request.plan_file and request.target == "aws" else ""),
            profile=request.profile,
            root=request.root,
            source=Once(self._open_source),
            plan=Once(self._open_plan),
            notes=notes,
        )

    @property
    def endpoint(self) -> str | None:
        """Where the emulator of this run answers; None on AWS and on a plan."""
        if self._request.target != "embedded":
            return None
        return self._request.endpoint or self._cloud().endpoint

    @property
    def account(self) -> str:
        """The account that was pinned; empty if no account was asked."""
        return self._request.profile.account if self._network else ""

    @property
    def calls(self) -> Counter[str]:
        """Requests sent to AWS, by operation."""
        return self._network.counts if self._network else Counter()

    def close(self) -> None:
        """End what was started for this run alone."""
