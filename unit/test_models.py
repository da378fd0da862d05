"""AWS's models are read once, ahead of whoever makes clients of them."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from botocore.model import ServiceModel

from stackproof.resources import allowed_operations
from stackproof.sources.aws import models
from stackproof.util.kept import FOLDER, Kept


def test_what_is_read_ahead_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    models.loader.cache_clear()
    models.read_ahead(["sqs", "account", "postgres"])
    monkeypatch.setattr(type(models.loader().file_loader), "load_file", lambda _, path: pytest.fail(f"{path} was read"))
    assert models.loader().load_service_model("sqs", "service-2")["metadata"]["serviceId"] == "SQS"


def test_sessions_share_what_was_read() -> None:
    first, second = (models.botocore_session().get_component("data_loader") for _ in range(2))
    assert first is second


def test_a_service_that_nobody_knows_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: Any, service: str, __: str) -> None:
        pytest.fail(f"{service} was read")

    monkeypatch.setattr(type(models.loader()), "load_service_model", load)
    models.read_ahead(["postgres", "host", "tls"])


class TestNarrow:
    ALLOWED = ("ec2:DescribeVpcs", "s3:GetBucketPolicy", "sts:GetCallerIdentity", "host:GetTool")

    def client(self, cache: Path, service: str) -> Any:
        session = models.botocore_session(models.Narrow(self.ALLOWED, Kept(cache)))
        return session.create_client(service, region_name="eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")

    def test_a_client_has_no_operation_but_those_that_are_allowed(self, tmp_path: Path) -> None:
        for _ in range(2):  # made, and kept
            client = self.client(tmp_path, "ec2")
            assert client.meta.service_model.operation_names == ["DescribeVpcs"]
            assert client.can_paginate("describe_vpcs")
            with pytest.raises(AttributeError):
                _ = client.delete_vpc
        assert {*self.client(tmp_path, "s3").meta.service_model.operation_names} == {
            "CreateSession",
            "GetBucketPolicy",
            "HeadBucket",
        }
        assert len([*(tmp_path / FOLDER).iterdir()]) == 2

    def test_without_a_cache_it_is_made_of_the_whole_and_nothing_is_written(self, tmp_path: Path) -> None:
        narrow = models.Narrow(self.ALLOWED, None)
        assert {*narrow.load_service_model("ec2", "service-2")["operations"]} == {"DescribeVpcs"}
        assert [*tmp_path.iterdir()] == []

    @pytest.mark.parametrize("service", ["sts", "sqs"])
    def test_what_botocore_needs_itself_and_other_services_are_whole(self, service: str, tmp_path: Path) -> None:
        whole = models.botocore_session().get_service_model(service)
        assert self.client(tmp_path, service).meta.service_model.operation_names == whole.operation_names

    def test_other_operations_and_a_fresh_run_make_another(self, tmp_path: Path) -> None:
        self.client(tmp_path, "ec2")
        [file] = (tmp_path / FOLDER).iterdir()
        wider = models.Narrow([*self.ALLOWED, "ec2:DescribeSubnets"], Kept(tmp_path))
        assert {*wider.load_service_model("ec2", "service-2")["operations"]} == {"DescribeVpcs", "DescribeSubnets"}
        assert len([*(tmp_path / FOLDER).iterdir()]) == 2
        text = file.read_text().partition("\n")[2].replace("DescribeVpcs", "DeleteVpcs")
        file.write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
        fresh = models.Narrow(self.ALLOWED, Kept(tmp_path, is_fresh=True))
        assert {*fresh.load_service_model("ec2", "service-2")["operations"]} == {"DescribeVpcs"}

    def test_every_operation_of_the_suite_has_all_of_its_shapes(self, tmp_path: Path) -> None:
        narrow = models.Narrow(allowed_operations(), Kept(tmp_path))
        asked: dict[str, list[str]] = {}
        for operation in sorted(allowed_operations()):
            asked.setdefault(operation.partition(":")[0], []).append(operation.partition(":")[2])
        for service in {*asked} & {*models.loader().list_available_services("service-2")}:
            whole = models.loader().load_service_model(service, "service-2")
            found, named = ServiceModel(narrow.load_service_model(service, "service-2")), ServiceModel(whole)
            for action in asked[service]:
                ours, theirs = found.operation_model(action), named.operation_model(action)
                for one, other in ((ours.input_shape, theirs.input_shape), (ours.output_shape, theirs.output_shape)):
                    assert walked(one) == walked(other), f"{service}:{action}"


def walked(shape: Any, seen: tuple[str, ...] = ()) -> object:
    """A shape with all that is in it, to the first repetition."""
    if shape is None or shape.name in seen:
        return shape and shape.name
    inside = [
        *getattr(shape, "members", {}).items(),
        *((name, getattr(shape, name, None)) for name in ("member", "key", "value")),
    ]
    return shape.name, shape.type_name, shape.metadata, [(name, walked(one, (*seen, shape.name))) for name, one in inside]
