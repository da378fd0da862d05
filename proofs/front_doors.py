"""Real servers on 127.0.0.1 in the place of the recorded front door."""

import functools
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from proofs.harness import Edit, answered, recorded_at
from stackproof.embedded.account import new_key, self_signed
from stackproof.embedded.front_door import FrontDoor, Listener
from stackproof.probes import Probes
from stackproof.sources.replay import Recorded, Recording

CURRENT = ("TLSv1.2", "TLSv1.3")
TO_HTTPS = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
FORWARD = {"Type": "forward"}


def redirect(**changes: str) -> Mapping[str, object]:
    """The compliant redirect after some changes."""
    return {"Type": "redirect", "RedirectConfig": {**TO_HTTPS, **changes}}


def served(
    *,
    protocols: Sequence[str] = CURRENT,
    names: Sequence[str] = (),
    days: float = 3650,
    trusted: bool = True,
    plain: Mapping[str, object] | None = None,
    hsts: str = "max-age=31536000",
    ports: Sequence[int] = (80, 443),
) -> Edit:
    """Let a real server answer every probe of the recording. As it is given here, it is compliant.

    ``days`` is how long its certificate is valid from the recording on; without ``protocols`` it speaks plain HTTP on every port.
    """

    def edit(calls: list[Recorded]) -> list[Recorded]:
        host = answered("elbv2:DescribeLoadBalancers", "LoadBalancers.0.DNSName")
        since = recorded_at() - timedelta(days=1)
        until = recorded_at() + timedelta(days=days)
        mine = self_signed(names or [host], since=since, until=until, key=_key())
        authority = mine if trusted else self_signed([host], since=since, until=until)
        listening = [Listener(80, plain or redirect()), Listener(443, FORWARD, tuple(protocols), hsts)]
        with tempfile.TemporaryDirectory() as temporary:
            paths = {name: Path(temporary) / name for name in ("certificate", "private_key", "trusted")}
            paths["certificate"].write_text(mine.certificate)
            paths["private_key"].write_text(mine.private_key)
            paths["trusted"].write_text(authority.certificate)
            chosen = [listener for listener in listening if listener.port in ports]
            with FrontDoor(host, chosen, certificate=paths["certificate"], private_key=paths["private_key"]) as door:
                probes = Probes(Recording([]), locate=door.locate, trusted=paths["trusted"])
                return [_asked(probes, call) if call.call.service in ("tls", "http") else call for call in calls]

    return edit


_key = functools.cache(new_key)
"""One for all of them: making one takes longer than anything else here."""


def _asked(probes: Probes, call: Recorded) -> Recorded:
    answer = probes.send(call.call)
    return replace(call, pages=tuple(dict(page) for page in answer.raw_pages), error=answer.error)
