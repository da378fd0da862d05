"""One document about all accounts and regions of a run, made from the store: each once, judged or with the reason why not."""

import csv
import io
import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from finished_runs import every_verdict
from organisation_runs import RUN, leave, plan_of

from stackproof.cli import report
from stackproof.core import results_file
from stackproof.core.results import Run
from stackproof.core.verdicts import Verdict
from stackproof.organisation import judging, tasks
from stackproof.organisation import plan as plans
from stackproof.organisation import report as written
from stackproof.organisation.accounts import GLOBAL, Limits
from stackproof.organisation.plan import Task
from stackproof.organisation.store import Store, opened

IDS = ("111111111111", "222222222222", "333333333333")
REGIONS = ("eu-west-1", "us-east-1")
DENIED = "arn:aws:iam::333333333333:role/audit cannot be assumed"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A run over three accounts, the last of which denies; one region of the first was never begun."""
    controls = tuple(one.id for one in every_verdict().run.controls)
    plan = plan_of(*IDS, regions=REGIONS, limits=Limits(), controls=controls, once=("SEC-IAM-01",))
    store = opened(str(tmp_path_factory.mktemp("organisation") / "store"))
    plans.write(plan, store)
    for task in plan.tasks:
        if task.account == IDS[2]:
            tasks.give_up(store, RUN, task, DENIED)
        elif task != Task(IDS[0], REGIONS[1]):
            store.add(tasks.judged_key(RUN, task), judging.packed(partial(left, task))[1])
    return store


def left(task: Task, folder: Path) -> Run:
    """What a worker leaves of a task in a folder."""
    run = every_verdict().run
    if task.region == GLOBAL:
        return leave(replace(run, controls=(replace(run.controls[0], id="SEC-IAM-01"),)), task.account, REGIONS[0], folder)
    return leave(run, task.account, task.region, folder)


def document(store: str, name: str, tmp_path: Path) -> str:
    file = tmp_path / f"report.{name}"
    assert report.main([store, "--format", name, "--lang", "en", "--output", str(file)]) == 0
    return file.read_bytes().decode("utf-8")


@pytest.mark.parametrize("of", ["{}", "{}/runs/" + RUN, "{}/.."])
def test_a_store_a_run_in_it_and_the_folder_of_its_report_are_one(of: str, store: Store, tmp_path: Path) -> None:
    text = document(of.format(store.url), "csv", tmp_path)
    found = [*csv.DictReader(io.StringIO(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"), newline=""))]
    controls = len(every_verdict().run.controls)
    assert {row["run"] for row in found} == {RUN}
    rows = {place: [row for row in found if (row["account"], row["region"]) == place] for place in of_all_places()}
    assert sum(len(of_place) for of_place in rows.values()) == len(found)
    assert {row["verdict"] for row in found} == {verdict.value for verdict in Verdict}
    for region in REGIONS:
        denied = rows[IDS[2], region]
        assert {row["verdict"] for row in denied} == {"ERROR"}
        assert len(denied) == controls + (region == REGIONS[0])
        assert all(DENIED in row["found"] for row in denied)
    assert {row["verdict"] for row in rows[IDS[0], REGIONS[1]]} == {"ERROR"}
    assert all("go on with --resume" in row["found"] for row in rows[IDS[0], REGIONS[1]])


def of_all_places() -> list[tuple[str, str]]:
    return [(id, region) for id in IDS for region in REGIONS]


def test_the_results_of_all_as_json(store: Store, tmp_path: Path) -> None:
    found = json.loads(document(store.url, "json", tmp_path))
    assert (found["organisation"], found["run"]) == ("Example", RUN)
    places = [(one["account"], one["region"]) for one in found["results"]]
    assert places == [(id, region) for id in IDS for region in (*REGIONS[:1], GLOBAL, *REGIONS[1:])]
    for one in found["results"]:
        assert (one["result"] is None) == bool(one["not_judged"])
        if one["result"]:
            assert results_file.from_json(json.dumps(one["result"])).account == one["account"]


def test_the_summary_of_all_as_markdown(store: Store, tmp_path: Path) -> None:
    text = document(store.url, "md", tmp_path)
    assert "The gate is closed: 7 of 9 accounts and regions close it." in text
    assert "role/audit cannot be assumed" in text
    assert "a &#124; team" in text
    assert "SEC-RDS-01" in text


def test_what_is_no_document_of_all_is_told(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "runs").mkdir()
    for arguments, said in (
        ([store.url, "--format", "pdf"], "no pdf is made of a whole organisation: --format with one of json, md, csv"),
        ([str(tmp_path)], "has no run of an organisation"),
    ):
        assert report.main([*arguments, "--lang", "en"]) == 4
        assert said in capsys.readouterr().err


def test_the_overview_leads_to_the_report_of_each_account_and_region_and_back(store: Store, tmp_path: Path) -> None:
    for name in ("pyarrow", "duckdb"):
        pytest.importorskip(name, reason="of the extra organisation")
    plan = plans.read(RUN, store)
    written.write(plan, store, tmp_path)
    for index in ("index.html", "index.ko.html"):
        links = re.findall(r'<a href="(accounts/[^"]+)"', (tmp_path / index).read_text(encoding="utf-8"))
        assert len({*links}) == len(links) == len(plan.tasks)
        for link in links:
            back = re.findall(r'href="([^"#]*index[^"]*)"', (tmp_path / link).read_text(encoding="utf-8"))
            assert {(tmp_path / link).parent.joinpath(one).resolve() for one in back} == {tmp_path / index}
