"""Amazon RDS: what can be ordered in a region, and how long it is supported."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from stackproof.core.resource import Resource, field
from stackproof.sources.aws.facts import AwsFacts

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

STANDARD_SUPPORT = "open-source-rds-standard-support"
"""The life cycle of a major version without a surcharge; extended support costs one, by vCPU and hour."""


def _can_be_ordered(offer: AwsFacts) -> bool:
    """RDS lists an option for each way to combine storage and licence; one in a VPC and several zones is enough."""
    options = offer.read(
        "rds:DescribeOrderableDBInstanceOptions",
        Engine=offer.at("engine"),
        EngineVersion=offer.at("version"),
        DBInstanceClass=offer.at("class"),
    )
    return any(one.get("MultiAZCapable") and one.get("Vpc") for one in options.items("OrderableDBInstanceOptions"))


def _end_of_support(offer: AwsFacts) -> datetime | None:
    major = offer.at("version").partition(".")[0]
    answer = offer.read("rds:DescribeDBMajorEngineVersions", Engine=offer.at("engine"), MajorEngineVersion=major)
    for version in answer.items("DBMajorEngineVersions"):
        if version.get("MajorEngineVersion") == major:
            for cycle in version.get("SupportedEngineLifecycles", ()):
                if cycle.get("LifecycleSupportName") == STANDARD_SUPPORT:
                    end: datetime | None = cycle.get("LifecycleSupportEndDate")
                    return end
    return None


class DatabaseOffer(Resource):
    """An engine, its version and an instance class, as they are offered in the region. Named ``postgres/17.6/db.t4g.medium``."""

    operations = ("rds:DescribeOrderableDBInstanceOptions", "rds:DescribeDBMajorEngineVersions")

    can_be_ordered: bool = field(aws=_can_be_ordered)
    """Multi-AZ, in a VPC."""
    standard_support_until: datetime = field(aws=_end_of_support)
    """When the standard support of the major version ends."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[DatabaseOffer]":
        """The offers of all names, one each: an instance that RDS does not offer cannot be ordered, and its offer says so."""
        found = []
        for name in names:
            engine, version, instance_class = name.split("/")
            item = {"engine": engine, "version": version, "class": instance_class}
            found.append(cls(name, AwsFacts(aws, item, "what runs"), "Amazon RDS"))
        return found
