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


@control("OBS-03", severity="medium")
def test_grafana_is_provisioned_for_the_region_and_without_a_key(grafana_files, grafana_data_sources, profile, subtests):
    """Whoever starts Grafana from these files sees the stack, and whoever reads the files gets no key."""
    for file in grafana_files:
        with subtests.test(file.name):
            assert file.problems == ()
        with subtests.test(file.name):
            assert file.credentials == ()
    for source in grafana_data_sources:
        with subtests.test(source.name):
            assert source.kind == "cloudwatch"
        with subtests.test(source.name):
            assert source.region == profile.region
        with subtests.test(source.name):
            assert source.is_keyless


@control("OBS-04", severity="medium")
def test_dashboards_ask_for_what_the_stack_has(dashboard_panels, panel_metrics, subtests):
    """An empty panel looks like a quiet night. On what runs, every metric that is always measured has datapoints."""
    for panel in dashboard_panels:
        with subtests.test(panel.name):
            assert panel.missing == ()
    for metric in panel_metrics:
        with subtests.test(metric.name):
            assert metric.datapoints, "no datapoint"


@control("OBS-05", severity="medium")
def test_grafana_works_and_shows_these_dashboards(grafana, served_data_sources, served_dashboards, dashboards, subtests):
    """The server, its way to CloudWatch ("Save & test"), and each dashboard asking for what its file asks for."""
    with subtests.test(grafana.name):
        assert grafana.database == "ok"
    for source in served_data_sources:
        with subtests.test(source.name):
            assert source.status == "OK"
    for dashboard in served_dashboards:
        with subtests.test(dashboard.name):
            assert dashboard.asks == dashboards[dashboard.name].asks
