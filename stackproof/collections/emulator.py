"""Collections of what a developer runs on a laptop: the emulator's set-up, and the backend's tests against it."""

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from stackproof.collections.registry import collection
from stackproof.core.resource import FailedOrigin, Origin, StaticOrigin
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing
from stackproof.localstack import backend_tests as tests
from stackproof.localstack import set_up
from stackproof.processes import command
from stackproof.processes.command import Ended
from stackproof.resources.emulator import BackendTest, BackendTests, EmulatorSetUp
from stackproof.targets.base import Stage
from stackproof.util.kept import Answer, digest_of, programs

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
    developed: list[_Developed] = []

    def facts() -> dict[str, Any]:
        developed.append(_developed_now(stage))
        return _facts(developed[0])

    try:
        answer = stage.kept.get("set-up", _inputs(stage), facts, keeps=_is_well)
    except (CouldNotVerify, DeclaredButMissing):
        if not developed:
            raise
    return developed[0] if developed else _from_facts(answer)


def _developed_now(stage: Stage) -> _Developed:
    with stage.emulator() as endpoint:
        made = _set_up(stage, endpoint)
        try:
            tested: Origin = _tested(stage, endpoint, made)
        except (CouldNotVerify, DeclaredButMissing) as error:
            tested = FailedOrigin(error)
    return _Developed(EmulatorSetUp(set_up.SCRIPT, made, _SET_UP), BackendTests(tests.TESTS, tested, _TESTED))


def _inputs(stage: Stage) -> dict[str, str] | None:
    """The things that decide what is found out, by name; None on an emulator that is found."""
    emulator, backend = stage.emulator_code, stage.root / tests.BACKEND
    if emulator is None or not backend.is_dir():
        return None
    code = [file.read_bytes() for file in sorted(Path(set_up.__file__).parent.glob("*.py"))]
    return {
        "script": digest_of((stage.root / set_up.SCRIPT).read_bytes(), set_up.REQUIREMENTS.read_bytes()),
        "backend": digest_of({file.relative_to(backend): file.read_bytes() for file in _files(backend)}),
        "expectations": digest_of(stage.profile.region, repr(stage.profile.emulator)),
        "emulator": emulator,
        "programs": programs(),
        "code": digest_of(code, Path(command.__file__).read_bytes(), Path(__file__).read_bytes()),
    }


def _files(folder: Path) -> Iterator[Path]:
    for here, directories, names in os.walk(folder):
        directories[:] = [name for name in directories if not name.startswith(".") and name != "__pycache__"]
        yield from (Path(here, name) for name in names)


def _facts(made: _Developed) -> dict[str, Any]:
    """The facts as JSON data. Raises what stands in the place of one."""
    done, ran = made.set_up, made.tests
    return {
        "set_up": {
            "first_run": done.first_run,
            "second_run": done.second_run,
            "found": sorted(done.found),
            "changed": [*done.changed],
        },
        "tests": {
            name.removeprefix("test_"): [one.outcome, sorted(one.granted)]
            for name in tests.NAMES
            for one in [getattr(ran, name.removeprefix("test_"))]
        },
    }


def _is_well(facts: Mapping[str, Any]) -> bool:
    """True if nothing failed: what did may do so because of the moment, and is tried again."""
    ended = [facts["set_up"][run] for run in ("first_run", "second_run")]
    return not any(ended) and all(outcome == tests.PASSED for outcome, _ in facts["tests"].values())


def _from_facts(answer: Answer) -> _Developed:
    done, source, tested = answer.value["set_up"], answer.told(_SET_UP), answer.told(_TESTED)
    facts = {**done, "found": frozenset(done["found"]), "changed": tuple(done["changed"])}
    ran = {
        name: BackendTest(f"test_{name}", StaticOrigin({"outcome": outcome, "granted": frozenset(granted)}, tested), tested)
        for name, (outcome, granted) in answer.value["tests"].items()
    }
    return _Developed(
        EmulatorSetUp(set_up.SCRIPT, StaticOrigin(facts, source), source),
        BackendTests(tests.TESTS, StaticOrigin(ran, tested), tested),
    )


_SET_UP = f"{set_up.SCRIPT}, run twice; s3:ListBuckets, secretsmanager:ListSecrets"


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
    return StaticOrigin(facts, _SET_UP)


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
