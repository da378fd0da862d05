"""Log groups and clusters as they are read: how many calls that takes, and what an answer or a plan means."""

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from plan_documents import Planned, plan, refers
from test_reader import reader

from stackproof.collections.registry import collections
from stackproof.core.verdicts import AccessDenied, DeclaredButMissing, NotReported, NotYetKnown
from stackproof.judgement.log_delivery import delivery_problems
from stackproof.profile.loading import load
from stackproof.profile.schema import Profile
from stackproof.redaction.plain_secrets import Variable
from stackproof.resources.clusters import Cluster
from stackproof.resources.logs import LogGroup
from stackproof.sources import Source
from stackproof.sources.aws.calls import MANY_PAGES, Answer, Call
from stackproof.sources.aws.source import AwsSource
from stackproof.sources.plan.document import PlanSource
from stackproof.targets.base import Stage
from stackproof.util.spool import Reiterable

HERE = "arn:aws:logs:ap-northeast-2:123456789012:log-group"


def numbered(number: int) -> str:
    return f"/aws/ecs/service-{number}/errors"


def paged(items: list[Any], member: str, size: int) -> list[dict[str, Any]]:
    return [{member: items[at : at + size]} for at in range(0, len(items), size)] or [{member: []}]


def account(count: int, **answers: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    """An account with so many log groups, each tagged; 50 and 100 a page, as AWS has it."""
    groups = [
        {"logGroupName": numbered(one), "logGroupArn": f"{HERE}:{numbered(one)}", "retentionInDays": 90} for one in range(count)
    ]
    tags = [{"ResourceARN": group["logGroupArn"], "Tags": [{"Key": "LogType", "Value": "errors"}]} for group in groups]

    def answer(call: Call) -> Answer:
        if call.action in answers:
            return answers[call.action](call)
        match call.action:
            case "DescribeLogGroups":
                return Answer(call, paged(groups, "logGroups", 50))
            case "GetResources":
                assert call.arguments["ResourceTypeFilters"] == ["logs:log-group"]
                return Answer(call, paged(tags, "ResourceTagMappingList", 100))
            case "DescribeSubscriptionFilters":
                return Answer(call, [{"subscriptionFilters": []}])
            case "DescribeAccountPolicies":
                return Answer(call, [{"accountPolicies": []}])
            case "ListLinks":
                return Answer(call, [{"Items": []}])
        raise AssertionError(call)

    return answer


class TestLogGroup:
    def test_the_tags_of_all_groups_take_one_call(self) -> None:
        aws, transport = reader(account(250))
        groups = AwsSource(aws).collect(LogGroup, [])
        assert len(groups) == 250
        assert transport.counts == {"logs:DescribeLogGroups": 1}
        assert {group.tags["LogType"] for group in groups} == {"errors"}
        assert {group.retention_days for group in groups} == {90}
        assert transport.counts == {"logs:DescribeLogGroups": 1, "resourcegroupstaggingapi:GetResources": 1}

    def test_a_group_that_was_never_tagged_has_no_tags(self) -> None:
        aws, _ = reader(account(1, GetResources=lambda call: Answer(call, [{"ResourceTagMappingList": []}])))
        [group] = AwsSource(aws).collect(LogGroup, [])
        assert group.tags == {}

    def test_without_an_arn_its_tags_cannot_be_told(self) -> None:
        aws, _ = reader(account(0, DescribeLogGroups=lambda call: Answer(call, [{"logGroups": [{"logGroupName": "a"}]}])))
        [group] = AwsSource(aws).collect(LogGroup, [])
        with pytest.raises(NotReported, match="tags is not reported"):
            _ = group.tags

    def test_tags_that_may_not_be_read_are_an_error_of_the_tags_alone(self) -> None:
        aws, _ = reader(account(1, GetResources=lambda call: Answer(call, error=AccessDenied("no"))))
        [group] = AwsSource(aws).collect(LogGroup, [])
        assert group.retention_days == 90
        with pytest.raises(AccessDenied):
            _ = group.tags

    @pytest.mark.parametrize(
        ("destination", "service", "account_id"),
        [
            ("arn:aws:lambda:ap-northeast-2:123456789012:function:sentry", "lambda", "123456789012"),
            ("arn:aws:firehose:ap-northeast-2:123456789012:deliverystream/logs", "firehose", "123456789012"),
            ("arn:aws-cn:firehose:cn-north-1:123456789012:deliverystream/logs", "firehose", "123456789012"),
            ("arn:aws:kinesis:ap-northeast-2:123456789012:stream/logs", "kinesis", "123456789012"),
            ("arn:aws:logs:ap-northeast-2:210987654321:destination:logs", "logs", "210987654321"),
        ],
    )
    def test_a_subscription_filter_delivers_to_a_service(self, destination: str, service: str, account_id: str) -> None:
        reported = {"filterName": "x", "filterPattern": "", "destinationArn": destination}
        aws, _ = reader(account(1, DescribeSubscriptionFilters=lambda call: Answer(call, [{"subscriptionFilters": [reported]}])))
        [group] = AwsSource(aws).collect(LogGroup, [])
        [subscription] = group.subscription_filters
        found = (subscription.pattern, subscription.destination_service, subscription.destination_account)
        assert found == ("", service, account_id)


GROUP = Planned("aws_cloudwatch_log_group.x", {"name": "/aws/ecs/api/errors"})


class TestManyLogGroups:
    """More than stay in memory are judged as few are."""

    COUNT = 50 * MANY_PAGES * 3

    def test_are_all_there_with_their_facts(self) -> None:
        aws, transport = reader(account(self.COUNT))
        found = AwsSource(aws).collect(LogGroup, [])
        assert isinstance(found, Reiterable)
        for _ in range(2):
            assert [group.name for group in found] == [numbered(one) for one in range(self.COUNT)]
        assert [group.tags for group in islice(found, 3)] == [{"LogType": "errors"}] * 3
        assert [call.action for call in transport.asked] == ["DescribeLogGroups", "GetResources"]

    def test_have_the_tags_of_their_own_in_whatever_order_those_are_answered(self) -> None:
        own = [
            {"ResourceARN": f"{HERE}:{numbered(one)}", "Tags": [{"Key": "Number", "Value": str(one)}]}
            for one in range(self.COUNT)
        ]
        pages = paged(own[::-7] + [one for place, one in enumerate(own[::-1]) if place % 7], "ResourceTagMappingList", 100)
        aws, _ = reader(account(self.COUNT, GetResources=lambda call: Answer(call, pages)))
        found = AwsSource(aws).collect(LogGroup, [])
        assert [group.tags["Number"] for group in found] == [str(one) for one in range(self.COUNT)]

    def test_without_a_name_are_an_error(self) -> None:
        pages = [*paged([{"logGroupName": "a"}] * 50 * MANY_PAGES, "logGroups", 50), {"logGroups": [{"arn": "b"}]}]
        aws, _ = reader(lambda call: Answer(call, pages))
        with pytest.raises(NotReported, match="an item of logGroups has no logGroupName"):
            list(AwsSource(aws).collect(LogGroup, []))

    def test_on_a_page_without_them_are_an_error(self) -> None:
        pages = [*paged([{"logGroupName": "a"}] * 50 * MANY_PAGES, "logGroups", 50), {}]
        aws, _ = reader(lambda call: Answer(call, pages))
        with pytest.raises(NotReported, match=f"page {MANY_PAGES + 1} of the answer has no list logGroups"):
            list(AwsSource(aws).collect(LogGroup, []))

    def test_of_the_stack_are_the_declared_ones_first(self) -> None:
        many, _ = stage(account(self.COUNT), 2)
        names = [group.name for group in collections["log_groups"](many)]
        assert (names, len(collections["log_groups"](many))) == ([numbered(one) for one in range(self.COUNT)], self.COUNT)


class TestPlannedLogGroup:
    @pytest.mark.parametrize(
        ("values", "days"),
        [({"retention_in_days": 90}, 90), ({"retention_in_days": 0}, None), ({"retention_in_days": None}, None)],
    )
    def test_a_retention_of_0_days_is_none(self, values: Mapping[str, Any], days: int | None) -> None:
        [group] = PlanSource(plan(Planned("aws_cloudwatch_log_group.x", values))).collect(LogGroup, [])
        assert group.retention_days == days

    def test_tags_are_those_that_the_provider_adds_too(self) -> None:
        values = {"tags": {"a": "1"}, "tags_all": {"a": "1", "b": "2"}}
        [group] = PlanSource(plan(Planned("aws_cloudwatch_log_group.x", values))).collect(LogGroup, [])
        assert group.tags == {"a": "1", "b": "2"}

    def test_one_unknown_tag_leaves_the_others_known(self) -> None:
        one = Planned("aws_cloudwatch_log_group.x", {"tags_all": {"a": None, "b": "2"}}, {"tags_all": {"a": True}})
        [group] = PlanSource(plan(one)).collect(LogGroup, [])
        assert group.tags["b"] == "2"
        with pytest.raises(NotYetKnown):
            _ = group.tags["a"]

    @pytest.mark.parametrize(
        ("stream", "service"), [("aws_kinesis_firehose_delivery_stream.s", "firehose"), ("aws_lambda_function.s", "lambda")]
    )
    def test_a_destination_of_the_plan_is_told_by_its_type(self, stream: str, service: str) -> None:
        link = Planned(
            "aws_cloudwatch_log_subscription_filter.x",
            {"name": "x", "log_group_name": "/aws/ecs/api/errors", "filter_pattern": ""},
            {"destination_arn": True},
            {"destination_arn": refers(f"{stream}.arn")},
        )
        [group] = PlanSource(plan(GROUP, link, Planned(stream, {}, {"arn": True}))).collect(LogGroup, [])
        reported = [(one.destination_service, one.destination_account) for one in group.subscription_filters]
        assert reported == [(service, None)]

    def test_a_destination_that_nothing_tells_is_unknown(self) -> None:
        link = Planned(
            "aws_cloudwatch_log_subscription_filter.x",
            {"name": "x", "log_group_name": "/aws/ecs/api/errors"},
            {"destination_arn": True},
            {"destination_arn": refers("aws_cloudformation_stack.s.outputs")},
        )
        [group] = PlanSource(plan(GROUP, link, Planned("aws_cloudformation_stack.s", {}, {"outputs": True}))).collect(
            LogGroup, []
        )
        [subscription] = group.subscription_filters
        with pytest.raises(NotYetKnown):
            _ = subscription.destination_service


class OnAws(Stage):
    def __init__(self, profile: Profile, source: Source) -> None:
        super().__init__("aws", profile, None)  # type: ignore[arg-type]  # nothing here looks at the repository
        self._source = source

    def source(self) -> Source:
        return self._source


def stage(answer: Callable[[Call], Answer], count: int) -> tuple[OnAws, Any]:
    profile = load("production", Path(__file__).parents[1] / "environments")
    groups = tuple(numbered(one) for one in range(count))
    logs = profile.logs.model_copy(update={"groups": groups, "owned": ("/aws/ecs/service-",)})
    aws, transport = reader(answer)
    return OnAws(profile.model_copy(update={"logs": logs}), AwsSource(aws)), transport


class TestCollections:
    def test_filters_of_every_group_are_asked_for_once_and_what_is_the_accounts_once_for_all(self) -> None:
        many, transport = stage(account(60), 60)
        assert len(collections["subscribed_log_groups"](many)) == 60
        assert list(collections["log_recipients"](many)) == []
        asked = Counter(call.action for call in transport.asked)
        assert asked == {
            "DescribeLogGroups": 1,
            "DescribeSubscriptionFilters": 60,
            "DescribeAccountPolicies": 1,
            "ListLinks": 1,
        }

    def test_recipients_that_may_not_be_read_hide_no_others(self) -> None:
        reported = {
            "filterName": "x",
            "filterPattern": "",
            "destinationArn": "arn:aws:kinesis:ap-northeast-2:123456789012:stream/x",
        }

        def filters(call: Call) -> Answer:
            denied = call.arguments["logGroupName"] == numbered(0)
            return Answer(call, error=AccessDenied("no")) if denied else Answer(call, [{"subscriptionFilters": [reported]}])

        partly, _ = stage(account(2, DescribeSubscriptionFilters=filters), 2)
        (_, unknown), (group, stream) = collections["log_recipients"](partly)
        with pytest.raises(AccessDenied):
            _ = unknown.destination
        assert (group.name, stream.destination) == (numbered(1), reported["destinationArn"])

    def test_filters_that_may_not_be_read_are_an_error_of_who_reads_them(self) -> None:
        denied, _ = stage(account(2, DescribeSubscriptionFilters=lambda call: Answer(call, error=AccessDenied("no"))), 2)
        group, _ = collections["subscribed_log_groups"](denied)
        with pytest.raises(AccessDenied):
            _ = group.subscription_filters

    def test_readers_that_do_not_exist_are_missed(self) -> None:
        details: dict[str, object] = {"RoleDetailList": [], "UserDetailList": [], "GroupDetailList": [], "Policies": []}
        without, _ = stage(lambda call: Answer(call, [details]), 1)
        with pytest.raises(DeclaredButMissing, match="triflow-ai-production-log-reader"):
            collections["principals"](without)


class TestCluster:
    def test_a_hundred_are_described_at_a_time(self) -> None:
        arns = [f"arn:aws:ecs:ap-northeast-2:123456789012:cluster/c{one}" for one in range(250)]

        def answer(call: Call) -> Answer:
            if call.action == "ListClusters":
                return Answer(call, paged(arns, "clusterArns", 100))
            asked = call.arguments["clusters"]
            assert len(asked) <= 100
            assert call.arguments["include"] == ["SETTINGS"]
            settings = [{"name": "containerInsights", "value": "enabled"}]
            clusters = [{"clusterName": arn.rpartition("/")[2], "status": "ACTIVE", "settings": settings} for arn in asked]
            return Answer(call, [{"clusters": clusters}])

        aws, transport = reader(answer)
        found = AwsSource(aws).collect(Cluster, [])
        assert [cluster.name for cluster in found] == [f"c{one}" for one in range(250)]
        assert {cluster.container_insights for cluster in found} == {"enabled"}
        assert transport.counts == {"ecs:ListClusters": 1, "ecs:DescribeClusters": 3}

    def test_a_planned_one_without_the_setting_has_that_of_the_account(self) -> None:
        for values, unknown in (({"setting": []}, {}), ({}, {"setting": True}), ({"setting": [{"name": "x", "value": "y"}]}, {})):
            [cluster] = PlanSource(plan(Planned("aws_ecs_cluster.x", values, unknown))).collect(Cluster, [])
            with pytest.raises(NotYetKnown, match="containerInsights"):
                _ = cluster.container_insights


@pytest.mark.parametrize("value", ["true", "True", "yes"])
def test_a_task_may_not_make_its_group(value: str) -> None:
    options = [Variable("awslogs-group", "/a"), Variable("awslogs-create-group", value)]
    assert len(delivery_problems("awslogs", options)) == 1
