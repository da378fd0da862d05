"""One thing changed by hand: exactly the controls that are about it turn red."""

import functools
from collections.abc import Callable

import pytest

from proofs import harness
from proofs.harness import Edit, omits, on_cloud, on_plan, planned, says, without
from proofs.logging.edits import APPLICATION, CENTRAL, ERRORS, GROUPS, LLM, group, planned_group, tagged, tagged_in_plan
from proofs.logging.events import DEFINITION, DEFINITIONS, PASSWORD, SERVICE, TEMPLATE, written
from proofs.logging.keys import SECRETS_ARN, given_to_all_groups
from stackproof.core.controls import catalogue
from stackproof.core.runner import Judgement
from stackproof.core.verdicts import Verdict

CONTROLS = [*harness.controls("logging"), "SEC-LOG-01", "SEC-KMS-01"]
ON_CLOUD = [control for control in CONTROLS if set("EA") & set(catalogue()[control].stages)]
ON_PLAN = [control for control in CONTROLS if "P" in catalogue()[control].stages]


@functools.cache
def compliant(judged: Callable[..., Judgement], control: str) -> Verdict:
    return judged(control).verdict


def turned(judged: Callable[..., Judgement], controls: list[str], edit: Edit) -> dict[str, Verdict]:
    """The controls whose verdict an edit changes, with the new one."""
    after = {control: judged(control, edit).verdict for control in controls}
    return {control: verdict for control, verdict in after.items() if verdict is not compliant(judged, control)}


@pytest.mark.parametrize(
    ("edit", "red"),
    [
        (omits(GROUPS, group(ERRORS, "retentionInDays")), {"LOG-03", "LOG-06"}),  # its tag says 90, too
        (says(GROUPS, group(ERRORS, "kmsKeyId"), SECRETS_ARN), {"LOG-04"}),
        (tagged(APPLICATION, LogType=None), {"LOG-06"}),
        (tagged(LLM, ExportEnabled="true"), {"LOG-13"}),
        (tagged(ERRORS, SentrySync="enabled"), {"LOG-08"}),
        (omits(DEFINITIONS, DEFINITION), {"LOG-11"}),
        (written(SERVICE, f"login failed, password: {PASSWORD}"), {"LOG-12"}),
    ],
    ids=[
        *("kept for ever", "the other key", "a tag dropped", "said to be exported", "said to be linked"),
        *("a template removed", "a password logged"),
    ],
)
def test_on_a_cloud(edit: Edit, red: set[str]) -> None:
    assert turned(on_cloud, ON_CLOUD, edit) == dict.fromkeys(red, Verdict.FAIL)


@pytest.mark.parametrize(
    ("edit", "red"),
    [
        (planned(planned_group(ERRORS), retention_in_days=0), {"LOG-03", "LOG-06"}),
        (given_to_all_groups("aws_kms_key.audit"), {"LOG-04"}),
        (tagged_in_plan(APPLICATION, LogType=None), {"LOG-06"}),
        (planned(f"{CENTRAL}.aws_kms_key.logs", enable_key_rotation=False), {"LOG-05", "SEC-KMS-01"}),
        (without(TEMPLATE), {"LOG-11"}),
    ],
    ids=["kept for ever", "the other key", "a tag dropped", "no rotation", "a template removed"],
)
def test_on_a_plan(edit: Edit, red: set[str]) -> None:
    assert turned(on_plan, ON_PLAN, edit) == dict.fromkeys(red, Verdict.FAIL)
