"""AWS STS: who asks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import CouldNotVerify
from stackproof.judgement.arns import arn
from stackproof.sources.aws.facts import AwsFacts, reported

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

SUBNETS, ZONES = "ec2:DescribeSubnets", "ec2:DescribeAvailabilityZones"


def _region(caller: AwsFacts) -> str | None:
    """EC2 names the region that answers in the ARN of each subnet, and, where there is none, with each of its zones."""
    answer = caller.read(SUBNETS)
    for subnet in answer.items("Subnets"):
        place = arn(reported(subnet, "SubnetArn", answer))
        if place is None or not place.region:
            raise CouldNotVerify(f"{answer.source}: {subnet['SubnetArn']!r} names no region: where the run is cannot be told")
        return place.region
    return next((zone.get("RegionName") for zone in caller.read(ZONES).items("AvailabilityZones")), None)


class Caller(Resource):
    """The identity and the place of a run: whose credentials it uses, and where."""

    operations = ("sts:GetCallerIdentity", SUBNETS, ZONES)

    account: str = field(aws="Account")
    arn: str = field(aws="Arn")
    region: str = field(aws=_region)

    @property
    def is_root(self) -> bool:
        """True if the caller is the account's root user, whom no policy binds. Raises `CouldNotVerify` if its ARN is none."""
        parts = self.arn.split(":", 5)
        if len(parts) < 6:
            raise CouldNotVerify(f"{self.source}: {self.arn!r} is no ARN: who asks cannot be told")
        return parts[5] == "root"

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Caller]":
        """The one that there is, under the name that is asked for."""
        answer = aws.read("sts:GetCallerIdentity")
        return [cls(name, AwsFacts(aws, answer.pages[0], answer.source), answer.source) for name in names]
