from textwrap import dedent

import pytest

from stackproof.terraform import hcl
from stackproof.terraform.downgrade import ADDED, CannotDowngrade, downgrade

VERSIONS = """\
terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

provider "aws" {
  region            = "eu-west-1"
  s3_use_path_style = true
}
"""

STORAGE = """\
# Before: aws_s3_bucket_versioning.app is named in a comment.
resource "aws_s3_bucket" "app" {
  bucket = "app-${data.aws_region.here.region}"
}

resource "aws_s3_bucket" "logs" {
  bucket = "logs"
}

resource "aws_s3_bucket_versioning" "app" {
  bucket = aws_s3_bucket.app.id

  versioning_configuration {
    status     = "Enabled"
    mfa_delete = var.mfa
  }
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.bucket

  versioning_configuration {
    status = "Suspended"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "app" {
  bucket = aws_s3_bucket.app.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms" # our own key
      kms_master_key_id = "alias/app"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "app" {
  bucket = aws_s3_bucket.app.id

  rule {
    id     = "everything"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 90
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  rule {
    id     = "old"
    status = "Disabled"

    filter {
      and {
        prefix = "old/"
        tags   = { Kind = "old" }
      }
    }

    expiration {
      days = 365
    }

    transition {
      days          = 30
      storage_class = "GLACIER"
    }

    noncurrent_version_transition {
      noncurrent_days = 31
      storage_class   = "GLACIER"
    }
  }

  depends_on = [aws_s3_bucket_versioning.app]
}

resource "aws_s3_bucket_logging" "app" {
  bucket        = aws_s3_bucket.app.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "app/"
}

resource "aws_s3_bucket_public_access_block" "app" {
  bucket              = aws_s3_bucket_versioning.app.bucket
  block_public_acls   = true
  block_public_policy = true

  depends_on = [aws_s3_bucket.app, aws_s3_bucket_versioning.app, aws_s3_bucket_logging.app]
}

variable "mfa" {
  default = "Disabled"
}

data "aws_region" "here" {}
"""

NETWORK = """\
resource "aws_eip" "nat" {
  domain = "vpc"
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_security_group" "alb" {
  name   = "aws_vpc_security_group_ingress_rule.https"
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group" "ecs" {
  name   = "ecs"
  vpc_id = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  security_group_id = aws_security_group.alb.id
  description       = "HTTPS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id            = aws_security_group.alb.id
  referenced_security_group_id = aws_security_group.ecs.id
  ip_protocol                  = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "zones" {
  for_each          = { a = { v4 = "10.0.1.0/24", v6 = null }, b = { v4 = null, v6 = "::/0" } }
  security_group_id = aws_security_group.ecs.id
  cidr_ipv4         = each.value.v4
  cidr_ipv6         = each.value.v6
  ip_protocol       = "tcp"
  from_port         = 8000
  to_port           = 8000
}

output "rule" {
  value = "${aws_vpc_security_group_ingress_rule.https.id} ${aws_vpc_security_group_ingress_rule.zones["a"].id}"
}
"""

DATABASE = """\
resource "aws_db_instance" "main" {
  db_name        = "triflow"
  instance_class = "db.t4g.medium"
}

output "name" {
  value = <<-EOT
    NAME=${aws_db_instance.main.db_name}
  EOT
}
"""

STACK = {"versions.tf": VERSIONS, "storage.tf": STORAGE, "network.tf": NETWORK, "database.tf": DATABASE}


def test_notes_say_what_was_downgraded_and_where() -> None:
    def place(file: str, line: str) -> str:
        return f"{file} line {STACK[file].splitlines().index(line) + 1}"

    notes = downgrade(STACK).notes
    eip = '  domain = "vpc"'
    rule = 'resource "aws_vpc_security_group_ingress_rule" "https" {'
    versioning = 'resource "aws_s3_bucket_versioning" "app" {'
    for note in (
        f"{place('network.tf', eip)}: aws_eip.nat domain -> vpc",
        f"{place('network.tf', rule)}: aws_vpc_security_group_ingress_rule.https -> aws_security_group_rule.ingress_https",
        f"{place('versions.tf', '    aws = {')}: hashicorp/aws ~> 6.0 -> = 3.39.0",
        f"{place('versions.tf', '  s3_use_path_style = true')}: provider aws s3_use_path_style -> s3_force_path_style",
        f"{place('storage.tf', versioning)}: aws_s3_bucket_versioning.app -> part of aws_s3_bucket.app",
    ):
        assert note in notes


def test_downgrading_again_changes_nothing() -> None:
    once = downgrade(STACK)
    again = downgrade(once.sources)
    assert again.sources == once.sources
    assert (again.notes, again.merged, again.retyped) == ((), {}, {})


def test_sources_of_the_older_generation_come_back_unchanged() -> None:
    older = {
        "main.tf": dedent("""\
            terraform {
              required_providers {
                aws = {
                  source  = "hashicorp/aws"
                  version = ">= 3.30, < 4.0"
                }
              }
            }

            resource "aws_eip" "nat" {
              vpc = true
            }

            resource "aws_s3_bucket" "app" {
              versioning {
                enabled = true
              }
            }
            """)
    }
    assert downgrade(older).sources == older


def lines_outside(document: hcl.Document, types: tuple[str, ...]) -> dict[int, str]:
    """Lines by number, without those of resources of these types."""
    lines = dict(enumerate(document.text.splitlines(), start=1))
    for block in document.body.named("resource"):
        if block.labels[0].startswith(types):
            for line in range(block.line, block.line + block.text.count("\n") + 1):
                del lines[line]
    return lines


def test_everything_else_stays_on_its_line() -> None:
    changed = ("aws_s3_bucket_versioning", "aws_s3_bucket_server_side", "aws_s3_bucket_lifecycle", "aws_s3_bucket_logging")
    downgraded = downgrade({"storage.tf": STORAGE}).sources["storage.tf"].splitlines()
    for number, line in lines_outside(hcl.parse(STORAGE, "storage.tf"), changed).items():
        if "aws_s3_bucket_versioning." in line and not line.startswith("#"):
            continue  # a reference, rewritten in place
        assert downgraded[number - 1] == line.replace("here.region", "here.name")
    assert [line for line in downgraded if "public_access_block" in line or "depends_on" in line] == [
        'resource "aws_s3_bucket_public_access_block" "app" {',
        "  depends_on = [aws_s3_bucket.app, aws_s3_bucket.app, aws_s3_bucket.app]",
    ]


def test_comments_and_strings_are_not_rewritten() -> None:
    downgraded = downgrade({"storage.tf": STORAGE, "network.tf": NETWORK}).sources
    assert downgraded["storage.tf"].startswith("# Before: aws_s3_bucket_versioning.app is named in a comment.\n")
    assert 'name   = "aws_vpc_security_group_ingress_rule.https"' in downgraded["network.tf"]


def test_references_in_a_heredoc_are_rewritten() -> None:
    assert "NAME=${aws_db_instance.main.name}\n" in downgrade({"database.tf": DATABASE}).sources["database.tf"]


@pytest.mark.parametrize("other", ["data.aws_db_instance.main.db_name", "local.aws_db_instance.main.db_name", "var.db_name"])
def test_other_objects_of_the_same_name_are_left_alone(other: str) -> None:
    text = f'resource "aws_db_instance" "main" {{\n  db_name = {other}\n}}\n'
    assert downgrade({"a.tf": text}).sources["a.tf"] == text.replace("  db_name =", "  name =")


@pytest.mark.parametrize("constraint", ["~> 6.0", ">= 6.0, < 7.0", ">= 4.0", "= 6.69.1", "~> 3.40"])
def test_a_constraint_that_excludes_the_packaged_version_is_replaced(constraint: str) -> None:
    text = VERSIONS[: VERSIONS.index('provider "aws"')].replace("~> 6.0", constraint)
    assert downgrade({"a.tf": text}).sources["a.tf"] == text.replace(constraint, "= 3.39.0")


def test_other_providers_keep_their_constraint() -> None:
    text = VERSIONS.replace("hashicorp/aws", "hashicorp/random")
    assert "~> 6.0" in downgrade({"a.tf": text}).sources["a.tf"]


def test_an_expression_is_downgraded_into_an_expression() -> None:
    text = 'resource "aws_eip" "nat" {\n  domain = var.domain\n}\n'
    assert downgrade({"a.tf": text}).sources["a.tf"] == 'resource "aws_eip" "nat" {\n  vpc = (var.domain) == "vpc"\n}\n'


LISTENER = """\
resource "aws_lb_listener" "https" {
  routing_http_response_strict_transport_security_header_value = HSTS

  port = 443
}
"""


def test_what_the_older_generation_has_no_word_for_is_set_after_the_apply() -> None:
    downgraded = downgrade({"a.tf": LISTENER.replace("HSTS", '"max-age=60"')})
    commented = '  # routing_http_response_strict_transport_security_header_value = "max-age=60"\n'
    assert commented in downgraded.sources["a.tf"]
    assert downgraded.later == {
        "aws_lb_listener.https": {"routing.http.response.strict_transport_security.header_value": "max-age=60"}
    }
    assert downgraded.notes == (
        "a.tf line 2: aws_lb_listener.https routing_http_response_strict_transport_security_header_value -> set after the apply",
    )


BUCKET = 'resource "aws_s3_bucket" "app" {\n}\n'


def on_bucket(type_: str, text: str) -> str:
    return f'{BUCKET}resource "{type_}" "app" {{\n  bucket = aws_s3_bucket.app.id\n{text}\n}}\n'


def test_a_bucket_that_is_locked() -> None:
    text = 'object_lock_enabled = "Enabled"\nrule {\ndefault_retention {\nmode = "COMPLIANCE"\ndays = 1\n}\n}'
    downgraded = downgrade({"a.tf": on_bucket("aws_s3_bucket_object_lock_configuration", text)})
    added = " ".join(downgraded.sources[ADDED].split())
    assert 'object_lock_configuration { object_lock_enabled = "Enabled" rule { default_retention {' in added
    assert downgraded.merged == {"aws_s3_bucket_object_lock_configuration.app": "aws_s3_bucket.app"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'resource "aws_s3_bucket_versioning" "app" {\n  bucket = "app"\n}\n',
            "a.tf line 2: aws_s3_bucket_versioning.app refers to no aws_s3_bucket",
        ),
        (
            'resource "aws_s3_bucket_versioning" "app" {\n  bucket = aws_s3_bucket.other.id\n}\n',
            "a.tf line 1: aws_s3_bucket.other is not in these sources",
        ),
        (
            on_bucket("aws_s3_bucket_versioning", "count = 2"),
            "a.tf line 5: aws_s3_bucket_versioning.app has the argument count",
        ),
        (
            on_bucket("aws_s3_bucket_versioning", 'expected_bucket_owner = "1"'),
            "a.tf line 5: aws_s3_bucket_versioning.app has the argument expected_bucket_owner",
        ),
        (
            on_bucket("aws_s3_bucket_versioning", "lifecycle {\n}"),
            "a.tf line 5: aws_s3_bucket_versioning.app has the block lifecycle",
        ),
        (
            on_bucket("aws_s3_bucket_versioning", "depends_on = [aws_kms_key.main]"),
            "a.tf line 5: aws_s3_bucket_versioning.app depends on aws_kms_key.main",
        ),
        (
            on_bucket("aws_s3_bucket_lifecycle_configuration", 'dynamic "rule" {\n}'),
            "a.tf line 5: aws_s3_bucket_lifecycle_configuration.app has the block dynamic",
        ),
        (
            on_bucket("aws_s3_bucket_lifecycle_configuration", "rule {\nfilter {\nobject_size_greater_than = 1\n}\n}"),
            "a.tf line 7: filter has the argument object_size_greater_than",
        ),
        (
            on_bucket(
                "aws_s3_bucket_lifecycle_configuration",
                "rule {\nnoncurrent_version_expiration {\nnewer_noncurrent_versions = 1\n}\n}",
            ),
            "a.tf line 7: noncurrent_version_expiration has the argument newer_noncurrent_versions",
        ),
        (
            on_bucket("aws_s3_bucket_object_lock_configuration", 'token = "a"'),
            "a.tf line 5: aws_s3_bucket_object_lock_configuration.app has the argument token",
        ),
        (
            on_bucket("aws_s3_bucket_logging", "target_grant {\n}"),
            "a.tf line 5: aws_s3_bucket_logging.app has the block target_grant",
        ),
        (
            on_bucket("aws_s3_bucket_versioning", "").replace(BUCKET, "")
            + on_bucket("aws_s3_bucket_versioning", "").replace('"aws_s3_bucket_versioning" "app"', '"aws_s3_bucket_versioning" "b"'),
            "has more than one aws_s3_bucket_versioning",
        ),
        (
            on_bucket("aws_s3_bucket_versioning", "")
            + 'output "a" {\n  value = aws_s3_bucket_versioning.app.versioning_configuration[0].status\n}\n',
            "a.tf line 8: it reads aws_s3_bucket_versioning.app.versioning_configuration",
        ),
        (
            'resource "aws_vpc_security_group_ingress_rule" "a" {\n}\noutput "b" {\n'
            "  value = aws_vpc_security_group_ingress_rule.a.arn\n}\n",
            "a.tf line 4: it reads aws_vpc_security_group_ingress_rule.a.arn",
        ),
        (
            'resource "aws_vpc_security_group_ingress_rule" "a" {\n}\nresource "aws_security_group_rule" "ingress_a" {\n}\n',
            "a.tf line 1: aws_vpc_security_group_ingress_rule.a would be called aws_security_group_rule.ingress_a",
        ),
        (
            LISTENER.replace("HSTS", "var.hsts"),
            "a.tf line 2: aws_lb_listener.https routing_http_response_strict_transport_security_header_value is not one literal text",
        ),
    ],
)  # fmt: skip
def test_what_has_no_equivalent_is_an_error_with_its_place(text: str, message: str) -> None:
    with pytest.raises(CannotDowngrade) as raised:
        downgrade({"a.tf": text})
    assert message in str(raised.value)
    assert "STACKPROOF_PROVIDER=registry" in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        'resource "aws_s3_bucket_acl" "app" {\n  bucket = "b"\n}\n',
        'resource "aws_kms_key" "main" {\n  rotation_period_in_days = 90\n}\n',
        'resource "aws_vpc_security_group_egress_rule" "a" {\n  security_group_id = "sg-1"\n  ip_protocol = "-1"\n  tags = {}\n}\n',
    ],
)
def test_what_is_not_downgraded_is_left_for_terraform_to_refuse(text: str) -> None:
    downgraded = downgrade({"a.tf": text})
    for line in ("aws_s3_bucket_acl", "rotation_period_in_days = 90", "tags = {}"):
        assert (line in downgraded.sources["a.tf"]) == (line in text)


def test_the_added_file_holds_the_blocks_of_buckets_only() -> None:
    assert ADDED not in downgrade({"network.tf": NETWORK}).sources
    added = hcl.parse(downgrade({"storage.tf": STORAGE}).sources[ADDED], ADDED).body.blocks
    assert [(block.type, block.address) for block in added] == [
        ("resource", "aws_s3_bucket.app"),
        ("resource", "aws_s3_bucket.logs"),
    ]


class TestAbsent:
    """Resources that the packaged provider has no word for."""

    SOURCE = """resource "aws_guardduty_detector_feature" "runtime" {
  detector_id = aws_guardduty_detector.main.id
  name        = "RUNTIME_MONITORING"
  additional_configuration {
    name   = "ECS_FARGATE_AGENT_MANAGEMENT"
    status = "ENABLED"
  }
}
"""

    def test_are_kept_with_their_arguments_and_leave_their_lines_empty(self) -> None:
        downgraded = downgrade({"a.tf": self.SOURCE})
        kept = "terraform_data.aws_guardduty_detector_feature_runtime"
        assert downgraded.retyped == {"aws_guardduty_detector_feature.runtime": kept}
        assert downgraded.sources["a.tf"] == "\n" * self.SOURCE.count("\n")
        beside = downgraded.sources["stackproof_downgrade.tf"]
        assert "detector_id = aws_guardduty_detector.main.id" in beside
        assert 'additional_configuration = [{ name = "ECS_FARGATE_AGENT_MANAGEMENT", status = "ENABLED" }]' in beside

    def test_of_another_provider_configuration_are_refused(self) -> None:
        with pytest.raises(CannotDowngrade, match="another provider configuration"):
            downgrade({"a.tf": self.SOURCE.replace("  name        =", "  provider = aws.other\n  name        =")})


def test_an_object_lock_that_does_not_say_so_is_on() -> None:
    text = 'rule {\ndefault_retention {\nmode = "COMPLIANCE"\ndays = 1\n}\n}'
    added = downgrade({"a.tf": on_bucket("aws_s3_bucket_object_lock_configuration", text)}).sources[ADDED]
    assert 'object_lock_enabled = "Enabled"' in added


@pytest.mark.parametrize(
    ("value", "later"), [("false", {"aws_default_subnet.a": {"MapPublicIpOnLaunch": "false"}}), ("true", {})]
)
def test_a_default_subnet_is_told_after_the_apply_what_the_provider_does_not_tell_it(
    value: str, later: dict[str, object]
) -> None:
    text = f'resource "aws_default_subnet" "a" {{\n  map_public_ip_on_launch = {value}\n}}\n'
    downgraded = downgrade({"a.tf": text})
    assert (downgraded.later, downgraded.sources["a.tf"]) == (later, text)
