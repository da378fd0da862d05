"""The judgements of a run one by one, as every export tells them: a control, one resource of it, and what became of that."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stackproof.core import sentences
from stackproof.core.messages import Language, say
from stackproof.core.results import ControlResult, Examined, Run, Subject, WaiverUse, finding_id
from stackproof.core.sentences import sentence, sentence_of
from stackproof.core.translation import told
from stackproof.core.verdicts import Verdict, worst
from stackproof.frameworks.coverage import is_live
from stackproof.reports.formats import Finished
from stackproof.reports.text import confirmation, explained, reason

NAMESPACE = uuid.UUID("5f0a3c5e-6a0b-5b58-9d0e-3f6f0d2a7c11")
"""Of the ids that are made from names, so that the same thing has the same id in every run."""


@dataclass(frozen=True)
class Row:
    """One judgement: of a resource, or of a control as a whole where no resource of it decides."""

    run: Run
    control: ControlResult
    examined: Examined
    language: Language
    scope: tuple[str, ...] = ()
    """As `Finished.scope`."""

    @property
    def verdict(self) -> Verdict:
        return self.examined.verdict

    @property
    def subject(self) -> Subject:
        """The resource; of a judgement about none, the environment itself."""
        return self.examined.subject or Subject("", self.examined.resource or self.run.environment)

    @property
    def place(self) -> tuple[str, int]:
        """File and line in the repository: of the Terraform source that declares the resource, else of the environment's profile."""
        return self.subject.file or f"environments/{self.run.environment}.toml", max(self.subject.line, 1)

    @property
    def id(self) -> str:
        """The name of the judgement, the same in every run on the same target of the same environment."""
        own = finding_id(self.control.id, self.examined)
        return named_id("finding", *self.scope, own) if self.scope else own

    @property
    def title(self) -> str:
        """The condition, in the language of the document, on one line; the control's id where it has no title."""
        return " ".join((self.control.title_ko if self.language == "ko" else self.control.title).split()) or self.control.id

    @property
    def why(self) -> str:
        """The harm that can come of it where the condition does not hold; the title of a control that does not say."""
        return (self.control.why_ko if self.language == "ko" else self.control.why) or self.title

    @property
    def fix(self) -> str:
        """The way to mend the condition, with the argument and the command where the control has them."""
        said = self.control.remedy_ko if self.language == "ko" and self.control.remedy_ko else self.control.remedy
        return "\n".join(part for part in (said, self.control.terraform, self.control.cli) if part)

    @property
    def remedy(self) -> str:
        """The thing to do about this judgement: `fix`, or what makes it possible to verify."""
        return sentences.unverified_remedy(self.examined, self.language) or self.fix

    @cached_property
    def sentence(self) -> str:
        """The finding as a sentence; of a pass, the condition that holds. Never empty."""
        if not self.examined.resource:
            return (sentence_of(self.control, self.language) or told(self.examined.message, self.language)).strip() or self.title
        return sentence(self.examined, self.language) or f"{self.examined.resource}: {self.title}"

    @property
    def waiver(self) -> WaiverUse | None:
        """The waiver that accepts it."""
        number = self.examined.waiver
        return next((one for one in self.run.waivers if one.number == number), None) if number else None

    @property
    def acceptance(self) -> str:
        """By whom, until when and why it is accepted; empty where nothing says so."""
        if self.verdict is not Verdict.WAIVED:
            return ""
        one = self.waiver
        if not one:
            return explained(self.examined.message, self.run.reasons_ko, self.language)
        return f"{one.owner}, {one.expires} ({one.ticket}), {confirmation(one, self.language)}: {reason(one, self.language)}"

    @property
    def requirements(self) -> tuple[tuple[str, str], ...]:
        """Framework and id of each requirement that the control says something about; none unless live AWS was judged."""
        said = ((one.framework, one.id) for one in self.control.frameworks if one.covers != "contradicts")
        return tuple(said) if is_live(self.run) else ()


def rows(finished: Finished) -> Iterator[Row]:
    """Every judgement of a run: each resource; the control as a whole where it came to worse; and what was selected and not judged."""
    run = finished.run
    for control in run.controls:
        seen = [Verdict.PASS]
        for one in control.resources:
            seen.append(one.verdict)
            yield Row(run, control, one, finished.language, finished.scope)
        if len(seen) == 1 or worst(seen) is not control.verdict:
            whole = Examined("", control.verdict, control.message, finding=control.finding)
            yield Row(run, control, whole, finished.language, finished.scope)
    for id in run.not_judged:
        why = told(run.aborted, finished.language)
        message = say(finished.language, "summary.aborted", why=why) if why else say(finished.language, "summary.not-judged")
        control = ControlResult(id, id, id, "high", Verdict.ERROR, message, 0.0, "")
        yield Row(run, control, Examined("", Verdict.ERROR, message), finished.language, finished.scope)


def judged(run: Run) -> str:
    """How much of the catalogue a run has judged, as a sentence.

    >>> from datetime import UTC, datetime
    >>> judged(Run(datetime(2026, 11, 21, tzinfo=UTC), 2.0, "local", "plan", "", "", {}, {}, not_selected=("TF-01",)))
    '0 of 1 controls were judged; this says nothing about the others.'
    """
    total = len(run.controls) + len(run.not_judged) + len(run.not_selected)
    rest = "" if len(run.controls) == total else "; this says nothing about the others"
    return f"{len(run.controls)} of {total} controls were judged{rest}."


def named_id(*parts: str) -> str:
    """A UUID (version 5) that is made from names: the same in every run.

    >>> named_id("SEC-RDS-01", "db") == named_id("SEC-RDS-01", "db") != named_id("SEC-RDS-0", "1db")
    True
    """
    return str(uuid.uuid5(NAMESPACE, "\0".join(parts)))


def as_json(document: Mapping[str, Any] | list[Any]) -> str:
    """A document as JSON text."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def as_lines(documents: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A JSON list with a document a line, however many they are, in parts.

    >>> "".join(as_lines([{"a": 1}, {"b": 2}]))
    '[\\n{"a": 1},\\n{"b": 2}\\n]\\n'
    """
    yield "[\n"
    for number, one in enumerate(documents):
        yield (",\n" if number else "") + json.dumps(one, ensure_ascii=False)
    yield "\n]\n"


def in_parts(document: Mapping[str, Any]) -> Iterator[str]:
    """A document as JSON text in parts; what is an iterator in it becomes a list, read when it is its turn.

    >>> json.loads("".join(in_parts({"a": {"b": iter([{"d": 1}, {"e": 2}])}, "c": 1})))
    {'a': {'b': [{'d': 1}, {'e': 2}]}, 'c': 1}
    """
    lists: dict[str, Iterator[Mapping[str, Any]]] = {}

    def named(one: Iterator[Mapping[str, Any]]) -> str:
        name = uuid.uuid4().hex  # what no text of a document has
        lists[name] = one
        return name

    rest = json.dumps(document, ensure_ascii=False, indent=2, default=named) + "\n"
    for name, documents in lists.items():
        before, _, rest = rest.partition(f'"{name}"')
        yield before
        yield from as_lines(documents)
    yield rest


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters.

    >>> shortened("publicly accessible", 12)
    'publicly ...'
    """
    return text if len(text) <= most else f"{text[: most - 3]}..."
