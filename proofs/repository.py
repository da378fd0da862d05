"""Judge a control on an edited copy of the repository, or on a plan that is an edit of a real one.

What takes seconds is done once for the same content: plans, validations, and checkov's scans.
"""

import atexit
import copy
import functools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml

from proofs import harness
from proofs.harness import ROOT
from stackproof.collections import planning
from stackproof.core.runner import Judgement
from stackproof.profile.terraform import APP
from stackproof.scanners import checkov
from stackproof.sources.plan.document import Plan
from stackproof.targets import open_stage
from stackproof.targets.embedded import EmbeddedStage
from stackproof.targets.outputs import applied_outputs
from stackproof.targets.planning import PlanningStage
from stackproof.targets.request import resolve
from stackproof.targets.run import RunStage
from stackproof.terraform import provider, speculative_plan
from stackproof.terraform.cli import TerraformError, redacted
from stackproof.terraform.diagnostics import Diagnostic
from stackproof.terraform.provider import Provider
from stackproof.terraform.speculative_plan import SpeculativePlan
from stackproof.terraform.workspace import Workspace
from stackproof.util import toml_document
from stackproof.util.cache import CACHE
from stackproof.util.kept import Answer, Kept
from stackproof.util.once import Once

T = TypeVar("T")

JUDGED = (
    *("infrastructure", "environments", "scripts", ".github"),
    *("waivers.toml", "known_strings.toml", "docker-compose.localstack.yml", ".env.production.example", ".gitignore"),
)
NOT_SHARED = shutil.ignore_patterns(".terraform", "*.tfvars", "*.tfstate*", "*tfplan", "backend.tf")
"""What somebody who works with Terraform here has and git does not."""
STACK = "infrastructure/terraform/"
PRINTED = redacted("db_password")
"""What stands for the database password wherever Terraform prints it."""


@dataclass
class Repository:
    """A copy of what the controls look at, in git's index, with the cache of the real one; and how it is going to be judged."""

    root: Path
    patch: pytest.MonkeyPatch
    target: str = "plan"
    plan_files: tuple[str, ...] = ()

    def stage(self) -> RunStage:
        return open_stage(resolve(self.root, "local", self.target, self.plan_files), lambda line: None)


Edit = Callable[[Repository], None]
PlanEdit = Callable[[dict[str, Any]], None]


def judged_after(edits: Iterable[Edit], control: str, root: Path, patch: pytest.MonkeyPatch) -> Judgement:
    """Judge a control on a fresh copy after some edits."""
    repository = copied(root, patch)
    for edit in edits:
        edit(repository)
    return harness.judged(control, repository.stage())


def copied(root: Path, patch: pytest.MonkeyPatch) -> Repository:
    """A fresh copy."""
    template = _in_an_index()
    for path in template.iterdir():
        if path.name == ".git":  # which git never changes in place
            shutil.copytree(path, root / path.name, copy_function=os.link)
        elif path.is_dir():
            shutil.copytree(path, root / path.name)
        else:
            shutil.copy2(path, root)
    (ROOT / CACHE).mkdir(exist_ok=True)
    (root / CACHE).symlink_to(ROOT / CACHE)
    for name in os.environ:
        if name.startswith(("GIT_", "AWS_ENDPOINT_URL")):  # in a hook git names the real repository; emulators are the cases' own
            patch.delenv(name)
    patch.setenv("GIT_CEILING_DIRECTORIES", str(root.parent))
    patch.chdir(root)  # as people run it
    repository = Repository(root, patch)
    # Nothing out of a case is kept for a run, or taken from one: what it is made with is no input that a digest knows.
    patch.setattr(Kept, "get", lambda self, name, inputs, make, **_: Answer(make(), ""))
    patch.setattr(yaml, "safe_load", once(yaml.safe_load, lambda text: text))
    read = once(toml_document.loads, lambda content: content)
    patch.setattr(toml_document, "loads", lambda content: copy.deepcopy(read(content)))  # whoever gets it may change it
    patch.setattr(checkov, "scan_sources", once(checkov.scan_sources, lambda python, texts: (python, *sorted(texts.items()))))
    patch.setattr(checkov, "scan_plan", once(checkov.scan_plan, lambda python, file: (python, file.read_text(encoding="utf-8"))))
    patch.setattr(speculative_plan, "speculate", once(speculative_plan.speculate, _planned_from))
    patch.setattr(Workspace, "validate", once(Workspace.validate, lambda copy: copy.directory))  # named by its content
    return repository


@functools.cache
def _in_an_index() -> Path:
    """What the controls look at, in git's index: in a folder that goes with this process."""
    kept = tempfile.TemporaryDirectory(prefix="stackproof-repository-")
    atexit.register(kept.cleanup)
    root = Path(kept.name)
    for name in JUDGED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=NOT_SHARED)
        else:
            shutil.copy2(ROOT / name, root / name)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for arguments in (
        ("init", "--quiet", "--template="),
        ("add", *JUDGED),
        ("repack", "-a", "-d", "--quiet"),
    ):  # a file each costs
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, env=environment)
    return root


def _planned_from(copy: Workspace, root: Path, variables: Mapping[str, object], example: str, **_: object) -> object:
    return copy.directory, (root / example).read_text(encoding="utf-8"), repr(variables)


def once(function: Callable[..., T], content: Callable[..., object]) -> Callable[..., T]:
    """The function, called once for arguments with the same content; what it raised is raised again."""

    def remembered(*arguments: Any, **named: Any) -> T:
        key = (function.__module__, function.__qualname__, content(*arguments, **named))
        answer: T = _remembered.setdefault(key, Once(partial(function, *arguments, **named)))()
        return answer

    return remembered


_remembered: dict[object, Once[Any]] = {}


@functools.cache
def compliant_speculative_plan() -> SpeculativePlan:
    """The plan of the app stack as it is."""
    return open_stage(resolve(ROOT, "local", "plan"), lambda line: None).speculative_plan()


# Edits of files


def replaces(file: str, old: str, new: str) -> Edit:
    """Write something else in a file, at the first place where the old text stands."""

    def edit(repository: Repository) -> None:
        path = repository.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}: the edit would change nothing"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def appends(file: str, text: str) -> Edit:
    """Write something at the end of a file, which is made if there is none."""

    def edit(repository: Repository) -> None:
        path = repository.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)

    return edit


def removes(*patterns: str) -> Edit:
    """Take files away."""

    def edit(repository: Repository) -> None:
        for pattern in patterns:
            paths = list(repository.root.glob(pattern))
            assert paths, f"there is no {pattern}: the edit would change nothing"
            for path in paths:
                path.unlink()

    return edit


def git(*arguments: str) -> Edit:
    """Run git in the repository."""

    def edit(repository: Repository) -> None:
        git_says(repository, *arguments)

    return edit


def git_says(repository: Repository, *arguments: str) -> str:
    """What git prints in the repository."""
    return subprocess.run(["git", *arguments], cwd=repository.root, check=True, capture_output=True, text=True).stdout.strip()


def without_git(repository: Repository) -> None:
    """Let this be no repository."""
    shutil.rmtree(repository.root / ".git")


# Edits of what Terraform answers


def speculative(*edits: PlanEdit, warning: str = "") -> Edit:
    """Let the plan from nothing be that of the unedited stack, after some edits, with a warning."""

    def edit(repository: Repository) -> None:
        made = compliant_speculative_plan()
        document = _edited(copy.deepcopy(dict(made.plan.document)), edits)
        said = (Diagnostic("warning", warning, "", "", "", 0),) if warning else ()
        changed = replace(made, plan=Plan(document, made.plan.where), said=(*made.said, *said))
        others = PlanningStage.speculative_plan
        repository.patch.setattr(
            PlanningStage, "speculative_plan", lambda stage, name=APP: changed if name == APP else others(stage, name)
        )

    return edit


def unplannable(repository: Repository) -> None:
    """Let Terraform make no plan."""

    def speculate(*_: object, **__: object) -> SpeculativePlan:
        raise TerraformError("there is no plan")

    repository.patch.setattr(speculative_plan, "speculate", speculate)


def given(*edits: PlanEdit) -> Edit:
    """Let the run be given a plan file: what was reviewed is added, after some edits."""

    def edit(repository: Repository) -> None:
        added = [_change(address, "create") for address in harness.profile().terraform.reviewed]
        document = _edited({"planned_values": {}, "configuration": {}, "resource_changes": added}, edits)
        file = repository.root / "plan.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        repository.plan_files = (str(file),)

    return edit


def deployed(**changes: Any) -> Edit:
    """Let the stack be deployed, with the documented outputs after some changes; None takes one away."""

    def edit(repository: Repository) -> None:
        outputs = {name: {"value": value} for name, value in (OUTPUTS | changes).items() if value is not None}
        repository.target = "embedded"
        repository.patch.setattr(
            EmbeddedStage, "outputs", lambda stage: applied_outputs({APP: outputs, **OTHER_OUTPUTS}, "terraform output")
        )

    return edit


OUTPUTS: dict[str, object] = {
    "rds_endpoint": "triflow-ai-production-db.cluster.ap-northeast-2.rds.amazonaws.com:5432",
    "rds_address": "triflow-ai-production-db.cluster.ap-northeast-2.rds.amazonaws.com",
    "alb_dns_name": "triflow-ai-production-alb-1.ap-northeast-2.elb.amazonaws.com",
    "ecr_repository_url": "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/triflow-ai-backend",
    "sns_topic_arn": "arn:aws:sns:ap-northeast-2:123456789012:triflow-ai-production-alerts",
    "env_variables": "ENVIRONMENT=production\nRDS_ADDRESS=triflow-ai-production-db\n",
}


OTHER_OUTPUTS: dict[str, dict[str, Any]] = {
    "account": {"security_topic_arn": {"value": "arn:aws:sns:ap-northeast-2:123456789012:triflow-ai-security"}},
    "central_logging": {
        "log_key_arn": {"value": "arn:aws:kms:ap-northeast-2:123456789012:key/00000000-0000-4000-8000-000000000000"},
        "audit_bucket": {"value": "triflow-ai-audit-logs"},
        "trail_arn": {"value": "arn:aws:cloudtrail:ap-northeast-2:123456789012:trail/triflow-ai-audit"},
        "log_reader_role_arn": {"value": "arn:aws:iam::123456789012:role/triflow-ai-production-log-reader"},
        "billing_topic_arn": {"value": "arn:aws:sns:us-east-1:123456789012:triflow-ai-production-billing"},
    },
}
"""The outputs of the other stacks."""


def applied(*edits: PlanEdit) -> Edit:
    """Let the stack be deployed, and a second plan of it be empty, after some edits."""

    def edit(repository: Repository) -> None:
        document = {
            "planned_values": {},
            "configuration": {},
            "resource_changes": [_change(address, "no-op") for address in harness.profile().terraform.reviewed],
            "output_changes": {name: {"actions": ["no-op"]} for name in OUTPUTS},
            "applyable": False,
        }
        nothing = {"planned_values": {}, "configuration": {}, "applyable": False}
        plans = {APP: _edited(document, edits)}
        repository.target = "embedded"
        repository.patch.setattr(
            EmbeddedStage, "second_plan", lambda stage, name=APP: Plan(plans.get(name, nothing), f"a second plan of {name}")
        )

    return edit


def applied_beside(*edits: PlanEdit) -> Edit:
    """Let the stacks be deployed, and a second plan of one beside the app stack be empty, after some edits."""

    def edit(repository: Repository) -> None:
        document = {
            "planned_values": {},
            "configuration": {},
            "resource_changes": [],
            "applyable": False,
        }
        applied()(repository)
        others = EmbeddedStage.second_plan
        edited = Plan(_edited(document, edits), "a second plan")
        repository.patch.setattr(EmbeddedStage, "second_plan", lambda stage, name=APP: others(stage) if name == APP else edited)

    return edit


def weak_passwords(*kinds: str) -> Edit:
    """Try these kinds of weak password alone."""
    return lambda repository: repository.patch.setattr(
        planning, "WEAK_PASSWORDS", {kind: planning.WEAK_PASSWORDS[kind] for kind in kinds}
    )


def mirrored(repository: Repository) -> None:
    """Let Terraform install from a mirror that has hashicorp/aws 3.39.0 and nothing else, with the sources as they are."""
    packaged = provider.packaged(repository.root / CACHE).cli_config
    assert packaged
    config = repository.root / "mirror.tfrc"
    config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{packaged.parent}"\n  }}\n}}\n')
    chosen = Provider("3.39.0", "a mirror", cli_config=config)
    repository.patch.setattr(provider, "choose", lambda cache: chosen)


def packaged(repository: Repository) -> None:
    """Let the Terraform registry be out of reach."""
    repository.patch.setenv(provider.VARIABLE, "packaged")


def without_programs(repository: Repository) -> None:
    """Let nothing be on PATH."""
    repository.patch.setenv("PATH", str(repository.root))


def failing_checkov(repository: Repository) -> None:
    """Let checkov end at once, with nothing written."""
    nothing = shutil.which("false")
    assert nothing
    repository.patch.setattr("stackproof.collections.repository.environment", lambda *_: Path(nothing))


# Edits of a plan document


def acts(address: str, *actions: str) -> PlanEdit:
    """Do something else to a resource, which may be a new one."""

    def edit(document: dict[str, Any]) -> None:
        others = [change for change in document["resource_changes"] if change["address"] != address]
        document["resource_changes"] = [*others, _change(address, *actions)]

    return edit


def runs(document: dict[str, Any]) -> None:
    """The stack runs already, and nothing is to be done."""
    for change in document["resource_changes"]:
        change["change"]["actions"] = ["no-op"]


def destroyed(document: dict[str, Any]) -> None:
    """The stack runs, and all of it is destroyed."""
    for change in document["resource_changes"]:
        change["change"]["actions"] = ["delete"]


def left_over(address: str) -> PlanEdit:
    """What a replacement left over is deleted."""
    return lambda document: document["resource_changes"].append({**_change(address, "delete"), "deposed": "00000000"})


def drifted(address: str, action: str, **attributes: Any) -> PlanEdit:
    """Something was done to a resource outside Terraform: deleted, or these attributes changed."""
    reported = _change(address, action)
    reported["change"] |= {"before": {"id": "1"}, "after": {"id": "1"} | attributes if attributes else None}
    return lambda document: document.update(resource_drift=[reported])


def says(**members: Any) -> PlanEdit:
    """Let the document say something else."""
    return lambda document: document.update(members)


def promises(name: str, output: dict[str, object] | None) -> PlanEdit:
    """Let an output of the plan be another, or none."""

    def edit(document: dict[str, Any]) -> None:
        outputs = document["planned_values"]["outputs"]
        outputs.pop(name) if output is None else outputs.update({name: output})

    return edit


def _change(address: str, *actions: str) -> dict[str, Any]:
    return {"address": address, "mode": "managed", "type": address.partition(".")[0], "change": {"actions": list(actions)}}


def _edited(document: dict[str, Any], edits: tuple[PlanEdit, ...]) -> dict[str, Any]:
    for edit in edits:
        edit(document)
    return document
