"""The cost of a month of what a plan makes, by resource, in US dollars: what is charged for existing, and what goes by use.

Of what goes by use (data, requests, log events) a plan tells nothing. It is named beside the resource, and counted as far as the profile
says how much is used. A resource type that the price table does not have is no type that costs nothing.

Source: the price table ``prices.toml``, with the day and the page of each price.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stackproof.core.verdicts import CouldNotVerify, NotYetKnown
from stackproof.util import toml_document

At = Callable[[str], Any]
"""The value of an attribute of a planned resource; None if it is not set. Raises `NotYetKnown`."""

_CLASSES = {
    "aws_db_instance": "instance_class",
    "aws_dynamodb_table": "billing_mode",
    "aws_elasticache_cluster": "node_type",
    "aws_instance": "instance_type",
    "aws_lb": "load_balancer_type",
    "aws_rds_cluster_instance": "instance_class",
    "aws_vpc_endpoint": "vpc_endpoint_type",
}
"""The attribute that a price depends on, by resource type."""

_UNSET = {"aws_dynamodb_table": "PROVISIONED", "aws_lb": "application", "aws_vpc_endpoint": "Gateway"}
"""What AWS takes where that attribute is not set."""

_NOTHING = ("aws_vpc_endpoint Gateway", "aws_dynamodb_table PAY_PER_REQUEST")
"""What costs nothing for existing."""


@dataclass(frozen=True)
class Cost:
    """The cost of a month of one resource."""

    usd: float
    """For existing, all the hours of a month."""
    how: str
    """How it comes about, for a reader: ``2 x 0.102 USD an hour``."""
    beside: str = ""
    """What of it goes by use and is not in ``usd``; empty if nothing."""
    unconfirmed: tuple[str, ...] = field(default=(), repr=False)
    """The prices in it that nothing confirms."""


@functools.cache
def table() -> Mapping[str, Any]:
    """The price table as it is written."""
    return toml_document.packaged("stackproof.judgement", "prices.toml")


def page_of(key: str) -> str:
    """The page of AWS that has a price of the table; empty for none.

    >>> page_of("fargate gb ARM64"), page_of("aws_lb network")
    ('https://aws.amazon.com/fargate/pricing/', 'https://aws.amazon.com/elasticloadbalancing/pricing/')
    """
    pages = table()["sources"]
    return str(max(((len(start), page) for start, page in pages.items() if key.startswith(start)), default=(0, ""))[1])


def confirmation_of(key: str) -> Mapping[str, Any] | None:
    """The evidence for a price of the table (``source``), and the day on which it was looked at (``on``); None where there is none.

    >>> confirmation_of("pigeons") is None, str(confirmation_of("aws_lb application")["on"])
    (True, '2026-11-29')
    """
    found: Mapping[str, Mapping[str, Any]] = table()["confirmed"]
    return found.get(key)


def _unconfirmed(keys: Iterable[str], own: Mapping[str, float] | None = None) -> tuple[str, ...]:
    """The prices that nothing confirms; a price of the profile is its own confirmation.

    >>> _unconfirmed(["aws_nat_gateway", "pigeons", "owls"], {"owls": 0.1})
    ('pigeons',)
    """
    return tuple(key for key in keys if key not in (own or {}) and confirmation_of(key) is None)


def monthly(kind: str, at: At, own: Mapping[str, float] | None = None) -> Cost:
    """The cost of a month of a planned resource of a type. ``own`` are prices of the profile, an hour, which come first.

    Raises `NotYetKnown` where the price depends on what the plan does not know, `CouldNotVerify` for what has no price.

    >>> nat = monthly("aws_nat_gateway", {}.get)
    >>> nat.usd, nat.how, nat.beside
    (43.07, '0.059 USD an hour', 'nat_gateway_gb')
    >>> database = {"instance_class": "db.t4g.medium", "multi_az": True, "allocated_storage": 100, "storage_type": "gp3"}
    >>> monthly("aws_db_instance", database.get)
    Cost(usd=175.12, how='2 x 0.102 USD an hour, 2 x 100 GB at 0.131 USD', beside='')
    >>> monthly("aws_db_instance", {**database, "multi_az": False}.get).usd, monthly("aws_kms_key", {}.get).usd
    (87.56, 1.0)
    >>> monthly("aws_db_instance", {"instance_class": "db.t4g.medium"}.get).usd  # of a cluster, which pays for the storage
    74.46
    >>> monthly("aws_vpc_endpoint", {"vpc_endpoint_type": "Interface", "subnet_ids": ["a", "b"]}.get).usd
    18.98
    >>> nat.unconfirmed
    ()
    >>> [monthly(kind, {}.get).usd for kind in ("aws_iam_role", "aws_vpc_endpoint", "aws_sqs_queue")]
    [0.0, 0.0, 0.0]
    >>> monthly("aws_db_instance", {"instance_class": "db.x2g.large", "allocated_storage": 1}.get, {"aws_db_instance db.x2g.large": 1}).usd
    730.13
    >>> monthly("aws_msk_cluster", {}.get)
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: aws_msk_cluster has no price: say what an hour of it costs in [costs] prices, ...
    """
    beside = table()["used"].get(kind, "")
    if kind in table()["free"]:
        return Cost(0.0, "free", beside)
    if kind in table()["monthly"] and kind not in (own or {}):
        price = table()["monthly"][kind]
        return Cost(price, f"{price:g} USD a month", beside, _unconfirmed([kind]))
    classed = _classed(kind, at)
    times = _times(kind, at)
    if classed in _NOTHING or (kind in table()["used"] and classed == kind and not _has_price(kind, own)):
        return Cost(0.0, "nothing for existing", beside)
    hourly, prices = _hourly(classed, own), [classed]
    usd, how = times * hourly * table()["hours_of_a_month"], f"{_times_shown(times)}{hourly:g} USD an hour"
    if kind == "aws_db_instance" and at("allocated_storage") is not None:
        gigabytes, storage = at("allocated_storage"), at("storage_type") or "gp2"
        price = _storage_price(storage)
        prices.append(f"database gb {storage}")
        usd, how = usd + times * gigabytes * price, f"{how}, {_times_shown(times)}{gigabytes:g} GB at {price:g} USD"
    return Cost(round(usd, 2), how, beside, _unconfirmed(prices, own))


def tasks(count: int, cpu: float, memory: float, architecture: str, own: Mapping[str, float] | None = None) -> Cost:
    """The cost of a month of Fargate tasks; ``cpu`` in units of which 1,024 are a vCPU, ``memory`` in MiB.

    Raises `CouldNotVerify` for an architecture without a price.

    >>> tasks(2, 512, 1024, "X86_64")
    Cost(usd=41.45, how='2 tasks of 0.5 vCPU at 0.04656 and 1 GB at 0.00511 USD an hour', beside='')
    """
    vcpu, gigabyte = _hourly(f"fargate vcpu {architecture}", own), _hourly(f"fargate gb {architecture}", own)
    usd = count * (cpu / 1024 * vcpu + memory / 1024 * gigabyte) * table()["hours_of_a_month"]
    parts = f"{cpu / 1024:g} vCPU at {vcpu:g} and {memory / 1024:g} GB at {gigabyte:g} USD an hour"
    return Cost(round(usd, 2), f"{count} tasks of {parts}")


def of_use(unit: str, amount: float) -> Cost:
    """The cost of a month of what goes by use. Raises `CouldNotVerify` for a unit that the table does not have.

    >>> of_use("nat_gateway_gb", 100)
    Cost(usd=5.9, how='100 at 0.059 USD', beside='')
    >>> of_use("nat_gateway_gb", 0.1).usd
    0.01
    >>> of_use("pigeons", 1)
    Traceback (most recent call last):
        ...
    stackproof.core.verdicts.CouldNotVerify: [costs] usage: no price goes by pigeons; there are bucket_gb, ...
    """
    units: Mapping[str, float] = table()["usage"]
    if unit not in units:
        raise CouldNotVerify(f"[costs] usage: no price goes by {unit}; there are {', '.join(sorted(units))}")
    return Cost(round(amount * units[unit], 2), f"{amount:g} at {units[unit]:g} USD")


def total(costs: Iterable[Cost]) -> float:
    """The sum of costs, in USD.

    >>> total([Cost(1.1, ""), Cost(2.2, ""), Cost(0.004, "")])
    3.3
    """
    return round(sum(cost.usd for cost in costs), 2)


def _classed(kind: str, at: At) -> str:
    attribute = _CLASSES.get(kind)
    return f"{kind} {at(attribute) or _UNSET.get(kind, '')}".rstrip() if attribute else kind


def _times(kind: str, at: At) -> int:
    """How many of it are charged for: the standby of a Multi-AZ database, an endpoint in each of its subnets."""
    if kind == "aws_db_instance":
        return 2 if at("multi_az") else 1
    if kind == "aws_vpc_endpoint":
        subnets = at("subnet_ids")
        if subnets is None and at("vpc_endpoint_type") == "Interface":
            raise NotYetKnown("how many subnets the endpoint is in is not known yet")
        return len(subnets or [""])
    return 1


def _times_shown(times: int) -> str:
    return f"{times} x " if times > 1 else ""


def _has_price(key: str, own: Mapping[str, float] | None) -> bool:
    return key in (own or {}) or key in table()["hourly"]


def _hourly(key: str, own: Mapping[str, float] | None) -> float:
    if not _has_price(key, own):
        raise CouldNotVerify(f'{key} has no price: say what an hour of it costs in [costs] prices, "{key}" = USD')
    return float((own or {}).get(key, table()["hourly"].get(key, 0.0)))


def _storage_price(kind: str) -> float:
    key = f"database gb {kind}"
    if key not in table()["monthly"]:
        raise CouldNotVerify(f"storage of the type {kind} has no price in the table of {table()['as_of']}")
    return float(table()["monthly"][key])
