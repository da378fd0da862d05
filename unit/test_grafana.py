"""Grafana's API is asked with a token that nothing keeps; the dashboards are what their command makes."""

import json
import runpy
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from proofs.live import GRAFANA_VERSION
from stackproof.core.verdicts import CouldNotVerify, Unreachable
from stackproof.judgement.dashboards import matching, panels, variables
from stackproof.probes import GRAFANA, Probes
from stackproof.probes.grafana import LONGEST_BODY, TOKEN
from stackproof.profile.loading import load
from stackproof.sources.aws.calls import Answer, Call
from stackproof.testing import grafana_api

ROOT = Path(__file__).parents[1]
SECRET = "glsa_" + "9aX" * 8


class Nobody:
    """The transport for everything that is no probe: nothing is asked of it."""

    counts: ClassVar[Counter[str]] = Counter()

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        raise AssertionError(call)

    def wait(self, seconds: float) -> None:
        """Nothing is waited for."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """A Grafana that repeats what it was sent."""

    class Grafana(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = {"authorization": self.headers.get("Authorization"), "path": self.path}
            body = b"x" * (LONGEST_BODY + 1) if "long" in self.path else json.dumps(said).encode()
            self.send_response(302 if "moved" in self.path else 200)
            self.send_header("Location", "/api/health")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    served = HTTPServer(("127.0.0.1", 0), Grafana)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


def asked(server: HTTPServer, path: str) -> Answer:
    url = f"http://127.0.0.1:{server.server_port}"
    return Probes(Nobody()).send(Call.of(GRAFANA, "ap-northeast-2", Url=url, Path=path))


def test_the_token_is_sent_and_kept_nowhere(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, SECRET)
    answer = asked(server, "/api/dashboards/uid/rds")
    assert answer.pages[0]["Content"]["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in repr(answer.redacted().pages)
    assert SECRET not in repr(answer.call)


def test_health_is_asked_without_a_token(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN, raising=False)
    assert asked(server, "/api/health").pages[0]["Content"]["authorization"] is None
    with pytest.raises(CouldNotVerify, match=TOKEN):
        _ = asked(server, "/api/dashboards/uid/rds").pages


def test_the_token_goes_nowhere_else(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, SECRET)
    assert asked(server, "/moved").pages[0]["Status"] == 302
    assert asked(server, "/long").pages[0] == {"Status": 200, "Problem": f"longer than {LONGEST_BODY} bytes"}
    server.server_close()
    server.shutdown()
    with pytest.raises(Unreachable):
        _ = asked(server, "/api/health").pages


def test_the_dashboards_are_made_from_the_profile() -> None:
    pages = runpy.run_path(str(ROOT / "scripts" / "grafana_dashboards.py"))["pages"]("production")
    for path, text in pages:
        assert path.read_text(encoding="utf-8") == text, "make it anew: python scripts/grafana_dashboards.py"


def test_the_contract_is_that_of_the_grafana_that_is_pinned() -> None:
    compose = (ROOT / "docker-compose.localstack.yml").read_text(encoding="utf-8")
    assert f"image: grafana/grafana:{GRAFANA_VERSION}@sha256:" in compose
    assert GRAFANA_VERSION.partition(".")[0] == grafana_api.MAJOR


def test_a_token_is_sent_over_https_or_to_this_machine_alone(tmp_path: Path) -> None:
    for url in ("https://grafana.example.com", "http://localhost:3000", "http://127.0.0.1:3000/grafana"):
        (tmp_path / "a.toml").write_text(f'[grafana]\nurl = "{url}"\n')
        assert load("a", tmp_path).grafana.url == url
    for url in ("http://grafana.example.com", "grafana.example.com", "http://localhost.example.com"):
        (tmp_path / "a.toml").write_text(f'[grafana]\nurl = "{url}"\n')
        with pytest.raises(Exception, match=r"grafana\.url"):
            load("a", tmp_path)


@pytest.mark.parametrize(
    "target",
    [
        {"refId": "A", "queryMode": "Metrics", "expression": "SEARCH('{AWS/ECS}')"},
        {"refId": "A", "queryMode": "Metrics", "dimensions": {"ClusterName": "*"}},
        {"refId": "A", "queryMode": "Metrics", "dimensions": {"ClusterName": ["a", "b"]}},
        {"refId": "A"},
    ],
)
def test_a_query_that_is_not_understood_is_said(target: dict[str, object]) -> None:
    with pytest.raises(CouldNotVerify, match="query A"):
        panels({"panels": [{"title": "CPU", "targets": [target]}]}, "ap-northeast-2")


def test_panels_of_a_collapsed_row_count() -> None:
    logs = {"queryMode": "Logs", "expression": "fields @message", "logGroups": [{"name": "/aws/ecs/api"}], "region": "default"}
    row = {"type": "row", "panels": [{"title": "Errors", "targets": [logs]}]}
    assert [panel.asks for panel in panels({"panels": [row]}, "eu-west-1")] == [("eu-west-1 /aws/ecs/api: fields @message",)]


def test_a_variable_that_is_not_understood_is_said() -> None:
    with pytest.raises(CouldNotVerify, match="type interval"):
        variables({"templating": {"list": [{"name": "a", "type": "interval"}]}})
    with pytest.raises(CouldNotVerify, match="no variable"):
        matching("$b", variables({"templating": {"list": [{"name": "a", "type": "constant", "query": "x"}]}}), ["x"])
