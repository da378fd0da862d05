"""A secret in a task definition is found, and shown nowhere: not in a message, not in what was read, not in a report."""

import pytest

from proofs.cases import Case
from proofs.security.service import PASSWORD, SECRETS
from stackproof.core.verdicts import Verdict

FOUND = [case for case in SECRETS if case.verdict is Verdict.FAIL]


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_a_secret_that_is_found_is_not_shown(case: Case) -> None:
    assert PASSWORD not in repr(case.judge())
