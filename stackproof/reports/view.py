"""A run as its report shows it: what is wrong by cause, what could not be verified, and every control, in one language."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from stackproof.core import sentences
from stackproof.core.controls import FOLDERS
from stackproof.core.messages import Language
from stackproof.core.results import ControlResult, Examined, Reason, Run
from stackproof.core.sentences import of_finding, sentence
from stackproof.core.verdicts import Verdict
from stackproof.reports.text import WORST_FIRST

SEVERITIES = ("critical", "high", "medium", "low")

WRONG = (Verdict.FAIL,)
UNVERIFIED = (Verdict.ERROR, Verdict.UNKNOWN)
MOST_NAMED = 5
"""Resources of one cause that are named."""

_Sign = tuple[str, str, str, str]


@dataclass
class Cause:
    """One thing that is wrong or could not be verified: what several controls found about one resource, or one error of several."""

    verdict: Verdict
    severity: str
    sentence: str
    """The first finding of the gravest control."""
    names: list[str]
    """The resources that it is about."""
    controls: list[ControlResult]
    """The controls that found it, the gravest first."""
    others: list[str] = field(default_factory=list)
    """Sentences of further findings."""
    places: list[str] = field(default_factory=list)
    """Files and lines of the Terraform sources."""
    remedy: str = ""
    """The thing to do about it."""
    terraform: str = ""
    """The argument that mends it; empty where it could not be verified."""

    @property
    def owners(self) -> list[str]:
        return list(dict.fromkeys(control.owner for control in self.controls if control.owner))

    @property
    def due(self) -> date | None:
        return min((control.due for control in self.controls if control.due), default=None)


@dataclass
class _About:
    """What was found about one resource, or of one error."""

    name: str
    findings: list[tuple[ControlResult, Examined]] = field(default_factory=list)


def title(control: ControlResult, language: Language) -> str:
    return control.title_ko if language == "ko" and control.title_ko else control.title


def why(control: ControlResult, language: Language) -> str:
    return control.why_ko if language == "ko" and control.why_ko else control.why


def remedy(control: ControlResult, language: Language) -> str:
    return control.remedy_ko if language == "ko" and control.remedy_ko else control.remedy


def causes(run: Run, language: Language, verdicts: Sequence[Verdict]) -> list[Cause]:
    """The causes of some verdicts, the gravest first: a resource that six controls fail is one, as is an error that ten controls end in.

    Resources of which the same controls found the same are one cause.
    """
    about: dict[tuple[str, ...], _About] = {}
    for control in run.controls:
        for one in _decisive(control, verdicts):
            about.setdefault(_key(control, one), _About(one.subject.name if one.subject else one.resource)).findings.append(
                (control, one)
            )
    alike: dict[tuple[_Sign, ...], list[_About]] = {}
    for each in about.values():
        alike.setdefault(_sign(each), []).append(each)
    found = [_cause(several, language) for several in alike.values()]
    return sorted(found, key=lambda cause: (_rank(cause.severity), WORST_FIRST.index(cause.verdict)))


def _decisive(control: ControlResult, verdicts: Sequence[Verdict]) -> Iterator[Examined]:
    """The resources of a control with some verdicts; the control itself, where none of its resources has its verdict."""
    rows = 0
    for one in control.resources:
        if one.verdict in verdicts and (one.finding or one.message):
            rows += 1
            yield one
    if not rows and control.verdict in verdicts:
        yield Examined("", control.verdict, control.message, finding=control.finding)


def _key(control: ControlResult, one: Examined) -> tuple[str, ...]:
    """What makes two findings one cause: for a failure the resource, for what could not be verified the error."""
    if one.verdict is not Verdict.FAIL:
        return one.verdict, _first(one.message)
    if one.finding and one.finding.reason is Reason.MISSING:
        return "missing", _first(one.message)
    if one.subject:
        return one.verdict, one.subject.id
    return one.verdict, control.id, one.resource


def _sign(each: _About) -> tuple[_Sign, ...]:
    signs: dict[_Sign, None] = {}
    for control, one in each.findings:
        found = one.finding
        told = found and (found.field if one.verdict is Verdict.FAIL else found.reason is Reason.NOT_YET_KNOWN)
        said = "" if told else _first(one.message)
        signs[control.id, found.field if found else "", found.rule if found else "", said] = None
    return tuple(signs)


def _cause(several: Sequence[_About], language: Language) -> Cause:
    findings = sorted(several[0].findings, key=lambda found: _rank(found[0].severity))
    control, worst = findings[0]
    said = list(dict.fromkeys(_said(one, language) for _, one in findings))
    names = list(dict.fromkeys(sentences.named(each.name, language) for each in several if each.name))
    places = (one.subject for each in several for _, one in each.findings if one.subject and one.subject.file)
    return Cause(
        worst.verdict,
        control.severity,
        said[0],
        names,
        list({control.id: control for control, _ in findings}.values()),
        said[1:],
        list(dict.fromkeys(f"{subject.file}:{subject.line}" for subject in islice(places, 100))),
        sentences.remedy(control, worst, language),
        "" if sentences.unverified_remedy(worst, language) else control.terraform,
    )


def _said(one: Examined, language: Language) -> str:
    """The sentence; of an error without the resource's name, which differs from control to control."""
    return sentence(one, language) if one.verdict is Verdict.FAIL else of_finding(one.finding, one.message, language)


def set_aside(run: Run, language: Language) -> Mapping[str, list[ControlResult]]:
    """The controls that were set aside, by the reason."""
    found: dict[str, list[ControlResult]] = {}
    for control in run.controls:
        if control.verdict.is_set_aside:
            found.setdefault(of_finding(control.finding, control.message, language), []).append(control)
    return found


def groups(control: ControlResult) -> Mapping[str, list[str]]:
    """The groups that a control belongs to, by what controls are grouped by."""
    return {
        "severity": [control.severity],
        "service": [control.service],
        "phase": [control.folder or "-"],
        "framework": list(dict.fromkeys(one.framework for one in control.frameworks)) or ["-"],
    }


def phases(run: Run) -> Counter[str]:
    """Controls by the folder of the suite, in its order."""
    found = Counter(control.folder for control in run.controls)
    return Counter({name: found[name] for name in (*FOLDERS, *sorted(found.keys() - FOLDERS.keys())) if found[name]})


def counts(run: Run) -> Iterable[tuple[Verdict, int]]:
    """Controls by verdict, the worst first, of those that there are."""
    return [(verdict, run.counts[verdict]) for verdict in WORST_FIRST if run.counts[verdict]]


def _first(message: str) -> str:
    return message.strip().partition("\n")[0]


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
