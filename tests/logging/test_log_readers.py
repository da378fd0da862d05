"""Who reads what is in log groups."""

from stackproof.core.controls import control
from stackproof.judgement.log_readers import log_reading, records_reading
from stackproof.judgement.policy import open_grants, undeclared


@control("LOG-14", severity="high")
def test_log_data_is_read_by_declared_readers_alone_and_on_record(principals, reader_roles, trail, profile, subtests):
    """Logs show what users do. A reader's role is for those whom the profile names, and CloudTrail tells afterwards who looked."""
    about = {"groups": profile.logs.groups, "region": profile.region, "account": profile.account_id}
    for principal in principals:
        with subtests.test(principal.name):
            is_reader = principal.name in profile.logs.readers
            assert log_reading(principal.known_documents, principal.boundary, **about) == [] or is_reader
        with subtests.test(principal.name):
            is_reader = principal.name in profile.logs.readers
            assert log_reading(principal.documents, principal.boundary, **about) == [] or is_reader
    for role in reader_roles:
        with subtests.test(f"trust of {role.name}"):
            assert open_grants(role.trust) == []
        with subtests.test(f"trust of {role.name}"):
            assert undeclared(role.trust, profile.reader_principals) == []
    with subtests.test(trail.name):
        assert trail.is_logging
    with subtests.test(trail.name):
        assert records_reading(trail.selectors)
