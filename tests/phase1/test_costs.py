"""Costs, and the alarm on them."""

from stackproof.core.controls import control
from stackproof.judgement.costs import billing_watch, over_budget


@control("COST-01", severity="medium")
def test_billing_alarm_is_as_documented_and_reaches_somebody(billing_alarm, profile, subtests):
    """In the alarm's own region: it can reach no other. A topic to which nobody has confirmed a subscription tells nobody."""
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
        with subtests.test(topic.name):
            assert topic.has_subscribers


@control("COST-02", severity="low")
def test_last_month_was_under_budget(monthly_costs, profile):
    """By service, so that a reader sees where the money went."""
    by_service = monthly_costs.by_service
    assert over_budget(by_service, profile.costs.monthly_budget_usd, is_estimated=monthly_costs.is_estimated) == []


@control("COST-03", severity="medium")
def test_a_month_of_the_plan_is_under_budget(planned_month, planned_costs, profile, subtests):
    """What is known decides first; what has no price, or depends on what the plan does not know yet, is not nothing."""
    with subtests.test(planned_month.name):
        assert planned_month.known_usd <= profile.costs.monthly_budget_usd
    for cost in planned_costs:
        with subtests.test(cost.name):
            assert cost.monthly_usd >= 0
