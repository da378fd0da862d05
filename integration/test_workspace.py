import json
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent

import pytest

from stackproof.core.verdicts import CouldNotVerify
from stackproof.terraform import sources
from stackproof.terraform.cli import Terraform, TerraformError
from stackproof.terraform.diagnostics import ProviderFailed, diagnostics
from stackproof.terraform.endpoints import SERVICES
from stackproof.terraform.provider import PACKAGED_HASH, PACKAGED_VERSION, Provider, current_version, packaged
from stackproof.terraform.workspace import OVERRIDE, Workspace, override, prepare

STACKPROOF = Path(__file__).parents[1] / ".stackproof"
TERRAFORMS = [terraform for terraform in (Terraform.on_path(), Terraform.bundled()) if terraform]
SECRET = "s3cret-&-<odd>"

NO_PROVIDER = """\
variable "password" {
  type      = string
  sensitive = true
}

variable "size" {
  type    = number
  default = 1
}

resource "terraform_data" "main" {
  input = { size = var.size, password = var.password }
}

output "size" {
  value = terraform_data.main.output.size
}
"""

REQUIRED = """\
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  backend "s3" {
    bucket = "state"
  }
}
"""

VPC = 'resource "aws_vpc" "main" {\n  cidr_block = "10.0.0.0/16"\n}\n'
ASKS_AWS = 'data "aws_caller_identity" "me" {}\n'


@pytest.fixture(scope="session")
def provider() -> Provider:
    return packaged(STACKPROOF)


@pytest.fixture(params=TERRAFORMS, ids=lambda terraform: terraform.origin)
def terraform(request: pytest.FixtureRequest) -> Terraform:
    return request.param


def stack(root: Path, *texts: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / "main.tf").write_text("".join(texts))
    return root


def make(root: Path, provider: Provider, *, endpoint: str | None = None, **others: object) -> Workspace:
    into = root.parent / "work"
    return prepare(root, into, provider, endpoint=endpoint, region="ap-northeast-2", account="123456789012", **others)  # type: ignore[arg-type]


class TestCommands:
    def test_plan_apply_show_and_output(self, terraform: Terraform, provider: Provider, tmp_path: Path) -> None:
        workspace = make(stack(tmp_path / "root", NO_PROVIDER), provider, secrets={"password": SECRET}, terraform=terraform)
        assert workspace.validate().exit_status == 0

        assert not (workspace.directory / ".terraform" / "providers").exists()  # nothing here uses AWS

        planned = workspace.plan(variables={"size": 2}, detailed_exitcode=True)
        assert planned.exit_status == 2
        plan = workspace.show(workspace.directory / "tfplan")
        assert plan["resource_changes"][0]["change"]["after"]["input"] == {"size": 2, "password": "[redacted var.password]"}
        assert plan["variables"]["password"]["value"] == "[redacted var.password]"
        assert 'resource "terraform_data" "main"' in workspace.describe(workspace.directory / "tfplan")

        events: list[dict[str, object]] = []
        applied = workspace.apply(workspace.directory / "tfplan", events.append)
        kinds = [event["type"] for event in events]
        assert kinds.index("apply_start") < kinds.index("apply_complete") < kinds.index("change_summary")
        assert applied.exit_status == 0
        assert workspace.output()["size"] == {"sensitive": False, "type": "number", "value": 2}
        assert workspace.show()["values"]["root_module"]["resources"][0]["address"] == "terraform_data.main"

        assert workspace.plan(variables={"size": 2}, detailed_exitcode=True).exit_status == 0
        refreshed = workspace.plan(variables={"size": 3}, detailed_exitcode=True)
        as_it_was = workspace.plan(variables={"size": 3}, detailed_exitcode=True, refresh=False)
        assert (refreshed.exit_status, as_it_was.exit_status) == (2, 2)
        assert ("-refresh=false" in refreshed.command, "-refresh=false" in as_it_was.command) == (False, True)

    def test_variables_win_over_files(self, provider: Provider, tmp_path: Path) -> None:
        workspace = make(stack(tmp_path / "root", NO_PROVIDER), provider, secrets={"password": SECRET})
        (tmp_path / "given.tfvars").write_text("size = 5\n")
        for variables, size in ((None, 5), ({"size": 6}, 6)):
            workspace.plan(tmp_path / "out", var_files=[tmp_path / "given.tfvars"], variables=variables)
            assert workspace.show(tmp_path / "out")["variables"]["size"]["value"] == size

    def test_no_file_that_others_can_read_holds_the_secret(self, provider: Provider, tmp_path: Path) -> None:
        workspace = make(stack(tmp_path / "root", NO_PROVIDER), provider, secrets={"password": SECRET})
        workspace.plan()
        workspace.apply(workspace.directory / "tfplan")
        forms = [SECRET.encode(), json.dumps(SECRET).replace("&", r"\u0026").encode()]
        for path in workspace.directory.rglob("*"):
            if path.is_file() and stat.S_IMODE(path.stat().st_mode) != 0o600:
                assert not [form for form in forms if form in path.read_bytes()], path
        assert stat.S_IMODE((workspace.directory / "terraform.tfstate").stat().st_mode) == 0o600
        assert SECRET not in repr(workspace)

    def test_a_failure_carries_terraforms_diagnostics_and_no_secret(
        self, terraform: Terraform, provider: Provider, tmp_path: Path
    ) -> None:
        text = NO_PROVIDER + 'check "size" {\n  assert {\n    condition     = var.size < 2\n    error_message = "Big."\n  }\n}\n'
        text += dedent("""\
            resource "terraform_data" "refused" {
              lifecycle {
                precondition {
                  condition     = var.size < 3
                  error_message = "Refused with ${nonsensitive(var.password)}."
                }
              }
            }
            """)
        workspace = make(stack(tmp_path / "root", text), provider, secrets={"password": SECRET}, terraform=terraform)
        warned = workspace.plan(variables={"size": 2})
        assert [(one.severity, one.summary, one.detail) for one in diagnostics(warned)] == [
            ("warning", "Check block assertion failed", "Big.")
        ]
        with pytest.raises(TerraformError) as raised:
            workspace.plan(variables={"size": 3})
        assert isinstance(raised.value, CouldNotVerify)
        line = text.splitlines().index("      condition     = var.size < 3") + 1
        assert str(raised.value).splitlines()[1:] == [
            f"  main.tf line {line}: Resource precondition failed: Refused with [redacted var.password]."
        ]
        assert str(workspace.directory) in str(raised.value)

    def test_invalid_sources_fail_with_file_and_line(self, provider: Provider, tmp_path: Path) -> None:
        workspace = make(stack(tmp_path / "root", REQUIRED, VPC.replace("cidr_block ", "cidr_blocks ")), provider)
        line = (REQUIRED + VPC).splitlines().index('  cidr_block = "10.0.0.0/16"') + 1
        with pytest.raises(TerraformError, match=rf"main\.tf line {line}: Unsupported argument: .*\"cidr_blocks\""):
            workspace.validate()

    def test_a_lock_that_others_hold_is_waited_for(self, provider: Provider, tmp_path: Path) -> None:
        root = stack(tmp_path / "root", NO_PROVIDER)

        def planned(number: int) -> int:
            workspace = make(root, provider, secrets={"password": SECRET})
            return workspace.plan(tmp_path / str(number)).exit_status

        with ThreadPoolExecutor() as pool:
            assert list(pool.map(planned, range(6))) == [0] * 6


class TestInit:
    @staticmethod
    def counted(directory: Path) -> tuple[Terraform, Path]:
        """Terraform that writes down its subcommands."""
        found, log, script = Terraform.find(), directory / "log", directory / "terraform"
        script.write_text(f'#!/bin/sh\necho "$1" >> {log}\nexec {" ".join(found.command)} "$@"\n')
        script.chmod(0o755)
        return Terraform((str(script),), found.version, found.origin), log

    def test_happens_once_for_the_same_content(self, provider: Provider, tmp_path: Path) -> None:
        terraform, log = self.counted(tmp_path)
        root = stack(tmp_path / "root", REQUIRED, VPC)
        for _ in range(2):
            make(root, provider, terraform=terraform).init()
        assert log.read_text().split() == ["init"]
        stack(root, REQUIRED, VPC, "# changed\n")
        make(root, provider, terraform=terraform).init()
        assert log.read_text().split() == ["init", "init"]

    def test_happens_again_when_the_provider_is_gone(self, tmp_path: Path) -> None:
        terraform, log = self.counted(tmp_path)
        root = stack(tmp_path / "root", REQUIRED, VPC)
        mirror = tmp_path / "mirror"
        mirror.mkdir()
        original = packaged(STACKPROOF)
        assert original.cli_config
        link = mirror / "provider"
        link.symlink_to(original.cli_config.parent)
        config = tmp_path / "terraform.rc"
        config.write_text(original.cli_config.read_text().replace(str(original.cli_config.parent), str(link)))
        workspace = make(root, Provider(PACKAGED_VERSION, "packaged", config), terraform=terraform)
        workspace.init()
        (installed,) = (workspace.directory / ".terraform" / "providers").glob("*/*/*/*/*")
        installed.unlink()
        installed.symlink_to(tmp_path / "gone")
        workspace.init()
        assert log.read_text().split() == ["init", "init"]
        assert workspace.provider_version() == PACKAGED_VERSION

    def test_checks_the_packaged_provider_once_and_another_each_time(
        self, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = stack(tmp_path / "root", REQUIRED, VPC)
        for hash, is_locked in ((PACKAGED_HASH, False), ("h1:another", True)):
            monkeypatch.setattr("stackproof.terraform.workspace.PACKAGED_HASH", hash)
            stack(root, REQUIRED, VPC, f"# {hash}\n")
            workspace = make(root, provider)
            assert workspace.provider_version() == PACKAGED_VERSION
            assert (PACKAGED_HASH in (workspace.directory / ".terraform.lock.hcl").read_text()) is is_locked

    def test_fails_with_what_terraform_says(self, provider: Provider, tmp_path: Path) -> None:
        root = stack(tmp_path / "root", 'module "a" {\n  source = "./absent"\n}\n')
        (root / "absent").mkdir()
        (root / "absent" / "main.tf").write_text('terraform {\n  required_version = "< 1.0"\n}\n')
        with pytest.raises(TerraformError, match=r"terraform init .*failed.*\n.*Unsupported Terraform Core version"):
            make(root, provider).init()


class TestPrepare:
    def test_copies_what_the_sources_are_made_of_and_nothing_of_the_users(self, provider: Provider, tmp_path: Path) -> None:
        root = stack(tmp_path / "stacks" / "app", REQUIRED, 'module "logs" {\n  source = "../modules/logs"\n}\n')
        stack(tmp_path / "stacks" / "modules" / "logs", 'resource "aws_eip" "a" {\n  domain = "vpc"\n}\n')
        stack(tmp_path / "stacks" / "modules" / "unused")
        stack(root / "other_root")
        for name in (
            "templates/policy.json", "terraform.tfvars", "secret.auto.tfvars", "terraform.tfstate", "terraform.tfstate.backup",
            "tfplan", ".terraform/x", ".terraform.lock.hcl", ".env", "crash.log",
        ):  # fmt: skip
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(name)
        workspace = make(root, provider)
        base = workspace.directory.parent
        assert sorted(str(path.relative_to(base)) for path in base.rglob("*") if path.is_file()) == [
            "app/main.tf",
            "app/templates/policy.json",
            f"app/{OVERRIDE}",
            "modules/logs/main.tf",
        ]
        assert "vpc = true" in (base / "modules/logs/main.tf").read_text()
        assert workspace.notes == (
            "app/main.tf line 3: hashicorp/aws ~> 6.0 -> = 3.39.0",
            "modules/logs/main.tf line 2: aws_eip.a domain -> vpc",
        )
        assert workspace.validate().exit_status == 0

    def test_addresses_of_what_was_downgraded_in_modules_have_their_path(self, provider: Provider, tmp_path: Path) -> None:
        root = stack(tmp_path / "root", 'module "a" {\n  source = "./m"\n}\nmodule "b" {\n  source = "./m"\n}\n')
        stack(
            root / "m",
            'resource "aws_s3_bucket" "x" {\n}\n',
            'resource "aws_s3_bucket_versioning" "x" {\n  bucket = aws_s3_bucket.x.id\n',
            '  versioning_configuration {\n    status = "Enabled"\n  }\n}\n',
            'resource "aws_vpc_security_group_egress_rule" "x" {\n  security_group_id = "sg-1"\n  ip_protocol = "-1"\n}\n',
        )
        workspace = make(root, provider)
        assert workspace.merged == {
            f"module.{name}.aws_s3_bucket_versioning.x": f"module.{name}.aws_s3_bucket.x" for name in "ab"
        }
        assert workspace.retyped == {
            f"module.{name}.aws_vpc_security_group_egress_rule.x": f"module.{name}.aws_security_group_rule.egress_x"
            for name in "ab"
        }

    def test_directory_follows_from_content(self, provider: Provider, tmp_path: Path) -> None:
        root = stack(tmp_path / "root", REQUIRED, VPC)
        first = make(root, provider)
        assert make(root, provider).directory == first.directory
        assert make(root, provider, endpoint="http://127.0.0.1:5000").directory != first.directory
        stack(root, REQUIRED, VPC, "#\n")
        assert make(root, provider).directory != first.directory


class Endpoint(ThreadingHTTPServer):
    """An AWS endpoint that knows one answer, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                asked.append(f"{body} {self.headers['Authorization']} {self.headers.get('X-Amz-Security-Token')}")
                answer = (
                    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/x</Arn>"
                    b"<UserId>x</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
                )
                status = 200 if "GetCallerIdentity" in body else 403
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class TestProviderSettings:
    def test_calls_go_to_the_endpoint_with_test_credentials(
        self, provider: Provider, tmp_path: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
            monkeypatch.setenv(name, "of-the-user")
        settings = 'provider "aws" {\n  region              = "eu-west-1"\n  allowed_account_ids = ["999999999999"]\n}\n'
        root = stack(tmp_path / "root", REQUIRED, settings, ASKS_AWS)
        workspace = make(root, provider, endpoint=endpoint.url)
        workspace.plan()
        values = workspace.show(workspace.directory / "tfplan")["prior_state"]["values"]["root_module"]["resources"]
        assert values[0]["values"]["account_id"] == "123456789012"
        assert endpoint.asked
        for call in endpoint.asked:
            assert "Credential=test/" in call
            assert "/ap-northeast-2/sts/" in call or "/us-east-1/iam/" in call
            assert "of-the-user" not in call

    def test_another_account_behind_the_endpoint_is_refused(self, provider: Provider, tmp_path: Path, endpoint: Endpoint) -> None:
        root = stack(tmp_path / "root", REQUIRED, ASKS_AWS)
        workspace = prepare(
            root, tmp_path / "work", provider, endpoint=endpoint.url, region="ap-northeast-2", account="111111111111"
        )
        with pytest.raises(TerraformError, match="123456789012"):
            workspace.plan()

    @pytest.mark.parametrize(
        "settings", ["", 'provider "aws" {\n  allowed_account_ids = ["123456789012"]\n  profile = "mine"\n}\n']
    )
    def test_without_an_endpoint_a_plan_needs_no_account(self, settings: str, provider: Provider, tmp_path: Path) -> None:
        root = stack(tmp_path / "root", REQUIRED, settings, VPC)
        assert diagnostics(make(root, provider).plan()) == ()
        assert [path.name for path in root.iterdir()] == ["main.tf"]
        assert (root / "main.tf").read_text() == REQUIRED + settings + VPC

    def test_without_an_endpoint_a_call_is_refused_at_once(self, provider: Provider, tmp_path: Path) -> None:
        workspace = make(stack(tmp_path / "root", REQUIRED, ASKS_AWS), provider)
        with pytest.raises(
            TerraformError, match=r"data\.aws_caller_identity\.me: .*\n.*\n.*asked AWS for something, which it must not"
        ):
            workspace.plan(timeout=100)

    def test_every_alias_is_overridden_and_keeps_its_region(self, provider: Provider, tmp_path: Path, endpoint: Endpoint) -> None:
        alias = 'provider "aws" {\n  alias  = "billing"\n  region = "us-east-1"\n}\n'
        asks = 'data "aws_region" "here" {}\ndata "aws_region" "billing" {\n  provider = aws.billing\n}\n'
        shown = 'output "regions" {\n  value = [data.aws_region.here.region, data.aws_region.billing.region]\n}\n'
        workspace = make(stack(tmp_path / "root", REQUIRED, alias, asks, shown), provider, endpoint=endpoint.url)
        workspace.plan()
        plan = workspace.show(workspace.directory / "tfplan")
        assert plan["planned_values"]["outputs"]["regions"]["value"] == ["ap-northeast-2", "us-east-1"]
        assert {call.split("Credential=")[1][:5] for call in endpoint.asked} == {"test/"}

    def test_every_service_of_the_packaged_provider_is_redirected(self, provider: Provider, tmp_path: Path) -> None:
        workspace = make(stack(tmp_path / "root", REQUIRED, VPC), provider)
        workspace.init()
        shown = workspace.terraform.run(
            "providers",
            "schema",
            "-json",
            directory=workspace.directory,
            environment={"TF_CLI_CONFIG_FILE": str(provider.cli_config)},
        )
        settings = json.loads(shown.stdout)["provider_schemas"]["registry.terraform.io/hashicorp/aws"]["provider"]["block"]
        assert set(SERVICES) == set(settings["block_types"]["endpoints"]["block"]["attributes"])

    def test_the_current_generation_has_its_own_names(self, tmp_path: Path) -> None:
        root = stack(tmp_path / "root", REQUIRED)
        text = override(
            [sources.read(root)], Provider("6.69.1", "Terraform registry"), "http://127.0.0.1:1", "eu-west-1", "1" * 12
        )
        assert "s3_use_path_style = true" in text
        assert 'allowed_account_ids = ["111111111111"]' in text
        assert "profile = null" in text
        for older in ("s3_force_path_style", "skip_get_ec2_platforms", "endpoints {"):
            assert older not in text


class TestMirrorOfTheUser:
    """The way of the current generation: not downgraded, the user's mirror, the committed lock file. The provider behind the
    mirror is the packaged one under another version number, which takes sources that both generations share."""

    @pytest.fixture
    def mirrored(self, provider: Provider, tmp_path: Path) -> Provider:
        assert provider.cli_config
        aws = Path("registry.terraform.io/hashicorp/aws")
        (tmp_path / "mirror" / aws / current_version()).mkdir(parents=True)
        packaged_files = provider.cli_config.parent / aws / PACKAGED_VERSION / "linux_amd64"
        (tmp_path / "mirror" / aws / current_version() / "linux_amd64").symlink_to(packaged_files)
        config = tmp_path / "user.rc"
        config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{tmp_path}/mirror"\n  }}\n}}\n')
        return Provider(current_version(), str(config), cli_config=config, plugin_cache=tmp_path / "plugins")

    def test_sources_are_used_as_they_are(self, mirrored: Provider, tmp_path: Path) -> None:
        root = stack(tmp_path / "root", REQUIRED, VPC)
        workspace = make(root, mirrored)
        assert (workspace.directory / "main.tf").read_text() == REQUIRED + VPC
        assert (workspace.notes, workspace.merged) == ((), {})
        assert workspace.provider_version() == current_version()
        assert [path.name for path in (tmp_path / "plugins").iterdir()] == ["registry.terraform.io"]

    def test_a_committed_lock_file_must_match(self, mirrored: Provider, tmp_path: Path) -> None:
        root = stack(tmp_path / "root", REQUIRED, VPC)
        first = make(root, mirrored)
        first.init()
        lock = (first.directory / ".terraform.lock.hcl").read_text()
        (root / ".terraform.lock.hcl").write_text(lock)
        make(root, mirrored).init()
        for wrong, said in ((lock.replace('"h1:', '"h1:AAAA'), "checksums"), ("", "Provider dependency changes detected")):
            (root / ".terraform.lock.hcl").write_text(wrong)
            with pytest.raises(TerraformError, match=rf"(?s)terraform init.*{said}"):
                make(root, mirrored).init()

    def test_the_exact_version_is_written_into_the_copy(self, mirrored: Provider, tmp_path: Path) -> None:
        workspace = make(stack(tmp_path / "root", REQUIRED, VPC), mirrored)
        assert workspace.is_pinned
        assert f'version = "{current_version()}"' in (workspace.directory / OVERRIDE).read_text()

    @pytest.mark.parametrize("constraint", ["~> 5.0", "6.69.0", "< 6.0", "any"])
    def test_a_constraint_that_does_not_admit_it_is_not_hidden(self, constraint: str, mirrored: Provider, tmp_path: Path) -> None:
        workspace = make(stack(tmp_path / "root", REQUIRED.replace("~> 6.0", constraint), VPC), mirrored)
        assert not workspace.is_pinned
        with pytest.raises(TerraformError, match="terraform init") as raised:
            workspace.init()
        assert not isinstance(raised.value, ProviderFailed)

    def test_a_mirror_without_it_is_the_providers_fault_and_not_the_sources(self, mirrored: Provider, tmp_path: Path) -> None:
        missing = replace(mirrored, version="6.69.2")
        with pytest.raises(ProviderFailed, match=r"6\.69\.2") as raised:
            make(stack(tmp_path / "root", REQUIRED, VPC), missing).init()
        assert raised.value.reason.startswith("Failed to query available provider packages")

    def test_so_is_one_that_does_not_start(self, mirrored: Provider, tmp_path: Path) -> None:
        (tmp_path / "mirror").rename(tmp_path / "good")
        here = tmp_path / "mirror" / "registry.terraform.io" / "hashicorp" / "aws" / current_version() / "linux_amd64"
        here.mkdir(parents=True)
        (here / f"terraform-provider-aws_v{current_version()}_x5").write_text("#!/bin/sh\nexit 1\n")
        (here / f"terraform-provider-aws_v{current_version()}_x5").chmod(0o755)
        with pytest.raises(ProviderFailed, match="hashicorp/aws"):
            make(stack(tmp_path / "root", REQUIRED, VPC), mirrored).validate()
