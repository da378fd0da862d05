"""Watch ``scripts/deploy-aws.sh`` at work: it really runs, with fakes for ``aws``, ``docker`` and ``git`` on a PATH of its own.

Every call is made to fail once, so that it shows whether the script goes on after a failure.
"""

import atexit
import functools
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from stackproof.core.verdicts import CouldNotVerify
from stackproof.processes import command
from stackproof.processes.children import last_line
from stackproof.processes.command import Ended
from stackproof.redaction.threads import Pool
from stackproof.scanners import fakes
from stackproof.scanners.fakes import (
    BACKEND,
    BUILDING,
    CHANGING,
    DEFINITION,
    DIGEST,
    HEAD,
    LATEST,
    REPOSITORY,
    TAG,
    TAGS,
    Account,
)
from stackproof.util import json_document
from stackproof.util.kept import digest_of, identity, programs
from stackproof.util.temporary import temporary

T = TypeVar("T")
U = TypeVar("U")

STAND_INS = ("aws", "docker", "git")
TOOLS = (*STAND_INS, "python3")
"""What the script needs beside what every machine has."""
WRONG_CALLS = {
    "no argument": (),
    "no tag": ("production",),
    "an empty tag": ("production", ""),
    "an unknown environment": ("prod", TAG),
    "a tag that cannot be one": ("production", "a b"),
    "an argument too many": ("production", TAG, "now"),
    "an unknown option": ("--force", "production", TAG),
}
USAGE_STATUS = 2
_TIMEOUT = 30
"""Seconds. A run takes a fraction of one."""


class Run(NamedTuple):
    """A run of the script that ended, and the account that it worked in."""

    account: Account
    ended: Ended


class Machine:
    """A machine that has `STAND_INS`, and everything else that this one has."""

    def __init__(self, script: Path) -> None:
        self._script = script.resolve()

    def run(self, account: Account, *arguments: str, without: str = "") -> Run:
        """Run the script in an account. Raises `CouldNotVerify` if it does not end."""
        bash = shutil.which("bash")
        if not bash:
            raise CouldNotVerify("bash is needed to see the deployment script at work, and is not on PATH")
        with temporary("deploy") as here, fakes.answering(account.answer) as port:
            tools = here / "tools"
            tools.mkdir()
            (tools / "python3").symlink_to(Path(sys.executable).resolve())
            for name in STAND_INS:
                fakes.install(tools / name, bash, port)
            if without:
                (tools / without).unlink()
            environment = {"PATH": f"{tools}:{_other_programs()}", "HOME": str(here), "TMPDIR": str(here)}
            words = (bash, str(self._script), *arguments)
            try:
                return Run(account, command.run(*words, directory=here, environment=environment, timeout=_TIMEOUT))
            except CouldNotVerify as error:
                raise CouldNotVerify(f"{self._script.name} {' '.join(arguments)}: {error}") from None


@functools.cache
def _other_programs() -> Path:
    """A directory with links to the programs of this machine but for `TOOLS`; it lasts as long as this process."""
    kept = ExitStack()
    folder = kept.enter_context(temporary("programs"))
    atexit.register(kept.close)
    names = {*TOOLS}
    for place in ("/bin", "/usr/bin"):
        for program in os.scandir(place):
            if program.name not in names:
                (folder / program.name).symlink_to(program.path)
                names.add(program.name)
    return folder


def watched(script: Path) -> dict[str, Callable[[], object]]:
    """The facts of `stackproof.resources.operations.DeploymentScript` but for shellcheck's findings: what finds each of them out.

    They raise `CouldNotVerify` if a run does not end.
    """
    machine = Machine(script)

    @functools.cache
    def runs() -> Mapping[str, Run]:
        return _each(lambda call: machine.run(*call), _calls())

    def account(name: str) -> Account:
        return runs()[name].account

    return {
        "accepts": lambda: _names(_each(lambda call: not _is_refused(machine, call), WRONG_CALLS)),
        "does_without": lambda: _names(_each(lambda tool: not _is_asked_for(machine, tool), {tool: tool for tool in TOOLS})),
        "fails": lambda: tuple(f"{name}: {run.ended.problem}" for name, run in runs().items() if run.ended.problem),
        "dry_run": lambda: account("a dry run").steps,
        "deployment": lambda: account("a deployment").steps,
        "rollback": lambda: account("a rollback").steps,
        "is_by_digest": lambda: {_image(account(name)) for name in ("a deployment", "a rollback")} == {f"{REPOSITORY}@{DIGEST}"},
        "strays": lambda: tuple(
            sorted(account("a deployment").named & account("a deployment to staging").named - {REPOSITORY.rpartition("/")[2]})
        ),
        "alters": lambda: _altered(account("a deployment").registered),
        "says": lambda: runs()["a deployment"].ended.stdout,
        "misnames": lambda: _names(_each(lambda call: not _is_left_unbuilt(machine, *call), _misnamed())),
        "ignores": lambda: _names(_each(lambda failing: not _is_noticed(machine, failing), _failing(machine))),
    }


def inputs(script: Path) -> dict[str, str]:
    """The things that decide what `watched` and `shellcheck` find, by name."""
    code = [file.read_bytes() for file in map(Path, (__file__, fakes.__file__, command.__file__))]
    return {
        "script": digest_of(script.name, script.read_bytes()),
        "shellcheck": identity(Path(_shellcheck())),
        "programs": programs(),
        "code": digest_of(code),
    }


def _calls() -> Mapping[str, tuple[Account, *tuple[str, ...]]]:
    """What the script is for."""
    return {
        "a deployment": (Account(), "production", TAG),
        "a rollback": (Account(has_tag=True), "production", TAG),
        "a dry run": (Account(), "--dry-run", "production", HEAD),
        "a deployment to staging": (Account(), "staging", HEAD[:7]),
    }


def _failing(machine: Machine) -> Mapping[str, Account]:
    """Accounts in which something fails: each call that the script makes, and what ECS does afterwards."""
    pushing = machine.run(Account(has_tag=True), "production", LATEST).account
    return {
        **{
            f"{call} fails ({time})": Account(has_tag=True, fails=(call, time))
            for call, times in Counter(pushing.calls).items()
            for time in range(1, times + 1)
        },
        "ECS rolls the deployment back": Account(rolls_back=True),
        "a task does not run": Account(lacks_a_task=True),
    }


def _misnamed() -> Mapping[str, tuple[Account, *tuple[str, ...]]]:
    """Calls with a tag that ECR does not have and that does not say what is here."""
    return {
        "a tag that has left ECR": (Account(git_tags=("v1.2.4",)), "production", TAG),
        "a dry run for a tag that has left ECR": (Account(git_tags=()), "--dry-run", "production", TAG),
        "another commit": (Account(), "production", HEAD[1:8]),
        "a digit that many commits begin with": (Account(), "production", HEAD[:1]),
        "a commit with changes": (Account(uncommitted=" M backend/app/main.py"), "production", HEAD),
        "a commit, and git does not tell it": (Account(fails=("git rev-parse", 1)), "production", HEAD),
        "a commit, and git does not tell its changes": (Account(fails=("git status", 1)), "production", HEAD),
    }


def _each(function: Callable[[T], U], arguments: Mapping[str, T]) -> Mapping[str, U]:
    """What the function gives for each, some at a time."""
    with Pool(max_workers=4) as pool:
        return dict(zip(arguments, pool.map(function, arguments.values()), strict=True))


def _names(are: Mapping[str, bool]) -> tuple[str, ...]:
    return tuple(name for name, is_so in are.items() if is_so)


def _is_refused(machine: Machine, call: Sequence[str]) -> bool:
    account, ended = machine.run(Account(), *call)
    return ended.exit_status == USAGE_STATUS and "usage:" in ended.stderr and not account.calls


def _is_asked_for(machine: Machine, tool: str) -> bool:
    account, ended = machine.run(Account(), "production", TAG, without=tool)
    return ended.exit_status != 0 and tool in ended.stderr and not account.calls


def _is_left_unbuilt(machine: Machine, account: Account, *call: str) -> bool:
    """Whether the script fails before it builds or changes anything, and tells of the tag."""
    ended = machine.run(account, *call).ended
    return ended.exit_status != 0 and call[-1] in ended.stderr and not set(account.calls) & {BUILDING, *CHANGING}


def _is_noticed(machine: Machine, account: Account) -> bool:
    """Whether the script fails, and changes nothing after a call that fails."""
    ended = machine.run(account, "production", LATEST).ended
    after = () if account.failed_after is None else account.calls[account.failed_after :]
    return ended.exit_status != 0 and not set(after) & set(CHANGING)


def _image(account: Account) -> object:
    import jmespath

    return jmespath.search(f"containerDefinitions[{BACKEND}].image", account.registered)


def _altered(registered: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What of the task definition is not as it was, beside the image.

    >>> _altered({**DEFINITION, "cpu": "256", "tags": TAGS})
    ('cpu',)
    """
    given = {**(registered or {})}
    expected: dict[str, Any] = {**DEFINITION, "tags": TAGS}
    for definition in (given, expected):
        containers = [{**one} for one in definition.get("containerDefinitions", ())]
        for container in containers[BACKEND : BACKEND + 1]:
            container.pop("image", None)
        definition["containerDefinitions"] = containers
    return tuple(sorted(key for key in given.keys() | expected.keys() if given.get(key) != expected.get(key)))


def _shellcheck() -> str:
    """The program. Raises `CouldNotVerify` if there is none."""
    beside = Path(sys.executable).parent  # where pip puts the one that this project installs
    program = shutil.which("shellcheck", path=f"{beside}{os.pathsep}{os.environ.get('PATH', '')}")
    if not program:
        raise CouldNotVerify("shellcheck is not installed: pip install 'stackproof[sources]', or the system's package shellcheck")
    return program


def shellcheck(script: Path) -> tuple[str, ...]:
    """The findings of shellcheck in a script: ``line 3: SC2086: Double quote ...``.

    Raises `CouldNotVerify` if there is no shellcheck, or it fails.
    """
    program = _shellcheck()
    # A comment that switches a check off would hide what is found.
    text = re.sub(r"#\s*shellcheck\s+disable", "# not disabled:", script.read_text(encoding="utf-8"))
    command = [program, "--norc", "--shell=bash", "--format=json", "-"]
    ended = subprocess.run(command, input=text, capture_output=True, text=True, timeout=_TIMEOUT)
    if ended.returncode not in (0, 1):
        raise CouldNotVerify(f"shellcheck cannot read {script.name}: {last_line(ended.stderr)}")
    return tuple(f"line {one['line']}: SC{one['code']}: {one['message']}" for one in json_document.loads(ended.stdout))
