"""Tables of Amazon DynamoDB."""

from stackproof.core.controls import control


@control("SEC-DDB-01", severity="high")
def test_tables_are_restorable_and_encrypted_with_a_key_of_the_account(dynamodb_tables, subtests):
    """A backup is as old as its last run; and under AWS's own key whoever may read the table may read its data."""
    for table in dynamodb_tables:
        with subtests.test(table.name):
            assert table.restores_to_any_second
        with subtests.test(table.name):
            assert table.kms_key is not None, "no customer key encrypts it"
            assert table.kms_key.manager == "CUSTOMER"
        with subtests.test(table.name):
            assert table.kms_key is None or table.kms_key.state == "Enabled"


@control("SEC-DDB-02", severity="medium")
def test_tables_are_protected_from_deletion(dynamodb_tables, subtests):
    """One wrong command, or one wrong plan, deletes a table with all that is in it."""
    for table in dynamodb_tables:
        with subtests.test(table.name):
            assert table.is_protected_from_deletion
