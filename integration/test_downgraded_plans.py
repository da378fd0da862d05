"""What is downgraded for the packaged provider is planned by it, and says the same."""

from pathlib import Path
from typing import Any

import pytest
from test_downgrade import STACK

from stackproof.terraform import sources
from stackproof.terraform.provider import packaged
from stackproof.terraform.workspace import Workspace, prepare

REPOSITORY = Path(__file__).parents[1]
APP = REPOSITORY / "infrastructure" / "terraform"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The sample above, planned with the packaged provider and no network."""
    root, into = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("work")
    for name, text in STACK.items():
        (root / name).write_text(text)
    workspace = prepare(
        root,
        into,
        packaged(REPOSITORY / ".stackproof"),
        endpoint=None,
        region="ap-northeast-2",
        account="123456789012",
    )
    workspace.plan()
    return workspace


@pytest.fixture(scope="module")
def planned(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Planned values by address."""
    changes = workspace.show(workspace.directory / "tfplan")["resource_changes"]
    return {change["address"]: change["change"]["after"] for change in changes if change["mode"] == "managed"}


class TestWithThePackagedProvider:
    def test_the_sample_validates(self, workspace: Workspace) -> None:
        assert workspace.validate().exit_status == 0

    def test_the_bucket_has_what_were_resources_of_their_own(self, planned: dict[str, dict[str, Any]]) -> None:
        app, logs = planned["aws_s3_bucket.app"], planned["aws_s3_bucket.logs"]
        assert app["bucket"] == "app-ap-northeast-2"
        assert app["versioning"] == [{"enabled": True, "mfa_delete": False}]
        assert logs["versioning"] == [{"enabled": False, "mfa_delete": False}]
        assert app["server_side_encryption_configuration"] == [
            {
                "rule": [
                    {
                        "bucket_key_enabled": True,
                        "apply_server_side_encryption_by_default": [
                            {"kms_master_key_id": "alias/app", "sse_algorithm": "aws:kms"}
                        ],
                    }
                ]
            }
        ]
        everything, old = app["lifecycle_rule"]
        assert (everything["id"], everything["enabled"], everything["prefix"]) == ("everything", True, None)
        assert everything["noncurrent_version_expiration"] == [{"days": 90}]
        assert everything["abort_incomplete_multipart_upload_days"] == 7
        assert (old["enabled"], old["prefix"], old["tags"]) == (False, "old/", {"Kind": "old"})
        assert old["expiration"][0]["days"] == 365
        assert [(one["days"], one["storage_class"]) for one in old["transition"]] == [(30, "GLACIER")]
        assert old["noncurrent_version_transition"] == [{"days": 31, "storage_class": "GLACIER"}]
        assert [one["target_prefix"] for one in app["logging"]] == ["app/"]

    def test_rules_of_security_groups_say_the_same(self, planned: dict[str, dict[str, Any]]) -> None:
        def rule(name: str) -> tuple[Any, ...]:
            after = planned[f"aws_security_group_rule.{name}"]
            names = ("type", "protocol", "from_port", "to_port", "cidr_blocks", "ipv6_cidr_blocks")
            return tuple(after[name] for name in names)

        assert rule("ingress_https") == ("ingress", "tcp", 443, 443, ["0.0.0.0/0"], None)
        assert planned["aws_security_group_rule.ingress_https"]["description"] == "HTTPS"
        assert rule("egress_https") == ("egress", "-1", 0, 0, None, None)
        assert rule('ingress_zones["a"]') == ("ingress", "tcp", 8000, 8000, ["10.0.1.0/24"], None)
        assert rule('ingress_zones["b"]') == ("ingress", "tcp", 8000, 8000, None, ["::/0"])

    def test_renamed_arguments_arrive(self, planned: dict[str, dict[str, Any]]) -> None:
        assert planned["aws_eip.nat"]["vpc"] is True
        assert planned["aws_db_instance.main"]["name"] == "triflow"

    def test_every_resource_of_the_sources_is_accounted_for(
        self, workspace: Workspace, planned: dict[str, dict[str, Any]]
    ) -> None:
        declared = {resource.address for resource in sources.parse(STACK).resources if not resource.is_data}
        shown = {address.split("[")[0] for address in planned}
        assert {workspace.retyped.get(address, address) for address in declared - set(workspace.merged)} == shown
        assert set(workspace.merged.values()) == {"aws_s3_bucket.app", "aws_s3_bucket.logs"}
        assert len(workspace.merged) == 5

    def test_the_app_stack_plans_its_45_resources(self, tmp_path: Path) -> None:
        workspace = prepare(
            APP,
            tmp_path,
            packaged(REPOSITORY / ".stackproof"),
            endpoint=None,
            region="ap-northeast-2",
            account="123456789012",
            secrets={"db_password": "A-password-of-a-test-1"},
        )
        workspace.plan(var_files=[APP / "terraform.tfvars.example"])
        changes = workspace.show(workspace.directory / "tfplan")["resource_changes"]
        assert {tuple(change["change"]["actions"]) for change in changes} == {("create",)}
        assert len(changes) + len(workspace.merged) == 45
        assert not workspace.retyped
