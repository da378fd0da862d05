"""Signs of life."""

from proofs.cases import ERROR, FAIL, Case, cloud
from proofs.harness import absent, omits, profile, says
from proofs.metrics import NOTHING, measured
from stackproof.resources.log_events import EVENTS
from stackproof.resources.metrics import DATA

GROUP = profile().observability.log_group
SERVICE, DATABASE = "AWS/ECS CPUUtilization", "AWS/RDS CPUUtilization"
CASES: list[Case] = [
    cloud("OBS-01", "the group is empty", FAIL, says(EVENTS, "events", [], logGroupName=GROUP)),
    cloud("OBS-01", "no such group", FAIL, absent(EVENTS, logGroupName=GROUP), names=GROUP),
    cloud("OBS-01", "the list is missing", ERROR, omits(EVENTS, "events", logGroupName=GROUP)),
    cloud("OBS-02", "the service has no datapoint", FAIL, measured(SERVICE, **NOTHING), names=SERVICE),
    cloud("OBS-02", "the database has no datapoint", FAIL, measured(DATABASE, **NOTHING), names=DATABASE),
    cloud("OBS-02", "CloudWatch could not tell", ERROR, measured(SERVICE, StatusCode="Forbidden"), names="Forbidden"),
    cloud("OBS-02", "a metric that is not answered", ERROR, measured(DATABASE), names="silent"),
    cloud("OBS-02", "the list is missing", ERROR, omits(DATA, "MetricDataResults")),
]
