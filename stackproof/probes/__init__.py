"""Probes as calls: what no API of AWS tells of a front door, a database and a host, asked and answered like everything else.

A probe is a `Call` of one of the services in `stackproof.sources.aws.readonly.PROBES`: asked once, kept as evidence, recorded and
replayed like a call to AWS. Nothing is sent but one handshake, one GET request or one constant statement, to the host that the call names;
no credential is part of a call or of an answer.
"""

import socket
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any

from stackproof.core.verdicts import CallFailed, CouldNotVerify, Unreachable
from stackproof.probes import grafana, host, postgres, tls, web
from stackproof.probes.bastion import Bastion
from stackproof.probes.postgres import Access
from stackproof.sources.aws.calls import Answer, Call, Exchange
from stackproof.sources.aws.session import Through, Transport
from stackproof.util.http import Address

TIMEOUT = 10.0
"""Seconds, for each step of a connection."""

HANDSHAKE = "tls:Handshake"
"""Offer one TLS version: ``{"Offered": "TLSv1.1", "Accepted": false, "Answer": "alert protocol_version"}``."""
CERTIFICATE = "tls:GetCertificate"
"""``{"Names": [...], "NotBefore": ..., "NotAfter": ..., "Problem": "", "Sha256": "..."}``; why a client would not trust it, if so."""
GET = "http:Get"
"""``{"Url": "http://...", "Status": 301, "Location": "https://..."}``, without following, and without the body unless asked for."""
QUERY = "postgres:Query"
"""Ask one of `postgres.STATEMENTS`: ``{"Sql": ..., "Rows": [...]}``."""
START_TLS = "postgres:Handshake"
"""Ask a PostgreSQL server for TLS, and go on like `HANDSHAKE`."""
CONNECT_PLAIN = "postgres:ConnectPlain"
"""Start a session without TLS: ``{"Accepted": false, "Answer": "28000 no pg_hba.conf entry ..., no encryption"}``."""
CONNECT = "tcp:Connect"
"""Open a TCP connection, ``From`` ``here`` or the ``bastion``: ``{"Connected": false, "Answer": "timed out"}``."""
TOOL = "host:GetTool"
"""A command of this machine: ``{"LookedIn": [...], "Path": "/usr/bin/git", "ExitStatus": 0, "Output": "git version 2.39.5"}``."""
GRAFANA = "grafana:Get"
"""Ask Grafana's HTTP API: ``{"Status": 200, "Content": {...}}``; the token is in the environment, and in no call."""

HERE, BASTION = "here", "bastion"

Locate = Callable[[str, int], Address]
"""Where a host's port is reached. Raises `CouldNotVerify` for one that cannot be."""


def no_access() -> Access:
    """How a database is asked by those who were given no password. Raises `CouldNotVerify`."""
    raise CouldNotVerify("there is no password for the database here")


class Probes(Through):
    """A transport that answers probes from the network, and hands every other call on.

    ``locate`` says where a host is reached (by default where its name points); ``trusted`` holds the certificates that are trusted in
    the place of the system's own, PEM. Databases are asked with the password that ``access`` gives, through the bastion if there is
    one.
    """

    def __init__(
        self,
        others: Transport,
        *,
        locate: Locate = lambda host, port: (host, port),
        trusted: Path | None = None,
        access: Callable[[], Access] = no_access,
        bastion: Bastion | None = None,
    ) -> None:
        super().__init__(others)
        self._locate = locate
        self._trusted = trusted
        self._access = access
        self._bastion = bastion
        self._probes: Mapping[str, Callable[[Call], Mapping[str, Any]]] = {
            HANDSHAKE: self._handshake,
            CERTIFICATE: self._certificate,
            GET: self._get,
            QUERY: self._query,
            START_TLS: self._start_tls,
            CONNECT_PLAIN: self._connect_plain,
            CONNECT: self._connect,
            GRAFANA: self._grafana,
            TOOL: lambda call: host.tool(call.arguments["Name"]),
        }

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        probe = self._probes.get(call.operation)
        if probe is None:
            return self._others.send(call, absent)
        at, clock = datetime.now(UTC), time.perf_counter()
        answer = _answered(call, probe)
        answer.exchange = Exchange(at, time.perf_counter() - clock, attempts=1, requests=())
        return answer

    def _handshake(self, call: Call) -> Mapping[str, Any]:
        with self._connected(call) as connection:
            return tls.handshake(connection, call.arguments["ServerName"], call.arguments["Version"])

    def _certificate(self, call: Call) -> Mapping[str, Any]:
        name = call.arguments["ServerName"]
        with self._connected(call) as connection:
            problem = tls.problem_with_chain(connection, name, self._trusted)
        with self._connected(call) as connection:
            return {**tls.certificate(connection, name), "Problem": problem}

    def _get(self, call: Call) -> Mapping[str, Any]:
        asked = call.arguments
        try:
            return web.get(
                self._located(call),
                asked["Scheme"],
                asked["ServerName"],
                asked["Path"],
                timeout=TIMEOUT,
                body=asked.get("Body", False),
            )
        except OSError as error:  # every exception of requests is one
            raise _without_answer(call, error) from None

    def _grafana(self, call: Call) -> Mapping[str, Any]:
        try:
            return grafana.get(call.arguments["Url"], call.arguments["Path"], timeout=TIMEOUT)
        except OSError as error:
            raise _without_answer(call, error) from None

    def _query(self, call: Call) -> Mapping[str, Any]:
        return postgres.query(self._located(call), call.arguments, self._access())

    def _start_tls(self, call: Call) -> Mapping[str, Any]:
        with self._connected(call) as connection:
            return postgres.handshake(connection, call.arguments["Host"], call.arguments["Version"])

    def _connect_plain(self, call: Call) -> Mapping[str, Any]:
        with self._connected(call) as connection:
            return postgres.connect_plain(connection, call.arguments["User"], call.arguments["Database"])

    def _connect(self, call: Call) -> Mapping[str, Any]:
        asked = call.arguments
        if asked["From"] == HERE:
            return host.connect(self._locate(asked["Host"], asked["Port"]), TIMEOUT)
        if self._bastion is None:
            raise CouldNotVerify(
                f"{call}: what is reached from inside the VPC shows only there; name a host that lies in it: --bastion ssh://user@host"
            )
        is_reached = self._bastion.reaches(asked["Host"], asked["Port"])
        return {"Connected": is_reached, "Answer": f"asked from {self._bastion.url}"}

    def _connected(self, call: Call) -> socket.socket:
        return socket.create_connection(self._located(call), timeout=TIMEOUT)

    def _located(self, call: Call) -> Address:
        where = call.arguments["Host"], call.arguments["Port"]
        return self._bastion.forward(*where) if self._bastion and call.service == "postgres" else self._locate(*where)


def _answered(call: Call, probe: Callable[[Call], Mapping[str, Any]]) -> Answer:
    try:
        return Answer(call, [probe(call)])
    except CouldNotVerify as error:
        return Answer(call, error=error)
    except ssl.SSLError as error:
        return Answer(call, error=CallFailed(f"{call} failed: {getattr(error, 'reason', None) or type(error).__name__}"))
    except OSError as error:
        return Answer(call, error=Unreachable(f"{call}: no answer ({type(error).__name__}); check the network from here"))


def _without_answer(call: Call, error: OSError) -> CouldNotVerify:
    """What an error of requests comes to: nobody there, or somebody who does not speak HTTP."""
    from requests import Timeout
    from urllib3.exceptions import NewConnectionError

    first = error.args[0] if error.args else error
    cause = getattr(first, "reason", None) or next(reversed(getattr(first, "args", ())), error)
    nobody = isinstance(error, Timeout) or isinstance(cause, NewConnectionError)
    if nobody or (isinstance(cause, OSError) and not isinstance(cause, HTTPException)):
        return Unreachable(f"{call}: no answer ({type(cause).__name__}); check the network from here")
    return CallFailed(f"{call} failed: {type(cause).__name__}")
