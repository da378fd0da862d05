"""Costs, and the alarm on them."""

from stackproof.core.controls import control
from stackproof.judgement.costs import billing_watch, over_budget


@control("COST-01", severity="medium")
def test_billing_alarm_is_as_documented_and_notifies_topics_that_exist(billing_alarm, profile, subtests):
    """In the alarm's own region: it can reach no other. Who is subscribed to them is not judged: stacks without a webhook have nobody."""
    with subtests.test(billing_alarm.name):
        assert billing_alarm.watch == billing_watch(profile.costs.alarm_threshold_usd)
    with subtests.test(billing_alarm.name):
        assert billing_alarm.actions_enabled
    with subtests.test(billing_alarm.name):
        assert billing_alarm.topics != (), "it notifies no topic"
    for topic in billing_alarm.topics:
        with subtests.test(topic.name):
            assert topic.region == billing_alarm.region
        with subtests.test(topic.name):
            assert topic.exists


@control("COST-02", severity="low")
def test_last_month_was_under_budget(monthly_costs, profile):
    """By service, so that a reader sees where the money went."""
    by_service = monthly_costs.by_service
    assert over_budget(by_service, profile.costs.monthly_budget_usd, is_estimated=monthly_costs.is_estimated) == []
