"""Signs of life: the service logs, and CloudWatch measures it."""

from datetime import timedelta

from stackproof.core.controls import control


@control("OBS-01", severity="medium")
def test_the_service_has_logged_lately(service_events, profile, now):
    """A group that is there and stays empty hides a broken log driver."""
    lately = now - timedelta(minutes=profile.observability.event_minutes)
    assert len(service_events.sample.since(lately)) > 0


@control("OBS-02", severity="medium")
def test_cpu_use_is_measured(cpu_metrics, profile, now, subtests):
    """Alarms on a metric without datapoints never ring."""
    lately = now - timedelta(minutes=profile.observability.metric_minutes)
    for metric in cpu_metrics:
        with subtests.test(metric.name):
            assert len(metric.datapoints.since(lately)) > 0
