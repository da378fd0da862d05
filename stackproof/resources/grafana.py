"""Grafana: the files that provision it, what its panels ask for, and the server that shows them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import AccessDenied, CallFailed, CouldNotVerify, NotReported
from stackproof.judgement.dashboards import panels
from stackproof.probes import GRAFANA
from stackproof.sources import R
from stackproof.sources.aws.facts import AwsFacts

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

OK, FAILING = "OK", "ERROR"
"""What the test of a data source says ("Save & test")."""


class GrafanaFile(Resource):
    """A file of ``infrastructure/grafana``: provisioning, or a dashboard."""

    problems: tuple[str, ...] = field()
    """What Grafana would not take, or not find."""
    credentials: tuple[str, ...] = field()
    """The lines with a credential, each with its kind and never with its value."""


class GrafanaDataSource(Resource):
    """A data source that is provisioned."""

    kind: str = field()
    """``cloudwatch``."""
    region: str = field()
    """That it asks where a panel names none."""
    is_keyless: bool = field()
    """Whether it gets its credentials from a role or the environment."""


class DashboardPanel(Resource):
    """A panel of a dashboard, named ``dashboard: panel``."""

    missing: tuple[str, ...] = field()
    """What it asks for, and the stack does not have."""


class GrafanaDashboard(Resource):
    """A dashboard as its file says."""

    asks: tuple[str, ...] = field()
    """Each query of each panel in words, in their order."""
    document: str = field()
    """The JSON of the file."""


class OnServer(str):
    """The uid of something in Grafana, and where that Grafana is."""

    url: str
    region: str

    def __new__(cls, uid: str, url: str, region: str) -> "OnServer":
        made = super().__new__(cls, uid)
        made.url, made.region = url, region
        return made


def _asked(facts: AwsFacts, path: str, *statuses: int) -> Any:
    """The JSON of an answer, and its status in ``Status``. Raises `AccessDenied`, and `CallFailed` for a status that is not expected."""
    page = facts.read(GRAFANA, Url=facts.at("Url"), Path=path).pages[0]
    status = page.get("Status")
    if status in (401, 403):
        raise AccessDenied(
            f"Grafana answers {status} for {path}: GRAFANA_TOKEN must be that of a service account that may read it"
        )
    if status not in statuses:
        raise CallFailed(f"Grafana answers {status} for {path}")
    if "Content" not in page:
        raise CouldNotVerify(f"Grafana's answer for {path} is {page.get('Problem')}")
    return {**page["Content"], "Status": status}


def _status(source: AwsFacts) -> str | None:
    answer = _asked(source, f"/api/datasources/uid/{source.at('Uid')}/health", 200, 400, 404)
    if answer["Status"] == 404:
        return None
    if answer.get("status") not in (OK, FAILING):
        raise CouldNotVerify(
            f"Grafana's test of {source.at('Uid')} says {answer.get('status')}, which is neither {OK} nor {FAILING}"
        )
    return str(answer["status"])


def _served(dashboard: AwsFacts) -> tuple[str, ...] | None:
    answer = _asked(dashboard, f"/api/dashboards/uid/{dashboard.at('Uid')}", 200, 404)
    if answer["Status"] == 404:
        return None
    if not isinstance(answer.get("dashboard"), dict):
        raise NotReported(f"Grafana's answer about {dashboard.at('Uid')} has no dashboard")
    return asked_by(answer["dashboard"], dashboard.at("Region"))


def asked_by(document: Any, region: str) -> tuple[str, ...]:
    """Each query of each panel of a dashboard in words, in their order."""
    return tuple(f"{panel.title}: {asked}" for panel in panels(document, region) for asked in panel.asks)


class GrafanaServer(Resource):
    """A Grafana, named by its URL."""

    operations = (GRAFANA,)

    database: str = field(aws=lambda server: _asked(server, "/api/health", 200, 503).get("database"))
    """``ok``, or what is wrong with its own database."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[GrafanaServer]":
        return [cls(name, AwsFacts(aws, {"Url": name}, name), name) for name in names]


def _on_servers(kind: type[R], aws: "Reader", names: Sequence[str]) -> list[R]:
    return [
        kind(str(one), AwsFacts(aws, {"Uid": str(one), "Url": one.url, "Region": one.region}, one.url), one.url)
        for one in names
        if isinstance(one, OnServer)
    ]


class ServedDataSource(Resource):
    """A data source of a Grafana, by its uid."""

    operations = (GRAFANA,)

    status: str | None = field(aws=_status)
    """What its test says: `OK`, `FAILING`, and None if there is no such data source."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[ServedDataSource]":
        """``names`` are `OnServer`."""
        return _on_servers(cls, aws, names)


class ServedDashboard(Resource):
    """A dashboard of a Grafana, by its uid."""

    operations = (GRAFANA,)

    asks: tuple[str, ...] | None = field(aws=_served)
    """Each query of each panel in words, in their order; None if there is no such dashboard."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[ServedDashboard]":
        """``names`` are `OnServer`."""
        return _on_servers(cls, aws, names)
