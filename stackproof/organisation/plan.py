"""The plan of a run over an organisation: its tasks, and everything that a worker needs to do one of them.

It lies in the store as ``runs/RUN/run.json``, so that a task is no more than a few words, and that a run which has ended early goes on as
it began.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from stackproof.core.verdicts import UsageError
from stackproof.organisation.accounts import GLOBAL, Account, Limits
from stackproof.organisation.store import Store
from stackproof.util import json_document

FORMAT = 1
RUN_ID = re.compile(r"\d{8}T\d{9}Z-[0-9a-f]{6}")
"""As `stackproof.evidence.folders.new_id` gives them: sorted by name, runs are sorted by time."""


@dataclass(frozen=True, order=True)
class Task:
    """One region of one account, or what the account has once."""

    account: str
    region: str
    """`GLOBAL` for what the account has once."""

    @property
    def key(self) -> str:
        """``111111111111.ap-northeast-2``."""
        return f"{self.account}.{self.region}"


@dataclass(frozen=True)
class LeftOut:
    """An account of the organisation that is not judged."""

    id: str
    name: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """A run over an organisation, as it was begun."""

    run: str
    """``20261128T160000123Z-1a2b3c``: begins with the time, so that the newest is the last."""
    organisation: str
    file: str
    """The SHA-256 of the accounts' file."""
    accounts: tuple[Account, ...]
    left_out: tuple[LeftOut, ...]
    profiles: Mapping[str, Any]
    """By the names that the accounts have."""
    waivers: str
    """The text of ``waivers.toml``."""
    markers: str
    keywords: str
    controls: tuple[str, ...]
    """The ids of those that are judged in each region."""
    once: tuple[str, ...]
    """The ids of those that are judged once an account, because they ask nothing that a region has of its own."""
    limits: Limits
    started: datetime
    version: str
    """Of stackproof."""
    code: str
    """`stackproof.evidence.code.digest`: a worker with other code judges nothing."""
    endpoint: str | None = None
    """Of an emulator in AWS's place; what is judged there says nothing about AWS."""

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Each task once, in order."""
        return tuple(sorted(self._tasks()))

    def _tasks(self) -> Iterator[Task]:
        for account in self.accounts:
            if self.once:
                yield Task(account.id, GLOBAL)
            if self.controls:
                yield from (Task(account.id, region) for region in account.regions)

    def account(self, id: str) -> Account:
        """The account of an id."""
        return next(account for account in self.accounts if account.id == id)


_PLAN = TypeAdapter(Plan)


def write(plan: Plan, store: Store) -> None:
    """Write the plan of a run. Raises `CannotStore`."""
    document = {"format": FORMAT, **_PLAN.dump_python(plan, mode="json")}
    store.put(f"runs/{plan.run}/run.json", (json.dumps(document, indent=1) + "\n").encode())


def read(run: str, store: Store) -> Plan:
    """The plan of a run. Raises `UsageError` if the store has none that can be read, and `CannotStore`."""
    if not RUN_ID.fullmatch(run):
        raise UsageError(f"{run!r} is no run: 20261128T160000123Z-1a2b3c; {_there(store)}")
    content = store.get(f"runs/{run}/run.json")
    if content is None:
        raise UsageError(f"{store.url} has no run {run}; {_there(store)}")
    try:
        document = json_document.loads(content)
        if not isinstance(document, dict) or document.pop("format", None) != FORMAT:
            raise ValueError(f"another format than {FORMAT}")
        return _PLAN.validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UsageError(f"{store.url}: runs/{run}/run.json: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except ValueError as error:
        raise UsageError(f"{store.url}: runs/{run}/run.json: {error}") from None


def runs(store: Store) -> Sequence[str]:
    """The runs that a store has, the oldest first. Raises `CannotStore`."""
    keys = (key.split("/") for key in store.keys("runs/"))
    return sorted({parts[1] for parts in keys if len(parts) == 3 and parts[2] == "run.json"})


def _there(store: Store) -> str:
    return f"it has: {', '.join(runs(store)[-5:]) or 'none'}"
