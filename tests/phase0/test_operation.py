"""What operators work with."""

from stackproof.controls import control


@control("OPS-02", severity="medium")
def test_example_environment_has_the_documented_keys_and_no_values(environment_file):
    """A copied example lacks nothing, has nothing stale, and gives nothing away."""
    assert environment_file.keys == environment_file.documented
    assert environment_file.filled_in == ()
