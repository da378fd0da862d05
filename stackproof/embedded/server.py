"""The server process of the embedded cloud: ``python -m stackproof.embedded.server``.

moto behind one lock: requests are handled one at a time, so that the order in which they were recorded is the order in
which they were handled, and a replay into a fresh server draws the same random identifiers for the same resources.
"""

import argparse
import functools
import gc
import itertools
import json
import os
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

import botocore.session
from flask import Flask, request
from moto.backends import get_backend
from moto.core import responses, utils
from moto.core.config import default_user_config
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.request import determine_request_protocol
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model, service_name_from_moto_package_name
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

# moto's services read the models of their APIs while they are imported, and most of them again for each of botocore's sessions.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)
utils.create_loader = functools.cache(utils.create_loader)
responses.method_names_from_class = functools.cache(responses.method_names_from_class)  # asked at every request
_numbers = itertools.count(1)


def _request_id(headerdict: dict[str, Any] | None = None) -> str:
    """A request's number. moto draws its id from where the ids of resources are drawn, so that those depend on who reads meanwhile."""
    number = f"{next(_numbers):052}"
    if headerdict is not None:
        headerdict["x-amzn-requestid"] = number
    return number


responses.gen_amzn_requestid_long = _request_id
gc.set_threshold(100_000)  # those are many objects, and hardly a cycle among them

from stackproof.embedded import live, moto_gaps, process, recording  # noqa: E402

OWN = "/_stackproof/"  # a bucket's name cannot begin with an underscore, so no S3 path is hidden
SEED = 20260120

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class Application:
    """moto as one WSGI application that counts, records, and answers 501 for what moto cannot do."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self.refused: Counter[str] = Counter()
        self._requests = 0
        self._lock = threading.Lock()
        self._record: IO[str] | None = None
        self._asked: dict[str, list[str]] = {}
        self._moto = DomainDispatcherApplication(self._service)
        # A function of the host alone, which lists moto's folder at each of its two calls a request: a sixth of what a request takes.
        vars(self._moto)["get_backend_for_host"] = functools.lru_cache(1000)(self._moto.get_backend_for_host)
        default_user_config["lambda"]["use_docker"] = False
        moto_gaps.install()
        mock_random.seed(SEED)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(OWN):
            return self._own(environ)(environ, start_response)
        received = recording.read_request(environ)
        if received.name.endswith("DescribeTargetHealth"):
            self._ask_targets()
        with self._lock:
            answer = recording.send(self._moto, received)
            self._requests += 1
            if self._record:
                self._record.write(recording.to_line(received, answer))
            if mark := recording.mark_of(received):
                self._asked.setdefault(mark, []).append(recording.to_line(received, answer.lasting))
        start_response(answer.status, list(answer.headers))
        return [answer.body]

    def record(self, path: Path) -> None:
        """Record every exchange from now on into a new file that only its owner can read (it holds request bodies)."""
        self._record = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")

    def end_recording(self) -> None:
        """Write out what was recorded and record no more."""
        with self._lock:
            if self._record:
                self._record.close()
            self._record = None

    def replay(self, path: Path) -> None:
        """Handle recorded requests again; `recording.Differs` at the first answer that is not the recorded one."""
        with path.open(encoding="utf-8") as lines:
            recording.replay(lines, self._moto)

    def answers_again(self, lines: Iterable[str]) -> bool:
        """True if recorded requests only read, and are answered now as they were."""
        try:
            with self._lock:
                recording.ask_again(lines, self._moto)
        except recording.Differs:
            return False
        return True

    def status(self) -> dict[str, Any]:
        """The answer to ``/_stackproof/status``."""
        return {
            "instance": self.instance,
            "requests": self._requests,
            "gaps": [{"name": gap.name, "reason": gap.reason, "used": gap.used} for gap in moto_gaps.installed()],
            "refused": dict(self.refused),
        }

    def _ask_targets(self) -> None:
        """Let the targets be asked while other requests are handled: they make some themselves."""
        with self._lock:
            due = live.due()
        live.measure(due)

    def _own(self, environ: Environ) -> Response:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        match method, path.removeprefix(OWN):
            case "GET", "status":
                return Response(json.dumps(self.status()), content_type="application/json")
            case "POST", "recording/end":
                self.end_recording()
                return Response(status=204)
            case "GET", "asked":
                with self._lock:
                    return Response(json.dumps(self._asked.pop(environ["QUERY_STRING"], [])), content_type="application/json")
            case "POST", "answers-again":
                lines = json.loads(recording.read_request(environ).body)
                return Response(json.dumps(self.answers_again(lines)), content_type="application/json")
            case "GET", "live":
                with self._lock:
                    return Response(json.dumps(live.state()), content_type="application/json")
            case "POST", "live":
                reported = json.loads(recording.read_request(environ).body)
                with self._lock:
                    live.tell(reported)
                return Response(status=204)
        return Response(f"{method} {path} is not served\n", 404, content_type="text/plain")

    def _service(self, service: str | None) -> Flask:
        """moto's application for one service (None: moto has no such service), with its failures made plain.

        moto answers 500 for what it lacks, which botocore and the Terraform provider take for a passing fault and
        retry for minutes; neither retries a 501.
        """
        application = Flask("moto") if service is None else create_backend_app(service)  # type: ignore[arg-type]
        application.config["PROPAGATE_EXCEPTIONS"] = False  # Flask's debug mode would pass errors by the handler

        @application.errorhandler(Exception)
        def _failed(error: Exception) -> HTTPException | Response:
            if isinstance(error, HTTPException) and not isinstance(error, NotFound | MethodNotAllowed):
                return error
            action = _action()
            self.refused[f"{service or 'unknown service'}: {action}"] += 1
            if isinstance(error, HTTPException | NotImplementedError):
                return refusal(service, "NotImplemented", f"The embedded cloud does not implement {action}.")
            application.log_exception(sys.exc_info())
            reason = f"The embedded cloud failed in {action}: {type(error).__name__} (its log has the traceback)."
            return refusal(service, "InternalFailure", reason)

        return application


class Refused(ServiceException):
    """An error that the embedded cloud answers in moto's place."""


def refusal(service: str | None, code: str, message: str) -> Response:
    """HTTP 501 to the request at hand, as the service's own clients read errors: JSON, one of the XMLs, or CBOR."""
    name = service_name_from_moto_package_name(service or "")
    if name not in botocore.session.Session().get_available_services():
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
        return Response(json.dumps({"__type": code, "message": message}), 501, headers)
    model = get_service_model(name)
    protocol = determine_request_protocol(model, request.content_type)
    serializer = get_serializer_class(name, protocol)(operation_model=OperationModel({}, model))
    serialized = serializer.serialize(Refused(code, message))
    return Response(serialized["body"], 501, serialized["headers"])


def _action() -> str:
    """The operation that the request names, as well as it can be told without the service's model."""
    target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    asked_for = "".join(f"?{name}" for name, value in request.args.items() if not value)  # as S3 does
    return target or request.values.get("Action") or f"{request.method} {request.path}{asked_for}"


class Handler(MotoRequestHandler):
    """Speaks HTTP/1.1 and does not log each request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: a line a request would only hide what matters."""


def _end_with_owner(directory: Path) -> None:
    """Exit when standard input ends, which it does when the owner dies; after the line ``detach``, live on."""
    if sys.stdin.readline() != "detach\n":
        process.end_terraform_in(directory)
        os._exit(0)


_READ_LATER = (
    "apigateway",
    "apigatewayv2",
    "awslambda",
    "cloudfront",
    "dynamodb",
    "efs",
    "elasticache",
    "oam",
    "resourcegroupstaggingapi",
    "sqs",
    "stepfunctions",
    "wafv2",
)
"""Services that a deployment may not have, and that are asked whether it has something of theirs."""


def _import_more() -> None:
    """Import them while nobody waits for it: it takes longer than their answers."""
    for service in _READ_LATER:
        get_backend(service)  # type: ignore[call-overload]


def main() -> None:
    """Serve until killed. Tells its port, or why it cannot serve, as one JSON line to the descriptor ``--announce``."""
    parser = argparse.ArgumentParser(prog="python -m stackproof.embedded.server")
    parser.add_argument("--instance", required=True)
    parser.add_argument("--announce", required=True, type=int)
    parser.add_argument("--directory", required=True, type=Path)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--replay", type=Path)
    arguments = parser.parse_args()
    threading.Thread(target=_end_with_owner, args=[arguments.directory], daemon=True).start()
    warnings.filterwarnings("ignore", category=UserWarning, module="moto")  # our refusals are no errors of AWS's models
    application = Application(arguments.instance)
    with os.fdopen(arguments.announce, "w", encoding="utf-8") as announce:
        if arguments.replay:
            try:
                application.replay(arguments.replay)
            except recording.Differs as error:
                announce.write(json.dumps({"differs": str(error)}))
                return
        if arguments.record:
            application.record(arguments.record)
        if arguments.replay:
            threading.Thread(target=_import_more, daemon=True).start()
        server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
        os.environ["MOTO_PORT"] = str(server.port)
        announce.write(json.dumps({"port": server.port}))
    server.serve_forever()


if __name__ == "__main__":
    main()
