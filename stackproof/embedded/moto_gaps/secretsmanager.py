"""Secrets Manager operations that moto answers otherwise than AWS, put right."""

from collections.abc import Callable
from typing import Any

from moto.secretsmanager.models import SecretsManagerBackend

from stackproof.embedded.moto_gaps.registry import corrects


@corrects(SecretsManagerBackend, "rotate_secret", "secretsmanager:RotateSecret", "moto's rotation never finishes")
def rotate_secret(original: Callable[..., str], self: SecretsManagerBackend, secret_id: str, *args: Any, **kw: Any) -> str:
    """Finish as a rotation function does: the new version becomes AWSCURRENT, the old one AWSPREVIOUS.

    No function runs here (moto runs them in Docker alone), and no database changes its password: the new version has
    the old one's value.
    """
    result = original(self, secret_id, *args, **kw)
    secret: Any = self.secrets[secret_id]
    pending = [version for version in secret.versions.values() if version["version_stages"] == ["AWSPENDING"]]
    current = [version for version in secret.versions.values() if "AWSCURRENT" in version["version_stages"]]
    if pending and current:
        for content in ("secret_string", "secret_binary"):
            if content in current[0]:
                pending[0][content] = current[0][content]
        for version in secret.versions.values():
            version["version_stages"] = [stage for stage in version["version_stages"] if stage != "AWSPREVIOUS"]
        current[0]["version_stages"] = ["AWSPREVIOUS"]
        pending[0]["version_stages"] = ["AWSCURRENT"]
        secret.set_default_version_id(pending[0]["version_id"])
    return result
