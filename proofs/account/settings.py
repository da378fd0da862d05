"""Settings of the whole account, and of each of its regions."""

from dataclasses import replace

from proofs.cases import ERROR, FAIL, PASS, Case, cloud
from proofs.harness import absent, adds, changed, fails, omits, only_in, profile, says
from stackproof.core.verdicts import AccessDenied
from stackproof.profile.account import Other

THEIRS = Other(name="*-theirs", owner="data", reason="What the data platform shares with everybody.")


def with_others(case: Case) -> Case:
    """The case, where what ends in ``-theirs`` is somebody else's."""
    return replace(case, expected=changed(profile(), "account", others=(THEIRS,)))


POLICY, BLOCK, CONTACT = "iam:GetAccountPasswordPolicy", "s3control:GetPublicAccessBlock", "account:GetAlternateContact"
REGIONS, DEFAULT = "ec2:DescribeRegions", "ec2:GetEbsEncryptionByDefault"
SNAPSHOTS = {"OwnerIds": ["self"], "RestorableByUserIds": ["all"]}
IMAGES = {"Owners": ["self"]}
DENIED = AccessDenied("AccessDenied: not authorized")
SETTINGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")

_OWN = profile().account
_STRICT = _OWN.password_policy.model_copy(update={"max_age_days": 60})
EXPIRING = profile().model_copy(update={"account": _OWN.model_copy(update={"password_policy": _STRICT})})

CASES: list[Case] = [
    cloud("ACC-04", "no policy at all", FAIL, absent(POLICY), names="no password policy"),
    cloud(
        "ACC-04", "a character too short", FAIL, says(POLICY, "PasswordPolicy.MinimumPasswordLength", 13), names="password policy"
    ),
    cloud("ACC-04", "longer", PASS, says(POLICY, "PasswordPolicy.MinimumPasswordLength", 20)),
    cloud("ACC-04", "length not reported", ERROR, omits(POLICY, "PasswordPolicy.MinimumPasswordLength")),
    cloud("ACC-04", "one remembered less", FAIL, says(POLICY, "PasswordPolicy.PasswordReusePrevention", 23)),
    cloud("ACC-04", "none remembered", FAIL, omits(POLICY, "PasswordPolicy.PasswordReusePrevention")),
    cloud("ACC-04", "passwords that do not expire", PASS, omits(POLICY, "PasswordPolicy.MaxPasswordAge")),
    *(
        replace(case, expected=EXPIRING)
        for case in (
            cloud("ACC-04", "passwords that expire as declared", PASS, says(POLICY, "PasswordPolicy.MaxPasswordAge", 60)),
            cloud("ACC-04", "passwords that expire a day late", FAIL, says(POLICY, "PasswordPolicy.MaxPasswordAge", 61)),
            cloud(
                "ACC-04", "passwords that do not expire, though declared", FAIL, omits(POLICY, "PasswordPolicy.MaxPasswordAge")
            ),
        )
    ),
    cloud("ACC-04", "denied", ERROR, fails(POLICY, DENIED), names="AccessDenied"),
    cloud("ACC-04", "an answer without a policy", ERROR, omits(POLICY, "PasswordPolicy")),
    *(
        cloud("ACC-05", f"{setting} off", FAIL, says(BLOCK, f"PublicAccessBlockConfiguration.{setting}", False))
        for setting in SETTINGS
    ),
    cloud(
        "ACC-05",
        "two of four",
        FAIL,
        says(BLOCK, "PublicAccessBlockConfiguration.BlockPublicAcls", False),
        says(BLOCK, "PublicAccessBlockConfiguration.IgnorePublicAcls", False),
    ),
    cloud("ACC-05", "one not reported", ERROR, omits(BLOCK, "PublicAccessBlockConfiguration.RestrictPublicBuckets")),
    cloud("ACC-05", "never set", FAIL, absent(BLOCK), names="no public access block"),
    cloud("ACC-05", "denied", ERROR, fails(BLOCK, DENIED), names="AccessDenied"),
    cloud("ACC-06", "only the primary one", FAIL, absent(CONTACT), names="no security contact"),
    cloud("ACC-06", "without an address", FAIL, says(CONTACT, "AlternateContact.EmailAddress", "")),
    cloud("ACC-06", "address not reported", ERROR, omits(CONTACT, "AlternateContact.EmailAddress")),
    cloud("ACC-06", "denied", ERROR, fails(CONTACT, DENIED), names="AccessDenied"),
    *(
        case
        for region in ("ap-northeast-2", "us-east-1")
        for case in (
            cloud(
                "ACC-07",
                f"no encryption in {region}",
                FAIL,
                only_in(region, says(DEFAULT, "EbsEncryptionByDefault", False)),
                names=region,
            ),
            cloud(
                "ACC-07",
                f"a public snapshot in {region}",
                FAIL,
                only_in(region, adds("ec2:DescribeSnapshots", "Snapshots", {"SnapshotId": "snap-1"}, **SNAPSHOTS)),
                names="snap-1",
            ),
            cloud(
                "ACC-07",
                f"a public image in {region}",
                FAIL,
                only_in(region, adds("ec2:DescribeImages", "Images", {"ImageId": "ami-1", "Public": True}, **IMAGES)),
                names="ami-1",
            ),
            cloud(
                "ACC-07",
                f"an image of its own in {region}",
                PASS,
                only_in(region, adds("ec2:DescribeImages", "Images", {"ImageId": "ami-1", "Public": False}, **IMAGES)),
            ),
            cloud(
                "ACC-07",
                f"an image in {region}, and not whether it is public",
                ERROR,
                only_in(region, adds("ec2:DescribeImages", "Images", {"ImageId": "ami-1"}, **IMAGES)),
                names="Public",
            ),
            cloud("ACC-07", f"{region} denied", ERROR, only_in(region, fails(DEFAULT, DENIED)), names=region),
            cloud(
                "ACC-07",
                f"snapshots of {region} denied",
                ERROR,
                only_in(region, fails("ec2:DescribeSnapshots", DENIED, **SNAPSHOTS)),
                names=region,
            ),
            cloud(
                "ACC-07",
                f"images of {region} denied",
                ERROR,
                only_in(region, fails("ec2:DescribeImages", DENIED, **IMAGES)),
                names=region,
            ),
            cloud(
                "ACC-07",
                f"encryption not reported in {region}",
                ERROR,
                only_in(region, omits(DEFAULT, "EbsEncryptionByDefault")),
                names=region,
            ),
            cloud(
                "ACC-07",
                f"a region that the list lacks: {region}",
                ERROR,
                says(REGIONS, f"Regions.RegionName={region}.RegionName", "mars-1"),
                names=region,
            ),
            cloud(
                "ACC-07",
                f"an unknown state of {region}",
                ERROR,
                says(REGIONS, f"Regions.RegionName={region}.OptInStatus", "half"),
                names="half",
            ),
        )
    ),
    *(
        with_others(cloud("ACC-07", f"a public {what} of somebody else's", PASS, adds(operation, member, item, **asked)))
        for what, operation, member, item, asked in (
            ("snapshot", "ec2:DescribeSnapshots", "Snapshots", {"SnapshotId": "snap-theirs"}, SNAPSHOTS),
            ("image", "ec2:DescribeImages", "Images", {"ImageId": "ami-theirs", "Public": True}, IMAGES),
        )
    ),
    with_others(
        cloud(
            "ACC-07",
            "a public snapshot that is not somebody else's",
            FAIL,
            adds("ec2:DescribeSnapshots", "Snapshots", {"SnapshotId": "snap-ours"}, **SNAPSHOTS),
            names="snap-ours",
        )
    ),
    cloud(
        "ACC-07",
        "a snapshot without an id",
        ERROR,
        adds("ec2:DescribeSnapshots", "Snapshots", {}, **SNAPSHOTS),
        names="SnapshotId",
    ),
    cloud(
        "ACC-07",
        "a region that the account has not enabled",
        PASS,
        says(REGIONS, "Regions.RegionName=us-east-1.OptInStatus", "not-opted-in"),
    ),
    cloud(
        "ACC-07",
        "no region that the account has enabled",
        ERROR,
        says(REGIONS, "Regions.RegionName=us-east-1.OptInStatus", "not-opted-in"),
        says(REGIONS, "Regions.RegionName=ap-northeast-2.OptInStatus", "not-opted-in"),
        names="enabled none",
    ),
    cloud("ACC-07", "the list of regions denied", ERROR, fails(REGIONS, DENIED), names="AccessDenied"),
]
