"""Repositories of Amazon ECR."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import NotYetKnown
from stackproof.resources.documents import planned_document, policy_document
from stackproof.sources.aws.facts import AwsFacts, described, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

SCANNING = {"SCAN_ON_PUSH": True, "CONTINUOUS_SCAN": True, "MANUAL": False}
"""Whether a frequency (ECR, ``ScanFrequency``) scans what is pushed."""

KEEPING = {"IMMUTABLE": True, "IMMUTABLE_WITH_EXCLUSION": False, "MUTABLE": False, "MUTABLE_WITH_EXCLUSION": False}
"""Whether a mutability (ECR, ``ImageTagMutability``) keeps every tag at its image; with exclusions some tags move."""


def _answered_scan(repository: AwsFacts) -> bool | None:
    """Rules of the registry stand above what a repository says of itself, and so does enhanced scanning."""
    registry = repository.read("ecr:GetRegistryScanningConfiguration").pages[0].get("scanningConfiguration", {})
    if registry.get("scanType") == "BASIC" and not registry.get("rules"):
        own: bool | None = repository.at("imageScanningConfiguration.scanOnPush")
        return own
    answer = repository.read("ecr:BatchGetRepositoryScanningConfiguration", repositoryNames=[repository.at("repositoryName")])
    frequency = next((one.get("scanFrequency") for one in described(answer, "scanningConfigurations")), None)
    return None if frequency is None else SCANNING[frequency]


def _planned_scan(repository: PlannedBlock) -> bool:
    """Terraform's default is not to scan. What rules of the registry say, a plan does not show repository by repository."""
    for registry in repository.plan.resources("aws_ecr_registry_scanning_configuration"):
        raise NotYetKnown(f"what {registry.address} says of {repository.address} is known only after apply")
    return any(block.at("scan_on_push") for block in repository.written_blocks("image_scanning_configuration"))


def _answered_policies(repository: AwsFacts) -> tuple[dict[str, Any], ...]:
    absent = ("RepositoryPolicyNotFoundException",)
    answer = repository.read("ecr:GetRepositoryPolicy", absent=absent, repositoryName=repository.at("repositoryName"))
    return () if answer.page is None else (policy_document(answer.page["policyText"], answer.source),)


def _planned_policies(repository: PlannedBlock) -> tuple[dict[str, Any], ...]:
    blocks = repository.plan.referring("aws_ecr_repository_policy", "repository", repository)
    return tuple(planned_document(block, "policy") for block in blocks)


def _answered_expiry(repository: AwsFacts) -> bool:
    absent = ("LifecyclePolicyNotFoundException",)
    return (
        repository.read("ecr:GetLifecyclePolicy", absent=absent, repositoryName=repository.at("repositoryName")).page is not None
    )


def _planned_expiry(repository: PlannedBlock) -> bool:
    return bool(repository.plan.referring("aws_ecr_lifecycle_policy", "repository", repository))


class EcrRepository(Resource):
    """A private repository of images."""

    operations = (
        "ecr:DescribeRepositories",
        "ecr:GetRegistryScanningConfiguration",
        "ecr:BatchGetRepositoryScanningConfiguration",
        "ecr:GetRepositoryPolicy",
        "ecr:GetLifecyclePolicy",
    )
    terraform = ("aws_ecr_repository",)

    scans_on_push: bool = field(aws=_answered_scan, plan=_planned_scan)
    """Whether an image is scanned when it is pushed. Source: Amazon ECR user guide, "Scan images for software vulnerabilities"."""
    policies: tuple[dict[str, Any], ...] = field(aws=_answered_policies, plan=_planned_policies)
    """Its policy, which lets in others than IAM does in its account; none if it has none."""
    keeps_tags: bool = field(
        aws=lambda one: None if (said := one.at("imageTagMutability")) is None else KEEPING[said],
        plan=lambda one: KEEPING[one.at_or("image_tag_mutability", default="MUTABLE")],
    )
    """Whether a tag stays at the image that it was pushed with. Source: Amazon ECR user guide, "Preventing image tags from being
    overwritten"."""
    expires_images: bool = field(aws=_answered_expiry, plan=_planned_expiry)
    """Whether a lifecycle policy removes images."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[EcrRepository]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("ecr:DescribeRepositories"), "repositories", named="repositoryName")
