"""A real front door for the embedded cloud's load balancer: its listeners, on free ports of 127.0.0.1.

moto keeps what a load balancer is told, and serves nothing. Here its listeners speak: TLS with the certificate that was imported and the
protocols of the listener's security policy, redirects as the listener has them, and the header that it adds. Rules beside the default
action are not followed; what is forwarded is answered 503, as a load balancer without a healthy target does.
"""

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

from stackproof.embedded.account import Endpoint
from stackproof.probes.tls import VERSIONS
from stackproof.verdicts import Unreachable

THREADS = 4
"""A listener answers so many connections at once."""
PATIENCE = 5.0
"""Seconds that a client may take for each step."""

HSTS = "routing.http.response.strict_transport_security.header_value"
"""The attribute of a listener that has it add ``Strict-Transport-Security``."""


@dataclass(frozen=True)
class Listener:
    """What one listener does."""

    port: int
    """As the load balancer has it; the one that is listened on here is another."""
    action: Mapping[str, Any]
    """Its default action, as DescribeListeners has it."""
    protocols: tuple[str, ...] = ()
    """The TLS versions that it accepts; none for plain HTTP."""
    hsts: str = ""
    """The header that it adds; empty for none."""


def listeners(endpoint: Endpoint, load_balancer: str) -> tuple[str, list[Listener]]:
    """The DNS name and the listeners of a load balancer of the embedded cloud."""
    client = endpoint.client("elbv2")
    balancer = client.describe_load_balancers(Names=[load_balancer])["LoadBalancers"][0]
    found = []
    for listener in client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]:
        policy = listener.get("SslPolicy")
        policies = client.describe_ssl_policies(Names=[policy])["SslPolicies"] if policy else []
        attributes = client.describe_listener_attributes(ListenerArn=listener["ListenerArn"])["Attributes"]
        found.append(
            Listener(
                listener["Port"],
                listener["DefaultActions"][-1],
                tuple(policies[0]["SslProtocols"]) if policies else (),
                next((attribute["Value"] for attribute in attributes if attribute["Key"] == HSTS), ""),
            )
        )
    return balancer["DNSName"], found


def open_for(endpoint: Endpoint, load_balancer: str, served: Path) -> "FrontDoor":
    """The front door of a load balancer; ``served`` is the directory with its certificate and key."""
    host, listening = listeners(endpoint, load_balancer)
    return FrontDoor(host, listening, certificate=served / "certificate.pem", private_key=served / "private_key.pem")


class FrontDoor:
    """Listeners that listen. As a context manager they are closed at the end."""

    def __init__(self, host: str, listening: Iterable[Listener], *, certificate: Path, private_key: Path) -> None:
        self.host = host
        self._servers = {one.port: _Server(one, certificate, private_key) for one in listening}

    def locate(self, host: str, port: int) -> tuple[str, int]:
        """Where the load balancer's port is reached. Raises `Unreachable` for one that it does not listen on, and another host."""
        if host != self.host or port not in self._servers:
            raise Unreachable(f"{host}:{port} is not served: the embedded cloud has a front door of {self.host} alone")
        return "127.0.0.1", self._servers[port].server_address[1]

    def close(self) -> None:
        for server in self._servers.values():
            server.close()

    def __enter__(self) -> "FrontDoor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(TCPServer):
    """One listener, in a bounded number of threads. (`http.server.HTTPServer` would look its own name up.)"""

    def __init__(self, listener: Listener, certificate: Path, private_key: Path) -> None:
        super().__init__(("127.0.0.1", 0), _handler(listener))
        self._tls = _server_side(listener.protocols, certificate, private_key) if listener.protocols else None
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=f"front-door-{listener.port}")
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._pool.submit(self._serve, request, client_address)

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        request.settimeout(PATIENCE)
        with contextlib.suppress(OSError), request:  # a client that leaves, and one that asks for another TLS version
            stream = self._tls.wrap_socket(request, server_side=True) if self._tls else request
            with stream:
                self.finish_request(stream, client_address)

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
        self._pool.shutdown()


def _server_side(protocols: Iterable[str], certificate: Path, private_key: Path) -> ssl.SSLContext:
    """A TLS server of these protocols. Security level 0 admits what TLS 1.0 and 1.1 need, if a policy has them."""
    accepted = sorted(VERSIONS[protocol] for protocol in protocols)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private_key)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = accepted[0], accepted[-1]
    return context


def _handler(listener: Listener) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "front-door", ""

        def do_GET(self) -> None:
            status, location = _answer(listener, self.headers.get("Host", ""), self.path)
            self.send_response(status)
            headers = {"Location": location, "Strict-Transport-Security": listener.hsts, "Connection": "close"}
            for name, value in headers.items():
                if value:
                    self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the probes tell what was answered."""

    return Handler


def _answer(listener: Listener, host: str, path: str) -> tuple[int, str]:
    """The status of the answer to a request, and where it redirects to.

    >>> redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    >>> _answer(Listener(80, redirect), "example.com", "/a?b=1"), _answer(Listener(80, {"Type": "forward"}), "example.com", "/")
    ((301, 'https://example.com:443/a?b=1'), (503, ''))
    """
    match listener.action:
        case {"Type": "redirect", "RedirectConfig": config}:
            return int(config["StatusCode"].removeprefix("HTTP_")), _location(config, listener, host, path)
        case {"Type": "fixed-response", "FixedResponseConfig": config}:
            return int(config["StatusCode"]), ""
    return 503, ""


def _location(config: Mapping[str, str], listener: Listener, host: str, path: str) -> str:
    """Where a redirect goes. Source: Elastic Load Balancing user guide, "Redirect actions", which has the defaults too."""
    asked = urlsplit(path)
    request = {
        "#{protocol}": "HTTPS" if listener.protocols else "HTTP",
        "#{host}": host.partition(":")[0],
        "#{port}": str(listener.port),
        "#{path}": asked.path.removeprefix("/"),
        "#{query}": asked.query,
    }

    def said(part: str, default: str) -> str:
        text = config.get(part, default)
        for name, value in request.items():
            text = text.replace(name, value)
        return text

    query = said("Query", "#{query}")
    where = f"{said('Host', '#{host}')}:{said('Port', '#{port}')}{said('Path', '/#{path}')}"
    return f"{said('Protocol', '#{protocol}').lower()}://{where}{'?' if query else ''}{query}"
