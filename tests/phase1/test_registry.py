"""Amazon ECR."""

from stackproof.core.controls import control


@control("ECR-01", severity="high")
def test_images_are_in_the_repository_scanned_and_without_critical_findings(images, profile, subtests):
    """What the services run is there, is built for what they run on, and was looked at by a scanner."""
    for image in images:
        with subtests.test(image.name):
            assert image.repository in profile.image_repositories
            assert profile.registry.platform in image.platforms
        with subtests.test(f"scans of {image.short_name}"):
            assert len(image.scans) == len(image.platforms)
            for scan in image.scans:
                assert scan.status in ("COMPLETE", "ACTIVE"), f"{scan.name} was never scanned, or the scan failed"
                assert scan.critical_findings == ()
