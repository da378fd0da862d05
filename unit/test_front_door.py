"""The front door of the embedded cloud: the listeners of the load balancer, on this machine alone, and gone afterwards."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stackproof.embedded import front_door
from stackproof.embedded.account import self_signed
from stackproof.embedded.front_door import HSTS, THREADS, FrontDoor, Listener, listeners
from stackproof.probes import web
from stackproof.verdicts import Unreachable

NAME = "app.example.com"
PLAIN = Listener(80, {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("served")
    made = self_signed([NAME], since=datetime.now(UTC) - timedelta(days=1), until=datetime.now(UTC) + timedelta(days=9))
    for name, text in (("certificate", made.certificate), ("private_key", made.private_key)):
        (directory / name).write_text(text)
    return {name: directory / name for name in ("certificate", "private_key")}


def status(door: FrontDoor, path: str = "/") -> int:
    with socket.create_connection(door.locate(NAME, 80), timeout=5) as connection:
        return int(web.get(connection, "http", NAME, path)["Status"])


def workers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("front-door")]


def test_it_listens_on_this_machine_alone(files: dict[str, Path]) -> None:
    with FrontDoor(NAME, [PLAIN, Listener(443, {"Type": "forward"}, ("TLSv1.3",))], **files) as door:
        assert {door.locate(NAME, port)[0] for port in (80, 443)} == {"127.0.0.1"}
        assert status(door) == 404


@pytest.mark.parametrize(("host", "port"), [(NAME, 8080), ("other.example.com", 80)])
def test_what_it_does_not_serve_is_not_found(host: str, port: int, files: dict[str, Path]) -> None:
    with FrontDoor(NAME, [PLAIN], **files) as door, pytest.raises(Unreachable, match=f"{host}:{port} is not served"):
        door.locate(host, port)


def test_it_is_gone_when_it_is_closed(files: dict[str, Path]) -> None:
    with FrontDoor(NAME, [PLAIN], **files) as door:
        address = door.locate(NAME, 80)
        assert status(door) == 404
    assert workers() == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=1)


def test_clients_that_say_nothing_do_not_keep_it(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_door, "PATIENCE", 0.2)
    with FrontDoor(NAME, [PLAIN], **files) as door:
        silent = [socket.create_connection(door.locate(NAME, 80)) for _ in range(3 * THREADS)]
        assert status(door) == 404
        assert len(workers()) <= THREADS
        for connection in silent:
            connection.close()


class Endpoint:
    """A stand-in for `account.Endpoint`."""

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def balancer() -> Iterator[Any]:
    with mock_aws():
        client, network = Endpoint().client("elbv2"), Endpoint().client("ec2")
        subnets = [subnet["SubnetId"] for subnet in network.describe_subnets()["Subnets"][:2]]
        made = client.create_load_balancer(Name="app", Subnets=subnets)["LoadBalancers"][0]
        yield client, made["LoadBalancerArn"], made["DNSName"]


def test_it_does_what_the_listeners_say(balancer: Any) -> None:
    client, arn, dns_name = balancer
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    client.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[redirect])
    certificate = Endpoint().client("acm").request_certificate(DomainName=NAME)["CertificateArn"]
    made = client.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTPS",
        Port=443,
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}],
    )
    said = [{"Key": HSTS, "Value": "max-age=60"}]
    client.modify_listener_attributes(ListenerArn=made["Listeners"][0]["ListenerArn"], Attributes=said)
    host, found = listeners(Endpoint(), "app")  # type: ignore[arg-type]
    by_port = {listener.port: listener for listener in found}
    assert host == dns_name
    assert by_port[80].action["RedirectConfig"]["StatusCode"] == "HTTP_301"
    assert {*by_port[443].protocols} == {"TLSv1.2", "TLSv1.3"}
    assert by_port[443].hsts == "max-age=60"


@pytest.mark.parametrize(
    ("config", "location"),
    [
        ({}, "http://app.example.com:80/a/b?c=d"),
        ({"Host": "www.#{host}", "Path": "/v2/#{path}", "Query": "#{query}&x=1"}, "http://www.app.example.com:80/v2/a/b?c=d&x=1"),
        ({"Protocol": "HTTPS", "Port": "443", "Query": ""}, "https://app.example.com:443/a/b"),
    ],
)
def test_a_redirect_goes_where_the_load_balancer_would_send_it(config: dict[str, str], location: str) -> None:
    action = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_302", **config}}
    assert front_door._answer(Listener(80, action), f"{NAME}:80", "/a/b?c=d") == (302, location)
