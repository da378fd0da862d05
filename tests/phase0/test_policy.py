"""Policy as code: checkov, with every exception signed in waivers.toml."""

from stackproof.core.controls import control


@control("POL-01", severity="high")
def test_checkov_accepts_the_sources(source_scan):
    """Every finding is fixed or waived, every waiver is alive and needed, and none hides in a comment."""
    assert source_scan.examined > 0
    assert source_scan.findings == ()
    assert source_scan.expired == ()
    assert source_scan.unused == ()
    assert source_scan.inline_skips == ()


@control("POL-02", severity="high")
def test_checkov_accepts_the_plan(plan_scan):
    """The plan has what the sources only compute."""
    assert plan_scan.examined > 0
    assert plan_scan.findings == ()
    assert plan_scan.expired == ()
    assert plan_scan.unused == ()
