"""The policies that AWS manages, by their documents, as AWS publishes them: for a plan, which names them and shows no document.

``managed_policies.json.gz`` is made by ``python scripts/managed_policies.py``; it says from what, and of which day. Not in it are the
policies of roles that belong to AWS's services: they are attached to no other role.
"""

import functools
import gzip
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from stackproof.judgement.access import Document
from stackproof.judgement.iam import is_managed_by_aws

FILE = "managed_policies.json.gz"


def published(arn: str) -> Document | None:
    """The document of a policy that AWS manages, by its ARN in whatever partition; None for one that is not known.

    >>> published("arn:aws:iam::aws:policy/AdministratorAccess")["Statement"]
    [{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}]
    >>> published("arn:aws:iam::aws:policy/NoSuchPolicy"), published("arn:aws:iam::123456789012:policy/AdministratorAccess")
    (None, None)
    """
    return _read()["policies"].get(arn.partition(":policy/")[2]) if is_managed_by_aws(arn) else None


def published_on() -> str:
    """The day of the newest policy in the file, as ``YYYY-MM-DD``."""
    day: str = _read()["date"]
    return day


@functools.cache
def _read() -> Mapping[str, Any]:
    read: Mapping[str, Any] = json.loads(gzip.decompress(files("stackproof.judgement").joinpath(FILE).read_bytes()))
    return read
