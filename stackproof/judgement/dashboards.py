"""Grafana: what its provisioning files say, and what the panels of a dashboard ask CloudWatch for.

https://grafana.com/docs/grafana/latest/administration/provisioning/ and https://grafana.com/docs/grafana/latest/datasources/aws-cloudwatch/
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackproof.core.verdicts import CouldNotVerify
from stackproof.util.patterns import Expression

CLOUDWATCH = "cloudwatch"
KEYLESS = ("default", "ec2_iam_role", "grafana_assume_role")
"""Ways of the data source to get credentials that need none in a file: a role, or what is in the environment."""
KEYED = ("keys", "credentials")
"""Ways that need a key: in the settings, or in a file on the host."""

CLUSTER, SERVICE, DATABASE, BALANCER, GROUP, BILL = "cluster", "service", "database", "load balancer", "log group", "bill"

KINDS: Mapping[tuple[str, ...], str] = {
    ("ClusterName",): CLUSTER,
    ("ClusterName", "ServiceName"): SERVICE,
    ("DBInstanceIdentifier",): DATABASE,
    ("LoadBalancer",): BALANCER,
    ("LogGroupName",): GROUP,
    ("Currency",): BILL,
}
"""The kind of resource that a metric with these dimensions is about."""

_CPU_AND_MEMORY = dict.fromkeys(("CPUUtilization", "MemoryUtilization"), True)
_INSIGHTS = (
    "CpuReserved",
    "CpuUtilized",
    "DesiredTaskCount",
    "EphemeralStorageReserved",
    "EphemeralStorageUtilized",
    "MemoryReserved",
)
_MORE_INSIGHTS = (
    "MemoryUtilized",
    "NetworkRxBytes",
    "NetworkTxBytes",
    "PendingTaskCount",
    "RunningTaskCount",
    "StorageReadBytes",
)
_DATABASE = ("CPUUtilization", "DatabaseConnections", "DiskQueueDepth", "FreeableMemory", "FreeStorageSpace", "SwapUsage")
_DATABASE_RATES = ("ReadIOPS", "WriteIOPS", "ReadLatency", "WriteLatency", "ReadThroughput", "WriteThroughput")
_DATABASE_NETWORK = (
    "NetworkReceiveThroughput",
    "NetworkTransmitThroughput",
    "CPUCreditBalance",
    "CPUCreditUsage",
    "BurstBalance",
)
_HTTP = [f"HTTPCode_{who}_{kind}_Count" for who in ("Target", "ELB") for kind in ("2XX", "3XX", "4XX", "5XX")]
_CONNECTIONS = ("ActiveConnectionCount", "NewConnectionCount", "RejectedConnectionCount", "TargetConnectionErrorCount")

METRICS: Mapping[str, Mapping[str, bool]] = {
    "AWS/ECS": _CPU_AND_MEMORY,
    "ECS/ContainerInsights": dict.fromkeys((*_INSIGHTS, *_MORE_INSIGHTS, "StorageWriteBytes"), True),
    "AWS/RDS": {
        **dict.fromkeys((*_DATABASE, *_DATABASE_RATES, *_DATABASE_NETWORK), True),
        **dict.fromkeys(("CPUCreditBalance", "CPUCreditUsage", "BurstBalance"), False),
    },
    "AWS/ApplicationELB": {
        **dict.fromkeys(("ConsumedLCUs", "HealthyHostCount", "UnHealthyHostCount"), True),
        **dict.fromkeys(("RequestCount", "TargetResponseTime", "ProcessedBytes", "ClientTLSNegotiationErrorCount"), False),
        **dict.fromkeys((*_HTTP, *_CONNECTIONS), False),
    },
    "AWS/Logs": dict.fromkeys(("IncomingBytes", "IncomingLogEvents"), False),
    "AWS/Billing": {"EstimatedCharges": True},
}
"""The metrics of each namespace, with True for one that has datapoints whenever its resource is there.

The others are reported when something happens, or for some classes of instances alone ("Reporting criteria" in each service's guide).
"""


@dataclass(frozen=True)
class Query:
    """A query of a panel: a metric, or log groups by Logs Insights."""

    region: str
    namespace: str = ""
    metric: str = ""
    statistic: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()
    """Sorted by name; a value may be that of a variable: ``${load_balancer}``."""
    text: str = ""
    groups: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of resource that it is about. Raises `CouldNotVerify` for a metric or dimensions that nobody knows here.

        >>> Query("", "AWS/ECS", "CPUUtilization", dimensions=(("ClusterName", "a"),)).kind, Query("", text="fields @message").kind
        ('cluster', 'log group')
        >>> Query("", "AWS/ECS", "CPU").kind
        Traceback (most recent call last):
        stackproof.core.verdicts.CouldNotVerify: AWS/ECS CPU is no metric that is known here (judgement/dashboards.py)
        >>> Query("", "AWS/ECS", "CPUUtilization").kind
        Traceback (most recent call last):
        stackproof.core.verdicts.CouldNotVerify: AWS/ECS by no dimension: nobody knows here what that is about
        """
        if self.text:
            return GROUP
        if self.metric not in METRICS.get(self.namespace, {}):
            raise CouldNotVerify(f"{self.namespace} {self.metric} is no metric that is known here (judgement/dashboards.py)")
        names = tuple(name for name, _ in self.dimensions)
        if names not in KINDS:
            raise CouldNotVerify(
                f"{self.namespace} by {', '.join(names) or 'no dimension'}: nobody knows here what that is about"
            )
        return KINDS[names]

    @property
    def has_data_always(self) -> bool:
        """True if CloudWatch has datapoints whenever the resource is there.

        >>> [Query("", "AWS/RDS", name).has_data_always for name in ("FreeStorageSpace", "BurstBalance", "Unheard")]
        [True, False, False]
        """
        return METRICS.get(self.namespace, {}).get(self.metric, False)

    def __str__(self) -> str:
        if self.text:
            return f"{self.region} {', '.join(self.groups)}: {self.text}"
        return (
            f"{self.region} {self.namespace} {self.metric} {self.statistic} {' '.join('='.join(one) for one in self.dimensions)}"
        )

    __repr__ = __str__


@dataclass(frozen=True)
class Panel:
    """A panel, by its title, and what it asks for."""

    title: str
    queries: tuple[Query, ...]

    @property
    def asks(self) -> tuple[str, ...]:
        """Its queries as text."""
        return tuple(str(query) for query in self.queries)


def panels(document: Mapping[str, Any], region: str) -> tuple[Panel, ...]:
    """The panels of a dashboard, those of collapsed rows included; ``region`` is the data source's own, which ``default`` means.

    Raises `CouldNotVerify` for a query of a form that is not known here.

    >>> metric = {"queryMode": "Metrics", "namespace": "AWS/RDS", "metricName": "CPUUtilization", "statistic": "Sum"}
    >>> named = {**metric, "region": "us-east-1", "dimensions": {"DBInstanceIdentifier": "db"}}
    >>> listed = {**metric, "region": "default", "dimensions": {"B": ["b"], "A": ["a"]}}
    >>> logs = {"queryMode": "Logs", "expression": "fields @message", "logGroups": [{"name": "/a"}]}
    >>> row = {"type": "row", "title": "Logs", "panels": [{"title": "Errors", "targets": [logs]}]}
    >>> for panel in panels({"panels": [{"title": "CPU", "targets": [named, listed]}, row]}, "ap-northeast-2"):
    ...     print(panel.title, *panel.asks, sep=" | ")
    CPU | us-east-1 AWS/RDS CPUUtilization Sum DBInstanceIdentifier=db | ap-northeast-2 AWS/RDS CPUUtilization Sum A=a B=b
    Errors | ap-northeast-2 /a: fields @message
    >>> for other in ({**named, "expression": "1"}, {**named, "sqlExpression": "1"}, {"queryMode": "x"}):
    ...     panels({"panels": [{"targets": [other]}]}, "ap-northeast-2")
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: query None: only metrics by name and Logs Insights are understood here
    >>> panels({"panels": [{"targets": [{"queryMode": "Metrics", "dimensions": {"A": "*"}}]}]}, "ap-northeast-2")
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: query None: A is ['*']; one value, or a variable, is understood here
    >>> panels({"panels": [{"targets": [{"queryMode": "Metrics", "dimensions": {"A": ["a", "b"]}}]}]}, "ap-northeast-2")
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: query None: A is ['a', 'b']; one value, or a variable, is understood here
    """
    return tuple(
        Panel(str(panel.get("title", "")), tuple(_query(target, region) for target in panel.get("targets") or ()))
        for panel in _every_panel(document)
        if panel.get("type") != "row"
    )


def _every_panel(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for panel in document.get("panels") or ():
        yield panel
        yield from panel.get("panels") or ()


def _query(target: Mapping[str, Any], own: str) -> Query:
    region = target.get("region") or "default"
    region = own if region == "default" else str(region)
    if target.get("queryMode") == "Logs":
        groups = target.get("logGroupNames") or [group.get("name") for group in target.get("logGroups") or ()]
        return Query(region, text=str(target.get("expression", "")), groups=tuple(str(group) for group in groups))
    if target.get("queryMode") != "Metrics" or target.get("expression") or target.get("sqlExpression"):
        raise CouldNotVerify(f"query {target.get('refId')}: only metrics by name and Logs Insights are understood here")
    found = []
    for name, values in sorted((target.get("dimensions") or {}).items()):
        listed = [values] if isinstance(values, str) else values
        if len(listed) != 1 or listed[0] == "*":
            raise CouldNotVerify(f"query {target.get('refId')}: {name} is {listed}; one value, or a variable, is understood here")
        found.append((name, str(listed[0])))
    namespace, metric, statistic = (str(target.get(key, "")) for key in ("namespace", "metricName", "statistic"))
    return Query(region, namespace, metric, statistic, tuple(found))


Variables = Mapping[str, Callable[[str], bool]]
"""Of each variable of a dashboard, which values it can have."""


def variables(document: Mapping[str, Any]) -> Variables:
    """The variables of a dashboard: a constant has one value, one that asks CloudWatch any that its regular expression finds.

    >>> either = variables({"templating": {"list": [{"name": "a", "type": "query", "regex": "/^app\\\\/web\\\\//"}]}})["a"]
    >>> either("app/web/0123"), either("app/other/0123")
    (True, False)
    >>> one = variables({"templating": {"list": [{"name": "b", "type": "constant", "query": "x"}]}})["b"]
    >>> one("x"), one("y"), variables({})
    (True, False, {})
    """
    return {one["name"]: _values(one) for one in (document.get("templating") or {}).get("list") or ()}


def _values(variable: Mapping[str, Any]) -> Callable[[str], bool]:
    match variable.get("type"):
        case "constant" | "textbox":
            return lambda value: value == variable.get("query")
        case "query":
            written = str(variable.get("regex") or "")
            expression = Expression(re.sub(r"^/(.*)/[gimsuy]*$", r"\1", written, flags=re.DOTALL).replace("\\/", "/"))
            return lambda value: expression.is_in(value)
        case other:
            kind = other
    raise CouldNotVerify(f"variable {variable.get('name')} is of type {kind}, which is not understood here")


def matching(value: str, known: Variables, there: Collection[str]) -> list[str]:
    """The identities, of those that there are, that the value of a dimension stands for.

    Raises `CouldNotVerify` for a variable that the dashboard does not have.

    >>> matching("web", {}, ["web", "api"]), matching("$name", {"name": "api".__eq__}, ["web", "api"])
    (['web'], ['api'])
    >>> matching("${name}", {"name": "api".__eq__}, ["web", "api"])
    ['api']
    >>> matching("$name", {}, ["web"])
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: $name is no variable of the dashboard
    """
    written = re.fullmatch(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))", value)
    if written is None:
        return [one for one in there if one == value]
    name = written[1] or written[2]
    if name not in known:
        raise CouldNotVerify(f"{value} is no variable of the dashboard")
    return [one for one in there if known[name](one)]


def data_source_problems(document: object) -> list[str]:
    """The faults in the form of a file that provisions data sources.

    >>> data_source_problems({"apiVersion": 1, "datasources": [{"name": "CloudWatch", "type": "cloudwatch", "uid": "cloudwatch"}]})
    []
    >>> data_source_problems({"datasources": [{"name": "CloudWatch"}]})
    ['apiVersion is not 1', 'datasource CloudWatch has no type, no uid']
    >>> data_source_problems(["apiVersion"]), data_source_problems({"apiVersion": 1, "datasources": []})
    (['is no mapping'], ['has no datasources'])
    """
    return _listed_problems(document, "datasources", "datasource", ("name", "type", "uid"))


def provider_problems(document: object) -> list[str]:
    """The faults in the form of a file that provisions dashboards.

    >>> provider_problems({"apiVersion": 1, "providers": [{"name": "own", "options": {"path": "/d"}}]})
    []
    >>> provider_problems({"apiVersion": 1, "providers": [{"name": "own"}]})
    ['provider own has no options']
    """
    return _listed_problems(document, "providers", "provider", ("name", "options"))


def _listed_problems(document: object, key: str, one: str, needed: tuple[str, ...]) -> list[str]:
    if not isinstance(document, Mapping):
        return ["is no mapping"]
    found = [] if document.get("apiVersion") == 1 else ["apiVersion is not 1"]
    listed = document.get(key)
    if not isinstance(listed, list) or not listed:
        return [*found, f"has no {key}"]
    for item in listed:
        known = item if isinstance(item, Mapping) else {}
        if lacking := [f"no {name}" for name in needed if not known.get(name)]:
            found.append(f"{one} {known.get('name', '?')} has {', '.join(lacking)}")
    return found


def dashboard_problems(document: object, data_sources: Collection[str]) -> list[str]:
    """The faults in the form of a dashboard; ``data_sources`` are the uids of those that are provisioned.

    >>> source = {"type": "cloudwatch", "uid": "cloudwatch"}
    >>> panel = {"type": "timeseries", "title": "CPU", "gridPos": {"x": 0}, "datasource": source, "targets": [{"datasource": source}]}
    >>> dashboard_problems({"uid": "ecs", "title": "ECS", "schemaVersion": 36, "panels": [panel]}, ["cloudwatch"])
    []
    >>> dashboard_problems({"uid": "ecs", "title": "ECS", "schemaVersion": 36, "panels": [panel]}, ["other"])
    ['panel CPU asks the data source cloudwatch, which is not provisioned']
    >>> dashboard_problems({"title": "ECS", "panels": []}, [])
    ['has no uid', 'has no schemaVersion', 'has no panels']
    >>> row, silent = {"type": "row", "title": "R", "gridPos": {"x": 0}}, {"title": "S", "gridPos": {"x": 0}}
    >>> dashboard_problems({"uid": "a", "title": "A", "schemaVersion": 36, "panels": [row, silent]}, [])
    ['panel S has no type', 'panel S asks for nothing']
    >>> dashboard_problems({"uid": "a", "title": "A", "schemaVersion": 36, "panels": [{**row, "title": ""}]}, [])
    ['panel ? has no title']
    >>> dashboard_problems([], [])
    ['is no mapping']
    """
    if not isinstance(document, Mapping):
        return ["is no mapping"]
    found = [f"has no {key}" for key in ("uid", "title", "schemaVersion", "panels") if not document.get(key)]
    for panel in _every_panel(document):
        title = panel.get("title") or "?"
        found += [f"panel {title} has no {key}" for key in ("type", "title", "gridPos") if not panel.get(key)]
        if panel.get("type") == "row":
            continue
        if not panel.get("targets"):
            found.append(f"panel {title} asks for nothing")
        found += [
            f"panel {title} asks the data source {uid}, which is not provisioned"
            for uid in _sources(panel)
            if uid not in data_sources
        ]
    return found


def data_sources(document: Mapping[str, Any]) -> list[str]:
    """The uids of the data sources that the panels of a dashboard ask.

    >>> data_sources({"panels": [{"datasource": "old"}, {"targets": [{"datasource": {"uid": "new"}}, {}]}]})
    ['old', 'new']
    """
    return list(dict.fromkeys(uid for panel in _every_panel(document) for uid in _sources(panel)))


def _sources(panel: Mapping[str, Any]) -> list[str]:
    asked = [one.get("datasource") for one in (panel, *(panel.get("targets") or ()))]
    return list(dict.fromkeys(str(one.get("uid")) if isinstance(one, Mapping) else str(one) for one in asked if one))


def is_keyless(authentication: str) -> bool:
    """True for a way to credentials that needs none in a file. Raises `CouldNotVerify` for one that nobody knows.

    >>> is_keyless("default"), is_keyless("keys")
    (True, False)
    >>> is_keyless("magic")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: authType magic is not known here; ...
    """
    if authentication not in (*KEYLESS, *KEYED):
        raise CouldNotVerify(f"authType {authentication} is not known here; known: {', '.join((*KEYLESS, *KEYED))}")
    return authentication in KEYLESS
