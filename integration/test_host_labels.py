"""Operations that have a label before the host, as the provider sends them: they arrive at the emulator that was asked.

S3 Control's host is ``http://ACCOUNT.127.0.0.1:PORT`` by the endpoint rules that all SDKs share, a name that leads nowhere.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from stackproof.embedded import cloud
from stackproof.embedded.account import Endpoint
from stackproof.localstack import server
from stackproof.terraform.provider import packaged
from stackproof.terraform.workspace import Workspace, prepare
from stackproof.util.ports import held_port
from stackproof.util.temporary import temporary

ACCOUNT, REGION = "123456789012", "ap-northeast-2"
CACHE = Path(__file__).parents[1] / ".stackproof"
TAGS = [{"Key": "Project", "Value": "triflow-ai"}]
BLOCKED = """\
resource "aws_s3_account_public_access_block" "all" {
  block_public_acls   = true
  block_public_policy = true
}
"""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    running = cloud.start(tmp_path_factory.mktemp("labels"), ACCOUNT)
    yield running.endpoint
    cloud.stop(running)


@pytest.fixture(params=["embedded", "localstack"])
def emulator(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each emulator's endpoint; LocalStack's where it is installed, which `make test` does first."""
    if request.param == "embedded":
        yield request.getfixturevalue("endpoint")
        return
    python = CACHE / "localstack" / "bin" / "python"
    if not python.exists():
        pytest.skip("LocalStack is not installed yet: make localstack")
    with temporary("host-labels") as directory, held_port() as port:
        child = server._start(python, directory, port)
        try:
            yield server._answering(child).endpoint
        finally:
            server._end_child(child.process)


def s3_control(endpoint: str, proxies: dict[str, str]) -> Any:
    """A client by botocore's own endpoint rules, and the URLs that it asks for."""
    session = boto3.Session("test", "test", region_name=REGION)
    config = Config(proxies=proxies, retries={"total_max_attempts": 1})
    return session.client("s3control", endpoint_url=endpoint, config=config)


def copied(root: Path, endpoint: str) -> Workspace:
    root.mkdir()
    (root / "main.tf").write_text(BLOCKED)
    return prepare(root, root.parent / "work", packaged(CACHE), endpoint=endpoint, region=REGION, account=ACCOUNT)


def test_it_is_answered_with_the_endpoint_as_the_proxy(emulator: str) -> None:
    """LocalStack 4.9.2 answers without the bucket's tags: its S3 Control does not know its S3."""
    storage, asked = Endpoint(emulator, ACCOUNT, REGION).client("s3"), []
    storage.create_bucket(Bucket="labelled", CreateBucketConfiguration={"LocationConstraint": REGION})
    storage.put_bucket_tagging(Bucket="labelled", Tagging={"TagSet": TAGS})
    control = s3_control(emulator, {"http": emulator})
    control.meta.events.register("before-send.*", lambda request, **_: asked.append(request.url))
    answer = control.list_tags_for_resource(AccountId=ACCOUNT, ResourceArn="arn:aws:s3:::labelled")
    assert answer["Tags"] in (TAGS, [])
    assert asked[0].startswith(emulator.replace("://", f"://{ACCOUNT}."))


def test_the_embedded_cloud_tells_and_changes_the_tags_of_a_bucket(endpoint: str) -> None:
    storage = Endpoint(endpoint, ACCOUNT, REGION).client("s3")
    storage.create_bucket(Bucket="tagged", CreateBucketConfiguration={"LocationConstraint": REGION})
    control, of = s3_control(endpoint, {"http": endpoint}), {"AccountId": ACCOUNT, "ResourceArn": "arn:aws:s3:::tagged"}
    control.tag_resource(**of, Tags=TAGS)
    assert storage.get_bucket_tagging(Bucket="tagged")["TagSet"] == TAGS
    assert control.list_tags_for_resource(**of)["Tags"] == TAGS
    control.untag_resource(**of, TagKeys=["Project"])
    assert control.list_tags_for_resource(**of)["Tags"] == []


def test_terraform_and_a_provider_in_go_reach_it(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packaged provider has the label for S3 Control, too; proxies of the user's change nothing."""
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
    copy = copied(tmp_path / "root", endpoint)
    copy.plan()
    copy.apply(copy.directory / "tfplan")
    said = s3_control(endpoint, {"http": endpoint}).get_public_access_block(AccountId=ACCOUNT)
    assert said["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is True
    assert copy.plan(detailed_exitcode=True).exit_status == 0
