"""A recorded run as a source: the AWS source, with a recording where the network was."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stackproof import verdicts
from stackproof.aws.calls import Answer, Call, from_jsonable, to_jsonable
from stackproof.evidence.redaction import redact, redact_data
from stackproof.verdicts import CallFailed, CouldNotVerify


@dataclass(frozen=True)
class Recorded:
    """One call as it ended: in pages, in "there is none", or in an error."""

    call: Call
    pages: tuple[dict[str, Any], ...] = ()
    absent: bool = False
    error: CouldNotVerify | None = None


class Recording:
    """A transport that answers from what was recorded. A call that was not recorded is an error, never an empty answer."""

    def __init__(self, calls: Iterable[Recorded]) -> None:
        self.calls = tuple(calls)
        self._by_call = {recorded.call: recorded for recorded in self.calls}

    @property
    def counts(self) -> Counter[str]:
        return Counter()

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        del absent  # the recording says how the call ended
        recorded = self._by_call.get(call)
        if recorded is None:
            return Answer(call, error=CallFailed(f"{call} is not in the recording"))
        return Answer(call, recorded.pages, recorded.error, recorded.absent)


def recorded(answers: Iterable[Answer]) -> Recording:
    """A recording of a run's answers, secrets hidden."""
    return Recording(
        Recorded(answer.call, absent=answer.is_absent, error=answer.error, pages=tuple(_kept(page) for page in answer.raw_pages))
        for answer in answers
    )


def _kept(page: Any) -> dict[str, Any]:
    """A page without what is about the transport and not about the account."""
    return {key: redact_data(value, key) for key, value in page.items() if key != "ResponseMetadata"}


def to_json(recording: Recording) -> str:
    """The recording as text, one call after the other in a stable order."""
    entries = []
    for one in sorted(recording.calls, key=lambda one: str(one.call)):
        entry: dict[str, Any] = {"operation": one.call.operation, "region": one.call.region, "parameters": one.call.arguments}
        if one.error:
            entry["error"] = {"kind": type(one.error).__name__, "message": redact(str(one.error))}
        elif one.absent:
            entry["absent"] = True
        else:
            entry["pages"] = [to_jsonable(page) for page in one.pages]
        entries.append(entry)
    return json.dumps(entries, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> Recording:
    """The recording that `to_json` wrote. Raises `ValueError` for text that is not one."""
    try:
        return Recording([_entry(entry) for entry in json.loads(text)])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a recording: {type(error).__name__} {error}") from None


def _entry(entry: Mapping[str, Any]) -> Recorded:
    error = entry.get("error")
    return Recorded(
        Call.of(entry["operation"], entry["region"], **entry["parameters"]),
        pages=tuple(from_jsonable(page) for page in entry.get("pages", ())),
        absent=entry.get("absent", False),
        error=_error(**error) if error else None,
    )


def _error(kind: str, message: str) -> CouldNotVerify:
    """Only what a call can end in: a recording cannot bring about another verdict than ERROR."""
    known = getattr(verdicts, kind)
    if not (isinstance(known, type) and issubclass(known, CouldNotVerify)):
        raise TypeError(f"a call does not end in {kind}")
    return known(message)
