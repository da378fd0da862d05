"""AWS STS and the region."""

from proofs.cases import ERROR, FAIL, PASS, Case, cloud
from proofs.harness import Edit, answers, omits, says

IDENTITY, SUBNETS, ZONES = "sts:GetCallerIdentity", "ec2:DescribeSubnets", "ec2:DescribeAvailabilityZones"
ARN = "arn:aws:iam::123456789012"
SUBNET_OF_OTHERS = "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-44d5698695c6caa05"


def without_subnets(*zones: dict[str, str]) -> list[Edit]:
    """Let the region have no subnet, and these zones."""
    return [says(SUBNETS, "Subnets", []), answers(ZONES, {"AvailabilityZones": [*zones]})]


CASES: list[Case] = [
    cloud("ACC-01", "another account", FAIL, says(IDENTITY, "Account", "999999999999"), names="999999999999"),
    cloud("ACC-01", "the root user", FAIL, says(IDENTITY, "Arn", f"{ARN}:root"), names="root"),
    cloud("ACC-01", "a user whose name ends like it", PASS, says(IDENTITY, "Arn", f"{ARN}:user/chroot")),
    cloud("ACC-01", "a role", PASS, says(IDENTITY, "Arn", "arn:aws:sts::123456789012:assumed-role/ci/run")),
    cloud("ACC-01", "another region", FAIL, says(SUBNETS, "Subnets.0.SubnetArn", SUBNET_OF_OTHERS), names="us-east-1"),
    cloud("ACC-01", "no subnet", PASS, *without_subnets({"RegionName": "ap-northeast-2"})),
    cloud("ACC-01", "no subnet in another region", FAIL, *without_subnets({"RegionName": "us-east-1"}), names="us-east-1"),
    cloud("ACC-01", "the account not reported", ERROR, omits(IDENTITY, "Account")),
    cloud("ACC-01", "the caller not reported", ERROR, omits(IDENTITY, "Arn")),
    cloud("ACC-01", "the caller is no ARN", ERROR, says(IDENTITY, "Arn", "root"), names="no ARN"),
    cloud("ACC-01", "the caller is empty", ERROR, says(IDENTITY, "Arn", ""), names="no ARN"),
    cloud("ACC-01", "a subnet without its ARN", ERROR, omits(SUBNETS, "Subnets.0.SubnetArn"), names="SubnetArn"),
    cloud("ACC-01", "a subnet's ARN is none", ERROR, says(SUBNETS, "Subnets.0.SubnetArn", "subnet-1"), names="names no region"),
    cloud("ACC-01", "a subnet's ARN without a region", ERROR, says(SUBNETS, "Subnets.0.SubnetArn", "arn:aws:ec2::1:subnet/a")),
    cloud("ACC-01", "no subnet and no zone", ERROR, *without_subnets(), names="region"),
    cloud("ACC-01", "no subnet, and a zone without its region", ERROR, *without_subnets({"ZoneName": "ap-northeast-2a"})),
]
