"""Resource policies, closed and open: rows that controls of several services have."""

import json
from collections.abc import Callable
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, unknown, with_resource

HERE, THERE = "123456789012", "999999999999"
EVERYONE: tuple[tuple[str, object], ...] = (
    ("everybody", "*"),
    ("every account", {"AWS": "*"}),
    ("everybody in a list", {"AWS": [HERE, "*"]}),
    ("another account", {"AWS": f"arn:aws:iam::{THERE}:root"}),
    ("a service for every account", {"Service": "s3.amazonaws.com"}),
)
BOUND: tuple[tuple[str, object, dict[str, object]], ...] = (
    ("everybody of the account", "*", {"StringEquals": {"aws:SourceAccount": HERE}}),
    ("everybody of the organization", "*", {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
    ("the account", {"AWS": f"arn:aws:iam::{HERE}:root"}, {}),
    ("a service for the account", {"Service": "s3.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": HERE}}),
)


def letting_in(principal: object, condition: object = None) -> str:
    """A policy that lets in somebody, for an action that every service has."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **({"Condition": condition} if condition else {})}]})


def closed_and_open(
    control: str,
    name: str,
    *,
    on_cloud: Callable[[str], Edit],
    on_plan: Callable[[str], Edit],
    unknown_on_plan: Edit,
) -> list[Case]:
    """The rows of a control that lets nobody in from outside: ``on_cloud`` and ``on_plan`` give the resource a policy."""
    return [
        *(cloud(control, f"open to {who}", FAIL, on_cloud(letting_in(principal)), names=name) for who, principal in EVERYONE),
        *(plan(control, f"open to {who}", FAIL, on_plan(letting_in(principal)), names=name) for who, principal in EVERYONE),
        *(cloud(control, f"open to {who}", PASS, on_cloud(letting_in(one, condition))) for who, one, condition in BOUND),
        plan(control, "open to the account", PASS, on_plan(letting_in(*BOUND[2][1:]))),
        cloud(control, "a policy that is none", ERROR, on_cloud("{"), names="not JSON"),
        plan(control, "a policy known after apply", UNKNOWN, unknown_on_plan),
    ]


def of_another(control: str, address: str, attribute: str, name: str) -> list[Case]:
    """The rows of a policy that a plan gives to what is there already."""
    closed, opened = letting_in(*BOUND[2][1:]), letting_in("*")

    def given(policy: str, whose: str | None = name) -> Edit:
        values: dict[str, Any] = {attribute: whose, "policy": policy}
        return with_resource(address, **values)

    return [
        plan(control, "the account, on one that is there already", PASS, given(closed)),
        plan(control, "everybody, on one that is there already", FAIL, given(opened), names=name),
        plan(control, "everybody, on nobody knows which", FAIL, given(opened, None), unknown(address, attribute), names=address),
        plan(control, "known after apply, on one that is there already", UNKNOWN, given(closed), unknown(address, "policy")),
        plan(control, "a policy that is none, on one that is there already", ERROR, given("{"), names="not JSON"),
    ]
