"""KMS operations that moto answers otherwise than AWS, put right."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.kms.responses import KmsResponse

from stackproof.embedded.moto_gaps.registry import corrects


@corrects(KmsResponse, "get_key_rotation_status", "kms:GetKeyRotationStatus", "moto omits KeyId and the period")
def get_key_rotation_status(original: Callable[..., str], self: KmsResponse) -> ActionResult:
    """AWS names the key, and for a rotating one its period in days (365 unless EnableKeyRotation said otherwise)."""
    original(self)  # validates the key
    key = self.kms_backend.describe_key(self._get_param("KeyId"))
    status: dict[str, Any] = {"KeyRotationEnabled": key.key_rotation_status, "KeyId": key.id}
    if key.key_rotation_status:
        status["RotationPeriodInDays"] = vars(key).get("rotation_period_in_days", 365)
    return ActionResult(status)


@corrects(KmsResponse, "enable_key_rotation", "kms:EnableKeyRotation RotationPeriodInDays", "moto drops the period")
def enable_key_rotation(original: Callable[..., Any], self: KmsResponse) -> Any:
    """Keep the period that was asked for."""
    result = original(self)
    key = self.kms_backend.describe_key(self._get_param("KeyId"))
    vars(key)["rotation_period_in_days"] = self._get_param("RotationPeriodInDays", 365)
    return result
