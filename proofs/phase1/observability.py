"""Signs of life."""

from datetime import timedelta
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, Case, cloud
from proofs.harness import absent, omits, profile, recorded_at, says
from proofs.metrics import NOTHING, measured
from stackproof.resources.log_events import EVENTS
from stackproof.resources.metrics import DATA

GROUP = profile().observability.log_group
SERVICE, DATABASE = "AWS/ECS CPUUtilization", "AWS/RDS CPUUtilization"
EXPECTED = profile().observability


def minutes_old(minutes: float) -> int:
    """When an event of this age was written, in milliseconds since 1970."""
    return int((recorded_at() - timedelta(minutes=minutes)).timestamp() * 1000)


def measured_at(minutes: float) -> dict[str, Any]:
    return {"Timestamps": [recorded_at() - timedelta(minutes=minutes)], "Values": [1.0]}


CASES: list[Case] = [
    cloud(
        "OBS-01",
        "an old event",
        FAIL,
        says(EVENTS, "events.0.timestamp", minutes_old(EXPECTED.event_minutes + 1), logGroupName=GROUP),
    ),
    cloud(
        "OBS-01",
        "an event that is new enough",
        PASS,
        says(EVENTS, "events.0.timestamp", minutes_old(EXPECTED.event_minutes - 1), logGroupName=GROUP),
    ),
    cloud("OBS-02", "an old datapoint", FAIL, measured(SERVICE, **measured_at(EXPECTED.metric_minutes + 1)), names=SERVICE),
    cloud("OBS-02", "a datapoint that is new enough", PASS, measured(SERVICE, **measured_at(EXPECTED.metric_minutes - 1))),
    cloud("OBS-01", "the group is empty", FAIL, says(EVENTS, "events", [], logGroupName=GROUP)),
    cloud("OBS-01", "no such group", FAIL, absent(EVENTS, logGroupName=GROUP), names=GROUP),
    cloud("OBS-01", "the list is missing", ERROR, omits(EVENTS, "events", logGroupName=GROUP)),
    cloud("OBS-02", "the service has no datapoint", FAIL, measured(SERVICE, **NOTHING), names=SERVICE),
    cloud("OBS-02", "the database has no datapoint", FAIL, measured(DATABASE, **NOTHING), names=DATABASE),
    cloud("OBS-02", "CloudWatch could not tell", ERROR, measured(SERVICE, StatusCode="Forbidden"), names="Forbidden"),
    cloud("OBS-02", "a metric that is not answered", ERROR, measured(DATABASE), names="silent"),
    cloud("OBS-02", "the list is missing", ERROR, omits(DATA, "MetricDataResults")),
]
