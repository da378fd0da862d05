"""Clients of AWS's services: bounded in time and in attempts."""

from typing import Any

import boto3
from botocore.config import Config

from app.settings import Settings

ATTEMPTS = 3


def client(service: str, settings: Settings) -> Any:
    """A client of a service. Its operations end within about 3 x 10 s, whatever happens."""
    return boto3.session.Session(region_name=settings.aws_region).client(
        service,
        endpoint_url=settings.aws_endpoint_url,
        config=Config(
            connect_timeout=2,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            # an emulator has one host name for all buckets
            s3={"addressing_style": "path" if settings.aws_endpoint_url else "virtual"},
        ),
    )
