"""Secrets in Secrets Manager."""

import json
from typing import Any

from app.aws.errors import AwsError, told


class Secrets:
    """The secrets of the account. No value is kept: a secret may rotate."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, name: str) -> dict[str, str]:
        """The members of a secret that holds a JSON object. Raises `NotFound` if there is none, else `AwsError`."""
        with told("GetSecretValue", name):
            answer = self._client.get_secret_value(SecretId=name)
        try:
            members = json.loads(answer["SecretString"])
        except (KeyError, ValueError):
            members = None
        if not isinstance(members, dict):
            raise AwsError(
                f"GetSecretValue {name}: the secret is not a JSON object"
            ) from None  # its text stays out of tracebacks
        return {key: str(value) for key, value in members.items()}
