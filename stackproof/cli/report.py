"""``stackproof report RUN``: a finished run as a document, made from its results alone, at any time."""

import sys
from functools import partial
from pathlib import Path

from stackproof.core.messages import users_language
from stackproof.core.verdicts import UsageError
from stackproof.processes.command_line import Parser, exit_status
from stackproof.reports.formats import FORMATS, finished_run, render


def main(arguments: list[str] | None = None, prog: str = "stackproof report") -> int:
    """Run the command; its exit status: 0, or 4 for bad input."""
    return exit_status(partial(_main, arguments, prog))


def _main(arguments: list[str] | None, prog: str) -> int:
    parser = Parser(prog=prog, description=__doc__, table={name: one.meaning for name, one in FORMATS.items()})
    parser.add_argument(
        "run", metavar="RUN", type=Path, help="the folder of a run, reports/local-embedded (its latest), or a results.json"
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        metavar="FORMAT",
        default=next(iter(FORMATS)),
        help="one of those below (default: %(default)s)",
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="default: standard output")
    options = parser.parse_args(arguments)
    document = render(options.format, finished_run(options.run, users_language()))
    content = document.encode("utf-8", "backslashreplace") if isinstance(document, str) else document
    if options.output is None:
        sys.stdout.buffer.write(content)
        return 0
    try:
        options.output.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{options.output}: {error.strerror}") from None
    return 0
