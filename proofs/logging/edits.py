"""What the rows about log groups are made of: the names of things in the compliant recording and plan, and edits of them."""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from proofs.harness import Edit, adds, answers, planned, with_resource
from stackproof.sources.replay import Recorded

POLICIES, LINKS, LINK = "logs:DescribeAccountPolicies", "oam:ListLinks", "oam:GetLink"
GROUPS, TAGS, FILTERS = "logs:DescribeLogGroups", "resourcegroupstaggingapi:GetResources", "logs:DescribeSubscriptionFilters"
APPLICATION, ERRORS, LLM = (f"/aws/ecs/api/{log_type}" for log_type in ("application", "errors", "llm"))
CENTRAL = "module.central_logging"
HERE = "arn:aws:logs:ap-northeast-2:123456789012:log-group"
LAMBDA = "arn:aws:lambda:ap-northeast-2:123456789012:function:forwarder"
FIREHOSE = "arn:aws:firehose:ap-northeast-2:123456789012:deliverystream/logs"
SENTRY = '[timestamp, request_id, level="ERROR", ...]'
"""The documented pattern."""
LOGS_SHARED = "AWS::Logs::LogGroup"
"""What an observability link shares that shows log events."""


def group(name: str, member: str) -> str:
    """The path of a member of a log group."""
    return f"logGroups.logGroupName={name}.{member}"


def planned_group(name: str) -> str:
    """The address of a log group."""
    return f'{CENTRAL}.module.groups["{name}"].aws_cloudwatch_log_group.this'


def another(name: str, **members: Any) -> Edit:
    """One log group more."""
    return adds(
        GROUPS, "logGroups", {"logGroupName": name, "arn": f"{HERE}:{name}:*", "logGroupArn": f"{HERE}:{name}", **members}
    )


def another_planned(name: str, **attributes: Any) -> Edit:
    return with_resource(f"{CENTRAL}.aws_cloudwatch_log_group.more", name=name, **attributes)


def tagged(name: str, **tags: str | None) -> Edit:
    """Let a log group have other tags; None takes one away. It may be on any page."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        return [replace(call, pages=tuple(map(changed, call.pages))) if call.call.operation == TAGS else call for call in calls]

    def changed(page: Mapping[str, Any]) -> Mapping[str, Any]:
        page = copy.deepcopy(page)
        for one in page["ResourceTagMappingList"]:
            if one["ResourceARN"] == f"{HERE}:{name}":
                merged = {tag["Key"]: tag["Value"] for tag in one["Tags"]} | tags
                one["Tags"] = [{"Key": key, "Value": value} for key, value in merged.items() if value is not None]
        return page

    return edit


def never_tagged(name: str) -> Edit:
    """Let a log group be one that was never tagged."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        return [
            replace(call, pages=tuple({"ResourceTagMappingList": without(page)} for page in call.pages))
            if call.call.operation == TAGS
            else call
            for call in calls
        ]

    def without(page: Mapping[str, Any]) -> list[Any]:
        return [one for one in page["ResourceTagMappingList"] if one["ResourceARN"] != f"{HERE}:{name}"]

    return edit


def tagged_in_plan(name: str, **tags: str | None) -> Edit:
    """Let a planned log group have other tags; None takes one away."""

    def edit(document: dict[str, Any]) -> None:
        address = planned_group(name)
        (change,) = (one["change"] for one in document["resource_changes"] if one["address"] == address)
        merged = change["after"]["tags_all"] | tags
        planned(address, tags_all={key: value for key, value in merged.items() if value is not None})(document)

    return edit


def subscribed(name: str, *filters: tuple[str, str]) -> Edit:
    """Let a log group have these subscription filters, each a pattern and a destination."""
    listed = [
        {"filterName": f"filter-{number}", "logGroupName": name, "filterPattern": pattern, "destinationArn": destination}
        for number, (pattern, destination) in enumerate(filters)
    ]
    return answers(FILTERS, {"subscriptionFilters": listed}, logGroupName=name)


def subscribed_in_plan(name: str, *filters: tuple[str, str]) -> list[Edit]:
    return [
        with_resource(
            f"{CENTRAL}.aws_cloudwatch_log_subscription_filter.filter_{number}",
            name=f"filter-{number}",
            log_group_name=name,
            filter_pattern=pattern,
            destination_arn=destination,
        )
        for number, (pattern, destination) in enumerate(filters)
    ]


def account_policy(destination: str, pattern: str = "", criteria: str | None = None) -> Edit:
    """Let the account have a subscription policy."""
    policy = {"policyName": "everything", "policyType": "SUBSCRIPTION_FILTER_POLICY", "scope": "ALL"}
    document = json.dumps(
        {"DestinationArn": destination, "FilterPattern": pattern, "RoleArn": "arn:aws:iam::123456789012:role/x"}
    )
    chosen = {} if criteria is None else {"selectionCriteria": criteria}
    return adds(POLICIES, "accountPolicies", {**policy, "policyDocument": document, **chosen})


def planned_account_policy(destination: str, pattern: str = "", criteria: str | None = None) -> Edit:
    return with_resource(
        f"{CENTRAL}.aws_cloudwatch_log_account_policy.more",
        policy_name="everything",
        policy_type="SUBSCRIPTION_FILTER_POLICY",
        policy_document=json.dumps({"DestinationArn": destination, "FilterPattern": pattern}),
        selection_criteria=criteria,
    )


def observability_link(sink: str, types: Sequence[str] = (LOGS_SHARED,), criteria: str | None = None) -> tuple[Edit, Edit]:
    """Let the account share what it observes with a monitoring account."""
    arn = "arn:aws:oam:ap-northeast-2:123456789012:link/0a"
    link = {"Arn": arn, "Id": "0a", "Label": "x", "ResourceTypes": [*types], "SinkArn": sink}
    configured = {} if criteria is None else {"LinkConfiguration": {"LogGroupConfiguration": {"Filter": criteria}}}
    return adds(LINKS, "Items", link), answers(LINK, {**link, **configured}, Identifier=arn)


def planned_observability_link(sink: str, types: Sequence[str] = (LOGS_SHARED,), criteria: str | None = None) -> Edit:
    configured = [] if criteria is None else [{"log_group_configuration": [{"filter": criteria}], "metric_configuration": []}]
    return with_resource(
        f"{CENTRAL}.aws_oam_link.more",
        label_template="$AccountName",
        resource_types=[*types],
        sink_identifier=sink,
        link_configuration=configured,
    )
