"""A plan promises no more than it knows: unknown values, references, secrets."""

import copy
import json
from collections.abc import Sequence
from typing import Any

import pytest
from plan_documents import Planned, constant, document, plan, refers

from stackproof.core.ledger import Ledger
from stackproof.core.resource import Reference, Resource, field
from stackproof.core.verdicts import NotReported, NotYetKnown, UsageError
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.sources.plan.document import Change, Plan, PlanSource
from stackproof.sources.plan.shape import refuse_what_is_there_twice
from stackproof.terraform.cli import Terraform

KEY = Planned("aws_kms_key.logs", unknown={"arn": True, "id": True})
OTHER_KEY = Planned("aws_kms_key.other", unknown={"arn": True, "id": True})
KEY_ARN = Reference("aws_kms_key.logs", "arn")


def block(*resources: Planned, address: str = "aws_x.y", **members: Any) -> PlannedBlock:
    found = plan(*resources, **members).resource(address)
    assert found is not None
    return found


class TestDocument:
    @pytest.mark.parametrize(
        ("content", "says"),
        [
            ([], "not a Terraform plan"),
            (None, "not a Terraform plan"),
            ("planned_values", "not a Terraform plan"),
            ({}, "not a Terraform plan"),
            ({"format_version": "1.0", "values": {"root_module": {}}}, "not a Terraform plan"),  # a state
            ({"planned_values": []}, "not a Terraform plan"),
            ({"planned_values": {}}, "no configuration"),
            ({"planned_values": {}, "configuration": None}, "no configuration"),
            ({**document(), "errored": True}, "planning failed"),
            ({**document(), "complete": False}, "only a part of the stack"),
            ({**document(), "deferred_changes": [{"reason": "instance_count_unknown"}]}, "only a part of the stack"),
        ],
    )
    def test_that_is_no_plan_is_refused(self, content: object, says: str) -> None:
        with pytest.raises(UsageError, match=f"here.json: .*{says}"):
            Plan(content, "here.json")

    def test_of_nothing_has_nothing(self) -> None:
        empty = plan()
        assert empty.resources("aws_db_instance") == []
        assert empty.resource("aws_db_instance.main") is None
        assert (empty.changes, empty.drift) == ((), ())

    def test_says_what_changes(self) -> None:
        found = plan(
            Planned("aws_vpc.main", actions=("no-op",)),
            Planned("aws_lb.main", actions=("delete", "create")),
            resource_drift=[{"address": "aws_vpc.main", "mode": "managed", "change": {"actions": ["update"]}}],
        )
        assert found.changes == (Change("aws_vpc.main", ("no-op",)), Change("aws_lb.main", ("delete", "create")))
        assert found.drift == (Change("aws_vpc.main", ("update",)),)

    def test_does_not_count_data_sources(self) -> None:
        content = document(Planned("aws_vpc.main"))
        content["planned_values"]["root_module"]["resources"][0]["mode"] = "data"
        content["resource_changes"][0]["mode"] = "data"
        read = Plan(content, "plan.json")
        assert (read.changes, read.resources("aws_vpc")) == ((), [])

    def test_finds_resources_of_several_types_in_the_plans_order(self) -> None:
        found = plan(Planned("aws_b.y"), Planned("aws_a.x"), Planned("aws_c.z"))
        assert [one.address for one in found.resources("aws_a", "aws_b")] == ["aws_b.y", "aws_a.x"]

    @pytest.mark.parametrize("place", ["resource_changes", "planned_values"])
    def test_a_resource_that_is_there_twice_is_refused(self, place: str) -> None:
        given = document(Planned("aws_s3_bucket.app", {"bucket": "a"}))
        listed = given["resource_changes"] if place == "resource_changes" else given["planned_values"]["root_module"]["resources"]
        listed.append(copy.deepcopy(listed[0]))
        with pytest.raises(UsageError, match=r"the plan was edited: aws_s3_bucket\.app is there twice"):
            refuse_what_is_there_twice(given, "plan.json")


class TestValue:
    def test_that_is_known(self) -> None:
        assert block(Planned("aws_x.y", {"a": False, "b": [1], "c": None})).at("a") is False
        assert block(Planned("aws_x.y", {"b": [1]})).at("b") == [1]

    @pytest.mark.parametrize("values", [{}, {"a": None}])
    def test_that_will_not_be_set(self, values: dict[str, Any]) -> None:
        assert block(Planned("aws_x.y", values)).at("a") is None

    @pytest.mark.parametrize(
        "written",
        [
            refers("local.key"),
            refers("each.value"),
            refers("count.index"),
            refers("data.aws_kms_key.key.arn"),
            refers("data.aws_kms_key.key.arn", "aws_kms_key.logs.arn"),
            refers("module.nosuch.arn"),
            refers("module.nosuch"),
            refers("aws_kms_key.logs"),
            refers("aws_kms_key.logs.arn", "aws_kms_key.other.arn"),
            refers("ephemeral.random_password.x.result"),
            {"references": ["path.module"]},
            {"references": []},
            {},
            constant("a constant cannot become unknown"),
            [{"a": refers("aws_kms_key.logs.arn")}],
        ],
    )
    def test_that_is_unknown_and_cannot_be_followed(self, written: Any) -> None:
        found = block(KEY, OTHER_KEY, Planned("aws_x.y", unknown={"a": True}, written={"a": written}))
        with pytest.raises(NotYetKnown, match=r"aws_x\.y\.a is known only after apply"):
            found.at("a")

    def test_that_is_unknown_is_not_what_an_object_left_over_from_a_replacement_says(self) -> None:
        content = document(Planned("aws_x.y", unknown={"ingress": True}, written={"ingress": refers("local.x")}))
        content["resource_changes"].append(
            {
                "address": "aws_x.y",
                "mode": "managed",
                "deposed": "a1b2c3d4",
                "change": {"actions": ["delete"], "after_unknown": {}},
            }
        )
        found = Plan(content, "plan.json").resource("aws_x.y")
        assert found
        with pytest.raises(NotYetKnown):
            found.at("ingress")
        with pytest.raises(NotYetKnown):
            list(found.blocks("ingress"))

    def test_that_the_provider_fills_in_is_a_reference_to_itself(self) -> None:
        found = block(Planned("aws_x.y", unknown={"arn": True}))
        assert found.at("arn") == Reference("aws_x.y", "arn")
        assert found.is_unset("arn")

    def test_is_not_left_open_when_it_is_written_or_the_sources_are_not_found(self) -> None:
        assert not block(Planned("aws_x.y", unknown={"a": True}, written={"a": refers("local.a")})).is_unset("a")
        assert not block(Planned("aws_x.y", {"a": 1})).is_unset("a")
        content = document(Planned("aws_x.y", unknown={"a": True}))
        content["configuration"]["root_module"]["resources"] = []
        found = Plan(content, "plan.json").resource("aws_x.y")
        assert found
        assert not found.is_unset("a")
        with pytest.raises(NotYetKnown):
            found.at("a")

    def test_inside_a_map_leaves_the_others_known(self) -> None:
        found = block(Planned("aws_x.y", {"tags": {"a": "b"}}, {"tags": {"c": True}}, {"tags": refers("aws_kms_key.logs.arn")}))
        assert found.at("tags")["a"] == "b"
        with pytest.raises(NotYetKnown):
            found.at("tags")["c"]


class TestReferences:
    def test_are_what_an_unknown_value_will_be(self) -> None:
        found = block(KEY, Planned("aws_x.y", unknown={"a": True}, written={"a": refers("aws_kms_key.logs.arn")}))
        assert found.at("a") == KEY_ARN

    def test_leave_out_what_is_known_already(self) -> None:
        known = Planned("aws_kms_key.logs", {"arn": "arn:1"})
        written = {"a": refers("aws_kms_key.logs.arn", "aws_kms_key.other.arn")}
        found = block(known, OTHER_KEY, Planned("aws_x.y", unknown={"a": True}, written=written))
        assert found.at("a") == Reference("aws_kms_key.other", "arn")

    def test_keep_the_whole_path_of_what_is_referred_to(self) -> None:
        secret = Planned("aws_db_instance.x", unknown={"master_user_secret": True})
        written = {
            name: {"references": [f"aws_db_instance.x.master_user_secret[0].{name}", "aws_db_instance.x"]}
            for name in ("kms_key_id", "secret_arn")
        }
        found = block(secret, Planned("aws_x.y", unknown=dict.fromkeys(written, True), written=written))
        with pytest.raises(NotYetKnown):
            assert found.at("kms_key_id") == found.at("secret_arn")

    def test_in_a_list_stand_where_the_unknown_elements_are(self) -> None:
        written = {"a": refers("aws_kms_key.logs.arn", "aws_kms_key.other.arn")}
        found = block(
            KEY, OTHER_KEY, Planned("aws_x.y", {"a": [None, "known", None]}, {"a": [True, False, True]}, written=written)
        )
        assert found.at("a") == [KEY_ARN, "known", Reference("aws_kms_key.other", "arn")]

    @pytest.mark.parametrize(
        "written",
        [
            refers("aws_kms_key.logs.arn"),  # which of the two?
            refers("aws_kms_key.logs.arn", "local.x"),
            refers("aws_kms_key.logs", "aws_kms_key.other"),  # a splat
            refers("data.aws_kms_key.a.arn", "data.aws_kms_key.b.arn"),
            None,
        ],
    )
    def test_in_a_list_that_do_not_fit_make_it_unknown(self, written: Any) -> None:
        expressions = {"a": written} if written else {}
        found = block(KEY, OTHER_KEY, Planned("aws_x.y", {"a": ["known", None, None]}, {"a": [False, True, True]}, expressions))
        assert "known" in found.at("a")
        with pytest.raises(NotYetKnown):
            list(found.at("a"))

    def test_to_a_resource_of_which_there_are_none_leave_the_other_branch(self) -> None:
        written = {"kms_key_id": refers("aws_kms_key.own[0].arn", "aws_kms_key.given.arn")}
        described = document(
            Planned("aws_cloudwatch_log_group.x", {}, {"kms_key_id": True}, written),
            Planned("aws_kms_key.given", {}, {"arn": True}),
            Planned("aws_kms_key.own[0]", {}, {"arn": True}),
        )
        with pytest.raises(NotYetKnown):
            Plan(described, "plan.json").resources("aws_cloudwatch_log_group")[0].at("kms_key_id")
        module = described["planned_values"]["root_module"]
        module["resources"] = [one for one in module["resources"] if one["name"] != "own"]
        (group,) = Plan(described, "plan.json").resources("aws_cloudwatch_log_group")
        assert group.at("kms_key_id") == Reference("aws_kms_key.given", "arn")

    def test_to_all_instances_are_none_to_one(self) -> None:
        splat = {"a": {"references": ["aws_kms_key.logs"]}}
        found = block(KEY, Planned("aws_x.y", {"a": [None]}, {"a": [True]}, splat))
        with pytest.raises(NotYetKnown):
            list(found.at("a"))


class TestBlocks:
    def test_in_their_order(self) -> None:
        found = block(Planned("aws_x.y", {"action": [{"type": "a"}, {"type": "b"}]}))
        assert [one.at("type") for one in found.blocks("action")] == ["a", "b"]
        assert found.blocks("action")[1].source == "plan aws_x.y.action[1]"

    @pytest.mark.parametrize("values", [{}, {"action": []}, {"action": None}])
    def test_of_which_there_are_none(self, values: dict[str, Any]) -> None:
        assert block(Planned("aws_x.y", values)).blocks("action") == []

    @pytest.mark.parametrize(("values", "unknown"), [({}, True), ({"action": [{"type": "a"}, None]}, [{}, True])])
    def test_whose_number_or_content_is_unknown(self, values: dict[str, Any], unknown: Any) -> None:
        with pytest.raises(NotYetKnown):
            list(block(Planned("aws_x.y", values, {"action": unknown})).blocks("action"))

    def test_find_their_expressions_by_their_constants_whatever_the_order(self) -> None:
        """A planned set is sorted; the sources are in the order of writing."""
        found = block(
            KEY,
            OTHER_KEY,
            Planned(
                "aws_x.y",
                {"policy": [{"name": "a"}, {"name": "z"}]},
                {"policy": [{"key": True}, {"key": True}]},
                {
                    "policy": [
                        {"name": constant("z"), "key": refers("aws_kms_key.other.arn")},
                        {"name": constant("a"), "key": refers("aws_kms_key.logs.arn")},
                    ]
                },
            ),
        )
        assert [one.at("key") for one in found.blocks("policy")] == [KEY_ARN, Reference("aws_kms_key.other", "arn")]

    def test_of_which_there_is_one_need_no_telling_apart(self) -> None:
        """The provider may write a constant in its own way."""
        written = {"rule": [{"protocol": constant("TCP"), "key": refers("aws_kms_key.logs.arn")}]}
        found = block(KEY, Planned("aws_x.y", {"rule": [{"protocol": "tcp"}]}, {"rule": [{"key": True}]}, written))
        assert found.blocks("rule")[0].at("key") == KEY_ARN

    def test_that_cannot_be_told_apart_are_unknown_unless_all_say_the_same(self) -> None:
        def found(*references: str) -> Sequence[PlannedBlock]:
            written = {"policy": [{"key": refers(one)} for one in references]}
            unknown = {"policy": [{"key": True}, {"key": True}]}
            return block(KEY, OTHER_KEY, Planned("aws_x.y", {"policy": [{}, {}]}, unknown, written)).blocks("policy")

        for one in found("aws_kms_key.logs.arn", "aws_kms_key.other.arn"):
            with pytest.raises(NotYetKnown):
                one.at("key")
        assert [one.at("key") for one in found("aws_kms_key.logs.arn", "aws_kms_key.logs.arn")] == [KEY_ARN, KEY_ARN]

    def test_that_a_dynamic_block_made_do_not_borrow_the_expressions_of_a_written_one(self) -> None:
        """The configuration does not have dynamic blocks: there are more planned than written."""
        found = block(
            KEY,
            Planned(
                "aws_x.y",
                {"action": [{"type": "forward"}, {"type": "forward"}]},
                {"action": [{"target": True}, {"target": True}]},
                {"action": [{"type": constant("forward"), "target": refers("aws_kms_key.logs.arn")}]},
            ),
        )
        for one in found.blocks("action"):
            with pytest.raises(NotYetKnown):
                one.at("target")

    def test_that_only_a_dynamic_block_made_are_known_where_they_are_known(self) -> None:
        found = block(Planned("aws_x.y", {"action": [{"type": "forward"}]}, {"action": [{"target": True}]}))
        (one,) = found.blocks("action")
        assert one.at("type") == "forward"
        with pytest.raises(NotYetKnown):
            one.at("target")

    def test_written_as_one_attribute(self) -> None:
        """Security group rules have one expression for all blocks: it stands for the only unknown."""
        rules = {"ingress": [{"port": 80, "cidr_blocks": ["0.0.0.0/0"]}, {"port": 5432}]}
        unknown = {"ingress": [{"cidr_blocks": [False]}, {"groups": True}]}
        written = {"ingress": refers("aws_kms_key.logs.arn")}
        first, second = block(KEY, Planned("aws_x.y", rules, unknown, written)).blocks("ingress")
        assert first.at("cidr_blocks") == ["0.0.0.0/0"]
        assert second.at("groups") == KEY_ARN

    def test_written_as_one_attribute_are_unknown_where_several_are(self) -> None:
        """One of them may be a dynamic block's, which refers to something that the configuration does not show."""
        rules = {"ingress": [{"port": 22}, {"port": 5432}]}
        unknown = {"ingress": [{"groups": True}, {"groups": True}]}
        found = block(KEY, Planned("aws_x.y", rules, unknown, {"ingress": refers("aws_kms_key.logs.arn")}))
        for one in found.blocks("ingress"):
            with pytest.raises(NotYetKnown):
                one.at("groups")

    def test_inside_blocks(self) -> None:
        values = {"rule": [{"action": [{"redirect": [{"protocol": "HTTPS"}]}]}]}
        (rule,) = block(Planned("aws_x.y", values)).blocks("rule")
        (action,) = rule.blocks("action")
        (redirect,) = action.blocks("redirect")
        assert redirect.at("protocol") == "HTTPS"
        assert redirect.source == "plan aws_x.y.rule[0].action[0].redirect[0]"


class TestReferring:
    KIND, TO = "aws_s3_bucket_versioning", "aws_s3_bucket.app"

    def of(self, bucket: Planned, *others: Planned, kind: str = KIND) -> list[str]:
        found = plan(bucket, *others)
        to = found.resource(self.TO)
        assert to
        return [one.address for one in found.referring(kind, "bucket", to)]

    @pytest.mark.parametrize("attribute", ["id", "arn"])
    def test_by_reference(self, attribute: str) -> None:
        bucket = Planned(self.TO, {"bucket": "app"}, {"id": True, "arn": True})
        mine = Planned(f"{self.KIND}.mine", unknown={"bucket": True}, written={"bucket": refers(f"{self.TO}.{attribute}")})
        others = Planned(f"{self.KIND}.others", unknown={"bucket": True}, written={"bucket": refers("aws_s3_bucket.other.id")})
        assert self.of(bucket, mine, others) == [mine.address]

    def test_by_name(self) -> None:
        bucket = Planned(self.TO, {"bucket": "app"}, {"id": True})
        found = [Planned(f"{self.KIND}.{name}", {"bucket": name}) for name in ("app", "other")]
        assert self.of(bucket, *found, Planned(f"{self.KIND}.none")) == [f"{self.KIND}.app"]

    def test_a_new_resource_has_no_name_that_is_known_elsewhere(self) -> None:
        assert self.of(Planned(self.TO, unknown={"bucket": True}), Planned(f"{self.KIND}.known", {"bucket": "app"})) == []

    @pytest.mark.parametrize("written", [refers("local.bucket"), refers("aws_s3_bucket_policy.app.bucket")])
    def test_by_something_that_may_be_it_is_not_decided(self, written: dict[str, Any]) -> None:
        other = Planned(f"{self.KIND}.x", unknown={"bucket": True}, written={"bucket": written})
        with pytest.raises(NotYetKnown):
            self.of(Planned(self.TO, {"bucket": "app"}), Planned("aws_s3_bucket.other", {"bucket": "other"}), other)

    def test_in_a_list(self) -> None:
        bucket = Planned(self.TO, {"bucket": "app"}, {"id": True})
        assert self.of(bucket, Planned("aws_x.y", {"bucket": ["other", "app"]}), kind="aws_x") == ["aws_x.y"]
        assert self.of(bucket, Planned("aws_x.y", {"bucket": ["other"]}), kind="aws_x") == []

    @pytest.mark.parametrize(
        ("value", "address"),
        [
            (Reference("aws_kms_key.logs", "arn"), "aws_kms_key.logs"),
            (Reference("aws_kms_alias.logs", "target_key_arn"), None),
            ("arn:1", "aws_kms_key.known"),
            ("arn:2", None),
        ],
    )
    def test_the_resource_that_a_value_means(self, value: str | Reference, address: str | None) -> None:
        found = plan(KEY, Planned("aws_kms_key.known", {"arn": "arn:1"}), Planned("aws_kms_alias.logs", {"arn": "arn:2"}))
        assert [one.address for one in found.referred(value, "aws_kms_key")] == ([address] if address else [])


class Thing(Resource):
    terraform = ("aws_x",)

    level: str = field(plan="level")
    is_on: bool = field(plan=lambda block: block.at("state") == "on")


class TestSource:
    def test_makes_resources_with_their_place_in_the_plan(self) -> None:
        things = PlanSource(plan(Planned("aws_x.a", {"name": "first", "level": "high", "state": "on"}))).collect(Thing, [])
        ledger = Ledger()
        with ledger.open():
            assert (things[0].level, things[0].is_on) == ("high", True)
        assert [(read.resource, read.value, read.source) for read in ledger.readings] == [
            ("Thing first", "high", "plan aws_x.a.level"),
            ("Thing first", "true", "plan aws_x.a"),
        ]

    def test_names_a_resource_by_its_address_where_its_name_is_unknown(self) -> None:
        (thing,) = PlanSource(plan(Planned("aws_x.a", unknown={"name": True}))).collect(Thing, [])
        assert thing.name == "aws_x.a"


SECRET = "hunter2-hunter2"


class TestSecrets:
    """Nothing that Terraform marks, and nothing with a secret's name, is in what was loaded."""

    @pytest.mark.parametrize(
        "content",
        [
            document(Planned("aws_x.y", {"text": SECRET}, sensitive={"text": True})),
            document(Planned("aws_x.y", {"list": [{"text": SECRET}]}, sensitive={"list": [{"text": True}]})),
            document(Planned("aws_x.y", {"list": [SECRET]}, sensitive={"list": True})),
            document(Planned("aws_x.y", {"password": SECRET})),
            document(Planned("aws_x.y", {"url": f"postgresql://u:{SECRET}@db/x"})),
            document(Planned("aws_x.y", written={"password": constant(SECRET)})),
            document(Planned("aws_x.y", written={"block": [{"auth_token": constant(SECRET)}]})),
            document(Planned("aws_x.y", written={"variables": constant({"DB_PASSWORD": SECRET})})),
            document(Planned("aws_x.y", written={"url": constant(f"postgresql://u:{SECRET}@db/x")})),
            document(variables={"db_password": {"value": SECRET}}),
            document(prior_state={"values": {"outputs": {"x": {"value": SECRET}}}}),
            document(output_changes={"x": {"actions": ["create"], "after": SECRET, "after_sensitive": True}}),
            document(output_changes={"x": {"actions": ["update"], "before": SECRET, "before_sensitive": True}}),
            document(
                configuration={
                    "provider_config": {"aws": {"expressions": {"secret_key": constant(SECRET)}}},
                    "root_module": {"variables": {"pin": {"default": SECRET, "sensitive": True}}},
                },
                variables={"pin": {"value": SECRET}},
            ),
            document(configuration={"root_module": {"variables": {"db_password": {"default": SECRET}}}}),
            document(
                configuration={
                    "root_module": {
                        "module_calls": {
                            "m": {
                                "expressions": {"db_password": constant(SECRET)},
                                "module": {"variables": {"db_password": {"default": SECRET}}},
                            }
                        }
                    }
                }
            ),
            document(
                resource_drift=[
                    {
                        "address": "aws_x.y",
                        "change": {"actions": ["update"], "before": {"a": SECRET}, "before_sensitive": {"a": True}},
                    }
                ]
            ),
        ],
    )
    def test_are_hidden(self, content: dict[str, Any]) -> None:
        assert SECRET in json.dumps(content)
        loaded = Plan(copy.deepcopy(content), "plan.json")
        assert SECRET not in loaded.to_json()
        assert SECRET not in repr(loaded.document)

    def test_hide_nothing_else(self) -> None:
        content = document(
            Planned("aws_x.y", {"text": "plain", "list": [{"a": 1}]}, sensitive={"text": False, "list": [{}]}),
            Planned("aws_x.z", written={"a": constant("plain"), "b": refers("aws_x.y.text")}),
            variables={"region": {"value": "ap-northeast-2"}},
        )
        assert Plan(content, "plan.json").document == content

    def test_cannot_be_judged(self) -> None:
        """What is hidden is a word, and a word is true."""
        found = block(Planned("aws_x.y", {"is_on": False, "list": [{"a": 1}]}, sensitive={"is_on": True, "list": True}))
        with pytest.raises(NotReported, match=r"aws_x\.y\.is_on is sensitive"):
            found.at("is_on")
        with pytest.raises(NotReported, match=r"aws_x\.y\.list is sensitive"):
            found.blocks("list")

    def test_in_a_list_cannot_be_judged(self) -> None:
        found = block(Planned("aws_x.y", {"list": ["a", "b"]}, sensitive={"list": [False, True]}))
        with pytest.raises(NotReported):
            found.at("list")

    def test_of_nothing_are_nothing(self) -> None:
        assert block(Planned("aws_x.y", {"password": None}, sensitive={"password": True})).at("password") is None


ROOT = """
variable "password" {
  type      = string
  sensitive = true
  default   = "the-default-password"
}
locals {
  key = terraform_data.key.id
}
resource "terraform_data" "key" {}
resource "terraform_data" "other" {}
resource "terraform_data" "direct" {
  input = terraform_data.key.id
}
resource "terraform_data" "listed" {
  input = [terraform_data.key.id, "known", terraform_data.other.id]
}
resource "terraform_data" "repeated" {
  input = [terraform_data.key.id, terraform_data.key.id]
}
resource "terraform_data" "local" {
  input = local.key
}
resource "terraform_data" "choice" {
  input = var.password == "x" ? terraform_data.key.id : terraform_data.other.id
}
resource "terraform_data" "counted" {
  count = 2
  input = "v${count.index}"
}
resource "terraform_data" "each" {
  for_each = toset(["a.b", "c]module.x."])
  input    = each.key
}
resource "terraform_data" "of_counted" {
  input = terraform_data.counted[1].id
}
resource "terraform_data" "of_each" {
  input = terraform_data.each["c]module.x."].id
}
resource "terraform_data" "of_all" {
  input = terraform_data.counted[*].id
}
resource "terraform_data" "by_each" {
  for_each = toset(["a.b"])
  input    = terraform_data.each[each.key].id
}
resource "terraform_data" "object" {
  input = { one = 1, two = 2 }
}
resource "terraform_data" "part" {
  input = terraform_data.object.output.one
}
resource "terraform_data" "other_part" {
  input = terraform_data.object.output.two
}
resource "terraform_data" "secret" {
  input = { pin = var.password, plain = "plain" }
}
module "group" {
  source = "./group"
  key    = terraform_data.key.id
  config = { key = terraform_data.other.id }
}
module "groups" {
  source   = "./group"
  for_each = toset(["a.b", "c]module.x."])
  key      = terraform_data.key.id
}
resource "terraform_data" "of_module" {
  input = module.group.id
}
resource "terraform_data" "of_instance" {
  input = module.groups["c]module.x."].id
}
resource "terraform_data" "passed_through" {
  input = module.group.key
}
output "known" {
  value = "known"
}
output "unknown" {
  value = terraform_data.key.id
}
output "secret" {
  value     = var.password
  sensitive = true
}
"""
GROUP = """
variable "key" {}
variable "config" {
  default = { key = "" }
}
variable "fallback" {
  default = null
}
resource "terraform_data" "this" {
  input = var.key
}
resource "terraform_data" "attribute" {
  input = var.config.key
}
resource "terraform_data" "coalesced" {
  input = coalesce(var.fallback, terraform_data.this.id)
}
module "inner" {
  source = "./inner"
  key    = var.key
}
resource "terraform_data" "of_inner" {
  input = module.inner.id
}
output "id" {
  value = terraform_data.this.id
}
output "key" {
  value = var.key
}
"""
INNER = """
variable "key" {}
resource "terraform_data" "this" {
  input = var.key
}
output "id" {
  value = terraform_data.this.id
}
"""
DOTTED = 'module.groups["a.b"]'
ODD = 'module.groups["c]module.x."]'
EACH = 'terraform_data.each["c]module.x."]'


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A plan that Terraform made, of what needs no provider."""
    root = tmp_path_factory.mktemp("root")
    for path, text in (("main.tf", ROOT), ("group/main.tf", GROUP), ("group/inner/main.tf", INNER)):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    terraform = Terraform.find()
    for arguments in (["init"], ["plan", "-out=tfplan"], ["show", "-json", "tfplan"]):
        completed = terraform.run(*arguments, directory=root)
        assert completed.exit_status == 0, completed.stderr
    return Plan(json.loads(completed.stdout), "a real plan")


def at(plan: Plan, address: str) -> Any:
    found = plan.resource(address)
    assert found, address
    return found.at("input")


class TestRealPlan:
    """What is assumed about Terraform's document holds."""

    @pytest.mark.parametrize(
        ("address", "target"),
        [
            ("terraform_data.direct", "terraform_data.key"),
            ("terraform_data.of_counted", "terraform_data.counted[1]"),
            ("terraform_data.of_each", EACH),
            ("terraform_data.of_module", "module.group.terraform_data.this"),
            ("terraform_data.of_instance", f"{ODD}.terraform_data.this"),
            ("terraform_data.passed_through", "terraform_data.key"),
            ("module.group.terraform_data.this", "terraform_data.key"),
            ("module.group.terraform_data.attribute", "terraform_data.other"),
            ("module.group.terraform_data.coalesced", "module.group.terraform_data.this"),
            ("module.group.terraform_data.of_inner", "module.group.module.inner.terraform_data.this"),
            ("module.group.module.inner.terraform_data.this", "terraform_data.key"),
            (f"{DOTTED}.terraform_data.coalesced", f"{DOTTED}.terraform_data.this"),
            (f"{DOTTED}.module.inner.terraform_data.this", "terraform_data.key"),
            (f"{ODD}.terraform_data.coalesced", f"{ODD}.terraform_data.this"),
            (f"{ODD}.terraform_data.of_inner", f"{ODD}.module.inner.terraform_data.this"),
            (f"{ODD}.module.inner.terraform_data.this", "terraform_data.key"),
        ],
    )
    def test_a_reference_is_followed(self, address: str, target: str, real: Plan) -> None:
        assert real.resource(target)
        assert at(real, address) == Reference(target, "id")

    def test_references_in_a_list_keep_their_places(self, real: Plan) -> None:
        key, known, other = at(real, "terraform_data.listed")
        assert (key, known, other) == (Reference("terraform_data.key", "id"), "known", Reference("terraform_data.other", "id"))

    @pytest.mark.parametrize("name", ["local", "choice", "of_all", "repeated", 'by_each["a.b"]'])
    def test_what_cannot_be_told_stays_unknown(self, name: str, real: Plan) -> None:
        with pytest.raises(NotYetKnown):
            list(at(real, f"terraform_data.{name}"))

    def test_two_parts_of_one_attribute_are_not_the_same(self, real: Plan) -> None:
        assert at(real, "terraform_data.part") == at(real, "terraform_data.part")
        with pytest.raises(NotYetKnown):
            assert at(real, "terraform_data.part") == at(real, "terraform_data.other_part")

    @pytest.mark.parametrize(
        ("address", "value"),
        [
            ("terraform_data.counted[1]", "v1"),
            (EACH, "c]module.x."),
            (f"{DOTTED}.terraform_data.attribute", ""),
            ("terraform_data.object", {"one": 1, "two": 2}),
            ("terraform_data.key", None),
        ],
    )
    def test_what_is_known_is_known(self, address: str, value: object, real: Plan) -> None:
        assert at(real, address) == value

    def test_a_computed_attribute_is_a_reference_to_itself(self, real: Plan) -> None:
        key = real.resource("terraform_data.key")
        assert key
        assert key.at("id") == Reference("terraform_data.key", "id")
        assert key.is_unset("id")

    def test_sensitive_values_are_hidden_wherever_terraform_writes_them(self, real: Plan) -> None:
        assert "the-default-password" not in real.to_json()
        assert at(real, "terraform_data.secret") == {"pin": "(redacted)", "plain": "plain"}

    def test_everything_is_created(self, real: Plan) -> None:
        assert {change.actions for change in real.changes} == {("create",)}
        assert {change.address for change in real.changes} == {block.address for block in real.resources("terraform_data")}
