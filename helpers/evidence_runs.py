"""Real runs of the suite in a small copy of the repository (the controls, the environments and the waivers), and runs made of answers."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import warm_pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from proofs import harness
from stackproof.core import results_file
from stackproof.core.results import Run
from stackproof.evidence import folders, recorded, signing
from stackproof.evidence.facts import Facts
from stackproof.evidence.store import Store
from stackproof.sources.aws.calls import Answer

ACCOUNT, REGION = "123456789012", "ap-northeast-2"
ROOT = Path(__file__).parents[1]
PLAN = ROOT / "proofs" / "compliant" / "plan.json"


def copied(folder: Path) -> Path:
    """A copy in a folder."""
    for name in ("tests", "environments", "pytest.ini", "waivers.toml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def environment(**variables: str) -> dict[str, str]:
    """What a run sees: nothing of AWS and of pytest from outside. Byte code is kept for the next one, whatever is set outside."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    outside.pop("PYTHONDONTWRITEBYTECODE", None)
    return outside | {"PYTHONPATH": str(ROOT)} | variables


def run(folder: Path, *options: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """pytest in the copy."""
    return warm_pytest.run(["-p", "no:cacheprovider", *options], folder, environment(**variables))


def newest(folder: Path, name: str) -> Path:
    """The directory of the last run on an environment and target: ``local-plan``; their common folder where there is none."""
    reports = folder / "reports" / name
    return next(reversed(folders.all_of(reports)), reports)


def files(folder: Path) -> Mapping[str, bytes]:
    """Every file under a folder, by its path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def seal(directory: Path, answers: list[Answer], key: Ed25519PrivateKey | None = None, **changes: Any) -> None:
    """A directory with the evidence of a run that got these answers; ``changes`` are to its facts."""
    directory.mkdir()
    kept = Store.temporary(ACCOUNT)
    for answer in answers:
        kept.answer(answer.call, lambda answer=answer: answer)  # type: ignore[misc]
    signed_by = signing.fingerprint(key.public_key()) if key else ""
    facts = Facts("0.1.0", "0" * 64, "local", "embedded", "SPE", ACCOUNT, REGION, "", False, harness.recorded_at(), "")
    facts = replace(facts, signed_by=signed_by, **changes)
    recorded.write(directory, kept, facts, harness.profile(), "", f"{'0' * 64}  a_module\n")
    nothing = Run(facts.now, 0.0, facts.environment, facts.target, facts.account, facts.region, {}, {})
    (directory / "results.json").write_text(results_file.to_json(nothing), encoding="utf-8")
    recorded.seal(directory, key)
