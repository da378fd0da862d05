"""What adds to a planned resource from elsewhere is seen: policies of a role, rules of a listener, the key of a log group."""

import json
from typing import Any

import pytest
from plan_documents import Planned, plan, refers

from stackproof.core.verdicts import CouldNotVerify, NotYetKnown
from stackproof.resources.identity import Role
from stackproof.resources.load_balancer import Listener, LoadBalancer
from stackproof.resources.logs import LogGroup
from stackproof.sources.plan.document import PlanSource

ROLE = Planned("aws_iam_role.task", {"name": "task"}, {"inline_policy": True, "managed_policy_arns": True, "arn": True})
EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
POLICY = Planned("aws_iam_policy.all", {"policy": json.dumps(EVERYTHING)}, {"arn": True})
ARN = refers("aws_iam_policy.all.arn")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def policies(*resources: Planned) -> list[dict[str, Any]]:
    (role,) = PlanSource(plan(*resources)).collect(Role, [])
    return [policy.document for policy in role.policies]


class TestRole:
    def test_without_a_policy(self) -> None:
        assert policies(ROLE) == []

    @pytest.mark.parametrize(
        "attached",
        [
            Planned("aws_iam_role_policy.x", {"role": "task", "policy": json.dumps(EVERYTHING)}),
            Planned("aws_iam_role_policy_attachment.x", {"role": "task"}, {"policy_arn": True}, {"policy_arn": ARN}),
            Planned("aws_iam_policy_attachment.x", {"roles": ["other", "task"]}, {"policy_arn": True}, {"policy_arn": ARN}),
            Planned(
                "aws_iam_role_policy_attachments_exclusive.x",
                {"role_name": "task", "policy_arns": [None]},
                {"policy_arns": [True]},
                {"policy_arns": ARN},
            ),
        ],
        ids=lambda attached: attached.address,
    )
    def test_has_the_policies_that_other_resources_give_it(self, attached: Planned) -> None:
        assert policies(ROLE, POLICY, attached) == [EVERYTHING]

    @pytest.mark.parametrize(
        "attached",
        [
            Planned("aws_iam_role_policy_attachment.x", {"role": "task", "policy_arn": ADMINISTRATOR}),
            Planned("aws_iam_policy_attachment.x", {"roles": ["task"], "policy_arn": ADMINISTRATOR}),
            Planned("aws_iam_role_policy_attachments_exclusive.x", {"role_name": "task", "policy_arns": [ADMINISTRATOR]}),
        ],
        ids=lambda attached: attached.address,
    )
    def test_with_a_policy_of_aws_has_what_aws_has_published(self, attached: Planned) -> None:
        assert [document["Statement"] for document in policies(ROLE, attached)] == [EVERYTHING["Statement"]]

    @pytest.mark.parametrize("arn", ["arn:aws:iam::123456789012:policy/theirs", "arn:aws:iam::aws:policy/NoSuchPolicy"])
    def test_with_a_policy_that_is_not_in_the_plan_is_not_decided(self, arn: str) -> None:
        with pytest.raises(NotYetKnown, match=arn):
            policies(ROLE, Planned("aws_iam_role_policy_attachment.x", {"role": "task", "policy_arn": arn}))

    def test_has_its_own_blocks_and_arns(self) -> None:
        role = Planned("aws_iam_role.task", {"name": "task", "inline_policy": [{"name": "a", "policy": json.dumps(EVERYTHING)}]})
        assert policies(role) == [EVERYTHING]
        role = Planned("aws_iam_role.task", {"name": "task", "managed_policy_arns": ["arn:1"]})
        assert policies(role, Planned("aws_iam_policy.all", {"policy": json.dumps(EVERYTHING), "arn": "arn:1"})) == [EVERYTHING]

    def test_of_another_name_is_another(self) -> None:
        assert policies(ROLE, Planned("aws_iam_role_policy.x", {"role": "other", "policy": json.dumps(EVERYTHING)})) == []

    @pytest.mark.parametrize("text", ["no JSON", "[]", '"text"'])
    def test_whose_policy_cannot_be_read_is_not_verified(self, text: str) -> None:
        with pytest.raises(CouldNotVerify, match="the policy is not"):
            policies(ROLE, Planned("aws_iam_role_policy.x", {"role": "task", "policy": text}))


@pytest.mark.parametrize("prefix", ["aws_lb", "aws_alb"])
@pytest.mark.parametrize("rules", ["aws_lb_listener_rule", "aws_alb_listener_rule"])
def test_a_forwarding_rule_is_seen_under_every_name_that_the_provider_has_for_it(prefix: str, rules: str) -> None:
    balancer = Planned(f"{prefix}.main", {"name": "main"}, {"arn": True})
    redirect = [{"type": "redirect", "redirect": [{"protocol": "HTTPS"}]}]
    listener = Planned(
        f"{prefix}_listener.http",
        {"protocol": "HTTP", "port": 80, "default_action": redirect},
        {"load_balancer_arn": True, "arn": True},
        {"load_balancer_arn": refers(f"{prefix}.main.arn")},
    )
    forward = Planned(
        f"{rules}.x",
        {"action": [{"type": "forward", "redirect": []}]},
        {"listener_arn": True},
        {"listener_arn": refers(f"{prefix}_listener.http.arn")},
    )

    def only_redirects(*resources: Planned) -> bool:
        (found,) = PlanSource(plan(*resources)).collect(LoadBalancer, [])
        (only,) = found.listeners
        assert isinstance(only, Listener)
        return only.only_redirects_to_https

    assert only_redirects(balancer, listener)
    assert not only_redirects(balancer, listener, forward)


class TestKey:
    @staticmethod
    def state(group: Planned, *keys: Planned) -> str | None:
        (found,) = PlanSource(plan(group, *keys)).collect(LogGroup, [])
        return found.kms_key.state if found.kms_key else None

    @pytest.mark.parametrize(("enabled", "state"), [(True, "Enabled"), (False, "Disabled")])
    def test_of_the_same_plan(self, enabled: bool, state: str) -> None:
        group = Planned("aws_cloudwatch_log_group.x", {}, {"kms_key_id": True}, {"kms_key_id": refers("aws_kms_key.logs.arn")})
        assert self.state(group, Planned("aws_kms_key.logs", {"is_enabled": enabled}, {"arn": True})) == state

    def test_that_exists_already_is_known_by_its_arn(self) -> None:
        group = Planned("aws_cloudwatch_log_group.x", {"kms_key_id": "arn:1"})
        assert self.state(group, Planned("aws_kms_key.logs", {"is_enabled": False, "arn": "arn:1"})) == "Disabled"
        with pytest.raises(NotYetKnown):
            self.state(group, Planned("aws_kms_key.logs", {"is_enabled": True, "arn": "arn:2"}))

    def test_by_way_of_another_resource_is_not_decided(self) -> None:
        alias = Planned("aws_kms_alias.x", {}, {"target_key_arn": True})
        written = {"kms_key_id": refers("aws_kms_alias.x.target_key_arn")}
        with pytest.raises(NotYetKnown):
            self.state(Planned("aws_cloudwatch_log_group.x", {}, {"kms_key_id": True}, written), alias)
