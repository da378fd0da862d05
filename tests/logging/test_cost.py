"""What a month of logs costs."""

from stackproof.core.controls import control
from stackproof.judgement.cost import Volume, daily_gigabytes, forecast


@control("LOG-15", severity="low")
def test_a_month_of_logs_stays_under_its_budget(log_groups, incoming_bytes, profile, now):
    """By what arrived in the last days, how long it is kept, and the price table."""
    arriving = daily_gigabytes({metric.name: metric.datapoints for metric in incoming_bytes}, now)
    month = forecast([Volume(arriving[group.name], group.retention_days) for group in log_groups], profile.logs.cost)
    assert month.total <= profile.logs.cost.monthly_budget_usd
