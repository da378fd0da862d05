#!/usr/bin/env python3
"""Write infrastructure/grafana/dashboards/*.json from a profile, with Grafana's own builders, so that no panel has a name of its own.

python scripts/grafana_dashboards.py [production]
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders import cloudwatch, common, dashboard, logs, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.cloudwatch import CloudWatchQueryMode, MetricEditorMode, MetricQueryType
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableRefresh

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stackproof.profile.loading import load  # noqa: E402
from stackproof.profile.schema import Profile  # noqa: E402

FOLDER = ROOT / "infrastructure" / "grafana" / "dashboards"
SOURCE = DataSourceRef(type_val="cloudwatch", uid="cloudwatch")
BILLING = "us-east-1"
WIDTH, HEIGHT = 8, 7
"""Of a panel; Grafana's grid has 24 columns."""


def metrics(
    title: str,
    unit: str,
    region: str,
    namespace: str,
    dimensions: Mapping[str, str],
    *asked: str,
    period: str = "60",
    kind: Any = timeseries.Panel,
) -> Any:
    """A panel of some metrics with the same dimensions, each as ``METRIC STATISTIC``."""
    panel = kind().title(title).unit(unit).datasource(SOURCE).min(0).span(WIDTH).height(HEIGHT)
    panel = panel if kind is stat.Panel else panel.legend(common.VizLegendOptions())
    for number, (name, statistic) in enumerate(one.split() for one in asked):
        panel = panel.with_target(
            cloudwatch.CloudWatchMetricsQuery()
            .query_mode(CloudWatchQueryMode.METRICS)
            .metric_query_type(MetricQueryType.SEARCH)
            .metric_editor_mode(MetricEditorMode.BUILDER)
            .ref_id(chr(ord("A") + number))
            .id(f"q{number}")
            .datasource(SOURCE)
            .region(region)
            .namespace(namespace)
            .metric_name(name)
            .dimensions({dimension: [value] for dimension, value in dimensions.items()})
            .match_exact(True)
            .statistic(statistic)
            .period(period)
            .label(f"{name} {statistic}")
        )
    return panel


def found(title: str, region: str, text: str, groups: Iterable[str]) -> logs.Panel:
    """A panel of what a Logs Insights query finds."""
    query = (
        cloudwatch.CloudWatchLogsQuery()
        .query_mode(CloudWatchQueryMode.LOGS)
        .ref_id("A")
        .id("q0")
        .datasource(SOURCE)
        .region(region)
        .expression(text)
        .log_group_names([*groups])
    )
    return logs.Panel().title(title).datasource(SOURCE).span(24).height(HEIGHT).show_time(True).with_target(query)


def of_balancer(name: str, dimension: str, pattern: str, region: str) -> dashboard.QueryVariable:
    """The full value of a dimension, of which only the name is known before AWS has made the resource."""
    return (
        dashboard.QueryVariable(name)
        .query(f"dimension_values({region}, AWS/ApplicationELB, HealthyHostCount, {dimension})")
        .datasource(SOURCE)
        .regex(f"/^{pattern}/")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    )


def board(uid: str, title: str) -> dashboard.Dashboard:
    return (
        dashboard.Dashboard(title)
        .uid(uid)
        .tags(["stackproof"])
        .readonly()
        .timezone("browser")
        .time("now-3h", "now")
        .refresh("1m")
    )


def ecs_fargate(profile: Profile) -> dashboard.Dashboard:
    """CPU, memory, tasks, network and storage of each service: what dashboard 11265 of grafana.com shows."""
    made = board("ecs-fargate", "AWS ECS Fargate")
    insights = "ECS/ContainerInsights"
    for one in profile.service:
        for name in one.names:
            of = {"ClusterName": one.cluster, "ServiceName": name}
            made = made.with_row(dashboard.Row(name))
            for title, unit, namespace, *asked in (
                ("CPU use", "percent", "AWS/ECS", "CPUUtilization Average", "CPUUtilization Maximum"),
                ("Memory use", "percent", "AWS/ECS", "MemoryUtilization Average", "MemoryUtilization Maximum"),
                ("Tasks", "none", insights, "RunningTaskCount Average", "DesiredTaskCount Average", "PendingTaskCount Average"),
                ("CPU units", "none", insights, "CpuUtilized Average", "CpuReserved Average"),
                ("Memory, MiB", "mbytes", insights, "MemoryUtilized Average", "MemoryReserved Average"),
                ("Network, bytes a second", "Bps", insights, "NetworkRxBytes Average", "NetworkTxBytes Average"),
                ("Storage, bytes", "bytes", insights, "StorageReadBytes Average", "StorageWriteBytes Average"),
            ):
                made = made.with_panel(metrics(title, unit, profile.region, namespace, of, *asked))
    return made


def rds(profile: Profile) -> dashboard.Dashboard:
    made = board("rds", "Amazon RDS")
    for one in profile.database:
        of = {"DBInstanceIdentifier": one.identifier}
        made = made.with_row(dashboard.Row(one.identifier))
        for title, unit, *asked in (
            ("CPU use", "percent", "CPUUtilization Average", "CPUUtilization Maximum"),
            ("Connections", "none", "DatabaseConnections Average"),
            ("Free memory", "bytes", "FreeableMemory Minimum"),
            ("Free storage", "bytes", "FreeStorageSpace Minimum"),
            ("Operations a second", "iops", "ReadIOPS Average", "WriteIOPS Average"),
            ("Latency", "s", "ReadLatency Average", "WriteLatency Average"),
            ("Disk queue", "none", "DiskQueueDepth Average"),
            ("CPU credits", "none", "CPUCreditBalance Minimum"),
            ("Network, bytes a second", "Bps", "NetworkReceiveThroughput Average", "NetworkTransmitThroughput Average"),
        ):
            made = made.with_panel(metrics(title, unit, profile.region, "AWS/RDS", of, *asked))
    return made


def alb(profile: Profile) -> dashboard.Dashboard:
    made = board("alb", "Application Load Balancer")
    for number, one in enumerate(profile.load_balancer):
        own = f"load_balancer_{number}"
        made = made.with_variable(of_balancer(own, "LoadBalancer", f"app\\/{one.name}\\/", profile.region))
        made = made.with_row(dashboard.Row(one.name))
        of = {"LoadBalancer": f"${{{own}}}"}
        for title, unit, *asked in (
            ("Requests", "none", "RequestCount Sum"),
            ("Response time of targets", "s", "TargetResponseTime Average", "TargetResponseTime p99"),
            ("Answers of targets", "none", *(f"HTTPCode_Target_{kind}_Count Sum" for kind in ("2XX", "3XX", "4XX", "5XX"))),
            ("Answers of its own", "none", "HTTPCode_ELB_4XX_Count Sum", "HTTPCode_ELB_5XX_Count Sum"),
            (
                "Refused",
                "none",
                "RejectedConnectionCount Sum",
                "TargetConnectionErrorCount Sum",
                "ClientTLSNegotiationErrorCount Sum",
            ),
            ("Connections", "none", "ActiveConnectionCount Sum", "NewConnectionCount Sum"),
            ("Capacity units", "none", "ConsumedLCUs Average"),
        ):
            made = made.with_panel(metrics(title, unit, profile.region, "AWS/ApplicationELB", of, *asked))
    return made


def log_groups(profile: Profile) -> dashboard.Dashboard:
    made = board("logs", "Logs")
    for group in profile.logs.groups:
        of = {"LogGroupName": group}
        made = made.with_panel(
            metrics(group, "none", profile.region, "AWS/Logs", of, "IncomingLogEvents Sum", "IncomingBytes Sum", period="300")
        )
    for name, query in profile.logs.queries.items():
        made = made.with_panel(found(name, profile.region, query.text, query.groups))
    return made


def cost(profile: Profile) -> dashboard.Dashboard:
    """What the account costs so far this month; CloudWatch has it in one region, some times a day."""
    asked = BILLING, "AWS/Billing", {"Currency": "USD"}, "EstimatedCharges Maximum"
    made = board("cost", "Cost").time("now-30d", "now")
    made = made.with_panel(metrics("Month to date", "currencyUSD", *asked, period="21600", kind=stat.Panel))
    made = made.with_panel(metrics("Estimated charges", "currencyUSD", *asked, period="21600").span(16))
    for group in profile.logs.groups:
        of = {"LogGroupName": group}
        made = made.with_panel(
            metrics(f"Ingested, {group}", "bytes", profile.region, "AWS/Logs", of, "IncomingBytes Sum", period="86400")
        )
    return made


BOARDS = (ecs_fargate, rds, alb, log_groups, cost)


def pages(environment: str) -> Iterator[tuple[Path, str]]:
    """Each dashboard's file and text."""
    profile = load(environment, ROOT / "environments")
    for make in BOARDS:
        built: Any = make(profile).build()
        for number, panel in enumerate(built.panels, start=1):
            panel.id_val = number
        yield FOLDER / f"{built.uid}.json", JSONEncoder(sort_keys=True, indent=2).encode(built) + "\n"


if __name__ == "__main__":
    for path, text in pages(*sys.argv[1:] or ["production"]):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
