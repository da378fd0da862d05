"""AWS CloudTrail."""

from stackproof.core.controls import control
from stackproof.judgement.trails import unrecorded


@control("SEC-TRAIL-01", severity="critical")
def test_trail_records_everything_in_every_region_unforgeably(trail):
    """All management events, read ones too: who read the logs, and who changed the network. Stopped, it would record nothing."""
    assert trail.is_multi_region
    assert trail.validates_files
    assert trail.kms_key is not None, "no customer key"
    assert trail.kms_key.manager == "CUSTOMER"
    assert trail.kms_key.state == "Enabled"
    assert trail.is_logging
    assert trail.delivery_error is None
    assert unrecorded(trail.selectors) == []
