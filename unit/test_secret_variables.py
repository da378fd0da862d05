"""The secret variables of a stack: which they are, and where their values come from."""

from pathlib import Path

import pytest

from stackproof.core.verdicts import UsageError
from stackproof.profile.loading import load
from stackproof.profile.terraform import TerraformStack
from stackproof.terraform.secret_variables import secret_names, secret_values

SOURCES = """
variable "token" {
  type      = string
  sensitive = true
}
variable "hook" {
  sensitive = true
  default   = null
}
variable "name" {}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "variables.tf").write_text(SOURCES)
    for name in ("token", "hook", "name"):
        monkeypatch.delenv(f"TF_VAR_{name}", raising=False)
    return tmp_path


def values(root: Path, **keys: object) -> dict[str, str]:
    return secret_values(TerraformStack.model_validate({"directory": ".", **keys}), root, lambda: "something made up")


@pytest.mark.parametrize(("keys", "names"), [({}, ("token",)), ({"secrets": ()}, ()), ({"secrets": ("hook",)}, ("hook",))])
def test_secrets_are_those_that_are_declared_else_those_that_are_sensitive_and_required(
    root: Path, keys: dict[str, object], names: tuple[str, ...]
) -> None:
    assert secret_names(TerraformStack.model_validate({"directory": ".", **keys}), root) == names


def test_a_value_comes_from_the_environment_then_from_the_file_else_it_is_made_up(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert values(root) == {"token": "something made up"}
    (root / "secrets.tfvars").write_text('token = "of the file"\n')
    assert values(root, secrets_file="secrets.tfvars") == {"token": "of the file"}
    monkeypatch.setenv("TF_VAR_token", "of the environment")
    assert values(root, secrets_file="secrets.tfvars") == {"token": "of the environment"}


def test_a_value_that_is_no_text_is_told_without_the_value(root: Path) -> None:
    (root / "secrets.tfvars").write_text("token = 4711\n")
    with pytest.raises(UsageError, match='token is no text: write token = "'):
        values(root, secrets_file="secrets.tfvars")


def test_a_value_that_could_not_be_hidden_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_VAR_token", "x1y2")
    with pytest.raises(UsageError, match="the value of token has less than 8 characters"):
        values(root)


def test_a_profile_keeps_no_secret(root: Path) -> None:
    (root / "live.toml").write_text('[terraform]\ndirectory = "."\nsecrets = ["token"]\nvariables = { token = "x" }\n')
    with pytest.raises(UsageError, match="token is a secret: its value comes from TF_VAR_token or secrets_file"):
        load("live", root)
