"""Collections of the repository: what git keeps, what scanners find, and the example of the environment file."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from stackproof.collections.registry import collection
from stackproof.collections.terraform import relative_to_root, source_directories, text_of
from stackproof.core import waivers
from stackproof.core.resource import StaticOrigin, without_keys
from stackproof.core.verdicts import DeclaredButMissing
from stackproof.processes.venvs import environment
from stackproof.resources.sources import (
    EnvironmentFile,
    History,
    PossibleCredential,
    Repository,
    Scan,
    ScannerFinding,
)
from stackproof.scanners import checkov, credentials, known_strings
from stackproof.scanners.git import git
from stackproof.targets.base import Stage
from stackproof.terraform import sources
from stackproof.util.kept import Answer, digest_of
from stackproof.util.temporary import temporary

TERRAFORM_FILES = ("*.tfvars", "*.tfvars.json", "*.tfstate", "*.tfstate.*", "*tfplan")
"""What Terraform's values, states and plans are called."""


KEPT_OUT_OF_GIT = (
    *("terraform.tfvars", "terraform.tfvars.json", "production.auto.tfvars"),
    *("terraform.tfstate", "terraform.tfstate.backup", "tfplan"),
)


@collection
def repository(stage: Stage) -> Repository:
    """The repository as git has it: Terraform's own files that it keeps, and those that it would take."""
    directories = [stack.directory for stack in stage.profile.terraform.stacks.values()]
    names = [f"{directory}/{name}" for directory in directories for name in KEPT_OUT_OF_GIT]
    # ".gitignore:9:*.tfstate<TAB>terraform.tfstate": the rule that decides. One outside the repository does not protect others.
    rules = [
        line.split("\t") for line in git(stage.repository, "check-ignore", "--no-index", "--verbose", *names, accepted=(0, 1))
    ]
    ignored = {name for rule, name in rules if re.match(r"(.+/)?\.gitignore:\d+:(?!!)", rule)}
    facts = {
        "tracked": tuple(git(stage.root, "ls-files", "--", *TERRAFORM_FILES)),
        "not_ignored": tuple(name for name in names if name not in ignored),
    }
    return Repository(stage.root.name, StaticOrigin(facts, "git ls-files; git check-ignore"), "git")


@collection
def history(stage: Stage) -> History:
    """The repository's history as git keeps it: all versions of all files."""
    known = known_strings.load(stage.repository / known_strings.FILE)
    found = credentials.search(stage.root, stage.cache)
    source = f"git rev-list, cat-file; {known_strings.FILE}"
    places = tuple(
        PossibleCredential(str(place), StaticOrigin({"reason": known.get(place.value)}, source), source) for place in found.places
    )
    return History(stage.root.name, StaticOrigin({"versions": found.versions, "possible_credentials": places}, source), source)


@collection
def source_scan(stage: Stage) -> Scan:
    """The findings of checkov in the Terraform sources."""
    texts = _texts(stage)  # before anything is installed
    scan, answer = checkov.kept_scan(
        stage.kept, "sources", digest_of(texts), lambda: checkov.scan_sources(_python_of_checkov(stage), texts)
    )
    return _waived(stage, "POL-01", scan, answer)


@collection
def plan_scan(stage: Stage) -> Scan:
    """The findings of checkov in the plan."""
    document = stage.plan().to_json()

    def make() -> checkov.Scan:
        python = _python_of_checkov(stage)
        with temporary("plan") as folder:
            file = folder / "plan.json"
            file.write_text(document, encoding="utf-8")
            return checkov.scan_plan(python, file)

    scan, answer = checkov.kept_scan(stage.kept, "plan", digest_of(document.encode()), make)
    return _waived(stage, "POL-02", scan, answer, lambda resource: in_sources(resource, stage.profile.terraform.before))


def _texts(stage: Stage) -> dict[str, str]:
    """All sources, by their paths in the repository."""
    return {
        relative_to_root(stage, directory / name): text
        for directory in source_directories(stage)
        for name, text in sources.texts(directory).items()
    }


def in_sources(address: str, stacks: Collection[str]) -> str:
    """The address in a stack's sources of a resource of the joined plan; all instances of a resource are one there.

    >>> in_sources('module.central_logging.module.groups["/aws/ecs/api/llm"].aws_cloudwatch_log_group.this', ["central_logging"])
    'module.groups.aws_cloudwatch_log_group.this'
    """
    block = without_keys(address)
    return next((block.removeprefix(f"module.{name}.") for name in stacks if block.startswith(f"module.{name}.")), block)


def _python_of_checkov(stage: Stage) -> Path:
    return environment(stage.cache, "checkov", checkov.REQUIREMENTS, stage.say)


def _waived(stage: Stage, control: str, scan: checkov.Scan, answer: Answer, named: Callable[[str], str] = str) -> Scan:
    """The scan without what is waived; ``named`` is what waivers call a resource."""
    entries = waivers.load(stage.root / waivers.FILE)
    mine = [one for one in entries if control in one.control and one.counts(stage.profile.name, stage.target)]
    found = [(named(finding.resource), finding.check) for finding in (*scan.findings, *scan.skipped)]

    def unwaived(findings: Iterable[checkov.Finding]) -> tuple[str, ...]:
        return tuple(
            f"{finding.check} {finding.resource} ({finding.file} line {finding.line}): {finding.title}"
            for finding in findings
            if not waivers.waiver_for(mine, control, named(finding.resource), finding.check)
        )

    source = answer.told(f"checkov {scan.version}; {waivers.FILE}")

    def accepted(finding: checkov.Finding) -> Iterator[ScannerFinding]:
        waiver = waivers.waiver_for(mine, control, named(finding.resource), finding.check)
        if waiver and not waiver.expired(stage.now.date()):
            facts = {
                "check": finding.check,
                "address": finding.resource,
                "file": finding.file,
                "line": finding.line,
                "title": finding.title,
                "waiver": entries.index(waiver) + 1,
                "accepted_by": waiver.in_words,
            }
            yield ScannerFinding(f"{finding.check} {finding.resource}", StaticOrigin(facts, source), source)

    facts = {
        "examined": len(scan.resources),
        "findings": unwaived(scan.findings),
        "inline_skips": unwaived(scan.skipped),
        "expired": tuple(_reported(waiver) for waiver in waivers.expired(mine, stage.now.date())),
        "unused": tuple(_reported(waiver) for waiver in waivers.matching_nothing(mine, control, found)),
        "accepted": tuple(one for finding in (*scan.findings, *scan.skipped) for one in accepted(finding)),
    }
    return Scan(f"checkov {control}", StaticOrigin(facts, source), source)


def _reported(waiver: waivers.Waiver) -> str:
    accepts = f"{waiver.check or 'every check'} {waiver.resource or 'of every resource'}"
    return f"{accepts} (until {waiver.expires}, {waiver.owner}, {waiver.ticket})"


@collection
def environment_file(stage: Stage) -> EnvironmentFile:
    """The example of the backend's environment, beside what the stack documents."""
    name = stage.profile.sources.environment_example
    file = stage.root / name
    if not file.is_file():
        raise DeclaredButMissing(f"{name} does not exist in {stage.repository}")
    expected = stage.profile.sources
    output = sources.read(stage.terraform_root).outputs.get(expected.environment_output)
    if output is None:
        raise DeclaredButMissing(f"the sources have no output {expected.environment_output}")
    example = assigned(file.read_text(encoding="utf-8"))
    facts = {
        "keys": tuple(sorted(key for key, _ in example)),
        "filled_in": tuple(key for key, value in example if value),
        "documented": tuple(sorted([*(key for key, _ in assigned(text_of(output.value))), *expected.environment_secrets])),
    }
    source = f"{file.name}; {output.file} line {output.line}"
    return EnvironmentFile(file.name, StaticOrigin(facts, source), source)


def assigned(text: str) -> list[tuple[str, str]]:
    """The variables that the lines of an environment file assign, with their values, in order.

    >>> assigned("# a comment\\nRDS_ADDRESS=db\\nexport RDS_PORT = 5432\\n")
    [('RDS_ADDRESS', 'db'), ('RDS_PORT', '5432')]
    """
    assignments = re.finditer(r"^\s*(?:export\s+)?(?P<key>[A-Za-z_]\w*)[ \t]*=(?P<value>.*)$", text, re.MULTILINE)
    return [(match["key"], match["value"].strip()) for match in assignments]
