"""What is kept between runs: taken where everything that it depends on is the same, and made anew in every other case."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from stackproof.scanners import checkov
from stackproof.terraform import inputs
from stackproof.terraform.cli import Terraform
from stackproof.util.kept import FOLDER, Kept

INPUTS = {"sources": "a", "tool": "1.0"}


def only_file(cache: Path) -> Path:
    (file,) = (cache / FOLDER).iterdir()
    return file


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    assert Kept(tmp_path).get("plan", INPUTS, lambda: {"changes": [1]}).made is None
    return tmp_path


def never() -> None:
    raise AssertionError("it was made anew")


class TestKept:
    def test_is_taken_for_the_same_inputs_and_says_so(self, cache: Path) -> None:
        kept = Kept(cache)
        answer = kept.get("plan", dict(reversed(INPUTS.items())), never)
        assert answer.value == {"changes": [1]}
        assert answer.told("a plan").startswith("a plan, made 20")
        assert answer.digest in answer.told("a plan")
        assert kept.taken == [answer]

    def test_is_taken_only_if_it_holds_now(self, cache: Path) -> None:
        seen: list[object] = []

        def holds(value: object) -> bool:
            seen.append(value)
            return len(seen) > 1

        assert Kept(cache).get("plan", INPUTS, lambda: "anew", holds=holds).value == "anew"
        kept = Kept(cache)
        assert kept.get("plan", INPUTS, never, holds=holds).value == "anew"
        assert (seen, len(kept.taken)) == ([{"changes": [1]}, "anew"], 1)

    @pytest.mark.parametrize(
        ("name", "others"),
        [
            ("plan", INPUTS | {"sources": "b"}),
            ("plan", INPUTS | {"tool": "1.1"}),
            ("plan", {"sources": "a"}),
            ("validate", INPUTS),
        ],
        ids=["a value", "another value", "one less", "another thing"],
    )
    def test_is_made_anew_for_other_inputs(self, cache: Path, name: str, others: dict[str, str]) -> None:
        answer = Kept(cache).get(name, others, lambda: "anew")
        assert (answer.value, answer.made) == ("anew", None)

    @pytest.mark.parametrize(
        "damage",
        [
            lambda text: text.replace("[1]", "[2]"),
            lambda text: text.replace('"made": 1', '"made": 2'),
            lambda text: text.replace('"sources": "a"', '"sources": "b"'),
            lambda text: text[:-3],
            lambda text: "",
            lambda text: "not JSON",
        ],
    )
    def test_is_made_anew_where_its_file_was_changed_and_is_whole_again(self, cache: Path, damage: Callable[[str], str]) -> None:
        file = only_file(cache)
        whole = file.read_text()
        file.write_text(damage(whole))
        assert Kept(cache).get("plan", INPUTS, lambda: {"changes": [1]}).made is None
        assert Kept(cache).get("plan", INPUTS, never).value == {"changes": [1]}

    def test_is_not_taken_from_a_file_under_another_name(self, cache: Path) -> None:
        file = only_file(cache)
        other = Kept(cache).get("plan", {"sources": "b"}, lambda: "b")
        file.replace(file.with_name(f"plan-{other.digest}.json"))
        assert Kept(cache).get("plan", {"sources": "b"}, lambda: "anew").value == "anew"

    def test_is_made_anew_and_kept_in_a_fresh_run(self, cache: Path) -> None:
        assert Kept(cache, is_fresh=True).get("plan", INPUTS, lambda: "anew").made is None
        assert Kept(cache).get("plan", INPUTS, never).value == "anew"

    def test_has_nothing_whose_inputs_cannot_be_told(self, tmp_path: Path) -> None:
        assert [Kept(tmp_path).get("plan", None, number.__int__).value for number in range(2)] == [0, 1]
        assert not (tmp_path / FOLDER).exists()

    def test_has_nothing_that_failed(self, tmp_path: Path) -> None:
        with pytest.raises(AssertionError):
            Kept(tmp_path).get("plan", INPUTS, never)
        assert Kept(tmp_path).get("plan", INPUTS, lambda: "made").made is None

    def test_has_nothing_that_may_be_of_the_moment(self, tmp_path: Path) -> None:
        for number in range(2):
            answer = Kept(tmp_path).get("plan", INPUTS, number.__int__, keeps=lambda value: value > 0)
            assert (answer.value, answer.made) == (number, None)
        assert Kept(tmp_path).get("plan", INPUTS, never).value == 1

    def test_is_read_by_its_owner_alone(self, cache: Path) -> None:
        assert stat.S_IMODE(only_file(cache).stat().st_mode) == 0o600


class TestInputsOfTerraform:
    """Of a copy that looks as ``init`` leaves it."""

    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        provider = tmp_path / "mirror" / "provider"
        installed = tmp_path / "copy" / ".terraform" / "providers" / "registry.terraform.io" / "hashicorp" / "aws" / "3.39.0"
        for folder in (provider.parent, installed, tmp_path / "copy" / ".terraform" / "modules"):
            folder.mkdir(parents=True)
        provider.write_bytes(b"provider")
        (installed / "linux_amd64").symlink_to(provider.parent)
        (tmp_path / "terraform").write_bytes(b"terraform")
        (tmp_path / "terraform.rc").write_text("")
        (tmp_path / "copy" / "main.tf").write_text('resource "aws_vpc" "main" {}\n')
        (tmp_path / "copy" / "policy.json").write_text("{}")
        (tmp_path / "copy" / ".terraform.lock.hcl").write_text('provider "registry.terraform.io/hashicorp/aws" {}\n')
        (tmp_path / "copy" / ".terraform" / "modules" / "modules.json").write_text(
            '{"Modules": [{"Key": "", "Source": ""}, {"Key": "logs", "Source": "./logs"}]}'
        )
        return tmp_path / "copy"

    @staticmethod
    def of(copy: Path, version: str = "1.15.5", **environment: str) -> dict[str, str] | None:
        terraform = Terraform((str(copy.parent / "terraform"),), version, "PATH")
        configuration = {"TF_CLI_CONFIG_FILE": str(copy.parent / "terraform.rc")}
        return inputs.of_copy(copy, copy, terraform, {"AWS_REGION": "here", **configuration, **environment})

    def test_are_the_same_as_long_as_nothing_changes(self, copy: Path) -> None:
        assert self.of(copy) == self.of(copy, PATH="/bin", TF_VAR_password="1", TF_TOKEN_x="2")
        assert self.of(copy)

    @pytest.mark.parametrize(
        "file", ["copy/main.tf", "copy/policy.json", "copy/.terraform.lock.hcl", "mirror/provider", "terraform", "terraform.rc"]
    )
    def test_are_others_where_a_file_is_another(self, copy: Path, file: str) -> None:
        before = self.of(copy)
        with (copy.parent / file).open("a") as more:
            more.write("\n")
        assert self.of(copy) not in (before, None)

    @pytest.mark.parametrize("name", ["copy/more.tf", "copy/terraform.tfstate", "copy/a.auto.tfvars", "mirror/more"])
    def test_are_others_where_there_is_one_more_file(self, copy: Path, name: str) -> None:
        before = self.of(copy)
        (copy.parent / name).write_text("")
        assert self.of(copy) not in (before, None)

    def test_are_others_with_another_version_and_environment(self, copy: Path) -> None:
        before = self.of(copy)
        for others in (
            self.of(copy, "1.16.0"),
            self.of(copy, AWS_REGION="there"),
            self.of(copy, TF_CLI_ARGS_plan="-parallelism=1"),
        ):
            assert others not in (before, None)

    @pytest.mark.parametrize(
        ("file", "text"),
        [
            ("copy/main.tf", 'locals { at = plantimestamp() }'),
            ("copy/main.tf", 'locals { a = file("/etc/hostname") }'),
            ("copy/main.tf", 'locals { a = file("${path.module}/../../policy.json") }'),
            ("copy/main.tf", 'locals { a = templatefile(var.name, {}) }'),
            ("copy/main.tf", 'data "external" "x" {}'),
            ("copy/main.tf", 'data "terraform_remote_state" "x" {}'),
            ("copy/main.tf", "locals { a = provider::x::y() }"),
            ("copy/.terraform.lock.hcl", 'provider "registry.terraform.io/hashicorp/time" {}'),
            ("copy/.terraform/modules/modules.json", '{"Modules": [{"Key": "vpc", "Source": "registry.terraform.io/x/vpc/aws"}]}'),
            ("terraform.rc", "provider_installation { dev_overrides {} }"),
        ],
    )  # fmt: skip
    def test_cannot_be_told_where_more_counts(self, copy: Path, file: str, text: str) -> None:
        (copy.parent / file).write_text(text)
        assert self.of(copy) is None

    def test_cannot_be_told_without_the_provider(self, copy: Path) -> None:
        (copy.parent / "mirror" / "provider").unlink()
        (copy.parent / "mirror").rmdir()
        assert self.of(copy) is None


class TestScan:
    SCAN = checkov.Scan("3.3.30", (checkov.Finding("CKV_1", "aws_x.y", "a.tf", 1, "title"),), (), 2, ("aws_x.y",))

    def test_is_the_same_when_it_is_taken(self, tmp_path: Path) -> None:
        assert checkov.kept_scan(Kept(tmp_path), "sources", "digest", lambda: self.SCAN)[0] == self.SCAN
        taken, answer = checkov.kept_scan(Kept(tmp_path), "sources", "digest", never)  # type: ignore[arg-type]
        assert taken == self.SCAN
        assert answer.made

    def test_is_made_anew_for_others_and_by_another_checkov(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        kept = Kept(tmp_path)
        checkov.kept_scan(kept, "sources", "digest", lambda: self.SCAN)
        assert checkov.kept_scan(kept, "sources", "other", lambda: self.SCAN)[1].made is None
        assert checkov.kept_scan(kept, "plan", "digest", lambda: self.SCAN)[1].made is None
        other = tmp_path / "checkov.txt"
        other.write_text("checkov==3.4.0")
        monkeypatch.setattr(checkov, "REQUIREMENTS", other)
        assert checkov.kept_scan(kept, "sources", "digest", lambda: self.SCAN)[1].made is None
