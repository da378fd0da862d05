"""A run over an organisation as Markdown, for the summary of a CI job: the gate, what was not judged, the worst accounts and controls."""

from collections.abc import Iterator

from stackproof.core.messages import Language
from stackproof.core.translation import told
from stackproof.core.verdicts import Verdict
from stackproof.organisation.accounts import GLOBAL
from stackproof.organisation.pages import said
from stackproof.organisation.summary import SEVERITIES, Summary
from stackproof.reports.exports.markdown import counts, table, text


def markdown(summary: Summary, language: Language) -> str:
    """The sums of a run; each table has as many lines as fit, and counts the others."""
    plan = summary.plan

    def word(key: str, **values: object) -> str:
        return said(language, key, **values)

    closed = word("closed", closed=summary.closed, tasks=summary.tasks) if summary.exit_status else word("open")
    not_judged = (
        (
            task.account,
            text(about.account.name),
            word("global") if task.region == GLOBAL else task.region,
            text(told(reason, language)),
        )
        for about in summary.worst_accounts
        for task, reason in sorted(about.reasons.items())
    )
    accounts = (
        (
            about.account.id,
            text(about.account.name),
            text(about.account.owner),
            *(str(about.failed[severity]) for severity in SEVERITIES),
            str(about.verdicts[Verdict.ERROR] + len(about.reasons)),
        )
        for about in summary.worst_accounts
    )
    controls = (
        (
            text(one.id),
            text(one.title_ko if language == "ko" and one.title_ko else one.title),
            word(one.severity) if one.severity in SEVERITIES else text(one.severity),
            str(len(one.failing)),
        )
        for one in summary.worst_controls
    )
    named = (word("account"), word("name"))

    def blocks() -> Iterator[str]:
        yield f"## stackproof: {text(plan.organisation)}"
        yield f"> [!{'CAUTION' if summary.exit_status else 'NOTE'}]\n> {closed}"
        if plan.endpoint:
            yield f"> [!WARNING]\n> {text(word('endpoint', endpoint=plan.endpoint))}"
        yield f"{word('judged')}: {word('of', judged=summary.judged, tasks=len(plan.tasks))}"
        yield counts(summary.verdicts)
        yield from table(word("not-judged"), (*named, word("region"), word("reason")), not_judged, language)
        heads = (*named, word("owner"), *map(word, SEVERITIES), Verdict.ERROR.value)
        yield from table(word("worst-accounts"), heads, accounts, language)
        heads = (word("control"), word("condition"), word("severity"), word("accounts-failing"))
        yield from table(word("worst-controls"), heads, controls, language)
        yield f"{word('run')}: {plan.run}, stackproof {text(plan.version)}"

    return "\n\n".join(filter(None, blocks())) + "\n"
