"""results.json: a run as data, for other tools (docs/results.md, results.schema.json)."""

import contextlib
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, TextIO, TypeVar

from pydantic import TypeAdapter, ValidationError

from stackproof.core.results import ControlResult, Examined, Reading, Readings, Resources, Run, finding_id
from stackproof.core.sentences import extent, sentence, sentence_of
from stackproof.core.verdicts import UsageError
from stackproof.util import json_document
from stackproof.util.json_stream import Items, members, whole
from stackproof.util.spool import spooled

FORMAT = 3
"""Raised with every change that readers of the one before would take wrongly."""

READ = (2, 3)
"""The formats that are read; what an older one does not have is empty. Format 2 had no plans."""

AT_ONCE = 1 << 22
"""Characters of a file that is read as a whole."""

SCHEMA = Path(__file__).with_name("results.schema.json")

T = TypeVar("T")

_A_LINE = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_A_MEMBER_A_LINE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=2)


def to_json(run: Run) -> str:
    """The run in the documented format: the same run gives the same text, and controls stay in the order of the run."""
    return "".join(portions(run))


def portions(run: Run) -> Iterator[str]:
    """The text of `to_json` in portions, one for each resource and each reading of a control, so that it is never whole in memory."""
    document = {
        "format": FORMAT,
        "extent": extent(run, "en"),
        "extent_ko": extent(run, "ko"),
        "exit_status": run.exit_status,
        "gate": run.gate,
        "counts": run.counts,
        **_adapter(Run).dump_python(replace(run, controls=()), mode="json"),
        "versions": dict(sorted(run.versions.items())),
        "calls": dict(sorted(run.calls.items())),
        "controls": map(_gradually, run.controls),
    }
    yield from _portions(document)
    yield "\n"


class _Rows:
    """A list that is written a row a line: of what a control read there may be very much."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.texts = map(_A_LINE.encode, rows)


def _gradually(control: ControlResult) -> dict[str, Any]:
    plain = _adapter(ControlResult).dump_python(replace(control, resources=(), read=()), mode="json")
    return {
        **{name: value for name, value in plain.items() if name not in ("resources", "read")},
        "service": control.service,
        "sentence": sentence_of(control, "en"),
        "sentence_ko": sentence_of(control, "ko"),
        "resources": _Rows(_row(control.id, one) for one in control.resources),
        "read": _Rows(vars(one) for one in control.read),
    }


def _row(control: str, one: Examined) -> dict[str, Any]:
    """A resource with what follows from it: its id, and the id and the sentences of what was found."""
    row: dict[str, Any] = {"resource": one.resource, "verdict": one.verdict, "message": one.message}
    if one.subject:
        row["subject"] = {"id": one.subject.id} | {name: value for name, value in vars(one.subject).items() if value}
    if one.finding:
        said = {"sentence": sentence(one, "en"), "sentence_ko": sentence(one, "ko")}
        row["finding"] = {"id": finding_id(control, one)} | vars(one.finding) | said
    if one.waiver:
        row["waiver"] = one.waiver
    return row


def _portions(data: object, line: str = "\n") -> Iterator[str]:
    """JSON with a member a line, in portions; iterators are lists. ``line`` begins a line.

    >>> "".join(_portions({"a": iter([{"b": [1, 2]}]), "c": iter([])})) == json.dumps({"a": [{"b": [1, 2]}], "c": []}, indent=2)
    True
    """
    inner = f"{line}  "
    match data:
        case _Rows(texts=texts):
            yield from _separated("[]", line, ((text,) for text in texts))
        case Iterator():
            yield from _separated("[]", line, (_portions(item, inner) for item in data))
        case dict() if data:
            yield from _separated(
                "{}", line, (chain((f"{json.dumps(key)}: ",), _portions(item, inner)) for key, item in data.items())
            )
        case _:
            yield _A_MEMBER_A_LINE.encode(data).replace("\n", line)


def _separated(ends: str, line: str, parts: Iterable[Iterable[str]]) -> Iterator[str]:
    """Parts between two brackets, a part a line."""
    sign, end = ends[0], ends
    for part in parts:
        yield f"{sign}{line}  "
        yield from part
        sign, end = ",", f"{line}{ends[1]}"
    yield end


def from_json(text: str) -> Run:
    """The run that `to_json` wrote.

    Raises `UsageError` when the text is not JSON, has another format, or does not hold a run.
    """
    return read(io.StringIO(text))


def read(file: TextIO) -> Run:
    """`from_json` of a file. A long one is never whole in memory."""
    with contextlib.suppress(UnicodeDecodeError):  # what is wrong, the other way tells
        text = file.read(AT_ONCE)
        if not file.read(1) and (run := _at_once(text)):
            return run
    file.seek(0)
    return _gradually_read(file)


def _at_once(text: str) -> Run | None:
    """Several times as fast. None where anything is wrong: the other way knows what, and where."""
    try:
        document = json_document.loads(text)
        if not isinstance(document, dict) or document.get("format") not in READ:
            return None
        run: Run = _adapter(Run).validate_json(text, strict=True)
    except ValueError:
        return None
    controls = (replace(one, resources=tuple(one.resources), read=tuple(one.read)) for one in run.controls)
    return replace(run, controls=tuple(controls))


def _gradually_read(file: TextIO) -> Run:
    document: dict[str, Any] = {}
    controls: tuple[ControlResult, ...] = ()
    try:
        for key, value in members(file, depth=3):
            if key == "controls" and isinstance(value, Items) and document.get("format") in READ:
                controls = tuple(_control(one, f"controls.{number}.") for number, one in enumerate(value))
                value = []
            document[key] = whole(value)
    except ValueError as error:
        raise UsageError(f"results: not JSON: {error}") from error
    found = document.get("format")
    if found not in READ:
        known = " and ".join(map(str, READ))
        raise UsageError(f"results: format {found!r} cannot be read, only {known}; write them with this version")
    run = _checked(Run, document)
    return replace(run, controls=controls or run.controls)


def packed(control: ControlResult) -> bytes:
    """One control, to cross from a pytest-xdist worker."""
    buffer = io.BytesIO()
    with gzip.open(buffer, "wt", encoding="utf-8", errors="surrogatepass") as file:
        file.writelines(_portions(_gradually(control)))
    return buffer.getvalue()


def unpacked(data: bytes) -> ControlResult:
    """The control that `packed` gave."""
    with gzip.open(io.BytesIO(data), "rt", encoding="utf-8", errors="surrogatepass") as file:
        return _control(members(file))


def _control(reported: Any, place: str = "") -> ControlResult:
    """A control from its members, its long lists in files; ``place`` is where it stands."""
    lists: dict[str, Any] = {}
    rest = {}
    for key, value in reported if isinstance(reported, Iterator) else ():
        if key == "resources" and isinstance(value, Items):
            lists[key] = spooled((_checked(Examined, one, f"{place}{key}.") for one in value), Resources())
        elif key == "read" and isinstance(value, Items):
            lists[key] = spooled((_checked(Reading, one, f"{place}{key}.") for one in value), Readings())
        else:
            rest[key] = whole(value)
    return replace(_checked(ControlResult, rest, place), **lists)


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Made when it is asked for: to make one takes as long as to read a small run."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def _checked(kind: type[T], data: object, place: str = "") -> T:
    """Data as what it should be. Raises `UsageError`, with the place, if it is not."""
    try:
        checked: T = _adapter(kind).validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"results: {place}{where}: {first['msg']} (docs/results.md describes the format)") from error
    return checked
