"""Names and manifests of container images.

Sources: OCI image specification, "Image Manifest" and "Image Index"; Docker documentation, "Image attestation storage".
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

INDEX = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFEST = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
MEDIA_TYPES = (*INDEX, *MANIFEST)
"""Of manifests: those of an image for several platforms, and of one for a single platform."""

ATTESTATION = "unknown/unknown"
"""The platform of an entry that says how the image was built, and is no image."""


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


def image_name(reference: str) -> ImageName:
    """The parts of an image reference.

    >>> image_name("registry.example:5000/team/backend:v1")
    ImageName(registry='registry.example:5000', repository='team/backend', tag='v1', digest='')
    >>> image_name("registry.example/backend@sha256:0a").id, image_name("python").id
    ({'imageDigest': 'sha256:0a'}, {'imageTag': 'latest'})
    """
    name, _, digest = reference.partition("@")
    host, slash, rest = name.partition("/")
    registry, path = (host, rest) if slash and re.search(r"[.:]|^localhost$", host) else ("", name)
    repository, _, tag = path.partition(":")
    return ImageName(registry, repository, "" if digest else tag or "latest", digest)


def platforms(manifest: str) -> dict[str, str]:
    """The digest of the image for each platform (``linux/amd64``) of an index; empty for a manifest, which does not say.

    An index that has a platform twice, in variants (``linux/arm64/v8``), keeps them apart. Raises `ValueError` for text that is neither.

    >>> entry = {"digest": "sha256:0a", "platform": {"os": "linux", "architecture": "amd64"}}
    >>> built = {"digest": "sha256:0b", "platform": {"os": "unknown", "architecture": "unknown"}}
    >>> platforms(json.dumps({"manifests": [entry, built]})), platforms(json.dumps({"config": {"digest": "sha256:0c"}}))
    ({'linux/amd64': 'sha256:0a'}, {})
    """
    document = _document(manifest)
    found = {platform_name(entry.get("platform") or {}): str(entry.get("digest", "")) for entry in document.get("manifests", ())}
    return {platform: digest for platform, digest in found.items() if platform != ATTESTATION}


def config_digest(manifest: str) -> str:
    """The digest of the configuration of a manifest, which says what the image is built for. Raises `ValueError`."""
    digest = _document(manifest).get("config", {}).get("digest")
    if not isinstance(digest, str):
        raise ValueError("not the manifest of an image: it names no configuration")
    return digest


def platform_name(platform: Mapping[str, str]) -> str:
    """How a platform is called.

    >>> platform_name({"os": "linux", "architecture": "arm", "variant": "v7"}), platform_name({})
    ('linux/arm/v7', 'unknown/unknown')
    """
    parts = (platform.get("os", "unknown"), platform.get("architecture", "unknown"), platform.get("variant", ""))
    return "/".join(part for part in parts if part)


def _document(manifest: str) -> Mapping[str, Any]:
    document = json.loads(manifest)
    if not isinstance(document, Mapping) or not ("manifests" in document or "config" in document):
        raise ValueError("neither the manifest of an image nor an index")
    return document
