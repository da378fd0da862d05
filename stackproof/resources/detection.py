"""Services that watch the account: Amazon GuardDuty, AWS Config, IAM Access Analyzer, Amazon Inspector, AWS Security Hub."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import the_one
from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import NotReported
from stackproof.sources.aws.facts import AwsFacts, reported
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader


def _features(detector: AwsFacts) -> frozenset[str] | None:
    found = detector.at("Features")
    return None if found is None else frozenset(one["Name"] for one in found if one["Status"] == "ENABLED")


class Detector(Resource):
    """The detector of GuardDuty in the stack's region. Named by its id."""

    operations = ("guardduty:ListDetectors", "guardduty:GetDetector")

    is_enabled: bool = field(aws=lambda detector: None if detector.at("Status") is None else detector.at("Status") == "ENABLED")
    """False for one that is suspended."""
    features: frozenset[str] = field(aws=_features)
    """The features that are on, as GuardDuty names them: ``S3_DATA_EVENTS``."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Detector]":
        del names  # a region has one at most
        found = []
        for name in aws.read("guardduty:ListDetectors").items("DetectorIds"):
            answer = aws.read("guardduty:GetDetector", DetectorId=name)
            found.append(cls(str(name), AwsFacts(aws, answer.pages[0], answer.source), answer.source))
        return found


def _answered_scope(recorder: AwsFacts) -> bool | None:
    group = recorder.at("recordingGroup")
    return None if group is None else group.get("allSupported")


def _answered_recording(recorder: AwsFacts) -> bool | None:
    answer = recorder.read("config:DescribeConfigurationRecorderStatus")
    mine = [one for one in answer.items("ConfigurationRecordersStatus") if one.get("name") == recorder.at("name")]
    return mine[0].get("recording") if mine else None


_DELIVERIES = ("configSnapshotDeliveryInfo", "configHistoryDeliveryInfo", "configStreamDeliveryInfo")


def _answered_failures(recorder: AwsFacts) -> tuple[str, ...] | None:
    """Of each kind of delivery the last one, if it failed. None where there is no channel to deliver by."""
    answer = recorder.read("config:DescribeDeliveryChannelStatus")
    channels = answer.items("DeliveryChannelsStatus")
    found = [(info, channel[info]) for channel in channels for info in _DELIVERIES if channel.get(info)]
    failed = tuple(f"{name}: {one.get('lastErrorCode')}" for name, one in found if one.get("lastStatus") == "Failure")
    if channels and not failed and not any(one.get("lastStatus") == "Success" for _, one in found):
        raise NotReported(f"{answer.source}: nothing is reported to be delivered yet; run again when AWS Config has delivered")
    return failed if channels else ("there is no delivery channel",)


def _planned_scope(recorder: PlannedBlock) -> bool:
    """Terraform's default is all."""
    group = the_one(recorder.written_blocks("recording_group"))
    return True if group is None else bool(group.at_or("all_supported", default=True))


def _planned_recording(recorder: PlannedBlock) -> bool:
    """A recorder is made without being started."""
    status = the_one(recorder.plan.referring("aws_config_configuration_recorder_status", "name", recorder))
    return status is not None and bool(status.at("is_enabled"))


def _planned_failures(recorder: PlannedBlock) -> tuple[str, ...]:
    return () if recorder.plan.resources("aws_config_delivery_channel") else ("there is no delivery channel",)


class ConfigRecorder(Resource):
    """A customer-managed configuration recorder of AWS Config, in the stack's region."""

    operations = (
        *("config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus"),
        "config:DescribeDeliveryChannelStatus",
    )
    terraform = ("aws_config_configuration_recorder",)

    records_everything: bool = field(aws=_answered_scope, plan=_planned_scope)
    """Whether it records every type of resource that AWS Config supports, also those that come later."""
    is_recording: bool = field(aws=_answered_recording, plan=_planned_recording)
    failed_deliveries: tuple[str, ...] = field(aws=_answered_failures, plan=_planned_failures)
    """The kinds of delivery whose last one failed, with the error; on a plan only whether there is a channel."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[ConfigRecorder]":
        """The recorders of the account; one that belongs to a service (``servicePrincipal``) records for that service alone."""
        del names
        answer = aws.read("config:DescribeConfigurationRecorders")
        found = [one for one in answer.items("ConfigurationRecorders") if not one.get("servicePrincipal")]
        return [cls(reported(one, "name", answer), AwsFacts(aws, one, answer.source), answer.source) for one in found]


def _active_findings(analyzer: AwsFacts) -> tuple[str, ...]:
    answer = analyzer.read("accessanalyzer:ListFindingsV2", analyzerArn=analyzer.at("arn"), filter={"status": {"eq": ["ACTIVE"]}})
    return tuple(
        f"{one.get('resourceType')} {one.get('resource') or reported(one, 'id', answer)}" for one in answer.items("findings")
    )


def _rules(analyzer: AwsFacts) -> tuple[str, ...]:
    answer = analyzer.read("accessanalyzer:ListArchiveRules", analyzerName=analyzer.at("name"))
    return tuple(reported(one, "ruleName", answer) for one in answer.items("archiveRules"))


EXTERNAL = {
    **dict.fromkeys(("ACCOUNT", "ORGANIZATION"), True),
    **dict.fromkeys(
        (
            *("ACCOUNT_UNUSED_ACCESS", "ORGANIZATION_UNUSED_ACCESS"),
            *("ACCOUNT_INTERNAL_ACCESS", "ORGANIZATION_INTERNAL_ACCESS"),
        ),
        False,
    ),
}
"""IAM Access Analyzer, ``Type``: whether an analyzer looks for access from outside."""


class ExternalAccessAnalyzer(Resource):
    """An analyzer of IAM Access Analyzer, in the stack's region."""

    operations = ("accessanalyzer:ListAnalyzers", "accessanalyzer:ListFindingsV2", "accessanalyzer:ListArchiveRules")

    is_external: bool = field(aws=lambda analyzer: EXTERNAL[analyzer.at("type")] if analyzer.at("type") else None)
    """Whether it finds what is open to somebody outside of the account or the organization."""
    is_active: bool = field(aws=lambda analyzer: None if analyzer.at("status") is None else analyzer.at("status") == "ACTIVE")
    active_findings: tuple[str, ...] = field(aws=_active_findings)
    """The findings that nobody has archived or resolved, by type and resource."""
    archive_rules: tuple[str, ...] = field(aws=_rules)
    """The names of rules that archive new findings by themselves."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[ExternalAccessAnalyzer]":
        del names  # one call lists all
        answer = aws.read("accessanalyzer:ListAnalyzers")
        return [
            cls(reported(one, "name", answer), AwsFacts(aws, one, answer.source), answer.source)
            for one in answer.items("analyzers")
        ]


def _scans(account: AwsFacts) -> bool | None:
    status: Any = account.at("resourceState.ecr.status")
    return None if status is None else status == "ENABLED"


class ImageScanning(Resource):
    """Amazon Inspector in the stack's region."""

    operations = ("inspector2:BatchGetAccountStatus",)

    scans_images: bool = field(aws=_scans)
    """Whether it scans the images of ECR, again when a vulnerability becomes known."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[ImageScanning]":
        answer = aws.read("inspector2:BatchGetAccountStatus", accountIds=[aws.account])
        found: list[Mapping[str, Any]] = [one for one in answer.items("accounts") if one.get("accountId") == aws.account]
        return [cls(name, AwsFacts(aws, one, answer.source), answer.source) for name in names for one in found]


class SecurityHub(Resource):
    """AWS Security Hub in the stack's region."""

    operations = ("securityhub:DescribeHub",)

    is_on: bool = field(aws="is_on")

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[SecurityHub]":
        answer = aws.read("securityhub:DescribeHub", absent=("InvalidAccessException", "ResourceNotFoundException"))
        facts = {"is_on": answer.page is not None}
        return [cls(name, AwsFacts(aws, facts, answer.source), answer.source) for name in names]
