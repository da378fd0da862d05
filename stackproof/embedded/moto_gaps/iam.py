"""IAM operations that moto answers otherwise than AWS, put right."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import AccountSummary, IAMBackend, User
from moto.iam.responses import IamResponse

from stackproof.embedded.moto_gaps.registry import corrects, reports

_UP_TO_MFA = ("not_supported", "no_information", "not_supported", "not_supported", "true")
_AFTER_MFA = ("false,N/A,N/A,N/A,N/A", "false,N/A,N/A,N/A,N/A", "false,N/A", "false,N/A")


@corrects(IAMBackend, "get_credential_report", "iam:GetCredentialReport <root_account>", "moto's report leaves out the root user")
def get_credential_report(original: Callable[..., str], self: IAMBackend) -> str:
    """A root user as AWS reports one that has MFA, no keys, and was never used."""
    head, _, users = original(self).partition("\n")
    root = f"<root_account>,arn:aws:iam::{self.account_id}:root,2026-01-20T00:00:00+00:00"
    return "\n".join([head, ",".join([root, *_UP_TO_MFA, *_AFTER_MFA]), users.rstrip("\n")]).rstrip("\n")


@corrects(IamResponse, "get_credential_report", "iam:GetCredentialReport GeneratedTime", "moto's report is of 2015")
def answer_credential_report(_: Callable[..., ActionResult], self: IamResponse) -> ActionResult:
    """The report of now."""
    content, now = self.backend.get_credential_report(), datetime.now(UTC).replace(microsecond=0)
    return ActionResult({"Content": content, "ReportFormat": "text/csv", "GeneratedTime": now})


@corrects(IamResponse, "get_user", "iam:GetUser of the caller", "moto's caller without a user has another id at each call")
def get_user(original: Callable[..., ActionResult], self: IamResponse) -> ActionResult:
    """The caller with one id, as everybody has."""
    if self._get_param("UserName") or self.backend.get_user_from_access_key_id(self.get_access_key()):
        return original(self)
    return ActionResult({"User": _caller(self.current_account, self.region)})


@cache
def _caller(account: str, region: str) -> User:
    return User(account, region_name=region, name="default_user")  # type: ignore[abstract] # as moto does


@reports(AccountSummary, "_account_mfa_enabled", "iam:GetAccountSummary AccountMFAEnabled", "moto has no root user")
def account_mfa_enabled(_: AccountSummary, __: Any) -> int:
    """As the credential report says."""
    return 1
