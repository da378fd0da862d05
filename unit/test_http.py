"""Sessions of requests: past any proxy, and to an address that somebody else has chosen."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from stackproof.util.http import direct, pinned


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    class Echo(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"{self.headers['Host']} {self.path}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    served = HTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


@pytest.mark.parametrize("url", ["http://app.example.com/a?b=1", "http://app.example.com:8080/a?b=1"])
def test_a_pinned_session_asks_the_address_for_the_name(server: HTTPServer, url: str) -> None:
    with pinned(("127.0.0.1", server.server_port)) as session:
        assert session.get(url, timeout=60).text == f"{url.split('/')[2]} /a?b=1"


def test_no_proxy_of_the_environment_is_taken(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    for session in (direct(), pinned(("127.0.0.1", server.server_port))):
        with session:
            assert session.get(f"http://127.0.0.1:{server.server_port}/", timeout=60).ok
