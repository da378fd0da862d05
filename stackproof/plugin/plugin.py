"""The pytest plugin: options, markers, fixtures, hooks, exit status. The only module that knows pytest.

A run goes through these steps:

1. configure: the options and the profile are read; bad input ends here, with one message and exit status 4;
2. collect: each test in ``tests/`` is a control, and can be selected by its folder, id and severity;
3. prepare: the target is opened, and what the selected controls ask for is fetched, concurrently, once;
4. judge: each control through `stackproof.core.runner`, one report for each;
5. report: ``results.json``, ``report.html`` and ``junit.xml`` under ``reports/<environment>-<target>/``, and a last line in the terminal.

Under pytest-xdist the controller opens the target and tells the workers where it is; each worker judges its share and sends the
results back.
"""

import os
import sys
from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from _pytest.config import ConftestImportFailure  # these are offered nowhere else

from stackproof.collections.registry import collections
from stackproof.core.controls import FOLDERS
from stackproof.core.runner import message_of
from stackproof.evidence import output, signing
from stackproof.plugin import lean
from stackproof.plugin.html_columns import HtmlColumns
from stackproof.plugin.session import Session
from stackproof.redaction import redaction
from stackproof.sources.aws import process_guard
from stackproof.targets import TARGETS

_PARTS = ("stackproof-session", "stackproof-html-columns", "stackproof-fixtures", "stackproof-lean")
"""The plugins that a run of controls consists of."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("stackproof")
    group.addoption(
        "--env", metavar="NAME", help="environment: a name in environments/, or a path (default: local, or the recorded one)"
    )
    group.addoption(
        "--target",
        choices=TARGETS,
        help="where to judge (default: what the environment says; plan, if --plan is given)",
    )
    group.addoption(
        "--plan",
        metavar="FILE",
        action="append",
        default=[],
        help="judge this plan, the output of terraform show -json; may be given again for each other stack",
    )
    group.addoption("--evidence", metavar="DIR", help="judge a recorded run again: reports/local-embedded")
    group.addoption("--public-key", metavar="FILE", help="of a recorded run: the Ed25519 key, PEM, that must have signed it")
    group.addoption(
        "--bastion",
        metavar="URL",
        help="a host in the VPC, ssh://user@host[:port]: the database is asked through it, and what it reaches is judged (HOST-02)",
    )
    group.addoption(
        "--signing-key",
        metavar="FILE",
        help=f"sign the evidence with this Ed25519 key, PEM (default: {signing.VARIABLE}, a file or the key itself)",
    )
    group.addoption(
        "--iam-policy",
        action="store_true",
        help="print the IAM policy that the selected controls need on live AWS, and judge nothing",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around pytest's own capturing, which need not capture
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """From here on nothing that is printed shows a secret, and nothing is sent to AWS but the suite's own reads."""
    arguments = early_config.known_args_namespace.file_or_dir or early_config.getini("testpaths") or ["."]
    if not _lead_to_controls(early_config, arguments):
        yield
        return
    redaction.register_among(os.environ)
    undo = ExitStack()
    undo.enter_context(output.redacted())
    undo.enter_context(process_guard.held(_allowed_operations))
    early_config.add_cleanup(undo.close)
    try:
        yield
    except ConftestImportFailure as error:  # pytest would show the secrets of the exception
        raise pytest.UsageError(f"{error.path} cannot be imported: {message_of(error.cause)}") from None
    # What is captured and belongs to no report is shown when pytest ends: by us, before pytest does it past everybody.
    if capturing := early_config.pluginmanager.get_plugin("capturemanager"):
        early_config.add_cleanup(lambda: _show_what_is_left(capturing))


def _allowed_operations() -> Collection[str]:
    from stackproof.resources import allowed_operations

    return allowed_operations()


def _show_what_is_left(capturing: Any) -> None:
    if capturing._global_capturing is None:  # an interrupt has ended it, and shown what was left
        return
    capturing.suspend_global_capture()
    for stream, text in zip((sys.stdout, sys.stderr), capturing.read_global_capture(), strict=True):
        stream.write(text)


@pytest.hookimpl(tryfirst=True)  # before junitxml and pytest-html look at their options
def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in FOLDERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    given = config.option
    if config.inipath is None and (given.plan or given.env or given.evidence or given.signing_key or given.public_key):
        # pytest takes a path behind an option for one of its own, and looks there for its configuration.
        raise pytest.UsageError(
            f"no pytest.ini from {config.rootpath}: run in the repository, and write "
            "--plan=FILE, --env=FILE, --evidence=DIR, --signing-key=FILE, --public-key=FILE"
        )
    if config.option.iam_policy:
        _silence(config)
    if _lead_to_controls(config, config.args):
        _refuse_to_judge_nothing(config)
        session = Session(config)
        for name, part in zip(_PARTS, (session, HtmlColumns(session), _fixtures(session), lean), strict=True):
            config.pluginmanager.register(part, name)
    elif config.option.iam_policy:
        raise pytest.UsageError("--iam-policy is about controls, and these paths lead to none")


def _refuse_to_judge_nothing(config: pytest.Config) -> None:
    """End a run whose options keep every control, or this plugin, from judging: pytest would end it with 0."""
    for flag, name in (("--setup-only", "setuponly"), ("--setup-plan", "setupplan")):
        if getattr(config.option, name, False):
            raise pytest.UsageError(f"{flag} judges no control: leave it out, or list the controls with --collect-only")
    for name in _PARTS:
        if config.pluginmanager.is_blocked(name):
            raise pytest.UsageError(f"-p no:{name} takes away what judges: leave it out")


def _silence(config: pytest.Config) -> None:
    """Let nothing be printed but errors, and no worker be started."""
    config.option.verbose = -2
    config.option.disable_warnings = True
    config.option.dist = "no"  # pytest-xdist's


def _lead_to_controls(config: pytest.Config, arguments: Iterable[str]) -> bool:
    """Whether the paths on the command line lead to the controls; the engine's own tests need none of this."""
    controls = config.rootpath / "tests"
    paths = [Path(config.invocation_params.dir, argument.partition("::")[0]).resolve() for argument in arguments]
    return any(path == controls or controls in path.parents or path in controls.parents for path in paths)


def _fixtures(session: "Session") -> ModuleType:
    """Each collection as a fixture. It hands over the outcome, good or bad, for the judge to look into."""

    def outcome_of(name: str) -> Callable[[], Callable[[], object]]:
        return lambda: session.prefetch.outcome(name)

    def subtests() -> None:
        """One verdict for each resource; the judge gives a control its own (`stackproof.core.runner.Subtests`)."""

    found = {"subtests": pytest.fixture(subtests)}
    for name, collect in collections.items():
        fixture = outcome_of(name)
        fixture.__doc__ = collect.__doc__
        found[name] = pytest.fixture(scope="session", name=name)(fixture)
    module = ModuleType("stackproof_fixtures")
    vars(module).update(found)
    return module
