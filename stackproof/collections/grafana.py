"""Collections of what people look at: Grafana's provisioning and dashboards as files, what their panels ask for, and the server."""

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from stackproof.collections.files import document_of
from stackproof.collections.registry import collection
from stackproof.core.provenance import joined
from stackproof.core.resource import Resource, StaticOrigin
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing, NotApplicable, NotYetKnown
from stackproof.judgement import dashboards as judgement
from stackproof.judgement.dashboards import BALANCER, BILL, CLUSTER, DATABASE, GROUP, SERVICE, Query
from stackproof.redaction.credentials import credentials_in, in_line, syntax
from stackproof.redaction.redaction import redact
from stackproof.resources.clusters import Cluster
from stackproof.resources.database import DatabaseInstance
from stackproof.resources.grafana import (
    DashboardPanel,
    GrafanaDashboard,
    GrafanaDataSource,
    GrafanaFile,
    GrafanaServer,
    OnServer,
    ServedDashboard,
    ServedDataSource,
    asked_by,
)
from stackproof.resources.load_balancer import LoadBalancer
from stackproof.resources.logs import LogGroup
from stackproof.resources.metrics import Metric, MetricOf, Period
from stackproof.resources.service import Service
from stackproof.sources.aws.regions import BILLING
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.targets.base import Stage
from stackproof.util import json_document

SOURCES, PROVIDERS, DASHBOARDS = "provisioning/datasources", "provisioning/dashboards", "dashboards"
LISTED: Mapping[str, type[Resource]] = {
    CLUSTER: Cluster,
    SERVICE: Service,
    DATABASE: DatabaseInstance,
    BALANCER: LoadBalancer,
    GROUP: LogGroup,
}
MEASURED_IN_THE_EMBEDDED_CLOUD = (("AWS/ECS", "CPUUtilization"), ("AWS/RDS", "CPUUtilization"))
BILLING_PERIOD = 21_600
"""Seconds: CloudWatch gets the bill some times a day."""
BALANCERS = {"application": "app", "network": "net"}
"""What the dimension LoadBalancer begins with (Elastic Load Balancing user guides, "CloudWatch metrics")."""


@collection
def grafana_files(stage: Stage) -> tuple[GrafanaFile, ...]:
    """Every file that Grafana is given: its provisioning and the dashboards."""
    uids = [str(source.get("uid")) for _, document in _documents(stage, SOURCES) for source in _listed(document, "datasources")]
    checks: Mapping[str, Callable[[object], list[str]]] = {
        SOURCES: judgement.data_source_problems,
        PROVIDERS: judgement.provider_problems,
        DASHBOARDS: partial(judgement.dashboard_problems, data_sources=uids),
    }
    found = [
        _file(stage, path, tuple(check(document)))
        for folder, check in checks.items()
        for path, document in _documents(stage, folder)
    ]
    names = [str(document.get("uid")) for _, document in _documents(stage, DASHBOARDS)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DeclaredButMissing(f"two dashboards have the uid {', '.join(twice)}: Grafana shows one of them")
    return tuple(found)


def _file(stage: Stage, path: Path, problems: tuple[str, ...]) -> GrafanaFile:
    name = path.relative_to(stage.root).as_posix()
    written = syntax(name)
    found = credentials_in(path.read_text(encoding="utf-8"), lambda line: in_line(line, written))
    facts = {"problems": problems, "credentials": tuple(f"line {one.line}: {one.kind}" for one in found)}
    return GrafanaFile(name, StaticOrigin(facts, name), name)


@collection
def grafana_data_sources(stage: Stage) -> tuple[GrafanaDataSource, ...]:
    """The data sources that are provisioned."""
    return tuple(
        _data_source(source, path.relative_to(stage.root).as_posix())
        for path, document in _documents(stage, SOURCES)
        for source in _listed(document, "datasources")
    )


def _data_source(source: Mapping[str, Any], file: str) -> GrafanaDataSource:
    settings = source.get("jsonData") or {}
    facts = {"kind": source.get("type"), "region": settings.get("defaultRegion"), "is_keyless": _keyless(source, settings)}
    return GrafanaDataSource(str(source.get("name")), StaticOrigin(facts, file), file)


def _keyless(source: Mapping[str, Any], settings: Mapping[str, Any]) -> bool | CouldNotVerify:
    try:
        is_keyless = judgement.is_keyless(str(settings.get("authType")))
    except CouldNotVerify as unknown:
        return unknown
    return is_keyless and not source.get("secureJsonData")


def _listed(document: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    listed = document.get(key)
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _documents(stage: Stage, folder: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The files of a folder of Grafana's, and what they say. Raises `DeclaredButMissing` if there is none, `CouldNotVerify`."""
    place = stage.root / stage.profile.grafana.directory / folder
    files = sorted(file for file in place.glob("*") if file.suffix in (".json", ".yaml", ".yml"))
    if not files:
        raise DeclaredButMissing(f"{stage.profile.grafana.directory}/{folder} holds no file")
    for file in files:
        yield file, _json(file) if file.suffix == ".json" else document_of(file)


def _json(file: Path) -> Mapping[str, Any]:
    try:
        document = json_document.loads(file.read_bytes())
    except ValueError as error:
        raise CouldNotVerify(f"{file.name} is not JSON: {error}") from None
    if not isinstance(document, Mapping):
        raise CouldNotVerify(f"{file.name} is not a mapping")
    return document


@collection
def dashboards(stage: Stage) -> Mapping[str, GrafanaDashboard]:
    """The dashboards that the files hold, by their uid."""
    return {one.name: one for one in stage.once(_dashboards)}


def _dashboards(stage: Stage) -> tuple[GrafanaDashboard, ...]:
    """The dashboards of the files; kept with the run, which is judged again where the files are not."""

    def made() -> tuple[GrafanaDashboard, ...]:
        return tuple(
            GrafanaDashboard(str(document.get("uid")), StaticOrigin(_facts(stage, document), name), name)
            for path, document in _documents(stage, DASHBOARDS)
            for name in [path.relative_to(stage.root).as_posix()]
        )

    found: tuple[GrafanaDashboard, ...] = stage.observe("dashboard_files", made)
    return found


def _facts(stage: Stage, document: Mapping[str, Any]) -> dict[str, object]:
    def asks() -> object:
        try:
            return tuple(redact(one) for one in asked_by(document, stage.profile.region))
        except CouldNotVerify as error:
            return error

    return {"asks": asks(), "document": json.dumps(document)}


@collection(reads=(*LISTED.values(),))
def dashboard_panels(stage: Stage) -> tuple[DashboardPanel, ...]:
    """Each panel of each dashboard."""
    return tuple(
        DashboardPanel(f"{board.name}: {title}", StaticOrigin({"missing": missing}, source), source)
        for board in stage.once(_dashboards)
        for title, missing, source in _judged(stage, board)
    )


def _judged(stage: Stage, board: GrafanaDashboard) -> Iterator[tuple[str, object, str]]:
    document = board.document
    try:
        found, known = _read(document, stage.profile.region)
    except CouldNotVerify as error:
        yield "every panel", error, board.source
        return
    for panel in found:
        try:
            missing: object = tuple(text for query in panel.queries if (text := _missing(stage, query, known)))
        except (CouldNotVerify, NotYetKnown, NotApplicable) as error:
            missing = error
        yield panel.title, missing, joined([board.source, *_sources(stage, panel.queries)])


@functools.lru_cache(maxsize=64)
def _read(document: str, region: str) -> tuple[tuple[judgement.Panel, ...], judgement.Variables]:
    """The panels of a dashboard, and its variables. Raises `CouldNotVerify`."""
    read = json.loads(document)
    return judgement.panels(read, region), judgement.variables(read)


def _sources(stage: Stage, queries: Sequence[Query]) -> Iterator[str]:
    """Where it was read what the stack has of the kinds that are asked for."""
    for query in queries:
        try:
            kind = LISTED.get(query.kind)
            if kind is not None:
                yield stage.source().listing(kind)
        except CouldNotVerify:  # said where the panel is judged
            continue


def _missing(stage: Stage, query: Query, known: judgement.Variables) -> str:
    """What a query asks for, if the stack does not have it; nothing if it has. Raises `NotYetKnown`, `CouldNotVerify`."""
    home = BILLING if query.kind == BILL else stage.profile.region
    if query.region != home:
        return f"{query}: that is in {home}"
    lacking = [written for written, found in _targets(stage, query, known).items() if not found]
    return f"{query}: the stack has no {query.kind} called {', '.join(lacking)}" if lacking else ""


def _targets(stage: Stage, query: Query, known: judgement.Variables) -> dict[str, list[str]]:
    """For each resource that a query names, as it is written, the identities of those that it stands for."""
    if query.kind == BILL:
        return {value: ["USD"] if value == "USD" else [] for _, value in query.dimensions}
    written = query.groups if query.text else ["/".join(value for _, value in query.dimensions)]
    there = stage.once(_identities)(query.kind, tuple(written))
    found = {name: judgement.matching(name, known, there) for name in written}
    lacking = [name for name, values in found.items() if not values]
    if lacking and (unnamed := [name for name, is_named in there.items() if not is_named]):
        raise NotYetKnown(f"{query}: the names of {', '.join(unnamed)} are known only after apply")
    return found


def _identities(stage: Stage) -> Callable[[str, tuple[str, ...]], Mapping[str, bool]]:
    """What CloudWatch calls each resource of a kind that there is; False for one whose name a plan does not know.

    Many panels ask alike: it is found out once for all of them.
    """

    @functools.cache
    def identities(kind: str, asked: tuple[str, ...]) -> Mapping[str, bool]:
        found = stage.source().collect(LISTED[kind], asked)
        return {
            _identity(stage, one): not (isinstance(one.origin, PlannedBlock) and one.origin.address in one.name) for one in found
        }

    return identities


def _identity(stage: Stage, one: Resource) -> str:
    if not isinstance(one, LoadBalancer):
        return one.name
    if not stage.is_planned:
        return one.arn.partition(":loadbalancer/")[2]
    return f"{BALANCERS.get(one.kind, one.kind)}/{one.name}/{'0' * 16}"  # of its own sixteen digits nothing is known before it is made


@collection(reads=(*LISTED.values(),))
def panel_metrics(stage: Stage) -> tuple[Metric, ...]:
    """The metrics that panels ask for and that have datapoints whenever their resource is there. Nothing is measured on a plan."""
    if stage.is_planned:
        return ()
    asked = metrics_asked_for(stage)
    if stage.target == "embedded":
        measured = [one for one in asked if _name(one) in MEASURED_IN_THE_EMBEDDED_CLOUD]
        stage.notes.append(
            f"The embedded cloud measures CPU use; whether the other {len(asked) - len(measured)} metrics of the dashboards have "
            "data was not judged."
        )
        asked = measured
    return stage.named(Metric, asked)


def metrics_asked_for(stage: Stage) -> list[MetricOf]:
    """Each metric that panels ask for and that has datapoints whenever its resource is there, once."""
    return list(dict.fromkeys(one for board in stage.once(_dashboards) for one in _metrics(stage, board)))


def _name(metric: MetricOf) -> tuple[str, str]:
    return metric.metric["Namespace"], metric.metric["MetricName"]


def _metrics(stage: Stage, board: GrafanaDashboard) -> Iterator[MetricOf]:
    document = board.document
    try:
        found, known = _read(document, stage.profile.region)
    except CouldNotVerify:  # said where the panels are judged
        return
    for query in (query for panel in found for query in panel.queries if query.has_data_always):
        try:
            yield from _measured(stage, query, known)
        except (CouldNotVerify, NotApplicable):  # likewise
            continue


def _measured(stage: Stage, query: Query, known: judgement.Variables) -> Iterator[MetricOf]:
    is_bill = query.kind == BILL
    minutes = stage.profile.observability.metric_minutes
    length, seconds = (timedelta(days=1), BILLING_PERIOD) if is_bill else (timedelta(minutes=minutes), 60)
    for identities in _targets(stage, query, known).values():
        for identity in identities:
            values = identity.split("/", len(query.dimensions) - 1)
            dimensions = dict(zip([name for name, _ in query.dimensions], values, strict=True))
            yield MetricOf(
                f"{query.namespace} {query.metric} {identity}",
                f"{query.namespace} {query.metric}",
                dimensions,
                statistic="Average" if not is_bill else "Maximum",
                period=Period.before(stage.now, length, seconds),
                region=query.region if is_bill else None,
            )


@collection
def grafana(stage: Stage) -> GrafanaServer:
    """The Grafana that the profile names."""
    stage.notes.append(
        "Grafana was asked by the API that Grafana 13 publishes, which is what this control is proven against; it was never proven on "
        "a Grafana that runs."
    )
    return stage.one(GrafanaServer, stage.profile.grafana.url)


@collection
def served_data_sources(stage: Stage) -> tuple[ServedDataSource, ...]:
    """The provisioned data sources, as that Grafana has them."""
    return stage.named(ServedDataSource, [_on_server(stage, uid) for uid in _uids(stage)])


def _uids(stage: Stage) -> list[str]:
    """The uids of the data sources that the dashboards ask."""
    asked = (uid for board in stage.once(_dashboards) for uid in judgement.data_sources(json.loads(board.document)))
    return [*dict.fromkeys(asked)]


@collection
def served_dashboards(stage: Stage) -> tuple[ServedDashboard, ...]:
    """The dashboards of the files, as that Grafana has them."""
    return stage.named(ServedDashboard, [_on_server(stage, board.name) for board in stage.once(_dashboards)])


def _on_server(stage: Stage, uid: str) -> OnServer:
    return OnServer(uid, stage.profile.grafana.url, stage.profile.region)
