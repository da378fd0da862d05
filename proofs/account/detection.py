"""Services that watch the account."""

import json
from dataclasses import replace

from proofs.cases import ERROR, FAIL, NOT_DECLARED, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import (
    Edit,
    absent,
    adds,
    answers,
    changed,
    fails,
    omits,
    planned,
    profile,
    says,
    unknown,
    with_resource,
    without,
)
from stackproof.core.verdicts import AccessDenied
from stackproof.profile.account import Other

LIST, DETECTOR = "guardduty:ListDetectors", "guardduty:GetDetector"
RECORDERS, STATUS, CHANNELS = (
    "config:DescribeConfigurationRecorders",
    "config:DescribeConfigurationRecorderStatus",
    "config:DescribeDeliveryChannelStatus",
)
ANALYZERS, FINDINGS, RULES = "accessanalyzer:ListAnalyzers", "accessanalyzer:ListFindingsV2", "accessanalyzer:ListArchiveRules"
INSPECTOR, HUB = "inspector2:BatchGetAccountStatus", "securityhub:DescribeHub"
DENIED = AccessDenied("AccessDenied: not authorized")
STACK = "module.central_logging"
RECORDER, STARTED = (
    f"{STACK}.aws_config_configuration_recorder.main",
    f"{STACK}.aws_config_configuration_recorder_status.main",
)
CHANNEL = f"{STACK}.aws_config_delivery_channel.main"
GROUP = {"all_supported": False, "include_global_resource_types": False, "resource_types": ["AWS::EC2::Instance"]}
WITH_HUB = profile().model_copy(update={"account": profile().account.model_copy(update={"security_hub": True})})
REVIEWED = profile().model_copy(update={"account": profile().account.model_copy(update={"archive_rules": ("partners",)})})
ON = {"HubArn": "arn:aws:securityhub:ap-northeast-2:123456789012:hub/default"}

CASES: list[Case] = [
    cloud("DET-01", "suspended", FAIL, says(DETECTOR, "Status", "DISABLED")),
    cloud("DET-01", "a status that nobody knows", ERROR, says(DETECTOR, "Status", "PAUSED"), names="PAUSED"),
    cloud("DET-01", "status not reported", ERROR, omits(DETECTOR, "Status")),
    cloud("DET-01", "no detector", FAIL, says(LIST, "DetectorIds", []), names="no detector"),
    *(
        cloud("DET-01", f"{feature} off", FAIL, says(DETECTOR, f"Features.Name={feature}.Status", "DISABLED"))
        for feature in profile().account.detector_features
    ),
    cloud("DET-01", "one feature more", PASS, adds(DETECTOR, "Features", {"Name": "LAMBDA_NETWORK_LOGS", "Status": "ENABLED"})),
    cloud("DET-01", "no feature", FAIL, says(DETECTOR, "Features", [])),
    cloud("DET-01", "features not reported", ERROR, omits(DETECTOR, "Features")),
    cloud("DET-01", "the list denied", ERROR, fails(LIST, DENIED), names="AccessDenied"),
    cloud("DET-01", "the detector denied", ERROR, fails(DETECTOR, DENIED), names="AccessDenied"),
    cloud("DET-02", "some types alone", FAIL, says(RECORDERS, "ConfigurationRecorders.0.recordingGroup.allSupported", False)),
    cloud("DET-02", "scope not reported", ERROR, omits(RECORDERS, "ConfigurationRecorders.0.recordingGroup")),
    cloud("DET-02", "stopped", FAIL, says(STATUS, "ConfigurationRecordersStatus.0.recording", False), names="default"),
    cloud("DET-02", "status not reported", ERROR, says(STATUS, "ConfigurationRecordersStatus", [])),
    cloud(
        "DET-02",
        "the last delivery failed",
        FAIL,
        says(
            CHANNELS,
            "DeliveryChannelsStatus.0.configStreamDeliveryInfo",
            {"lastStatus": "Failure", "lastErrorCode": "NoSuchBucket"},
        ),
        names="NoSuchBucket",
    ),
    cloud(
        "DET-02",
        "the history failed, the stream did not",
        FAIL,
        says(
            CHANNELS,
            "DeliveryChannelsStatus.0.configHistoryDeliveryInfo",
            {"lastStatus": "Failure", "lastErrorCode": "AccessDenied"},
        ),
        names="configHistoryDeliveryInfo",
    ),
    cloud(
        "DET-02",
        "a delivery of nobody knows what",
        ERROR,
        says(CHANNELS, "DeliveryChannelsStatus.0.configStreamDeliveryInfo.lastStatus", "Perhaps"),
        names="Perhaps",
    ),
    cloud(
        "DET-02",
        "nothing delivered yet",
        ERROR,
        omits(CHANNELS, "DeliveryChannelsStatus.0.configStreamDeliveryInfo"),
        names="yet",
    ),
    cloud("DET-02", "no channel", FAIL, says(CHANNELS, "DeliveryChannelsStatus", []), names="no delivery channel"),
    cloud("DET-02", "no recorder", FAIL, says(RECORDERS, "ConfigurationRecorders", []), names="no recorder"),
    cloud(
        "DET-02",
        "a service's recorder alone",
        FAIL,
        says(RECORDERS, "ConfigurationRecorders.0.servicePrincipal", "securityhub.amazonaws.com"),
        names="no recorder",
    ),
    cloud("DET-02", "the recorders denied", ERROR, fails(RECORDERS, DENIED), names="AccessDenied"),
    cloud("DET-02", "the status denied", ERROR, fails(STATUS, DENIED), names="AccessDenied"),
    cloud("DET-02", "the channels denied", ERROR, fails(CHANNELS, DENIED), names="AccessDenied"),
    plan("DET-02", "some types alone", FAIL, planned(RECORDER, recording_group=[GROUP])),
    plan("DET-02", "types known after apply", UNKNOWN, unknown(RECORDER, "recording_group")),
    plan("DET-02", "stopped", FAIL, planned(STARTED, is_enabled=False)),
    plan("DET-02", "never started", FAIL, without(STARTED)),
    plan("DET-02", "whether it is started is known after apply", UNKNOWN, unknown(STARTED, "is_enabled")),
    plan("DET-02", "no channel", FAIL, without(CHANNEL), names="no delivery channel"),
    plan("DET-02", "no recorder", FAIL, without(RECORDER), names="no recorder"),
    plan(
        "DET-02",
        "another that is never started",
        FAIL,
        with_resource("aws_config_configuration_recorder.more", name="more"),
        names="more",
    ),
    cloud("DET-03", "no analyzer", FAIL, says(ANALYZERS, "analyzers", []), names="no analyzer"),
    cloud(
        "DET-03",
        "one of unused access alone",
        FAIL,
        says(ANALYZERS, "analyzers.0.type", "ACCOUNT_UNUSED_ACCESS"),
        names="no analyzer",
    ),
    cloud("DET-03", "the organization's", PASS, says(ANALYZERS, "analyzers.0.type", "ORGANIZATION")),
    cloud("DET-03", "a type that nobody knows", ERROR, says(ANALYZERS, "analyzers.0.type", "GALAXY"), names="GALAXY"),
    cloud("DET-03", "type not reported", ERROR, omits(ANALYZERS, "analyzers.0.type")),
    cloud("DET-03", "disabled", FAIL, says(ANALYZERS, "analyzers.0.status", "DISABLED"), names="external-access"),
    cloud("DET-03", "a status that nobody knows", ERROR, says(ANALYZERS, "analyzers.0.status", "ASLEEP"), names="ASLEEP"),
    cloud("DET-03", "status not reported", ERROR, omits(ANALYZERS, "analyzers.0.status")),
    cloud(
        "DET-03",
        "an active finding",
        FAIL,
        adds(FINDINGS, "findings", {"id": "1", "resource": "arn:aws:s3:::open", "resourceType": "AWS::S3::Bucket"}),
        names="arn:aws:s3:::open",
    ),
    cloud(
        "DET-03",
        "an active finding without a resource",
        FAIL,
        adds(FINDINGS, "findings", {"id": "f-1", "resourceType": "AWS::IAM::Role"}),
        names="f-1",
    ),
    cloud(
        "DET-03",
        "a rule that hides all",
        FAIL,
        adds(RULES, "archiveRules", {"ruleName": "everything", "filter": {}}),
        names="everything",
    ),
    replace(
        cloud("DET-03", "a rule that was reviewed", PASS, adds(RULES, "archiveRules", {"ruleName": "partners", "filter": {}})),
        expected=REVIEWED,
    ),
    cloud("DET-03", "a rule without a name", ERROR, adds(RULES, "archiveRules", {"filter": {}}), names="ruleName"),
    cloud("DET-03", "the analyzers denied", ERROR, fails(ANALYZERS, DENIED), names="AccessDenied"),
    cloud("DET-03", "the findings denied", ERROR, fails(FINDINGS, DENIED), names="AccessDenied"),
    cloud("DET-03", "the rules denied", ERROR, fails(RULES, DENIED), names="AccessDenied"),
    cloud("DET-05", "enabled, ECR off", FAIL, says(INSPECTOR, "accounts.0.resourceState.ecr.status", "DISABLED")),
    cloud("DET-05", "being enabled", FAIL, says(INSPECTOR, "accounts.0.resourceState.ecr.status", "ENABLING")),
    cloud(
        "DET-05",
        "a status that nobody knows",
        ERROR,
        says(INSPECTOR, "accounts.0.resourceState.ecr.status", "MAYBE"),
        names="MAYBE",
    ),
    cloud("DET-05", "status not reported", ERROR, omits(INSPECTOR, "accounts.0.resourceState.ecr")),
    cloud("DET-05", "the account is not told", FAIL, says(INSPECTOR, "accounts", []), names="no Amazon Inspector"),
    cloud(
        "DET-05", "another account's", FAIL, says(INSPECTOR, "accounts.0.accountId", "999999999999"), names="no Amazon Inspector"
    ),
    cloud("DET-05", "denied", ERROR, fails(INSPECTOR, DENIED), names="AccessDenied"),
    replace(cloud("DET-05", "Security Hub on, as declared", PASS, answers(HUB, ON)), expected=WITH_HUB),
    replace(
        cloud("DET-05", "Security Hub declared and off", FAIL, answers(HUB, ON), absent(HUB), names="Security Hub"),
        expected=WITH_HUB,
    ),
    replace(
        cloud("DET-05", "Security Hub declared and denied", ERROR, answers(HUB, ON), fails(HUB, DENIED), names="AccessDenied"),
        expected=WITH_HUB,
    ),
]

FINDING = {"id": "1", "resource": "arn:aws:s3:::theirs", "resourceType": "AWS::S3::Bucket"}


def with_others(case: Case, *names: str) -> Case:
    """The case, where some things are somebody else's."""
    theirs = tuple(Other(name=name, owner="platform", reason="The platform team looks after it.") for name in names)
    return replace(case, expected=changed(profile(), "account", others=theirs))


CASES += [
    with_others(
        cloud("DET-03", "a finding of somebody else's", PASS, adds(FINDINGS, "findings", FINDING)), "arn:aws:s3:::theirs"
    ),
    with_others(
        cloud("DET-03", "another's finding", FAIL, adds(FINDINGS, "findings", FINDING), names="theirs"), "arn:aws:s3:::other"
    ),
    with_others(
        cloud(
            "DET-03", "a disabled analyzer of somebody else's", NOT_DECLARED, says(ANALYZERS, "analyzers.0.status", "DISABLED")
        ),
        "external-access",
    ),
    with_others(
        cloud(
            "DET-02",
            "a stopped recorder of somebody else's",
            NOT_DECLARED,
            says(STATUS, "ConfigurationRecordersStatus.0.recording", False),
        ),
        "default",
    ),
]

LISTED, TARGETS, TOPIC = "events:ListRules", "events:ListTargetsByRule", "sns:GetTopicAttributes"
ROOT, CHANGES, ROUTE = "triflow-ai-root-use", "triflow-ai-security-changes", "triflow-ai-guardduty-findings"
THERE, HERE = (f"arn:aws:sns:{region}:123456789012:triflow-ai-security" for region in ("us-east-1", "ap-northeast-2"))
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:to-chat"
GROUP_ARN = "arn:aws:logs:ap-northeast-2:123456789012:log-group:trail:*"
FORWARDED = changed(profile(), "account", alert_targets=("arn:aws:lambda:*:123456789012:function:to-chat",))
METRIC = {"metricNamespace": "Trail", "metricName": "root"}
BY_ROOT = {"filterPattern": '{ $.userIdentity.type = "Root" }', "metricTransformations": [METRIC]}
GOES_OFF: dict[str, object] = {
    "AlarmName": "root",
    "Namespace": "Trail",
    "MetricName": "root",
    "Statistic": "Sum",
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "Threshold": 1.0,
    "ActionsEnabled": True,
    "AlarmActions": [HERE],
}
PLANNED_RULE, PLANNED_TARGET = (f'module.account.aws_cloudwatch_event_{kind}.global["root-use"]' for kind in ("rule", "target"))
PLANNED_RULES = tuple(
    without(f'module.account.aws_cloudwatch_event_{kind}.{where}["{name}"]')
    for kind in ("target", "rule")
    for where, name in (
        ("regional", "guardduty-findings"),
        ("regional", "security-changes"),
        ("global", "root-use"),
        ("global", "iam-changes"),
    )
)
SUBSCRIPTION = "module.account.aws_sns_topic_subscription.security_us_east_1"


def pattern(name: str, **detail: object) -> Edit:
    """Let a rule be about other events."""
    kinds = ["AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"]
    return says(LISTED, f"Rules.Name={name}.EventPattern", json.dumps({"detail-type": kinds, "detail": detail}))


def by_alarm(alarm: dict[str, object], *then: Edit, group: str = "trail") -> list[Edit]:
    """Tell of the root user by an alarm on the trail's log group, and by no rule."""
    return [
        says(LISTED, f"Rules.Name={ROOT}.State", "DISABLED"),
        says("cloudtrail:DescribeTrails", "trailList.0.CloudWatchLogsLogGroupArn", GROUP_ARN),
        answers("logs:DescribeMetricFilters", {"metricFilters": [BY_ROOT] if group == "trail" else []}, logGroupName="trail"),
        answers("cloudwatch:DescribeAlarms", {"MetricAlarms": [GOES_OFF | alarm]}, AlarmTypes=["MetricAlarm"]),
        *then,
    ]


ALERTS: list[Case] = [
    cloud("DET-04", "a rule that is off", FAIL, says(LISTED, f"Rules.Name={ROOT}.State", "DISABLED"), names="sign-in of Root"),
    cloud(
        "DET-04",
        "a rule that is on for more events",
        PASS,
        says(LISTED, f"Rules.Name={ROOT}.State", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"),
    ),
    cloud("DET-04", "a state that nobody knows", ERROR, says(LISTED, f"Rules.Name={ROOT}.State", "ASLEEP"), names="ASLEEP"),
    cloud("DET-04", "its state not reported", ERROR, omits(LISTED, f"Rules.Name={ROOT}.State")),
    cloud("DET-04", "a rule without a target", FAIL, says(TARGETS, "Targets", [], Rule=CHANGES), names="StopLogging"),
    cloud("DET-04", "a topic without a subscriber", FAIL, says(TOPIC, "Attributes.SubscriptionsConfirmed", "0", TopicArn=THERE)),
    cloud("DET-04", "its subscribers not reported", ERROR, omits(TOPIC, "Attributes.SubscriptionsConfirmed", TopicArn=THERE)),
    cloud("DET-04", "a topic that is gone", FAIL, absent(TOPIC, TopicArn=THERE), names="sign-in of Root"),
    cloud("DET-04", "a topic that is denied", ERROR, fails(TOPIC, DENIED, TopicArn=THERE), names="AccessDenied"),
    cloud("DET-04", "rules that are denied", ERROR, fails(LISTED, DENIED), names="AccessDenied"),
    cloud("DET-04", "a rule about something else", FAIL, pattern(ROOT, userIdentity={"type": ["IAMUser"]}), names="Root"),
    cloud("DET-04", "a change that it leaves out", FAIL, pattern(CHANGES, eventName=["DeleteTrail"]), names="StopLogging"),
    cloud(
        "DET-04", "by all names but the readers'", PASS, pattern(CHANGES, eventName=[{"anything-but": {"prefix": "Describe"}}])
    ),
    cloud("DET-04", "an operator that nobody knows", ERROR, pattern(ROOT, userIdentity=[{"near": "x"}]), names="near"),
    cloud("DET-04", "a pattern that is none", ERROR, says(LISTED, f"Rules.Name={ROOT}.EventPattern", "no"), names="no JSON"),
    cloud("DET-04", "a function as target", ERROR, says(TARGETS, "Targets.0.Arn", FUNCTION, Rule=ROOT), names="alert_targets"),
    replace(
        cloud("DET-04", "a declared function", PASS, says(TARGETS, "Targets.0.Arn", FUNCTION, Rule=ROOT)), expected=FORWARDED
    ),
    replace(
        cloud("DET-04", "another function", ERROR, says(TARGETS, "Targets.0.Arn", f"{FUNCTION}s", Rule=ROOT)), expected=FORWARDED
    ),
    cloud("DET-04", "an alarm", PASS, *by_alarm({})),
    cloud("DET-04", "an alarm that is off", FAIL, *by_alarm({"ActionsEnabled": False}), names="Root"),
    cloud("DET-04", "an alarm without an action", FAIL, *by_alarm({"AlarmActions": []}), names="Root"),
    cloud("DET-04", "an alarm on many events", FAIL, *by_alarm({"Threshold": 5.0}), names="Root"),
    cloud("DET-04", "an alarm on another metric", FAIL, *by_alarm({"MetricName": "other"}), names="Root"),
    cloud("DET-04", "a filter on another group", FAIL, *by_alarm({}, group="other"), names="Root"),
    cloud("DET-04", "alarms that are denied", ERROR, *by_alarm({}, fails("logs:DescribeMetricFilters", DENIED)), names="Denied"),
    plan("DET-04", "a rule that is off", FAIL, planned(PLANNED_RULE, state="DISABLED"), names="Root"),
    plan("DET-04", "a rule without a target", FAIL, without(PLANNED_TARGET), names="Root"),
    plan("DET-04", "a topic without a subscription", FAIL, without(SUBSCRIPTION), names="Root"),
    plan(
        "DET-04", "a rule about something else", FAIL, planned(PLANNED_RULE, event_pattern='{"source": ["aws.s3"]}'), names="Root"
    ),
    plan("DET-04", "no rule about any of it", UNKNOWN, *PLANNED_RULES, names="shows on AWS"),
    plan("DET-04", "a pattern known after apply", UNKNOWN, unknown(PLANNED_RULE, "event_pattern")),
    plan("DET-04", "a function as target", UNKNOWN, planned(PLANNED_TARGET, arn=FUNCTION), names="to-chat"),
    cloud("DET-01", "no rule for findings", FAIL, says(LISTED, f"Rules.Name={ROUTE}.State", "DISABLED"), names="severity"),
    cloud("DET-01", "findings go nowhere", FAIL, says(TARGETS, "Targets", [], Rule=ROUTE), names="severity"),
    cloud("DET-01", "nobody hears", FAIL, says(TOPIC, "Attributes.SubscriptionsConfirmed", "0", TopicArn=HERE), names="severity"),
    cloud("DET-01", "rules that are denied", ERROR, fails(LISTED, DENIED), names="AccessDenied"),
]
CASES += ALERTS
