"""Amazon ECR."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, Case, cloud
from proofs.harness import Edit, absent, answers, omits, says
from stackproof.sources.aws.layers import OPERATION
from stackproof.sources.replay import Recorded

IMAGES, SCANS, DEFINITIONS = "ecr:BatchGetImage", "ecr:DescribeImageScanFindings", "ecs:DescribeTaskDefinition"
MANIFEST = "images.0.imageManifest"
FINDINGS = "imageScanFindings"
ATTESTATION = {"digest": "sha256:0b", "platform": {"os": "unknown", "architecture": "unknown"}}
ATTESTS = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
UNSCANNED = "sha256:0d"
NESTED = {"digest": UNSCANNED, "mediaType": "application/vnd.oci.image.index.v1+json"}
DUAL_STACK = "123456789012.dkr-ecr.ap-northeast-2.on.aws"
MISSING = {"images": [], "failures": [{"imageId": {"imageTag": "latest"}, "failureCode": "ImageNotFound"}]}


def built(change: Callable[[dict[str, Any]], object]) -> Edit:
    """Change the index of every image."""

    def edited(call: Recorded) -> Recorded:
        page = call.pages[0]
        images = [{**one, "imageManifest": _changed(one["imageManifest"], change)} for one in page["images"]]
        return replace(call, pages=({**page, "images": images},))

    return lambda calls: [edited(call) if call.call.operation == IMAGES else call for call in calls]


def _changed(manifest: str, change: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(manifest)
    change(document)
    return json.dumps(document)


def for_platform(name: str) -> Edit:
    """Let the image be for another platform."""
    platform = dict(zip(("os", "architecture", "variant"), name.split("/"), strict=False))
    return built(lambda index: index["manifests"][0].update(platform=platform))


def called(registry: str) -> Edit:
    """Let the services name the registry so."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        return [_renamed(call, registry) if call.call.operation == DEFINITIONS else call for call in calls]

    return edit


def _renamed(call: Recorded, registry: str) -> Recorded:
    page = copy.deepcopy(call.pages[0])
    for container in page["taskDefinition"]["containerDefinitions"]:
        container["image"] = f"{registry}/{container['image'].partition('/')[2]}"
    return replace(call, pages=(page,))


def twice(finding: dict[str, str] | None) -> Edit:
    """Let an index have its platform twice, the second time with this finding."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        [scan, *_] = [call for call in calls if call.call.operation == SCANS]
        second = built(lambda index: index["manifests"].append({**index["manifests"][0], "digest": UNSCANNED}))(calls)
        page = {**scan.pages[0], FINDINGS: {"findings": [finding] if finding else []}}
        return answers(SCANS, page, repositoryName="triflow-ai-backend", imageId={"imageDigest": UNSCANNED})(second)

    return edit


def without_index(platform: dict[str, str]) -> tuple[Edit, ...]:
    """Let there be images of one platform, whose configuration says which; what was scanned is each image itself."""

    def scanned(calls: list[Recorded]) -> list[Recorded]:
        [scan, *_] = [call for call in calls if call.call.operation == SCANS]
        for call in [call for call in calls if call.call.operation == IMAGES]:
            id = {"imageDigest": call.pages[0]["images"][0]["imageId"]["imageDigest"]}
            calls = answers(SCANS, scan.pages[0], repositoryName="triflow-ai-backend", imageId=id)(calls)
        return calls

    return (
        built(lambda index: (index.pop("manifests"), index.update(config={"digest": "sha256:0c"}))),
        answers(
            OPERATION,
            {"layerDigest": "sha256:0c", "Platform": platform},
            repositoryName="triflow-ai-backend",
            layerDigest="sha256:0c",
        ),
        scanned,
    )


def answered_by(page: dict[str, Any]) -> Edit:
    """Let ECR answer so to every question for an image."""
    return lambda calls: [replace(call, pages=(page,)) if call.call.operation == IMAGES else call for call in calls]


def found(*pages: dict[str, Any]) -> Edit:
    """Let every scan have found this, page by page."""

    def scanned(call: Recorded) -> Recorded:
        about = {name: value for name, value in call.pages[0].items() if name != FINDINGS}
        return replace(call, pages=tuple({**about, FINDINGS: page} for page in pages))

    return lambda calls: [scanned(call) if call.call.operation == SCANS else call for call in calls]


def in_another_repository(calls: list[Recorded]) -> list[Recorded]:
    """Let the services run the image from the repository ``other`` of the same registry."""
    return [_elsewhere(call) for call in calls]


def _elsewhere(call: Recorded) -> Recorded:
    if call.call.operation == DEFINITIONS:
        page = json.loads(json.dumps(call.pages[0], default=str).replace("/triflow-ai-backend", "/other"))
        return replace(call, pages=(page,))
    if call.call.operation in (IMAGES, SCANS):
        asked = {**call.call.arguments, "repositoryName": "other"}
        pages = json.loads(json.dumps(call.pages, default=str).replace('"triflow-ai-backend"', '"other"'))
        return replace(call, call=type(call.call).of(call.call.operation, call.call.region, **asked), pages=tuple(pages))
    return call


HIGH = {"name": "CVE-2026-0001", "severity": "HIGH"}
CRITICAL = {"name": "CVE-2026-0002", "severity": "CRITICAL"}
ENHANCED = {"severity": "CRITICAL", "title": "t", "packageVulnerabilityDetails": {"vulnerabilityId": "CVE-2026-0003"}}
CLOSED = {**ENHANCED, "status": "CLOSED"}

CASES: list[Case] = [
    cloud("ECR-01", "tag missing", FAIL, answered_by(MISSING), names="triflow-ai-backend"),
    cloud("ECR-01", "no such repository", FAIL, absent(IMAGES), names="triflow-ai-backend"),
    cloud("ECR-01", "an image of another registry", FAIL, says(DEFINITIONS, "taskDefinition.containerDefinitions.0.image", "x")),
    cloud(
        "ECR-01",
        "an image of another repository",
        FAIL,
        in_another_repository,
        names="other",
    ),
    cloud("ECR-01", "arm64 image", FAIL, for_platform("linux/arm64"), names="linux/arm64"),
    cloud("ECR-01", "a Windows image", FAIL, for_platform("windows/amd64"), names="windows/amd64"),
    cloud("ECR-01", "with an attestation beside it", PASS, built(lambda index: index["manifests"].append(ATTESTATION))),
    cloud(
        "ECR-01",
        "with an attestation by its annotation beside it",
        PASS,
        built(lambda index: index["manifests"].append({**index["manifests"][0], "digest": "sha256:0b", **ATTESTS})),
    ),
    cloud(
        "ECR-01", "an entry that names no platform", ERROR, built(lambda index: index["manifests"].append({"digest": UNSCANNED}))
    ),
    cloud(
        "ECR-01",
        "an index in an index",
        ERROR,
        built(lambda index: index["manifests"].append(NESTED)),
        names="an index in an index",
    ),
    cloud("ECR-01", "by the name of the registry for IPv6", PASS, called(DUAL_STACK)),
    cloud("ECR-01", "by the registry's FIPS name", PASS, called("123456789012.dkr.ecr-fips.ap-northeast-2.amazonaws.com")),
    cloud("ECR-01", "of another account by the name for IPv6", FAIL, called(DUAL_STACK.replace("1234", "2345"))),
    cloud("ECR-01", "amd64 by another name", PASS, for_platform("linux/x86_64")),
    cloud("ECR-01", "amd64 in its first variant", PASS, for_platform("linux/amd64/v1")),
    cloud("ECR-01", "amd64 for newer processors alone", FAIL, for_platform("linux/amd64/v3"), names="linux/amd64/v3"),
    cloud("ECR-01", "a platform that is there twice, both scanned", PASS, twice(None)),
    cloud("ECR-01", "a platform that is there twice, one with a critical finding", FAIL, twice(CRITICAL), names="CVE-2026-0002"),
    cloud(
        "ECR-01",
        "a platform that is there twice, one never scanned",
        ERROR,
        built(lambda index: index["manifests"].append({**index["manifests"][0], "digest": UNSCANNED})),
    ),
    cloud("ECR-01", "an attestation alone", ERROR, built(lambda index: index.update(manifests=[ATTESTATION])), names="manifest"),
    cloud("ECR-01", "an image without an index", PASS, *without_index({"os": "linux", "architecture": "amd64"})),
    cloud(
        "ECR-01", "arm64 image without an index", FAIL, *without_index({"os": "linux", "architecture": "arm64"}), names="arm64"
    ),
    cloud("ECR-01", "a configuration that does not say", ERROR, *without_index({}), names="built for"),
    cloud("ECR-01", "the manifest not reported", ERROR, omits(IMAGES, MANIFEST)),
    cloud("ECR-01", "a manifest that is none", ERROR, says(IMAGES, MANIFEST, "{"), names="cannot be read"),
    cloud("ECR-01", "an image that cannot be had", ERROR, answered_by({"images": [], "failures": [{"failureCode": "KmsError"}]})),
    cloud("ECR-01", "neither the image nor why not", ERROR, answered_by({"images": [], "failures": []})),
    cloud("ECR-01", "scan never ran", FAIL, absent(SCANS), names="never scanned"),
    *(
        cloud("ECR-01", f"a scan that is {state}", verdict, says(SCANS, "imageScanStatus.status", state))
        for state, verdict in (
            ("IN_PROGRESS", ERROR),
            ("PENDING", ERROR),
            ("FAILED", FAIL),
            ("UNSUPPORTED_IMAGE", FAIL),
            ("SCAN_ELIGIBILITY_EXPIRED", FAIL),
            ("LIMIT_EXCEEDED", FAIL),
            ("RESCANNING", ERROR),
            ("ACTIVE", PASS),
        )
    ),
    cloud("ECR-01", "the state of the scan not reported", ERROR, omits(SCANS, "imageScanStatus")),
    cloud("ECR-01", "a critical finding", FAIL, found({"findings": [HIGH, CRITICAL]}), names="CVE-2026-0002"),
    cloud("ECR-01", "a critical finding on page 2", FAIL, found({"findings": [HIGH]}, {"findings": [CRITICAL]}), names="0002"),
    cloud("ECR-01", "a critical finding of enhanced scanning", FAIL, found({"enhancedFindings": [ENHANCED]}), names="0003"),
    cloud("ECR-01", "a count alone", FAIL, found({"findings": [], "findingSeverityCounts": {"CRITICAL": 2}}), names="2 without"),
    cloud("ECR-01", "a high finding", PASS, found({"findings": [HIGH], "findingSeverityCounts": {"HIGH": 1}})),
    cloud("ECR-01", "the findings not reported", ERROR, omits(SCANS, FINDINGS)),
    *(
        cloud(
            "ECR-01", f"a critical finding that is {state}", verdict, found({"enhancedFindings": [{**ENHANCED, "status": state}]})
        )
        for state, verdict in (("ACTIVE", FAIL), ("CLOSED", PASS), ("SUPPRESSED", PASS), ("REOPENED", ERROR))
    ),
    cloud(
        "ECR-01",
        "a closed one that is counted, and one more",
        FAIL,
        found({"enhancedFindings": [CLOSED], "findingSeverityCounts": {"CRITICAL": 2}}),
        names="1 without a name",
    ),
    cloud(
        "ECR-01",
        "a closed one that is counted",
        PASS,
        found({"enhancedFindings": [CLOSED], "findingSeverityCounts": {"CRITICAL": 1}}),
    ),
    cloud(
        "ECR-01", "a severity that nobody knows", ERROR, found({"findings": [{"name": "x", "severity": "FATAL"}]}), names="FATAL"
    ),
    cloud("ECR-01", "a finding without a severity", ERROR, found({"findings": [{"name": "x"}]})),
]
