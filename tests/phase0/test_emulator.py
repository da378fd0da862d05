"""On a laptop: an emulator of AWS, set up by the script, and the backend's AWS wrapper against it."""

from stackproof.core.controls import control


@control("LOC-02", severity="medium")
def test_script_sets_up_the_emulator_and_changes_nothing_twice(emulator_set_up, profile):
    """Whoever runs it has the documented bucket and secrets, and may run it again."""
    declared = profile.emulator
    assert emulator_set_up.first_run == ""
    assert emulator_set_up.found >= {f"bucket {declared.bucket}", *(f"secret {name}" for name in declared.secrets)}
    assert emulator_set_up.second_run == ""
    assert emulator_set_up.changed == ()


@control("SDK-01", severity="high")
def test_backend_uploads_to_s3(backend_tests):
    """Its own test passes, and the emulator got the object."""
    assert backend_tests.s3_upload.outcome == "passed"
    assert backend_tests.s3_upload.granted >= {"s3:PutObject"}


@control("SDK-02", severity="high")
def test_backend_downloads_from_s3(backend_tests):
    """Its own test passes, and the emulator gave the object."""
    assert backend_tests.s3_download.outcome == "passed"
    assert backend_tests.s3_download.granted >= {"s3:GetObject"}


@control("SDK-03", severity="high")
def test_backend_reads_from_secrets_manager(backend_tests):
    """Its own test passes, and the emulator gave the secret."""
    assert backend_tests.secrets_manager.outcome == "passed"
    assert backend_tests.secrets_manager.granted >= {"secretsmanager:GetSecretValue"}
