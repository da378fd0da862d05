"""The sums of an organisation's results: by account, by control, and the changes since the last run."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stackproof.core.verdicts import Verdict
from stackproof.organisation.accounts import Account
from stackproof.organisation.plan import Plan, Task
from stackproof.organisation.results import Result

SEVERITIES = ("critical", "high", "medium", "low")
MOST_CHANGES = 500
"""Lines of each kind of change that the overview shows; the data set has all."""


@dataclass
class OfAccount:
    """The sums of one account, over all of its regions."""

    account: Account
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    """By severity: controls that FAIL, a region each."""
    tasks: dict[Task, str] = field(default_factory=dict)
    """The worst that each came to: a verdict, or why it was not judged."""
    reasons: dict[Task, str] = field(default_factory=dict)
    """Why a task was not judged."""
    calls: int = 0
    seconds: float = 0.0

    @property
    def weight(self) -> tuple[int, ...]:
        """For sorting, the worst first: what was not judged, then failures by severity, then errors."""
        return (*(-self.failed[severity] for severity in SEVERITIES), -len(self.reasons), -self.verdicts[Verdict.ERROR])


@dataclass
class OfControl:
    """The sums of one control, over all accounts and regions."""

    id: str
    title: str
    title_ko: str
    severity: str
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    failing: set[str] = field(default_factory=set)
    """Accounts in which it fails."""


@dataclass(frozen=True)
class Change:
    """A control of one account and region whose verdict is another than in the last run."""

    account: str
    region: str
    control: str
    before: str
    after: str


@dataclass(frozen=True)
class Changes:
    """The differences from the last run of the same organisation."""

    since: str = ""
    """That run; empty for the first of this organisation."""
    worse: tuple[Change, ...] = ()
    better: tuple[Change, ...] = ()
    others: tuple[Change, ...] = ()
    more: Mapping[str, int] = field(default_factory=dict)
    """So many of each kind are not listed."""
    new_accounts: tuple[str, ...] = ()
    gone_accounts: tuple[str, ...] = ()


@dataclass
class Summary:
    """The sums of all results; each is added once."""

    plan: Plan
    accounts: dict[str, OfAccount] = field(default_factory=dict)
    controls: dict[str, OfControl] = field(default_factory=dict)
    tasks: int = 0
    judged: int = 0
    closed: int = 0
    """Tasks that close the gate."""
    calls: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    changes: Changes = Changes()

    def add(self, result: Result) -> None:
        """Count one account and region."""
        about = self.accounts.setdefault(result.task.account, OfAccount(result.account))
        self.tasks += 1
        self.closed += result.closes_the_gate
        if result.run is None:
            about.tasks[result.task] = Verdict.ERROR
            about.reasons[result.task] = result.reason
            return
        self.judged += 1
        calls = sum(result.run.calls.values())
        self.calls += calls
        self.operations.update(result.run.calls)
        about.calls += calls
        about.seconds += result.run.seconds
        about.tasks[result.task] = _worst(result.run.counts)
        for control in result.run.controls:
            about.verdicts[control.verdict] += 1
            of_control = self.controls.setdefault(
                control.id, OfControl(control.id, control.title, control.title_ko, control.severity)
            )
            of_control.verdicts[control.verdict] += 1
            if control.verdict is Verdict.FAIL:
                about.failed[control.severity] += 1
                of_control.failing.add(result.task.account)

    @property
    def exit_status(self) -> int:
        """0 if every account and region was judged and none closes the gate."""
        return int(not self.tasks or bool(self.closed) or self.tasks != len(self.plan.tasks))

    @property
    def verdicts(self) -> Counter[Verdict]:
        """The number of controls by verdict, in all accounts and regions."""
        return sum((about.verdicts for about in self.accounts.values()), Counter())

    @property
    def worst_accounts(self) -> Sequence[OfAccount]:
        return sorted(self.accounts.values(), key=lambda one: (*one.weight, one.account.id))

    @property
    def worst_controls(self) -> Sequence[OfControl]:
        def weight(one: OfControl) -> tuple[object, ...]:
            severity = SEVERITIES.index(one.severity) if one.severity in SEVERITIES else len(SEVERITIES)
            return (-len(one.failing), severity, -one.verdicts[Verdict.ERROR], one.id)

        return sorted(self.controls.values(), key=weight)

    def line(self) -> str:
        """The last line in a terminal."""
        counts = ", ".join(f"{count:,} {verdict.value}" for verdict in reversed(Verdict) if (count := self.verdicts[verdict]))
        judged = f"{self.judged} of {len(self.plan.tasks)} accounts and regions judged, in {len(self.accounts)} accounts"
        gate = f"{self.closed} close the gate. The gate is {'closed' if self.exit_status else 'open'}"
        return f"{judged}: {counts or 'nothing'}; {gate}"


def _worst(counts: Mapping[Verdict, int]) -> str:
    return next((verdict.value for verdict in reversed(Verdict) if counts.get(verdict)), Verdict.ERROR.value)


_COMPARED = """
    WITH before AS (SELECT DISTINCT account, region, control, control_verdict AS verdict FROM read_parquet(?)),
         after AS (SELECT DISTINCT account, region, control, control_verdict AS verdict FROM read_parquet(?))
    SELECT account, region, control, coalesce(before.verdict, 'none'), coalesce(after.verdict, 'none')
    FROM before FULL JOIN after USING (account, region, control)
    WHERE before.verdict IS DISTINCT FROM after.verdict
    ORDER BY account, region, control
"""


def compared(since: str, before: Path, after: Path, accounts: Iterable[str], tasks_before: Path) -> Changes:
    """The differences between the findings of two runs, which are Parquet files."""
    import duckdb

    order = {verdict.value: number for number, verdict in enumerate(Verdict)}
    found: dict[str, list[Change]] = defaultdict(list)
    with duckdb.connect() as connection:
        for row in connection.execute(_COMPARED, [str(before), str(after)]).fetchall():
            change = Change(*map(str, row))
            known = change.before in order and change.after in order
            kind = "others" if not known else "worse" if order[change.after] > order[change.before] else "better"
            found[kind].append(change)
        rows = connection.execute("SELECT DISTINCT account FROM read_parquet(?)", [str(tasks_before)]).fetchall()
    then, now = {str(row[0]) for row in rows}, {*accounts}
    listed = {kind: tuple(changes[:MOST_CHANGES]) for kind, changes in found.items()}
    return Changes(
        since,
        worse=listed.get("worse", ()),
        better=listed.get("better", ()),
        others=listed.get("others", ()),
        more={kind: len(changes) - MOST_CHANGES for kind, changes in found.items() if len(changes) > MOST_CHANGES},
        new_accounts=tuple(sorted(now - then)),
        gone_accounts=tuple(sorted(then - now)),
    )
