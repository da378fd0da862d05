"""CHG-01: what a plan does to a stack that runs."""

from typing import Any

from proofs.cases import ERROR, FAIL, PASS, Case, plan
from proofs.harness import Edit, changes, without

DATABASE, BUCKET, ROLE = "aws_db_instance.main", "aws_s3_bucket.app", "aws_iam_role.task"
KEY = "module.central_logging.aws_kms_key.logs"


def left_over(address: str) -> Edit:
    """Let what a replacement left over be deleted."""

    def edit(document: dict[str, Any]) -> None:
        reported = next(one for one in document["resource_changes"] if one["address"] == address)
        document["resource_changes"].append(
            {
                **reported,
                "deposed": "5f0c9a1e",
                "change": {"actions": ["delete"], "before": {}, "after": None, "after_unknown": {}},
            }
        )

    return edit


def moved(address: str, previous: str) -> Edit:
    """Let a resource have another address, and be the same one in AWS."""

    def edit(document: dict[str, Any]) -> None:
        changes(address, "no-op")(document)
        next(one for one in document["resource_changes"] if one["address"] == address)["previous_address"] = previous

    return edit


def gone(address: str, *actions: str) -> Edit:
    """Let a resource no longer be planned, and this be done to it."""

    def edit(document: dict[str, Any]) -> None:
        reported = next(one for one in document["resource_changes"] if one["address"] == address)
        without(address)(document)
        others = [one for one in document["resource_changes"] if one["address"] != address]
        gone = {**reported, "change": {**reported["change"], "actions": list(actions), "after": None}}
        document["resource_changes"] = [*others, gone]

    return edit


def case(name: str, verdict: Any, *edits: Edit, names: str = "") -> Case:
    return plan("CHG-01", name, verdict, *edits, names=names)


CASES = [
    case("the database changes in place", PASS, changes(DATABASE, "update")),
    case("the bucket is moved", PASS, moved(BUCKET, "aws_s3_bucket.old")),
    case("the bucket is left alone", PASS, gone(BUCKET, "forget")),
    case("a role is replaced", PASS, changes(ROLE, "delete", "create")),
    case("a role is destroyed", PASS, gone(ROLE, "delete")),
    case(
        "another identifier",
        FAIL,
        changes(DATABASE, "delete", "create", forced_by="identifier"),
        names="a database is replaced, forced by identifier",
    ),
    case("encrypted anew", FAIL, changes(DATABASE, "delete", "create", forced_by="storage_encrypted"), names="storage_encrypted"),
    case("made before the old one is destroyed", FAIL, changes(DATABASE, "create", "delete"), names="a database is replaced"),
    case("replaced for no reason in the sources", FAIL, changes(DATABASE, "delete", "create"), names=DATABASE),
    case("the bucket is destroyed", FAIL, gone(BUCKET, "delete"), names="a bucket is destroyed"),
    case(
        "a bucket is destroyed beside a move", FAIL, moved(DATABASE, "aws_db_instance.old"), gone(BUCKET, "delete"), names=BUCKET
    ),
    case("what a replacement left over", FAIL, left_over(DATABASE), names="deposed 5f0c9a1e"),
    case("a key of another stack", FAIL, gone(KEY, "delete"), names="a key is destroyed"),
    case("an action that nobody knows", ERROR, changes(DATABASE, "renew"), names="'renew' is not known"),
]
