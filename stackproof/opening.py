"""From what the command line asked for to an open stage: the profile, the target, and how each thing behind it is opened.

`stackproof.replaying` opens a recorded run.
"""

import importlib.metadata
import json
import os
import platform
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

import stackproof
from stackproof.evidence import recorded
from stackproof.evidence.provenance import Provenance
from stackproof.evidence.recorded import Facts, RecordedRun
from stackproof.evidence.store import Store, document_path
from stackproof.once import Once
from stackproof.policy import waivers
from stackproof.profile import APP, Profile, load
from stackproof.resources.base import Given
from stackproof.resources.sources import Output
from stackproof.results import ControlResult
from stackproof.sources import Source
from stackproof.sources.plan import Plan, PlanSource
from stackproof.sources.stacks import joined, output_name
from stackproof.stage import Stage
from stackproof.verdicts import NotApplicable, NotReported, NotYetKnown, UsageError

if TYPE_CHECKING:
    from stackproof.aws.session import Network
    from stackproof.embedded.provision import Deployed
    from stackproof.localstack.server import LocalStack
    from stackproof.probes.bastion import Bastion
    from stackproof.probes.postgres import Access
    from stackproof.sources.aws import Reader
    from stackproof.terraform.rehearsal import Rehearsal

TARGETS = ("plan", "embedded", "localstack", "aws", "replay")
LETTERS = {"plan": "SP", "embedded": "SPE", "localstack": "SL", "aws": "SA"}
"""The catalogue's letters that a target can judge. A plan can be made on every laptop, so ``embedded`` has one too."""


@dataclass(frozen=True)
class Request:
    """What the command line asked for, checked."""

    root: Path
    profile: Profile
    target: str
    plan_files: tuple[Path, ...] = ()
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
    bastion: "Bastion | None" = None
    """A host in the VPC that is reached by ssh."""

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
    plans: Sequence[str] = (),
    evidence: str | None = None,
    *,
    bastion: str | None = None,
    deployed: Mapping[str, Any] | None = None,
    now: str | None = None,
) -> Request:
    """Check what was asked for. Raises `UsageError`.

    Without an environment it is ``local``; a recorded run is judged by the expectations that were recorded with it. ``deployed`` and
    ``now`` are what another process of the same run knows already.
    """
    if evidence or target == "replay":
        return _replay(root, environment, target, plans, evidence)
    profile = load(environment or "local", root / "environments")
    chosen = target or ("plan" if plans else profile.target)
    for plan in plans:
        if not Path(plan).is_file():
            raise UsageError(f"--plan {plan}: there is no such file; make one with terraform show -json tfplan > plan.json")
    redirected = sorted(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL") and os.environ[name])
    if chosen == "aws" and redirected:
        raise UsageError(
            f"environment {profile.name} is judged on AWS itself, but {', '.join(redirected)} points elsewhere: "
            "unset it, or use --env local for an emulator"
        )
    endpoint = os.environ.get("AWS_ENDPOINT_URL") if chosen in ("embedded", "localstack") else None
    return Request(
        root,
        profile,
        chosen,
        tuple(map(Path, plans)),
        endpoint or None,
        deployed=deployed,
        now=datetime.fromisoformat(now) if now else None,
        bastion=_bastion(bastion, chosen) if bastion else None,
    )


def _replay(root: Path, environment: str | None, target: str | None, plans: Sequence[str], evidence: str | None) -> Request:
    if target not in (None, "replay") or plans:
        raise UsageError("--evidence judges a recorded run again; leave out --plan and any other --target")
    if not evidence:
        raise UsageError("--target replay judges a recorded run again; say which: --evidence reports/local-embedded")
    run = recorded.read(Path(evidence))
    _ = run.results, run.recording  # bad input ends the run here
    profile = load(environment, root / "environments") if environment else run.profile
    return Request(root, profile, "replay", recorded=run, as_then=not environment)


def _bastion(url: str, target: str) -> "Bastion":
    from stackproof.probes.bastion import Bastion

    if target != "aws":
        raise UsageError(f"--bastion leads into the VPC of a stack on AWS; the target of this run is {target}")
    return Bastion(url)


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises `UsageError` for a file that holds none."""
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        raise UsageError(
            f"{path}: not JSON. A saved plan cannot be read as it is; convert it: terraform show -json {path} > plan.json"
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
        stack = max([APP, *stacks], key=lambda name: len(addresses & {*stacks[name].reviewed}))
        if stack in found:
            raise UsageError(
                f"--plan {path}: this is a plan of the stack {stack}, and so is {found[stack].where}; give one of them"
            )
        found[stack] = plan
    return found


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
        self.letters = LETTERS[request.target] + ("P" if request.target == "aws" and request.plan_files else "")
        self._source = Once(self._open_source)
        self._network = Once(self._open_network)
        self._reader = Once(self._open_reader)
        self._cloud = Once(self._open_cloud)
        self._localstack = Once(self._open_localstack)
        self._undo = ExitStack()
        self._access = Once(self._open_access)
        self._rehearsals = {stack: Once(partial(self._rehearse, stack)) for stack in request.profile.terraform.stacks}
        self._plan = Once(self._open_plan)
        self._given_plans = read_plans(request.plan_files, request.profile)

    def source(self) -> Source:
        return self._source()

    @property
    def is_given_a_plan(self) -> bool:
        return bool(self._given_plans)

    def plan(self) -> Plan:
        return self._plan()

    def rehearsal(self, stack: str = APP) -> "Rehearsal":
        return super().rehearsal(stack) if self.target == "aws" else self._rehearsals[stack]()

    def outputs(self) -> Mapping[str, Output]:
        if self.target == "plan":
            return planned_outputs(self.plan())
        stacks = self.profile.terraform.stacks
        if self.target == "aws":
            told = {stack: json.loads(self._by_user(stack, "output", "-json")) for stack in stacks}
            return applied_outputs(told, "terraform output")
        workspaces = self._cloud().workspaces
        return applied_outputs({stack: workspaces[stack].output() for stack in stacks}, "terraform output, embedded cloud")

    def second_plan(self, stack: str = APP) -> Plan:
        if self.target == "plan":
            return super().second_plan(stack)
        made = self._plan_by_user if self.target == "aws" else self._plan_of_deployed
        return self._kept_plan(second_plan_name(stack), lambda: made(stack))

    @property
    def endpoint(self) -> str | None:
        if self.target == "localstack":
            return self._localstack().endpoint
        if self.target != "embedded":
            return None
        return self._request.endpoint or self._cloud().endpoint

    @property
    def handle(self) -> Mapping[str, Any] | None:
        if self._localstack.made:
            return {"endpoint": self._localstack.made.endpoint}
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
        if self._localstack.made:
            found["localstack"] = self._localstack.made.version
        rehearsal = self._rehearsals[APP].made
        if rehearsal:
            copy = rehearsal.workspace
            found |= {
                "terraform": f"{copy.terraform.version} ({copy.terraform.origin})",
                "hashicorp/aws": f"{copy.provider_version()} ({copy.provider.origin})",
            }
        return found

    def close(self) -> None:
        if self._request.bastion:
            self._request.bastion.close()
        if self._cloud.made:
            self._cloud.made.close()
        self._undo.close()

    def _open_network(self) -> "Network":
        from stackproof.aws.session import Network

        if self.target == "localstack":
            return Network(endpoint=self.endpoint, access_key=self._access_key())
        return Network(endpoint=self.endpoint)

    def _open_reader(self) -> "Reader":
        from stackproof.aws.readonly import IDENTITY
        from stackproof.aws.session import pin_identity
        from stackproof.probes import Probes
        from stackproof.sources.aws import Reader

        transport = Probes(
            self._network(),
            locate=self._locate,
            trusted=self.served and self.served / "certificate.pem",
            access=self._access,
            bastion=self._request.bastion,
        )
        reader = Reader(
            transport, account=self.profile.account, region=self.profile.region, keep=self._store.answer if self._store else None
        )
        pin_identity(reader.read(IDENTITY), account=self.profile.account, environment=self.profile.name)
        return reader

    def _locate(self, host: str, port: int) -> tuple[str, int]:
        """Where a load balancer or a database is reached: what the embedded target runs is on this machine."""
        if self.target != "embedded":
            return host, port
        from stackproof.embedded import workload

        if self.endpoint is None or self._request.endpoint:
            raise NotApplicable(f"{self._request.endpoint} is used as it is; what runs in it is not known here")
        return workload.locate(self.endpoint, host, port)

    def _open_access(self) -> "Access":
        """What it takes to ask the database."""
        from stackproof.probes.postgres import AUTHORITIES, Access

        if self.target == "embedded":
            deployed = self._cloud()
            return Access(deployed.recipe.password, deployed.directory / "authority.pem")
        access = Access.of(os.environ)
        if access.trusted is None:
            self.notes.append(f"The database's certificate was not verified: {AUTHORITIES} names no file with RDS's authorities.")
        return access

    def _open_source(self) -> Source:
        if self.target == "plan":
            return PlanSource(self.plan())
        if self.target == "localstack" and not (self._request.endpoint or self._request.deployed):
            self._deploy_to_localstack()
        from stackproof.sources.aws import AwsSource

        return AwsSource(self._reader())

    def _open_plan(self) -> Plan:
        return self._kept_plan("plan", lambda: joined(self._given_plans or self._rehearsed_plans()))

    def _rehearsed_plans(self) -> dict[str, Plan]:
        stacks = list(self.profile.terraform.stacks)
        with ThreadPoolExecutor() as pool:
            return dict(zip(stacks, pool.map(lambda stack: self.rehearsal(stack).plan, stacks), strict=True))

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
        from stackproof.embedded.recipe import Account, stacks_of
        from stackproof.embedded.workload import Source as Workload

        source = Workload.of(self.root, self.cache)
        stacks, account = stacks_of(self.profile, self.root), Account(self.profile.account, self.profile.region)
        if self._request.deployed:
            return provision.shared(stacks, cache=self.cache, account=account, source=source, handle=self._request.deployed)
        deployed = provision.ensure(stacks, cache=self.cache, account=account, source=source, say=self.say)
        self.notes += deployed.notes
        return deployed

    def emulator(self) -> AbstractContextManager[str]:
        if self.target == "embedded" and not self._request.endpoint:
            return fresh_cloud(self.profile.account)  # the deployed stack is judged at the same time
        return _alone(self.endpoint, self.cache / "emulator.lock") if self.endpoint else super().emulator()

    def _access_key(self) -> str:
        """Of a user of the account in LocalStack; where it is used as it is, of the account itself."""
        from stackproof.embedded.recipe import Account
        from stackproof.localstack import stack

        if self._request.endpoint:
            return self.profile.account
        return stack.access_key(self._localstack().endpoint, Account(self.profile.account, self.profile.region))

    def _deploy_to_localstack(self) -> None:
        from stackproof.embedded.recipe import Account, stacks_of
        from stackproof.localstack import backend_use, stack

        stacks, account = stacks_of(self.profile, self.root), Account(self.profile.account, self.profile.region)
        endpoint = self._localstack().endpoint
        deployed = stack.ensure(endpoint, stacks, cache=self.cache, account=account, say=self.say)
        self.notes += deployed.notes
        if not deployed.is_found:
            self.notes.append(backend_use.run(self.root, self.cache, endpoint, account, self.profile.logs, self.say))

    def _open_localstack(self) -> "LocalStack":
        from stackproof.localstack import server

        shared = self._request.endpoint or (self._request.deployed or {}).get("endpoint")
        if shared:
            return server.at(shared)
        found = self._undo.enter_context(server.for_a_run(self.root, self.cache, self.say))
        self.notes += found.notes
        return found

    def _rehearse(self, stack: str) -> "Rehearsal":
        from stackproof.terraform import rehearsal

        directory, expected = self.directory_of(stack), self.profile.terraform.stacks[stack]
        copy = rehearsal.workspace(
            directory, self.cache, region=self.profile.region, account=self.profile.account, password=self.password
        )
        made = rehearsal.rehearse(copy, directory, expected.variables)
        self.notes += rehearsal.notes(made, stack, len(expected.reviewed))
        return made

    def _plan_of_deployed(self, stack: str) -> Plan:
        return Plan(self._cloud().second_plan(stack), f"terraform plan of {stack} after apply, embedded cloud")

    def _plan_by_user(self, stack: str) -> Plan:
        """A plan by the user's own, initialised Terraform, against the real state. It reads, and takes no lock."""
        with tempfile.TemporaryDirectory(prefix="stackproof-plan-") as folder:  # the plan file holds secrets
            planfile = str(Path(folder) / "tfplan")
            self._by_user(stack, "plan", "-input=false", "-lock=false", "-detailed-exitcode", f"-out={planfile}", accepted=(0, 2))
            document = json.loads(self._by_user(stack, "show", "-json", planfile))
        self.notes.append(
            f"The second plan of {stack} was made by the Terraform on this machine, with the caller's own credentials and state."
        )
        return Plan(document, f"terraform plan of {stack}, as it is deployed")

    def _by_user(self, stack: str, *arguments: str, accepted: tuple[int, ...] = (0,)) -> str:
        """What Terraform answers in the user's own root module. Raises `TerraformError` if it is not initialised, say."""
        from stackproof.terraform.cli import Terraform, TerraformError

        completed = Terraform.find().run(*arguments, directory=self.directory_of(stack), environment=dict(os.environ))
        if completed.exit_status not in accepted:
            where = self.profile.terraform.stacks[stack].directory
            raise TerraformError(f"{completed.command} failed in {where}; is it initialised there? {completed.stderr.strip()}")
        return completed.stdout


@contextmanager
def _alone(endpoint: str, lock: Path) -> Iterator[str]:
    """A shared emulator, for one user at a time: what one makes would seem to the other to be made by itself."""
    with FileLock(lock):
        yield endpoint


@contextmanager
def fresh_cloud(account: str) -> Iterator[str]:
    """The endpoint of an embedded cloud with nothing in it, which ends with its use."""
    from stackproof.embedded import cloud

    with tempfile.TemporaryDirectory(prefix="stackproof-emulator-") as directory:
        fresh = cloud.start(Path(directory), account)
        try:
            yield fresh.endpoint
        finally:
            cloud.stop(fresh)


def kept_plan(document: Mapping[str, Any], name: str) -> Plan:
    """The plan of an evidence file."""
    return Plan(document["plan"], Provenance(document["where"], document_path(name)))


def second_plan_name(stack: str) -> str:
    """What the second plan of a stack is called among the evidence.

    >>> second_plan_name("app"), second_plan_name("central_logging")
    ('second-plan', 'second-plan-central_logging')
    """
    return "second-plan" if stack == APP else f"second-plan-{stack}"


def planned_outputs(plan: Plan) -> dict[str, Output]:
    """The outputs that a plan promises; what is not known before apply says so when it is read."""
    promised = plan.document["planned_values"].get("outputs", {})
    return {name: _output(name, output, f"plan output.{name}") for name, output in promised.items()}


def applied_outputs(answers: Mapping[str, Mapping[str, Any]], source: str) -> dict[str, Output]:
    """The outputs of states by the stack of each, as ``terraform output -json`` writes them."""
    return {
        output_name(stack, name): _output(output_name(stack, name), {"value": None, **output}, source)
        for stack, answer in answers.items()
        for name, output in answer.items()
    }


def _output(name: str, output: Mapping[str, Any], source: str) -> Output:
    """One output. A sensitive one is not looked at: what is read ends up in reports."""
    value = output.get("value", NotYetKnown(f"output {name} is known only after apply"))
    if output.get("sensitive"):
        value = NotReported(f"output {name} is sensitive: its value is not looked at, so its shape cannot be judged")
    return Output(name, Given({"value": value}, source), source)
