"""The tools of a developer's laptop: an emulator that a script has set up, and the backend's tests against it."""

from stackproof.core.resource import Resource, field


class EmulatorSetUp(Resource):
    """``scripts/init-localstack.sh``, run twice against an emulator."""

    first_run: str = field()
    """Why it failed; empty if it did not."""
    second_run: str = field()
    found: frozenset[str] = field()
    """What the emulator has after the first run, which made it or said that it was there: ``bucket triflow-ai-local``."""
    changed: tuple[str, ...] = field()
    """What the second run made, changed or removed: what the emulator shows, and what the script itself says."""


class BackendTest(Resource):
    """One of the backend's own tests."""

    outcome: str = field()
    """``passed``, ``not collected``, or another with its reason: ``skipped: no credentials``."""
    granted: frozenset[str] = field()
    """The operations that the emulator granted while it ran: ``s3:PutObject``."""


class BackendTests(Resource):
    """The documented tests of the backend's AWS wrapper, run once."""

    s3_upload: BackendTest = field()
    s3_download: BackendTest = field()
    secrets_manager: BackendTest = field()
