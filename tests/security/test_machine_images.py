"""Amazon EC2: machine images (AMIs)."""

from stackproof.core.controls import control
from stackproof.judgement.sharing import undeclared


@control("SEC-EC2-01", severity="high")
def test_machine_images_are_shared_with_nobody(machine_images, profile, subtests):
    """An image is a whole disk, and stays shared when nothing runs from it any more. That there is none, the list says."""
    with subtests.test(machine_images.name):
        assert machine_images.public == ()
    for image in machine_images.images:
        with subtests.test(image.name):
            assert undeclared(image.shared_with, profile.machine_images.shared_with) == []
