"""What is deployed to LocalStack, and when; moto answers in its place."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from stackproof.core.verdicts import CouldNotVerify
from stackproof.embedded.recipe import Account, Recipe, Stack
from stackproof.localstack import stack
from stackproof.targets.embedded import fresh_cloud
from stackproof.terraform.cli import TerraformError

ACCOUNT = Account()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with fresh_cloud(ACCOUNT.id) as started:
        yield started


class Terraform:
    """What is applied in Terraform's place."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.applied: list[str] = []
        self.digest = "1"
        self.error: Exception | None = None
        patch.setattr(stack, "_apply", self._apply)
        patch.setattr(Recipe, "of", lambda *_: SimpleNamespace(digest=self.digest))

    def _apply(self, _recipe: Any, one: Stack, _folder: Path, _endpoint: str) -> int:
        if self.error:
            raise self.error
        self.applied.append(one.name)
        return 3


@pytest.fixture
def terraform(monkeypatch: pytest.MonkeyPatch) -> Terraform:
    return Terraform(monkeypatch)


def ensured(endpoint: str, cache: Path) -> stack.Deployed:
    stacks = (Stack("logs", cache), Stack("app", cache))
    return stack.ensure(endpoint, stacks, cache=cache, account=ACCOUNT, say=lambda _: None)


class TestDeployment:
    @pytest.fixture(autouse=True)
    def _forgotten(self, endpoint: str) -> Iterator[None]:
        yield
        ssm = boto3.client(
            "ssm",
            endpoint_url=endpoint,
            region_name=ACCOUNT.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        ssm.delete_parameters(Names=[stack._MARK])

    def test_is_made_once(self, endpoint: str, terraform: Terraform, tmp_path: Path) -> None:
        made = ensured(endpoint, tmp_path)
        assert (made.count, made.notes) == (6, ["Terraform deployed to it the 6 of the stacks' resources that it implements."])
        found = ensured(endpoint, tmp_path)
        assert found.notes == ["An earlier run deployed the stacks' resources there, and they were judged as they were found."]
        assert sorted(terraform.applied) == ["app", "logs"]

    def test_of_other_sources_is_not_judged(self, endpoint: str, terraform: Terraform, tmp_path: Path) -> None:
        ensured(endpoint, tmp_path)
        terraform.digest = "2"
        with pytest.raises(
            CouldNotVerify, match=r"other sources were deployed to the LocalStack at .*: end it and start it again"
        ):
            ensured(endpoint, tmp_path)

    def test_that_fails_is_no_deployment(self, endpoint: str, terraform: Terraform, tmp_path: Path) -> None:
        terraform.error = TerraformError("no such key")
        with pytest.raises(
            CouldNotVerify, match=r"could not be deployed to LocalStack; start it again before the next try\. no such key"
        ):
            ensured(endpoint, tmp_path)
        terraform.error = None
        assert ensured(endpoint, tmp_path).count == 6

    @pytest.mark.usefixtures("terraform")
    def test_needs_an_answer(self, tmp_path: Path) -> None:
        with pytest.raises(CouldNotVerify, match=r"the LocalStack at http://127\.0\.0\.1:9 does not tell what is deployed to it"):
            ensured("http://127.0.0.1:9", tmp_path)


class TestAccessKey:
    def test_is_that_of_a_user(self, endpoint: str) -> None:
        key = stack.access_key(endpoint, ACCOUNT)
        assert stack.access_key(endpoint, ACCOUNT) == key
        sts = boto3.client(
            "sts", endpoint_url=endpoint, region_name=ACCOUNT.region, aws_access_key_id=key, aws_secret_access_key="test"
        )
        assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT.id}:user/terraform-deploy"

    def test_of_nobody(self) -> None:
        with pytest.raises(CouldNotVerify, match=r"the LocalStack at http://127\.0\.0\.1:9 makes no user"):
            stack.access_key("http://127.0.0.1:9", ACCOUNT)


def test_targets_are_what_it_implements(tmp_path: Path) -> None:
    for folder, type in (("key", "aws_kms_key"), ("database", "aws_db_instance")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "main.tf").write_text(f'resource "{type}" "this" {{}}\n')
    (tmp_path / "main.tf").write_text(
        'resource "aws_vpc" "main" {}\nresource "aws_lb" "main" {}\ndata "aws_vpc" "other" {}\n'
        'module "key" {\n  source = "./key"\n}\nmodule "database" {\n  source = "./database"\n}\n'
    )
    assert stack.targets(tmp_path) == ["aws_vpc.main", "module.key"]
