from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import hcl2
import pytest
from lark import Token, Tree

from stackproof.core.verdicts import CouldNotVerify
from stackproof.terraform import hcl, sources
from stackproof.terraform.hcl import Expression

STACK = r"""
# A comment with a resource "aws_eip" "commented" {} in it.
terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region
}

provider "aws" {
  alias  = "billing"
  region = "us-east-1"
}

variable "region" {
  description = "Where \"it\" is."
  type        = string
  default     = "ap-northeast-2"
}

variable "db_password" {
  type      = string
  sensitive = true

  validation {
    condition     = length(var.db_password) >= 16 && can(regex("[^A-Za-z0-9]", var.db_password)) # both
    error_message = "Too short."
  }
}

variable "domain_name" {
  type    = string
  default = null
}

data "aws_region" "current" {}

resource "aws_security_group" "alb" {
  name   = "${local.name}-alb"
  vpc_id = aws_vpc.main.id

  ingress {
    from_port   = 443
    cidr_blocks = ["0.0.0.0/0", var.cidr]
  }

  dynamic "egress" {
    for_each = var.ports
    content {
      from_port = egress.value
    }
  }
}

module "logs" {
  source = "./modules/log-group"
  name   = "x"
}

output "env_variables" {
  sensitive = false
  value     = <<-EOT
    REGION=${var.region}
  EOT
}
"""


def line_of(text: str) -> int:
    return STACK.splitlines().index(text) + 1


def test_reads_every_kind_of_block_with_its_place() -> None:
    stack = sources.parse({"main.tf": STACK})
    assert stack.required_version == ">= 1.10"
    assert stack.required_providers == {
        "aws": sources.RequiredProvider("hashicorp/aws", "~> 6.0", "main.tf", line_of("    aws = {"))
    }
    assert stack.backend
    assert (stack.backend.type, stack.backend.line) == ("s3", line_of('  backend "s3" {'))
    assert (stack.backend.body.value("encrypt"), stack.backend.body.value("use_lockfile")) == (True, True)
    assert [(provider.alias, provider.body.value("region")) for provider in stack.providers] == [
        (None, Expression("var.region")),
        ("billing", "us-east-1"),
    ]
    assert [(resource.address, resource.is_data, resource.line) for resource in stack.resources] == [
        ("data.aws_region.current", True, line_of('data "aws_region" "current" {}')),
        ("aws_security_group.alb", False, line_of('resource "aws_security_group" "alb" {')),
    ]
    assert [(call.name, call.source, call.is_local) for call in stack.modules] == [("logs", "./modules/log-group", True)]
    output = stack.outputs["env_variables"]
    assert (output.line, output.is_sensitive) == (line_of('output "env_variables" {'), False)
    assert isinstance(output.value, Expression)
    assert "REGION=${var.region}" in output.value.text


def test_reads_variables() -> None:
    variables = sources.parse({"main.tf": STACK}).variables
    region, password, domain = (variables[name] for name in ("region", "db_password", "domain_name"))
    assert (region.type, region.description, region.default) == ("string", 'Where "it" is.', "ap-northeast-2")
    assert [variable.is_required for variable in (region, password, domain)] == [False, True, False]
    assert [variable.is_sensitive for variable in (region, password, domain)] == [False, True, False]
    assert password.validations == (
        sources.Validation(
            'length(var.db_password) >= 16 && can(regex("[^A-Za-z0-9]", var.db_password))', error_message="Too short."
        ),
    )


def test_reads_nested_blocks() -> None:
    group = sources.parse({"main.tf": STACK}).resources[1]
    ingress, egress = group.body.blocks
    assert (ingress.type, ingress.labels, ingress.line) == ("ingress", (), line_of("  ingress {"))
    assert ingress.body.value("from_port") == 443
    assert ingress.body.value("cidr_blocks") == ["0.0.0.0/0", Expression("var.cidr")]
    assert (egress.type, egress.labels) == ("dynamic", ("egress",))
    assert egress.body.named("content")[0].body.arguments["from_port"].line == line_of("      from_port = egress.value")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"text"', "text"),
        (r'"a\"b\\c\n$${d}"', 'a"b\\c\n${d}'),
        ('""', ""),
        ("17", 17),
        ("-1", -1),
        ("0.5", 0.5),
        ("true", True),
        ("null", None),
        ("[1, [2], []]", [1, [2], []]),
        ('{ a = 1, "b" : { c = "d" } }', {"a": 1, "b": {"c": "d"}}),
        ("<<-EOT\n    a\n      b\n  EOT", "a\n  b\n"),
        ("<<EOT\n  $${a}\nEOT", "  ${a}\n"),
        ('"${var.a}"', Expression('"${var.a}"')),
        ('"%{if var.a}b%{endif}"', Expression('"%{if var.a}b%{endif}"')),
        ("<<EOT\n${var.a}\nEOT", Expression("<<EOT\n${var.a}\nEOT")),
        ("var.a", Expression("var.a")),
        ("var.a +\n  1 # c", Expression("var.a +\n  1")),
        ("-var.a", Expression("-var.a")),
        ("[for a in var.b : a]", Expression("[for a in var.b : a]")),
        ("{ (var.a) = 1 }", {"(var.a)": 1}),
    ],
)
def test_literals_are_values_and_all_else_is_source_text(written: str, value: hcl.Value) -> None:
    assert hcl.parse(f"x = {written}\n").body.value("x") == value


def test_code_is_the_text_without_comments_and_literal_text() -> None:
    text = """\
a = aws_x.one.id # aws_x.comment
b = "aws_x.string ${aws_x.two.id} $${aws_x.escaped}"
c = <<-EOT
  aws_x.heredoc ${aws_x.three["k"].id} $${aws_x.escaped} ${upper("{${aws_x.four.id}}")}
EOT
/* aws_x.comment
*/
d = [
  aws_x.five.id, // aws_x.comment
]
"""
    code = hcl.parse(text).code
    assert len(code) == len(text)
    assert code.count("\n") == text.count("\n")
    for name in ("one", "two", "three", "five"):
        assert code.index(f"aws_x.{name}") == text.index(f"aws_x.{name}")
    for name in ("comment", "string", "heredoc", "escaped"):
        assert f"aws_x.{name}" not in code


def test_a_file_that_does_not_parse_is_named_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "network.tf").write_text('resource "aws_eip" "nat" {\n  domain = = "vpc"\n}\n')
    monkeypatch.chdir(tmp_path.parent)
    with pytest.raises(CouldNotVerify, match=rf"{tmp_path.name}/network.tf line 2 .*: domain = = \"vpc\""):
        sources.read(tmp_path)


def test_a_directory_without_sources_and_json_syntax_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CouldNotVerify, match="has no Terraform sources"):
        sources.read(tmp_path)
    (tmp_path / "a.tf").touch()
    assert sources.read(tmp_path).resources == ()
    (tmp_path / "b.tf.json").touch()
    with pytest.raises(CouldNotVerify, match=r"b\.tf\.json is in Terraform's JSON syntax"):
        sources.read(tmp_path)


def test_assignments(tmp_path: Path) -> None:
    file = tmp_path / "terraform.tfvars.example"
    file.write_text('# a comment\nenvironment = "production"\nports = [80]\n# db_password = "x"\n')
    assert sources.assignments(file) == {"environment": "production", "ports": [80]}
    with pytest.raises(CouldNotVerify, match="does not exist"):
        sources.assignments(tmp_path / "absent")


def test_modules_are_followed_with_the_addresses_of_their_calls(tmp_path: Path) -> None:
    root, inner, shared = tmp_path / "root", tmp_path / "root" / "inner", tmp_path / "shared"
    for directory, text in {
        root: 'module "a" {\n  source = "./inner"\n}\nmodule "b" {\n  source = "../shared"\n}\nmodule "c" {\n  source = "x/y/z"\n}\n',
        inner: 'module "d" {\n  source = "../../shared"\n}\n',
        shared: "",
    }.items():
        directory.mkdir(parents=True)
        (directory / "main.tf").write_text(text)
    assert sources.modules(root) == {root: ("",), inner: ("module.a.",), shared: ("module.b.", "module.a.module.d.")}
    (shared / "main.tf").write_text('module "e" {\n  source = "./"\n}\n')
    with pytest.raises(CouldNotVerify, match="calls itself"):
        sources.modules(root)


def test_a_text_is_parsed_once_for_all_who_ask_at_once_whatever_its_file_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []

    def tree(text: str) -> Tree[Token]:
        parsed.append(text)
        return hcl2.parses_to_tree(text)

    monkeypatch.setattr(hcl, "_tree", lru_cache(tree))
    text = 'resource "aws_eip" "parsed_once" {}\n'
    names = [f"{number}.tf" for number in range(4)]
    with ThreadPoolExecutor(len(names)) as pool:
        documents = list(pool.map(lambda name: hcl.parse(text, name), names))
    assert parsed == [text]
    assert [document.body.blocks[0].place for document in documents] == [f"{name} line 1" for name in names]
