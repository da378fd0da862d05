"""Sessions of boto3 for a LocalStack, by localstack-client: which services it has, and where each answers."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from botocore.config import Config


def client(endpoint: str, access_key: str, service: str, region: str, config: "Config") -> Any:
    """A client of one service of the LocalStack at an endpoint. LocalStack takes an account's number for the key of its root user."""
    from localstack_client.session import Session

    session = Session(access_key, "test", region_name=region, localstack_host=urlsplit(endpoint).netloc)
    return session.client(service, config=config)
