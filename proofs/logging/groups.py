"""Names, retention and tags of log groups."""

import json

from proofs.cases import ERROR, FAIL, NOT_DECLARED, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, exists, omits, on_page_2, planned, says, unknown, with_resource, without
from proofs.logging.edits import (
    APPLICATION,
    CENTRAL,
    ERRORS,
    GROUPS,
    LLM,
    TAGS,
    another,
    another_planned,
    group,
    never_tagged,
    planned_group,
    tagged,
    tagged_in_plan,
)

DATABASE = "/aws/rds/triflow-ai-production-db"
MISNAMED = {
    "/aws/ecs/atlantis-prod": "the type is missing; ecs has application, errors, llm",
    "/aws/ecs/api/error": "type 'error' is that of rds; ecs has application, errors, llm",
    f"{DATABASE}/errors": "type 'errors' is that of ecs and lambda; rds has error, general, slowquery",
    "/aws/ecs/api/llm/v2": "'llm/v2' is too much after the resource name",
    "/aws/lambda/secrets-manager-rotation/logs": "there is no type 'logs'; lambda has none, errors",
}
OF_ERRORS = f'LogGroupNamePrefix = "{ERRORS}"'
UNNAMED = with_resource(f"{CENTRAL}.aws_cloudwatch_log_group.more", refers={"name": "aws_kms_key.logs.id"})


def misnamed(name: str, message: str) -> list[Case]:
    return [
        cloud("LOG-01", f"named {name}", FAIL, another(name), names=message),
        plan("LOG-01", f"named {name}", FAIL, another_planned(name), names=message),
    ]


def kept(name: str, days: int) -> list[Case]:
    """A retention that is not that of the group's kind."""
    return [
        cloud("LOG-03", f"{name} for {days} days", FAIL, says(GROUPS, group(name, "retentionInDays"), days), names=name),
        plan("LOG-03", f"{name} for {days} days", FAIL, planned(planned_group(name), retention_in_days=days), names=name),
    ]


def ruled(days: object, criteria: str | None = None, mode: str = "RETROACTIVE", *, kind: str = "RETENTION_POLICY") -> Edit:
    """A policy of the account about retention."""
    return with_resource(
        f"{CENTRAL}.aws_cloudwatch_log_account_policy.ruled",
        policy_name="ruled",
        policy_type=kind,
        policy_document=json.dumps({"retentionInDays": days, "enforcementMode": mode}),
        selection_criteria=criteria,
    )


def untrue(name: str, verdict_of: str, message: str, **tags: str | None) -> list[Case]:
    """Tags that are not what they should be."""
    return [
        cloud("LOG-06", verdict_of, FAIL, tagged(name, **tags), names=message),
        plan("LOG-06", verdict_of, FAIL, tagged_in_plan(name, **tags), names=message),
    ]


CASES = [
    *(case for name, message in MISNAMED.items() for case in misnamed(name, message)),
    cloud("LOG-01", "misnamed on page 2", FAIL, on_page_2(GROUPS, "logGroups", logGroupName="/aws/ecs/api/error")),
    cloud("LOG-01", "another team's group", PASS, another("/aws/ecs/other")),
    cloud("LOG-01", "well named", PASS, another("/aws/ecs/api-2/errors"), another("/aws/ecs/atlantis/errors")),
    cloud("LOG-01", "a declared group is missing", PASS, omits(GROUPS, "logGroups.logGroupName=/aws/ecs/api/llm")),
    cloud("LOG-01", "the list is missing", ERROR, omits(GROUPS, "logGroups")),
    plan("LOG-01", "name known after apply", UNKNOWN, UNNAMED),
    *(
        cloud("LOG-02", f"no {name}", FAIL, omits(GROUPS, f"logGroups.logGroupName={name}"), names=name)
        for name in (APPLICATION, ERRORS, LLM, "/aws/ecs/atlantis/application", "/aws/lambda/secrets-manager-rotation")
    ),
    cloud("LOG-02", "no group at all", FAIL, says(GROUPS, "logGroups", [])),
    cloud("LOG-02", "the list is missing", ERROR, omits(GROUPS, "logGroups")),
    cloud("LOG-02", "a name is missing", ERROR, omits(GROUPS, group(LLM, "logGroupName"))),
    plan("LOG-02", "one missing", FAIL, without(planned_group(LLM)), names=LLM),
    plan("LOG-02", "one missing, and a name known after apply", UNKNOWN, without(planned_group(LLM)), UNNAMED),
    *kept(ERRORS, 91),
    *kept(ERRORS, 14),
    *kept(LLM, 90),
    *kept(APPLICATION, 13),
    *kept("/aws/lambda/secrets-manager-rotation", 30),
    *kept(f"{DATABASE}/error", 90),
    *kept("/aws/alb/triflow-ai-production-alb/error-logs", 90),
    *kept("/aws/rds/instance/triflow-ai-production-db/postgresql", 7),
    *kept("/aws/ecs/triflow-ai-production-backend", 30),
    cloud("LOG-03", "never expires", FAIL, omits(GROUPS, group(ERRORS, "retentionInDays")), names=ERRORS),
    cloud(
        "LOG-03",
        "never expires, on page 2",
        FAIL,
        on_page_2(GROUPS, "logGroups", logGroupName="/aws/ecs/api-2/errors", retentionInDays=None),
        on_page_2(GROUPS, "logGroups", logGroupName="/aws/ecs/atlantis/errors", retentionInDays=None),
        names="/aws/ecs/atlantis/errors",
    ),
    cloud(
        "LOG-03",
        "no rule for its name",
        NOT_DECLARED,
        another("/aws/ecs/atlantis-prod", retentionInDays=14),
        names="type is missing",
    ),
    cloud("LOG-03", "retention is no number", ERROR, says(GROUPS, group(ERRORS, "retentionInDays"), "90")),
    plan("LOG-03", "never expires", FAIL, planned(planned_group(ERRORS), retention_in_days=None), names=ERRORS),
    plan("LOG-03", "a policy of the account overrides it", FAIL, ruled(30, OF_ERRORS), names=ERRORS),
    plan("LOG-03", "a policy of the account says what it says", PASS, ruled(90, OF_ERRORS)),
    plan("LOG-03", "a policy of the account, for ever", FAIL, ruled("NEVER_EXPIRE", OF_ERRORS), names=ERRORS),
    plan("LOG-03", "a policy of the account for others", PASS, ruled(30, 'LogGroupNamePrefix = "/aws/billing"')),
    plan("LOG-03", "a policy of the account about something else", PASS, ruled(30, kind="FIELD_INDEX_POLICY")),
    plan("LOG-03", "a policy of the account for new groups, made with it", UNKNOWN, ruled(30, OF_ERRORS, "NEW_ONLY")),
    plan(
        "LOG-03",
        "a policy of the account for new groups, and an old group",
        PASS,
        ruled(30, OF_ERRORS, "NEW_ONLY"),
        exists(planned_group(ERRORS)),
    ),
    plan(
        "LOG-03",
        "an old policy of the account for new groups",
        FAIL,
        ruled(30, OF_ERRORS, "NEW_ONLY"),
        exists(f"{CENTRAL}.aws_cloudwatch_log_account_policy.ruled"),
        names=ERRORS,
    ),
    plan("LOG-03", "a policy of the account of another form", ERROR, ruled("a while", OF_ERRORS), names="a while"),
    plan("LOG-03", "a policy of the account of an unknown mode", ERROR, ruled(90, OF_ERRORS, "SOMETIMES"), names="SOMETIMES"),
    plan("LOG-03", "a policy of the account with criteria of another form", ERROR, ruled(90, "LogGroupClass = 'x'")),
    plan(
        "LOG-03",
        "a policy of the account known after apply",
        UNKNOWN,
        ruled(90, OF_ERRORS),
        unknown(f"{CENTRAL}.aws_cloudwatch_log_account_policy.ruled", "policy_document"),
    ),
    plan("LOG-03", "retention known after apply", UNKNOWN, unknown(planned_group(ERRORS), "retention_in_days")),
    *untrue(ERRORS, "the tag says 14, kept for 90", "'14' == '90'", RetentionDays="14"),
    *untrue(ERRORS, "the tag says another type than the name", "application", LogType="application"),
    *untrue(ERRORS, "an illegal type", "LogType is error; legal are application, errors, llm, access", LogType="error"),
    *untrue(ERRORS, "an illegal retention", "RetentionDays is 91", RetentionDays="91"),
    *untrue(ERRORS, "an illegal export", "ExportEnabled is yes", ExportEnabled="yes"),
    *untrue(LLM, "an illegal link", "LangfuseSync is on", LangfuseSync="on"),
    *untrue(LLM, "an empty tag", "Project is empty", Project=""),
    *(
        case
        for tag in ("LogType", "RetentionDays", "ExportEnabled", "SentrySync", "LangfuseSync", "Environment")
        for case in untrue(APPLICATION, f"no {tag}", f"{tag} is missing", **{tag: None})
    ),
    cloud("LOG-06", "another retention than the tag says", FAIL, says(GROUPS, group(ERRORS, "retentionInDays"), 30)),
    cloud("LOG-06", "never tagged", FAIL, never_tagged(LLM), names="LogType is missing"),
    cloud("LOG-06", "the list is missing", ERROR, omits(TAGS, "ResourceTagMappingList")),
    cloud("LOG-06", "a group's ARN is missing", ERROR, omits(GROUPS, group(LLM, "logGroupArn"))),
    plan("LOG-06", "no tag at all", FAIL, planned(planned_group(LLM), tags_all=None), names="LogType is missing"),
    plan("LOG-06", "tags known after apply", UNKNOWN, unknown(planned_group(LLM), "tags_all")),
    plan("LOG-06", "retention known after apply", UNKNOWN, unknown(planned_group(LLM), "retention_in_days")),
]
