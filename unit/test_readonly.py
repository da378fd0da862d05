"""Nothing leaves for AWS but the collectors' own reads: every operation of every service they use is tried."""

import functools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from aws_server import AwsServer, Reply, serving
from botocore.model import ListShape, OperationModel, Shape, StructureShape
from botocore.session import Session

from stackproof import resources
from stackproof.core.resource import Resource
from stackproof.resources import allowed_operations
from stackproof.sources.aws import session
from stackproof.sources.aws.calls import Call
from stackproof.sources.aws.readonly import IDENTITY, RefusedOperation
from stackproof.sources.aws.session import Network

REGION = "ap-northeast-2"
ALLOWED = allowed_operations()
SERVICES = sorted({operation.partition(":")[0] for operation in ALLOWED})
READING = ("Describe", "Get", "List")
OTHER_READS = {
    "ecr:BatchGetImage",
    "ecr:BatchGetRepositoryScanningConfiguration",
    "iam:GenerateCredentialReport",
    "inspector2:BatchGetAccountStatus",
    "logs:FilterLogEvents",
    "logs:StartQuery",
    "logs:TestMetricFilter",
}
"""IAM counts them among its read actions, too (service authorization reference)."""
VALUES: dict[str, object] = {"boolean": True, "double": 1.0, "float": 1.0, "timestamp": 0, "blob": b"x", "map": {}}
ASKS_FOR_MORE = re.compile("token|marker|truncated|hasmore", re.IGNORECASE)
"""Members of an answer by which it says that there is more."""


@functools.cache
def models(service: str) -> dict[str, OperationModel]:
    model = Session().get_service_model(service)
    return {f"{service}:{name}": model.operation_model(name) for name in model.operation_names}


def least(shape: Shape | None) -> Any:
    """The smallest parameters that an operation takes, so that nothing but the guard stops it."""
    match shape:
        case None:
            return {}
        case StructureShape():
            needed = shape.required_members or ([*shape.members][:1] if shape.is_tagged_union else [])
            return {name: least(shape.members[name]) for name in needed}
        case ListShape():
            return [least(shape.member)] * max(1, shape.metadata.get("min", 1))
        case _:
            smallest = shape.metadata.get("min", 1)
            match shape.type_name:
                case "string":
                    return shape.enum[0] if shape.enum else "x" * max(smallest, 36)  # no identifier is longer
                case "integer" | "long":
                    return smallest
                case other:
                    return VALUES[other]


@pytest.fixture(scope="module")
def server() -> Iterator[AwsServer]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def network(server: AwsServer) -> Network:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "ATTEMPTS_EMULATED", 1)
        return Network(allowed_operations(), endpoint=server.endpoint)


@pytest.fixture
def quiet(server: AwsServer) -> AwsServer:
    server.forget()
    return server


def test_only_reads_are_allowed() -> None:
    assert {IDENTITY, "rds:DescribeDBInstances", "logs:DescribeLogGroups"} < ALLOWED
    assert {operation for operation in ALLOWED if not operation.partition(":")[2].startswith(READING)} <= OTHER_READS


def test_everything_allowed_exists() -> None:
    known = {operation for service in SERVICES for operation in models(service)}
    assert known >= ALLOWED


@pytest.mark.parametrize("service", SERVICES)
def test_every_other_operation_is_stopped_before_it_is_sent(service: str, network: Network, quiet: AwsServer) -> None:
    client = network._client(service, REGION)
    for operation, model in models(service).items():
        if operation not in ALLOWED:
            with pytest.raises(RefusedOperation, match=f"^{operation} "):
                client._make_api_call(model.name, least(model.input_shape))
    assert quiet.requests == []


def test_that_was_more_than_a_thousand_operations() -> None:
    refused = [operation for service in SERVICES for operation in models(service) if operation not in ALLOWED]
    assert len(refused) > 1000
    assert {"rds:DeleteDBInstance", "s3:DeleteBucket", "iam:PutRolePolicy", "s3:GetObject", "sts:AssumeRole"} <= {*refused}


@pytest.mark.parametrize("operation", sorted(ALLOWED))
def test_every_allowed_operation_is_sent(operation: str, network: Network, quiet: AwsServer) -> None:
    service, _, action = operation.partition(":")
    model = models(service)[operation]
    network.send(Call.of(operation, REGION, **least(model.input_shape)))
    assert len(quiet.requests) == 1
    is_told_by_its_path = model.service_model.metadata["protocol"].startswith("rest-")
    assert quiet.requests[0].action == action or is_told_by_its_path


@pytest.mark.parametrize("operation", sorted(ALLOWED))
def test_an_answer_that_comes_in_pages_is_read_to_the_end(operation: str, network: Network) -> None:
    """By botocore's paginator, or by ours where its model has pages and no paginator; one that it has since got is to be used."""
    service, _, action = operation.partition(":")
    model = models(service)[operation]
    client = network._client(service, REGION)
    method = next(method for method, name in client.meta.method_to_api_mapping.items() if name == action)
    asks = {member for member in (model.output_shape.members if model.output_shape else ()) if ASKS_FOR_MORE.search(member)}
    if client.can_paginate(method) or not asks:
        assert operation not in session.PAGED
    else:
        assert {session.PAGED[operation]} == asks
        assert session.PAGED[operation] in model.input_shape.members


def test_a_refusal_is_a_defect_of_ours_and_not_an_answer(network: Network, quiet: AwsServer) -> None:
    with pytest.raises(RefusedOperation, match="rds:DeleteDBInstance was stopped before it was sent"):
        network.send(Call.of("rds:DeleteDBInstance", REGION, DBInstanceIdentifier="triflow"))
    assert quiet.requests == []


def test_a_registered_resource_brings_its_reads_and_an_imported_one_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_registered", [])

    class Parameter(Resource):
        operations = ("ssm:DescribeParameters",)

    class Special(Parameter):
        operations = ("ssm:ListTagsForResource",)

    assert allowed_operations() == ALLOWED
    assert resources.register(Special) is resources.register(Special)
    assert allowed_operations() == ALLOWED | {"ssm:ListTagsForResource"}


def test_what_is_no_resource_class_is_not_registered() -> None:
    with pytest.raises(TypeError, match="no resource class"):
        resources.register(dict)  # type: ignore[arg-type]


def test_the_probe_would_see_an_operation_that_gets_through(quiet: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackproof.sources.aws.readonly.install", lambda *_: None)
    quiet.on("DeleteDBInstance", Reply("<x/>", 400))
    Network(allowed_operations(), endpoint=quiet.endpoint).send(
        Call.of("rds:DeleteDBInstance", REGION, DBInstanceIdentifier="triflow")
    )
    assert [request.action for request in quiet.requests] == ["DeleteDBInstance"]
