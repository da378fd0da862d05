"""The documents that a finished run can be made into: one function each, from the run alone, imported when it is asked for."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

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
    scope: tuple[str, ...] = ()
    """Account and region, in a document about several: a part of every id that the document has."""


@dataclass(frozen=True)
class Several:
    """Many runs, for one document about all of them, which is written while they are read."""

    title: str
    id: str
    """Of all of them together."""
    started: datetime
    version: str
    """Of stackproof."""
    each: Callable[[], Iterator[Finished]]
    """Each run when it is its turn, from the first; it may be asked for again."""
    language: Language = "en"


Render = Callable[[Finished], str | bytes]
RenderAll = Callable[[Several], Iterator[str]]


@dataclass(frozen=True)
class Format:
    """A kind of document."""

    function: str
    """``module:function``, a `Render`."""
    meaning: str
    of_all: str = ""
    """``module:function``, a `RenderAll`; empty for a kind of which there is none about many runs."""


FORMATS: Mapping[str, Format] = {
    "html": Format("stackproof.reports.page:render", "one page for people, without a network"),
    "pdf": Format("stackproof.reports.pdf:render", "the page on paper, printed by Chromium"),
    "json": Format("stackproof.reports.formats:as_json", "the results themselves (docs/results.md)"),
    "md": Format("stackproof.reports.exports.markdown:markdown", "Markdown, for the summary of a CI job or a comment"),
    "csv": Format(
        "stackproof.reports.exports.csv_table:as_csv",
        "a line a judgement, for spreadsheets",
        "stackproof.reports.exports.csv_table:of_all",
    ),
    "sarif": Format(
        "stackproof.reports.exports.sarif:sarif", "SARIF 2.1.0, for code scanning", "stackproof.reports.exports.sarif:of_all"
    ),
    "annotations": Format(
        "stackproof.reports.exports.annotations:annotations",
        "annotations of GitHub Actions",
        "stackproof.reports.exports.annotations:of_all",
    ),
    "gitlab": Format(
        "stackproof.reports.exports.gitlab:gitlab", "GitLab's code quality report", "stackproof.reports.exports.gitlab:of_all"
    ),
    "ocsf": Format(
        "stackproof.reports.exports.ocsf:ocsf",
        "OCSF Compliance Findings, for security lakes",
        "stackproof.reports.exports.ocsf:of_all",
    ),
    "asff": Format(
        "stackproof.reports.exports.asff:asff",
        "batches for Security Hub, which are not sent",
        "stackproof.reports.exports.asff:of_all",
    ),
    "hdf": Format("stackproof.reports.exports.hdf:hdf", "Heimdall Data Format", "stackproof.reports.exports.hdf:of_all"),
    "oscal": Format(
        "stackproof.reports.exports.oscal:assessment_results",
        "OSCAL assessment results",
        "stackproof.reports.exports.oscal:results_of_all",
    ),
    "oscal-component": Format("stackproof.reports.exports.oscal:component_definition", "OSCAL component definition"),
    "oscal-poam": Format(
        "stackproof.reports.exports.oscal:plan_of_action",
        "OSCAL plan of action and milestones",
        "stackproof.reports.exports.oscal:plan_of_all",
    ),
    "dsse": Format("stackproof.reports.exports.dsse:dsse", "a signed in-toto attestation of the run's manifest"),
}
"""By the name that ``--format`` takes."""


def render(name: str, finished: Finished) -> str | bytes:
    """A run as a document. Raises `UsageError` for a format that there is not."""
    if name not in FORMATS:
        raise UsageError(f"there is no format {name!r}; there are: {', '.join(FORMATS)}")
    make: Render = _imported(FORMATS[name].function)
    return make(finished)


def render_all(name: str, several: Several) -> Iterator[str]:
    """Many runs as one document, in parts. Raises `UsageError` for a format in which there is none."""
    if name not in FORMATS or not FORMATS[name].of_all:
        there = ", ".join(name for name, one in FORMATS.items() if one.of_all)
        raise UsageError(f"no {name} is made of many runs: --format with one of {there}")
    make: RenderAll = _imported(FORMATS[name].of_all)
    return make(several)


def _imported(name: str) -> Any:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


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
    return of_run(run, directory, language)


def of_run(run: Run, directory: Path, language: Language = "en") -> Finished:
    """A run with what its folder tells beside. Raises `UsageError` where its manifest cannot be read."""
    if not (directory / MANIFEST).is_file():
        return Finished(run, language, directory)
    try:
        return Finished(run, language, directory, manifest.head(manifest.text(directory)), verification.signer(directory))
    except ValueError as error:
        raise UsageError(f"{directory / MANIFEST}: {error}") from None
