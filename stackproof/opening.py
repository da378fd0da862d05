"""From what the command line asked for to an open stage: the profile, the target, and how each thing behind it is opened."""

import importlib.metadata
import json
import os
import platform
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import stackproof
from stackproof.once import Once
from stackproof.profile import Profile, load
from stackproof.resources.base import Given
from stackproof.resources.sources import Output
from stackproof.sources import Source
from stackproof.sources.plan import Plan, PlanSource
from stackproof.stage import Stage
from stackproof.verdicts import NotApplicable, NotReported, NotYetKnown, UsageError

if TYPE_CHECKING:
    from stackproof.aws.session import Network
    from stackproof.embedded.provision import Deployed
    from stackproof.terraform.rehearsal import Rehearsal

TARGETS = ("plan", "embedded", "aws")
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


def resolve(
    root: Path,
    environment: str,
    target: str | None = None,
    plan: str | None = None,
    deployed: Mapping[str, Any] | None = None,
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
    endpoint = os.environ.get("AWS_ENDPOINT_URL") if chosen == "embedded" else None
    return Request(root, profile, chosen, plan_file, endpoint or None, deployed)


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises `UsageError` for a file that holds none."""
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        raise UsageError(
            f"{path}: not JSON. A saved plan cannot be read as it is; convert it: terraform show -json {path} > plan.json"
        ) from None
    return Plan(document, str(path))


class OpenStage(Stage):
    """A stage whose parts are opened when they are first needed."""

    def __init__(self, request: Request, say: Callable[[str], None]) -> None:
        super().__init__(request.target, request.profile, request.root)
        self._request = request
        self._say = say
        self.letters = LETTERS[request.target] + ("P" if request.target == "aws" and request.plan_file else "")
        self._source = Once(self._open_source)
        self._network = Once(self._open_network)
        self._cloud = Once(self._open_cloud)
        self._rehearsal = Once(self._rehearse)
        self._given_plan = read_plan(request.plan_file) if request.plan_file else None

    def say(self, line: str) -> None:
        self._say(line)

    def source(self) -> Source:
        return self._source()

    @property
    def is_given_a_plan(self) -> bool:
        return self._given_plan is not None

    def plan(self) -> Plan:
        return self._given_plan or self.rehearsal().plan

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
            return self._plan_by_user()
        return deployed_plan(self._cloud()) if self.target == "embedded" else super().second_plan()

    @property
    def endpoint(self) -> str | None:
        """Where the emulator of this run answers; None on AWS and on a plan."""
        if self.target != "embedded":
            return None
        return self._request.endpoint or self._cloud().endpoint

    @property
    def handle(self) -> Mapping[str, Any] | None:
        """What this run deployed, for its other processes."""
        return self._cloud.made.handle if self._cloud.made else None

    @property
    def account(self) -> str:
        """The account that was pinned; empty if none was asked."""
        return self.profile.account if self._network.made else ""

    @property
    def calls(self) -> Counter[str]:
        """Requests sent to AWS, by operation."""
        return self._network.made.counts if self._network.made else Counter()

    @property
    def versions(self) -> Mapping[str, str]:
        """What the verdicts were made with."""
        found = {"stackproof": stackproof.__version__, "python": platform.python_version()}
        packages = ("pytest", "boto3", *(["moto"] if self.target == "embedded" else []))
        found |= {package: importlib.metadata.version(package) for package in packages}
        rehearsal = self._rehearsal.made
        if rehearsal:
            copy = rehearsal.workspace
            found |= {
                "terraform": f"{copy.terraform.version} ({copy.terraform.origin})",
                "hashicorp/aws": f"{copy.provider_version()} ({copy.provider.origin})",
            }
        return found

    def close(self) -> None:
        """End what was started for this run alone."""
        if self._cloud.made:
            self._cloud.made.close()

    def _open_network(self) -> "Network":
        from stackproof.aws.session import Network, pin_identity

        network = Network(endpoint=self.endpoint)
        pin_identity(network, account=self.profile.account, region=self.profile.region, environment=self.profile.name)
        return network

    def _open_source(self) -> Source:
        if self.target == "plan":
            return PlanSource(self.plan())
        from stackproof.sources.aws import AwsSource, Reader

        return AwsSource(Reader(self._network(), account=self.profile.account, region=self.profile.region))

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
