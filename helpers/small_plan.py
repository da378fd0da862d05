"""A plan as small as it can be, for `.ci/installed`: a bucket that blocks half of public access, and nothing else."""

import json

BLOCK = {"block_public_acls": True, "ignore_public_acls": False, "block_public_policy": True, "restrict_public_buckets": True}
VALUES: dict[str, dict[str, object]] = {
    "aws_s3_bucket.small": {"bucket": "small"},
    "aws_s3_bucket_public_access_block.small": {"bucket": "small", **BLOCK},
}


def _named(address: str) -> dict[str, str]:
    kind, name = address.split(".")
    return {"address": address, "mode": "managed", "type": kind, "name": name}


def _change(values: dict[str, object]) -> dict[str, object]:
    return {"actions": ["create"], "before": None, "after": values, "after_unknown": {}}


print(
    json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.15.5",
            "planned_values": {"root_module": {"resources": [_named(one) | {"values": VALUES[one]} for one in VALUES]}},
            "resource_changes": [_named(one) | {"change": _change(VALUES[one])} for one in VALUES],
            "configuration": {
                "root_module": {
                    "resources": [
                        _named(one) | {"expressions": {name: {"constant_value": value} for name, value in VALUES[one].items()}}
                        for one in VALUES
                    ]
                }
            },
            "applyable": True,
            "complete": True,
            "errored": False,
        }
    )
)
