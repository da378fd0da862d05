"""What is deployed around the workload, where an answer or a plan is unusual."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from plan_documents import Planned, constant, document, refers

from stackproof.core.resource import Reference
from stackproof.core.verdicts import NotYetKnown
from stackproof.judgement.images import config_digest, image_name, platforms
from stackproof.profile.loading import load
from stackproof.resources.alarms import Alarm
from stackproof.resources.flow_logs import FlowLog
from stackproof.resources.network import NatGateway, Subnet
from stackproof.resources.trail import Trail
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.aws.permissions import resources_of
from stackproof.sources.aws.source import Reader
from stackproof.sources.plan.document import Plan

REGION, ACCOUNT = "ap-northeast-2", "123456789012"


class Answers:
    """A transport that answers an operation of a region with a page."""

    def __init__(self, pages: dict[tuple[str, str], dict[str, Any]]) -> None:
        self._pages = pages
        self.asked: list[Call] = []

    def send(self, call: Call, absent: tuple[str, ...]) -> Answer:
        del absent
        self.asked.append(call)
        return Answer(call, [self._pages[call.operation, call.region]])

    @property
    def counts(self) -> Counter[str]:
        return Counter(call.operation for call in self.asked)

    def wait(self, seconds: float) -> None:
        raise AssertionError("nothing to wait for")


PROVIDERS: dict[str, Any] = {
    "aws": {"name": "aws", "expressions": {"region": {"references": ["var.region"]}}},
    "aws.us_east_1": {"name": "aws", "alias": "us_east_1", "expressions": {"region": constant("us-east-1")}},
    "module.logs:aws": {"name": "aws", "expressions": {"region": {"references": ["var.region"]}}},
    "aws.silent": {"name": "aws"},
}


class TestRegion:
    """Where a planned resource will be."""

    def region(self, provider: str, values: dict[str, Any] | None = None, **members: Any) -> str | None:
        made = document(Planned("aws_x.y", values or {}), variables={"region": {"value": REGION}})
        made["configuration"]["provider_config"] = PROVIDERS
        made["configuration"]["root_module"]["resources"][0].update(provider_config_key=provider, **members)
        block = Plan(made, "plan.json").resource("aws_x.y")
        assert block is not None
        return block.region

    @pytest.mark.parametrize(
        ("provider", "region"),
        [("aws", REGION), ("aws.us_east_1", "us-east-1"), ("module.logs:aws", None), ("aws.silent", None), ("none", None)],
    )
    def test_is_that_of_its_provider(self, provider: str, region: str | None) -> None:
        assert self.region(provider) == region

    def test_is_its_own_where_it_has_one(self) -> None:
        assert self.region("aws", {"region": "eu-west-1"}) == "eu-west-1"


class TestAlarm:
    def test_is_asked_for_in_its_region_alone_and_its_topics_in_theirs(self) -> None:
        topic = "arn:aws:sns:us-east-1:123456789012:billing"
        alarm = {"AlarmName": "bill", "AlarmActions": [topic], "ActionsEnabled": True}
        transport = Answers(
            {
                ("cloudwatch:DescribeAlarms", "us-east-1"): {"MetricAlarms": [alarm]},
                ("sns:GetTopicAttributes", "us-east-1"): {"Attributes": {"TopicArn": topic}},
            }
        )
        (found,) = Alarm.from_aws(Reader(transport, account=ACCOUNT, region=REGION), ["us-east-1/bill"])
        assert (found.name, found.region) == ("us-east-1/bill", "us-east-1")
        assert [(one.name, one.region, one.exists) for one in found.topics] == [("billing", "us-east-1", True)]
        assert {call.region for call in transport.asked} == {"us-east-1"}

    @pytest.mark.parametrize("action", ["cloudwatch:DescribeAlarms", "sns:GetTopicAttributes"])
    def test_is_allowed_there(self, action: str) -> None:
        """Alarms of the bill are in us-east-1, those on the trail's log group where that is, and topics in every region."""
        (arn,) = resources_of(action, load("production", Path(__file__).parents[1] / "environments"))
        assert arn.split(":")[3] == "*"


class TestImage:
    def test_a_registry_needs_a_dot_a_port_or_localhost(self) -> None:
        assert image_name("team/backend").registry == ""
        assert image_name("localhost/backend:1").registry == "localhost"

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"layers": []}'])
    def test_what_is_no_manifest_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"this is empty|Expecting value|neither the manifest of an image nor an index"):
            platforms(text)

    def test_variants_are_told_apart(self) -> None:
        arm = {"os": "linux", "architecture": "arm", "variant": "v7"}
        assert platforms(json.dumps({"manifests": [{"digest": "a", "platform": arm}]})) == (("linux/arm/v7", "a"),)

    def test_a_manifest_names_its_configuration(self) -> None:
        assert config_digest('{"config": {"digest": "sha256:0c"}}') == "sha256:0c"
        with pytest.raises(ValueError, match="names no configuration"):
            config_digest('{"manifests": []}')


def planned(*resources: Planned) -> Plan:
    return Plan(document(*resources), "plan.json")


VPC = Planned("aws_vpc.main", {"tags": {"Name": "v"}}, {"id": True, "default_route_table_id": True})


def test_a_flow_log_is_of_the_vpc_or_the_subnet_that_it_refers_to() -> None:
    log = Planned("aws_flow_log.main", {"traffic_type": "ALL"}, {"vpc_id": True}, {"vpc_id": refers("aws_vpc.main.id")})
    subnet = Planned("aws_flow_log.part", {}, {"subnet_id": True}, {"subnet_id": refers("aws_subnet.a.id")})
    of_vpc, of_subnet = FlowLog.from_plan(planned(VPC, log, subnet), [])
    vpc = planned(VPC).resource("aws_vpc.main")
    assert vpc is not None
    assert (of_vpc.vpc_id, of_vpc.subnet_id) == (vpc.at("id"), None)
    subnet_id: object = of_subnet.subnet_id
    assert (of_subnet.vpc_id, subnet_id) == (None, Reference("aws_subnet.a", "id"))


def test_a_nat_gateway_in_a_subnet_from_elsewhere_is_not_known() -> None:
    (gateway,) = NatGateway.from_plan(planned(Planned("aws_nat_gateway.main", {"subnet_id": "subnet-0a1b"})), [])
    with pytest.raises(NotYetKnown, match="its subnet is not in the plan"):
        assert gateway.works


def test_two_nat_gateways_that_a_route_may_mean_are_not_guessed() -> None:
    route = {"cidr_block": "0.0.0.0/0", "gateway_id": ""}
    table = Planned(
        "aws_route_table.private",
        {"route": [route]},
        {"route": [{"nat_gateway_id": True}], "id": True},
        {"route": refers("aws_nat_gateway.a.id", "aws_nat_gateway.b.id")},
    )
    gateways = [Planned(f"aws_nat_gateway.{name}", {}, {"id": True}) for name in "ab"]
    association = Planned(
        "aws_route_table_association.a",
        {},
        {"subnet_id": True, "route_table_id": True},
        {"subnet_id": refers("aws_subnet.a.id"), "route_table_id": refers("aws_route_table.private.id")},
    )
    subnet = Planned("aws_subnet.a", {"cidr_block": "10.0.11.0/24"}, {"id": True})
    (found,) = Subnet.from_plan(planned(table, *gateways, association, subnet), [])
    assert found.route_table.internet_routes == []
    with pytest.raises(NotYetKnown, match="default route"):
        assert found.route_table.default_target


def test_a_trail_without_a_selector_records_all_management_events() -> None:
    (trail,) = Trail.from_plan(planned(Planned("aws_cloudtrail.main", {"name": "t"})), [])
    assert [(one.reads, one.writes) for one in trail.selectors] == [(True, True)]
    assert trail.is_logging
