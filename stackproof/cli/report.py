"""``stackproof report RUN``: a finished run as a document, made from its results alone, at any time.

Of a run over an organisation it is one document about all accounts and regions: RUN is its store then, or a run in it.
"""

import os
import sys
from collections.abc import Iterable, Iterator
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
        "run",
        metavar="RUN",
        help="the folder of a run, reports/local-embedded (its latest), a results.json, or the store of an organisation",
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
    parts = _parts(options.format, options.run)
    if options.output is None:
        for part in parts:
            sys.stdout.buffer.write(part)
        return 0
    try:
        _write(options.output, parts)
    except OSError as error:
        raise UsageError(f"{options.output}: {error.strerror}") from None
    return 0


def _parts(name: str, given: str) -> Iterator[bytes]:
    language = users_language()
    documents: Iterable[str | bytes]
    if place := _store(given):
        from stackproof.organisation import exports

        documents = exports.document(name, *place, language)
    else:
        documents = [render(name, finished_run(Path(given), language))]
    return (one.encode("utf-8", "backslashreplace") if isinstance(one, str) else one for one in documents)


def _store(given: str) -> tuple[str, str] | None:
    """The store of an organisation that an address names, and the run in it (empty for the newest); None for one that is no store.

    A store, a run in it, or the folder of a report that holds the store.
    """
    store, _, run = given.rstrip("/").rpartition("/runs/")
    if store and (given.startswith("s3://") or Path(given, "run.json").is_file()):
        return store, run
    if given.startswith("s3://"):
        return given, ""
    return next(((str(path), "") for path in (Path(given), Path(given, "store")) if (path / "runs").is_dir()), None)


def _write(path: Path, parts: Iterable[bytes]) -> None:
    """The whole document, or what was there before."""
    if not path.is_file() and path.exists():  # a pipe or a device
        path.write_bytes(b"".join(parts))
        return
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as file:
            file.writelines(parts)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
