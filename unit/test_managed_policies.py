"""The documents of AWS managed policies that the project carries."""

import gzip
import importlib.util
import json
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from stackproof.judgement import managed_policies
from stackproof.judgement.access import statements
from stackproof.judgement.escalation import administers, escalations
from stackproof.judgement.iam import broad_grants, sweeping_grants
from stackproof.judgement.managed_policies import published, published_on

ROOT = Path(__file__).parents[1]
FILE = ROOT / "stackproof" / "judgement" / managed_policies.FILE


@pytest.fixture(scope="module")
def content() -> dict[str, object]:
    read: dict[str, object] = json.loads(gzip.decompress(FILE.read_bytes()))
    return read


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("managed_policies", ROOT / "scripts" / "managed_policies.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_document_can_be_judged(content: dict[str, dict[str, object]]) -> None:
    policies = content["policies"]
    assert len(policies) > 1000
    for document in policies.values():
        assert statements(document)  # type: ignore[arg-type]


def test_it_is_told_of_what_and_when(content: dict[str, object]) -> None:
    assert "moto" in str(content["source"])
    assert content["date"] == published_on()
    assert published_on() >= "2026-09-30"


def test_the_script_makes_the_file(
    content: dict[str, object], script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if f"moto {version('moto')} " not in str(content["source"]):
        pytest.skip("the file is of another moto than the installed one")
    made = tmp_path / "made.json.gz"
    monkeypatch.setattr(script, "FILE", made)
    script.main()
    assert json.loads(gzip.decompress(made.read_bytes())) == content


def test_policies_of_services_own_roles_are_left_out(content: dict[str, dict[str, object]]) -> None:
    assert [name for name in content["policies"] if name.startswith("aws-service-role/")] == []


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_one_is_known_in_every_partition(partition: str) -> None:
    administrator = published(f"arn:{partition}:iam::aws:policy/AdministratorAccess")
    assert administrator is not None
    assert administers([administrator])
    assert escalations([administrator])


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam::123456789012:policy/AdministratorAccess",
        "arn:aws:iam::aws:policy/administratoraccess",
        "arn:aws:iam::aws:policy/SystemAdministrator",
        "arn:aws:iam::aws:policy/",
        "AdministratorAccess",
        "",
    ],
)
def test_no_other_is_taken_for_one(arn: str) -> None:
    assert published(arn) is None


@pytest.mark.parametrize(
    ("name", "is_sweeping"),
    [
        ("AdministratorAccess", True),
        ("PowerUserAccess", True),
        ("AmazonEC2ContainerRegistryPowerUser", True),
        ("SecretsManagerReadWrite", True),
        ("AWSKeyManagementServicePowerUser", True),
        ("job-function/SystemAdministrator", True),
        ("job-function/DatabaseAdministrator", True),
        ("job-function/NetworkAdministrator", True),
        ("AmazonS3FullAccess", True),
        ("AWSXRayDaemonWriteAccess", False),
        ("AmazonEC2ContainerRegistryReadOnly", False),
        ("service-role/AmazonECSTaskExecutionRolePolicy", False),
        ("service-role/AWSLambdaBasicExecutionRole", False),
        ("SecurityAudit", False),
        ("ReadOnlyAccess", False),
    ],
)
def test_which_grant_whole_services(name: str, is_sweeping: bool) -> None:
    document = published(f"arn:aws:iam::aws:policy/{name}")
    assert document is not None
    assert bool(sweeping_grants(document)) is is_sweeping
    assert not is_sweeping or broad_grants(document)
