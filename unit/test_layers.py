"""What an image is built for, from its configuration: the URL that it is at goes nowhere."""

import hashlib
import json
from collections.abc import Iterator

import pytest
from aws_server import AwsServer, Reply, json_error, json_reply, serving

from stackproof.core.verdicts import AccessDenied, CallFailed, CouldNotVerify, Unreachable
from stackproof.resources import allowed_operations
from stackproof.sources.aws import layers
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.aws.session import Network

CONFIG = json.dumps({"os": "linux", "architecture": "arm64", "variant": "v8", "rootfs": {}, "history": []})
DIGEST = f"sha256:{hashlib.sha256(CONFIG.encode()).hexdigest()}"
SIGNED = "/config?X-Amz-Signature=0123456789abcdef"


@pytest.fixture(scope="module")
def running() -> Iterator[AwsServer]:
    with serving() as server:
        yield server


@pytest.fixture
def server(running: AwsServer, monkeypatch: pytest.MonkeyPatch) -> AwsServer:
    monkeypatch.setattr("stackproof.sources.aws.session.ATTEMPTS_EMULATED", 1)
    running.forget()
    return running


def ask(server: AwsServer, *, url: str | None = None, content: str = CONFIG, status: int = 200, digest: str = DIGEST) -> Answer:
    server.on(
        "GetDownloadUrlForLayer", json_reply(downloadUrl=server.endpoint + SIGNED if url is None else url, layerDigest=digest)
    )
    server.on(SIGNED, Reply(content, status))
    call = Call.of(layers.OPERATION, "ap-northeast-2", repositoryName="backend", layerDigest=digest)
    return Network(allowed_operations(), endpoint=server.endpoint).send(call)


def test_the_answer_has_the_platform_and_no_url(server: AwsServer) -> None:
    [page] = ask(server).pages
    assert page == {"layerDigest": DIGEST, "Platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}}


def test_an_emulator_is_asked_past_any_proxy(server: AwsServer, closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
        monkeypatch.setenv(name.upper(), f"http://127.0.0.1:{closed_port}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert ask(server).error is None


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"content": CONFIG + " "}, CallFailed, "is not sha256:"),
        ({"status": 403}, CallFailed, "HTTP 403"),
        ({"url": "http://127.0.0.1:9/config?X-Amz-Signature=0123456789abcdef"}, Unreachable, "could not be downloaded"),
        ({"url": "file:///etc/hostname"}, CallFailed, "no URL"),
        ({"url": "http://registry.example/config"}, CallFailed, "no URL"),
        ({"url": ""}, CallFailed, "no URL"),
        ({"content": "[", "digest": f"sha256:{hashlib.sha256(b'[').hexdigest()}"}, CallFailed, "no configuration"),
        ({"content": "7", "digest": f"sha256:{hashlib.sha256(b'7').hexdigest()}"}, CallFailed, "no configuration"),
    ],
)
def test_what_cannot_be_had_is_an_error(given: dict[str, str], error: type[CouldNotVerify], says: str, server: AwsServer) -> None:
    answer = ask(server, **given)  # type: ignore[arg-type]
    with pytest.raises(error, match=says) as raised:
        _ = answer.pages
    assert "Signature" not in str(raised.value)


def test_what_is_too_large_is_not_read_on(server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "LARGEST", 10)
    with pytest.raises(CallFailed, match="too large"):
        _ = ask(server).pages


def test_a_refusal_is_one(server: AwsServer) -> None:
    server.on("GetDownloadUrlForLayer", json_error("AccessDeniedException", "no"))
    call = Call.of(layers.OPERATION, "ap-northeast-2", repositoryName="backend", layerDigest=DIGEST)
    with pytest.raises(AccessDenied):
        _ = Network(allowed_operations(), endpoint=server.endpoint).send(call).pages
