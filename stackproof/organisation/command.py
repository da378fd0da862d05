"""``stackproof organisation verify accounts.toml``: every account and region of an organisation judged, on Dask, and one report of all.

Each result is in the store as soon as it is there; a run that has ended early goes on with ``--resume``.
"""

import argparse
import hashlib
import importlib.metadata
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import stackproof
from stackproof.core import waivers
from stackproof.core.translation import for_user
from stackproof.core.verdicts import CouldNotVerify, UsageError
from stackproof.evidence import code, folders
from stackproof.organisation import accounts, cluster, discovery, judging, report
from stackproof.organisation import plan as plans
from stackproof.organisation.cluster import Cluster, Progress
from stackproof.organisation.plan import LeftOut, Plan, Task
from stackproof.organisation.store import CannotStore, Store, opened
from stackproof.plugin.suite import collected
from stackproof.processes.command_line import Parser, exit_status, show
from stackproof.redaction import redaction
from stackproof.reports.formats import FORMATS

if TYPE_CHECKING:
    pass

STORE = "reports/organisation/store"
_EVERY = 10.0
"""Seconds between two lines of progress, where the output is no terminal."""
NEEDS = ("distributed", "duckdb", "pyarrow", "rich")
"""The packages of the extra ``organisation``."""


def main(arguments: Sequence[str] | None = None, prog: str = "stackproof organisation") -> int:
    """Run the command; its exit status: 0 where every account and region was judged and the gate is open, 1 where not."""
    return exit_status(partial(_main, arguments, prog))


def _main(arguments: Sequence[str] | None, prog: str) -> int:
    options = _options(arguments, prog)
    _require_packages()
    redaction.register_among(os.environ)
    if options.endpoint is None:
        _require_aws()
    store = opened(options.store, options.endpoint)
    file = Path(options.file)
    plan = _resumed(options, store, file) if options.resume else _begun(options, store, file)
    for one in plan.left_out:
        show(f"Left out: {one.id} {one.name}: {one.reason}")
    left = _left(plan, store)
    show(
        f"Run {plan.run}: {len(plan.tasks)} accounts and regions in {len(plan.accounts)} accounts, {len(left)} of them left to judge; "
        f"{len(plan.controls)} controls in each region, {len(plan.once)} once an account"
    )
    given = (("--scheduler", options.scheduler), ("--endpoint", options.endpoint))
    others = "".join(f" {name} {value}" for name, value in given if value)
    again = f"{prog} verify {options.file} --store {options.store}{others} --resume {plan.run}"
    try:
        _judge(plan, store, left, options)
    except KeyboardInterrupt:
        done = len(plan.tasks) - len(_left(plan, store))
        show(f"\nInterrupted: {done} of {len(plan.tasks)} are done and kept. To go on: {again}", sys.stderr)
        return 130
    except CannotStore as error:
        raise CouldNotVerify(f"{error}\nWhat is done is kept. To go on: {again}") from None
    summary = report.write(plan, store, Path(options.report), options.formats, _told())
    show(f"{summary.line()}\nReport: {Path(options.report) / 'index.html'}")
    if summary.judged < len(plan.tasks):
        show(f"{len(plan.tasks) - summary.judged} were not judged. When that is mended: {again}")
    return summary.exit_status


def _options(arguments: Sequence[str] | None, prog: str) -> argparse.Namespace:
    parser = Parser(prog=prog, description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    verify = commands.add_parser("verify", help="judge every account and region of a file")
    verify.add_argument(
        "file", metavar="FILE", help="accounts.toml: the accounts, or how they are discovered (docs/organisation.md)"
    )
    verify.add_argument("-m", dest="markers", metavar="EXPRESSION", default="", help="which controls, as for pytest: security")
    verify.add_argument(
        "-k", dest="keywords", metavar="EXPRESSION", default="", help="which controls, as for pytest: SEC-SG or critical"
    )
    verify.add_argument(
        "--store", metavar="STORE", default=STORE, help="where results lie: a folder, or s3://bucket/prefix (%(default)s)"
    )
    verify.add_argument(
        "--report", metavar="DIR", default="reports/organisation", help="where the report is written (%(default)s)"
    )
    verify.add_argument(
        "--format",
        dest="formats",
        choices=FORMATS,
        action="append",
        default=[],
        help="also write each result so; may be given again",
    )
    verify.add_argument(
        "--scheduler", metavar="ADDRESS", help="a Dask scheduler, tcp://host:8786 (default: workers on this machine)"
    )
    verify.add_argument("--workers", metavar="N", type=int, default=os.cpu_count() or 1, help="of this machine (%(default)s)")
    verify.add_argument("--resume", metavar="RUN", help="go on with this run: what is done stays, what is not is done")
    verify.add_argument("--endpoint", metavar="URL", help="an emulator to ask in the place of AWS, to try this out")
    options: argparse.Namespace = parser.parse_args(arguments)
    if not 1 <= options.workers <= 1000:
        raise UsageError(f"--workers {options.workers}: 1 to 1000")
    if options.resume and (options.markers or options.keywords):
        raise UsageError("--resume goes on with the controls that the run was begun with: leave out -m and -k")
    return options


def _require_packages() -> None:
    for name in NEEDS:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            raise UsageError(
                f"this command needs the package {name}: pip install 'stackproof[organisation]', or in a checkout "
                "pip install --require-hashes -r requirements/organisation.txt"
            ) from None


def _require_aws() -> None:
    from stackproof.sources.aws import connection

    connection.require_direct(os.environ, "of an organisation")


def _begun(options: argparse.Namespace, store: Store, file: Path) -> Plan:
    """The plan of a new run, written. Raises `UsageError` before anything is asked for bad input."""
    organisation = accounts.read(file)
    root = Path.cwd()
    accepted = root / waivers.FILE
    text = accepted.read_text(encoding="utf-8") if accepted.exists() else ""
    waivers.parse(text)
    members, left_out = organisation.account, tuple[LeftOut, ...]()
    accounts.profiles(accounts.resolved(organisation, members), file)
    by_task = judging.of_tasks(judging.on_aws(collected(root, options.markers, options.keywords)))
    if not any(by_task.values()):
        raise UsageError("none of the selected controls can be judged on AWS: select others with -m")
    if organisation.discover:
        found, left_out = discovery.discovered(organisation.discover, members, options.endpoint)
        members = (*members, *found)
    if not members:
        raise UsageError(f"{file}: [discover] finds no account that is to be judged; {len(left_out)} are left out")
    every = accounts.resolved(organisation, members)
    expected = accounts.profiles(every, file)
    for account in every:
        for region in account.regions:
            accounts.of_member(expected[account.profile], account.id, region)
    started = datetime.now(UTC)
    plan = Plan(
        run=folders.new_id(started),
        organisation=organisation.name,
        file=_digest(file),
        accounts=every,
        left_out=left_out,
        profiles={name: profile.model_dump(mode="json", by_alias=True) for name, profile in expected.items()},
        waivers=text,
        markers=options.markers,
        keywords=options.keywords,
        controls=tuple(one.control.id for one in by_task[False]),
        once=tuple(one.control.id for one in by_task[True]),
        limits=organisation.limits,
        started=started,
        version=stackproof.__version__,
        code=code.digest(root),
        endpoint=options.endpoint,
    )
    try:
        plans.write(plan, store)
    except CannotStore as error:
        raise UsageError(f"--store {options.store}: {error}; nothing was judged") from None
    return plan


def _resumed(options: argparse.Namespace, store: Store, file: Path) -> Plan:
    plan = plans.read(options.resume, store)
    try:
        digest = _digest(file)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    if digest != plan.file:
        raise UsageError(f"{file} is not as it was when run {plan.run} was begun: begin a new run, without --resume")
    if plan.endpoint != options.endpoint:
        raise UsageError(f"run {plan.run} was begun with {f'--endpoint {plan.endpoint}' if plan.endpoint else 'AWS itself'}")
    if code.digest(Path.cwd()) != plan.code:
        raise UsageError(f"run {plan.run} was begun with other code ({plan.version}): begin a new run, without --resume")
    return plan


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _left(plan: Plan, store: Store) -> list[Task]:
    """The tasks that were not judged yet."""
    prefix = f"runs/{plan.run}/judged/"
    done = {key.removeprefix(prefix).removesuffix(".tar.gz") for key in store.keys(prefix)}
    return [task for task in plan.tasks if task.key not in done]


def _judge(plan: Plan, store: Store, left: Sequence[Task], options: argparse.Namespace) -> None:
    if not left:
        return
    with _cluster(plan, options, len(left)) as connect, _progress() as tell:
        cluster.run(plan, store, left, connect, tell, before=len(plan.tasks) - len(left))


def _cluster(plan: Plan, options: argparse.Namespace, left: int) -> AbstractContextManager[Cluster]:
    if options.scheduler:
        return cluster.remote(options.scheduler)
    return cluster.local(min(options.workers, left), plan.limits.lost_workers)


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """Tells how far a run has come: a bar in a terminal, else a line now and then."""
    if not sys.stdout.isatty():
        yield _Lines()
        return
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    with Bars(BarColumn(), TextColumn("{task.description}")) as bars:
        bar = bars.add_task("", total=None)

        def tell(progress: Progress) -> None:
            bars.update(bar, total=progress.total, completed=progress.done, description=for_user(progress.line()))

        yield tell


class _Lines:
    """A line when something has changed, not more often than every few seconds, and one at the end."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() >= self._next or not progress.left:
            self._next = time.monotonic() + _EVERY
            with suppress(BrokenPipeError):
                show(progress.line())


def _told() -> Callable[[int, int], None]:
    """Tells how far the report has come, of a large organisation."""
    due = time.monotonic() + _EVERY

    def tell(done: int, total: int) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + _EVERY
            show(f"Report: {done} of {total} results read")

    return tell
