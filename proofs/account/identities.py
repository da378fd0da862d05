"""The root user, and the people of the account."""

from dataclasses import replace
from datetime import timedelta

from proofs.cases import ERROR, FAIL, PASS, Case, cloud
from proofs.harness import Edit, answered, fails, omits, profile, recorded_at, says
from stackproof.core.verdicts import AccessDenied
from stackproof.profile.account import Other
from stackproof.resources.credentials import TRIES
from stackproof.sources.replay import Recorded

MAKE, REPORT, SUMMARY = "iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:GetAccountSummary"
DETAILS = "iam:GetAccountAuthorizationDetails"
ROOT, USER = "<root_account>", "terraform-deploy"
DENIED = AccessDenied("AccessDenied: not authorized")


def _lines() -> list[list[str]]:
    return [line.split(",") for line in answered(REPORT, "Content").decode().splitlines()]


def row(of: str, **columns: str) -> Edit:
    """Let the report say something else of a user."""
    head, *rows = _lines()
    for one in rows:
        if one[0] == of:
            for name, value in columns.items():
                one[head.index(name)] = value
    return says(REPORT, "Content", "\n".join(map(",".join, [head, *rows])).encode())


def another(user: str, **columns: str) -> Edit:
    """Let there be one user more, after the last one."""
    head, *rows = _lines()
    last = dict(zip(head, rows[-1], strict=True)) | {"user": user, "arn": f"arn:aws:iam::123456789012:user/{user}"} | columns
    text = "\n".join(map(",".join, [head, *rows, [last[name] for name in head]]))
    return says(REPORT, "Content", text.encode())


def known(user: str, *policies: str) -> Edit:
    """Let IAM know of one user more, with these inline policies."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        return [
            replace(
                call,
                pages=(
                    *call.pages,
                    {**{name: [] for name in call.pages[0] if name != "UserDetailList"}, "UserDetailList": [its]},
                ),
            )
            if call.call.operation == DETAILS
            else call
            for call in calls
        ]

    its = {
        "UserName": user,
        "Arn": f"arn:aws:iam::123456789012:user/{user}",
        "GroupList": [],
        "AttachedManagedPolicies": [],
        "UserPolicyList": [{"PolicyName": one, "PolicyDocument": {}} for one in policies],
    }
    return edit


def without_column(name: str) -> Edit:
    lines = _lines()
    at = lines[0].index(name)
    return says(REPORT, "Content", "\n".join(",".join(line[:at] + line[at + 1 :]) for line in lines).encode())


def never_made(calls: list[Recorded]) -> list[Recorded]:
    """Let the report be in the making however often it is asked for."""
    (first,) = [call for call in calls if call.call.operation == MAKE and not call.call.sample]
    again = [replace(first, call=replace(first.call, sample=sample), pages=({"State": "INPROGRESS"},)) for sample in range(TRIES)]
    return [*(call for call in calls if call.call.operation != MAKE), *again]


def ago(**past: int) -> str:
    return f"{recorded_at() - timedelta(**past):%Y-%m-%dT%H:%M:%S+00:00}"


KEY = {"access_key_1_active": "true", "access_key_1_last_rotated": ago(days=1)}
PASSWORD = {"password_enabled": "true", "password_last_changed": ago(days=10), "password_last_used": ago(days=1)}
WITH_MFA = {**PASSWORD, "mfa_active": "true"}
OWN = profile().account
THEIRS = profile().model_copy(
    update={
        "account": OWN.model_copy(
            update={"others": (Other(name=USER, owner="platform", reason="It belongs to the platform team."),)}
        )
    }
)


def summary(**said: int) -> Edit:
    return says(SUMMARY, "SummaryMap", {**answered(SUMMARY, "SummaryMap"), **said})


CASES: list[Case] = [
    cloud("ACC-02", "no MFA", FAIL, summary(AccountMFAEnabled=0, AccountPasswordPresent=1), names="root"),
    cloud(
        "ACC-02",
        "no password, and no MFA: an organization took them",
        PASS,
        summary(AccountMFAEnabled=0, AccountPasswordPresent=0),
    ),
    cloud("ACC-02", "no MFA, and nobody knows of a password", ERROR, summary(AccountMFAEnabled=0), names="has_password"),
    cloud("ACC-02", "MFA not reported", ERROR, omits(SUMMARY, "SummaryMap.AccountMFAEnabled")),
    cloud("ACC-02", "a key", FAIL, row(ROOT, **KEY), names="root"),
    cloud(
        "ACC-02",
        "a second key, which is off",
        FAIL,
        row(ROOT, access_key_2_active="false", access_key_2_last_rotated=ago(days=400)),
    ),
    cloud("ACC-02", "a key that only the summary knows yet", FAIL, summary(AccountAccessKeysPresent=1)),
    cloud("ACC-02", "keys not reported", ERROR, omits(SUMMARY, "SummaryMap.AccountAccessKeysPresent")),
    cloud("ACC-02", "used lately", FAIL, row(ROOT, password_last_used=ago(days=29)), names="root"),
    cloud("ACC-02", "a key used lately", FAIL, row(ROOT, access_key_2_last_used_date=ago(days=1)), names="root"),
    cloud("ACC-02", "used as long ago as the profile says", PASS, row(ROOT, password_last_used=ago(days=30))),
    cloud("ACC-02", "used long ago", PASS, row(ROOT, password_last_used=ago(days=31))),
    cloud("ACC-02", "used at a time that is none", ERROR, row(ROOT, password_last_used="yesterday"), names="yesterday"),
    cloud("ACC-02", "use not reported", ERROR, without_column("password_last_used"), names="password_last_used"),
    cloud(
        "ACC-02",
        "an old report",
        ERROR,
        says(REPORT, "GeneratedTime", recorded_at() - timedelta(hours=25)),
        names="generate-credential-report",
    ),
    cloud("ACC-02", "a report of a moment ago", PASS, says(REPORT, "GeneratedTime", recorded_at() - timedelta(hours=23))),
    cloud("ACC-02", "a report without the root user", FAIL, row(ROOT, user="somebody"), names="root"),
    cloud("ACC-02", "no report", ERROR, omits(REPORT, "Content")),
    cloud("ACC-02", "the report is denied", ERROR, fails(REPORT, DENIED), names="AccessDenied"),
    cloud("ACC-02", "a report that is never made", ERROR, never_made, names="not made yet"),
    cloud("ACC-02", "a report in a state that nobody knows", ERROR, says(MAKE, "State", "BROKEN"), names="BROKEN"),
    cloud("ACC-02", "the summary is denied", ERROR, fails(SUMMARY, DENIED), names="AccessDenied"),
    cloud("ACC-03", "a password without MFA", FAIL, row(USER, **PASSWORD), names=USER),
    cloud("ACC-03", "a password with MFA", PASS, row(USER, **WITH_MFA)),
    cloud("ACC-03", "MFA that is neither", ERROR, row(USER, **PASSWORD, mfa_active="perhaps"), names="perhaps"),
    cloud("ACC-03", "a password that is neither", ERROR, row(USER, password_enabled="perhaps"), names="perhaps"),
    cloud(
        "ACC-03",
        "a password that nobody uses",
        FAIL,
        row(USER, **{**WITH_MFA, "password_last_changed": ago(days=99), "password_last_used": ago(days=45)}),
        names="password",
    ),
    cloud(
        "ACC-03",
        "a password that somebody uses",
        PASS,
        row(USER, **{**WITH_MFA, "password_last_changed": ago(days=99), "password_last_used": ago(days=44)}),
    ),
    cloud(
        "ACC-03", "a password that nobody has used yet", PASS, row(USER, **{**WITH_MFA, "password_last_used": "no_information"})
    ),
    cloud(
        "ACC-03",
        "a password that nobody ever used",
        FAIL,
        row(USER, **{**WITH_MFA, "password_last_changed": ago(days=46), "password_last_used": "no_information"}),
        names="password",
    ),
    cloud("ACC-03", "a key that nobody uses", FAIL, row(USER, access_key_1_last_rotated=ago(days=46)), names="access key 1"),
    cloud(
        "ACC-03",
        "an old key that is in use",
        FAIL,
        row(USER, access_key_1_last_rotated=ago(days=90), access_key_1_last_used_date=ago(days=1)),
        names="access key 1",
    ),
    cloud(
        "ACC-03",
        "a key of 89 days that is in use",
        PASS,
        row(USER, access_key_1_last_rotated=ago(days=89), access_key_1_last_used_date=ago(days=1)),
    ),
    cloud(
        "ACC-03",
        "the second key is old",
        FAIL,
        row(USER, access_key_2_active="true", access_key_2_last_rotated=ago(days=91), access_key_2_last_used_date=ago(days=1)),
        names="access key 2",
    ),
    cloud(
        "ACC-03", "an old key that is off", PASS, row(USER, access_key_2_active="false", access_key_2_last_rotated=ago(days=91))
    ),
    cloud(
        "ACC-03",
        "a key of nobody knows when",
        ERROR,
        row(USER, access_key_1_last_rotated="N/A", user_creation_time="N/A"),
        names="made",
    ),
    cloud("ACC-03", "whether a key is on is not reported", ERROR, without_column("access_key_2_active"), names="access key 2"),
    cloud(
        "ACC-03",
        "another user with an old key",
        FAIL,
        another("bob", access_key_1_last_rotated=ago(days=400)),
        known("bob"),
        names="bob",
    ),
    cloud(
        "ACC-03",
        "another user, on page 2, with a policy of its own",
        FAIL,
        another("bob"),
        known("bob", "everything"),
        names="bob",
    ),
    cloud("ACC-03", "another user who complies", PASS, another("bob"), known("bob")),
    cloud("ACC-03", "a user that IAM does not describe", ERROR, another("bob"), names="bob"),
    cloud("ACC-03", "a row without a user", ERROR, another(""), names="no user"),
    cloud("ACC-03", "policies not reported", ERROR, omits(DETAILS, "UserDetailList.0.AttachedManagedPolicies")),
    cloud(
        "ACC-03", "an old report", ERROR, says(REPORT, "GeneratedTime", recorded_at() - timedelta(hours=25)), names="report_hours"
    ),
    cloud("ACC-03", "the report is denied", ERROR, fails(REPORT, DENIED), names="AccessDenied"),
    replace(
        cloud("ACC-03", "somebody else's user", ERROR, row(USER, **PASSWORD), names="without reading anything"), expected=THEIRS
    ),
]
