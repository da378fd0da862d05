"""Amazon ECR."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import CouldNotVerify, NotReported
from stackproof.judgement.images import MEDIA_TYPES, EcrRegistry, ImageName, config_digest, image_name, platform_name, platforms
from stackproof.sources.aws.facts import AwsFacts
from stackproof.sources.aws.layers import OPERATION

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader

UNFINISHED = ("IN_PROGRESS", "PENDING")
"""States of a scan that will have a result."""
OPEN, SETTLED = "ACTIVE", ("CLOSED", "SUPPRESSED")
"""States of a finding of enhanced scanning: it stands; it is mended, or somebody has looked at it and set it aside (Amazon Inspector)."""
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED", "UNTRIAGED")
"""Of findings of both kinds of scanning (ECR, ``FindingSeverity``; Amazon Inspector, ``Severity``)."""


def _findings(scan: AwsFacts) -> "Answer":
    """To the last page; absent if the image never was scanned."""
    return scan.read(
        "ecr:DescribeImageScanFindings",
        absent=("ScanNotFoundException",),
        repositoryName=scan.at("repositoryName"),
        imageId={"imageDigest": scan.at("imageDigest")},
    )


def _status(scan: AwsFacts) -> str | None:
    answer = _findings(scan)
    if answer.page is None:
        return None
    status: str | None = answer.page.get("imageScanStatus", {}).get("status")
    if status is None:
        raise NotReported(f"{answer.source}: the state of the scan is not reported")
    if status in UNFINISHED:
        raise CouldNotVerify(f"{answer.source}: the scan is {status}; run again when it is through")
    return status


def _critical_findings(scan: AwsFacts) -> tuple[str, ...] | None:
    """Findings that stand. Basic and enhanced scanning report under different members; a count without a finding counts too."""
    answer = _findings(scan)
    if answer.page is None:
        return None
    critical: list[tuple[str, str]] = []
    counted = 0
    for page in answer.pages:
        findings = page.get("imageScanFindings")
        if not isinstance(findings, Mapping):
            raise NotReported(f"{answer.source}: a page of the answer has no imageScanFindings")
        listed = [
            *((one, _name(one), OPEN) for one in findings.get("findings", ())),
            *((one, _enhanced_name(one), one.get("status", OPEN)) for one in findings.get("enhancedFindings", ())),
        ]
        _refuse_unknown(answer, "severity", {one.get("severity") for one, *_ in listed} - {*SEVERITIES})
        critical += [(name, state) for one, name, state in listed if one["severity"] == "CRITICAL"]
        counted = max(counted, findings.get("findingSeverityCounts", {}).get("CRITICAL", 0))
    _refuse_unknown(answer, "status", {state for _, state in critical} - {OPEN, *SETTLED})
    found = [name for name, state in critical if state == OPEN]
    unlisted = counted - len(critical)
    return (*found, *([f"{unlisted} without a name"] if unlisted > 0 else []))


def _refuse_unknown(answer: "Answer", what: str, values: set[Any]) -> None:
    """Raises `CouldNotVerify`, naming the values, if there are any."""
    if values:
        raise CouldNotVerify(f"{answer.source}: a finding's {what} is {', '.join(sorted(map(str, values)))}, which is not known")


def _name(finding: Mapping[str, Any]) -> str:
    return str(finding.get("name") or "a finding without a name")


def _enhanced_name(finding: Mapping[str, Any]) -> str:
    vulnerability = finding.get("packageVulnerabilityDetails", {}).get("vulnerabilityId")
    return str(vulnerability or finding.get("title") or "a finding without a name")


class Scan(Resource):
    """A scan of an image for one platform, with its findings. Named by the image's digest."""

    operations = ("ecr:DescribeImageScanFindings",)

    status: str | None = field(aws=_status)
    """``COMPLETE``, ``ACTIVE`` (scanned continuously), ``FAILED``, ``UNSUPPORTED_IMAGE``, ...; None if it never was scanned."""
    critical_findings: tuple[str, ...] = field(aws=_critical_findings)


def _images(image: AwsFacts) -> tuple[tuple[str, str], ...]:
    """Each platform, and the digest of the image for it."""
    digest, manifest = image.at("imageId.imageDigest"), image.at("imageManifest")
    if manifest is None:
        raise NotReported(f"the manifest of {digest} is not reported")
    try:
        return platforms(manifest) or ((_only_platform(image, config_digest(manifest)), digest),)
    except ValueError as error:
        raise CouldNotVerify(f"the manifest of {digest} cannot be read: {error}") from None


def _only_platform(image: AwsFacts, config: str) -> str:
    """Of an image without an index: its configuration says."""
    answer = image.read(OPERATION, repositoryName=image.at("repositoryName"), layerDigest=config)
    platform = answer.pages[0].get("Platform") or {}
    if not {"os", "architecture"} <= platform.keys():
        raise NotReported(f"{answer.source}: what the image is built for is not reported")
    return platform_name(platform)


def _scans(image: AwsFacts) -> tuple[Scan, ...]:
    """ECR scans the images that an index lists, and not the index."""
    repository = image.at("repositoryName")
    return tuple(
        image.inside(Scan, digest, {"repositoryName": repository, "imageDigest": digest}) for _, digest in _images(image)
    )


class Image(Resource):
    """An image in the account's registry. Named by the reference that it is run by."""

    operations = ("ecr:BatchGetImage", OPERATION, *Scan.operations)

    repository: str = field(aws="repositoryName")
    digest: str = field(aws="imageId.imageDigest")
    """``sha256:...``: of what the tag stands for now."""
    platforms: tuple[str, ...] = field(aws=lambda image: tuple(platform for platform, _ in _images(image)))
    """What it is built for: ``linux/amd64``, ... One that an index has twice is here twice."""
    scans: tuple[Scan, ...] = field(aws=_scans)

    @property
    def short_name(self) -> str:
        """Without the registry, and with the beginning of the digest alone."""
        name, at, digest = self.name.partition("/")[2].partition("@sha256:")
        return f"{name}{at}{digest[:12]}"

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Image]":
        """The images, of these references, that are in the account's registry of the region."""
        registry = EcrRegistry(aws.account, aws.region)
        found = []
        for reference in dict.fromkeys(names):
            name = image_name(reference)
            if name.ecr == registry:
                answer = answered_image(aws, name)
                if not answer.is_absent:
                    found += [cls(reference, AwsFacts(aws, item, answer.source), answer.source) for item in _there(answer)]
        return found


def answered_image(aws: "Reader | AwsFacts", name: ImageName) -> "Answer":
    """An image by its tag or digest; absent if there is no such repository."""
    return aws.read(
        "ecr:BatchGetImage",
        absent=("RepositoryNotFoundException",),
        repositoryName=name.repository,
        imageIds=[name.id],
        acceptedMediaTypes=list(MEDIA_TYPES),
    )


def _there(answer: "Answer") -> list[dict[str, Any]]:
    """The image of an answer; none if ECR says that there is none. Raises `CouldNotVerify` for one that cannot be had."""
    failures = [one.get("failureCode") for one in answer.items("failures")]
    if unclear := [code for code in failures if code != "ImageNotFound"]:
        raise CouldNotVerify(f"{answer.source}: {', '.join(map(str, unclear))}")
    images = answer.items("images")
    if not images and not failures:
        raise NotReported(f"{answer.source}: the answer has neither the image nor why not")
    return images
