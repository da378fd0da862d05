"""A plain moto server that tells accounts apart by the role that is assumed, one that denies, and one that throttles.

``python helpers/organisation_cloud.py ACCOUNTS [SECONDS]`` serves one until its standard input ends, and prints its endpoint. Each answer
takes so many seconds more than moto does, as one of AWS takes its way.
"""

import io
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

REGIONS = ("ap-northeast-2", "us-east-1")
NOT_ENABLED = "me-central-1"
"""A region that no account has enabled: it knows no credentials."""


def account_ids(count: int, first: int = 100_000_000_001) -> list[str]:
    """Accounts of one server; moto keeps those of all servers of a process in one place, so each takes others."""
    return [str(number) for number in range(first, first + count)]


class Accounts:
    """moto as a WSGI application with something in between: what it denies and throttles."""

    def __init__(self, denies: str, throttles: str, seconds: float = 0.0) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        self._moto = DomainDispatcherApplication(create_backend_app)
        self._denies = denies
        self._throttles = throttles
        self._seconds = seconds
        self._seen: set[tuple[str, bytes]] = set()
        self._lock = threading.Lock()
        self.assumed: list[dict[str, str]] = []
        """The parameters of each AssumeRole."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        time.sleep(self._seconds)
        given = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if given.get("Action") == "AssumeRole":
            self.assumed.append(given)
            if f"::{self._denies}:" in given["RoleArn"]:
                return _answered(start_response, "403 Forbidden", "AccessDenied", "it does not trust you")
        elif f"/{NOT_ENABLED}/" in environ.get("HTTP_AUTHORIZATION", ""):
            return _answered(start_response, "403 Forbidden", "InvalidClientTokenId", "The security token is invalid.")
        elif self._throttles == _account(environ):
            asked = (environ["PATH_INFO"] + environ["QUERY_STRING"] + environ.get("HTTP_X_AMZ_TARGET", ""), body)
            with self._lock:
                is_first = asked not in self._seen
                self._seen.add(asked)
            if is_first:
                return _throttled(start_response, is_json="HTTP_X_AMZ_TARGET" in environ)
        with self._lock:
            return [*self._moto(environ, start_response)]


def _account(environ: dict[str, Any]) -> str:
    from moto.iam.models import get_account_id_from

    key = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition("/")[0]
    return get_account_id_from(key) if key else ""


def _throttled(start_response: Callable[..., Any], *, is_json: bool) -> Iterable[bytes]:
    if not is_json:
        return _answered(start_response, "400 Bad Request", "Throttling", "Rate exceeded")
    start_response(
        "400 Bad Request", [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", "ThrottlingException")]
    )
    return [b'{"__type": "ThrottlingException", "message": "Rate exceeded"}']


def _answered(start_response: Callable[..., Any], status: str, code: str, message: str) -> Iterable[bytes]:
    xml = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    start_response(status, [("Content-Type", "text/xml"), ("x-amzn-ErrorType", code)])
    return [xml.encode()]


def furnish(ids: Sequence[str], regions: Sequence[str] = REGIONS) -> None:
    """Something to judge in each account: what complies and what does not, another mixture in each."""
    from moto.backends import get_backend

    for number, id in enumerate(ids):
        get_backend("iam")[id]["aws"].create_role(f"role-of-{id}", json.dumps({"Statement": []}), "/", None, "", [], "3600")
        for region in regions:
            logs = get_backend("logs")[id][region]
            if number % 2:
                logs.create_log_group("/aws/ecs/api/errors", {})
                logs.put_retention_policy("/aws/ecs/api/errors", "90" if number % 4 == 1 else "7")
            ec2 = get_backend("ec2")[id][region]
            vpc = ec2.create_vpc("10.0.0.0/16", tags=[{"Key": "Name", "Value": "triflow-ai-production"}])
            group = ec2.create_security_group("triflow-ai-production-rds", f"of {id}", vpc_id=vpc.id)
            if number % 3 == 0:
                ec2.authorize_security_group_ingress(group.id, "tcp", "5432", "5432", [{"CidrIp": "0.0.0.0/0"}])


@contextmanager
def serving(ids: Sequence[str], denies: str = "", throttles: str = "", seconds: float = 0.0) -> Iterator[tuple[str, Accounts]]:
    """The endpoint, and what is behind it."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    from stackproof.embedded import moto_gaps

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    moto_gaps.install()  # what moto lacks it answers with an error that clients wait for, and ask again
    application = Accounts(denies, throttles, seconds)
    furnish(ids)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.port}", application
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    asked, seconds = account_ids(int(sys.argv[1])), float((*sys.argv, "0")[2])
    with serving(asked, asked[1], asked[2], seconds) as (endpoint, _):
        print(endpoint, flush=True)
        sys.stdin.read()
