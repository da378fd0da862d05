"""AWS STS and the region."""

from proofs.cases import ERROR, FAIL, PASS, Case, cloud
from proofs.harness import omits, says

IDENTITY, ZONES = "sts:GetCallerIdentity", "ec2:DescribeAvailabilityZones"
ARN = "arn:aws:iam::123456789012"

CASES: list[Case] = [
    cloud("ACC-01", "another account", FAIL, says(IDENTITY, "Account", "999999999999"), names="999999999999"),
    cloud("ACC-01", "the root user", FAIL, says(IDENTITY, "Arn", f"{ARN}:root"), names="root"),
    cloud("ACC-01", "a user whose name ends like it", PASS, says(IDENTITY, "Arn", f"{ARN}:user/chroot")),
    cloud("ACC-01", "a role", PASS, says(IDENTITY, "Arn", "arn:aws:sts::123456789012:assumed-role/ci/run")),
    cloud("ACC-01", "another region", FAIL, says(ZONES, "AvailabilityZones.0.RegionName", "us-east-1"), names="us-east-1"),
    cloud("ACC-01", "the account not reported", ERROR, omits(IDENTITY, "Account")),
    cloud("ACC-01", "the caller not reported", ERROR, omits(IDENTITY, "Arn")),
    cloud("ACC-01", "the caller is no ARN", ERROR, says(IDENTITY, "Arn", "root"), names="no ARN"),
    cloud("ACC-01", "the caller is empty", ERROR, says(IDENTITY, "Arn", ""), names="no ARN"),
    cloud("ACC-01", "no zone reported", ERROR, says(ZONES, "AvailabilityZones", []), names="region"),
    cloud("ACC-01", "the region not reported", ERROR, omits(ZONES, "AvailabilityZones.0.RegionName")),
]
