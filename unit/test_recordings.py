"""A recording is the same, whenever and wherever the same cloud is recorded."""

import copy
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from proofs import harness, kinds, needs, normal, record
from stackproof.core.controls import declared
from stackproof.sources import replay
from stackproof.sources.aws import permissions

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


@pytest.mark.parametrize(
    ("operation", "page"),
    [
        ("iam:ListRoles", {"Roles": [{"RoleName": "a", "RoleId": "{}"}]}),
        ("apigateway:GetRestApis", {"items": [{"name": "a", "id": "{}", "endpoint": "https://{}.execute-api.example"}]}),
        ("sqs:GetQueueAttributes", {"Attributes": {"CreatedTimestamp": "{}"}}),
    ],
)
def test_what_is_another_each_time_is_recorded_in_the_same_words(operation: str, page: dict[str, Any]) -> None:
    each = {
        "iam": ("AROARZPUZDIKD54TCPHU7", "AROARZPUZDIKKIOIYTDKL"),  # without a digit it has the form of a word
        "apigateway": ("k4zvmbwgfy", "8kbuobgigl"),
        "sqs": (f"{(NOW - timedelta(minutes=1)).timestamp():.6f}", f"{(NOW - timedelta(minutes=7)).timestamp():.5f}"),
    }[operation.partition(":")[0]]
    one, other = ([entry(operation, json.loads(json.dumps(page).replace("{}", value)))] for value in each)
    first = normal.settled(one, [], NOW)
    assert normal.settled(other, first, NOW) == first


def test_log_groups_with_tags_come_in_one_order() -> None:
    def tagged(*names: str, keys: str = "ab") -> list[dict[str, Any]]:
        items = [{"ResourceARN": name, "Tags": [{"Key": key, "Value": "1"} for key in keys]} for name in names]
        return [entry("resourcegroupstaggingapi:GetResources", {"ResourceTagMappingList": items})]

    assert normal.at_rest(tagged("y", "x", keys="ba"), NOW) == tagged("x", "y")


class TestWhatIsRecordedAnew:
    """The recorder, without a cloud: which calls it writes where."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
        monkeypatch.setattr(record, "COMPLIANT", tmp_path)
        monkeypatch.setattr(kinds, "FOLDER", tmp_path / "kinds")
        (tmp_path / "kinds" / "root_user").mkdir(parents=True)
        kinds.calls_in.cache_clear()
        yield tmp_path
        kinds.calls_in.cache_clear()

    def test_what_is_not_asked_stays_while_a_proof_asks_it(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def read(where: Path) -> list[str]:
            return [one["operation"] for one in json.loads((where / "cloud.json").read_text(encoding="utf-8"))]

        again, looked, gone, summary, new = (entry(f"iam:{name}", {}) for name in ("Again", "Looked", "Gone", "Summary", "New"))
        (folder / "cloud.json").write_text(record.to_text([again, looked, gone]), encoding="utf-8")
        (folder / "kinds" / "root_user" / "cloud.json").write_text(record.to_text([summary]), encoding="utf-8")
        asked_in_proofs = {replay.from_entry(one).call for one in (looked, summary)}
        monkeypatch.setattr(permissions, "needs", lambda: {"ACC-01": ["iam:Looked", "iam:Summary"]})
        monkeypatch.setattr(needs, "calls", {"ACC-01": asked_in_proofs}.__getitem__)
        record._write_whole([new, again])
        assert read(folder) == ["iam:Again", "iam:Looked", "iam:New"]
        assert read(folder / "kinds" / "root_user") == ["iam:Summary"]
        assert capsys.readouterr().out.strip().startswith("No proof asks any more: iam:Gone")

    def test_controls_of_the_same_stacks_are_recorded_on_one_cloud(self) -> None:
        of_kinds = [control for control in harness.controls(*harness.ON_AWS) if kinds.own_stacks(declared[control])]
        groups = record._groups(of_kinds)
        assert sorted(control for group in groups for control in group) == sorted(of_kinds)
        stacks = [{frozenset(kinds.own_stacks(declared[control])) for control in group} for group in groups]
        assert all(len(one) == 1 for one in stacks)
        assert len({*map(frozenset, stacks)}) == len(stacks)

    def test_what_the_reference_stacks_have_too_is_not_asked_of_a_small_cloud(self) -> None:
        kinds_of_control = kinds.asked_by(declared["SEC-API-02"])
        forgotten = record._forgotten("SEC-API-02", kinds.own_stacks(declared["SEC-API-02"]), kinds_of_control, again=True)
        assert {call.operation for call in forgotten} >= {"apigatewayv2:GetDomainNames", "apigatewayv2:GetApis"}
        recorded = {one.call for path in map(kinds.folder, kinds_of_control) for one in kinds.calls_in(path)}
        assert forgotten <= recorded | {one.call for one in harness.compliant_calls("SEC-API-02")}

    def test_no_cloud_is_started_for_what_is_recorded(self) -> None:
        recorded = harness.compliant_calls("SEC-RDS-01")
        lists = "rds:DescribeDBInstances"
        assert record._asks_only(["SEC-RDS-01"], recorded)
        assert not record._asks_only(["SEC-RDS-01"], [one for one in recorded if one.call.operation != lists])

    @pytest.mark.parametrize(
        ("plan", "controls"), [("as it was", ["SEC-DDB-02"]), ("another", ["SEC-INV-12", "SEC-DDB-01", "SEC-DDB-02"])]
    )
    def test_a_stack_that_was_changed_is_asked_anew_for_all_its_controls(
        self, plan: str, controls: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = kinds.own_stacks(declared["SEC-DDB-02"])[0]
        recorded = (folder / record.PLAN).read_text(encoding="utf-8")
        asked: list[object] = []
        monkeypatch.setattr(record, "_planned", lambda path: plan if plan == "another" else recorded)
        monkeypatch.setattr(record, "_add", lambda chosen, plans, again: asked.extend([*chosen, again]))
        monkeypatch.setattr(needs, "update", lambda controls: None)
        record.add("SEC-DDB-02")
        assert asked == [*controls, plan == "another"]
