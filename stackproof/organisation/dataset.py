"""The findings and readings of a run over an organisation as Parquet, which DuckDB and others read (``docs/organisation.md``)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from stackproof.core.results import ControlResult
from stackproof.core.verdicts import Verdict
from stackproof.organisation.results import Result

_TEXT, _NUMBER, _REAL, _TIME = "string", "int64", "double", "timestamp"

TABLES: Mapping[str, Mapping[str, str]] = {
    "tasks": {
        "run": _TEXT,
        "account": _TEXT,
        "account_name": _TEXT,
        "owner": _TEXT,
        "region": _TEXT,
        "environment": _TEXT,
        "state": _TEXT,
        "reason": _TEXT,
        "closes_the_gate": _NUMBER,
        "started": _TIME,
        "seconds": _REAL,
        "calls": _NUMBER,
        **{verdict.value.lower(): _NUMBER for verdict in Verdict},
    },
    "findings": {
        "run": _TEXT,
        "account": _TEXT,
        "account_name": _TEXT,
        "owner": _TEXT,
        "region": _TEXT,
        "control": _TEXT,
        "title": _TEXT,
        "severity": _TEXT,
        "control_verdict": _TEXT,
        "resource": _TEXT,
        "type": _TEXT,
        "arn": _TEXT,
        "verdict": _TEXT,
        "field": _TEXT,
        "expected": _TEXT,
        "actual": _TEXT,
        "message": _TEXT,
    },
    "readings": {
        "run": _TEXT,
        "account": _TEXT,
        "region": _TEXT,
        "control": _TEXT,
        "resource": _TEXT,
        "field": _TEXT,
        "value": _TEXT,
        "source": _TEXT,
    },
}
"""The columns of each table. ``findings`` has a row for each resource that a control examined, and one where it examined none; an account
and region that was not judged has a row in ``tasks`` alone."""

_BATCH = 20_000


class Dataset:
    """Three Parquet files in a folder, written row by row; a context manager."""

    def __init__(self, folder: Path, run: str) -> None:
        self._folder = folder
        self._run = run
        self._undo = ExitStack()
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self._writers: dict[str, Any] = {}
        self._schemas: dict[str, Any] = {}

    def __enter__(self) -> "Dataset":
        import pyarrow
        import pyarrow.parquet

        kinds = {
            _TEXT: pyarrow.string(),
            _NUMBER: pyarrow.int64(),
            _REAL: pyarrow.float64(),
            _TIME: pyarrow.timestamp("us", tz="UTC"),
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, columns in TABLES.items():
            self._schemas[name] = pyarrow.schema([(column, kinds[kind]) for column, kind in columns.items()])
            writer = pyarrow.parquet.ParquetWriter(self._folder / f"{name}.parquet", self._schemas[name], compression="zstd")
            self._writers[name] = self._undo.enter_context(writer)
        return self

    def __exit__(self, *_: object) -> None:
        for name in TABLES:
            self._flush(name)
        self._undo.close()

    def add(self, result: Result) -> None:
        """Add the rows of one account and region."""
        self._add("tasks", [self._task(result)])
        for control in result.run.controls if result.run else ():
            self._add("findings", self._findings(result, control))
            self._add("readings", self._readings(result, control))

    def _add(self, name: str, rows: Sequence[dict[str, Any]] | Iterator[dict[str, Any]]) -> None:
        for row in rows:
            self._rows[name].append(row)
            if len(self._rows[name]) >= _BATCH:
                self._flush(name)

    def _flush(self, name: str) -> None:
        import pyarrow

        if rows := self._rows[name]:
            self._writers[name].write_table(pyarrow.Table.from_pylist(rows, schema=self._schemas[name]))
            self._rows[name] = []

    def _about(self, result: Result) -> dict[str, Any]:
        account = result.account
        return {
            "run": self._run,
            "account": account.id,
            "account_name": account.name,
            "owner": account.owner,
            "region": result.task.region,
        }

    def _task(self, result: Result) -> dict[str, Any]:
        run = result.run
        if run is None:
            return {**self._about(result), "state": "not judged", "reason": _plain(result.reason), "closes_the_gate": 1}
        return {
            **self._about(result),
            "environment": run.environment,
            "state": "judged",
            "closes_the_gate": int(result.closes_the_gate),
            "started": run.started,
            "seconds": run.seconds,
            "calls": sum(run.calls.values()),
            **{verdict.value.lower(): count for verdict, count in run.counts.items()},
        }

    def _findings(self, result: Result, control: ControlResult) -> Iterator[dict[str, Any]]:
        about = {
            **self._about(result),
            "control": control.id,
            "title": control.title,
            "severity": control.severity,
            "control_verdict": control.verdict.value,
        }
        has_some = False
        for one in control.resources:
            has_some = True
            named = {"type": one.subject.type, "arn": _plain(one.subject.arn)} if one.subject else {}
            found = one.finding
            compared = {"field": found.field, "expected": _plain(found.expected), "actual": _plain(found.actual)} if found else {}
            of_resource = {"resource": _plain(one.resource), "verdict": one.verdict.value, "message": _plain(one.message)}
            yield {**about, **named, **compared, **of_resource}
        if not has_some:
            yield {**about, "verdict": control.verdict.value, "message": _plain(control.message)}

    def _readings(self, result: Result, control: ControlResult) -> Iterator[dict[str, Any]]:
        about = {"run": self._run, "account": result.account.id, "region": result.task.region, "control": control.id}
        for one in control.read:
            yield {
                **about,
                "resource": _plain(one.resource),
                "field": one.field,
                "value": _plain(one.value),
                "source": _plain(one.source),
            }


def _plain(text: str) -> str:
    """Text that can be UTF-8: a lone surrogate becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
