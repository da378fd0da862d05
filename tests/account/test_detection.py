"""Services that watch the account."""

from stackproof.core.controls import control


@control("DET-01", severity="high")
def test_guardduty_watches_where_the_stack_runs(detectors, finding_alerts, profile, subtests):
    """A detector that is suspended keeps its settings and finds nothing; a feature is off until somebody turns it on."""
    for detector in detectors:
        with subtests.test(detector.name):
            assert detector.is_enabled
        with subtests.test(detector.name):
            assert detector.features >= set(profile.account.detector_features)
    for alert in finding_alerts:
        with subtests.test(alert.name):
            assert alert.uncovered == ()


@control("DET-02", severity="medium")
def test_config_records_everything_and_delivers(config_recorders, subtests):
    """Who wants to know what a resource was like before an incident, asks this."""
    for recorder in config_recorders:
        with subtests.test(recorder.name):
            assert recorder.records_everything
        with subtests.test(recorder.name):
            assert recorder.is_recording
        with subtests.test(recorder.name):
            assert recorder.failed_deliveries == ()


@control("DET-03", severity="high")
def test_nothing_is_open_to_outsiders_that_nobody_has_looked_at(external_access_analyzers, profile, subtests):
    """A finding is archived by a person who has looked at it; a rule that archives by itself is reviewed, or it hides what comes."""
    for analyzer in external_access_analyzers:
        with subtests.test(analyzer.name):
            assert analyzer.is_active
        with subtests.test(analyzer.name):
            assert profile.account.without_others(analyzer.active_findings) == []
        with subtests.test(analyzer.name):
            assert set(analyzer.archive_rules) <= set(profile.account.archive_rules)


@control("DET-04", severity="medium")
def test_somebody_hears_of_what_matters(security_alerts, subtests):
    """By a rule or an alarm that leads to a topic with a confirmed subscription: nobody reads what nobody is sent."""
    for alert in security_alerts:
        with subtests.test(alert.name):
            assert alert.uncovered == ()


@control("DET-05", severity="medium")
def test_images_are_scanned_and_findings_come_together(image_scanning, security_hub, subtests):
    """A vulnerability becomes known after the image was pushed; Security Hub is judged where the profile declares it."""
    with subtests.test(image_scanning.name):
        assert image_scanning.scans_images
    for hub in security_hub:
        with subtests.test(hub.name):
            assert hub.is_on
