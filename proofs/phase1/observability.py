"""Signs of life."""

from datetime import timedelta
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, absent, answered, omits, planned, profile, recorded_at, says, unknown, without
from proofs.metrics import NOTHING, measured
from stackproof.probes import GRAFANA
from stackproof.resources.log_events import EVENTS
from stackproof.resources.metrics import DATA

GROUP = profile().observability.log_group
SERVICE, DATABASE = "AWS/ECS CPUUtilization", "AWS/RDS CPUUtilization"
EXPECTED = profile().observability


def silent_for(minutes: float) -> Edit:
    """Let the service's newest event be of this age."""
    written = int((recorded_at() - timedelta(minutes=minutes)).timestamp() * 1000)
    return says(EVENTS, "events", [{"logStreamName": "a/1", "message": "GET /health", "timestamp": written}], logGroupName=GROUP)


def measured_at(minutes: float) -> dict[str, Any]:
    return {"Timestamps": [recorded_at() - timedelta(minutes=minutes)], "Values": [1.0]}


BALANCER = answered("elbv2:DescribeLoadBalancers", "LoadBalancers.0.LoadBalancerArn")
INSTANCE, IDENTIFIER = "DBInstances.0.DBInstanceIdentifier", profile().database[0].identifier
LOGS = 'module.central_logging.module.groups["/aws/ecs/api/llm"].aws_cloudwatch_log_group.this'
BOARD, TEST, HEALTH = "/api/dashboards/uid/rds", "/api/datasources/uid/cloudwatch/health", "/api/health"


def asked(path: str, code: int, **content: Any) -> Any:
    """Let Grafana answer for a path with this status of HTTP, and something else in its JSON."""

    def edit(calls: Any) -> Any:
        changed = calls if code == 200 else says(GRAFANA, "Status", code, Path=path)(calls)
        return says(GRAFANA, "Content", content, Path=path)(changed) if content else changed

    return edit


CASES: list[Case] = [
    cloud(
        "OBS-01",
        "an old event",
        FAIL,
        silent_for(EXPECTED.event_minutes + 1),
    ),
    cloud(
        "OBS-01",
        "an event that is new enough",
        PASS,
        silent_for(EXPECTED.event_minutes - 1),
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
    cloud("OBS-04", "the database has another name", FAIL, says("rds:DescribeDBInstances", INSTANCE, "x"), names="rds: CPU use"),
    cloud(
        "OBS-04",
        "the load balancer has another name",
        FAIL,
        says("elbv2:DescribeLoadBalancers", "LoadBalancers.0.LoadBalancerArn", BALANCER.replace("-alb/", "-other/")),
        names="alb: Requests",
    ),
    cloud(
        "OBS-04",
        "the load balancer was made anew",
        ERROR,  # the recording has no datapoint of the new one
        says("elbv2:DescribeLoadBalancers", "LoadBalancers.0.LoadBalancerArn", f"{BALANCER[:-16]}{'f' * 16}"),
        names="GetMetricData",
    ),
    cloud("OBS-04", "no such service", FAIL, says("ecs:DescribeServices", "services", []), names="ecs-fargate: CPU use"),
    cloud(
        "OBS-04", "a log group is gone", FAIL, says("logs:DescribeLogGroups", "logGroups.0.logGroupName", "/x"), names="logs: "
    ),
    cloud("OBS-04", "the list is missing", ERROR, omits("logs:DescribeLogGroups", "logGroups")),
    cloud("OBS-04", "a metric has no datapoint", FAIL, measured("AWS/RDS FreeStorageSpace", **NOTHING), names="FreeStorageSpace"),
    cloud("OBS-04", "nobody knows the bill", FAIL, measured("AWS/Billing EstimatedCharges", **NOTHING), names="AWS/Billing"),
    cloud("OBS-04", "CloudWatch could not tell", ERROR, measured(SERVICE, StatusCode="Forbidden"), names="Forbidden"),
    cloud("OBS-04", "a metric that is not answered", ERROR, measured(DATABASE), names="silent"),
    plan("OBS-04", "the database gets another name", FAIL, planned("aws_db_instance.main", identifier="x"), names="rds: CPU use"),
    plan("OBS-04", "a name that is not known", UNKNOWN, unknown("aws_db_instance.main", "identifier"), names=IDENTIFIER),
    plan("OBS-04", "the service gets another name", FAIL, planned("aws_ecs_service.backend", name="x"), names="ecs-fargate"),
    plan("OBS-04", "the load balancer gets another name", FAIL, planned("aws_lb.main", name="x"), names="alb: Requests"),
    plan("OBS-04", "a load balancer of another type", FAIL, planned("aws_lb.main", load_balancer_type="network"), names="alb: "),
    plan("OBS-04", "a log group that nobody makes", FAIL, without(LOGS), names="/aws/ecs/api/llm"),
    cloud("OBS-05", "its own database is broken", FAIL, asked(HEALTH, 503, database="failing"), names="failing"),
    cloud("OBS-05", "it does not say how it is", ERROR, asked(HEALTH, 200, version="13"), names="database is not reported"),
    cloud("OBS-05", "something else answers", ERROR, omits(GRAFANA, "Content", Path=HEALTH), names="/api/health"),
    cloud("OBS-05", "a page for people", ERROR, asked(HEALTH, 302), names="302"),
    cloud(
        "OBS-05",
        "no way to CloudWatch",
        FAIL,
        asked(TEST, 400, status="ERROR", message="AccessDenied"),
        names="cloudwatch",
    ),
    cloud("OBS-05", "no such data source", FAIL, asked(TEST, 404, message="not found"), names="cloudwatch"),
    cloud("OBS-05", "a test that nobody knows", ERROR, asked(TEST, 200, status="UNKNOWN", message=""), names="UNKNOWN"),
    cloud("OBS-05", "a dashboard of the next API alone", ERROR, asked(BOARD, 406, message="use /apis"), names="406"),
    cloud("OBS-05", "a token that may not test it", ERROR, asked(TEST, 403, message="no"), names="GRAFANA_TOKEN"),
    cloud("OBS-05", "no such dashboard", FAIL, asked(BOARD, 404, message="not found"), names="rds"),
    cloud("OBS-05", "another dashboard of that uid", FAIL, asked(BOARD, 200, dashboard={"panels": []}), names="rds"),
    cloud("OBS-05", "an answer without a dashboard", ERROR, asked(BOARD, 200, meta={}), names="has no dashboard"),
    cloud("OBS-05", "a token that is not valid", ERROR, asked(BOARD, 401, message="no"), names="GRAFANA_TOKEN"),
    cloud(
        "OBS-05",
        "the same, as a newer Grafana keeps it",
        PASS,
        says(GRAFANA, "Content.dashboard.schemaVersion", 42, Path=BOARD),
        says(GRAFANA, "Content.dashboard.version", 7, Path=BOARD),
    ),
]
