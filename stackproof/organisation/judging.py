"""Judging one task: the controls that were selected, on one region of one account, and everything that the run leaves of it.

Nothing here belongs to the process: sessions, answers, evidence and hidden secrets are the task's own, so that several may be judged in
threads beside each other. What the tasks of a process share is code: the controls, which were collected once, and the models of AWS's APIs.
"""

import functools
import io
import os
import tarfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stackproof.collections.prefetch import Prefetch
from stackproof.collections.registry import collections, operations
from stackproof.core import waivers
from stackproof.core.results import ControlResult, Run
from stackproof.core.results_file import portions
from stackproof.core.runner import judge
from stackproof.core.verdicts import CouldNotVerify
from stackproof.evidence import code, folders, recorded, signing
from stackproof.evidence.store import Store
from stackproof.organisation.accounts import GLOBAL, of_member
from stackproof.organisation.member import Asked, MemberStage
from stackproof.organisation.plan import Plan, Task
from stackproof.plugin.judged import result_of
from stackproof.plugin.suite import Selected
from stackproof.profile.schema import Profile
from stackproof.redaction.redaction import Scope, redact, scoped
from stackproof.sources.aws import permissions
from stackproof.sources.aws.readonly import IDENTITY
from stackproof.targets.request import Request
from stackproof.util.temporary import temporary

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

WITHOUT_REGION = frozenset(
    ("account", "budgets", "ce", "cloudfront", "globalaccelerator", "iam", "organizations", "route53", "shield", "sts", "support")
)
"""Services that an account has once, by boto3's names. Source: AWS General Reference, "Service endpoints and quotas", global endpoints."""


def asked_by(control: Selected) -> frozenset[str]:
    """The operations that a control may ask, as ``--iam-policy`` counts them."""
    if control.control.id in permissions.needs():
        return permissions.needed([control.control.id])
    return operations(name for name in control.arguments if name in collections)


def is_judged_once(control: Selected) -> bool:
    """True for a control that asks nothing that a region has of its own."""
    services = {operation.partition(":")[0] for operation in asked_by(control)} - {"sts"}
    return bool(services) and services <= WITHOUT_REGION


def on_aws(controls: Iterable[Selected]) -> list[Selected]:
    """The controls that live AWS can show: an organisation's accounts have no plan and no sources here."""
    return [one for one in controls if "A" in one.control.entry.stages]


def judged(plan: Plan, task: Task, controls: Sequence[Selected], profile: Profile, root: Path, directory: Path) -> Run:
    """Judge a task, and leave its results and its evidence in a directory.

    Raises `UsageError` or a `CouldNotVerify` where nothing could be judged: the role cannot be assumed, the region is not enabled.
    """
    with scoped(Scope()):
        return _judged(plan, task, controls, profile, root, directory)


def _judged(plan: Plan, task: Task, controls: Sequence[Selected], profile: Profile, root: Path, directory: Path) -> Run:
    started, clock = datetime.now(UTC), time.perf_counter()
    account = plan.account(task.account)
    region = _region_of_what_is_global(profile, account.regions) if task.region == GLOBAL else task.region
    expected = of_member(profile, account.id, region)
    asked = Asked(
        plan.run,
        account,
        frozenset({IDENTITY}).union(*map(asked_by, controls)),
        plan.limits.requests_per_second / min(plan.limits.tasks_per_account, len(account.regions) + 1),
        plan.limits.task_seconds,
        plan.endpoint,
    )
    kept = Store.temporary(account.id)
    stage = MemberStage(Request(root, expected, "aws"), lambda _: None, kept, asked)
    stage.source()  # what keeps the account from being judged at all is said once
    judged_here = [one for one in controls if stage.can_judge(one.control)]
    prefetch = Prefetch(stage)
    prefetch.fetch(dict.fromkeys(name for one in judged_here for name in one.arguments if name in collections))
    accepted = waivers.Waivers(waivers.parse(plan.waivers), expected.name, "aws")
    results = tuple(_result(one, stage, prefetch, accepted) for one in controls)
    stage.stop_asking_ahead()
    run = Run(
        started=started,
        seconds=time.perf_counter() - clock,
        environment=expected.name,
        target="aws",
        account=account.id,
        region=region,
        versions=stage.versions,
        unknown_closes=expected.gate.unknown_closes,
        calls=dict(sorted(stage.calls.items())),
        notes=tuple(map(redact, (*stage.notes, f"Run {plan.run} over {plan.organisation}, task {task.key}."))),
        selected=tuple(one.control.id for one in controls),
        waivers=accepted.register(stage.now.date(), results),
        controls=results,
    )
    with (directory / folders.RESULTS).open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        file.writelines(portions(run))
    modules = _modules(frozenset(code.loaded().items()))
    key = _signing_key(os.environ.get(signing.VARIABLE))
    signed_by = signing.fingerprint(key.public_key()) if key else ""
    facts = replace(stage.facts, modules=code.sum_of(modules), signed_by=signed_by)
    recorded.write(directory, kept, facts, expected, plan.waivers, modules)
    recorded.seal(directory, key)
    return run


def _result(selected: Selected, stage: MemberStage, prefetch: Prefetch, accepted: waivers.Waivers) -> ControlResult:
    control = selected.control

    def resolve(name: str) -> object:
        if name in collections:
            return prefetch.outcome(name)()
        raise CouldNotVerify(
            f"{selected.node} asks for the fixture {name}, which is none of stackproof's collections: "
            "over an organisation controls have those alone"
        )

    judgement = judge(
        selected.test,
        resolve,
        precondition=lambda: stage.require(control),
        apply_waivers=partial(accepted.apply_waivers, control.id, stage.now.date()),
    )
    return result_of(
        control,
        selected.node,
        selected.folder,
        stage.profile.owners,
        judgement.verdict,
        judgement.message,
        judgement.seconds,
        judgement,
    )


def _region_of_what_is_global(profile: Profile, regions: Sequence[str]) -> str:
    return profile.region if profile.region in regions else regions[0]


@functools.lru_cache(maxsize=4)
def _modules(loaded: frozenset[tuple[str, str]]) -> str:
    """The listing of the code that this process has loaded, which takes long and changes seldom."""
    return code.listing([dict(loaded)])


@functools.lru_cache(maxsize=1)
def _signing_key(key: str | None) -> "Ed25519PrivateKey | None":
    return signing.private_key(key) if key else None


def packed(judge: Callable[[Path], Run]) -> tuple[Run, bytes]:
    """The run that a function leaves in a folder, and that folder as a ``.tar.gz``."""
    with temporary("organisation") as folder:
        directory = folder / "run"
        directory.mkdir()
        run = judge(directory)
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w:gz", compresslevel=6) as archive:
            for path in sorted(directory.rglob("*")):
                archive.add(path, path.relative_to(directory).as_posix(), recursive=False, filter=_plain)
        return run, content.getvalue()


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without whose it was on the worker."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def of_tasks(controls: Sequence[Selected]) -> Mapping[bool, list[Selected]]:
    """The controls that are judged once an account (True), and those that are judged in each region (False)."""
    found: dict[bool, list[Selected]] = {True: [], False: []}
    for control in controls:
        found[is_judged_once(control)].append(control)
    return found
