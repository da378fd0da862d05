"""Who gets the events of log groups: Sentry, Langfuse, an export."""

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import omits, unknown, with_resource
from proofs.logging.edits import (
    APPLICATION,
    CENTRAL,
    ERRORS,
    FILTERS,
    FIREHOSE,
    LAMBDA,
    LLM,
    SENTRY,
    TAGS,
    planned_group,
    subscribed,
    subscribed_in_plan,
    tagged,
    tagged_in_plan,
)
from stackproof.core.verdicts import Verdict

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


CASES = [
    *linked("enabled", PASS, SentrySync="enabled", filters=(FORWARD,)),
    *linked("enabled beside an export", PASS, SentrySync="enabled", filters=(EXPORT, FORWARD)),
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
    *linked("pending with a filter", FAIL, "pending, and a subscription filter has the pattern", filters=(FORWARD,)),
    *linked("pending with another filter", FAIL, "pending, and a subscription filter has", filters=((INFO, LAMBDA),)),
    *linked("pending beside an export", PASS, filters=(EXPORT,)),
    *linked("pending without a free slot", FAIL, "none of the 2 filter slots is free", filters=(EXPORT, EXPORT)),
    *linked("disabled with a filter", FAIL, "SentrySync is disabled, and", SentrySync="disabled", filters=(FORWARD,)),
    *linked("untagged with a filter", FAIL, "SentrySync is None, and", SentrySync=None, filters=(FORWARD,)),
    *linked("disabled and full of exports", PASS, SentrySync="disabled", filters=(EXPORT, EXPORT)),
    *linked("Langfuse enabled", PASS, on=LLM, LangfuseSync="enabled", filters=(EVERYTHING,)),
    *linked("Langfuse enabled without a filter", FAIL, "LangfuseSync is enabled, and no", on=LLM, LangfuseSync="enabled"),
    *linked("Langfuse pending with a filter", FAIL, "LangfuseSync is pending, and", on=LLM, filters=(EVERYTHING,)),
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
    *exported("a tag without an export", FAIL, "no subscription filter delivers to Firehose"),
    *exported("passed on, and not exported", FAIL, "no subscription filter delivers to Firehose", EVERYTHING),
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
