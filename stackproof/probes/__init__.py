"""Network tests as calls: what a front door does, asked and answered like everything else.

A probe is a `Call` of the service ``tls`` or ``http``: asked once, kept as evidence, recorded and replayed like a call to AWS.
Nothing is sent but one handshake or one GET request, to the host that the call names.
"""

import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any

from stackproof.aws.calls import Answer, Call, Exchange
from stackproof.aws.session import Transport
from stackproof.probes import tls, web
from stackproof.verdicts import CallFailed, CouldNotVerify, Unreachable

TIMEOUT = 10.0
"""Seconds, for each step of a connection."""

HANDSHAKE = "tls:Handshake"
"""Offer one TLS version: ``{"Offered": "TLSv1.1", "Accepted": false, "Answer": "alert protocol_version"}``."""
CERTIFICATE = "tls:GetCertificate"
"""``{"Names": [...], "NotBefore": ..., "NotAfter": ..., "Problem": "", "Sha256": "..."}``; why a client would not trust it, if so."""
GET = "http:Get"
"""``{"Url": "http://...", "Status": 301, "Location": "https://..."}``, without following and without the body."""

Address = tuple[str, int]
Locate = Callable[[str, int], Address]
"""Where a host's port is reached. Raises `CouldNotVerify` for one that cannot be."""


class Probes:
    """A transport that answers probes from the network, and hands every other call on.

    ``locate`` says where a host is reached (by default where its name points); ``trusted`` holds the certificates that are trusted in
    the place of the system's own, PEM.
    """

    def __init__(
        self, others: Transport, *, locate: Locate = lambda host, port: (host, port), trusted: Path | None = None
    ) -> None:
        self._others = others
        self._locate = locate
        self._trusted = trusted

    @property
    def counts(self) -> Counter[str]:
        return self._others.counts

    def send(self, call: Call, absent: tuple[str, ...] = ()) -> Answer:
        probe = {HANDSHAKE: self._handshake, CERTIFICATE: self._certificate, GET: self._get}.get(call.operation)
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
        with self._connected(call) as connection:
            return web.get(connection, asked["Scheme"], asked["ServerName"], asked["Path"])

    def _connected(self, call: Call) -> socket.socket:
        return socket.create_connection(self._locate(call.arguments["Host"], call.arguments["Port"]), timeout=TIMEOUT)


def _answered(call: Call, probe: Callable[[Call], Mapping[str, Any]]) -> Answer:
    try:
        return Answer(call, [probe(call)])
    except CouldNotVerify as error:
        return Answer(call, error=error)
    except (ssl.SSLError, HTTPException) as error:
        return Answer(call, error=CallFailed(f"{call} failed: {getattr(error, 'reason', None) or type(error).__name__}"))
    except OSError as error:
        return Answer(call, error=Unreachable(f"{call}: no answer ({type(error).__name__}); check the network from here"))
