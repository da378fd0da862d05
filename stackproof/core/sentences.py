"""The findings of controls as sentences, in English and Korean, made from their data."""

import re
from collections.abc import Sequence

from stackproof.core.messages import Language, catalogue, say
from stackproof.core.results import ControlResult, Examined, Finding, Reason, Run
from stackproof.core.translation import told
from stackproof.core.verdicts import Verdict

_KOREAN = re.compile("[가-힣]")
_WORDS = str.maketrans("_.", "  ")
_EXPRESSION = 80
"""Characters of an expression that selects which are shown."""
_COMMAS = 3
"""Parts of one item of a list that are tried as one."""


def extent(run: Run, language: Language) -> str:
    """The sentence that every document about a run of some controls begins with; empty for a run of all."""
    if not run.is_partial:
        return ""
    selected, every = numbers(run)
    return say(language, "report.partial", selected=selected, all=every, how=abridged(run.selection) or "-")


def abridged(selection: str) -> str:
    """An expression that selects, of at most so many characters as a line takes."""
    return selection if len(selection) <= _EXPRESSION else f"{selection[:_EXPRESSION]}…"


def numbers(run: Run) -> tuple[int, int]:
    """How many controls were selected, and of how many."""
    selected = len({*run.selected, *run.not_judged}) or len(run.controls)
    return selected, selected + len(run.not_selected)


def sentence(one: Examined, language: Language = "en") -> str:
    """The sentence about one resource; empty for a pass.

    >>> from stackproof.core.results import Operator
    >>> found = Finding(Reason.STATEMENT, "publicly_accessible", Operator.IS_FALSE, "", "true")
    >>> public = Examined("triflow-ai-production-db", Verdict.FAIL, "assert not True", finding=found)
    >>> sentence(public)
    'triflow-ai-production-db: publicly accessible is true; it must be false.'
    >>> sentence(public, "ko")
    'triflow-ai-production-db: publicly_accessible 값이 true입니다. false여야 합니다.'
    """
    if one.verdict is Verdict.PASS:
        return ""
    said = of_finding(one.finding, one.message, language)
    return f"{named(one.resource, language)}: {said}" if one.resource and not said.startswith(one.resource) else said


def named(name: str, language: Language) -> str:
    """The name of a resource; of one that is named by a sentence of the suite (where a credential may lie), with that in the language.

    >>> named("orders-db after maintenance", "ko"), named("Secret orders/db", "ko")
    ('유지 관리 뒤의 orders-db', 'Secret orders/db')
    """
    if language == "en" or " " not in name:
        return name
    kind, _, rest = name.partition(" ")
    return said if (said := told(name, language)) != name else f"{kind} {told(rest, language)}"


def sentence_of(control: ControlResult, language: Language = "en") -> str:
    """The sentence about a control: about the first of its resources that decided, or about it as a whole; empty for a pass."""
    if control.verdict is Verdict.PASS:
        return ""
    if decided := next((one for one in control.resources if one.verdict is control.verdict and one.finding), None):
        return sentence(decided, language)
    return of_finding(control.finding, control.message, language)


def remedy(control: ControlResult, one: Examined, language: Language = "en") -> str:
    """The thing to do about a judgement: what mends the condition, or what makes it possible to verify it.

    >>> from stackproof.core.results import Operator
    >>> control = ControlResult("A-01", "a", "", "high", Verdict.ERROR, "", 0.1, "", remedy="Encrypt it.")
    >>> remedy(control, Examined("a", Verdict.FAIL)), remedy(control, Examined("a", Verdict.ERROR))
    ('Encrypt it.', 'Mend what the finding says, and run again.')
    """
    return unverified_remedy(one, language) or (control.remedy_ko if language == "ko" and control.remedy_ko else control.remedy)


def unverified_remedy(one: Examined, language: Language) -> str:
    """The thing to do where it is not about the condition: to make it possible to verify, or to renew a waiver; else empty."""
    reason = one.finding.reason if one.finding else Reason.NOT_VERIFIED if one.verdict is Verdict.ERROR else Reason.STATEMENT
    key = f"todo.{_key(reason)}"
    return say(language, key) if one.verdict.is_open and key in catalogue() else ""


def of_finding(found: Finding | None, message: str, language: Language) -> str:
    """The sentence of a finding without the resource's name; ``message`` is what pytest, or the error, said."""
    first = told(message.strip().partition("\n")[0], language)
    if found is None:
        return first or say(language, "sentence.nothing-known")
    if found.reason not in (Reason.STATEMENT, Reason.MISSING):
        reason = say(language, f"reason.{_key(found.reason)}")
        if not first:
            return reason if language == "en" else f"{reason}."
        return first if language == "en" or _KOREAN.search(first) else f"{reason}: {first}"
    if found.reason is Reason.MISSING:
        return (
            first
            if first and (language == "en" or _KOREAN.search(first))
            else say(language, "sentence.exists") + (f" ({first})" if first else "")
        )
    if found.rule == "checkov":
        return first
    if not found.field:
        return _first_word(first) or say(language, "sentence.nothing-known")
    return say(
        language,
        f"sentence.{_key(found.operator)}",
        what=_what(found, language),
        actual=_shown(found.actual, language),
        expected=_shown(found.expected, language),
    )


def _what(found: Finding, language: Language) -> str:
    """The field, and what judged it: in English as words, in Korean under its own name."""
    if language == "en":
        field = found.field.translate(_WORDS).removeprefix("is ")
        return f"{found.rule.translate(_WORDS)} of {field}" if found.rule else field
    return f"{found.field} ({found.rule})" if found.rule else found.field


def _shown(value: str, language: Language) -> str:
    """A value as a sentence has it: of a list, each item that is the suite's own in the language.

    >>> _shown("[ecs:RunTask on every resource, tcp 22]", "ko"), _shown("", "en")
    ('[모든 리소스에 대한 ecs:RunTask, tcp 22]', 'none')
    """
    if not value:
        return told("none", language)
    if language == "en" or not (value.startswith("[") and value.endswith("]")):
        return told(value, language)
    items, said = value[1:-1].split(", "), []
    while items:
        first = _first_item(items, language)
        said.append(told(", ".join(items[:first]), language))
        items = items[first:]
    return f"[{', '.join(said)}]"


def _first_item(parts: Sequence[str], language: Language) -> int:
    """The number of parts, which commas separate, that the first item of a list consists of: several where it is a known sentence."""

    def is_known(*some: str) -> bool:
        return told(", ".join(some), language) != ", ".join(some)

    most = min(len(parts), _COMMAS)
    several = (number for number in range(2, most + 1) if is_known(*parts[:number]) and not is_known(parts[number - 1]))
    return 1 if is_known(parts[0]) else next(several, 1)


def _first_word(line: str) -> str:
    """The first line of pytest's message, if it is somebody's sentence and no expression."""
    return "" if line.startswith("assert ") else line


def _key(value: str) -> str:
    """
    >>> _key(Reason.MISSING)
    'declared-and-does-not-exist'
    """
    return value.replace(",", "").replace(" ", "-")
