"""Green means judged: what options, plugins and conftest.py files take away is told and closes the gate, and they are named everywhere."""

import json
import os
from pathlib import Path

import pytest
from attack_figures import ATTACK
from test_plugin import PASS, Ended, repository, run

CONTROLS = """
from stackproof.core.controls import control

@control("SEC-RDS-01", severity="critical")
def test_database_is_not_public(database):
    assert not database.publicly_accessible

@control("SEC-RDS-02", severity="high")
def test_database_is_not_public_again(database):
    assert not database.publicly_accessible
"""
BOTH = {"SEC-RDS-01": PASS, "SEC-RDS-02": PASS}

TAKES_OUT = "def pytest_collection_modifyitems(items): del items[1:]"
ANSWERS = """
import pytest
@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem): return True
"""
RUNS_NONE = """
import pytest
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item): return item.name.endswith("again") or None
"""
RUNS_NOTHING = """
import pytest
@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session): return True
"""
MARKS = """
import pytest
def pytest_itemcollected(item): item.add_marker(pytest.mark.skip(reason="not today"))
"""
EXPECTS = """
import pytest
def pytest_collection_modifyitems(items):
    for item in items: item.add_marker(pytest.mark.xfail(run=False, reason="later"))
"""
WHITEWASHES = """
import pytest
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.outcome = "passed"
    return report
"""
NOTHING = "def pytest_configure(config): pass"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path, CONTROLS)


def outputs(ended: Ended) -> dict[str, str]:
    files = {name: (ended.reports / name).read_text(encoding="utf-8") for name in ("results.json", "report.html", "junit.xml")}
    return {"terminal": ended.output, **files}


HOOKS = (TAKES_OUT, RUNS_NONE, RUNS_NOTHING, MARKS, EXPECTS)
UNDER_XDIST = HOOKS if ATTACK else (TAKES_OUT, RUNS_NOTHING)
"""A hook of the collection, which each worker has, and one of the run; all of them by ``make attack``."""


@pytest.mark.parametrize(
    ("workers", "hooks"),
    [
        *(pytest.param((), hooks, id=f"alone-{number}") for number, hooks in enumerate(HOOKS)),
        *(pytest.param(("-n1",), hooks, id=f"xdist-{number}") for number, hooks in enumerate(UNDER_XDIST)),
    ],
)
def test_a_conftest_that_takes_controls_away_closes_the_gate(hooks: str, workers: tuple[str, ...], root: Path) -> None:
    (root / "conftest.py").write_text(hooks)
    ended = run(root, *workers)
    assert ended.status != 0, ended.output
    if (ended.reports / "results.json").exists():
        assert ended.results["exit_status"] == 1
        for name, text in outputs(ended).items():
            assert "conftest.py took part" in text, name


def test_a_plugin_that_whitewashes_reports_opens_nothing(root: Path) -> None:
    """The verdict is not the report's."""
    plan = json.loads((root / "plan.json").read_text())
    for resource in plan["planned_values"]["root_module"]["resources"]:
        if resource["type"] == "aws_db_instance":
            resource["values"]["publicly_accessible"] = True
    plan["resource_changes"][0]["change"]["after"]["publicly_accessible"] = True
    (root / "plan.json").write_text(json.dumps(plan))
    (root / "whitewash.py").write_text(WHITEWASHES)
    ended = run(root, "-p", "whitewash", PYTHONPATH=f"{root}{os.pathsep}{Path(__file__).parents[1]}")
    assert ended.status == 1
    assert set(ended.verdicts.values()) == {"FAIL"}


OPENS = """
import pytest
@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session): session.exitstatus = 0
def pytest_unconfigure(config): config.pluginmanager.get_plugin("session").exitstatus = 0
"""


def test_a_conftest_that_opens_the_gate_behind_us_opens_nothing(root: Path) -> None:
    (root / "conftest.py").write_text(OPENS)
    (root / "tests" / "security" / "test_small.py").write_text(CONTROLS.replace("assert not", "assert"))
    ended = run(root)
    assert (ended.status, {*ended.verdicts.values()}) == (1, {"FAIL"})


@pytest.mark.parametrize("ends", ["def pytest_cmdline_main(config): return 0\n", "import sys\nsys.exit(0)\n"])
def test_a_conftest_that_ends_the_run_before_it_begins_is_refused(ends: str, root: Path) -> None:
    (root / "conftest.py").write_text(ends)
    ended = run(root)
    assert ended.status == 4
    assert "before anything was judged" in ended.output


def test_a_file_that_is_skipped_with_a_control_in_it_closes_the_gate(root: Path) -> None:
    (root / "tests" / "security" / "test_other.py").write_text(
        "import pytest\npytest.skip('not today', allow_module_level=True)\n" + CONTROLS.replace("SEC-RDS-0", "SEC-S3-0")
    )
    ended = run(root)
    assert (ended.status, ended.verdicts) == (1, BOTH)
    assert ended.results["not_judged"] == ["SEC-S3-01", "SEC-S3-02"]


def test_a_run_whose_paths_were_turned_elsewhere_is_not_green(root: Path) -> None:
    (root / "elsewhere").mkdir()
    (root / "elsewhere" / "test_nothing.py").write_text("def test_nothing(): pass\n")
    (root / "pytest.ini").write_text((root / "pytest.ini").read_text().replace("testpaths = tests", "testpaths = elsewhere"))
    ended = run(root)
    assert ended.status == 1
    assert "No control was judged, so the gate is closed" in ended.output


def test_without_a_terminal_a_failure_closes_the_gate(root: Path) -> None:
    (root / "tests" / "security" / "test_small.py").write_text(CONTROLS.replace("assert not", "assert"))
    ended = run(root, "-p", "no:terminal")
    assert (ended.status, {*ended.verdicts.values()}) == (1, {"FAIL"})


def test_python_without_assertions_judges_nothing(root: Path) -> None:
    ended = run(root, "--assert=plain", PYTHONOPTIMIZE="1")
    assert ended.status == 4
    assert "unset PYTHONOPTIMIZE" in ended.output
    assert not ended.reports.exists()


def test_a_conftest_that_answers_in_the_place_of_controls_is_not_asked(root: Path) -> None:
    (root / "conftest.py").write_text(ANSWERS)
    ended = run(root)
    assert (ended.status, ended.verdicts) == (0, BOTH), ended.output
    assert all(control["read"] for control in ended.results["controls"])


def test_what_was_lost_is_named(root: Path) -> None:
    (root / "conftest.py").write_text(TAKES_OUT)
    ended = run(root)
    assert ended.results["not_judged"] == ["SEC-RDS-02"]
    for name, text in outputs(ended).items():
        assert "SEC-RDS-02" in text, name


@pytest.mark.parametrize(
    "option", ["--setup-plan", "--setup-only", "-pno:stackproof-session", "-pno:stackproof-lean", "-pno:junitxml", "-pno:html"]
)
def test_an_option_by_which_nothing_is_judged_is_refused(option: str, root: Path) -> None:
    ended = run(root, option)
    assert ended.status == 4
    assert "leave it out" in ended.output
    assert not ended.reports.exists()


@pytest.mark.parametrize(
    "options", [("-k", "SEC-RDS-01"), ("--deselect=tests/security/test_small.py::test_database_is_not_public_again",)]
)
def test_what_was_not_selected_is_told(options: tuple[str, ...], root: Path) -> None:
    ended = run(root, *options)
    assert ended.status == 0, ended.output
    (note,) = [note for note in ended.results["notes"] if "were not selected" in note]
    assert f"({' '.join(options).replace('=', ' ')})" in note
    assert "this run says nothing about them" in ended.output
    assert "this run says nothing about them" in outputs(ended)["report.html"]


def test_a_plugin_and_added_options_are_named_in_every_output(root: Path) -> None:
    (root / "stranger.py").write_text(NOTHING)
    path = f"{root}{os.pathsep}{Path(__file__).parents[1]}"
    for name, text in outputs(run(root)).items():
        assert "took part" not in text, name
    ended = run(root, "-p", "stranger", PYTHONPATH=path, PYTEST_ADDOPTS="--strict-markers")
    assert (ended.status, ended.verdicts) == (0, BOTH), ended.output
    for name, text in outputs(ended).items():
        assert "The plugin stranger took part" in text, name
        assert "PYTEST_ADDOPTS was set: --strict-markers" in text, name


def test_a_plugin_that_takes_a_known_name_is_named(root: Path) -> None:
    (root / "pytest_html_evil.py").write_text(NOTHING)
    (root / "testinfra").mkdir()
    (root / "testinfra" / "__init__.py").write_text("")
    (root / "testinfra" / "plugin.py").write_text(NOTHING)
    path = f"{root}{os.pathsep}{Path(__file__).parents[1]}"
    ended = run(root, "-p", "pytest_html_evil", PYTHONPATH=path)
    assert "pytest_html_evil took part" in ended.output
    assert "testinfra.plugin) took part" in ended.output


def test_the_digest_covers_every_conftest_plugin_and_module_that_took_part(root: Path) -> None:
    path = f"{root}{os.pathsep}{Path(__file__).parents[1]}"
    (root / "stranger.py").write_text("import helping\n" + NOTHING)
    facts = []
    for helping, conftest in (("A = 1", ""), ("A = 2", ""), ("A = 2", '"""Words."""')):
        (root / "helping.py").write_text(helping)
        (root / "tests" / "conftest.py").write_text(conftest)
        ended = run(root, "-p", "stranger", PYTHONPATH=path)
        facts.append(json.loads((ended.reports / "evidence" / "run.json").read_text()))
        listed = {line.split("  ")[1] for line in (ended.reports / "evidence" / "modules").read_text().splitlines()}
        assert {"stranger", "helping", "pytest_html.plugin", "stackproof.core.runner"} <= listed
        assert not {"json", "os"} & listed
    assert len({one["modules"] for one in facts}) == 3
    assert facts[0]["code"] == facts[1]["code"] != facts[2]["code"]
