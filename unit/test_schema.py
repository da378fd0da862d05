from pathlib import Path

import pytest

from stackproof.terraform import sources
from stackproof.terraform.schema import current, unknown_arguments

INFRASTRUCTURE = Path(__file__).parents[1] / "infrastructure"
MODULES = sorted({file.parent for file in INFRASTRUCTURE.rglob("*.tf") if ".terraform" not in file.parts})


def problems(text: str) -> list[tuple[str, int, str]]:
    """Argument, line and message of each problem."""
    found = unknown_arguments(sources.parse({"main.tf": text}))
    return [(problem.argument, problem.line, problem.message.removesuffix(" in hashicorp/aws 6.69.1")) for problem in found]


def resource(type_: str, *lines: str) -> str:
    return "\n".join([f'resource "{type_}" "main" {{', *lines, "}"])


def test_covers_the_types_it_claims() -> None:
    assert current().version == "6.69.1"
    assert len(current().resources) >= 160


@pytest.mark.parametrize("directory", MODULES, ids=lambda path: str(path.relative_to(INFRASTRUCTURE)))
def test_the_sources_of_this_repository_have_no_problem(directory: Path) -> None:
    assert [str(problem) for problem in unknown_arguments(sources.read(directory))] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (resource("aws_eip", "vpc = true"), [("vpc", 2, "aws_eip has no argument vpc")]),
        (
            resource("aws_db_instance", 'instance_class = "db.t4g.medium"', 'name = "triflow"'),
            [("name", 3, "aws_db_instance has no argument name")],
        ),
        (resource("aws_vpc", 'arn = "x"'), [("arn", 2, "aws_vpc computes arn, which cannot be set")]),
        (resource("aws_vpc", 'id = "x"'), [("id", 2, "aws_vpc computes id, which cannot be set")]),
        (resource("aws_subnet"), [("vpc_id", 1, "aws_subnet requires vpc_id")]),
        (
            resource("aws_s3_bucket_versioning", "bucket = aws_s3_bucket.app.id"),
            [("versioning_configuration", 1, "aws_s3_bucket_versioning requires versioning_configuration")],
        ),
        (
            resource("aws_s3_bucket_versioning", 'bucket = "b"', "versioning_configuration {", "enabled = true", "}"),
            [
                (
                    "versioning_configuration.enabled",
                    4,
                    "aws_s3_bucket_versioning.versioning_configuration has no argument enabled",
                ),
                ("versioning_configuration.status", 3, "aws_s3_bucket_versioning.versioning_configuration requires status"),
            ],
        ),
        (
            resource("aws_security_group", "ingres {", "}"),
            [("ingres", 2, "aws_security_group has no block ingres")],
        ),
        (
            resource("aws_security_group", "ingress {", "port = 80", "}"),
            [("ingress.port", 3, "aws_security_group.ingress has no argument port")],
        ),
        (
            resource("aws_security_group", 'dynamic "ingress" {', "for_each = var.a", "content {", "port = 80", "}", "}"),
            [("ingress.port", 5, "aws_security_group.ingress has no argument port")],
        ),
        (
            resource("aws_security_group", 'dynamic "rule" {', "for_each = var.a", "content {", "}", "}"),
            [("rule", 4, "aws_security_group has no block rule")],
        ),
        (
            resource("aws_security_group", "ingress = [{ port = 80, from_port = 80 }]"),
            [("ingress.port", 2, "aws_security_group has no argument port in ingress")],
        ),
        (
            resource("aws_vpc", 'cidr_block = "10.0.0.0/16"', "tags {", 'Name = "x"', "}"),
            [("tags", 3, "aws_vpc takes no block tags: it is an attribute")],
        ),
        (
            resource("aws_lb", "access_logs = { bucket = var.b }"),
            [("access_logs", 2, "aws_lb takes access_logs as a block, not as an argument")],
        ),
        (
            resource("aws_lb", *['access_logs {\nbucket = "b"\n}'] * 2),
            [("access_logs", 5, "aws_lb takes one block access_logs, not more")],
        ),
        (
            resource("aws_acm_certificate", "domain_validation_options {", "}"),
            [
                (
                    "domain_validation_options",
                    2,
                    "aws_acm_certificate takes no block domain_validation_options: it is an attribute",
                )
            ],
        ),
        (
            resource("aws_vpcs"),
            [
                (
                    "",
                    1,
                    "aws_vpcs is not covered by the schema data of hashicorp/aws 6.69.1, so it was not checked; "
                    "python -m stackproof.terraform.schema aws_vpcs adds it",
                )
            ],
        ),
    ],
)
def test_finds(text: str, found: list[tuple[str, int, str]]) -> None:
    assert problems(text) == found


@pytest.mark.parametrize(
    "text",
    [
        resource("aws_eip", 'domain = "vpc"'),
        resource("aws_default_security_group", "ingress = []", "egress = []"),
        resource("aws_security_group", *["ingress {\nfrom_port = 80\n}"] * 2),
        resource(
            "aws_vpc",
            "count = 2",
            "provider = aws.other",
            "depends_on = [aws_eip.a]",
            "lifecycle {",
            "ignore_changes = [tags]",
            "}",
            'provisioner "local-exec" {',
            'command = "true"',
            "}",
            "connection {",
            "}",
        ),
        resource("aws_vpc", "for_each = var.a"),
        resource(
            "aws_s3_bucket_versioning",
            'bucket = "b"',
            'dynamic "versioning_configuration" {',
            "for_each = [1]",
            "content {",
            'status = "Enabled"',
            "}",
            "}",
        ),
        'data "aws_vpc" "main" {\n  anything = true\n}\n',
    ],
)
def test_accepts(text: str) -> None:
    assert problems(text) == []


def test_a_problem_names_file_line_and_resource() -> None:
    (problem,) = unknown_arguments(sources.parse({"network.tf": resource("aws_eip", "vpc = true")}))
    assert str(problem) == "network.tf line 2: aws_eip.main: aws_eip has no argument vpc in hashicorp/aws 6.69.1"
