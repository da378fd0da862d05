"""The repository."""

from stackproof.core.controls import control


@control("SEC-SRC-01", severity="critical")
def test_repository_holds_no_credential(history, subtests):
    """In no version of any file: whoever has a clone has what was deleted from it, too."""
    with subtests.test(history.name):
        assert history.versions > 0
    for place in history.possible_credentials:
        with subtests.test(place.name):
            assert place.reason is not None, "revoke it; then waive what stays in history"
