"""Judging one control: run the function, watch what it reads, say what the outcome means.

This is the only place where a verdict is made. pytest (the plugin) and the proofs both come through here.
"""

import inspect
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from stackproof.core.ledger import Ledger
from stackproof.core.resource import Resource
from stackproof.core.results import Examined, Reading, Resources
from stackproof.core.verdicts import CouldNotVerify, NotApplicable, Verdict, verdict_of, worst
from stackproof.redaction.redaction import redact
from stackproof.util.spool import distinct, spooled

ApplyWaivers = Callable[[Sequence[Examined], bool], Iterable[Examined]]
"""What waivers make of the resources that a control examined; told whether that is all of them. See `stackproof.core.waivers`."""

LONGEST_MESSAGE = 2000
"""Characters; a longer message is cut, and says so."""

MOST_TOLD = 100
"""Resources that the message of a control tells of; its ``resources`` have all."""


@dataclass(frozen=True)
class Judgement:
    """How one control ended, and on what evidence."""

    verdict: Verdict
    message: str
    resources: Sequence[Examined]
    read: Sequence[Reading]
    seconds: float


class Subtests:
    """The ``subtests`` that a control gets: pytest's interface, one verdict for each block.

    The failure of one resource never hides the next, and all stay in the one result of their control.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.examined = Resources()

    @contextmanager
    def test(self, msg: str | None = None, **parameters: object) -> Iterator[None]:
        """Judge the block on its own, under the name of the resource that it is about."""
        name = " ".join([msg or "", *(f"{key}={value}" for key, value in parameters.items())]).strip()
        before = self._ledger.count
        try:
            yield
            if self._ledger.count == before:
                raise CouldNotVerify("passed without reading anything: no evidence, no pass")
        except Exception as error:  # noqa: BLE001 - every outcome becomes a verdict
            self.examined.append(_examined(name, error))
        else:
            self.examined.append(_examined(name, None))


def judge(
    control: Callable[..., None],
    resolve_fixture: Callable[[str], object],
    *,
    precondition: Callable[[], None] = lambda: None,
    apply_waivers: ApplyWaivers = lambda examined, _: examined,
) -> Judgement:
    """Run a control and judge the outcome.

    ``resolve_fixture`` gives the value of each argument by name; what it raises is judged like what the control raises: a collection
    that could not be read is an ERROR of the controls that asked for it. ``precondition`` may raise too, to set the control aside.
    ``apply_waivers`` applies the waivers.
    """
    ledger = Ledger()
    subtests = Subtests(ledger)
    arguments = inspect.signature(control).parameters
    subject: Resource | None = None
    error: Exception | None = None
    started = time.perf_counter()
    try:
        precondition()
        given = {name: subtests if name == "subtests" else resolve_fixture(name) for name in arguments}
        subject = _subject(given)
        with ledger.open():
            control(**given)
    except Exception as raised:  # noqa: BLE001 - every outcome becomes a verdict
        error = raised
    seconds = time.perf_counter() - started
    examined, read = subtests.examined.finished(), ledger.readings
    if subject and (error or read):
        examined, error = (_examined(subject.name, error),), None
    if not isinstance(error, NotApplicable):
        with_waivers = apply_waivers(examined, error is None)
        examined = examined if with_waivers is examined else spooled(with_waivers, Resources())
    verdict, message = _judged(error, examined, read, by_resource="subtests" in arguments)
    if not examined:
        names = distinct(one.resource for one in read)
        examined = spooled((Examined(name, verdict) for name in names), Resources())
    return Judgement(verdict, message, examined, read, seconds)


def _subject(given: Mapping[str, object]) -> Resource | None:
    """The resource that a control is about as a whole: it has no ``subtests``, and asks for one resource."""
    resources = [value for value in given.values() if isinstance(value, Resource)]
    return resources[0] if len(resources) == 1 and "subtests" not in given else None


def _examined(name: str, error: Exception | None) -> Examined:
    return Examined(name, verdict_of(error), message_of(error)) if error else Examined(name, Verdict.PASS)


def message_of(error: BaseException) -> str:
    """What an exception tells the reader of a report: what happened and where, without a secret, of bounded length."""
    text = str(error).strip()
    if verdict_of(error) is Verdict.ERROR and type(error).__module__ != "stackproof.core.verdicts":
        text = f"{type(error).__name__}: {text} (at {_place(error)})"
    if "Extra items in the" in text:  # pytest has said what differs; its full diff says it again
        text = text.partition("Full diff")[0].rstrip()
    text = redact(text)
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
    problems = [f"{one.resource}: {one.message}" for one in islice(wrong, MOST_TOLD)]
    if more := sum(1 for _ in wrong):
        problems.append(f"and {more:,} more: results.json has each of them")
    return verdict, "\n".join([*problems, *([message_of(error)] if error else [])])


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"
