"""The documents that a finished run can be made into: one function each, from the run alone, imported when it is asked for."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stackproof.core import results_file
from stackproof.core.messages import Language
from stackproof.core.results import Run
from stackproof.core.verdicts import UsageError
from stackproof.evidence import folders, manifest, verification
from stackproof.evidence.manifest import MANIFEST


@dataclass(frozen=True)
class Finished:
    """A run that has ended, and what a document about it may tell beside."""

    run: Run
    language: Language = "en"
    directory: Path | None = None
    """Where its files lie; None for results that lie alone."""
    head: str = ""
    """Of the manifest, which seals the run; empty for one that has none."""
    signer: str = ""
    """By which key it was signed, as a phrase."""


Render = Callable[[Finished], str | bytes]


@dataclass(frozen=True)
class Format:
    """A kind of document."""

    function: str
    """``module:function``, a `Render`."""
    meaning: str


FORMATS: Mapping[str, Format] = {
    "html": Format("stackproof.reports.page:render", "one page for people, without a network"),
    "pdf": Format("stackproof.reports.pdf:render", "the page on paper, printed by Chromium"),
    "json": Format("stackproof.reports.formats:as_json", "the results themselves (docs/results.md)"),
    "md": Format("stackproof.reports.exports.markdown:markdown", "Markdown, for the summary of a CI job or a comment"),
    "csv": Format("stackproof.reports.exports.csv_table:as_csv", "a line a judgement, for spreadsheets"),
    "sarif": Format("stackproof.reports.exports.sarif:sarif", "SARIF 2.1.0, for code scanning"),
    "annotations": Format("stackproof.reports.exports.annotations:annotations", "annotations of GitHub Actions"),
    "gitlab": Format("stackproof.reports.exports.gitlab:gitlab", "GitLab's code quality report"),
    "ocsf": Format("stackproof.reports.exports.ocsf:ocsf", "OCSF Compliance Findings, for security lakes"),
    "asff": Format("stackproof.reports.exports.asff:asff", "batches for Security Hub, which are not sent"),
    "hdf": Format("stackproof.reports.exports.hdf:hdf", "Heimdall Data Format"),
    "oscal": Format("stackproof.reports.exports.oscal:assessment_results", "OSCAL assessment results"),
    "oscal-component": Format("stackproof.reports.exports.oscal:component_definition", "OSCAL component definition"),
    "oscal-poam": Format("stackproof.reports.exports.oscal:plan_of_action", "OSCAL plan of action and milestones"),
    "dsse": Format("stackproof.reports.exports.dsse:dsse", "a signed in-toto attestation of the run's manifest"),
}
"""By the name that ``--format`` takes."""


def render(name: str, finished: Finished) -> str | bytes:
    """A run as a document. Raises `UsageError` for a format that there is not."""
    if name not in FORMATS:
        raise UsageError(f"there is no format {name!r}; there are: {', '.join(FORMATS)}")
    module, _, function = FORMATS[name].function.partition(":")
    make: Render = getattr(importlib.import_module(module), function)
    return make(finished)


def as_json(finished: Finished) -> str:
    """results.json, format 3, whichever the run was written in."""
    return results_file.to_json(finished.run)


def finished_run(path: Path, language: Language = "en") -> Finished:
    """The run at a path: its folder, the folder of an environment and target (the latest), or a results.json.

    Raises `UsageError` where there is none.
    """
    directory = path.parent if path.is_file() else folders.of_run(path)
    file = path if path.is_file() else directory / folders.RESULTS
    try:
        with file.open(encoding="utf-8") as text:
            run = results_file.read(text)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}; a run leaves it in reports/ENVIRONMENT-TARGET/RUN") from None
    if not (directory / MANIFEST).is_file():
        return Finished(run, language, directory)
    try:
        return Finished(run, language, directory, manifest.head(manifest.text(directory)), verification.signer(directory))
    except ValueError as error:
        raise UsageError(f"{directory / MANIFEST}: {error}") from None
