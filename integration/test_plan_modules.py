"""The ways in which resources of modules refer to each other are followed in a plan that Terraform made of them."""

from pathlib import Path

import pytest

from stackproof.core.partial import parts
from stackproof.core.verdicts import NotYetKnown
from stackproof.resources.network import Vpc
from stackproof.sources.plan.document import Plan, PlanSource
from stackproof.terraform.provider import packaged
from stackproof.terraform.workspace import prepare

ROOT = Path(__file__).parents[1]
VPC = "aws_vpc.this[0]"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("modules")
    provider = packaged(ROOT / ".stackproof")
    copy = prepare(
        Path(__file__).with_name("modules"), folder, provider, endpoint=None, region="ap-northeast-2", account="123456789012"
    )
    copy.plan(folder / "tfplan")
    return Plan(copy.show(folder / "tfplan"), "a plan of modules")


@pytest.mark.parametrize(
    ("address", "attribute", "target"),
    [
        *((f"aws_subnet.by_{way}", "vpc_id", VPC) for way in ("try", "concat", "local", "condition")),
        ('aws_iam_role_policy.by_key["a"]', "role", 'aws_iam_role.task["a"]'),
        ('aws_iam_role_policy.by_key["b"]', "role", 'aws_iam_role.task["b"]'),
        ('aws_iam_role_policy.by_value["first"]', "role", 'aws_iam_role.task["b"]'),
        ('aws_iam_role_policy.by_value["second"]', "role", 'aws_iam_role.task["a"]'),
        ('aws_iam_role_policy.chained["a"]', "role", 'aws_iam_role.task["a"]'),
        ('aws_iam_role_policy.chained["b"]', "role", 'aws_iam_role.task["b"]'),
        ('aws_s3_bucket_policy.chained["a"]', "bucket", 'module.buckets["a"].aws_s3_bucket.this[0]'),
        ('aws_s3_bucket_policy.chained["b"]', "bucket", 'module.buckets["b"].aws_s3_bucket.this[0]'),
        ('aws_s3_bucket_policy.of_module["b"]', "bucket", 'module.buckets["b"].aws_s3_bucket.this[0]'),
        (
            'module.buckets["a"].aws_s3_bucket_public_access_block.this',
            "bucket",
            'module.buckets["a"].aws_s3_bucket.this[0]',
        ),
        ("module.front.aws_security_group.this[0]", "vpc_id", VPC),
        (
            'module.groups["a"].aws_security_group_rule.from_group[0]',
            "security_group_id",
            'module.groups["a"].aws_security_group.this[0]',
        ),
        (
            'module.groups["b"].aws_security_group_rule.from_group[0]',
            "source_security_group_id",
            "module.front.aws_security_group.this[0]",
        ),
        (
            'module.groups["b"].aws_security_group_rule.from_group[1]',
            "source_security_group_id",
            "module.back.aws_security_group.this[0]",
        ),
    ],
)
def test_what_a_resource_belongs_to(address: str, attribute: str, target: str, made: Plan) -> None:
    block, expected = made.resource(address), made.resource(target)
    assert block
    assert expected
    assert block.referent(attribute, expected.type) is expected
    assert block in parts(made.referring(block.type, attribute, expected))[0]


def test_where_several_fit_it_is_not_known_for_those_alone(made: Plan) -> None:
    of_any = made.resource("aws_iam_role_policy.of_any")
    assert of_any
    with pytest.raises(NotYetKnown) as unknown:
        of_any.referent("role", "aws_iam_role")
    assert [*(unknown.value.candidates or ())] == ['aws_iam_role.task["a"]', 'aws_iam_role.task["b"]']


def test_names_come_by_prefix_and_by_default_tags(made: Plan) -> None:
    group = made.resource("module.front.aws_security_group.this[0]")
    assert group
    assert group.name_or_address("name") == "group"
    assert [vpc.name for vpc in PlanSource(made).collect(Vpc, [])] == ["by-default"]
