"""What users reach."""

from stackproof.core.controls import control
from stackproof.judgement.health import member, unlike, untimely


@control("WEB-01", severity="critical")
def test_service_says_that_it_is_well_and_says_so_now(health, profile):
    """The service answers by itself, in JSON; an answer out of a cache would be of another time."""
    expected = profile.workload.health
    assert health.status == expected.status
    assert not expected.content or health.problem == ""
    assert unlike(health.content, expected.content) == []
    assert (
        not expected.timestamp or untimely(member(health.content, expected.timestamp), health.answered_at, expected.seconds) == ""
    )


@control("WEB-02", severity="high")
def test_api_answers(web_answers, profile, subtests):
    """The API is there under its own path."""
    for answer in web_answers:
        with subtests.test(answer.name):
            assert answer.status == profile.workload.answers[answer.path]
