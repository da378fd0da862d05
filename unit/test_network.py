"""What a security group opens, however the rules are written and wherever they are read."""

from typing import Any, cast

import pytest
from plan_documents import Planned, plan, refers

from stackproof.core.verdicts import NotReported, NotYetKnown
from stackproof.judgement.exposure import PREFIX_LIST, Opening, Source, opening
from stackproof.resources.network import SecurityGroup
from stackproof.sources.aws.calls import Call
from stackproof.sources.aws.facts import AwsFacts
from stackproof.sources.aws.source import AwsSource, Reader
from stackproof.sources.plan.document import PlanSource
from stackproof.sources.replay import Recorded, Recording

REGION = "ap-northeast-2"
DB, ECS, EVIL = "aws_security_group.db", "aws_security_group.ecs", "aws_security_group.evil"
FROM_ECS = frozenset({opening("tcp", 5432, 5432, "ecs")})
WORLD = opening("tcp", 22, 22, "0.0.0.0/0")


def group(name: str, **more: Any) -> Planned:
    """A new group; nothing of its rules is known unless ``ingress`` says it."""
    values = {"name": name, **({"ingress": more["ingress"]} if "ingress" in more else {})}
    unknown = {"id": True, "ingress": more.get("unknown", True)}
    return Planned(f"aws_security_group.{name}", values, unknown, more.get("written", {}))


def rule(**values: Any) -> dict[str, Any]:
    closed = {"cidr_blocks": [], "ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "self": False}
    return {"protocol": "tcp", "from_port": 5432, "to_port": 5432, **closed, **values}


def opened(*resources: Planned, name: str = "db") -> frozenset[Opening]:
    groups = PlanSource(plan(*resources)).collect(SecurityGroup, [])
    return frozenset(next(one.ingress for one in groups if one.name == name))


def separate(kind: str, refers_to: str = f"{DB}.id", **values: Any) -> Planned:
    return Planned(f"{kind}.x", values, {"security_group_id": True}, {"security_group_id": refers(refers_to)})


class TestPlanned:
    def test_inline_from_a_group(self) -> None:
        with_list = {**rule(), "security_groups": [None]}
        found = group("db", ingress=[with_list], unknown=[{"security_groups": [True]}], written={"ingress": refers(f"{ECS}.id")})
        assert opened(found, group("ecs")) == FROM_ECS

    def test_inline_from_a_group_as_one_unknown(self) -> None:
        """Terraform says of a set that is unknown as a whole only that."""
        unwritten = {key: value for key, value in rule().items() if key != "security_groups"}
        found = group("db", ingress=[unwritten], unknown=[{"security_groups": True}], written={"ingress": refers(f"{ECS}.id")})
        assert opened(found, group("ecs")) == FROM_ECS

    def test_inline_from_itself_and_from_addresses(self) -> None:
        found = group("db", ingress=[rule(self=True), rule(cidr_blocks=["10.0.0.0/9", "10.128.0.0/9"])], unknown=[{}, {}])
        assert opened(found) == {opening("tcp", 5432, 5432, "db"), opening("tcp", 5432, 5432, "10.0.0.0/8")}

    def test_two_rules_from_groups_are_not_decided(self) -> None:
        """The second may be a dynamic block's, from a group that the configuration does not show."""
        rules = [{key: value for key, value in rule().items() if key != "security_groups"}] * 2
        found = group("db", ingress=rules, unknown=[{"security_groups": True}] * 2, written={"ingress": refers(f"{ECS}.id")})
        with pytest.raises(NotYetKnown):
            opened(found, group("ecs"), group("evil"))

    def test_a_new_group_that_says_nothing_opens_nothing(self) -> None:
        assert opened(group("db")) == frozenset()

    def test_rules_that_are_unknown_are_not_none(self) -> None:
        with pytest.raises(NotYetKnown):
            opened(group("db", written={"ingress": refers("local.rules")}))

    def test_separate_rules_add_to_the_inline_ones(self) -> None:
        own = group("db", ingress=[rule(cidr_blocks=["10.0.0.0/8"])], unknown=[{}])
        world: dict[str, Any] = {"from_port": 22, "to_port": 22}
        old = separate("aws_security_group_rule", type="ingress", protocol="tcp", cidr_blocks=["0.0.0.0/0"], **world)
        new = separate("aws_vpc_security_group_ingress_rule", ip_protocol="tcp", cidr_ipv4="0.0.0.0/0", **world)
        for one in (old, new):
            assert opened(own, one) == {opening("tcp", 5432, 5432, "10.0.0.0/8"), WORLD}
            assert opened(group("db"), one) == {WORLD}

    def test_separate_rules_of_another_group_or_outward_open_nothing(self) -> None:
        outward = separate("aws_security_group_rule", type="egress", protocol="-1", cidr_blocks=["0.0.0.0/0"])
        others = separate("aws_vpc_security_group_ingress_rule", f"{EVIL}.id", ip_protocol="-1", cidr_ipv4="0.0.0.0/0")
        assert opened(group("db"), group("evil"), outward, others) == frozenset()

    @pytest.mark.parametrize("by", ["local.group", "aws_security_group_rule.first.security_group_id"])
    def test_a_rule_of_a_group_that_cannot_be_told_makes_every_group_unknown(self, by: str) -> None:
        hidden = separate("aws_vpc_security_group_ingress_rule", by, ip_protocol="-1", cidr_ipv4="0.0.0.0/0")
        with pytest.raises(NotYetKnown):
            opened(group("db"), group("ecs"), hidden)

    def test_a_rule_whose_direction_is_unknown_is_not_taken_for_an_outward_one(self) -> None:
        written = {"security_group_id": refers(f"{DB}.id"), "type": refers("local.type")}
        unknown = {"security_group_id": True, "type": True}
        with pytest.raises(NotYetKnown):
            opened(group("db"), Planned("aws_security_group_rule.x", {"cidr_blocks": ["0.0.0.0/0"]}, unknown, written))

    def test_groups_that_exist_already_are_known_by_their_ids(self) -> None:
        there = [
            Planned(DB, {"name": "db", "id": "sg-1", "ingress": [rule(security_groups=["sg-2"])]}),
            Planned(ECS, {"name": "ecs", "id": "sg-2", "ingress": []}),
        ]
        assert opened(*there) == FROM_ECS
        added = Planned(
            "aws_vpc_security_group_ingress_rule.x",
            {"security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": "0.0.0.0/0"},
        )
        assert opened(*there, added) == FROM_ECS | {WORLD}

    def test_a_group_that_is_not_in_the_plan_is_told_by_its_id(self) -> None:
        found = Planned(DB, {"name": "db", "id": "sg-1", "ingress": [rule(security_groups=["sg-9"])]})
        assert opened(found) == {opening("tcp", 5432, 5432, "sg-9")}

    def test_a_prefix_list_does_not_pass_for_the_group_whose_name_it_has(self) -> None:
        prefixes = Planned("aws_ec2_managed_prefix_list.x", {"name": "ecs"}, {"id": True})
        found = group(
            "db",
            ingress=[{**rule(), "prefix_list_ids": [None]}],
            unknown=[{"prefix_list_ids": [True]}],
            written={"ingress": refers("aws_ec2_managed_prefix_list.x.id")},
        )
        assert opened(found, prefixes) == {opening("tcp", 5432, 5432, Source(PREFIX_LIST, prefixes.address))}

    def test_a_group_does_not_pass_for_another_of_the_same_name(self) -> None:
        namesake = Planned(EVIL, {"name": "ecs"}, {"id": True, "ingress": True})
        found = group(
            "db",
            ingress=[{**rule(), "security_groups": [None]}],
            unknown=[{"security_groups": [True]}],
            written={"ingress": refers(f"{EVIL}.id")},
        )
        assert opened(found, group("ecs"), namesake) == {opening("tcp", 5432, 5432, EVIL)}


def answered(*groups: dict[str, Any]) -> dict[str, frozenset[Opening]]:
    call = Call.of("ec2:DescribeSecurityGroups", REGION)
    reader = Reader(Recording([Recorded(call, ({"SecurityGroups": list(groups)},))]), account="1", region=REGION)
    return {cast(AwsFacts, one.origin).at("GroupId"): one.ingress for one in AwsSource(reader).collect(SecurityGroup, [])}


def item(id: str, name: str, vpc: str, *permissions: dict[str, Any]) -> dict[str, Any]:
    return {"GroupId": id, "GroupName": name, "VpcId": vpc, "IpPermissions": list(permissions)}


FROM_2 = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": "sg-2"}]}


class TestAnswered:
    def test_a_group_by_its_name(self) -> None:
        found = answered(item("sg-1", "db", "vpc-1", FROM_2), item("sg-2", "ecs", "vpc-1"))
        assert found["sg-1"] == FROM_ECS

    @pytest.mark.parametrize("elsewhere", [[item("sg-2", "ecs", "vpc-2")], []])
    def test_a_group_of_another_vpc_does_not_pass_for_one_of_the_same_name(self, elsewhere: list[dict[str, Any]]) -> None:
        found = answered(item("sg-1", "db", "vpc-1", FROM_2), *elsewhere)
        assert found["sg-1"] == {opening("tcp", 5432, 5432, "sg-2")}

    def test_every_kind_of_source(self) -> None:
        everything = {
            "IpProtocol": "-1",
            "IpRanges": [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}],
            "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
            "PrefixListIds": [{"PrefixListId": "pl-1"}],
            "UserIdGroupPairs": [{"GroupId": "sg-1"}],
        }
        found = answered(item("sg-1", "db", "vpc-1", everything))
        assert {str(one) for one in found["sg-1"]} == {
            f"everything from {source}" for source in ("0.0.0.0/0", "::/0", "pl-1", "db")
        }

    def test_rules_that_are_not_reported_are_not_none(self) -> None:
        silent = item("sg-1", "db", "vpc-1")
        del silent["IpPermissions"]
        with pytest.raises(NotReported):
            answered(silent)
