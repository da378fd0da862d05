"""Collections of what operators work with: the compose file, the deployment script, the workflows."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from stackproof.collections.files import document_of, existing
from stackproof.collections.registry import collection
from stackproof.core.resource import LazyMapping, StaticOrigin
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing
from stackproof.judgement import compose
from stackproof.judgement import workflows as judgement
from stackproof.resources.operations import ComposeService, DeploymentScript, Workflow, Workflows
from stackproof.scanners import deployment_script as script
from stackproof.targets.base import Stage


@collection
def compose_services(stage: Stage) -> tuple[ComposeService, ...]:
    """The services of the local emulator's compose file."""
    name = stage.profile.sources.compose_file
    document = document_of(existing(stage, name))
    services = document.get("services")
    if not isinstance(services, Mapping) or not services:
        raise DeclaredButMissing(f"{name} has no services")
    unknown = compose.unknown_keys(document, compose.TOP_LEVEL)
    return tuple(_compose_service(str(service), about, unknown, name) for service, about in services.items())


def _compose_service(name: str, service: object, unknown: tuple[str, ...], file: str) -> ComposeService:
    known: Mapping[str, object] = service if isinstance(service, Mapping) else {}
    facts = {
        "problems": (
            *(f"{file}: unknown key {key}" for key in unknown),
            *(f"unknown key {key}" for key in compose.unknown_keys(known, compose.SERVICE)),
            *([] if "image" in known else ["no image"]),
        ),
        "is_pinned": compose.is_pinned(str(known.get("image"))),
        "is_health_checked": compose.is_health_checked(known.get("healthcheck")),
        "exposed": compose.exposed(known),
    }
    return ComposeService(name, StaticOrigin(facts, file), file)


@collection
def deployment_script(stage: Stage) -> DeploymentScript:
    """The deployment script at work."""
    name = stage.profile.sources.deployment_script
    file = existing(stage, name)
    facts: Mapping[str, object] = LazyMapping({"findings": partial(script.shellcheck, file), **script.watched(file)})
    source = f"shellcheck; {name} with fakes for aws, docker and git"
    with suppress(CouldNotVerify):  # then each fact says itself whether it could be found out, and none is kept
        answer = stage.kept.get("deployment-script", script.inputs(file), lambda: {**facts}, keeps=lambda made: not made["fails"])
        facts = {fact: tuple(value) if isinstance(value, list) else value for fact, value in answer.value.items()}
        source = answer.told(source)
    return DeploymentScript(file.name, StaticOrigin(facts, source), source)


@collection
def workflows(stage: Stage) -> tuple[Workflow, ...]:
    """Each workflow of GitHub Actions."""
    return tuple(
        Workflow(
            file.name,
            StaticOrigin(
                {
                    "unpinned": judgement.unpinned(document),
                    "needless_permissions": judgement.needless_permissions(document),
                    "long_lived_keys": judgement.long_lived_keys(document),
                    "open_to_outsiders": judgement.open_to_outsiders(document),
                },
                f"{stage.profile.sources.workflows}/{file.name}",
            ),
            f"{stage.profile.sources.workflows}/{file.name}",
        )
        for file, document in _workflow_files(stage)
    )


@collection
def automation(stage: Stage) -> Workflows:
    """The workflows together: what they are there for."""
    files = _workflow_files(stage)
    facts = {
        "gates": tuple(file.name for file, document in files if judgement.is_gate(document)),
        "deployments": tuple(file.name for file, document in files if judgement.is_deployment(document)),
    }
    folder = stage.profile.sources.workflows
    return Workflows(folder, StaticOrigin(facts, folder), folder)


def _workflow_files(stage: Stage) -> list[tuple[Path, judgement.Document]]:
    files = sorted(file for file in stage.root.glob(f"{stage.profile.sources.workflows}/*") if file.suffix in (".yml", ".yaml"))
    if not files:
        raise DeclaredButMissing(f"{stage.profile.sources.workflows} has no workflow in {stage.repository}")
    return [(file, document_of(file)) for file in files]
