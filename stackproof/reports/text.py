"""The order in which every report shows a run, and what of it each names."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from stackproof.core.messages import Language, say
from stackproof.core.results import ControlResult, Examined, WaiverUse
from stackproof.core.translation import told
from stackproof.core.verdicts import Verdict
from stackproof.util.spool import distinct

WORST_FIRST = tuple(reversed(Verdict))
"""The order in which every report shows verdicts."""


def examined(result: ControlResult) -> Sequence[str]:
    """Names of the resources that the control judged one by one, else of those that it read."""
    return distinct(each.resource for each in result.resources or result.read)


def worst_first(result: ControlResult) -> Iterator[Examined]:
    """The resources that the control judged, in the order of their verdicts."""
    there = {each.verdict for each in result.resources}
    return (each for verdict in WORST_FIRST if verdict in there for each in result.resources if each.verdict is verdict)


def not_passed(result: ControlResult) -> Iterator[Examined]:
    """The resources that decided against a pass, worst first."""
    return takewhile(lambda each: each.verdict is not Verdict.PASS, worst_first(result))


def reason(waiver: WaiverUse, language: Language) -> str:
    """Why a waiver accepts what it accepts, in a language; as it was written where ``waivers.toml`` has no Korean of it."""
    return waiver.reason_ko if language == "ko" and waiver.reason_ko else waiver.reason


def explained(message: str, reasons: Mapping[str, str], language: Language) -> str:
    """A message in a language, the reasons of waivers in it, too: each has its Korean in ``reasons``.

    >>> explained("until 2027-05-31: It is known.", {"It is known.": "알고 있다."}, "ko")
    'until 2027-05-31: 알고 있다.'
    """
    if language == "ko":
        for written, korean in reasons.items():
            message = message.replace(written, korean)
    return told(message, language)


def confirmation(waiver: WaiverUse, language: Language) -> str:
    """The person who has taken the risk of a waiver on, in words; without one, that nobody has."""
    if waiver.confirmed_by:
        return say(language, "waiver.confirmed", who=waiver.confirmed_by)
    return say(language, "waiver.not-confirmed")
