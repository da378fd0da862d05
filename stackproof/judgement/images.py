"""Names and manifests of container images.

Sources: OCI image specification, "Image Manifest" and "Image Index"; Docker documentation, "Image attestation storage"; containerd,
package platforms (which names are one platform); Amazon ECR user guide, "Making requests over IPv6" (dual-stack names of a registry).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackproof.util import json_document

INDEX = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFEST = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
MEDIA_TYPES = (*INDEX, *MANIFEST)
"""Of manifests: those of an image for several platforms, and of one for a single platform."""

_NO_PLATFORM = {"os": "unknown", "architecture": "unknown"}
_ATTESTS = {"vnd.docker.reference.type": "attestation-manifest"}
"""How an entry of an index tells that it says how an image was built, and is no image: by either."""

_ARCHITECTURES = {"aarch64": ("arm64", ""), "armhf": ("arm", "v7"), "armel": ("arm", "v6"), "i386": ("386", "")} | dict.fromkeys(
    ("x86_64", "x86-64"), ("amd64", "")
)
"""Other names of architectures, with the variant that they mean."""
_PLAIN_VARIANTS = {"amd64": ("v1",), "arm64": ("v8", "8")}
"""Variants that every processor of an architecture is at least."""

_ECR = re.compile(
    r"(?P<account>\d{12})\.(dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"
    r"|dkr-ecr(-fips)?\.(?P<dual>[a-z0-9-]+)\.(on\.aws|on\.amazonwebservices\.com\.cn))"
)


@dataclass(frozen=True)
class ImageName:
    """An image reference, taken apart."""

    registry: str
    """Host; empty for Docker Hub."""
    repository: str
    tag: str
    """``latest`` if the reference has neither tag nor digest; empty beside a digest."""
    digest: str
    """``sha256:...``; empty without one."""

    @property
    def id(self) -> dict[str, str]:
        """How ECR is asked for it (``ImageIdentifier``)."""
        return {"imageDigest": self.digest} if self.digest else {"imageTag": self.tag}

    @property
    def ecr(self) -> "EcrRegistry | None":
        """The registry as ECR has it, whichever of its names is used; None for any other registry."""
        match = _ECR.fullmatch(self.registry)
        return EcrRegistry(match["account"], match["region"] or match["dual"]) if match else None

    @property
    def place(self) -> str:
        """Registry and repository; of a registry of ECR by its first name.

        >>> image_name("123456789012.dkr-ecr.ap-northeast-2.on.aws/backend:v1").place
        '123456789012.dkr.ecr.ap-northeast-2.amazonaws.com/backend'
        """
        return f"{self.ecr.host if self.ecr else self.registry}/{self.repository}"


@dataclass(frozen=True)
class EcrRegistry:
    """A registry of ECR: an account has one in each region."""

    account: str
    region: str

    @property
    def host(self) -> str:
        """Its name for IPv4."""
        domain = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"{self.account}.dkr.ecr.{self.region}.{domain}"


def image_name(reference: str) -> ImageName:
    """The parts of an image reference.

    >>> image_name("registry.example:5000/team/backend:v1")
    ImageName(registry='registry.example:5000', repository='team/backend', tag='v1', digest='')
    >>> image_name("registry.example/backend@sha256:0a").id, image_name("python").id
    ({'imageDigest': 'sha256:0a'}, {'imageTag': 'latest'})
    >>> image_name("localhost/backend").registry, image_name("team/backend").registry, image_name("backend.example").registry
    ('localhost', '', '')
    """
    name, _, digest = reference.partition("@")
    host, slash, rest = name.partition("/")
    registry, path = (host, rest) if slash and re.search(r"[.:]|^localhost$", host) else ("", name)
    repository, _, tag = path.partition(":")
    return ImageName(registry, repository, "" if digest else tag or "latest", digest)


def platforms(manifest: str) -> tuple[tuple[str, str], ...]:
    """Each platform (``linux/amd64``) that an index has an image for, with its digest; none for a manifest, which does not say.

    A platform that is there twice is told twice. Raises `ValueError` for text that is neither.

    >>> import json
    >>> def reported(*entries):
    ...     return platforms(json.dumps({"manifests": [{"digest": "sha256:0a", **entry} for entry in entries]}))
    >>> amd64, built = {"os": "linux", "architecture": "amd64"}, {"os": "unknown", "architecture": "unknown"}
    >>> reported({"platform": amd64}, {"platform": built}), platforms(json.dumps({"config": {"digest": "sha256:0c"}}))
    ((('linux/amd64', 'sha256:0a'),), ())
    >>> reported({"platform": amd64}, {"platform": amd64, "annotations": {"vnd.docker.reference.type": "attestation-manifest"}})
    (('linux/amd64', 'sha256:0a'),)
    >>> reported({"mediaType": INDEX[0]})
    Traceback (most recent call last):
    ValueError: an index in an index: sha256:0a
    """
    entries = [entry for entry in _document(manifest).get("manifests", ()) if not _attests(entry)]
    if nested := [entry.get("digest") for entry in entries if entry.get("mediaType") in INDEX]:
        raise ValueError(f"an index in an index: {nested[0]}")
    return tuple((platform_name(entry.get("platform") or {}), str(entry.get("digest", ""))) for entry in entries)


def _attests(entry: Mapping[str, Any]) -> bool:
    platform, annotations = entry.get("platform") or {}, entry.get("annotations") or {}
    return _NO_PLATFORM.items() <= platform.items() or _ATTESTS.items() <= annotations.items()


def config_digest(manifest: str) -> str:
    """The digest of the configuration of a manifest, which says what the image is built for. Raises `ValueError`.

    >>> config_digest('{"config": {"digest": "sha256:0c"}}')
    'sha256:0c'
    >>> config_digest('{"manifests": []}')
    Traceback (most recent call last):
    ValueError: not the manifest of an image: it names no configuration
    """
    digest = _document(manifest).get("config", {}).get("digest")
    if not isinstance(digest, str):
        raise ValueError("not the manifest of an image: it names no configuration")
    return digest


def platform_name(platform: Mapping[str, str]) -> str:
    """How a platform is called, by the one of its names that container runtimes compare.

    >>> platform_name({"os": "linux", "architecture": "arm", "variant": "v7"}), platform_name({})
    ('linux/arm/v7', 'unknown/unknown')
    >>> platform_name({"os": "linux", "architecture": "arm64", "variant": "v8"}), platform_name({"os": "Linux", "architecture": "x86_64"})
    ('linux/arm64', 'linux/amd64')
    >>> [normal_platform(one) for one in ("linux/arm/6", "linux/x/6", "linux/armhf", "linux/arm/v5")]
    ['linux/arm/v6', 'linux/x/6', 'linux/arm/v7', 'linux/arm/v5']
    """
    system, written = platform.get("os", "unknown").lower(), platform.get("architecture", "unknown").lower()
    architecture, implied = _ARCHITECTURES.get(written, (written, "v7" if written == "arm" else ""))
    variant = platform.get("variant", "").lower() or implied
    if architecture == "arm" and variant.isdecimal():
        variant = f"v{variant}"
    parts = (system, architecture, "" if variant in _PLAIN_VARIANTS.get(architecture, ()) else variant)
    return "/".join(part for part in parts if part)


def normal_platform(name: str) -> str:
    """A platform that is written as one text, by the name that `platform_name` gives it.

    >>> normal_platform("linux/arm64/v8")
    'linux/arm64'
    >>> normal_platform("linux/amd64"), normal_platform("linux/arm/v7/x")
    ('linux/amd64', 'linux/arm/v7/x')
    """
    return platform_name(dict(zip(("os", "architecture", "variant"), name.split("/", 2), strict=False)))


def _document(manifest: str) -> Mapping[str, Any]:
    """A manifest or an index. Raises `ValueError` for what is neither.

    >>> _document('{"manifests": []}'), _document('{"config": {}}')
    ({'manifests': []}, {'config': {}})
    >>> _document("[]")
    Traceback (most recent call last):
    ValueError: neither the manifest of an image nor an index
    >>> _document("{}")
    Traceback (most recent call last):
    ValueError: neither the manifest of an image nor an index
    """
    document = json_document.loads(manifest)
    if not isinstance(document, Mapping) or not ("manifests" in document or "config" in document):
        raise ValueError("neither the manifest of an image nor an index")
    return document
