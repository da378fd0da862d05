"""Collections of the account around the stack: its people, its settings, and what watches it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from stackproof.collections.registry import collection
from stackproof.collections.stack import default_security_groups
from stackproof.core.resource import FailedOrigin, Resource
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing, NotDeclared
from stackproof.judgement.security_events import FINDINGS, GLOBAL, REGIONAL, SecurityEvent
from stackproof.profile.account import covers
from stackproof.resources.account_settings import (
    AccountPublicAccessBlock,
    EbsSettings,
    PasswordPolicy,
    Region,
    SecurityContact,
)
from stackproof.resources.certificates import ServerCertificate
from stackproof.resources.credentials import CredentialReport, RootUser, UserCredentials
from stackproof.resources.detection import ConfigRecorder, Detector, ExternalAccessAnalyzer, ImageScanning, SecurityHub
from stackproof.resources.network import Vpc
from stackproof.resources.regional_networks import DefaultSecurityGroup, LaunchSubnet, NetworkAcl
from stackproof.resources.security_alerts import AlertOn, SecurityAlert
from stackproof.targets.base import Stage

R = TypeVar("R", bound=Resource)
US_EAST_1 = "us-east-1"
"""Where AWS records what concerns IAM and the root user, whichever region is used."""


def of_the_account(stage: Stage, resources: Iterable[R], names: Callable[[R], Iterable[str]]) -> tuple[R, ...]:
    """The resources that are nobody else's by the profile (``account.others``); a note tells of those that are."""
    others = stage.profile.account.others
    if not others:
        return tuple(resources)
    mine = []
    for one in resources:
        called = [one.name, *names(one)]
        owner = next((other for other in others if other.covers(called)), None)
        if owner is None:
            mine.append(one)
        else:
            _note(stage, f"Belongs to {owner.owner}, and is judged there: {one.label}. {owner.reason}")
    return tuple(mine)


def _mine(stage: Stage, found: Sequence[R], names: Callable[[R], Iterable[str]] = lambda _: ()) -> tuple[R, ...]:
    """The resources of `of_the_account`. Raises `NotDeclared` where all of them are somebody else's: then there is nothing to judge."""
    if mine := of_the_account(stage, found, names):
        return mine
    kind = type(found[0])
    read = (kind.__name__, "all", "somebody else's", stage.source().listing(kind))
    raise NotDeclared(f"every {kind.__name__} belongs to somebody else by account.others", read=read)


def _note(stage: Stage, note: str) -> None:
    if note not in stage.notes:
        stage.notes.append(note)


def regions(stage: Stage) -> tuple[str, ...]:
    """The regions of the profile that the account has. A note tells of those that it does not have, and of those not looked at.

    Raises `CouldNotVerify` for one that EC2 does not know.
    """
    wanted = stage.profile.regions
    found = {one.name: one for one in stage.source().collect(Region, [])}
    if unknown := [name for name in wanted if name not in found]:
        raise CouldNotVerify(f"account.regions: EC2 knows no region {', '.join(unknown)}")
    if closed := [name for name in wanted if not found[name].is_enabled]:
        _note(stage, f"The account has not enabled {', '.join(closed)}: nothing can be there, and nothing was asked.")
    if left := sorted(name for name, one in found.items() if name not in wanted and one.is_enabled):
        _note(stage, f"Regions that the account has and account.regions does not name were not looked at: {', '.join(left)}.")
    if not (looked_at := tuple(name for name in wanted if name not in closed)):
        raise CouldNotVerify(f"account.regions: the account has enabled none of {', '.join(wanted)}")
    return looked_at


def _check_age(stage: Stage) -> None:
    """Raises `CouldNotVerify` for a credential report that is too old to go by."""
    made, hours = stage.one(CredentialReport, "credential report").generated, stage.profile.account.report_hours
    if stage.now - made > timedelta(hours=hours):
        raise CouldNotVerify(
            f"the credential report is of {made:%Y-%m-%d %H:%M} UTC, older than account.report_hours ({hours}): "
            "aws iam generate-credential-report makes a new one"
        )


@collection(reads=(CredentialReport,))
def root_user(stage: Stage) -> RootUser:
    """The root user of the account."""
    _check_age(stage)
    return stage.one(RootUser, "root")


@collection(reads=(CredentialReport,))
def account_users(stage: Stage) -> tuple[UserCredentials, ...]:
    """Every IAM user of the account that is nobody else's."""
    _check_age(stage)
    return of_the_account(stage, stage.source().collect(UserCredentials, []), lambda user: [user.arn])


@collection
def password_policy(stage: Stage) -> PasswordPolicy:
    """The account's password policy. Raises `DeclaredButMissing` where it has none."""
    return _the_one(stage, PasswordPolicy, "password policy")


@collection
def account_public_access_block(stage: Stage) -> AccountPublicAccessBlock:
    """S3's block of public access for the whole account. Raises `DeclaredButMissing` where it was never set."""
    return _the_one(stage, AccountPublicAccessBlock, "public access block")


@collection
def security_contact(stage: Stage) -> SecurityContact:
    """The account's contact for security. Raises `DeclaredButMissing` where it has none."""
    return _the_one(stage, SecurityContact, "security contact")


def _the_one(stage: Stage, kind: type[R], what: str) -> R:
    found = [*stage.source().collect(kind, [what])]
    if not found:
        raise DeclaredButMissing(f"account {stage.profile.account_id} has no {what}")
    return found[0]


@collection(reads=(Region,))
def ebs_settings(stage: Stage) -> tuple[EbsSettings, ...]:
    """EBS in every region that is looked at."""
    return stage.named(EbsSettings, regions(stage))


@collection(reads=(Region, Vpc))
def regional_default_groups(stage: Stage) -> tuple[DefaultSecurityGroup, ...]:
    """The default security group of every VPC in every region that is looked at; on a plan, of each VPC that it makes or adopts."""
    if stage.is_planned:
        return _planned_default_groups(stage)
    where = regions(stage)
    found = tuple(stage.source().collect(DefaultSecurityGroup, where))
    if not found:
        read = (DefaultSecurityGroup.__name__, f"all in {', '.join(where)}", "none", stage.source().listing(DefaultSecurityGroup))
        raise NotDeclared(f"the account has no VPC in {', '.join(where)}", read=read)
    return _mine(stage, found, _places)


def _planned_default_groups(stage: Stage) -> tuple[DefaultSecurityGroup, ...]:
    """The groups that the plan adopts, and for each VPC that it makes and whose group it leaves alone, one that is missing."""
    adopted = tuple(stage.source().collect(DefaultSecurityGroup, []))
    try:
        of_vpcs = stage.once(default_security_groups)
    except NotDeclared:
        if not adopted:
            raise
        of_vpcs = ()
    missing = (DefaultSecurityGroup(one.name, one.origin, one.source) for one in of_vpcs if isinstance(one.origin, FailedOrigin))
    return *adopted, *missing


@collection(reads=(Region,))
def network_acls(stage: Stage) -> tuple[NetworkAcl, ...]:
    """The network ACLs of every region that is looked at; those that a plan makes, which may be none."""
    found = stage.source().collect(NetworkAcl, () if stage.is_planned else regions(stage))
    return of_the_account(stage, found, _places)


@collection(reads=(Region,))
def launch_subnets(stage: Stage) -> tuple[LaunchSubnet, ...]:
    """The subnets of every region that is looked at, but for those that are declared to give public addresses."""
    declared = stage.profile.account.public_address_subnets
    found = stage.source().collect(LaunchSubnet, () if stage.is_planned else regions(stage))
    others = [one for one in found if not any(covers(name, (*_id(one), one.cidr)) for name in declared)]
    return of_the_account(stage, others, _places)


def _places(one: DefaultSecurityGroup | NetworkAcl | LaunchSubnet) -> Iterable[str]:
    """Its id and that of its VPC, which others may own."""
    return *_id(one), one.vpc_id


def _id(one: Resource) -> tuple[str]:
    return (one.name.partition(" in ")[0],)


@collection
def server_certificates(stage: Stage) -> tuple[ServerCertificate, ...]:
    """The certificates that ACM has where the stack runs. Raises `NotDeclared` where it has none."""
    found = tuple(stage.source().collect(ServerCertificate, []))
    if not found:
        read = (ServerCertificate.__name__, "all", "none", stage.source().listing(ServerCertificate))
        raise NotDeclared(f"ACM has no certificate in {stage.profile.region}", read=read)
    return _mine(stage, found, lambda one: [one.arn, one.name.partition(" ")[0]])


@collection
def detectors(stage: Stage) -> tuple[Detector, ...]:
    """The detector of GuardDuty where the stack runs. Raises `DeclaredButMissing` where there is none."""
    return _some(stage, Detector, "GuardDuty has no detector")


@collection
def config_recorders(stage: Stage) -> tuple[ConfigRecorder, ...]:
    """The configuration recorders where the stack runs. Raises `DeclaredButMissing` where there is none."""
    return _some(stage, ConfigRecorder, "AWS Config has no recorder")


@collection
def external_access_analyzers(stage: Stage) -> tuple[ExternalAccessAnalyzer, ...]:
    """The analyzers of access from outside, where the stack runs. Raises `DeclaredButMissing` where there is none."""
    found = tuple(one for one in stage.source().collect(ExternalAccessAnalyzer, []) if one.is_external)
    if not found:
        raise DeclaredButMissing(f"IAM Access Analyzer has no analyzer of external access in {stage.profile.region}")
    return _mine(stage, found)


@collection
def image_scanning(stage: Stage) -> ImageScanning:
    """Amazon Inspector where the stack runs. Raises `DeclaredButMissing` where it says nothing of the account."""
    return _the_one(stage, ImageScanning, "Amazon Inspector")


@collection
def security_hub(stage: Stage) -> tuple[SecurityHub, ...]:
    """Security Hub where the stack runs; none, and nothing is asked, where the profile does not declare it."""
    return stage.named(SecurityHub, ["Security Hub"]) if stage.profile.account.security_hub else ()


def _alerts(stage: Stage, subjects: Mapping[str, tuple[SecurityEvent, ...]], region: str) -> list[AlertOn]:
    return [AlertOn(subject, events, region, stage.profile.account.alert_targets) for subject, events in subjects.items()]


@collection
def security_alerts(stage: Stage) -> tuple[SecurityAlert, ...]:
    """The subjects that somebody must hear of: in us-east-1 what concerns IAM and the root user, and the rest where the stack runs."""
    return stage.named(SecurityAlert, [*_alerts(stage, GLOBAL, US_EAST_1), *_alerts(stage, REGIONAL, stage.profile.region)])


@collection
def finding_alerts(stage: Stage) -> tuple[SecurityAlert, ...]:
    """The findings of GuardDuty where the stack runs, as something that somebody must hear of."""
    return stage.named(SecurityAlert, _alerts(stage, FINDINGS, stage.profile.region))


def _some(stage: Stage, kind: type[R], none: str) -> tuple[R, ...]:
    found = tuple(stage.source().collect(kind, []))
    if not found:
        raise DeclaredButMissing(f"{none} in {stage.profile.region}")
    return _mine(stage, found)
