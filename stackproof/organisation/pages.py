"""The pages of a run over an organisation, in both languages: the overview, and the report of each account and region.

They run no script and load nothing; every text is escaped, and what steers a terminal or reorders a line is taken out.
"""

import base64
import functools
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from itertools import groupby, islice

from stackproof.core.messages import LANGUAGES, Language
from stackproof.core.translation import told
from stackproof.core.verdicts import Verdict
from stackproof.organisation.plan import Task
from stackproof.organisation.results import Result
from stackproof.organisation.summary import SEVERITIES, Change, OfAccount, OfControl, Summary
from stackproof.reports import page
from stackproof.reports.formats import Finished
from stackproof.util import toml_document
from stackproof.util.text import visible

MOST_ROWS = 1000
"""Of each table; the data set has all."""


@functools.cache
def _words() -> Mapping[str, Mapping[str, str]]:
    """Each text by its name and language."""
    return toml_document.packaged("stackproof.organisation", "pages.toml")


def said(language: Language, key: str, **values: object) -> str:
    """A text of the pages in a language.

    >>> said("en", "of", judged=3, tasks=4), said("ko", "of", judged=3, tasks=4)
    ('3 of 4', '4개 중 3개')
    """
    return _words()[key][language].format(**values)


def file_name(stem: str, language: Language) -> str:
    """
    >>> file_name("index", "en"), file_name("index", "ko")
    ('index.html', 'index.ko.html')
    """
    return f"{stem}.html" if language == "en" else f"{stem}.{language}.html"


def place(task: Task) -> str:
    """The folder of a task's own report."""
    return f"accounts/{task.account}/{task.region}"


def overview(summary: Summary, language: Language) -> str:
    """The page about all accounts and regions."""
    plan = summary.plan

    def word(key: str, **values: object) -> str:
        return _text(said(language, key, **values))

    closed = bool(summary.exit_status)
    gate = word("closed", closed=summary.closed, tasks=summary.tasks) if closed else word("open")
    facts = {
        "run": _text(plan.run),
        "begun": f"{plan.started:%Y-%m-%d %H:%M} UTC",
        "judged": word("of", judged=summary.judged, tasks=len(plan.tasks)),
        "calls": f"{summary.calls:,}",
        "version": _text(plan.version),
    }
    not_judged = [
        (about.account, reason, [task for task, _ in tasks])
        for about in summary.worst_accounts
        for reason, tasks in groupby(sorted(about.reasons.items(), key=_by_reason), key=lambda one: one[1])
    ]
    body = [
        f'<p class="outcome {"closed" if closed else "open"}">{gate}</p>',
        f'<p class="outcome closed">{word("endpoint", endpoint=plan.endpoint)}</p>' if plan.endpoint else "",
        "<dl>" + "".join(f"<div><dt>{word(key)}</dt><dd>{value}</dd></div>" for key, value in facts.items()) + "</dl>",
        _counts(summary.verdicts),
        _section(
            word("coverage"),
            f"<p>{word('coverage-said', once=len(plan.once), regional=len(plan.controls), left=len(plan.left_out))}</p>",
        ),
        _section(
            word("not-judged"),
            f"<p>{word('not-judged-said')}</p>"
            + _table(
                language,
                word("not-judged"),
                [word("account"), word("name"), word("owner"), word("regions"), word("reason")],
                [
                    (
                        _text(account.id),
                        _text(account.name),
                        _text(account.owner),
                        f'<span class="regions">{", ".join(_region(task, language) for task in tasks)}</span>',
                        _text(told(reason, language)),
                    )
                    for account, reason, tasks in not_judged
                ],
            ),
        )
        if not_judged
        else "",
        _section(word("worst-accounts"), _accounts(summary.worst_accounts, language)),
        _section(word("worst-controls"), _controls(summary.worst_controls, language)),
        _section(word("changes"), _changes(summary, language)),
        _section(
            word("left-out"),
            _table(
                language,
                word("left-out"),
                [word("account"), word("name"), word("reason")],
                [(_text(one.id), _text(one.name), _text(told(one.reason, language))) for one in plan.left_out],
            ),
        )
        if plan.left_out
        else "",
    ]
    return _page(language, said(language, "title", name=plan.organisation), "".join(body), "index")


def of_task(result: Result, language: Language) -> str:
    """The page about one account and region."""

    def word(key: str, **values: object) -> str:
        return _text(said(language, key, **values))

    region = said(language, "global") if result.task.region == "global" else result.task.region
    heading = said(language, "one", name=result.account.name, id=result.account.id, region=region)
    back = f'<p><a href="../../../{file_name("index", language)}">{word("overview")}</a></p>'
    if result.run is None:
        said_so = f'{back}<p class="outcome closed">{_text(told(result.reason, language))}</p>'
        return _page(language, heading, said_so, "report")
    other = next(one for one in LANGUAGES if one != language)
    place = page.Place(heading, f"../../../{file_name('index', language)}", file_name("report", other))
    return page.within(Finished(result.run, language), place)


def _accounts(accounts: Sequence[OfAccount], language: Language) -> str:
    def word(key: str) -> str:
        return _text(said(language, key))

    page = file_name("report", language)

    def regions(about: OfAccount) -> str:
        """The regions by the worst that each came to, every one a link to its own report."""
        found: dict[str, list[Task]] = {verdict.value: [] for verdict in reversed(Verdict)}
        for task, worst in sorted(about.tasks.items()):
            found[worst].append(task)
        groups = (
            f'<b class="{worst.lower()}">{worst}</b> '
            + " ".join(f'<a href="{place(task)}/{page}">{_region(task, language)}</a>' for task in tasks)
            for worst, tasks in found.items()
            if tasks
        )
        return f'<span class="regions">{"<br>".join(groups)}</span>'

    heads = [word("account"), word("name"), word("owner"), *(word(severity) for severity in SEVERITIES), "ERROR", word("regions")]
    rows: Iterator[tuple[str | int, ...]] = (
        (
            _text(about.account.id),
            _text(about.account.name),
            _text(about.account.owner),
            *(about.failed[severity] for severity in SEVERITIES),
            about.verdicts[Verdict.ERROR] + len(about.reasons),
            regions(about),
        )
        for about in accounts
    )
    return _table(language, said(language, "worst-accounts"), heads, [*islice(rows, MOST_ROWS + 1)], len(accounts))


def _controls(controls: Sequence[OfControl], language: Language) -> str:
    def word(key: str) -> str:
        return _text(said(language, key))

    verdicts = [*reversed(Verdict)]
    heads = [
        word("control"),
        word("condition"),
        word("severity"),
        word("accounts-failing"),
        *(verdict.value for verdict in verdicts),
    ]
    rows: list[tuple[str | int, ...]] = [
        (
            _text(one.id),
            _text(one.title_ko if language == "ko" and one.title_ko else one.title),
            word(one.severity) if one.severity in SEVERITIES else _text(one.severity),
            len(one.failing),
            *(one.verdicts[verdict] for verdict in verdicts),
        )
        for one in controls
    ]
    return _table(language, said(language, "worst-controls"), heads, rows)


def _changes(summary: Summary, language: Language) -> str:
    changes = summary.changes

    def word(key: str, **values: object) -> str:
        return _text(said(language, key, **values))

    if not changes.since:
        return f"<p>{word('first')}</p>"
    parts = [f"<p>{word('since', run=changes.since)}</p>"]
    for key, accounts in (("new-accounts", changes.new_accounts), ("gone-accounts", changes.gone_accounts)):
        if accounts:
            parts.append(f"<p>{word(key)}: {_text(', '.join(accounts))}</p>")
    heads = [word("account"), word("region"), word("control"), word("before"), word("after")]
    for key, found in (("worse", changes.worse), ("better", changes.better), ("others", changes.others)):
        if found:
            rows = [_change(one, language) for one in found]
            parts.append(
                f"<h3>{word(key)}</h3>{_table(language, said(language, key), heads, rows, len(rows) + changes.more.get(key, 0))}"
            )
    if len(parts) == 1:
        parts.append(f"<p>{word('none')}</p>")
    return "".join(parts)


def _change(one: Change, language: Language) -> tuple[str, ...]:
    return (
        _text(one.account),
        _region(Task(one.account, one.region), language),
        _text(one.control),
        _text(one.before),
        _text(one.after),
    )


def _by_reason(one: tuple[Task, str]) -> tuple[str, Task]:
    task, reason = one
    return reason, task


def _region(task: Task, language: Language) -> str:
    return _text(said(language, "global") if task.region == "global" else task.region)


def _counts(counts: Mapping[Verdict, int]) -> str:
    shown = (
        f'<li class="{verdict.lower()}"><b>{counts.get(verdict, 0):,}</b> {verdict.value}</li>' for verdict in reversed(Verdict)
    )
    return f'<ul class="counts">{"".join(shown)}</ul>'


def _section(heading: str, content: str) -> str:
    return f"<section><h2>{heading}</h2>{content}</section>"


def _table(
    language: Language, caption: str, heads: Iterable[str], rows: Sequence[Sequence[str | int]], total: int | None = None
) -> str:
    """A table whose heads and cells are markup, or numbers; nothing for no row."""
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    shown = rows[:MOST_ROWS]
    body = "".join(f'<tr><th scope="row">{first}</th>{"".join(map(_cell, rest))}</tr>' for first, *rest in shown)
    more = (total if total is not None else len(rows)) - len(shown)
    below = f"<p>{_text(said(language, 'more', more=f'{more:,}'))}</p>" if more > 0 else ""
    table = f"<table><caption>{_text(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide" role="region" tabindex="0" aria-label="{_text(caption)}">{table}</div>{below}'


def _cell(content: str | int) -> str:
    """A cell of markup or of a number."""
    return f"<td>{content}</td>" if isinstance(content, str) else f'<td class="number">{content:,}</td>'


def _text(text: str) -> str:
    return escape(visible(text)).replace("\n", "<br>")


def _page(language: Language, title: str, body: str, stem: str) -> str:
    style = files("stackproof.organisation").joinpath("pages.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    other = next(one for one in LANGUAGES if one != language)
    switch = f'<a lang="{other}" hreflang="{other}" href="{file_name(stem, other)}">{_text(said(language, "other"))}</a>'
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n<header><h1>{_text(title)}</h1><nav>{switch}</nav></header>\n<main>{body}</main>\n</body>\n</html>\n"
    )
