"""Which accounts an organisation has: what ``[discover]`` asks for, and of the rest why each is left out."""

from collections.abc import Iterator
from typing import Any

from stackproof.core.verdicts import CouldNotVerify
from stackproof.organisation.accounts import Discover, Member
from stackproof.organisation.plan import LeftOut

NAMED = "it is listed in the file"


def discovered(
    discover: Discover, listed: tuple[Member, ...], endpoint: str | None = None
) -> tuple[tuple[Member, ...], tuple[LeftOut, ...]]:
    """The accounts that are found beside those that are listed, and those that are left out; by AWS Organizations, as the caller.

    The caller is the management account, or one that administration was delegated to. Raises `CouldNotVerify` where it may not ask.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return _discovered(_client(endpoint), discover, listed)
    except ClientError as error:
        said = error.response.get("Error", {})
        raise CouldNotVerify(
            f"[discover]: organizations:{error.operation_name} answered {said.get('Code')}: run as the management account or as a "
            f"delegated administrator, or list the accounts. {said.get('Message', '')}".strip()
        ) from None
    except BotoCoreError as error:
        raise CouldNotVerify(
            f"[discover]: {error}; run with credentials of the management account, or list the accounts"
        ) from None


def _client(endpoint: str | None) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.Session().client(
        "organizations",
        region_name="us-east-1",
        endpoint_url=endpoint,
        config=Config(retries={"mode": "adaptive", "total_max_attempts": 2 if endpoint else 8}),
    )


def _discovered(client: Any, discover: Discover, listed: tuple[Member, ...]) -> tuple[tuple[Member, ...], tuple[LeftOut, ...]]:
    found: list[Member] = []
    left: list[LeftOut] = []
    excepted = {one.id: one.reason for one in discover.excepted}
    known = {member.id for member in listed}
    inside = set(_in_units(client, discover.ous)) if discover.ous else None
    for account in _pages(client, "list_accounts", "Accounts"):
        id, name = account["Id"], account.get("Name") or account["Id"]
        state = account.get("State") or account.get("Status")
        if id in known:
            continue
        tags: dict[str, str] = {}
        if id in excepted:
            reason = excepted[id]
        elif state != "ACTIVE":
            reason = f"AWS Organizations says that it is {state}"
        elif inside is not None and id not in inside:
            reason = f"it is in none of the organisational units {', '.join(discover.ous)}"
        else:
            tags = {tag["Key"]: tag["Value"] for tag in _pages(client, "list_tags_for_resource", "Tags", ResourceId=id)}
            reason = next(
                (
                    f"its tag {key} is {_said(tags.get(key))}, not {value}"
                    for key, value in discover.tags.items()
                    if tags.get(key) != value
                ),
                "",
            )
        if reason:
            left.append(LeftOut(id, name, reason))
        else:
            found.append(Member(id=id, name=_plain(name), owner=_plain(tags.get(discover.owner_tag, "")) or "nobody"))
    return tuple(found), tuple(sorted(left, key=lambda one: one.id))


def _in_units(client: Any, units: tuple[str, ...]) -> Iterator[str]:
    """The accounts in these units and in the units below them."""
    for unit in units:
        yield from (account["Id"] for account in _pages(client, "list_accounts_for_parent", "Accounts", ParentId=unit))
        below = (
            child["Id"] for child in _pages(client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=unit)
        )
        yield from _in_units(client, tuple(below))


def _pages(client: Any, method: str, member: str, **arguments: str) -> Iterator[dict[str, Any]]:
    for page in client.get_paginator(method).paginate(**arguments):
        yield from page[member]


def _said(value: str | None) -> str:
    return "missing" if value is None else value


def _plain(text: str) -> str:
    """A name from outside on one line, of bounded length."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())[:200]
