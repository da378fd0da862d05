"""A recording without what is another each time: moments, ids, how many requests a cloud had logged and measured by then.

`at_rest` holds still what one recording has of its time; `aligned` gives the ids of a new recording the names that the old one has for
the same things. So whatever did not change is recorded in the same bytes. Both work on entries, as `stackproof.sources.replay.to_entry`
makes them.
"""

import base64
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

Entry = dict[str, Any]

LATELY = timedelta(minutes=1)
"""Before the moment of the recording: when everything happened that happened around it."""
AROUND = timedelta(hours=2)
YEARS = (timedelta(days=-400), timedelta(days=1200))
"""A moment outside of this is the same in every recording."""

_ISO = re.compile(r"\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|\+00:00)?")
_MILLISECONDS = re.compile(r"\b\d{13}\b")
_ID = re.compile(
    r"(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"  # a UUID
    r"|\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b"  # a network card
    r"|\b\d{1,3}[.-]\d{1,3}[.-]\d{1,3}[.-]\d{1,3}\b(?!/)"  # an address, but no range
    r"|(?<![0-9A-Za-z])[0-9a-f]{16,}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?:(?=[A-Z]*\d)[0-9A-Z]{16,}|A[GIKNRS][A-Z]A[0-9A-Z]{16,})(?![0-9A-Za-z])"  # of IAM: with a digit or without one
    r"|(?<=-)[0-9A-Za-z]{6}(?=$)"  # what Secrets Manager ends an ARN with
)
_REQUEST = re.compile(r'(?<="request_id":")[0-9a-f]{32}')
_OF_A_RUN = ((r'(?<="duration":)[0-9.]+', "1.5"), (r"(?<=process \[)\d+", "1"), (r"(?<=', )\d+(?=\))", "8000"))
"""Of a message: how long it took, the process, its port."""
_PROCESS = re.compile(r"(?<=/)\d+-[0-9a-f]{8}$")
"""The end of the name of a log stream that a process of this machine writes."""
_QUEUE = re.compile(r"^http://127\.0\.0\.1:\d+/(\d{12})/")
"""The beginning of a queue's URL, which an emulator makes of its own address."""
_NUMBER = re.compile(r"[0-9a-f]{8,}|\d+")
_SECONDS = re.compile(r"\d{10}(?:\.\d+)?")
"""The whole of a text that is a moment: SQS tells seconds so."""
_SHORT_IDS = frozenset(
    {"ApiId", "ApiMappingId", "AuthorizerId", "IntegrationId", "RouteId"}
    | {"deploymentId", "id", "parentId", "restApiId", "rootResourceId"}
)
"""Of API Gateway: the members with ids of a few letters and digits, which no form tells from words."""


# Moments


def shifted(data: Any, by: timedelta) -> Any:
    """Data with every moment of the last and the next years moved."""
    return _with_moments(data, lambda moment: moment + by)


def at_rest(entries: Sequence[Entry], now: datetime) -> list[Entry]:
    """Entries that say the same of a cloud however long it had been running at ``now``."""
    entries = [_of_any_process(entry) for entry in with_long_ids(entries)]
    streams = _streams(entries)
    latest: dict[str, list[Any]] = {}
    still = []
    for entry in sorted(entries, key=_asks_for_one_event):
        echoed = frozenset(_texts(entry["parameters"]))
        pages = _with_moments(entry.get("pages", []), lambda moment: _rested(moment, now), echoed)
        pages = _sorted_pages([_page(entry["operation"], page, streams, now) for page in pages])
        if entry["operation"] == "logs:FilterLogEvents" and pages:
            group = entry["parameters"]["logGroupName"]
            if _asks_for_one_event(entry):
                pages = [{**page, "events": latest.get(group, list(page["events"]))[:1]} for page in pages]
            else:
                latest.setdefault(group, pages[0]["events"])
        still.append({**entry, **({"pages": pages} if "pages" in entry else {})})
    return still


def with_long_ids(entries: Sequence[Entry]) -> list[Entry]:
    """Entries in which API Gateway's short ids have the form of ids, wherever they stand."""
    short = {text for entry in entries if entry["operation"].startswith("apigateway") for text in _short_ids(entry)}
    if not short:
        return list(entries)
    words = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(sorted(short))})(?![0-9A-Za-z])")

    def long(data: Any) -> Any:
        match data:
            case dict():
                return {name: long(value) for name, value in data.items()}
            case list():
                return [long(value) for value in data]
            case str():
                return words.sub(lambda found: hashlib.sha256(found[0].encode()).hexdigest()[:16], data)
        return data

    return [long(entry) for entry in entries]


def _short_ids(data: Any) -> Iterator[str]:
    match data:
        case dict():
            for name, value in data.items():
                if name in _SHORT_IDS and isinstance(value, str) and re.fullmatch(r"[0-9a-z]{4,12}", value):
                    yield value
                else:
                    yield from _short_ids(value)
        case list():
            for value in data:
                yield from _short_ids(value)


def settled(new: Sequence[Entry], old: Sequence[Entry], now: datetime) -> list[Entry]:
    """A new recording at rest, in the words of the old one."""
    return at_rest(aligned(at_rest(new, now), old), now)


def _asks_for_one_event(entry: Entry) -> bool:
    return bool(entry["parameters"].get("PaginationConfig", {}).get("MaxItems") == 1)


def _rested(moment: datetime, now: datetime) -> datetime:
    """What happened around the recording, a minute before it; all else in whole days from then."""
    ago = moment - now
    return now - LATELY if abs(ago) < AROUND else now + timedelta(days=round(ago / timedelta(days=1)))


def _texts(data: Any) -> Iterator[str]:
    match data:
        case dict():
            yield from (text for value in data.values() for text in _texts(value))
        case list():
            yield from (text for value in data for text in _texts(value))
        case str():
            yield data


def _with_moments(data: Any, change: Callable[[datetime], datetime], kept: Collection[str] = ()) -> Any:
    """Data with its moments changed, but for the texts that are kept."""

    def changed(moment: datetime) -> datetime:
        return change(moment) if YEARS[0] < moment - datetime.now(UTC) < YEARS[1] else moment

    def iso(found: re.Match[str]) -> str:
        moment = changed(datetime.fromisoformat(found[1] + (found[2] or "")).replace(tzinfo=UTC))
        fraction = f"{moment.microsecond:06d}"[: len(found[2]) - 1] if found[2] else ""
        return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}{found[3] or ''}"

    def count(number: int, unit: int) -> int:
        moment = datetime.fromtimestamp(number / unit, UTC)
        return number + round((changed(moment) - moment) / timedelta(seconds=1) * unit)

    match data:
        case {"$bytes": str(content), **more} if not more:  # a credential report
            return {
                "$bytes": base64.b64encode(
                    _with_moments(base64.b64decode(content).decode("latin-1"), change).encode("latin-1")
                ).decode()
            }
        case dict():
            return {name: _with_moments(value, change, kept) for name, value in data.items()}
        case list():
            return [_with_moments(value, change, kept) for value in data]
        case str() if data not in kept and _SECONDS.fullmatch(data):
            whole, dot, _ = data.partition(".")
            moved = count(int(whole), 1)
            return data if moved == int(whole) else f"{moved}{'.000000' if dot else ''}"
        case str() if data not in kept:
            return _ISO.sub(iso, _MILLISECONDS.sub(lambda found: str(count(int(found[0]), 1000)), data))
        case bool():
            return data
        case int() if 1_500_000_000_000 < data < 2_500_000_000_000:
            return count(data, 1000)
        case int() if 1_500_000_000 < data < 2_500_000_000:
            return count(data, 1)
    return data


# What was logged and measured


def _page(operation: str, page: Entry, streams: Mapping[str, str], now: datetime) -> Entry:
    match operation:
        case "cloudwatch:GetMetricData":
            return {**page, "MetricDataResults": [_measured(one, now) for one in page["MetricDataResults"]]}
        case "logs:DescribeLogGroups":
            return {
                **page,
                "logGroups": [{**one, **({"storedBytes": 1} if one.get("storedBytes") else {})} for one in page["logGroups"]],
            }
        case "logs:FilterLogEvents":
            events = _one_of_each(page["events"], lambda event: str(event.get("message")))
            return {**page, "events": [_event(event, number, streams) for number, event in enumerate(events)]}
        case "logs:GetQueryResults":
            rows = _one_of_each(
                page["results"], lambda row: str(next((one["value"] for one in row if one["field"] == "@message"), row))
            )
            return {**page, "results": [_row(row, number, streams) for number, row in enumerate(rows)]}
    return page


def _sorted_pages(pages: list[Entry]) -> list[Entry]:
    """Pages of tags, which come in any order, with their items in that of their ARNs, and the tags in that of their keys."""
    if any("ResourceTagMappingList" not in page for page in pages):
        return pages
    items = sorted((item for page in pages for item in page["ResourceTagMappingList"]), key=itemgetter("ResourceARN"))
    items = [{**item, "Tags": sorted(item.get("Tags", ()), key=itemgetter("Key"))} for item in items]
    tokens = [{"PaginationToken": str(number)} if page.get("PaginationToken") else {} for number, page in enumerate(pages, 1)]
    sizes = [len(page["ResourceTagMappingList"]) for page in pages]
    return [
        {**page, **token, "ResourceTagMappingList": [items.pop(0) for _ in range(size)]}
        for page, token, size in zip(pages, tokens, sizes, strict=True)
    ]


def _measured(one: Entry, now: datetime) -> Entry:
    """One datapoint, where there are any."""
    if not one["Values"]:
        return one
    return {**one, "Timestamps": [{"$date": (now - LATELY).replace(second=0, microsecond=0).isoformat()}], "Values": [1.0]}


def _one_of_each(events: Iterable[Any], text: Callable[[Any], str]) -> list[Any]:
    """Of events that say the same but for numbers, the first one; in the order of what they say."""
    found: dict[str, Any] = {}
    for event in events:
        found.setdefault(_NUMBER.sub("#", text(event)), event)
    return [found[form] for form in sorted(found)]


def _of_any_process(data: Any) -> Any:
    match data:
        case dict():
            return {name: _of_any_process(value) for name, value in data.items()}
        case list():
            return [_of_any_process(value) for value in data]
        case str():
            return _QUEUE.sub(r"https://sqs.amazonaws.com/\1/", _PROCESS.sub("1-00000000", data))
    return data


def _event(event: Entry, number: int, streams: Mapping[str, str]) -> Entry:
    stream = event.get("logStreamName", "")
    texts = {"message": _said(event["message"]), "logStreamName": streams.get(_prefix(stream), stream)}
    return {**event, **texts, "eventId": str(number)}


def _row(row: Sequence[Entry], number: int, streams: Mapping[str, str]) -> list[Entry]:
    changes: dict[str, Callable[[str], str]] = {
        "@ptr": lambda _: str(number),
        "@message": _said,
        "@logStream": lambda stream: streams.get(_prefix(stream), stream),
    }
    return [{**one, "value": changes.get(one["field"], str)(one["value"])} for one in row]


def _said(message: str) -> str:
    """A message without what is of one request alone."""
    said = _REQUEST.sub(hashlib.sha256(_NUMBER.sub("#", message).encode()).hexdigest()[:32], message)
    for pattern, value in _OF_A_RUN:
        said = re.sub(pattern, value, said)
    return said


def _streams(entries: Iterable[Entry]) -> dict[str, str]:
    """Of streams that differ in a task's id alone, the first one."""
    found: dict[str, str] = {}
    for entry in entries:
        for page in entry.get("pages", ()) if entry["operation"] == "logs:FilterLogEvents" else ():
            for stream in page.get("searchedLogStreams", ()):
                prefix, name = _prefix(stream["logStreamName"]), stream["logStreamName"]
                found[prefix] = min(name, found.get(prefix, name))
    return found


def _prefix(stream: str) -> str:
    return stream.rpartition("/")[0]


# Ids


def aligned(new: Sequence[Entry], old: Sequence[Entry]) -> list[Entry]:
    """The new entries, with the ids and in the order that the old ones have for the same things."""
    names: dict[str, str] = {}
    for is_log in (False, True):  # which of several tasks has logged something is another each time
        for least in (None, None, 1, 0):  # what is alike but for ids is told apart by what was found before
            chosen = [_renamed(entry, names) for entry in new if entry["operation"].startswith("logs:") is is_log]
            for one, other in _pairs(chosen, old, _asked, least):
                _learn(one, other, names, least)
    named = [_renamed(entry, names) for entry in new]
    same = {id(one): other for one, other in _pairs(named, old, _asked)}
    return [_in_order(one, same[id(one)]) if id(one) in same else one for one in named]


def _asked(entry: Entry) -> Entry:
    return {name: entry[name] for name in ("operation", "region", "parameters", "sample") if name in entry}


def _pairs(
    new: Sequence[Any], old: Sequence[Any], key: Callable[[Any], Any] = lambda one: one, least: int | None = 0
) -> list[tuple[Any, Any]]:
    """Items that are the same, then those that are but for ids, then what is left if that is one on both sides.

    Of several that are the same but for ids, those are a pair that have the most ids in common, and ``least`` of them; None: no pair.
    """
    pairs = []
    for form in (_form, _masked):
        left = defaultdict(list)
        for one in old:
            left[form(key(one))].append(one)
        several = Counter(form(key(one)) for one in new)
        rest = []
        for one in new:
            alike = left[form(key(one))]
            is_reported = form is _form or max(several[form(key(one))], len(alike)) == 1
            best = max(alike, key=lambda other: _shared(one, other), default=None)
            if best is not None and (is_reported or (least is not None and _shared(one, best) >= least)):
                pairs.append((one, best))
                alike.remove(best)
            else:
                rest.append(one)
        new, old = rest, [one for alike in left.values() for one in alike]
    return [*pairs, *([(new[0], old[0])] if len(new) == len(old) == 1 else [])]


def _shared(one: Any, other: Any) -> int:
    """How many ids two items have in common."""
    return len({*_ID.findall(_form(one))} & {*_ID.findall(_form(other))})


def _learn(new: Any, old: Any, names: dict[str, str], least: int | None) -> None:
    match new, old:
        case dict(), dict():
            for name in new.keys() & old.keys():
                _learn(new[name], old[name], names, least)
            more = (
                [[*item] for item in new.items() if item[0] not in old],
                [[*item] for item in old.items() if item[0] not in new],
            )
            for (name, value), (other_name, other) in _pairs(*more, least=least):
                _learn(name, other_name, names, least)
                _learn(value, other, names, least)
        case list(), list():
            for one, other in _pairs(new, old, least=least):
                _learn(one, other, names, least)
        case str(), str() if _masked(new) == _masked(old):
            for one, other in zip(_ID.findall(new), _ID.findall(old), strict=True):
                if other not in names.values():
                    names.setdefault(one, other)


def _in_order(new: Any, old: Any) -> Any:
    """Data with its lists in the order of the old ones, as far as those have the same; what is new comes last."""
    match new, old:
        case dict(), dict():
            kept = {name: _in_order(new[name], old[name]) for name in old if name in new}
            return kept | {name: value for name, value in new.items() if name not in old}
        case list(), list():
            pairs = _pairs([*enumerate(new)], [*enumerate(old)], itemgetter(1))
            in_order = [_in_order(one, other) for (_, one), (_, other) in sorted(pairs, key=lambda pair: pair[1][0])]
            there = {place for (place, _), _ in pairs}
            return [*in_order, *(one for place, one in enumerate(new) if place not in there)]
    return new


def _form(data: Any, text: Callable[[str], str] = str) -> str:
    """Data as a text that is the same in whatever order its lists are."""
    match data:
        case dict():
            return "{" + ",".join(f"{name}:{_form(data[name], text)}" for name in sorted(data)) + "}"
        case list():
            return "[" + ",".join(sorted(_form(one, text) for one in data)) + "]"
        case str():
            return json.dumps(text(data))
    return json.dumps(data)


def _masked(data: Any) -> str:
    return _form(data, lambda text: _ID.sub("#", text))


def _renamed(data: Any, names: Mapping[str, str]) -> Any:
    match data:
        case dict():
            return {_renamed(name, names): _renamed(value, names) for name, value in data.items()}
        case list():
            return [_renamed(value, names) for value in data]
        case str():
            return _ID.sub(lambda found: names.get(found[0], found[0]), data)
    return data
