"""Judging one control: run the function, watch what it reads, say what the outcome means.

This is the only place where a verdict is made. pytest (the plugin) and the proofs both come through here.
"""

import inspect
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Protocol, runtime_checkable

from stackproof.core import room
from stackproof.core.ledger import Ledger, record
from stackproof.core.partial import Missing, Partial
from stackproof.core.resource import Resource, subject_of
from stackproof.core.results import Examined, Finding, Reading, Resources, Subject
from stackproof.core.statements import finding_of
from stackproof.core.verdicts import (
    CouldNotVerify,
    DeclaredButMissing,
    NotApplicable,
    NotDeclared,
    NothingRead,
    NotYetKnown,
    UsageError,
    Verdict,
    verdict_of,
    worst,
)
from stackproof.redaction.redaction import redact
from stackproof.util import extras
from stackproof.util.spool import distinct, spooled
from stackproof.util.text import abridged

ApplyWaivers = Callable[[Sequence[Examined], bool], Iterable[Examined]]
"""What waivers make of the resources that a control examined; told whether that is all of them. See `stackproof.core.waivers`."""

Locate = Callable[[str], tuple[str, int]]
"""The Terraform source that declares the resource at a plan's address: file and line, or nothing and 0."""

LONGEST_MESSAGE = 2000
"""Characters; a longer message is cut, and says so."""

MOST_REPORTED = 100
"""Resources that the message of a control tells of; its ``resources`` have all."""


@runtime_checkable
class Accepting(Protocol):
    """A resource that holds findings which waivers accept: a scan."""

    def accepted_findings(self) -> Sequence[Examined]:
        """Each as a WAIVED resource."""
        ...


@dataclass(frozen=True)
class Judgement:
    """How one control ended, and on what evidence."""

    verdict: Verdict
    message: str
    resources: Sequence[Examined]
    read: Sequence[Reading]
    seconds: float
    finding: Finding | None = None
    """Of the control as a whole: what it ended with outside of its subtests."""
    needs: tuple[str, ...] = ()
    """The keys of the profile (``database.engine_version``) that statements would be judged by, and that it does not declare."""


class Subtests:
    """The ``subtests`` that a control gets: pytest's interface, one verdict for each block.

    The failure of one resource never hides the next, and all stay in the one result of their control.
    """

    def __init__(self, ledger: Ledger, locate: Locate) -> None:
        self._ledger = ledger
        self._locate = locate
        self._ended = 0
        """Blocks that have been judged."""
        self.examined = Resources()
        self.needs: dict[str, None] = {}
        """The keys of the profile that blocks would have been judged by."""
        self.reported: list[Exception] = []
        """What was not there to be judged, and a block ended with."""

    def note(self, name: str, rest: Exception) -> None:
        """Add what was not there to be judged, unless a block said so already."""
        if not any(type(one) is type(rest) and str(one) == str(rest) for one in self.reported):
            self.examined.append(_examined(name, rest, self._ledger, self._locate))

    @contextmanager
    def test(self, msg: str | None = None, **parameters: object) -> Iterator[None]:
        """Judge the block on its own, under the name of the resource that it is about."""
        name = " ".join([msg or "", *(f"{key}={value}" for key, value in parameters.items())]).strip()
        before, inside = self._ledger.count, self._ended
        self._ledger.doubts.append([])
        self._ledger.about.append([])
        try:
            yield
            if self._ledger.count == before and self._ended == inside:  # else blocks inside have judged
                raise NothingRead("passed without reading anything: no evidence, no pass")
            _raise_first(self._ledger.doubts[-1])
        except Exception as error:  # noqa: BLE001 - every outcome becomes a verdict
            room.end_for(error)
            self.needs |= dict.fromkeys(needs_of(error))
            if (
                isinstance(error, NotYetKnown | CouldNotVerify | DeclaredButMissing | NotDeclared)
                and len(self.reported) < MOST_REPORTED
            ):
                self.reported.append(error)
            self.examined.append(_examined(name, error, self._ledger, self._locate))
        else:
            self.examined.append(_examined(name, None, self._ledger, self._locate))
        finally:
            self._ledger.doubts.pop()
            self._ledger.about.pop()
            self._ended += 1


def require_assertions(optimize: int = sys.flags.optimize) -> None:
    """Raises `UsageError` where Python leaves ``assert`` out: what does not hold would not show.

    >>> require_assertions(2)
    Traceback (most recent call last):
        ...
    stackproof.core.verdicts.UsageError: Python leaves assertions out, so nothing could fail: unset PYTHONOPTIMIZE, and leave out -O
    """
    if optimize:
        raise UsageError("Python leaves assertions out, so nothing could fail: unset PYTHONOPTIMIZE, and leave out -O")


def judge(
    control: Callable[..., None],
    resolve_fixture: Callable[[str], object],
    *,
    precondition: Callable[[], None] = lambda: None,
    apply_waivers: ApplyWaivers = lambda examined, _: examined,
    locate: Locate = lambda _: ("", 0),
) -> Judgement:
    """Run a control and judge the outcome.

    ``resolve_fixture`` gives the value of each argument by name; what it raises is judged like what the control raises: a collection
    that could not be read is an ERROR of the controls that asked for it, beside what they find in the others. ``precondition`` may raise
    too, to set the control aside. ``apply_waivers`` applies the waivers. ``locate`` finds the sources of planned resources.

    Raises `NoRoom` alone: where files cannot be written, nothing is judged to its end.
    """
    arguments = inspect.signature(control).parameters
    ledger = Ledger(by_resource="subtests" in arguments)
    subtests = Subtests(ledger, locate)
    given: dict[str, object] = {}
    subject: Resource | None = None
    error: Exception | None = None
    started = time.perf_counter()
    try:
        precondition()
        for name in arguments:
            given[name] = subtests if name == "subtests" else _resolved(name, resolve_fixture, or_missing=ledger.by_resource)
        subject = _subject(given)
        with ledger.open():
            control(**given)
        _raise_first(ledger.doubts[-1])
    except Exception as raised:  # noqa: BLE001 - every outcome becomes a verdict
        room.end_for(raised)
        error = raised
    seconds = time.perf_counter() - started
    rest = _rest(given, ledger, subtests)
    with ledger.open():
        _record_absence([*rest, *([error] if error else [])])
    needs = dict.fromkeys((*subtests.needs, *(key for one in (*rest, error) for key in needs_of(one))))
    examined, read = subtests.examined.finished(), ledger.readings
    if subject and (error or read):
        examined, error = (_examined(subject.name, error, ledger, locate, subject),), None
    examined = _with_accepted(given, examined, locate)
    if not isinstance(error, NotApplicable | NotDeclared):
        with_waivers = apply_waivers(examined, error is None and not rest)
        examined = examined if with_waivers is examined else spooled(with_waivers, Resources())
    verdict, message = _judged(error, examined, read, by_resource="subtests" in arguments)
    if not examined:
        names = distinct(one.resource for one in read)
        examined = spooled((Examined(name, verdict) for name in names), Resources())
    return Judgement(verdict, message, examined, read, seconds, finding_of(error, ledger)[0] if error else None, tuple(needs))


def needs_of(error: Exception | None) -> tuple[str, ...]:
    """The keys of the profile that an error asks for; none for an error of another kind."""
    return error.needs if isinstance(error, NotDeclared) else ()


def _raise_first(errors: Sequence[Exception]) -> None:
    if errors:
        raise errors[0].with_traceback(None)


def _resolved(name: str, resolve_fixture: Callable[[str], object], *, or_missing: bool) -> object:
    """The value of an argument. A control that judges resource by resource goes on without it, and is judged by the error, too."""
    try:
        return resolve_fixture(name)
    except (NotYetKnown, CouldNotVerify, DeclaredButMissing, NotDeclared) as error:
        room.end_for(error)
        if not or_missing:
            raise
        return Missing(name, error)


def _rest(given: Mapping[str, object], ledger: Ledger, subtests: Subtests) -> list[Exception]:
    """What stands for the parts of collections that were not there to be judged; each is judged as a resource of its own."""
    of_arguments = [(name, value.rest) for name, value in given.items() if isinstance(value, Partial)]
    inside = [error for error in ledger.rest if not any(error is rest for _, rest in of_arguments)]
    for name, error in (*of_arguments, *(("what is not known yet", error) for error in inside)):
        room.end_for(error)
        subtests.note(name, error)
    return [*(error for _, error in of_arguments), *inside]


def _record_absence(errors: Iterable[Exception]) -> None:
    """Note by what it was read that there is nothing of a kind: that, too, has its evidence."""
    for error in errors:
        if isinstance(error, NotDeclared) and error.read:
            record(*error.read)


def _subject(given: Mapping[str, object]) -> Resource | None:
    """The resource that a control is about as a whole: it has no ``subtests``, and asks for one resource."""
    resources = [value for value in given.values() if isinstance(value, Resource)]
    return resources[0] if len(resources) == 1 and "subtests" not in given else None


def _with_accepted(given: Mapping[str, object], examined: Sequence[Examined], locate: Locate) -> Sequence[Examined]:
    """With each finding of a scanner that a waiver accepts (`stackproof.resources.sources.Scan.accepted`)."""
    scans = [value for value in given.values() if isinstance(value, Resource) and isinstance(value, Accepting)]
    accepted = [replace(one, subject=_located(one.subject, locate)) for scan in scans for one in scan.accepted_findings()]
    return (*examined, *accepted) if accepted else examined


def _examined(name: str, error: Exception | None, ledger: Ledger, locate: Locate, resource: Resource | None = None) -> Examined:
    about: Resource | None = next(iter(ledger.about[-1]), None)
    if error is None:
        return Examined(name, Verdict.PASS, subject=_subject_of(resource or about))
    try:
        found, subject = _told(error, ledger, locate, resource or about)
    except Exception:  # noqa: BLE001 - what is told of a judgement never decides it
        found, subject = None, None
    return Examined(name, verdict_of(error), message_of(error), subject, found)


def _told(error: Exception, ledger: Ledger, locate: Locate, about: Resource | None) -> tuple[Finding | None, Subject | None]:
    found, failed = finding_of(error, ledger)
    subject = _subject_of(failed or about)
    return found, _located(subject, locate)


def _located(subject: Subject | None, locate: Locate) -> Subject | None:
    """A resource with the place that declares it, where that is not known yet."""
    if not subject or not subject.address or subject.line:
        return subject
    file, line = locate(subject.address)
    return replace(subject, file=file, line=line)


def _subject_of(resource: Resource | None) -> Subject | None:
    return subject_of(resource) if resource is not None else None


def message_of(error: BaseException) -> str:
    """The message of an exception for a report: what happened and where, without a secret, of bounded length."""
    if absent := extras.missing(error):
        return absent
    text = str(error).strip()
    if verdict_of(error) is Verdict.ERROR and type(error).__module__ != "stackproof.core.verdicts":
        text = f"{type(error).__name__}: {text} (at {_place(error)})"
    if "Extra items in the" in text:  # pytest has said what differs; its full diff says it again
        text = text.partition("Full diff")[0].rstrip()
    text = redact(text)
    if verdict_of(error) is not Verdict.FAIL:
        text = abridged(text)  # the evidence has the call's arguments
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}… ({len(text)} characters)"


def _judged(
    error: BaseException | None, examined: Sequence[Examined], readings: Sequence[Reading], *, by_resource: bool
) -> tuple[Verdict, str]:
    verdict = worst({*(one.verdict for one in examined), *([verdict_of(error)] if error else [])})
    if verdict is Verdict.PASS and not readings:
        return Verdict.ERROR, "the control passed without reading anything: no evidence, no pass"
    if verdict is Verdict.PASS and by_resource and not examined:
        return Verdict.ERROR, "the control had nothing to examine: an empty list is not a pass"
    wrong = (one for one in examined if one.verdict is not Verdict.PASS)
    problems = _told_once(islice(wrong, MOST_REPORTED))
    if more := sum(1 for _ in wrong):
        problems.append(f"and {more:,} more: results.json has each of them")
    return verdict, "\n".join([*problems, *([message_of(error)] if error else [])])


def _told_once(wrong: Iterable[Examined]) -> list[str]:
    """The message of each resource; that of several which are set aside for one reason, once."""
    told: dict[tuple[bool, str, str], list[str]] = {}
    for one in wrong:
        aside = one.verdict is Verdict.NOT_DECLARED
        names = told.setdefault((aside, one.message, "" if aside else f"{len(told)}"), [])
        if one.resource not in names:
            names.append(one.resource)
    return [f"{', '.join(names)}: {message}" for (_, message, _), names in told.items()]


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"
