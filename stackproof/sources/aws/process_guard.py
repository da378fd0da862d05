"""The guard of the whole process: no request of botocore's leaves but the suite's own reads, whoever made the client.

`stackproof.sources.aws.readonly` holds the clients of the collectors. This one holds what a control, a ``conftest.py`` or a plugin makes:
clients and resources of boto3, requests past them (``_make_api_call``, ``_endpoint``), signatures by hand, and presigned URLs. It sits
where every request of botocore's passes: where one is made, where one is signed, and where one is sent. There, what is on the wire is
compared with the operation that was allowed, so that a handler cannot put a write in a read's place.

It stops mistakes, and whoever does not want to be stopped can take it out: code in this process can do anything. Only an IAM policy that
allows nothing but reads holds that (``docs/security.md``).
"""

import functools
import importlib.abc
import importlib.util
import re
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from stackproof.sources.aws.readonly import RefusedOperation, refusal_of

if TYPE_CHECKING:
    from botocore.model import OperationModel

CREDENTIALS = frozenset(
    {
        "signin:CreateOAuth2Token",
        "sso-oidc:CreateToken",
        "sso:GetRoleCredentials",
        "sts:AssumeRole",
        "sts:AssumeRoleWithSAML",
        "sts:AssumeRoleWithWebIdentity",
    }
)
"""What the SDK itself sends to get credentials; allowed while it does so, and to nobody else."""

Allowed = Callable[[], Collection[str]]
"""Tells the operations that may be sent; asked for each request, since a ``conftest.py`` may register resources."""


class _Here(threading.local):
    """What the current thread is doing."""

    sending: "OperationModel | None" = None
    """The allowed operation that is being sent."""
    is_free = False
    """Whether what is done is not the suite's asking."""
    is_getting_credentials = False


_here = _Here()


def is_getting_credentials() -> bool:
    """True while the SDK gets credentials in this thread, for example by a program that the user named (``credential_process``)."""
    return _here.is_getting_credentials


@contextmanager
def lifted() -> Iterator[None]:
    """Let this thread send what it likes: the set-up of an emulator with its own keys, and tests that are no controls. A decorator, too."""
    before, _here.is_free = _here.is_free, True
    try:
        yield
    finally:
        _here.is_free = before


@contextmanager
def held(allowed: Allowed) -> Iterator[None]:
    """Refuse every other request of botocore's in this process until the block ends; `RefusedOperation` where it would be made.

    botocore is not imported for that: where nobody else has, it is taken hold of when somebody does.
    """
    with ExitStack() as undo:
        if "botocore" in sys.modules:
            _take_hold(allowed, undo)
        else:
            finder = _WhenImported("botocore", lambda: _take_hold(allowed, undo))
            sys.meta_path.insert(0, finder)
            undo.callback(finder.end)
        yield


class _WhenImported(importlib.abc.MetaPathFinder):
    """Does something when a package is imported, once."""

    def __init__(self, package: str, then: Callable[[], None]) -> None:
        self._package = package
        self._then = then

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._package:
            return None
        self.end()
        spec = importlib.util.find_spec(name)
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def and_then(module: ModuleType) -> None:
                execute(module)
                self._then()

            spec.loader.exec_module = and_then  # type: ignore[method-assign]
        return spec

    def end(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)


def _take_hold(allowed: Allowed, undo: ExitStack) -> None:
    import botocore.auth
    import botocore.credentials
    import botocore.endpoint
    import botocore.httpsession

    def replace(owner: type, name: str, wrapped: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        original = vars(owner)[name]
        setattr(owner, name, functools.wraps(original)(wrapped(original)))
        undo.callback(setattr, owner, name, original)

    replace(botocore.endpoint.Endpoint, "make_request", functools.partial(_making, allowed))
    replace(botocore.httpsession.URLLib3Session, "send", _sending)
    for signer in _signers(botocore.auth.BaseSigner):
        if "add_auth" in vars(signer):
            replace(signer, "add_auth", _signing)
    replace(botocore.credentials.CredentialResolver, "load_credentials", _getting_credentials)
    replace(botocore.credentials.RefreshableCredentials, "_refresh", _getting_credentials)


def _signers(kind: type) -> set[type]:
    return {kind}.union(*map(_signers, kind.__subclasses__()))


def _making(allowed: Allowed, original: Callable[..., Any]) -> Callable[..., Any]:
    def make_request(endpoint: Any, operation_model: "OperationModel", request_dict: Any) -> Any:
        operation = f"{operation_model.service_model.service_name}:{operation_model.name}"
        if not _here.is_free and operation not in allowed() and not (_here.is_getting_credentials and operation in CREDENTIALS):
            raise refusal_of(operation)
        with _doing(sending=operation_model):
            return original(endpoint, operation_model, request_dict)

    return make_request


def _signing(original: Callable[..., Any]) -> Callable[..., Any]:
    def add_auth(signer: Any, request: Any, *arguments: Any, **named: Any) -> Any:
        if _here.sending is None and not _here.is_free:
            raise RefusedOperation(
                f"a request to {urlsplit(request.url).hostname} was stopped before it was signed: only this suite's read operations are"
            )
        return original(signer, request, *arguments, **named)

    return add_auth


def _sending(original: Callable[..., Any]) -> Callable[..., Any]:
    def send(session: Any, request: Any) -> Any:
        if not _here.is_free and not (_here.is_getting_credentials and _here.sending is None):
            _require_allowed(request)
        return original(session, request)

    return send


def _getting_credentials(original: Callable[..., Any]) -> Callable[..., Any]:
    def get(*arguments: Any, **named: Any) -> Any:
        with _doing(sending=None, is_getting_credentials=True):
            return original(*arguments, **named)

    return get


@contextmanager
def _doing(**what: Any) -> Iterator[None]:
    before = {name: getattr(_here, name) for name in what}
    vars(_here).update(what)
    try:
        yield
    finally:
        vars(_here).update(before)


def _require_allowed(request: Any) -> None:
    """Raises `RefusedOperation` for a request that is not the one of the allowed operation that is being sent."""
    model = _here.sending
    if model is None:
        raise RefusedOperation(
            f"a request to {urlsplit(request.url).hostname} was stopped before it was sent: it is none of this suite's read operations"
        )
    if not _is_of(model, request):
        raise RefusedOperation(
            f"{model.service_model.service_name}:{model.name} was stopped before it was sent: "
            "something has put another operation in its place"
        )


def _is_of(model: "OperationModel", request: Any) -> bool:
    """Whether a request on the wire asks for an operation, by what the service decides from."""
    path = urlsplit(request.url).path
    match model.service_model.resolved_protocol:
        case "query" | "ec2":
            given = parse_qs(_text(request.body)).get("Action", []) + parse_qs(urlsplit(request.url).query).get("Action", [])
            return bool(request.method == "POST" and given == [model.name])
        case "json":
            target = _text(request.headers.get("X-Amz-Target"))
            return bool(request.method == "POST" and target.rpartition(".")[2] == model.name)
        case "smithy-rpc-v2-cbor":
            return bool(request.method == "POST" and path.endswith(f"/operation/{model.name}"))
        case _:  # REST: the method and the path; where a bucket is part of the host, the path is shorter by it
            is_read = request.method in ("GET", "HEAD")
            return bool(request.method == model.http["method"] and (is_read or _path_of(model).fullmatch(path)))


def _path_of(model: "OperationModel") -> re.Pattern[str]:
    """The paths of a REST operation: each ``{Name}`` of its template is one part, each ``{Name+}`` any number."""
    template = str(model.http["requestUri"]).partition("?")[0]
    parts = re.split(r"(\{\w+\+?\})", template)
    return re.compile("".join(_pattern(part) for part in parts))


def _pattern(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    return ".+" if part.endswith("+}") else "[^/]+"


def _text(content: object) -> str:
    return content.decode("utf-8", "replace") if isinstance(content, bytes | bytearray) else str(content or "")
