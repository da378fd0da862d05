"""What the supervisor of a workload tells is heard line by line, and whoever waits for more hears why there is none."""

import io
import json
from concurrent.futures import Future
from pathlib import Path

import pytest

from stackproof.embedded import workload
from stackproof.embedded.cloud import CloudFailed


def heard(tmp_path: Path, *lines: dict[str, object]) -> tuple[list[str], dict[str, Future[None]]]:
    (tmp_path / "workload.log").write_text("first\nit was killed\n")
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    running = workload.Workload(0, "", None, io.StringIO(text), tmp_path / "workload.log")
    said: list[str] = []
    told: dict[str, Future[None]] = {"healthy": Future(), "used": Future()}
    workload._listen(running, told, said.append)
    return said, told


def test_several_lines_may_come_at_once(tmp_path: Path) -> None:
    said, told = heard(tmp_path, {"say": "installing"}, {"healthy": True}, {"say": "slow"}, {"used": True})
    assert said == ["installing", "slow"]
    assert all(one.result(0) is None for one in told.values())


def test_what_fails_after_it_was_healthy_fails_who_waits_for_events(tmp_path: Path) -> None:
    _, told = heard(tmp_path, {"healthy": True}, {"failed": "a task ended"})
    assert told["healthy"].result(0) is None
    with pytest.raises(CloudFailed, match="does not run in the embedded cloud: a task ended"):
        told["used"].result(0)


@pytest.mark.parametrize("lines", [[], [{"say": "installing"}]])
def test_one_that_ends_without_a_word_is_told_by_the_end_of_its_log(lines: list[dict[str, object]], tmp_path: Path) -> None:
    _, told = heard(tmp_path, *lines)
    for one in told.values():
        with pytest.raises(CloudFailed, match="it was killed"):
            one.result(0)


def test_one_whose_log_is_gone_fails_all_the_same(tmp_path: Path) -> None:
    told: dict[str, Future[None]] = {"healthy": Future()}
    workload._listen(workload.Workload(0, "", None, io.StringIO(""), tmp_path / "gone.log"), told, print)
    with pytest.raises(CloudFailed):
        told["healthy"].result(0)
