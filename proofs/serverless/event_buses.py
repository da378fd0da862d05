"""Event buses of Amazon EventBridge."""

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
]
