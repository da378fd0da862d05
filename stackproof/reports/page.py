"""report.html: one file that loads nothing, made from the results of a run, in English or Korean.

What is known at once is in the markup; the resources and the evidence of each control lie in it as JSON, and are drawn when somebody asks.
"""

import base64
import contextlib
import functools
import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.util import cache_from_source
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

import stackproof
from stackproof.core.changes import PlannedChanges
from stackproof.core.messages import LANGUAGES, Language, say
from stackproof.core.results import ControlResult, Run, WaiverState
from stackproof.core.sentences import extent, named, sentence
from stackproof.core.translation import told
from stackproof.frameworks.catalogue import frameworks
from stackproof.frameworks.coverage import coverage, proven
from stackproof.profile.vanished import notes_in
from stackproof.reports import changes, view
from stackproof.reports.formats import Finished
from stackproof.reports.text import WORST_FIRST, confirmation, explained, reason, worst_first
from stackproof.util.text import duration, visible

if TYPE_CHECKING:
    import jinja2
    from jinja2.bccache import Bucket

_HERE = Path(__file__).parent
_TEMPLATE = _HERE / "templates" / "page.html.template"
_STYLE, _SCRIPT = _HERE / "page.css", _HERE / "page.js"

MOST_READINGS = 300
"""Of each control in the page; results.json has all."""
MOST_RESOURCES = 20_000
"""Of each control in the page; results.json has all."""
_MOST_CHANGES = 1000
_BAR = 50
"""Pixels of the highest bar of the trend."""

_WORDS = ("more", "why", "remedy", "finding", "resources", "resource", "verdict", "evidence", "field", "value", "source")
_MORE_WORDS = ("documented", "frameworks", "test")


@dataclass(frozen=True)
class Place:
    """Where a page lies that is one of several: its heading, and the links to the overview and to itself in the other language."""

    heading: str
    overview: str
    other: str


def render(finished: Finished) -> str:
    """The page about a run. What the run says is text in it, never markup."""
    return within(finished, None)


def within(finished: Finished, place: Place | None) -> str:
    """The page about a run, as one of several: without links to its evidence, which lies elsewhere."""
    run, language = finished.run, finished.language
    t = partial(say, language)
    style, script = _STYLE.read_text(encoding="utf-8"), _SCRIPT.read_text(encoding="utf-8")
    waivers = sorted(run.waivers, key=lambda one: (one.expires, one.number))
    return _template().render(
        run=run,
        language=language,
        t=t,
        told=partial(told, language=language),
        place=place,
        others=[one for one in LANGUAGES if one != language],
        heading=place.heading if place else t("report.title", environment=run.environment, target=run.target),
        policy=_policy(style, script),
        style=Markup(style),
        script=Markup(script),
        data=Markup(_embedded(run, language, has_evidence=not place)),
        version=stackproof.__version__,
        counted=", ".join(f"{number} {verdict.replace('_', ' ')}" for verdict, number in view.counts(run)),
        counts=view.counts(run),
        partial=extent(run, language),
        above=[*filter(None, (run.unreviewed, run.unjudged)), *notes_in(run.notes)],
        sections=_sections(run),
        wrong=view.causes(run, language, view.WRONG),
        unverified=view.causes(run, language, view.UNVERIFIED),
        aside=view.set_aside(run, language),
        accepted=[one for one in waivers if one.state is not WaiverState.ELSEWHERE],
        confirmation=partial(confirmation, language=language),
        reason=partial(reason, language=language),
        named=partial(named, language=language),
        elsewhere=[one for one in waivers if one.state is WaiverState.ELSEWHERE],
        trend=_trend(run),
        plans=[_plan(plan, language) for plan in run.plans],
        frameworks=[coverage(one, proven(run)) for one in frameworks()] if run.controls else [],
        facts=_facts(finished, t),
        most=view.MOST_NAMED,
        worst=[verdict.value for verdict in WORST_FIRST],
        severity=lambda name: t(f"severity.{name}") if name in view.SEVERITIES else name,
        rank=lambda control: view.SEVERITIES.index(control.severity) if control.severity in view.SEVERITIES else 9,
        title=partial(view.title, language=language),
        groups=lambda control: json.dumps(view.groups(control)),
    )


_KEPT = 24
"""Characters of a word with hyphens that stays on one line."""


def _kept(text: str) -> Markup:
    """A text in which ids and options (``SEC-RDS-01``, ``--target``) are not broken at a hyphen."""
    return Markup(" ").join(
        Markup(f'<span class="kept">{escape(word)}</span>') if "-" in word and len(word) <= _KEPT else word
        for word in text.split(" ")
    )


@functools.cache
def _template() -> "jinja2.Template":
    """The template, compiled; beside the byte code of this module, as Python keeps that, lies its own."""
    import jinja2

    class ByteCode(jinja2.FileSystemBytecodeCache):
        def dump_bytecode(self, bucket: "Bucket") -> None:
            with contextlib.suppress(OSError):  # as Python does where it may not write, or where there is no room
                super().dump_bytecode(bucket)

    beside = Path(cache_from_source(__file__)).parent
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        finalize=_shown,
        loader=jinja2.FileSystemLoader(_TEMPLATE.parent),
        bytecode_cache=None if sys.dont_write_bytecode or not beside.is_dir() else ByteCode(str(beside), "template-%s.pyc"),
    )
    environment.filters["kept"] = _kept
    return environment.get_template(_TEMPLATE.name)


def _shown(value: Any) -> Any:
    """Text without characters that steer or reorder a line."""
    return type(value)(visible(value)) if type(value) in (str, Markup) else value


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _sections(run: Run) -> list[tuple[str, str]]:
    judged = bool(run.controls) or not run.aborted
    parts = {
        "wrong": "report.wrong" if judged else "",
        "unverified": "report.unverified" if judged else "",
        "accepted": "report.accepted",
        "since": "report.since" if judged else "",
        "changes": "report.changes" if run.plans else "",
        "everything": "report.everything" if run.controls else "",
        "frameworks": "report.frameworks" if run.controls else "",
        "audit": "report.audit",
        "notes": "report.notes",
    }
    return [(id, key) for id, key in parts.items() if key]


def _trend(run: Run) -> list[dict[str, Any]]:
    """The open controls of the last runs that judged anything, the oldest first."""
    past = [(one.id, one.counts) for one in reversed(run.history[:12]) if sum(one.counts.values())]
    now = {verdict.value: number for verdict, number in run.counts.items()}
    found = [
        (id, sum(counts.get(name, 0) for name in ("FAIL", "ERROR", "UNKNOWN")))
        for id, counts in [*past, *([(run.id, now)] if run.controls else [])]
    ]
    highest = max([number for _, number in found] or [0]) or 1
    return [{"id": id, "open": number, "height": max(round(number / highest * _BAR), 2)} for id, number in found]


def _plan(plan: PlannedChanges, language: Language) -> dict[str, Any]:
    return {"headline": told(changes.headline(plan), language), "rows": plan.changes[:_MOST_CHANGES], "total": len(plan.changes)}


def _facts(finished: Finished, t: Callable[..., str]) -> list[tuple[str, str]]:
    run = finished.run
    ended = run.started + timedelta(seconds=run.seconds)
    every = len(run.selected) + len(run.not_selected)
    part = t("report.scope-part", selected=len(run.selected), all=every, how=run.selection or "-")
    clean = "" if run.is_clean is None else f" ({t('report.clean') if run.is_clean else t('report.not-clean')})"
    none = t("report.none")
    severities = ", ".join(t(f"severity.{one}") for one in run.unknown_closes) or none
    facts = {
        "scope": part if run.is_partial else t("report.scope-all", all=every or len(run.controls)),
        "environment": run.environment,
        "target": f"{run.target}{f' ({run.judged})' if run.judged else ''}",
        "account": run.account or none,
        "region": run.region or none,
        "identity": run.caller or none,
        "period": f"{run.started:%Y-%m-%d %H:%M:%S} – {ended:%H:%M:%S} UTC ({duration(run.seconds)})",
        "commit": f"{run.commit}{clean}" if run.commit else none,
        "run-id": run.id or none,
        "follows": run.follows or none,
        "versions": ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items())),
        "gate-rule": t("report.gate-rule-text", severities=severities),
        "seal": finished.head or t("report.no-seal"),
        "signer": told(finished.signer or run.signed_by, finished.language) or t("report.not-signed"),
    }
    return [(t(f"report.{key}"), value) for key, value in facts.items()]


class _Texts:
    """Every text once; elsewhere stands its number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {"": 0}

    def __call__(self, text: str) -> int:
        return self.numbers.setdefault(visible(text), len(self.numbers))


def _embedded(run: Run, language: Language, *, has_evidence: bool) -> str:
    """The resources and the evidence of each control as JSON, in which nothing can end the element that it lies in."""
    texts = _Texts()
    names = {one.key: one.title for one in frameworks()}
    groups = [view.groups(control) for control in run.controls]
    data = {
        "c": [_control(control, language, texts, names, run.reasons_ko, has_evidence=has_evidence) for control in run.controls],
        "v": [verdict.value for verdict in WORST_FIRST],
        "t": {name: say(language, f"report.{name}") for name in (*_WORDS, *_MORE_WORDS)}
        | {"in_results": say(language, "report.in-results")},
        "o": {
            "severity": view.SEVERITIES,
            "service": sorted({one for each in groups for one in each["service"]}),
            "phase": [*view.phases(run)],
            "framework": [*names, "-"],
        },
        "n": {one: say(language, f"severity.{one}") for one in view.SEVERITIES} | names | {"-": say(language, "report.none")},
        "s": [*texts.numbers],
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _control(
    control: ControlResult,
    language: Language,
    texts: _Texts,
    names: Mapping[str, str],
    reasons: Mapping[str, str],
    *,
    has_evidence: bool,
) -> dict[str, Any]:
    said = ((one.resource, one.verdict, sentence(one, language)) for one in worst_first(control))
    each = dict.fromkeys(islice(said, MOST_RESOURCES))
    rows = [[texts(named(name, language)), WORST_FIRST.index(verdict), texts(finding)] for name, verdict, finding in each]
    read = [
        [
            texts(named(one.resource, language)),
            *map(texts, (one.field, one.value, told(one.source, language), *(one.evidence if has_evidence else ()))),
        ]
        for one in islice(control.read, MOST_READINGS)
    ]
    return {
        "w": texts(view.why(control, language)),
        "m": texts(view.remedy(control, language)),
        "h": [texts(how) for how in (control.terraform, control.cli, control.console) if how],
        "x": texts(explained(control.message, reasons, language)),
        "r": rows,
        "rest": len(control.resources) > MOST_RESOURCES,
        "e": read,
        "en": len(control.read),
        "d": texts(control.documented),
        "f": [texts(f"{names.get(one.framework, one.framework)} {one.id}") for one in control.frameworks],
        "t": texts(control.test),
    }
