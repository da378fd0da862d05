"""What users reach."""

from stackproof.core.controls import control
from stackproof.judgement.health import untimely


@control("WEB-01", severity="critical")
def test_service_says_that_it_is_well_and_says_so_now(front_door, profile):
    """The service answers by itself, in JSON; an answer out of a cache would be of another time."""
    health = front_door.health
    assert health.status == 200
    assert health.problem == ""
    assert health.said == "healthy"
    assert untimely(health.timestamp, health.answered_at, profile.workload.health_seconds) == ""


@control("WEB-02", severity="high")
def test_api_answers(front_door):
    """The API is there under its own path."""
    assert front_door.api_answer.status == 200
