"""SEC-TAG-01: what the tags of every planned resource say."""

from dataclasses import replace

from proofs.cases import ERROR, FAIL, NOT_DECLARED, PASS, UNKNOWN, Case, plan
from proofs.harness import planned, profile_for, unknown, with_resource
from stackproof.profile.base import as_frozen
from stackproof.profile.schema import Profile

BUCKET = "aws_s3_bucket.app"
LEGAL = {"Project": "triflow-ai", "Environment": "production", "ManagedBy": "terraform"}


def expecting(**tags: object) -> Profile:
    """The profile with another table about tags."""
    return Profile.model_validate(as_frozen({**profile_for("SEC-TAG-01").model_dump(by_alias=True), "tags": tags}))


ANOTHER = planned(BUCKET, tags_all={**LEGAL, "Project": "somebody's"})

CASES: list[Case] = [
    plan("SEC-TAG-01", "no tag at all", FAIL, planned(BUCKET, tags_all=None), names="Project is missing"),
    plan(
        "SEC-TAG-01", "an empty tag", FAIL, planned(BUCKET, tags_all={**LEGAL, "Environment": ""}), names="Environment is empty"
    ),
    plan("SEC-TAG-01", "another project", FAIL, ANOTHER, names="Project is somebody's"),
    plan("SEC-TAG-01", "a tag more", PASS, planned(BUCKET, tags_all={**LEGAL, "Team": "x"})),
    plan(
        "SEC-TAG-01",
        "tags that are no map, of a type that nobody knows here",
        ERROR,
        with_resource("aws_unheard_of.more", tags_all="x"),
        names="tags_all is no map",
    ),
    plan("SEC-TAG-01", "tags known after apply", UNKNOWN, unknown(BUCKET, "tags_all")),
    replace(
        plan("SEC-TAG-01", "of a type that need not", PASS, ANOTHER),
        expected=expecting(required={"Project": ["triflow-ai"]}, without=["aws_s3_*"]),
    ),
    replace(
        plan("SEC-TAG-01", "of other types", PASS, ANOTHER),
        expected=expecting(required={"Project": ["triflow-ai"]}, types=["aws_db_*"]),
    ),
    replace(
        plan("SEC-TAG-01", "of no type that there is", NOT_DECLARED),
        expected=expecting(required={"Project": ["triflow-ai"]}, types=["aws_docdb_*"]),
    ),
]
