"""What could answer in AWS's place is refused, or told with the verdicts."""

import re
from pathlib import Path

import pytest

from stackproof.core.verdicts import UsageError
from stackproof.evidence.store import Store
from stackproof.sources.aws.connection import reported, require_direct
from stackproof.targets import open_stage
from stackproof.targets.request import resolve

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    return tmp_path


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_RDS", "AWS_DATA_PATH"])
def test_what_only_misleads_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}.*unset it"):
        require_direct({name: "/tmp/x"}, "production")
    require_direct({name: ""}, "production")


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"HTTPS_PROXY": "http://kim:hunter2@proxy:3128"}, "HTTPS_PROXY proxy:3128"),
        ({"https_proxy": "proxy:3128"}, "HTTPS_PROXY proxy:3128"),
        ({"ALL_PROXY": "socks5://proxy"}, "ALL_PROXY proxy"),
        ({"AWS_CA_BUNDLE": "/etc/company.pem"}, "AWS_CA_BUNDLE /etc/company.pem"),
        ({"REQUESTS_CA_BUNDLE": "/etc/company.pem"}, "REQUESTS_CA_BUNDLE /etc/company.pem"),
    ],
)
def test_a_variable_is_told_without_its_password(environment: dict[str, str], says: str) -> None:
    (one,) = reported(environment)
    assert says in one
    assert "hunter2" not in one


@pytest.mark.parametrize(
    ("profile", "written", "says"),
    [
        ("", "[default]\nca_bundle = /x.pem\n", "ca_bundle /x.pem"),
        ("", "[default]\nendpoint_url = http://127.0.0.1:1\n", r"\[default\] in config has an endpoint_url"),
        ("ci", "[profile ci]\ns3 =\n  endpoint_url = http://127.0.0.1:1\n", r"\[profile ci\] in config has an endpoint_url"),
        ("ci", "[profile ci]\nservices = x\n[services x]\ns3 =\n  endpoint_url = http://a\n", r"\[services x\] in config"),
        ("ci", "[default]\nca_bundle = /x.pem\n[profile ci]\nregion = y\n", ""),
        ("", "[default]\nregion = ap-northeast-2\n", ""),
        ("", "no configuration at all", ""),
    ],
)
def test_what_the_callers_files_say_is_told(home: Path, profile: str, written: str, says: str) -> None:
    (home / ".aws" / "config").write_text(written)
    found = reported({"AWS_PROFILE": profile})
    assert len(found) == bool(says)
    assert not says or re.search(says, found[0])


def test_models_of_the_callers_own_are_told(home: Path) -> None:
    (home / ".aws" / "models" / "rds").mkdir(parents=True)
    assert "models" in "".join(reported({}))


def test_a_run_on_aws_notes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    stage = open_stage(resolve(ROOT, "production"), print, Store.temporary("123456789012"))
    assert "HTTPS_PROXY proxy:3128" in stage.notes[0]
