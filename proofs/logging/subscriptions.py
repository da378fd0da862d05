"""Who gets the events of log groups: Sentry, Langfuse, an export."""

import json

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import fails, omits, planned, profile, says, unknown, with_resource
from proofs.logging.edits import (
    APPLICATION,
    CENTRAL,
    ERRORS,
    FILTERS,
    FIREHOSE,
    LAMBDA,
    LINK,
    LINKS,
    LLM,
    LOGS_SHARED,
    POLICIES,
    SENTRY,
    TAGS,
    account_policy,
    observability_link,
    planned_account_policy,
    planned_group,
    planned_observability_link,
    subscribed,
    subscribed_in_plan,
    tagged,
    tagged_in_plan,
)
from stackproof.core.verdicts import AccessDenied, Verdict

FORWARD, EVERYTHING, EXPORT = (SENTRY, LAMBDA), ("", LAMBDA), ("", FIREHOSE)
INFO = '[timestamp, request_id, level="INFO", ...]'
NO_FILTER = "SentrySync is enabled, and no subscription filter has the pattern"
TO_FIREHOSE = f"{CENTRAL}.aws_cloudwatch_log_subscription_filter.export"
STREAM = with_resource(f"{CENTRAL}.aws_kinesis_firehose_delivery_stream.logs", name="logs")


def linked(
    name: str,
    verdict: Verdict,
    message: str = "",
    *,
    on: str = ERRORS,
    filters: tuple[tuple[str, str], ...] = (),
    **tags: str | None,
) -> list[Case]:
    """A log group with tags and subscription filters."""
    return [
        cloud("LOG-08", name, verdict, tagged(on, **tags), subscribed(on, *filters), names=message),
        plan("LOG-08", name, verdict, tagged_in_plan(on, **tags), *subscribed_in_plan(on, *filters), names=message),
    ]


def exported(name: str, verdict: Verdict, message: str, *filters: tuple[str, str]) -> list[Case]:
    """A log group that says that it is exported."""
    edits = [tagged(APPLICATION, ExportEnabled="true"), subscribed(APPLICATION, *filters)]
    planned_edits = [tagged_in_plan(APPLICATION, ExportEnabled="true"), *subscribed_in_plan(APPLICATION, *filters)]
    return [
        cloud("LOG-13", name, verdict, *edits, names=message),
        plan("LOG-13", name, verdict, *planned_edits, names=message),
    ]


KINESIS = "arn:aws:kinesis:ap-northeast-2:123456789012:stream/elsewhere"
STRANGER = "arn:aws:logs:ap-northeast-2:210987654321:destination:siem"
SINK = "arn:aws:oam:ap-northeast-2:210987654321:sink/0a"
ABROAD = "arn:aws:firehose:ap-northeast-2:210987654321:deliverystream/logs"
THEIRS = "arn:aws:lambda:ap-northeast-2:210987654321:function:forwarder"
UNKNOWN_SERVICE = "arn:aws:qldb:ap-northeast-2:123456789012:stream/x"
NAMES = [*profile().logs.groups]
BUT_APPLICATION = f"LogGroupName NOT IN {json.dumps([name for name in NAMES if name != APPLICATION])}"
UNNAMED = "logs.recipients does not name it"


def going(
    name: str, verdict: Verdict, message: str, *filters: tuple[str, str], on: str = APPLICATION, **tags: str | None
) -> list[Case]:
    """A log group whose events somebody gets, whatever it is for."""
    return linked(name, verdict, message, on=on, filters=filters, **tags)


def by_the_account(
    name: str, verdict: Verdict, message: str = "", *, to: str, pattern: str = "", criteria: str | None = None, **tags: str
) -> list[Case]:
    """A subscription policy of the account; ``tags`` are of the group for errors."""
    return [
        cloud("LOG-08", name, verdict, tagged(ERRORS, **tags), account_policy(to, pattern, criteria), names=message),
        plan(
            "LOG-08", name, verdict, tagged_in_plan(ERRORS, **tags), planned_account_policy(to, pattern, criteria), names=message
        ),
    ]


def observed(
    name: str, verdict: Verdict, message: str = "", *, types: tuple[str, ...] = (LOGS_SHARED,), criteria: str | None = None
) -> list[Case]:
    """A link to a monitoring account."""
    return [
        cloud("LOG-08", name, verdict, *observability_link(SINK, types, criteria), names=message),
        plan("LOG-08", name, verdict, planned_observability_link(SINK, types, criteria), names=message),
    ]


CASES = [
    *linked("enabled", PASS, SentrySync="enabled", filters=(FORWARD,)),
    *linked("enabled beside an export", PASS, SentrySync="enabled", ExportEnabled="true", filters=(EXPORT, FORWARD)),
    *linked("enabled twice", FAIL, "2 subscription filters have the pattern", SentrySync="enabled", filters=(FORWARD, FORWARD)),
    *linked("enabled without a filter", FAIL, NO_FILTER, SentrySync="enabled"),
    *linked("enabled with an export alone", FAIL, NO_FILTER, SentrySync="enabled", filters=(EXPORT,)),
    *linked("enabled with another pattern", FAIL, NO_FILTER, SentrySync="enabled", filters=((INFO, LAMBDA),)),
    *linked("exported by the pattern", FAIL, NO_FILTER, SentrySync="enabled", filters=((SENTRY, FIREHOSE),)),
    *linked(
        "enabled on another group",
        FAIL,
        "enabled on a group whose LogType is application, not errors",
        on=APPLICATION,
        SentrySync="enabled",
        filters=(FORWARD,),
    ),
    *linked("enabled with another filter beside it", FAIL, INFO, SentrySync="enabled", filters=(FORWARD, (INFO, LAMBDA))),
    *linked("pending with a filter", FAIL, "no enabled link has this pattern", filters=(FORWARD,)),
    *linked("pending with another filter", FAIL, "no enabled link has this pattern", filters=((INFO, LAMBDA),)),
    *linked("pending beside an export", PASS, ExportEnabled="true", filters=(EXPORT,)),
    *linked("pending beside an export that no tag tells", FAIL, "the tag ExportEnabled is false", filters=(EXPORT,)),
    *linked(
        "pending without a free slot", FAIL, "none of the 2 filter slots is free", ExportEnabled="true", filters=(EXPORT, EXPORT)
    ),
    *linked("disabled with a filter", FAIL, "no enabled link has this pattern", SentrySync="disabled", filters=(FORWARD,)),
    *linked("untagged with a filter", FAIL, "no enabled link has this pattern", SentrySync=None, filters=(FORWARD,)),
    *linked("disabled and full of exports", PASS, SentrySync="disabled", ExportEnabled="true", filters=(EXPORT, EXPORT)),
    *linked("Langfuse enabled", PASS, on=LLM, LangfuseSync="enabled", filters=(EVERYTHING,)),
    *linked("Langfuse enabled without a filter", FAIL, "LangfuseSync is enabled, and no", on=LLM, LangfuseSync="enabled"),
    *linked("Langfuse pending with a filter", FAIL, "no enabled link has this pattern", on=LLM, filters=(EVERYTHING,)),
    *going("an application log to a stream", FAIL, f"{KINESIS} gets its events: {UNNAMED}", ("", KINESIS)),
    *going("an application log to a function", FAIL, "no enabled link has this pattern", EVERYTHING),
    *going("an application log to Firehose that no tag tells", FAIL, "the tag ExportEnabled is false", EXPORT),
    *going("an exported application log", PASS, "", EXPORT, ExportEnabled="true"),
    *going("an exported application log, and a stream", FAIL, KINESIS, EXPORT, ("", KINESIS), ExportEnabled="true"),
    *going("to another account", FAIL, f"{STRANGER} of account 210987654321 gets its events", ("", STRANGER)),
    *going("exported to another account", FAIL, "of account 210987654321", ("", ABROAD), ExportEnabled="true"),
    *going("linked by a function of another account", FAIL, "210987654321", (SENTRY, THEIRS), on=ERRORS, SentrySync="enabled"),
    *going("to a service that nobody knows", ERROR, "qldb is not known as a destination", ("", UNKNOWN_SERVICE)),
    *going("to what is no ARN", ERROR, "elsewhere is no ARN", ("", "elsewhere")),
    *going("to one nobody knows, and a stream", FAIL, KINESIS, ("", "elsewhere"), ("", KINESIS)),
    *by_the_account("the account sends all to a stream", FAIL, KINESIS, to=KINESIS),
    *by_the_account("the account sends all to another account", FAIL, "of account 210987654321", to=STRANGER),
    *by_the_account(
        "the account sends all but the stack's", PASS, to=KINESIS, criteria=f"LogGroupName NOT IN {json.dumps(NAMES)}"
    ),
    *by_the_account("the account sends all but one", FAIL, KINESIS, to=KINESIS, criteria=f'LogGroupName NOT IN ["{ERRORS}"]'),
    *by_the_account(
        "the account sends what nobody understands", ERROR, "not understood", to=KINESIS, criteria="LogGroupArn = 'x'"
    ),
    *by_the_account(
        "the account links errors",
        PASS,
        to=LAMBDA,
        pattern=SENTRY,
        criteria=f"LogGroupName NOT IN {json.dumps([name for name in NAMES if name != ERRORS])}",
        SentrySync="enabled",
    ),
    *observed("seen by a monitoring account", FAIL, "of account 210987654321 gets its events"),
    *observed("metrics seen by a monitoring account", PASS, types=("AWS::CloudWatch::Metric", "AWS::XRay::Trace")),
    *observed("seen in kinds that nobody knows", ERROR, "AWS::Logs::Everything", types=("AWS::Logs::Everything",)),
    *observed("others seen by a monitoring account", PASS, criteria="LogGroupName LIKE '/aws/lambda/other%'"),
    *observed("one group seen by a monitoring account", FAIL, APPLICATION, criteria=f"LogGroupName IN ('{APPLICATION}')"),
    *observed("by a filter that nobody understands", ERROR, "not understood", criteria="LogGroupName ~ 'x'"),
    cloud("LOG-08", "the account's policies not listed", ERROR, omits(POLICIES, "accountPolicies")),
    cloud(
        "LOG-08",
        "a policy without a document",
        ERROR,
        account_policy(KINESIS),
        omits(POLICIES, "accountPolicies.0.policyDocument"),
    ),
    cloud(
        "LOG-08",
        "a policy that is none",
        ERROR,
        account_policy(KINESIS),
        says(POLICIES, "accountPolicies.0.policyDocument", "{}"),
    ),
    cloud("LOG-08", "links not listed", ERROR, omits(LINKS, "Items")),
    cloud("LOG-08", "what a link shows not reported", ERROR, *observability_link(SINK), omits(LINKS, "Items.0.ResourceTypes")),
    cloud("LOG-08", "a link that may not be read", ERROR, *observability_link(SINK), fails(LINK, AccessDenied("denied"))),
    cloud(
        "LOG-08",
        "links not listed, and a stream",
        FAIL,
        subscribed(APPLICATION, ("", KINESIS)),
        omits(LINKS, "Items"),
        names=KINESIS,
    ),
    plan(
        "LOG-08",
        "to a stream of the plan",
        FAIL,
        with_resource(f"{CENTRAL}.aws_kinesis_stream.more", name="more"),
        with_resource(
            f"{CENTRAL}.aws_cloudwatch_log_subscription_filter.more",
            name="more",
            log_group_name=APPLICATION,
            filter_pattern="",
            refers={"destination_arn": "aws_kinesis_stream.more.arn"},
        ),
        names="aws_kinesis_stream.more",
    ),
    plan(
        "LOG-08",
        "the account sends all to a stream of the plan",
        FAIL,
        with_resource(f"{CENTRAL}.aws_kinesis_stream.more", name="more"),
        with_resource(
            f"{CENTRAL}.aws_cloudwatch_log_account_policy.more",
            policy_name="everything",
            policy_type="SUBSCRIPTION_FILTER_POLICY",
            refers={"policy_document": "aws_kinesis_stream.more.arn"},
        ),
        names="aws_kinesis_stream.more",
    ),
    plan(
        "LOG-08",
        "another policy of the account",
        PASS,
        planned_account_policy(KINESIS),
        planned(f"{CENTRAL}.aws_cloudwatch_log_account_policy.more", policy_type="TRANSFORMER_POLICY"),
    ),
    plan(
        "LOG-08",
        "what the account sends known after apply",
        UNKNOWN,
        planned_account_policy(KINESIS),
        unknown(f"{CENTRAL}.aws_cloudwatch_log_account_policy.more", "policy_document"),
    ),
    plan(
        "LOG-08",
        "what a link shows known after apply",
        UNKNOWN,
        planned_observability_link(SINK),
        unknown(f"{CENTRAL}.aws_oam_link.more", "resource_types"),
    ),
    *linked("Langfuse on errors", FAIL, "errors, not llm", LangfuseSync="enabled", SentrySync="enabled", filters=(EVERYTHING,)),
    cloud(
        "LOG-08",
        "filter on another group",
        FAIL,
        tagged(ERRORS, SentrySync="enabled"),
        subscribed(APPLICATION, FORWARD),
        names=NO_FILTER,
    ),
    plan(
        "LOG-08",
        "filter on another group",
        FAIL,
        tagged_in_plan(ERRORS, SentrySync="enabled"),
        *subscribed_in_plan(APPLICATION, FORWARD),
        names=NO_FILTER,
    ),
    cloud("LOG-08", "filters not listed", ERROR, omits(FILTERS, "subscriptionFilters", logGroupName=ERRORS)),
    cloud("LOG-08", "tags not listed", ERROR, omits(TAGS, "ResourceTagMappingList")),
    cloud(
        "LOG-08",
        "destination not reported",
        ERROR,
        subscribed(ERRORS, FORWARD),
        omits(FILTERS, "subscriptionFilters.0.destinationArn", logGroupName=ERRORS),
    ),
    plan("LOG-08", "tags known after apply", UNKNOWN, unknown(planned_group(ERRORS), "tags_all")),
    plan(
        "LOG-08",
        "pattern known after apply",
        UNKNOWN,
        tagged_in_plan(ERRORS, SentrySync="enabled"),
        *subscribed_in_plan(ERRORS, FORWARD),
        unknown(f"{CENTRAL}.aws_cloudwatch_log_subscription_filter.filter_0", "filter_pattern"),
    ),
    *exported("exported", PASS, "", EXPORT),
    *exported("exported beside a link", PASS, "", FORWARD, EXPORT),
    *exported("a tag without an export", FAIL, "nothing delivers its events to Firehose"),
    *exported("passed on, and not exported", FAIL, "nothing delivers its events to Firehose", EVERYTHING),
    cloud("LOG-13", "an export that no tag tells", FAIL, subscribed(APPLICATION, EXPORT), names="the tag ExportEnabled is false"),
    plan("LOG-13", "an export that no tag tells", FAIL, *subscribed_in_plan(APPLICATION, EXPORT), names="ExportEnabled is false"),
    cloud("LOG-13", "the account exports all", FAIL, account_policy(FIREHOSE), names="the tag ExportEnabled is false"),
    plan("LOG-13", "the account exports all", FAIL, planned_account_policy(FIREHOSE), names="the tag ExportEnabled is false"),
    cloud(
        "LOG-13",
        "exported by the account",
        PASS,
        tagged(APPLICATION, ExportEnabled="true"),
        account_policy(FIREHOSE, criteria=BUT_APPLICATION),
    ),
    plan(
        "LOG-13",
        "exported by the account",
        PASS,
        tagged_in_plan(APPLICATION, ExportEnabled="true"),
        planned_account_policy(FIREHOSE, criteria=BUT_APPLICATION),
    ),
    *exported("exported in part", FAIL, "only what matches", (SENTRY, FIREHOSE)),
    cloud("LOG-13", "tags not listed", ERROR, omits(TAGS, "ResourceTagMappingList")),
    cloud(
        "LOG-13",
        "filters not listed",
        ERROR,
        tagged(APPLICATION, ExportEnabled="true"),
        subscribed(APPLICATION, EXPORT),
        omits(FILTERS, "subscriptionFilters", logGroupName=APPLICATION),
    ),
    plan("LOG-13", "tags known after apply", UNKNOWN, unknown(planned_group(ERRORS), "tags_all")),
    plan(
        "LOG-13",
        "exported to a stream of the plan",
        PASS,
        tagged_in_plan(APPLICATION, ExportEnabled="true"),
        STREAM,
        with_resource(
            TO_FIREHOSE,
            name="export",
            log_group_name=APPLICATION,
            filter_pattern="",
            refers={"destination_arn": "aws_kinesis_firehose_delivery_stream.logs.arn"},
        ),
    ),
    plan(
        "LOG-13",
        "destination known after apply",
        UNKNOWN,
        tagged_in_plan(APPLICATION, ExportEnabled="true"),
        *subscribed_in_plan(APPLICATION, EXPORT),
        unknown(f"{CENTRAL}.aws_cloudwatch_log_subscription_filter.filter_0", "destination_arn"),
    ),
]
