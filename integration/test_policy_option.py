"""The option that prints the IAM policy that a run needs."""

import json
import os
import subprocess

import evidence_runs
import pytest
from evidence_runs import ROOT

from stackproof.profile.loading import load
from stackproof.sources.aws.permissions import LONGEST_DOCUMENT, length, needed, policy


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """pytest with these arguments, where nothing of AWS could be reached."""
    unreachable = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
    return evidence_runs.run(ROOT, *arguments, **unreachable)


@pytest.mark.parametrize("more", [[], ["-v", "-rA"], ["-n", "2"]], ids=" ".join)
def test_the_option_prints_the_policy_and_nothing_else(more: list[str]) -> None:
    ended = run("--iam-policy", "-k", "SEC-S3-01", "--env", "production", *more)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == policy(needed(["SEC-S3-01"]), load("production", ROOT / "environments"))
    assert ended.stderr == ""


def test_a_policy_that_no_managed_policy_takes_is_printed_as_a_list() -> None:
    ended = run("--iam-policy", "--env", "production")
    assert ended.returncode == 0, ended.stderr
    printed = json.loads(ended.stdout)
    assert isinstance(printed, list)
    assert all(length(one) <= LONGEST_DOCUMENT for one in printed)
    assert f"a managed policy takes 6,144: it is printed as a list of {len(printed)} policies. Attach all of them" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-m", "phase0"], "no policy is needed"),
        (["unit/test_waivers.py"], "these paths lead to none"),
        (["--env", "nowhere"], "unknown environment 'nowhere'"),
    ],
)
def test_where_there_is_no_policy_it_says_why(arguments: list[str], message: str) -> None:
    ended = run("--iam-policy", *arguments)
    assert ended.returncode == 4
    assert message in ended.stderr
    assert ended.stdout.strip() == ""
