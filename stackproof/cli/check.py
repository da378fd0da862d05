"""``stackproof check PLAN...``: the first verdict on anybody's plan, or account, without a profile and without a repository.

Every control that needs no expectation is judged, over everything that the plan makes, or that the caller may read in the account and
region. What needs an expectation is listed, with the keys that state it. The verdicts, the evidence and the report are those of pytest, and
so is the exit status.
"""

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from stackproof.core.controls import catalogue, suite
from stackproof.core.messages import Language, users_language
from stackproof.core.results import ControlResult, Run
from stackproof.core.sentences import sentence, sentence_of
from stackproof.core.translation import told
from stackproof.core.verdicts import UsageError, Verdict
from stackproof.processes.command_line import Parser, exit_status, show
from stackproof.reports import view
from stackproof.util.temporary import temporary
from stackproof.util.text import counted, visible

NAME = "check"
"""The name of the environment, in reports and evidence."""

_UNSTATED = re.compile(r"(\[[\w.]+\] \w[\w-]*|\[\w+\]|\b(?:region|owned)\b) is not declared")
UNLOOKED = "resources of the plan are judged by nothing"
"""The words of the note that names what no control looks at."""
_WIDTH = 120
_LINES = 8
"""At most so many resources of one control are shown; the report shows all."""
_SCANNERS = ("POL-01", "POL-02")
"""Controls that install a scanner before they judge."""


def main(arguments: Sequence[str] | None = None, prog: str = "stackproof check") -> int:
    """Run the command; its exit status: 0 and 1 as the gate's, 4 for bad input."""
    return exit_status(partial(_main, arguments, prog))


def _main(arguments: Sequence[str] | None, prog: str) -> int:
    parser = Parser(prog=prog, description=__doc__)
    parser.add_argument(
        "plans", metavar="PLAN", nargs="*", help="made by terraform show -json tfplan > plan.json; several stacks, several"
    )
    parser.add_argument(
        "--from-aws", action="store_true", help="judge the account and region of the caller's credentials instead"
    )
    parser.add_argument("--region", help="with --from-aws; default: that of the credentials' profile")
    parser.add_argument(
        "-m", dest="marker", default="", help="the folders of controls, as pytest takes them: -m 'security or logging'"
    )
    options = parser.parse_args(arguments)
    if bool(options.plans) == options.from_aws:
        raise UsageError(f"{prog}: give a plan (terraform show -json tfplan > plan.json; {prog} plan.json), or --from-aws")
    target = api_target() if options.from_aws else "plan"
    with temporary("check") as folder:
        profile = folder / f"{NAME}.toml"
        about = {**of_the_account(options.region), "target": target} if options.from_aws else {}
        lines = [f'{key} = "{value}"' for key, value in {"name": NAME, **about}.items()]
        lines += ['owned = ["*"]'] if about else []
        profile.write_text("\n".join([*lines, ""]), encoding="utf-8")
        said = [f"--env={profile}", f"--target={target}", *(f"--plan={Path(plan).absolute()}" for plan in options.plans)]
        judged = [f"-k={' or '.join(_on(target))}", *([f"-m={options.marker}"] if options.marker else [])]
        status, output = _pytest([str(suite()), *judged, *said, f"--lang={users_language()}"])
    if status not in (0, 1):
        show(output.strip(), sys.stderr)
        return status
    run, directory = _latest(Path("reports", f"{NAME}-{target}"))
    language = users_language()
    what = " ".join(options.plans) or f"account {run.account}, {run.region}"
    print("\n".join(reported(run, directory / "report.html", what, language)))
    return status


def _on(target: str) -> list[str]:
    """The controls that a target can show."""
    code = {"plan": "P", "aws": "A", "embedded": "E"}[target]
    return [id for id, entry in catalogue().items() if code in entry.stages and id not in _SCANNERS]


def _pytest(arguments: Sequence[str]) -> tuple[int, str]:
    """Run pytest in this folder, with nobody's configuration; its exit status and what it printed."""
    fixed = [
        "-c",
        os.devnull,
        f"--rootdir={Path.cwd()}",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:random_order",
        "-o",
        "verbosity_assertions=2",
    ]
    command = [sys.executable, "-m", "pytest", *fixed, *arguments]
    ended = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
    )
    return ended.returncode, ended.stdout


def api_target() -> str:
    """The target that --from-aws means: AWS itself, or an emulator where ``AWS_ENDPOINT_URL`` is set; its runs never say aws."""
    return "embedded" if os.environ.get("AWS_ENDPOINT_URL") else "aws"


def of_the_account(region: str | None) -> dict[str, str]:
    """The account and region of the caller's credentials. Raises `UsageError` where there are none."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        session = boto3.Session(region_name=region)
        if not session.region_name:
            raise UsageError("--from-aws: no region is configured; say --region eu-central-1")
        account = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise UsageError(f"--from-aws: the caller cannot be identified (sts:GetCallerIdentity): {error}") from None
    return {"account": account, "region": session.region_name}


def _latest(folder: Path) -> tuple[Run, Path]:
    from stackproof.core import results_file
    from stackproof.evidence import folders

    directory = folders.of_run(folder)
    with (directory / folders.RESULTS).open(encoding="utf-8") as file:
        return results_file.read(file), directory


def reported(run: Run, report: Path, what: str, language: Language = "en") -> Iterator[str]:
    """The lines about a run: what is wrong, worst first, what could not be told, and what needs an expectation."""
    say = partial(told, language=language)
    judged = [one for one in run.controls if not one.verdict.is_set_aside]
    yield say(f"{what}: {counted(len(judged), 'control')} judged, without an expectation")
    if run.unjudged:
        yield f"ERROR: {say(run.unjudged)}"
    for verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.UNKNOWN):
        for one in sorted((one for one in judged if one.verdict is verdict), key=_severity):
            yield from _open(one, language)
    if passed := [one.id for one in judged if one.verdict is Verdict.PASS]:
        yield from _listed("PASS", passed)
    aside = [one for one in run.controls if one.verdict is Verdict.NOT_DECLARED]
    needs = {one.id: keys for one in aside if (keys := unstated(one))}
    if nothing := [one.id for one in aside if one.id not in needs]:
        yield from _listed(say("NOT_DECLARED, and there is nothing of the kind:"), nothing)
    if needs:
        source = "--plan PLAN" if run.target == "plan" else "--from-aws"
        yield say(
            f"NOT_DECLARED: these need an expectation. stackproof init {source} writes what is there as a profile, for you to review:"
        )
        by_keys: dict[str, list[str]] = {}
        for id, keys in needs.items():
            by_keys.setdefault(", ".join(keys), []).append(id)
        yield from (line for keys, ids in by_keys.items() for line in _listed(f"  {', '.join(ids)}:", [keys]))
    if elsewhere := [one.id for one in run.controls if one.verdict is Verdict.NOT_APPLICABLE]:
        yield from _listed(say("NOT_APPLICABLE here:"), elsewhere)
    yield from (line for note in run.notes if UNLOOKED in note for line in textwrap.wrap(say(note), _WIDTH))
    counts = ", ".join(f"{run.counts[verdict]} {verdict}" for verdict in Verdict if run.counts[verdict])
    yield f"{counts}; {report}"


def unstated(control: ControlResult) -> list[str]:
    """The keys of a profile that a control would be judged by, as they are written there; none where the stack has nothing of the kind.

    >>> from types import SimpleNamespace as Given
    >>> unstated(Given(message="orders: [network] cidr is not declared (its addresses): nothing to judge by", resources=()))
    ['[network] cidr']
    >>> unstated(Given(message="the stack has no Trail: check declares none ([audit]), and the plan makes none", resources=()))
    []
    """
    texts = [control.message, *(one.message for one in control.resources)]
    return list(dict.fromkeys(found for text in texts for found in _UNSTATED.findall(text)))


def _severity(control: ControlResult) -> int:
    return ("critical", "high", "medium", "low").index(control.severity)


def _open(control: ControlResult, language: Language) -> Iterator[str]:
    """The control, a sentence for each resource that decided, and what to do."""
    yield f"{control.verdict} {control.id} ({control.severity}) {visible(view.title(control, language))}"
    telling = (one for one in control.resources if one.verdict is control.verdict and (one.message or one.finding))
    decided = dict.fromkeys(sentence(one, language) for one in telling)
    said = [*decided] or [sentence_of(control, language)]
    for line in said[:_LINES]:
        yield from textwrap.wrap(
            visible(line), _WIDTH, initial_indent="    ", subsequent_indent="      ", max_lines=3, placeholder=" ..."
        )
    if len(said) > _LINES:
        yield told(f"    and {counted(len(said) - _LINES, 'line')} more, see the report", language)
    if control.verdict is Verdict.FAIL and (remedy := view.remedy(control, language)):
        yield from textwrap.wrap(f"-> {remedy}", _WIDTH, initial_indent="    ", subsequent_indent="       ")


def _listed(head: str, names: Sequence[str]) -> list[str]:
    return textwrap.wrap(f"{head} {', '.join(names)}", _WIDTH, subsequent_indent="    ", break_on_hyphens=False)
