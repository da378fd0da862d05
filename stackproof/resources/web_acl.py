"""AWS WAF: the web ACL in front of a load balancer."""

from typing import Any

from stackproof.core.resource import Resource, field
from stackproof.sources.aws.facts import AwsFacts
from stackproof.sources.plan.blocks import PlannedBlock

OF_RESOURCE, LOGGING = "wafv2:GetWebACLForResource", "wafv2:GetLoggingConfiguration"


def _answered_logging(acl: AwsFacts) -> bool:
    answer = acl.read(LOGGING, absent=("WAFNonexistentItemException",), ResourceArn=acl.at("ARN"))
    configuration: Any = {} if answer.page is None else answer.page.get("LoggingConfiguration")
    return bool(configuration and configuration.get("LogDestinationConfigs"))


def _planned_logging(association: PlannedBlock) -> bool:
    """Of the ACL that an association names. Raises `NotYetKnown` for one that the plan does not make or keep."""
    acl = association.referent("web_acl_arn", "aws_wafv2_web_acl")
    if acl is None:
        raise association.unknown("web_acl_arn")
    return bool(association.plan.referring("aws_wafv2_web_acl_logging_configuration", "resource_arn", acl))


class WebAcl(Resource):
    """A web ACL, as it stands in front of a resource."""

    operations = (OF_RESOURCE, LOGGING)
    terraform = ("aws_wafv2_web_acl_association", "aws_wafv2_web_acl", "aws_wafv2_web_acl_logging_configuration")

    logs: bool = field(aws=_answered_logging, plan=_planned_logging)
    """Whether what it lets through and blocks is logged."""

    @classmethod
    def answered(cls, of: AwsFacts, arn: str) -> "WebAcl | None":
        """The ACL in front of the resource of an ARN; None if there is none."""
        answer = of.read(OF_RESOURCE, absent=("WAFNonexistentItemException",), ResourceArn=arn)
        acl = None if answer.page is None else answer.page.get("WebACL")
        return of.nested(cls, str(acl.get("Name")), acl, answer) if acl else None

    @classmethod
    def planned(cls, of: PlannedBlock) -> "WebAcl | None":
        """The ACL that the plan puts in front of a resource; None if it puts none."""
        for association in of.plan.referring(cls.terraform[0], "resource_arn", of):
            return cls(association.address, association, association.source)
        return None
