"""Collections of what a developer runs on a laptop: the emulator's set-up, and the backend's tests against it."""

from collections.abc import Collection
from typing import NamedTuple

from stackproof.collections.registry import collection
from stackproof.core.resource import FailedOrigin, Origin, StaticOrigin
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing
from stackproof.localstack import backend_tests as tests
from stackproof.localstack import set_up
from stackproof.processes.command import Ended
from stackproof.resources.emulator import BackendTest, BackendTests, EmulatorSetUp
from stackproof.targets.base import Stage

_UNCHANGED = "unchanged"
"""How the script's lines begin about what was there already."""


@collection
def emulator_set_up(stage: Stage) -> EmulatorSetUp:
    """The set-up script, run twice."""
    return stage.once(_developed).set_up


@collection
def backend_tests(stage: Stage) -> BackendTests:
    """The backend's own tests of its AWS wrapper, against an emulator that is set up."""
    return stage.once(_developed).tests


class _Developed(NamedTuple):
    set_up: EmulatorSetUp
    tests: BackendTests


def _developed(stage: Stage) -> _Developed:
    """Both, with one emulator: it takes seconds to start, and to set up."""
    if not (stage.root / set_up.SCRIPT).is_file():  # said before anything is started
        raise DeclaredButMissing(f"{set_up.SCRIPT} does not exist in {stage.repository}")
    _ = stage.profile.emulator.bucket  # where none is declared, none is started
    with stage.emulator() as endpoint:
        made = _set_up(stage, endpoint)
        try:
            tested: Origin = _tested(stage, endpoint, made)
        except (CouldNotVerify, DeclaredButMissing) as error:
            tested = FailedOrigin(error)
    return _Developed(EmulatorSetUp(set_up.SCRIPT, made, made.source), BackendTests(tests.TESTS, tested, _TESTED))


def _set_up(stage: Stage, endpoint: str) -> StaticOrigin:
    root, region = stage.root, stage.profile.region
    before = set_up.state(endpoint, region)  # no emulator, no verdict
    first = set_up.run(root, stage.cache, endpoint, region, stage.say)
    then = set_up.state(endpoint, region)
    second = set_up.run(root, stage.cache, endpoint, region, stage.say)
    shown = set_up.differences(then, set_up.state(endpoint, region))
    reported = [line for line in second.stdout.splitlines() if not line.startswith(_UNCHANGED)]
    facts = {
        "first_run": first.problem,
        "second_run": second.problem,
        "found": _unseen(stage, before, first) or frozenset(then),
        "changed": (*shown, *reported),
    }
    return StaticOrigin(facts, f"{set_up.SCRIPT}, run twice; s3:ListBuckets, secretsmanager:ListSecrets")


def _unseen(stage: Stage, before: Collection[str], first: Ended) -> CouldNotVerify | None:
    """The error that stands for what the emulator has, if it had some of it before the first run, which says nothing of that."""
    declared = stage.profile.emulator
    reported = {" ".join(line.split()[1:]) for line in first.stdout.splitlines() if line.startswith(_UNCHANGED)}
    silent = sorted({f"bucket {declared.bucket}", *(f"secret {name}" for name in declared.secrets)} & {*before} - reported)
    if not silent:
        return None
    return CouldNotVerify(
        f"{', '.join(silent)}: there before {set_up.SCRIPT} ran, which does not say that it found it ({_UNCHANGED} ...). "
        "Whether the script makes it is only seen on an emulator that does not have it"
    )


_TESTED = f"pytest {tests.BACKEND}/{tests.TESTS}; the requests that the emulator granted"


def _tested(stage: Stage, endpoint: str, made: StaticOrigin) -> StaticOrigin:
    profile = stage.profile
    if problem := made.facts["first_run"]:
        raise CouldNotVerify(f"{set_up.SCRIPT}, which makes what the tests need, failed: {problem}")
    ran = tests.run(stage.root, stage.cache, endpoint, region=profile.region, bucket=profile.emulator.bucket, say=stage.say)
    facts = {
        name.removeprefix("test_"): BackendTest(
            name, StaticOrigin({"outcome": one.outcome, "granted": one.granted}, _TESTED), _TESTED
        )
        for name, one in ran.items()
    }
    return StaticOrigin(facts, _TESTED)
