"""The backend's image, as far as it can be made without Docker: an OCI image of its sources alone.

There is no base image below them: nothing runs this image here, where the backend runs with this machine's Python. Manifests, digests,
platform and upload are real, and the annotations say what is missing.
Formats: OCI image specification 1.1, image manifest, image index and image configuration.
"""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PLATFORM: Mapping[str, str] = {"architecture": "amd64", "os": "linux"}
ABOUT = "The backend's sources without a base image: the embedded cloud runs them with the Python of its machine."

_OCI = "application/vnd.oci.image"
INDEX, MANIFEST = f"{_OCI}.index.v1+json", f"{_OCI}.manifest.v1+json"
_CONFIG, _LAYER = f"{_OCI}.config.v1+json", f"{_OCI}.layer.v1.tar+gzip"
SERVE = ("--no-server-header", "--no-access-log")
"""How uvicorn serves the backend, besides where."""
_LEFT_OUT = {"tests", "__pycache__", ".pytest_cache", ".venv"}


@dataclass(frozen=True)
class Image:
    """An image of one platform behind an index, which is what a tag names."""

    index: str
    manifest: str
    blobs: tuple[bytes, ...]
    """The configuration and the layer, which the manifest names."""

    @property
    def digest(self) -> str:
        """The digest that names the image, ``sha256:...``, which is that of its index."""
        return digest(self.index.encode())


def build(sources: Path, *, version: str, platform: Mapping[str, str] = PLATFORM) -> Image:
    """The image of the backend's directory. The same sources and version make the same digest."""
    layer = _archive(sources)
    compressed = gzip.compress(layer, mtime=0)
    config = _json(
        {
            **platform,
            "config": {
                "User": "1000:1000",
                "WorkingDir": "/srv/backend",
                "ExposedPorts": {"8000/tcp": {}},
                "Cmd": ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000", *SERVE],
            },
            "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        }
    )
    annotations = {"org.opencontainers.image.description": ABOUT, "org.opencontainers.image.version": version}
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _descriptor(_CONFIG, config.encode()),
            "layers": [_descriptor(_LAYER, compressed)],
            "annotations": annotations,
        }
    )
    index = _json(
        {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [{**_descriptor(MANIFEST, manifest.encode()), "platform": platform}],
            "annotations": annotations,
        }
    )
    return Image(index, manifest, (config.encode(), compressed))


def push(registry: Any, repository: str, image: Image, tag: str) -> None:
    """Upload an image to a repository by the calls that ``docker push`` makes, and scan it. ``registry`` is a client of ECR."""
    for blob in image.blobs:
        upload = registry.initiate_layer_upload(repositoryName=repository)["uploadId"]
        named = {"repositoryName": repository, "uploadId": upload}
        registry.upload_layer_part(**named, partFirstByte=0, partLastByte=len(blob) - 1, layerPartBlob=blob)
        registry.complete_layer_upload(**named, layerDigests=[digest(blob)])
    registry.put_image(
        repositoryName=repository,
        imageManifest=image.manifest,
        imageManifestMediaType=MANIFEST,
        imageDigest=digest(image.manifest.encode()),
    )
    registry.put_image(
        repositoryName=repository,
        imageManifest=image.index,
        imageManifestMediaType=INDEX,
        imageTag=tag,
        imageDigest=image.digest,
    )
    for content in (image.manifest, image.index):
        registry.start_image_scan(repositoryName=repository, imageId={"imageDigest": digest(content.encode())})


def digest(content: bytes) -> str:
    """The name of a content.

    >>> digest(b"")[:20]
    'sha256:e3b0c44298fc1'
    """
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _archive(sources: Path) -> bytes:
    """The files below a directory as a tar archive without times and owners."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as layer:
        for file in _files(sources):
            entry = tarfile.TarInfo(f"srv/backend/{file.relative_to(sources).as_posix()}")
            content = file.read_bytes()
            entry.size, entry.mode, entry.uid, entry.gid = len(content), 0o644, 1000, 1000
            layer.addfile(entry, io.BytesIO(content))
    return archive.getvalue()


def _files(sources: Path) -> Iterable[Path]:
    return sorted(
        file
        for file in sources.rglob("*")
        if file.is_file() and not _LEFT_OUT & set(file.relative_to(sources).parts) and not file.name.startswith(".")
    )


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest(content), "size": len(content)}


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))
