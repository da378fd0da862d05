"""The platform that an image is built for: its manifest does not say, its configuration does.

ECR hands out configurations like layers: by a URL that is valid for a while and lets everybody read who has it. So it is followed here,
where the answer comes in, and goes no further: the answer that is judged and kept has the platform in its place.

Sources: Amazon ECR API reference, GetDownloadUrlForLayer; OCI image specification, "Image Configuration".
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from stackproof.core.verdicts import CallFailed, Unreachable
from stackproof.util import json_document
from stackproof.util.http import direct

OPERATION = "ecr:GetDownloadUrlForLayer"
"""``{"layerDigest": "sha256:...", "Platform": {"os": "linux", "architecture": "amd64"}}``"""

HERE = "http://127.0.0.1:"
"""What the URLs of an emulator begin with."""
LARGEST = 1 << 20
"""Bytes; a configuration has a few thousand."""
TIMEOUT = 10.0
"""Seconds."""


def with_platform(page: Mapping[str, Any]) -> dict[str, Any]:
    """ECR's answer with the platform of the configuration in the place of its URL.

    Raises `Unreachable`, and `CallFailed` for what is no configuration of this digest. No message holds the URL.
    """
    url, digest = str(page.get("downloadUrl", "")), str(page.get("layerDigest", ""))
    content = _downloaded(url, digest)
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        raise CallFailed(f"{OPERATION}: what was downloaded is not {digest}")
    try:
        config = json_document.loads(content)
        platform = {name: config[name] for name in ("os", "architecture", "variant") if name in config}
    except (ValueError, TypeError):
        raise CallFailed(f"{OPERATION}: {digest} is no configuration of an image") from None
    return {**{name: value for name, value in page.items() if name != "downloadUrl"}, "Platform": platform}


def _downloaded(url: str, digest: str) -> bytes:
    here = url.startswith(HERE)
    if not (here or url.startswith("https://")):
        raise CallFailed(f"{OPERATION}: the answer has no URL for {digest} that can be trusted")
    import requests

    try:
        with direct() if here else requests.Session() as session, session.get(url, timeout=TIMEOUT, stream=True) as answer:
            if not answer.ok:
                raise CallFailed(f"{OPERATION}: {digest} could not be downloaded (HTTP {answer.status_code})")
            content: bytes = answer.raw.read(LARGEST + 1, decode_content=True)
    except OSError as error:  # every exception of requests is one
        raise Unreachable(f"{OPERATION}: {digest} could not be downloaded ({type(error).__name__})") from None
    if len(content) > LARGEST:
        raise CallFailed(f"{OPERATION}: {digest} is too large for the configuration of an image")
    return content
