"""Event buses of Amazon EventBridge."""

from dataclasses import replace

from proofs.cases import ERROR, FAIL, PASS, Case, cloud, plan
from proofs.harness import adds, omits, says, unknown, with_resource
from proofs.serverless.policies import closed_and_open

BUSES, NAME = "events:ListEventBuses", "triflow-ai-production-bus"
STACK = "module.event_bus"
PERMISSION = f"{STACK}.aws_cloudwatch_event_permission.main"
PLACE = f"EventBuses.Name={NAME}.Policy"

CASES: list[Case] = [
    *closed_and_open(
        "SEC-EVT-01",
        NAME,
        on_cloud=lambda policy: says(BUSES, PLACE, policy),
        on_plan=lambda policy: with_resource(f"{STACK}.aws_cloudwatch_event_bus_policy.more", event_bus_name=NAME, policy=policy),
        unknown_on_plan=unknown(PERMISSION, "principal"),
    ),
    cloud("SEC-EVT-01", "no policy", PASS, omits(BUSES, PLACE)),
    cloud("SEC-EVT-01", "another team's", PASS, adds(BUSES, "EventBuses", {"Name": "other"})),
    *(
        replace(case, name=f"the default bus {case.name}")
        for case in closed_and_open(
            "SEC-EVT-01",
            "default",
            on_cloud=lambda policy: says(BUSES, "EventBuses.Name=default.Policy", policy),
            on_plan=lambda policy: with_resource(f"{STACK}.aws_cloudwatch_event_bus_policy.more", policy=policy),
            unknown_on_plan=unknown(PERMISSION, "principal"),
        )
        if case.verdict in (FAIL, PASS)
    ),
    cloud("SEC-EVT-01", "the list is missing", ERROR, omits(BUSES, "EventBuses")),
    plan(
        "SEC-EVT-01",
        "a permission for everybody",
        FAIL,
        with_resource(f"{STACK}.aws_cloudwatch_event_permission.more", event_bus_name=NAME, principal="*"),
        names=NAME,
    ),
    plan(
        "SEC-EVT-01",
        "a permission for the organization",
        PASS,
        with_resource(
            f"{STACK}.aws_cloudwatch_event_permission.more",
            event_bus_name=NAME,
            principal="*",
            condition=[{"type": "StringEquals", "key": "aws:PrincipalOrgID", "value": "o-a1b2c3d4e5"}],
        ),
    ),
    plan(
        "SEC-EVT-01",
        "a permission for another account",
        FAIL,
        with_resource(f"{STACK}.aws_cloudwatch_event_permission.more", event_bus_name=NAME, principal="999999999999"),
        names="999999999999",
    ),
    *(
        plan(
            "SEC-EVT-01",
            f"a permission for everybody on {name or 'no bus'}",
            FAIL,
            with_resource(f"{STACK}.aws_cloudwatch_event_permission.more", principal="*", event_bus_name=name),
            names=name or "default",
        )
        for name in (None, "default", "older")
    ),
    plan(
        "SEC-EVT-01",
        "a permission for the account on the default bus",
        PASS,
        with_resource(f"{STACK}.aws_cloudwatch_event_permission.more", principal="123456789012"),
    ),
]
