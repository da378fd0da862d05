"""The harness that controls are proven with: rows of an edit and the verdict that must follow, on a plan and on what AWS answers.

docs/own-controls.md leads from nothing to a control with its proof.
"""

from stackproof.testing.bench import Bench, Proof
from stackproof.testing.cases import ERROR, FAIL, NOT_DECLARED, PASS, UNKNOWN, Case, cloud, plan
from stackproof.testing.plans import (
    changes,
    exists,
    planned,
    planned_addresses,
    refers,
    set_inside,
    unknown,
    unset,
    with_resource,
    without,
)
from stackproof.testing.recordings import Edit, absent, adds, answers, fails, omits, on_page_2, says

__all__ = [
    "ERROR",
    "FAIL",
    "NOT_DECLARED",
    "PASS",
    "UNKNOWN",
    "Bench",
    "Case",
    "Edit",
    "Proof",
    "absent",
    "adds",
    "answers",
    "changes",
    "cloud",
    "exists",
    "fails",
    "omits",
    "on_page_2",
    "plan",
    "planned",
    "planned_addresses",
    "refers",
    "says",
    "set_inside",
    "unknown",
    "unset",
    "with_resource",
    "without",
]
