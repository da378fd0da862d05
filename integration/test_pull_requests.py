"""What a pull request may try to get a green run without judgement: each closes the gate, or is named in what the run prints.

A run on a stack that is wrong; all attempts by ``make attack``, a sample elsewhere.
"""

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from attack_figures import ATTACK
from test_plugin import PLAN, repository, run

TEST = "tests/security/test_small.py"
CONTROL = """
from stackproof.core.controls import control
{before}
@control("SEC-RDS-01", severity="critical")
{mark}
def test_database_is_not_public(database{fixtures}):
    {first}
    assert not database.publicly_accessible
"""


def edited(before: str = "", mark: str = "", fixtures: str = "", first: str = "pass") -> dict[str, str]:
    """The file of the control, with something put into it."""
    return {TEST: CONTROL.format(before=before, mark=mark or "# as it was", fixtures=fixtures, first=first)}


def hook(text: str, name: str = "conftest.py") -> dict[str, str]:
    """A file beside the controls; in it stands what most hooks need."""
    return {name: f"import os, sys, pytest\n{text}\n"}


def wrapped(signature: str, body: str) -> dict[str, str]:
    return hook(f"@pytest.hookimpl(wrapper=True, tryfirst=True)\ndef {signature}:\n    {body}")


def first(signature: str, body: str) -> dict[str, str]:
    return hook(f"@pytest.hookimpl(tryfirst=True)\ndef {signature}:\n    {body}")


def last(signature: str, body: str) -> dict[str, str]:
    return hook(f"@pytest.hookimpl(trylast=True)\ndef {signature}:\n    {body}")


INI = "[pytest]\naddopts = -p no:cacheprovider --strict-markers {}\ntestpaths = tests\n"
WAIVER = """[[waiver]]
control = "{control}"
resource = "{resource}"
reason = "It will be repaired by the team that owns it, later."
owner = "devops"
ticket = "T-1"
expires = {expires}
environments = ["local"]
targets = ["plan"]
"""


def waived(control: str = "SEC-RDS-01", resource: str = "*", expires: str = "2027-01-31") -> dict[str, str]:
    return {"waivers.toml": WAIVER.format(control=control, resource=resource, expires=expires)}


SWALLOWS = "try:\n        return (yield)\n    except BaseException:\n        return None"
ATTEMPTS: dict[str, dict[str, str]] = {
    # What is collected.
    "items are taken out": hook("def pytest_collection_modifyitems(items): items[:] = []"),
    "items are taken out last": last("pytest_collection_modifyitems(items)", "del items[:]"),
    "items are taken out, and it is told": hook(
        "def pytest_collection_modifyitems(items, config):\n    config.hook.pytest_deselected(items=items[:]); items[:] = []"
    ),
    "items are taken out after the collection": hook("def pytest_collection_finish(session): session.items[:] = []"),
    "files are ignored": hook("def pytest_ignore_collect(): return True"),
    "files are ignored by their names": hook('collect_ignore_glob = ["tests/*"]'),
    "a folder is ignored": hook('collect_ignore = ["security"]', "tests/conftest.py"),
    "functions are no items": first("pytest_pycollect_makeitem(collector, name, obj)", "return []"),
    "modules are empty": first("pytest_pycollect_makemodule(module_path, parent)", "return None if 0 else []"),
    "reports of the collection say that all is well": wrapped(
        "pytest_make_collect_report(collector)", "report = yield\n    report.result = []\n    report.outcome = 'passed'\n    return report"
    ),
    "functions have another name": {"pytest.ini": INI.format("") + "python_functions = check_*\n"},
    "files have another name": {"pytest.ini": INI.format("") + "python_files = check_*.py\n"},
    "folders are not gone into": {"pytest.ini": INI.format("") + "norecursedirs = security\n"},
    "paths lead elsewhere": {"pytest.ini": INI.format("").replace("= tests", "= docs"), "docs/test_a.py": "def test_a(): pass\n"},
    "an option selects nothing": {"pytest.ini": INI.format("-k nothing")},
    "an option selects no marker": {"pytest.ini": INI.format("-m nothing")},
    "an option deselects": {"pytest.ini": INI.format(f"--deselect={TEST}::test_database_is_not_public")},
    "an option ignores": {"pytest.ini": INI.format("--ignore=tests/security")},
    "an option collects alone": {"pytest.ini": INI.format("--collect-only")},
    "an option plans alone": {"pytest.ini": INI.format("--setup-plan")},
    "an option turns the session off": {"pytest.ini": INI.format("-p no:stackproof-session")},
    "an option turns the plugin off": {"pytest.ini": INI.format("-p no:stackproof")},
    "an option names a plugin": {"pytest.ini": INI.format("-p stranger")}
    | hook("def pytest_ignore_collect(): return True", "stranger.py"),
    "an option names other controls": {"pytest.ini": INI.format("--override-ini=testpaths=docs"), "docs/test_a.py": "def test_a(): pass\n"},
    "a project file in the place of pytest.ini": {"pytest.ini": "", "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-k no'\n"},
    # How it runs.
    "calls are answered": first("pytest_pyfunc_call(pyfuncitem)", "return True"),
    "the protocol is answered": first("pytest_runtest_protocol(item)", "return True"),
    "the loop is answered": first("pytest_runtestloop(session)", "return True"),
    "fixtures are answered": first("pytest_fixture_setup(fixturedef, request)", "fixturedef.cached_result = (None, 0, None); return True"),
    "exceptions of calls are swallowed": wrapped("pytest_runtest_call(item)", SWALLOWS),
    "exceptions of functions are swallowed": wrapped("pytest_pyfunc_call(pyfuncitem)", SWALLOWS),
    "every setup skips": hook("def pytest_runtest_setup(item): pytest.skip('not today')"),
    "every item is marked skipped": hook("def pytest_itemcollected(item): item.add_marker(pytest.mark.skip(reason='later'))"),
    "every item is expected to fail": hook("def pytest_itemcollected(item): item.add_marker(pytest.mark.xfail(reason='later'))"),
    "every item is expected to fail and not run": hook(
        "def pytest_itemcollected(item): item.add_marker(pytest.mark.xfail(run=False, reason='later'))"
    ),
    "every function is another": hook("def pytest_itemcollected(item): item.obj = lambda database: database.publicly_accessible"),
    "reports have passed": wrapped(
        "pytest_runtest_makereport(item, call)", "report = yield\n    report.outcome = 'passed'\n    return report"
    ),
    "reports are told as passed": first("pytest_report_teststatus(report, config)", "return 'passed', '.', 'PASSED'"),
    "reports are lost": first("pytest_runtest_logreport(report)", "report.outcome = 'passed'"),
    "the fixture is another": hook(
        "class Closed:\n    publicly_accessible = False\n@pytest.fixture\ndef database(): return Closed()", "tests/conftest.py"
    ),
    "the run stops at once": hook("def pytest_sessionstart(session): session.shouldstop = 'enough'"),
    "the run stops after the first": hook("def pytest_runtest_logfinish(nodeid): pytest.exit('enough', returncode=0)"),
    # How it ends.
    "the session ends with nothing wrong": last("pytest_sessionfinish(session)", "session.exitstatus = 0"),
    "the command ends with nothing wrong": first("pytest_cmdline_main(config)", "return 0"),
    "the command ends after it with nothing wrong": wrapped("pytest_cmdline_main(config)", "yield\n    return 0"),
    "the process ends as it is read": hook("os._exit(0)"),
    "the interpreter ends as it is read": hook("sys.exit(0)"),
    "pytest ends as it is read": hook("pytest.exit('enough', returncode=0)"),
    "the process ends in a signal's handler": hook(
        "import signal\nsignal.signal(signal.SIGALRM, lambda *_: os._exit(0))\nsignal.setitimer(signal.ITIMER_REAL, 0.001)"
    ),
    "the process becomes another program": hook("os.execv('/bin/true', ['true'])"),
    "the process becomes another program by its name": hook("os.execlp('true', 'true')"),
    "the process ends by the module behind os": hook("import posix\nposix._exit(0)"),
    "the process ends in a thread": hook("import threading\nthreading.Timer(0, lambda: os._exit(0)).start()"),
    "the process ends in the collector of garbage": hook("import gc\ngc.callbacks.append(lambda *_: os._exit(0))\ngc.collect()"),
    "the process ends where it is traced": hook("sys.settrace(lambda *_: os._exit(0))\n(lambda: 0)()"),
    "the process ends where it is profiled": hook("sys.setprofile(lambda *_: os._exit(0))\nlen('')"),
    "the process ends in an audit hook": hook(
        "sys.addaudithook(lambda event, _: os._exit(0) if event == 'open' and False else None)\nsys.audit('x')\nos._exit(0)"
    ),
    "results are written anew": last(
        "pytest_sessionfinish(session)",
        "import pathlib\n    for one in pathlib.Path('reports').rglob('results.json'): "
        "one.write_text(one.read_text().replace('FAIL', 'PASS'))",
    ),
    # What is judged.
    "the verdict FAIL is another": hook("from stackproof.core import verdicts\nverdicts.Verdict._member_map_['FAIL']._value_ = 'PASS'"),
    "the runner is another": hook("from stackproof.core import runner\nfor name in dir(runner):\n    pass\nrunner.Judgement = None"),
    "assertions are none": hook("import builtins\nbuiltins.AssertionError = type('Skipped', (Exception,), {})"),
    "assertions are not rewritten": {"pytest.ini": INI.format("--assert=plain"), **edited(first="return")},
    "the plan's values are others": hook(
        "from stackproof.sources.plan.blocks import PlannedBlock\nPlannedBlock.at = lambda self, name: False"
    ),
    "the plan is another": hook(
        "import pathlib\ndef pytest_configure(config):\n    plan = pathlib.Path('plan.json')\n"
        "    plan.write_text(plan.read_text().replace('\"publicly_accessible\": true', '\"publicly_accessible\": false'))"
    ),
    "a plugin is named by a conftest.py": hook('pytest_plugins = ["stranger"]')
    | hook("def pytest_ignore_collect(): return True", "stranger.py"),
    # The controls themselves.
    "a module is skipped": edited(before="import pytest\npytest.skip('later', allow_module_level=True)"),
    "a module needs what nobody has": edited(before="import pytest\npytest.importorskip('nobody_has_this')"),
    "a module marks all": edited(before="import pytest\npytestmark = pytest.mark.skip(reason='later')"),
    "a module expects all to fail": edited(before="import pytest\npytestmark = pytest.mark.xfail(reason='later')"),
    "a function skips": edited(first="__import__('pytest').skip('later')"),
    "a function expects to fail": edited(first="__import__('pytest').xfail('later')"),
    "a function ends pytest": edited(first="__import__('pytest').exit('enough', returncode=0)"),
    "a function ends the process": edited(first="__import__('os')._exit(0)"),
    "a function returns before it reads": edited(first="return"),
    "a function expects to fail by its mark": edited(mark="@__import__('pytest').mark.xfail(strict=False)"),
    "a function is skipped by its mark": edited(mark="@__import__('pytest').mark.skipif(True, reason='later')"),
    "a function has no parameters left": edited(mark="@__import__('pytest').mark.parametrize('x', [])", fixtures=", x"),
    "a function catches its assertion": edited(before="from contextlib import suppress", first="suppress(AssertionError).__enter__()"),
    "a function is no test": edited(before="def _no(one):\n    one.__test__ = False\n    return one", mark="@_no"),
    "a control is there twice": edited(before="import pytest") | {"tests/security/test_twice.py": CONTROL.format(
        before="", mark="# again", fixtures="", first="return")},
    # What is beside them.
    "a waiver for everything": waived(control="*"),
    "a waiver for years": waived(expires="2099-12-31"),
    "a waiver without an end": {"waivers.toml": waived()["waivers.toml"].replace("expires = 2027-01-31\n", "")},
    "a waiver without a reason": {"waivers.toml": waived()["waivers.toml"].replace("It will be repaired by", "")},
}  # fmt: skip
"""What is tried: the files that are written into the repository."""
SOME = list(ATTEMPTS) if ATTACK else random.Random(5).sample([*ATTEMPTS], 12)
TOLD = ("took part", "was set: ", "were not selected", "was not judged")
"""What the output of a run says of what took part in it, or was left out."""


def wrong() -> dict[str, Any]:
    """The plan of a stack that is wrong."""
    plan = copy.deepcopy(PLAN)
    for values in (
        plan["planned_values"]["root_module"]["resources"][0]["values"],
        plan["resource_changes"][0]["change"]["after"],
    ):
        values["publicly_accessible"] = True
    return plan


@pytest.mark.parametrize("tried", SOME)
def test_nothing_gets_a_green_run_that_does_not_tell_of_it(tried: str, tmp_path: Path) -> None:
    root = repository(tmp_path, CONTROL.format(before="", mark="# as it was", fixtures="", first="pass"))
    (root / "plan.json").write_text(json.dumps(wrong()))
    for name, text in ATTEMPTS[tried].items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    ended = run(root)
    assert ended.status != 0 or any(words in ended.output for words in TOLD), ended.output
