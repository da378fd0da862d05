"""Workflows of GitHub Actions: what they run, what they may, and with whose keys.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax and .../security/secure-use
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Document = Mapping[Any, Any]
"""A workflow file, parsed. YAML 1.1 reads the key ``on`` as True."""

GATE = r"make test"
"""The command of the gate."""
DEPLOYMENT = r'(bash )?(\./)?scripts/deploy-aws\.sh( "\$(\w+|\{\w+\})"){2}'
"""The command that deploys, where and what variables say."""
_ALWAYS = ("", "true", "always()", "success()")
"""Conditions that hold whatever has happened, or unless something failed before."""
_DEFAULT_TYPES = {"pull_request": {"opened", "synchronize", "reopened"}, "merge_group": {"checks_requested"}}
"""The activities of an event that start a workflow which does not say."""
_ROOT = (".", "./", "${{ github.workspace }}")
"""Where steps run unless they say otherwise: where the repository is checked out."""
_DIGEST = r"[^@]+@sha256:[0-9a-f]{64}"


def unpinned(document: Document) -> tuple[str, ...]:
    """Actions, reusable workflows and images that are not named by what they hold.

    >>> steps = [{"uses": "actions/checkout@v4"}, {"uses": "./"}, {"uses": f"actions/checkout@{'a' * 40}"}]
    >>> unpinned({"jobs": {"verify": {"steps": steps}}})
    ('actions/checkout@v4',)
    >>> unpinned({"jobs": {"verify": {"container": "python:3.11", "services": {"cloud": {"image": f"moto@sha256:{'a' * 64}"}}}}})
    ('python:3.11',)
    """
    used = [str(one["uses"]) for one in (*jobs(document).values(), *steps(document)) if "uses" in one]
    return (
        *(one for one in used if not re.fullmatch(rf"\./.*|[^@]+@[0-9a-f]{{40}}|docker://{_DIGEST}", one)),
        *(image for job in jobs(document).values() for image in _images(job) if not re.fullmatch(_DIGEST, image)),
    )


def _images(job: Document) -> list[str]:
    """The images of a job's containers."""
    containers = [job["container"]] if "container" in job else []
    return [
        str(one.get("image") if isinstance(one, Mapping) else one)
        for one in (*containers, *_mapping(job.get("services")).values())
    ]


def needless_permissions(document: Document) -> tuple[str, ...]:
    """The permissions of a workflow or a job beyond reading, but for those that one of its steps is known to need (`NEEDED`).

    A token by OpenID Connect is for a job that takes a role of AWS, or attests what it has made.

    >>> needless_permissions({"jobs": {"verify": {}}})
    ('verify: no permissions are declared, so those of the repository hold',)
    >>> needless_permissions({"permissions": "write-all", "jobs": {"verify": {}}})
    ('verify: write-all',)
    >>> role = {"uses": "aws-actions/configure-aws-credentials@v4", "with": {"role-to-assume": "arn"}}
    >>> token = {"contents": "read", "id-token": "write"}
    >>> needless_permissions({"permissions": {}, "jobs": {"a": {"permissions": token, "steps": [role]}, "b": {"permissions": token}}})
    ('b: id-token: write',)
    >>> upload = {"uses": "github/codeql-action/upload-sarif@v3"}
    >>> alerts = {"security-events": "write"}
    >>> needless_permissions({"permissions": alerts, "jobs": {"a": {"steps": [upload]}, "b": {"steps": [{"run": "make"}]}}})
    ('b: security-events: write',)
    >>> apart = [{"uses": role["uses"]}, {"with": role["with"]}]
    >>> needless_permissions({"permissions": {}, "jobs": {"a": {"permissions": token, "steps": apart}}})
    ('a: id-token: write',)
    """
    return tuple(
        f"{name}: {granted}"
        for name, job in jobs(document).items()
        for granted in _granted(job.get("permissions", document.get("permissions")))
        if not _is_needed(granted, job)
    )


NEEDED = {
    "id-token: write": r"actions/attest(-[\w-]+)?@",
    "attestations: write": r"actions/attest(-[\w-]+)?@",
    "security-events: write": r"github/codeql-action/upload-sarif@",
    "pull-requests: write": r"gh pr comment\b",
}
"""Permissions, and the action or the command without which a job needs no such one."""


def _is_needed(granted: str, job: Document) -> bool:
    """Whether a step of a job needs a permission.

    >>> comment = {"steps": [{"run": "gh pr comment 1 --body-file comment.md"}]}
    >>> [_is_needed(f"{scope}: write", comment) for scope in ("pull-requests", "contents", "attestations")]
    [True, False, False]
    """
    needs = NEEDED.get(granted)
    used = [text for step in _steps(job) for text in (str(step.get("uses", "")), _run(step))]
    return bool(needs and any(re.match(needs, text) for text in used)) or (granted == "id-token: write" and _takes_a_role(job))


def _granted(permissions: object) -> Iterator[str]:
    """What permissions let somebody do beyond reading one thing."""
    if permissions is None:
        yield "no permissions are declared, so those of the repository hold"
    elif isinstance(permissions, Mapping):
        yield from (f"{scope}: {access}" for scope, access in permissions.items() if access not in ("read", "none"))
    else:
        yield str(permissions)  # read-all and write-all


def _takes_a_role(job: Document) -> bool:
    return any(
        str(step.get("uses", "")).startswith("aws-actions/configure-aws-credentials@")
        and _mapping(step.get("with")).get("role-to-assume")
        for step in _steps(job)
    )


def long_lived_keys(document: Document) -> tuple[str, ...]:
    """Where a key of AWS that somebody stored is taken. An emulator's (``test``) is none.

    >>> long_lived_keys({"env": {"AWS_ACCESS_KEY_ID": "test"}, "jobs": {}})
    ()
    >>> long_lived_keys({"jobs": {"deploy": {"env": {"AWS_SECRET_ACCESS_KEY": "${{ secrets.KEY }}"}}}})
    ('jobs.deploy.env.AWS_SECRET_ACCESS_KEY',)
    >>> long_lived_keys({"jobs": {"deploy": {"steps": [{"run": "aws configure set aws_secret_access_key $KEY"}]}}})
    ('jobs.deploy.steps.0.run',)
    """
    key = re.compile(r"aws[_-](secret[_-])?access[_-]key", re.IGNORECASE)
    return tuple(
        path
        for path, value in _values(document)
        if (key.search(path.rpartition(".")[2]) and value != "test") or (isinstance(value, str) and key.search(value))
    )


def open_to_outsiders(document: Document) -> tuple[str, ...]:
    """Where somebody who may not write to the repository has it do something with its secrets, or with a text of theirs as a command.

    >>> open_to_outsiders({"on": "pull_request_target", "jobs": {}})
    ('pull_request_target',)
    >>> run = "deploy ${{ inputs.tag }}", "echo ${{ github.event.issue.title }}", "echo ${{ github.event_name }}"
    >>> open_to_outsiders({"jobs": {"deploy": {"steps": [{"run": one} for one in run]}}})
    ('jobs.deploy.steps.0.run', 'jobs.deploy.steps.1.run')
    >>> open_to_outsiders({"jobs": {"a": {"steps": [{"run": "echo ${{ github.sha }} ${{ inputs.tag }}"}]}}})
    ('jobs.a.steps.0.run',)
    """
    theirs = re.compile(r"\binputs\b|\bgithub\W+(event|head_ref|ref|ref_name)\b")
    return (
        *(event for event in triggers(document) if event == "pull_request_target"),
        *(
            path
            for path, value in _values(document)
            if re.search(r"\.(run|with\.script)$", path)
            and any(theirs.search(one) for one in re.findall(r"\$\{\{(.*?)\}\}", str(value), re.DOTALL))
        ),
    )


def is_gate(document: Document) -> bool:
    """True if the workflow runs ``make test`` on all pull requests, merge groups and pushes to main, and fails where that fails.

    A job that is skipped counts as a success, so it waits for no other.

    >>> events = {"pull_request": None, "merge_group": None, "push": {"branches": ["main"]}}
    >>> workflow = {"on": events, "jobs": {"verify": {"steps": [{"run": "make test"}]}}}
    >>> is_gate(workflow)
    True
    >>> is_gate(workflow | {"on": events | {"pull_request": {"paths": ["backend/**"]}}})
    False
    >>> is_gate(workflow | {"on": events | {"pull_request": {"types": ["closed"]}}})
    False
    >>> is_gate(workflow | {"on": ["push"]})
    False
    >>> is_gate(workflow | {"jobs": {"verify": {"needs": "build", "steps": [{"run": "make test"}]}}})
    False
    >>> is_gate(workflow | {"jobs": {"other": {"needs": "verify"}, **workflow["jobs"]}})
    True
    >>> is_gate(workflow | {"on": events | {"pull_request": {"types": ["opened", "synchronize", "reopened"]}}})
    True
    """
    events = triggers(document)
    return (
        all(_is_always_judged(events, event) for event in _DEFAULT_TYPES)
        and _is_pushed_to_main(events)
        and any("needs" not in job and _always_counts(job) and _runs(document, job, GATE) for job in jobs(document).values())
    )


def _is_always_judged(events: Mapping[str, Document], event: str) -> bool:
    """Whether an event starts the workflow for every change that it is of."""
    how = events.get(event)
    return (
        how is not None and not {*how} - {"types"} and (not how.get("types") or {*_list(how["types"])} >= _DEFAULT_TYPES[event])
    )


def _is_pushed_to_main(events: Mapping[str, Document]) -> bool:
    """Whether each push to main starts the workflow.

    >>> [_is_pushed_to_main({"push": how}) for how in ({}, {"branches": ["main"]}, {"branches": ["main"], "paths": ["a"]})]
    [True, True, False]
    """
    how = events.get("push")
    return (
        how is not None and not {*how} - {"branches"} and not {"main", "*", "**"}.isdisjoint(_list(how.get("branches", "main")))
    )


def _always_counts(part: Document) -> bool:
    """Whether a job or a step runs under no condition, and its failure is one.

    >>> [_always_counts(part) for part in ({}, {"continue-on-error": True}, {"if": False})]
    [True, False, False]
    """
    return _always_runs(part) and not part.get("continue-on-error")


def _always_runs(part: Document) -> bool:
    """Whether a job or a step runs under no condition.

    >>> [_always_runs({"if": condition}) for condition in (True, "${{ always() }}", False, "github.ref == 'refs/heads/main'")]
    [True, True, False, False]
    """
    condition = re.sub(r"^\$\{\{(.*)\}\}$", r"\1", str(part.get("if", "")).strip()).strip()
    return condition.lower() in _ALWAYS


def _runs(document: Document, job: Document, command: str) -> bool:
    """Whether a step of a job always runs a command in the repository, and fails where that fails.

    It is the first line of what bash gets: by itself, and with ``-e``, which the runner gives. A line before it could make it do nothing
    (``if false``, ``exit``, ``set +e``); one after it is not reached when it fails.

    >>> lines = "make test\\nmake lint", "set +e\\nmake test", "make test || true", "make test \\\\\\n|| true"
    >>> [_runs({}, {"steps": [{"run": run}]}, GATE) for run in lines]
    [True, False, False, False]
    >>> [_runs({"defaults": {"run": {key: "x"}}}, {"steps": [{"run": "make test"}]}, GATE) for key in ("shell", "other")]
    [False, True]
    """
    by_default = {**_run_defaults(document), **_run_defaults(job)}
    return any(
        _always_counts(step)
        and step.get("shell", by_default.get("shell", "bash")) == "bash"
        and step.get("working-directory", by_default.get("working-directory", ".")) in _ROOT
        and re.match(rf"\s*{command}[ \t]*(\n|$)", _run(step))
        for step in _steps(job)
    )


def _run_defaults(part: Document) -> Document:
    return _mapping(_mapping(part.get("defaults")).get("run"))


def is_deployment(document: Document) -> bool:
    """True if the workflow deploys by the script: each push to main, and by hand where and what somebody chooses.

    It does so with a role that it takes by OpenID Connect.

    >>> role = {"uses": "aws-actions/configure-aws-credentials@v4", "with": {"role-to-assume": "arn"}}
    >>> steps = [role, {"run": './scripts/deploy-aws.sh "$ENVIRONMENT" "$IMAGE_TAG"'}]
    >>> job = {"permissions": {"id-token": "write"}, "steps": steps}
    >>> chosen = {"inputs": {"environment": {"type": "choice"}, "image_tag": {}}}
    >>> workflow = {"on": {"push": {"branches": "main"}, "workflow_dispatch": chosen}, "jobs": {"deploy": job}}
    >>> is_deployment(workflow)
    True
    >>> [is_deployment(workflow | {"jobs": {"deploy": job | change}}) for change in ({"if": False}, {"steps": steps[1:]})]
    [False, False]
    >>> jobs = {"deploy": job | {"needs": ["build", "elsewhere"]}, "build": {}, "other": {}}
    >>> is_deployment(workflow | {"jobs": jobs}), is_deployment(workflow | {"jobs": {**jobs, "build": {"if": False}}})
    (True, False)
    """
    events = triggers(document)
    inputs = _mapping(events.get("workflow_dispatch", {}).get("inputs"))
    return (
        _is_pushed_to_main(events)
        and "main" in _list(events["push"].get("branches"))
        and _asked(inputs, "environment").get("type") in ("choice", "environment")
        and "image_tag" in inputs
        and any(_deploys(document, name) for name in jobs(document))
    )


def _deploys(document: Document, name: str) -> bool:
    """Whether a job always runs the script, with a role that it takes, and waits for no job that may be skipped."""
    all_jobs = jobs(document)
    job = all_jobs[name]
    return (
        all(_always_runs(all_jobs[one]) for one in _awaited(all_jobs, name))
        and "id-token: write" in _granted(job.get("permissions", document.get("permissions")))
        and _takes_a_role(job)
        and not job.get("continue-on-error")
        and _runs(document, job, DEPLOYMENT)
    )


def _awaited(all_jobs: Mapping[str, Document], name: str) -> set[str]:
    """A job, and those that it waits for.

    >>> sorted(_awaited({"a": {"needs": ["b", "elsewhere"]}, "b": {"needs": "c"}, "c": {}, "d": {}}, "a"))
    ['a', 'b', 'c']
    """
    awaited: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in all_jobs and one not in awaited:
            awaited.add(one)
            waiting += _list(all_jobs[one].get("needs"))
    return awaited


def _asked(inputs: Document, name: str) -> Document:
    return _mapping(inputs.get(name))


def triggers(document: Document) -> dict[str, Document]:
    """The events that start a workflow, with their filters and inputs.

    >>> triggers({True: ["push"]}), triggers({"on": "push"}), triggers({True: {"push": {"branches": ["main"]}, "schedule": [1]}})
    ({'push': {}}, {'push': {}}, {'push': {'branches': ['main']}, 'schedule': {}})
    """
    events = document.get("on", document.get(True))
    if isinstance(events, Mapping):
        return {str(event): _mapping(how) for event, how in events.items()}
    return {str(event): {} for event in ([events] if isinstance(events, str) else events or [])}


def jobs(document: Document) -> dict[str, Document]:
    """The jobs by their names."""
    return {str(name): _mapping(job) for name, job in _mapping(document.get("jobs")).items()}


def steps(document: Document) -> list[Document]:
    """The steps of all jobs."""
    return [step for job in jobs(document).values() for step in _steps(job)]


def _steps(job: Document) -> Iterable[Document]:
    return [_mapping(step) for step in job.get("steps") or ()]


def _run(step: Document) -> str:
    return str(step.get("run", ""))


def _list(value: object) -> list[str]:
    """What may be written as a list, or alone.

    >>> _list("main"), _list(["main", "next"]), _list(None)
    (['main'], ['main', 'next'], [])
    """
    return [str(one) for one in value] if isinstance(value, list) else [] if value is None else [str(value)]


def _mapping(value: object) -> Document:
    return value if isinstance(value, Mapping) else {}


def _values(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value inside a document by its path."""
    members = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else None
    if members is None:
        yield path, value
        return
    for key, member in members:
        yield from _values(member, f"{path}.{key}".removeprefix("."))
