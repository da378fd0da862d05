"""The compliant plans that the proofs start from: from nothing, with nothing to do, and an update of what runs."""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proofs.lazy_copies import Packed
from stackproof.testing.plans import BASE, RUNNING, planned, with_resource

COMPLIANT = Path(__file__).with_name("compliant")
FROM_NOTHING, UPDATE = "from nothing", "an update"
BASES = (FROM_NOTHING, RUNNING, UPDATE)
WALL, WALLED, WALL_LOGS = (f"aws_wafv2_web_acl{part}.main" for part in ("", "_association", "_logging_configuration"))
_VPC = "aws_vpc.main"
_ENDPOINTS = ("s3", "ecr.api", "ecr.dkr", "logs", "secretsmanager")
_POLICY = {
    "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
    "Condition": {"StringEquals": {"aws:PrincipalAccount": "123456789012"}},
}  # fmt: skip
LACKING = {
    "RDS-03": (),  # a plan backs nothing up
    "ECR-02": (planned("aws_ecr_repository.backend", image_tag_mutability="IMMUTABLE"),),
    "SEC-NET-03": tuple(
        with_resource(
            f"aws_vpc_endpoint.{service.replace('.', '_')}",
            refers={"vpc_id": f"{_VPC}.id"},
            service_name=f"com.amazonaws.ap-northeast-2.{service}",
            policy=json.dumps({"Statement": [_POLICY]}),
            **(
                {"route_table_ids": ["rtb-1"]}
                if service == "s3"
                else {"vpc_endpoint_type": "Interface", "private_dns_enabled": True}
            ),
        )
        for service in _ENDPOINTS
    ),
    "SEC-ALB-06": (
        with_resource(WALL, name="main"),
        with_resource(WALLED, refers={"resource_arn": "aws_lb.main.arn", "web_acl_arn": f"{WALL}.arn"}),
        with_resource(WALL_LOGS, refers={"resource_arn": f"{WALL}.arn"}, log_destination_configs=["arn"]),
    ),
}
"""What the stacks lack and waivers.toml accepts, by control: its proofs start from what complies. On a cloud: `proofs.live`."""


def compliant_plan(base: str = FROM_NOTHING) -> dict[str, Any]:
    """A copy for whoever asks."""
    return packed(base).copy()


@functools.cache
def packed(base: str) -> Packed:
    """A compliant plan, of which copies are made."""
    if base == FROM_NOTHING:
        document = json.loads(_recorded("plan.json"))
    else:
        document = _unpacked(json.loads(_recorded("running.json")))
        document = document if base == RUNNING else _updated(document, json.loads(_recorded("update.json")))
    return Packed({**document, BASE: base})


def _recorded(name: str) -> str:
    return (COMPLIANT / name).read_text(encoding="utf-8")


def _unpacked(document: dict[str, Any]) -> dict[str, Any]:
    """A plan that has nothing to do, as Terraform writes it: each resource is before and after as it is planned."""
    document["resource_changes"] = [
        {
            **{name: resource[name] for name in ("address", "mode", "type", "name")},
            "change": {
                "actions": ["no-op"],
                "before": resource["values"],
                "after": resource["values"],
                "after_unknown": {},
                "before_sensitive": resource.get("sensitive_values", {}),
                "after_sensitive": resource.get("sensitive_values", {}),
            },
        }
        for resource in _resources(document["planned_values"]["root_module"])
        if resource["mode"] == "managed"
    ]
    return document


def _updated(document: dict[str, Any], update: dict[str, Any]) -> dict[str, Any]:
    """The plan after what an update does; see `proofs.record_plans`."""
    planned = {one["address"]: one for one in _resources(document["planned_values"]["root_module"])}
    for reported in document["resource_changes"]:
        if reported["address"] in update:
            done = update[reported["address"]]
            change = reported["change"]
            gone = {name for name, mask in done["after_unknown"].items() if mask is True}
            after = {name: value for name, value in {**change["before"], **done["after"]}.items() if name not in gone}
            reported["change"] = {**change, **done, "after": after}
            planned[reported["address"]]["values"] = after
    return document


def _resources(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _resources(child)
