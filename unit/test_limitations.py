"""What the targets cannot show."""

import importlib

import pytest

from stackproof.core.controls import catalogue
from stackproof.core.resource import Field
from stackproof.resources import kinds
from stackproof.targets import EXTERNAL, STAGES
from stackproof.targets.limitations import field_limits, limit, limits


@pytest.mark.parametrize(
    ("target", "control"), [(target, control) for target, limited in limits().items() for control in limited]
)
def test_a_limit_is_of_a_control_that_the_target_would_judge(target: str, control: str) -> None:
    named = set(catalogue()[control].stages)
    assert all(named & set(stages[target].target_codes) - {"S"} for stages in (STAGES, EXTERNAL))


@pytest.mark.parametrize("fact", [fact for limited in field_limits().values() for fact in limited])
def test_a_limit_is_of_a_fact_that_there_is(fact: str) -> None:
    importlib.import_module("stackproof.collections.deployment")
    assert fact in {one.place for kind in kinds() for one in vars(kind).values() if isinstance(one, Field)}


REASONS = [reason for table in (limits(), field_limits()) for limited in table.values() for reason in limited.values()]


@pytest.mark.parametrize("reason", REASONS)
def test_a_limit_says_why_in_a_sentence(reason: str) -> None:
    assert len(reason.split()) >= 4
    assert reason.endswith(".")


def test_where_nothing_is_limited_there_is_none() -> None:
    assert limit("aws", "SEC-RDS-01") is None
    assert limit("embedded", "SEC-RDS-01") is None
