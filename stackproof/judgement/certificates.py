"""Until when a certificate authority of RDS is good.

RDS answers that for itself (DescribeCertificates). A plan knows only the authority's name, and is judged by this table; an authority that
is not in it is unknown.

Source: Amazon RDS user guide, "Using SSL/TLS to encrypt a connection to a DB instance", read 2026-11-21: rds-ca-rsa2048-g1 is valid for 40
years, rds-ca-rsa4096-g1 and rds-ca-ecc384-g1 for 100, from May 2021 or later by region; rds-ca-2019 ended on 2024-08-22.
"""

from datetime import UTC, datetime

TABLE_DATE = "2026-11-21"

VALID_TILL = {
    "rds-ca-2019": datetime(2024, 8, 22, tzinfo=UTC),
    "rds-ca-rsa2048-g1": datetime(2061, 5, 1, tzinfo=UTC),
    "rds-ca-rsa4096-g1": datetime(2121, 5, 1, tzinfo=UTC),
    "rds-ca-ecc384-g1": datetime(2121, 5, 1, tzinfo=UTC),
}
"""The earliest end of each in any region."""
