"""What is in the log groups."""

from stackproof.core.controls import control
from stackproof.judgement.leaks import leaks
from stackproof.judgement.llm_records import incomplete


@control("LOG-09", severity="medium")
def test_the_sentry_pattern_selects_errors_alone(sentry_pattern, profile):
    """The documented pattern is tried on lines, and not compared as text: Sentry gets ERROR lines, and no others."""
    assert sorted(sentry_pattern.selected) == sorted(profile.logs.sentry_lines.selected)


@control("LOG-10", severity="medium")
def test_llm_events_are_json_with_prompt_response_tokens_and_cost(llm_log_groups, profile, subtests):
    """Cost, tokens and duration are told from them, and Langfuse is to be fed with them."""
    for group in llm_log_groups:
        with subtests.test(group.name):
            assert incomplete(group.events, profile.logs.llm_record) == []


@control("LOG-12", severity="critical")
def test_log_events_hold_no_credential_and_no_personal_data(sampled_log_groups, subtests):
    """Whoever may read logs would read them, for as long as they are kept. Only where and what kind is told here, never the text."""
    for group in sampled_log_groups:
        with subtests.test(group.name):
            assert leaks(group.sample) == []
