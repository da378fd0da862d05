"""Workflows of GitHub Actions: what they run, what they may, and with whose keys.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax and .../security/secure-use
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Document = Mapping[Any, Any]
"""A workflow file, parsed. YAML 1.1 reads the key ``on`` as True."""

GATE = r"^\s*make test\s*$"
"""The command of the gate."""
SCRIPT = "scripts/deploy-aws.sh"


def unpinned(document: Document) -> tuple[str, ...]:
    """Actions, reusable workflows and images that are not named by what they hold.

    >>> steps = [{"uses": "actions/checkout@v4"}, {"uses": "./.github/actions/here"}, {"uses": f"actions/checkout@{'a' * 40}"}]
    >>> unpinned({"jobs": {"verify": {"steps": steps}}})
    ('actions/checkout@v4',)
    """
    used = [str(one["uses"]) for one in (*jobs(document).values(), *steps(document)) if "uses" in one]
    return tuple(one for one in used if not re.fullmatch(r"\./.+|[^@]+@[0-9a-f]{40}|docker://[^@]+@sha256:[0-9a-f]{64}", one))


def needless_permissions(document: Document) -> tuple[str, ...]:
    """What the workflow or a job of it may do beyond reading; only a job that takes a role by OpenID Connect may ask for its token.

    >>> needless_permissions({"jobs": {"verify": {}}})
    ('verify: no permissions are declared, so those of the repository hold',)
    >>> needless_permissions({"permissions": "write-all", "jobs": {"verify": {}}})
    ('verify: write-all',)
    >>> role = {"uses": "aws-actions/configure-aws-credentials@v4", "with": {"role-to-assume": "arn"}}
    >>> token = {"contents": "read", "id-token": "write"}
    >>> needless_permissions({"permissions": {}, "jobs": {"a": {"permissions": token, "steps": [role]}, "b": {"permissions": token}}})
    ('b: id-token: write',)
    """
    return tuple(
        f"{name}: {granted}"
        for name, job in jobs(document).items()
        for granted in _granted(job.get("permissions", document.get("permissions")))
        if not (granted == "id-token: write" and _takes_a_role(job))
    )


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


def is_gate(document: Document) -> bool:
    """Whether the workflow runs ``make test`` on every pull request and in the merge queue, and fails where that fails.

    >>> workflow = {"on": {"pull_request": None, "merge_group": None}, "jobs": {"verify": {"steps": [{"run": "make test"}]}}}
    >>> is_gate(workflow)
    True
    >>> is_gate(workflow | {"on": {"pull_request": {"paths": ["backend/**"]}, "merge_group": None}})
    False
    >>> is_gate(workflow | {"on": ["push"]})
    False
    """
    events = triggers(document)
    return all(event in events and not set(events[event]) - {"types"} for event in ("pull_request", "merge_group")) and any(
        _always_counts(job) and any(_always_counts(step) and re.search(GATE, _run(step), re.MULTILINE) for step in _steps(job))
        for job in jobs(document).values()
    )


def _always_counts(part: Document) -> bool:
    """Whether a job or a step runs under no condition, and its failure is one."""
    return "if" not in part and not part.get("continue-on-error")


def is_deployment(document: Document) -> bool:
    """Whether the workflow deploys by the script: each push to main, and by hand where and what somebody chooses."""
    events = triggers(document)
    inputs = _mapping(events.get("workflow_dispatch", {}).get("inputs"))
    return (
        "main" in (events.get("push", {}).get("branches") or ())
        and _asked(inputs, "environment").get("type") in ("choice", "environment")
        and "image_tag" in inputs
        and any(SCRIPT in _run(step) for step in steps(document))
    )


def _asked(inputs: Document, name: str) -> Document:
    return _mapping(inputs.get(name))


def triggers(document: Document) -> dict[str, Document]:
    """What starts a workflow, with its filters and inputs.

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
