"""A recording is the same, whenever and wherever the same cloud is recorded."""

import copy
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from proofs import normal

NOW = datetime.now(UTC).replace(microsecond=0)
VPC, OTHER = "vpc-1017a1312d1509c8d", "vpc-8065235b863cb3f3f"


def entry(operation: str, *pages: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    return {"operation": operation, "region": "ap-northeast-2", "parameters": parameters, "pages": list(pages)}


def moment(ago: timedelta) -> dict[str, str]:
    return {"$date": (NOW - ago).isoformat()}


def subnets(*ids: str) -> dict[str, Any]:
    cidrs = [f"10.0.{number}.0/24" for number in range(len(ids))]
    return entry(
        "ec2:DescribeSubnets", {"Subnets": [{"SubnetId": id, "CidrBlock": cidr} for id, cidr in zip(ids, cidrs, strict=True)]}
    )


def test_ids_are_those_of_the_same_things_in_whatever_order() -> None:
    old = [subnets("subnet-11111111111111111", "subnet-22222222222222222")]
    new = [subnets("subnet-aaaaaaaaaaaaaaaaa", "subnet-bbbbbbbbbbbbbbbbb")]
    random.Random(7).shuffle(new[0]["pages"][0]["Subnets"])
    assert normal.settled(new, old, NOW) == old


def test_what_is_alike_is_told_apart_by_what_it_belongs_to() -> None:
    def cloud(first: str, second: str, one: str, other: str) -> list[dict[str, Any]]:
        tasks = [{"task": one, "subnet": first}, {"task": other, "subnet": second}]
        return [
            subnets(first, second),
            entry("ecs:ListTasks", {"taskArns": sorted([one, other])}),
            entry("ecs:DescribeTasks", {"tasks": tasks}),
        ]

    old = cloud("subnet-11111111111111111", "subnet-22222222222222222", "1" * 32, "2" * 32)
    new = cloud("subnet-ccccccccccccccccc", "subnet-ddddddddddddddddd", "e" * 32, "d" * 32)
    assert normal.settled(new, old, NOW) == old


def test_a_change_is_kept_and_all_else_is_as_it_was() -> None:
    old = [entry("ec2:DescribeVpcs", {"Vpcs": [{"VpcId": VPC, "State": "available"}]}), entry("x:Y", {"In": VPC})]
    new = json.loads(json.dumps(old).replace(VPC, OTHER).replace("available", "pending"))
    changed = json.loads(json.dumps(old).replace("available", "pending"))
    assert normal.settled(new, old, NOW) == changed


@pytest.mark.parametrize("minutes", [1, 50])
def test_how_long_a_cloud_had_been_running_does_not_matter(minutes: int) -> None:
    def event(number: int) -> dict[str, Any]:
        message = f'{{"request_id":"{number:032x}","message":"GET /health 200","duration":{number}.5}}'
        return {
            "message": message,
            "timestamp": int((NOW - timedelta(minutes=number)).timestamp() * 1000),
            "logStreamName": "a/1",
            "eventId": str(number),
        }

    def cloud(minutes: int) -> list[dict[str, Any]]:
        values = [
            {"Id": "m0", "Timestamps": [moment(timedelta(minutes=one)) for one in range(minutes)], "Values": [1.5] * minutes}
        ]
        return [
            entry("cloudwatch:GetMetricData", {"MetricDataResults": values}),
            entry(
                "logs:FilterLogEvents",
                {"searchedLogStreams": [{"logStreamName": "a/1"}], "events": [*map(event, range(minutes))]},
                logGroupName="g",
            ),
            entry(
                "rds:DescribeDBInstances",
                {
                    "InstanceCreateTime": moment(timedelta(minutes=minutes)),
                    "Expires": moment(timedelta(days=-365, minutes=minutes)),
                },
            ),
        ]

    still = normal.at_rest(cloud(3), NOW)
    assert normal.at_rest(cloud(minutes), NOW) == still
    assert normal.at_rest(copy.deepcopy(still), NOW) == still


def test_moments_are_moved_there_and_back_and_constants_are_not() -> None:
    data = {
        "a": NOW.isoformat(),
        "b": int(NOW.timestamp() * 1000),
        "c": f'{{"at":"{NOW:%Y-%m-%dT%H:%M:%S}.123Z"}}',
        "d": "2061-05-22T17:09:41+00:00",
        "e": 86400,
        "f": True,
    }
    by = timedelta(days=6, seconds=11)
    there = normal.shifted(data, by)
    assert {name for name in data if there[name] != data[name]} == {"a", "b", "c"}
    assert normal.shifted(there, -by) == data
