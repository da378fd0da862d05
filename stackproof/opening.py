"""From what the command line asked for to an open stage: the profile, the target, and how each thing behind it is opened.

`stackproof.replaying` opens a recorded run.
"""

import importlib.metadata
import json
import os
import platform
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import stackproof
from stackproof.evidence import recorded
from stackproof.evidence.provenance import Provenance
from stackproof.evidence.recorded import Facts, RecordedRun
from stackproof.evidence.store import Store, document_path
from stackproof.once import Once
from stackproof.policy import waivers
from stackproof.profile import Profile, load
from stackproof.resources.base import Given
from stackproof.resources.sources import Output
from stackproof.results import ControlResult
from stackproof.sources import Source
from stackproof.sources.plan import Plan, PlanSource
from stackproof.stage import Stage
from stackproof.verdicts import NotApplicable, NotReported, NotYetKnown, UsageError

if TYPE_CHECKING:
    from stackproof.aws.session import Network
    from stackproof.embedded.front_door import FrontDoor
    from stackproof.embedded.provision import Deployed
    from stackproof.sources.aws import Reader
    from stackproof.terraform.rehearsal import Rehearsal

TARGETS = ("plan", "embedded", "aws", "replay")
LETTERS = {"plan": "SP", "embedded": "SPE", "aws": "SA"}
"""The catalogue's letters that a target can judge. A plan can be made on every laptop, so ``embedded`` has one too."""


@dataclass(frozen=True)
class Request:
    """What the command line asked for, checked."""

    root: Path
    profile: Profile
    target: str
    plan_file: Path | None = None
    endpoint: str | None = None
    """Of an emulator that runs already; it is used as it is and nothing is started."""
    deployed: Mapping[str, Any] | None = None
    """What another process of this run has deployed; see `OpenStage.handle`."""
    recorded: RecordedRun | None = None
    """The run that is judged again."""
    as_then: bool = False
    """Whether it is judged by the expectations and waivers that were recorded with it."""
    now: datetime | None = None
    """The moment that ages are counted from, if another process of the run has set it."""

    @property
    def accepted(self) -> str:
        """The text of the waivers."""
        if self.recorded and self.as_then:
            return self.recorded.waivers
        file = self.root / waivers.FILE
        return file.read_text(encoding="utf-8") if file.exists() else ""

    @property
    def waivers(self) -> waivers.Waivers:
        """The waivers of the run. Raises `UsageError` for ones that cannot be read."""
        target = self.recorded.facts.target if self.recorded else self.target
        if self.as_then:
            return waivers.Waivers(waivers.parse(self.accepted), self.profile.name, target)
        return waivers.of_run(self.root, self.profile.name, target)


def resolve(
    root: Path,
    environment: str | None = None,
    target: str | None = None,
    plan: str | None = None,
    evidence: str | None = None,
    *,
    deployed: Mapping[str, Any] | None = None,
    now: str | None = None,
) -> Request:
    """Check what was asked for. Raises `UsageError`.

    Without an environment it is ``local``; a recorded run is judged by the expectations that were recorded with it. ``deployed`` and
    ``now`` are what another process of the same run knows already.
    """
    if evidence or target == "replay":
        return _replay(root, environment, target, plan, evidence)
    profile = load(environment or "local", root / "environments")
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
    endpoint = os.environ.get("AWS_ENDPOINT_URL") if chosen == "embedded" else None
    return Request(
        root,
        profile,
        chosen,
        plan_file,
        endpoint or None,
        deployed=deployed,
        now=datetime.fromisoformat(now) if now else None,
    )


def _replay(root: Path, environment: str | None, target: str | None, plan: str | None, evidence: str | None) -> Request:
    if target not in (None, "replay") or plan:
        raise UsageError("--evidence judges a recorded run again; leave out --plan and any other --target")
    if not evidence:
        raise UsageError("--target replay judges a recorded run again; say which: --evidence reports/local-embedded")
    run = recorded.read(Path(evidence))
    _ = run.results, run.recording  # bad input ends the run here
    profile = load(environment, root / "environments") if environment else run.profile
    return Request(root, profile, "replay", recorded=run, as_then=not environment)


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises `UsageError` for a file that holds none."""
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        raise UsageError(
            f"{path}: not JSON. A saved plan cannot be read as it is; convert it: terraform show -json {path} > plan.json"
        ) from None
    return Plan(document, str(path))


class RunStage(Stage):
    """The stage of a run: it keeps evidence in a store, if it has one, and knows what the reports tell about the run."""

    def __init__(self, request: Request, target: str, say: Callable[[str], None], store: Store | None = None) -> None:
        super().__init__(target, request.profile, request.root)
        self._request = request
        self._say = say
        self._store = store
        if request.now:
            self.now = request.now

    def say(self, line: str) -> None:
        self._say(line)

    def observe(self, collection: str, make: Callable[[], Any]) -> Any:
        return self._store.observation(collection, make) if self._store else make()

    @property
    def endpoint(self) -> str | None:
        """Where the emulator of this run answers; None on AWS and on a plan."""
        return None

    @property
    def handle(self) -> Mapping[str, Any] | None:
        """What this run deployed, for its other processes."""
        return None

    @property
    def served(self) -> Path | None:
        """Where the certificate of an emulated load balancer is, and its key; None without one."""
        return None

    @property
    def asked(self) -> str | None:
        """The endpoint, if it was asked anything."""
        return None

    @property
    def account(self) -> str:
        """The account that was pinned; empty if none was asked."""
        return ""

    @property
    def calls(self) -> Counter[str]:
        """Requests sent to AWS, by operation."""
        return Counter()

    @property
    def versions(self) -> Mapping[str, str]:
        """What the verdicts were made with."""
        return {
            "stackproof": stackproof.__version__,
            "python": platform.python_version(),
            "pytest": importlib.metadata.version("pytest"),
        }

    @property
    def facts(self) -> Facts:
        """What the evidence says about the run."""
        again = self._request.recorded
        return Facts(
            stackproof=stackproof.__version__,
            code=recorded.code_digest(self._request.root),
            environment=self.profile.name,
            target=self.target,
            stages=self.letters,
            account=self.account,
            region=self.profile.region,
            endpoint=self.asked or "",
            is_given_a_plan=self.is_given_a_plan,
            now=self.now,
            replay_of=again.head if again else "",
        )

    def differences(self, controls: Sequence[ControlResult]) -> list[str]:
        """What came out otherwise than in the run that is judged again; nothing for a run of its own."""
        del controls
        return []

    def close(self) -> None:
        """End what was started for this run alone."""


class OpenStage(RunStage):
    """A stage whose parts are opened when they are first needed."""

    def __init__(self, request: Request, say: Callable[[str], None], store: Store | None = None) -> None:
        super().__init__(request, request.target, say, store)
        self.letters = LETTERS[request.target] + ("P" if request.target == "aws" and request.plan_file else "")
        self._source = Once(self._open_source)
        self._network = Once(self._open_network)
        self._reader = Once(self._open_reader)
        self._cloud = Once(self._open_cloud)
        self._front_door = Once(self._open_front_door)
        self._rehearsal = Once(self._rehearse)
        self._plan = Once(self._open_plan)
        self._given_plan = read_plan(request.plan_file) if request.plan_file else None

    def source(self) -> Source:
        return self._source()

    @property
    def is_given_a_plan(self) -> bool:
        return self._given_plan is not None

    def plan(self) -> Plan:
        return self._plan()

    def rehearsal(self) -> "Rehearsal":
        return super().rehearsal() if self.target == "aws" else self._rehearsal()

    def outputs(self) -> Mapping[str, Output]:
        if self.target == "plan":
            return planned_outputs(self.plan())
        if self.target == "aws":
            return applied_outputs(json.loads(self._by_user("output", "-json")), "terraform output")
        return applied_outputs(self._cloud().workspace.output(), "terraform output, embedded cloud")

    def second_plan(self) -> Plan:
        if self.target == "aws":
            return self._kept_plan("second-plan", self._plan_by_user)
        return (
            self._kept_plan("second-plan", lambda: deployed_plan(self._cloud()))
            if self.target == "embedded"
            else super().second_plan()
        )

    @property
    def endpoint(self) -> str | None:
        if self.target != "embedded":
            return None
        return self._request.endpoint or self._cloud().endpoint

    @property
    def handle(self) -> Mapping[str, Any] | None:
        return self._cloud.made.handle if self._cloud.made else None

    @property
    def served(self) -> Path | None:
        if self.target != "embedded" or self._request.endpoint:
            return None
        return self._cloud().directory

    @property
    def asked(self) -> str | None:
        return self.endpoint if self._reader.made else None

    @property
    def account(self) -> str:
        return self.profile.account if self._reader.made else ""

    @property
    def calls(self) -> Counter[str]:
        return self._network.made.counts if self._network.made else Counter()

    @property
    def versions(self) -> Mapping[str, str]:
        packages = ("boto3", *(["moto"] if self.target == "embedded" else []))
        found = {**super().versions, **{package: importlib.metadata.version(package) for package in packages}}
        rehearsal = self._rehearsal.made
        if rehearsal:
            copy = rehearsal.workspace
            found |= {
                "terraform": f"{copy.terraform.version} ({copy.terraform.origin})",
                "hashicorp/aws": f"{copy.provider_version()} ({copy.provider.origin})",
            }
        return found

    def close(self) -> None:
        if self._front_door.made:
            self._front_door.made.close()
        if self._cloud.made:
            self._cloud.made.close()

    def _open_network(self) -> "Network":
        from stackproof.aws.session import Network

        return Network(endpoint=self.endpoint)

    def _open_reader(self) -> "Reader":
        from stackproof.aws.readonly import IDENTITY
        from stackproof.aws.session import pin_identity
        from stackproof.probes import Probes
        from stackproof.sources.aws import Reader

        transport = Probes(self._network(), locate=self._locate, trusted=self.served and self.served / "certificate.pem")
        reader = Reader(
            transport, account=self.profile.account, region=self.profile.region, keep=self._store.answer if self._store else None
        )
        pin_identity(reader.read(IDENTITY), account=self.profile.account, environment=self.profile.name)
        return reader

    def _locate(self, host: str, port: int) -> tuple[str, int]:
        """Where a load balancer is reached: on the embedded target at a front door of this run."""
        return self._front_door().locate(host, port) if self.target == "embedded" else (host, port)

    def _open_front_door(self) -> "FrontDoor":
        from stackproof.embedded import front_door
        from stackproof.embedded.account import Endpoint

        if self.served is None or self.endpoint is None:
            raise NotApplicable(f"{self._request.endpoint} is used as it is; it has no load balancer that answers")
        endpoint = Endpoint(self.endpoint, self.profile.account, self.profile.region)
        return front_door.open_for(endpoint, self.profile.load_balancer.name, self.served)

    def _open_source(self) -> Source:
        if self.target == "plan":
            return PlanSource(self.plan())
        from stackproof.sources.aws import AwsSource

        return AwsSource(self._reader())

    def _open_plan(self) -> Plan:
        return self._kept_plan("plan", lambda: self._given_plan or self.rehearsal().plan)

    def _kept_plan(self, name: str, make: Callable[[], Plan]) -> Plan:
        """A plan that stays among the evidence."""
        if self._store is None:
            return make()

        def document() -> dict[str, Any]:
            plan = make()
            return {"where": plan.where, "plan": plan.document}

        return kept_plan(self._store.document(name, document), name)

    def _open_cloud(self) -> "Deployed":
        if self._request.endpoint:
            raise NotApplicable(f"{self._request.endpoint} is used as it is; what Terraform knows of it is not known here")
        from stackproof.embedded import provision
        from stackproof.embedded.recipe import Values

        values = Values(self.profile.account, self.profile.region, self.profile.terraform.variables)
        if self._request.deployed:
            return provision.shared(self.terraform_root, cache=self.cache, values=values, handle=self._request.deployed)
        deployed = provision.ensure(self.terraform_root, cache=self.cache, values=values, say=self.say)
        self.notes += deployed.notes
        return deployed

    def _rehearse(self) -> "Rehearsal":
        from stackproof.terraform import rehearsal

        copy = rehearsal.workspace(
            self.terraform_root,
            self.cache,
            region=self.profile.region,
            account=self.profile.account,
            password=self.password,
        )
        made = rehearsal.rehearse(copy, self.terraform_root, self.profile.terraform.variables)
        self.notes += rehearsal.notes(made, len(self.profile.terraform.reviewed))
        return made

    def _plan_by_user(self) -> Plan:
        """A plan by the user's own, initialised Terraform, against the real state. It reads, and takes no lock."""
        with tempfile.TemporaryDirectory(prefix="stackproof-plan-") as folder:  # the plan file holds secrets
            planfile = str(Path(folder) / "tfplan")
            self._by_user("plan", "-input=false", "-lock=false", "-detailed-exitcode", f"-out={planfile}", accepted=(0, 2))
            document = json.loads(self._by_user("show", "-json", planfile))
        self.notes.append(
            "The second plan was made by the Terraform on this machine, with the caller's own credentials and state."
        )
        return Plan(document, "terraform plan, as it is deployed")

    def _by_user(self, *arguments: str, accepted: tuple[int, ...] = (0,)) -> str:
        """What Terraform answers in the user's own root module. Raises `TerraformError` if it is not initialised, say."""
        from stackproof.terraform.cli import Terraform, TerraformError

        completed = Terraform.find().run(*arguments, directory=self.terraform_root, environment=dict(os.environ))
        if completed.exit_status not in accepted:
            where = self.terraform_root.relative_to(self.root)
            raise TerraformError(f"{completed.command} failed in {where}; is it initialised there? {completed.stderr.strip()}")
        return completed.stdout


def kept_plan(document: Mapping[str, Any], name: str) -> Plan:
    """The plan of an evidence file."""
    return Plan(document["plan"], Provenance(document["where"], document_path(name)))


def deployed_plan(deployed: "Deployed") -> Plan:
    """A plan of what is deployed, against the sources that were deployed."""
    planfile = deployed.workspace.directory / "second.tfplan"
    try:
        deployed.plan(planfile)
        return Plan(deployed.workspace.show(planfile), "terraform plan after apply, embedded cloud")
    finally:
        planfile.unlink(missing_ok=True)  # it holds the password


def planned_outputs(plan: Plan) -> dict[str, Output]:
    """The outputs that a plan promises; what is not known before apply says so when it is read."""
    promised = plan.document["planned_values"].get("outputs", {})
    return {name: _output(name, output, f"plan output.{name}") for name, output in promised.items()}


def applied_outputs(answer: Mapping[str, Any], source: str) -> dict[str, Output]:
    """The outputs of a state, as ``terraform output -json`` writes them."""
    return {name: _output(name, {"value": None, **output}, source) for name, output in answer.items()}


def _output(name: str, output: Mapping[str, Any], source: str) -> Output:
    """One output. A sensitive one is not looked at: what is read ends up in reports."""
    value = output.get("value", NotYetKnown(f"output {name} is known only after apply"))
    if output.get("sensitive"):
        value = NotReported(f"output {name} is sensitive: its value is not looked at, so its shape cannot be judged")
    return Output(name, Given({"value": value}, source), source)
