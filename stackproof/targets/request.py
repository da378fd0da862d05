"""The request of the command line: the profile, the target and what was given. Bad input stops here."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackproof.core import waivers
from stackproof.core.verdicts import UsageError
from stackproof.evidence import recorded, signing
from stackproof.evidence.recorded import RecordedRun
from stackproof.profile.loading import load
from stackproof.profile.place import FOLDER, file_of, home_of
from stackproof.profile.schema import Profile
from stackproof.profile.terraform import APP
from stackproof.sources.aws import connection
from stackproof.sources.plan.document import Plan
from stackproof.util import extras, json_document

if TYPE_CHECKING:
    from stackproof.probes.bastion import Bastion


NEEDED: Mapping[str, tuple[str, ...]] = {"embedded": ("moto", "flask", "rich"), "localstack": ("localstack_client",)}
"""The modules that a target is nothing without, unless it runs already."""


@dataclass(frozen=True)
class Request:
    """The request of the command line, checked."""

    root: Path
    """Where the run is made: its reports and what can be made again lie there."""
    profile: Profile
    target: str
    plan_files: tuple[Path, ...] = ()
    endpoint: str | None = None
    """Of an emulator that runs already; it is used as it is and nothing is started."""
    deployed: Mapping[str, Any] | None = None
    """What another process of this run has deployed; see `stackproof.targets.run.RunStage.handle`."""
    recorded: RecordedRun | None = None
    """The run that is judged again."""
    as_then: bool = False
    """Whether it is judged by the expectations and waivers that were recorded with it."""
    now: datetime | None = None
    """The moment that ages are counted from, if another process of the run has set it."""
    bastion: "Bastion | None" = None
    """A host in the VPC that is reached by ssh."""
    is_fresh: bool = False
    """True if nothing is taken from earlier runs: ``--fresh``."""
    home: Path | None = None
    """The folder that the profile's paths start from, if it is another one."""

    @property
    def repository(self) -> Path:
        """The folder of the profile: its sources are judged, and its waivers count."""
        return self.home or self.root

    @property
    def judged(self) -> str:
        """The target as the controls see it: that of the recorded run, if one is judged again."""
        return self.recorded.facts.target if self.recorded else self.target

    @property
    def accepted(self) -> str:
        """The text of the waivers."""
        if self.recorded and self.as_then:
            return self.recorded.waivers
        file = self.repository / waivers.FILE
        return file.read_text(encoding="utf-8") if file.exists() else ""

    @property
    def waivers(self) -> waivers.Waivers:
        """The waivers of the run. Raises `UsageError` for ones that cannot be read."""
        if self.as_then:
            return waivers.Waivers(waivers.parse(self.accepted), self.profile.name, self.judged)
        return waivers.of_run(self.repository, self.profile.name, self.judged)


def resolve(
    root: Path,
    environment: str | None = None,
    target: str | None = None,
    plans: Sequence[str] = (),
    evidence: str | None = None,
    *,
    public_key: str | None = None,
    bastion: str | None = None,
    fresh: bool = False,
    deployed: Mapping[str, Any] | None = None,
    now: str | None = None,
) -> Request:
    """Check what was asked for. Raises `UsageError`.

    Without an environment it is ``local``; a recorded run is judged by the expectations that were recorded with it. ``deployed`` and
    ``now`` are what another process of the same run knows already.
    """
    if evidence or target == "replay":
        return _replay(root, environment, target, plans, evidence, public_key)
    if public_key:
        raise UsageError("--public-key is the key that signed a recorded run; say which run: --evidence=reports/local-embedded")
    profile, home = _loaded(environment or "local", root)
    chosen = target or ("plan" if plans else profile.target)
    for plan in plans:
        if not Path(plan).is_file():
            raise UsageError(f"--plan {plan}: there is no such file; make one with terraform show -json tfplan > plan.json")
    if chosen == "aws":
        connection.require_direct(os.environ, profile.name)
    endpoint = os.environ.get("AWS_ENDPOINT_URL") if chosen in ("embedded", "localstack") else None
    if chosen != "plan":  # the controls of sources need none of it: see `require_for`
        require_for(chosen, profile, plans, is_running=bool(endpoint))
    if not endpoint and (absent := extras.not_installed("embedded", *NEEDED.get(chosen, ()))):
        raise UsageError(f"{absent} (the target {chosen} needs it)")
    return Request(
        root,
        profile,
        chosen,
        tuple(map(Path, plans)),
        endpoint or None,
        is_fresh=fresh,
        deployed=deployed,
        now=datetime.fromisoformat(now) if now else None,
        bastion=_bastion(bastion, chosen) if bastion else None,
        home=home,
    )


def _loaded(environment: str, root: Path) -> tuple[Profile, Path]:
    """A profile, and its home. Raises `UsageError`."""
    folder = root / FOLDER
    return load(environment, folder), home_of(file_of(environment, folder))


_NEEDED = {
    "account": '[account] id = "123456789012": the number of the AWS account that is judged, and no other',
    "region": 'region = "eu-central-1": where it is judged',
    "owned": 'owned = ["PREFIX"]: how the names of the stack begin, so that what it has and nobody declared is found; ["*"] is the account',
}
"""The keys that every target but a plan needs, and how each is written."""


def require_for(target: str, profile: Profile, plans: Sequence[str], *, is_running: bool = False) -> None:
    """Raises `UsageError` for a target that needs more than the profile says, with all that it needs; one that runs needs no sources.

    Of a plan that is once it is known that a control asks for one.
    """
    needed = [*_NEEDED] if target != "plan" else [] if plans else ["account", "region"]
    missing = [_NEEDED[key] for key in needed if not (profile.account.says("id") if key == "account" else profile.says(key))]
    if not plans and not is_running and target in ("plan", "embedded") and not profile.terraform.is_declared:
        missing.append(
            '[terraform] directory = "infra": the sources that are planned'
            + (", or the plan itself: --plan=FILE, made by terraform show -json tfplan" if target == "plan" else "")
        )
    if missing:
        lines = "\n".join(f"  {line}" for line in missing)
        raise UsageError(f"environment {profile.name} does not say what target {target} needs:\n{lines}")


def _replay(
    root: Path, environment: str | None, target: str | None, plans: Sequence[str], evidence: str | None, public_key: str | None
) -> Request:
    if target not in (None, "replay") or plans:
        raise UsageError("--evidence judges a recorded run again; leave out --plan and any other --target")
    if not evidence:
        raise UsageError("--target replay judges a recorded run again; say which: --evidence reports/local-embedded")
    run = recorded.read(Path(evidence), signing.public_key(Path(public_key)) if public_key else None)
    _ = run.results, run.recording  # bad input ends the run here
    profile, home = _loaded(environment, root) if environment else (run.profile, None)
    return Request(root, profile, "replay", recorded=run, as_then=not environment, home=home)


def _bastion(url: str, target: str) -> "Bastion":
    from stackproof.probes.bastion import Bastion

    if target != "aws":
        raise UsageError(f"--bastion leads into the VPC of a stack on AWS; the target of this run is {target}")
    return Bastion(url)


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises `UsageError` for a file that holds none."""
    try:
        document = json_document.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"--plan {path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(
            f"{path}: not JSON: {error}. A saved plan is converted by: terraform show -json {path} > plan.json"
        ) from None
    return Plan(document, str(path))


def read_plans(paths: Sequence[Path], profile: Profile) -> dict[str, Plan]:
    """The plans in these files by the stack that each is of: the one with whose reviewed addresses it has most in common.

    Raises `UsageError` for a file that holds none, and for two plans of one stack.
    """
    found: dict[str, Plan] = {}
    for path in paths:
        plan = read_plan(path)
        addresses = {change.address for change in plan.changes}
        stacks = profile.terraform.stacks
        reviewed = {
            name: addresses & {*stack.reviewed} if stack.says("reviewed") else set[str]() for name, stack in stacks.items()
        }
        stack = max([APP, *stacks], key=lambda name: len(reviewed[name]))
        if not any(reviewed.values()) and APP in found:  # nobody has reviewed any: they are told apart by their files
            stack = path.stem
        if stack in found:
            raise UsageError(
                f"--plan {path}: this is a plan of the stack {stack}, and so is {found[stack].where}; give one of them"
            )
        found[stack] = plan
    return found
