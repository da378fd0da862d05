"""Signs of life: the service logs, and CloudWatch measures it."""

from stackproof.controls import control


@control("OBS-01", severity="medium")
def test_the_service_has_logged_lately(service_events):
    """A group that is there and stays empty hides a broken log driver."""
    assert len(service_events.sample) > 0


@control("OBS-02", severity="medium")
def test_cpu_use_is_measured(cpu_metrics, subtests):
    """Alarms on a metric without datapoints never ring."""
    for metric in cpu_metrics:
        with subtests.test(metric.name):
            assert len(metric.datapoints) > 0
