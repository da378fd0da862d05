"""Collections of the account around the stack: its people, its settings, and what watches it."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

from stackproof.collections.registry import collection
from stackproof.core.resource import Resource
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing
from stackproof.resources.account_settings import (
    AccountPublicAccessBlock,
    EbsSettings,
    PasswordPolicy,
    Region,
    SecurityContact,
)
from stackproof.resources.credentials import CredentialReport, RootUser, UserCredentials
from stackproof.resources.detection import ConfigRecorder, Detector, ExternalAccessAnalyzer, ImageScanning, SecurityHub
from stackproof.targets.base import Stage

R = TypeVar("R", bound=Resource)


def of_the_account(stage: Stage, resources: Iterable[R], names: Callable[[R], Iterable[str]]) -> tuple[R, ...]:
    """The resources that are nobody else's by the profile (``baseline.others``); a note tells of those that are."""
    others = stage.profile.baseline.others
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
        raise CouldNotVerify(f"baseline.regions: EC2 knows no region {', '.join(unknown)}")
    if closed := [name for name in wanted if not found[name].is_enabled]:
        _note(stage, f"The account has not enabled {', '.join(closed)}: nothing can be there, and nothing was asked.")
    if left := sorted(name for name, one in found.items() if name not in wanted and one.is_enabled):
        _note(stage, f"Regions that the account has and baseline.regions does not name were not looked at: {', '.join(left)}.")
    if not (looked_at := tuple(name for name in wanted if name not in closed)):
        raise CouldNotVerify(f"baseline.regions: the account has enabled none of {', '.join(wanted)}")
    return looked_at


def _check_age(stage: Stage) -> None:
    """Raises `CouldNotVerify` for a credential report that is too old to go by."""
    made, hours = stage.one(CredentialReport, "credential report").generated, stage.profile.baseline.report_hours
    if stage.now - made > timedelta(hours=hours):
        raise CouldNotVerify(
            f"the credential report is of {made:%Y-%m-%d %H:%M} UTC, older than baseline.report_hours ({hours}): "
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
        raise DeclaredButMissing(f"account {stage.profile.account} has no {what}")
    return found[0]


@collection(reads=(Region,))
def ebs_settings(stage: Stage) -> tuple[EbsSettings, ...]:
    """EBS in every region that is looked at."""
    return stage.named(EbsSettings, regions(stage))


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
    return found


@collection
def image_scanning(stage: Stage) -> ImageScanning:
    """Amazon Inspector where the stack runs. Raises `DeclaredButMissing` where it says nothing of the account."""
    return _the_one(stage, ImageScanning, "Amazon Inspector")


@collection
def security_hub(stage: Stage) -> tuple[SecurityHub, ...]:
    """Security Hub where the stack runs; none, and nothing is asked, where the profile does not declare it."""
    return stage.named(SecurityHub, ["Security Hub"] if stage.profile.baseline.security_hub else [])


def _some(stage: Stage, kind: type[R], none: str) -> tuple[R, ...]:
    found = tuple(stage.source().collect(kind, []))
    if not found:
        raise DeclaredButMissing(f"{none} in {stage.profile.region}")
    return found
