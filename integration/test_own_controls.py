"""docs/own-controls.md leads to what it says: its files are written, its commands run, in a folder of their own."""

import json
import re
from pathlib import Path

import pytest
from plan_documents import Planned, document
from test_elsewhere import ROOT, run

BLOCK = {"bucket": "orders-live", "block_public_acls": True, "ignore_public_acls": True}
PLAN = document(
    Planned("aws_s3_bucket.orders", {"bucket": "orders-live"}),
    Planned("aws_s3_bucket_public_access_block.orders", {**BLOCK, "block_public_policy": True, "restrict_public_buckets": True}),
    Planned("aws_codecommit_repository.orders", {"repository_name": "orders", "name": "orders", "default_branch": "main"}),
)
TEXT = (ROOT / "docs" / "own-controls.md").read_text(encoding="utf-8")
FILES = re.findall(r"^```\w+ (\S+)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^pytest (.+)$", TEXT, re.MULTILINE)


def arguments(command: str) -> list[str]:
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]+)"|(\S+)', command)]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of somebody else's that has all files of the page, its profile and its plan."""
    root = tmp_path_factory.mktemp("orders")
    profile = (ROOT / "environments" / "production.toml").read_text(encoding="utf-8")
    buckets = profile.replace('buckets = ["triflow-ai-prod"]', 'buckets = ["orders-live"]')
    for name, text in [*FILES, ("environments/live.toml", buckets), ("plan.json", json.dumps(PLAN))]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_the_page_has_files_and_commands() -> None:
    assert len(FILES) == 5
    assert len(COMMANDS) == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_what_the_page_runs_passes(command: str, repository: Path) -> None:
    status, output = run(repository, *arguments(command))
    assert status == 0, output
    assert "never proven" not in output or "ORD-02 was never proven" in " ".join(output.split())
