"""``stackproof diff RUN RUN``: what came out otherwise in the second run: new, fixed, still open, not there any more.

Exit status as of diff: 0 where nothing did, 1 where something did, 4 for bad input.
"""

from functools import partial
from pathlib import Path

from stackproof.core.messages import Language, say, users_language
from stackproof.core.results import Change, Run, since
from stackproof.core.sentences import named
from stackproof.processes.command_line import Parser, exit_status
from stackproof.reports.formats import finished_run
from stackproof.util.text import visible


def main(arguments: list[str] | None = None, prog: str = "stackproof diff") -> int:
    """Run the command; its exit status."""
    return exit_status(partial(_main, arguments, prog))


def _main(arguments: list[str] | None, prog: str) -> int:
    parser = Parser(prog=prog, description=__doc__)
    parser.add_argument("before", metavar="RUN", type=Path, help="the folder of a run, or a results.json")
    parser.add_argument("after", metavar="RUN", type=Path, help="the run that is held against it")
    options = parser.parse_args(arguments)
    before, after = finished_run(options.before).run, finished_run(options.after).run
    found = since(before, after.controls)
    for line in lines(before, after, users_language()):
        print(visible(line))
    return int(bool(found.new or found.fixed or found.vanished))


def lines(before: Run, after: Run, language: Language = "en") -> list[str]:
    """The differences of two runs as lines, the new first; one line where there is none."""
    found = since(before, after.controls)
    parts = {"new": found.new, "fixed": found.fixed, "vanished": found.vanished, "still": found.still}
    said = [
        line
        for key, changes in parts.items()
        if changes
        for line in (f"{say(language, f'report.{key}')} ({len(changes)})", *(_line(change, language) for change in changes))
    ]
    return said or [say(language, "report.nothing-changed", run=before.id or "-")]


def _line(change: Change, language: Language) -> str:
    name = f" {named(change.resource, language)}" if change.resource else ""
    return f"  {change.control}{name}: {change.was or '-'} -> {change.now or '-'}"
