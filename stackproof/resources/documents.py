"""Policy documents, which AWS and Terraform hand over as text."""

import json
from typing import Any

from stackproof.core.verdicts import CouldNotVerify


def policy_document(text: str, source: str) -> dict[str, Any]:
    """The document in a text. Raises `CouldNotVerify`, naming the source, for one that is not a JSON object."""
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError as error:
        raise CouldNotVerify(f"{source}: the policy is not JSON ({error})") from None
    if not isinstance(parsed, dict):
        raise CouldNotVerify(f"{source}: the policy is not a JSON object")
    return parsed
