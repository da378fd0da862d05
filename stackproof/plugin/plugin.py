"""The pytest plugin: options, markers, fixtures, hooks, exit status. The only module that knows pytest.

Where no control is collected and no option of it is given, it does nothing: an ordinary ``pytest`` is what it was without it.
A run goes through these steps:

1. configure: the options and the profile are read; bad input ends here, with one message and exit status 4;
2. collect: a control can be selected by its folder, id and severity; other tests beside it stay what they are;
3. prepare: the target is opened, and what the selected controls ask for is fetched, concurrently, once;
4. judge: each control through `stackproof.core.runner`, one report for each;
5. report: ``results.json``, ``report.html`` and ``junit.xml`` under ``reports/<environment>-<target>/<run>/``, and a last line in the
   terminal.

Under pytest-xdist the controller opens the target and tells the workers where it is; each worker judges its share and sends the
results back.
"""

import os
import sys
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from _pytest.config import ConftestImportFailure  # these are offered nowhere else

from stackproof.core.controls import FOLDERS, control_of, suite
from stackproof.plugin import places

# What only a run of controls needs is imported by one: every pytest of an environment imports this module.

TARGETS = ("plan", "embedded", "localstack", "aws", "replay")
"""The targets of `stackproof.targets`."""

SIGNING_KEY = "STACKPROOF_SIGNING_KEY"
"""`stackproof.evidence.signing.VARIABLE`."""

LEADS = pytest.StashKey[bool]()
"""Whether the paths of the command line lead to controls."""

_PARTS = ("stackproof-session", "stackproof-html-columns", "stackproof-fixtures", "stackproof-lean")
"""The plugins that a run of controls consists of."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group, said = parser.getgroup("stackproof"), _helper(sys.argv)
    group.addoption(
        "--env",
        metavar="NAME",
        help=said("environment: a name in environments/, or a path (default: local, or the recorded one)"),
    )
    group.addoption(
        "--target",
        choices=TARGETS,
        help=said("where to judge (default: what the environment says; plan, if --plan is given)"),
    )
    group.addoption(
        "--plan",
        metavar="FILE",
        action="append",
        default=[],
        help=said("judge this plan, the output of terraform show -json; may be given again for each other stack"),
    )
    group.addoption("--evidence", metavar="DIR", help=said("judge a recorded run again: reports/local-embedded"))
    group.addoption(
        "--public-key", metavar="FILE", help=said("of a recorded run: the Ed25519 key, PEM, that must have signed it")
    )
    group.addoption(
        "--bastion",
        metavar="URL",
        help=said(
            "a host in the VPC, ssh://user@host[:port]: the database is asked through it, and what it reaches is judged (HOST-02)"
        ),
    )
    group.addoption(
        "--fresh",
        action="store_true",
        help=said("take nothing from earlier runs that depends on the sources and the tools alone, such as a plan: make it anew"),
    )
    group.addoption(
        "--signing-key",
        metavar="FILE",
        help=said(f"sign the evidence with this Ed25519 key, PEM (default: {SIGNING_KEY}, a file or the key itself)"),
    )
    parser.addini(
        places.SUITE, said("judge the controls that come with stackproof, too, when one of its options is given"), "bool"
    )
    group.addoption(
        "--lang", choices=("en", "ko"), help=said("language of the report and of the terminal (default: that of the locale)")
    )
    group.addoption(
        "--iam-policy",
        action="store_true",
        help=said("print the IAM policy that the selected controls need on live AWS, and judge nothing"),
    )


def _helper(arguments: Sequence[str]) -> Callable[[str], str]:
    """Says the help of an option in the user's language; where no help is asked for, nothing is looked up."""
    if not {"-h", "--help"} & {*arguments}:
        return str
    from stackproof.core.messages import LANGUAGES, users_language
    from stackproof.core.translation import told

    last = next((one for one in reversed([*map("=".join, pairwise(arguments)), *arguments]) if one.startswith("--lang=")), "")
    asked = next((one for one in LANGUAGES if last == f"--lang={one}"), None)
    return partial(told, language=asked or users_language())


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around pytest's own capturing, which need not capture
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """From here on nothing that is printed shows a secret, and nothing is sent to AWS but the suite's own reads."""
    given = early_config.known_args_namespace
    early_config.stash[LEADS] = places.leads_to_controls(early_config, given)
    if not _is_active(early_config, given):
        yield
        return
    from stackproof.core.runner import message_of
    from stackproof.evidence import output
    from stackproof.plugin import ends, lean
    from stackproof.redaction import redaction
    from stackproof.sources.aws import process_guard
    from stackproof.util.memory import give_back_what_is_free

    redaction.register_among(os.environ)
    early_config.add_cleanup(lambda: _keep_gate_closed(early_config))  # the first is called last
    undo = ExitStack()
    give_back_what_is_free()
    undo.enter_context(lean.collecting_less_garbage())
    undo.enter_context(output.redacted())
    undo.enter_context(process_guard.held(_allowed_operations))
    undo.enter_context(ends.held())
    early_config.add_cleanup(undo.close)
    try:
        yield
    except ConftestImportFailure as error:  # pytest would show the secrets of the exception
        raise _said(pytest.UsageError(f"{error.path} cannot be imported: {message_of(error.cause)}"), given) from None
    except SystemExit:
        ended = pytest.UsageError("a conftest.py or a plugin ended this run before anything was judged (sys.exit): leave it out")
        raise _said(ended, given) from None
    # What is captured and belongs to no report is shown when pytest ends: by us, before pytest does it past everybody.
    if capturing := early_config.pluginmanager.get_plugin("capturemanager"):
        early_config.add_cleanup(lambda: _show_what_is_left(capturing))


def _keep_gate_closed(config: pytest.Config) -> None:
    if (session := config.pluginmanager.get_plugin(_PARTS[0])) and hasattr(session, "keep_gate_closed"):
        session.keep_gate_closed()


def _require_an_end(config: pytest.Config, status: Any) -> None:
    """Whoever answers in pytest's place judges nothing, which is not green."""
    part = config.pluginmanager.get_plugin(_PARTS[0])
    is_left_out = part is None or getattr(part, "ended", ()) is None
    if not status and is_left_out and _is_active(config, config.option) and not _is_about_pytest(config.option):
        raise pytest.UsageError(
            "a conftest.py or a plugin ended this run before anything was judged (pytest_cmdline_main): leave it out"
        )


def _is_about_pytest(given: Any) -> bool:
    return any(
        getattr(given, name, None)
        for name in ("help", "version", "markers", "showfixtures", "show_fixtures_per_test", "cacheshow")
    )


def _is_active(config: pytest.Config, given: Any) -> bool:
    """Whether controls are going to be collected, or an option of the plugin is given."""
    return places.told(given) or config.stash.get(LEADS, False)


def _allowed_operations() -> Collection[str]:
    from stackproof.resources import allowed_operations

    return allowed_operations()


def _show_what_is_left(capturing: Any) -> None:
    if capturing._global_capturing is None:  # an interrupt has ended it, and shown what was left
        return
    capturing.suspend_global_capture()
    for stream, text in zip((sys.stdout, sys.stderr), capturing.read_global_capture(), strict=True):
        stream.write(text)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Say what is wrong with the input in the user's language."""
    try:
        status = yield
        _require_an_end(config, status)
        return status
    except pytest.UsageError as error:
        raise _said(error, config.option) from None


def _said(error: pytest.UsageError, given: Any) -> pytest.UsageError:
    from stackproof.core.messages import users_language
    from stackproof.core.translation import told

    return pytest.UsageError(*(told(str(said), given.lang or users_language()) for said in error.args))


@pytest.hookimpl(tryfirst=True)  # before junitxml and pytest-html look at their options
def pytest_configure(config: pytest.Config) -> None:
    given = config.option
    if not _is_active(config, given):
        return
    from stackproof.core.runner import require_assertions
    from stackproof.core.verdicts import UsageError

    try:
        require_assertions()
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    for name, meaning in FOLDERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    elsewhere = config.inipath is None and config.rootpath.resolve() != config.invocation_params.dir.resolve()
    if elsewhere and (given.plan or given.env or given.evidence or given.signing_key or given.public_key):
        # pytest takes a path behind an option for one of its own, and looks there for its configuration.
        raise pytest.UsageError(
            f"no pytest.ini from {config.rootpath}: run in the repository, and write "
            "--plan=FILE, --env=FILE, --evidence=DIR, --signing-key=FILE, --public-key=FILE"
        )
    if given.iam_policy:
        _silence(config)
    if places.adds_the_suite(config, given):
        config.args.append(str(suite()))
    elif given.iam_policy and not config.stash[LEADS]:
        raise pytest.UsageError("--iam-policy is about controls, and these paths lead to none")
    _refuse_to_judge_nothing(config)
    from stackproof.plugin import lean
    from stackproof.plugin.fixtures import Fixtures
    from stackproof.plugin.html_columns import HtmlColumns
    from stackproof.plugin.session import Refusal, Session

    try:
        session = Session(config)
    except pytest.UsageError as error:
        if places.told(given):
            raise
        config.pluginmanager.register(Refusal(str(error)), _PARTS[0])  # if a control is to be judged
        return
    for name, part in zip(_PARTS, (session, HtmlColumns(session), Fixtures(session), lean), strict=True):
        config.pluginmanager.register(part, name)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let no control be run as an ordinary test."""
    if not session.config.pluginmanager.hasplugin(_PARTS[0]) and (
        found := [item for item in session.items if control_of(getattr(item, "obj", None))]
    ):
        raise pytest.UsageError(
            f"{found[0].nodeid} is a control that was not seen from outside: import the decorator in its file "
            "(from stackproof.core.controls import control), or say where to judge (--env NAME)"
        )


def _refuse_to_judge_nothing(config: pytest.Config) -> None:
    """End a run whose options keep every control, or this plugin, from judging: pytest would end it with 0."""
    for flag, name in (("--setup-only", "setuponly"), ("--setup-plan", "setupplan")):
        if getattr(config.option, name, False):
            raise pytest.UsageError(f"{flag} judges no control: leave it out, or list the controls with --collect-only")
    if config.option.collectonly and not {"--collect-only", "--collectonly", "--co"} & {*map(str, config.invocation_params.args)}:
        raise pytest.UsageError("--collect-only judges no control: leave it out of pytest.ini and PYTEST_ADDOPTS")
    for name in _PARTS:
        if config.pluginmanager.is_blocked(name):
            raise pytest.UsageError(f"-p no:{name} takes away what judges: leave it out")
    for name in ("junitxml", "html"):
        if config.pluginmanager.is_blocked(name):
            raise pytest.UsageError(f"-p no:{name} takes away what the report is written with: leave it out")


def _silence(config: pytest.Config) -> None:
    """Let nothing be printed but errors, and no worker be started."""
    config.option.verbose = -2
    config.option.disable_warnings = True
    config.option.dist = "no"  # pytest-xdist's
