"""A deployment of the service, by the API calls that ``scripts/deploy-aws.sh`` makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackproof.embedded.cloud import CloudFailed
from stackproof.judgement.images import image_name

_KEPT = (
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "runtimePlatform",
    "ephemeralStorage",
)
"""Of a described task definition, what a new revision of it is registered with."""


@dataclass(frozen=True)
class Service:
    """A service that exists, and the image that its tasks run."""

    cluster: str
    """Its ARN."""
    name: str
    repository: str
    tag: str


def services(ecs: Any) -> list[Service]:
    """The services of the account. Raises `CloudFailed` for one whose image has no tag."""
    found = []
    for cluster in ecs.list_clusters()["clusterArns"]:
        arns = ecs.list_services(cluster=cluster)["serviceArns"]
        for service in ecs.describe_services(cluster=cluster, services=arns)["services"] if arns else ():
            definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
            name = image_name(definition["containerDefinitions"][0]["image"])
            if not name.tag:
                raise CloudFailed(f"{service['serviceName']} runs {name.repository} by digest already: there is no tag to push")
            found.append(Service(cluster, service["serviceName"], name.repository, name.tag))
    return found


def release(ecs: Any, service: Service, digest: str) -> str:
    """Register a revision that runs another image of the repository, and let the service run it; the ARN of the revision."""
    [running] = ecs.describe_services(cluster=service.cluster, services=[service.name])["services"]
    current = ecs.describe_task_definition(taskDefinition=running["taskDefinition"], include=["TAGS"])
    revision = ecs.register_task_definition(**next_revision(current, digest))["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster=service.cluster, service=service.name, taskDefinition=revision)
    return str(revision)


def next_revision(described: Mapping[str, Any], digest: str) -> dict[str, Any]:
    """The parameters of RegisterTaskDefinition for a described revision with another image in its first container.

    >>> current = {"family": "app", "revision": 4, "containerDefinitions": [{"image": "registry.example/app:v1"}]}
    >>> next_revision({"taskDefinition": current}, "sha256:0a")
    {'family': 'app', 'containerDefinitions': [{'image': 'registry.example/app@sha256:0a'}]}
    """
    definition = {name: value for name, value in described["taskDefinition"].items() if name in _KEPT}
    first, *others = definition["containerDefinitions"]
    name = image_name(first["image"])
    definition["containerDefinitions"] = [{**first, "image": f"{name.registry}/{name.repository}@{digest}"}, *others]
    return definition | ({"tags": described["tags"]} if described.get("tags") else {})
