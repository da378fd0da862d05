"""Amazon CloudFront."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, known_of, parts, the_one
from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import NotReported, NotYetKnown
from stackproof.judgement.distributions import is_bucket, signs
from stackproof.resources.documents import is_set, will_be_set
from stackproof.sources.aws.facts import AwsFacts, reported
from stackproof.sources.aws.regions import BILLING
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader
    from stackproof.sources.plan.document import Plan

LIST, CONFIG, ACCESS = "cloudfront:ListDistributions", "cloudfront:GetDistributionConfig", "cloudfront:GetOriginAccessControl"
SOURCES, DELIVERIES = "logs:DescribeDeliverySources", "logs:DescribeDeliveries"
HOME = BILLING
"""The region that has the log deliveries of CloudFront, which is in none itself."""
BUCKET = "aws_s3_bucket"


class CacheBehavior(Resource):
    """The way in which a distribution answers requests for some paths. Named by the pattern of the paths, the one for all others ``*``."""

    viewer_policy: str = field(aws="ViewerProtocolPolicy", plan="viewer_protocol_policy")
    """Which requests it takes: ``https-only``, ``redirect-to-https``, ``allow-all``."""


def _answered_closed(origin: AwsFacts) -> bool:
    if control := origin.at("OriginAccessControlId"):
        answer = origin.read(ACCESS, Id=control)
        config = answer.pages[0].get("OriginAccessControl", {}).get("OriginAccessControlConfig", {})
        return signs(reported(config, "SigningBehavior", answer))
    return bool(origin.at("S3OriginConfig.OriginAccessIdentity"))


def _planned_closed(origin: PlannedBlock) -> bool:
    """A control or an identity that is known only after apply is one."""
    if is_set(origin, "origin_access_control_id"):
        found, rest = parts(origin.referents("origin_access_control_id", "aws_cloudfront_origin_access_control"))
        return all(signs(one.at("signing_behavior")) for one in collected(found, rest))
    return any(is_set(block, "origin_access_identity") for block in origin.written_blocks("s3_origin_config"))


def _answered_bucket(origin: AwsFacts) -> bool:
    is_other = origin.at("CustomOriginConfig") or origin.at("VpcOriginConfig")
    return not is_other or is_bucket(origin.at("DomainName"))


def _planned_bucket(origin: PlannedBlock) -> bool:
    if not any(origin.blocks(name) for name in ("custom_origin_config", "vpc_origin_config")):
        return True
    if origin.is_known("domain_name"):
        return is_bucket(origin.at("domain_name"))
    return any(one.address.split(".")[-2] == BUCKET for one in origin.references("domain_name"))


def _custom(origin: PlannedBlock) -> PlannedBlock | None:
    return the_one(origin.blocks("custom_origin_config"))


def _planned_policy(origin: PlannedBlock) -> Any:
    custom = _custom(origin)
    return custom.at("origin_protocol_policy") if custom else None


class Origin(Resource):
    """A bucket or server that a distribution gets its answers from. Named by its id."""

    operations = (ACCESS,)

    is_bucket: bool = field(aws=_answered_bucket, plan=_planned_bucket)
    """Whether it is a bucket of S3."""
    is_closed: bool = field(aws=_answered_closed, plan=_planned_closed)
    """Whether requests to it are signed, by an origin access control or identity, so that the bucket need not be open to everybody."""
    protocol_policy: str | None = field(aws="CustomOriginConfig.OriginProtocolPolicy", plan=_planned_policy)
    """The protocols that a server of one's own is asked with: ``https-only``, ``match-viewer``, ``http-only``; None for others."""


def _planned_behaviors(distribution: PlannedBlock) -> Sequence[CacheBehavior]:
    found, rest = parts(distribution.blocks("default_cache_behavior"))
    ordered, more = parts(distribution.blocks("ordered_cache_behavior"))
    named = [("*", one) for one in found] + [(one.values.get("path_pattern") or str(one), one) for one in ordered]
    return collected([CacheBehavior(name, one, one.source) for name, one in named], [*rest, *more])


def _answered_behaviors(distribution: AwsFacts) -> tuple[CacheBehavior, ...]:
    default = distribution.at("DefaultCacheBehavior")
    if default is None:
        raise NotReported(f"{LIST}: the default behaviour of {distribution.at('Id')} is not reported")
    ordered = [(str(one.get("PathPattern")), one) for one in distribution.at("CacheBehaviors.Items") or ()]
    return tuple(distribution.inside(CacheBehavior, name, one) for name, one in (("*", default), *ordered))


def _answered_origins(distribution: AwsFacts) -> tuple[Origin, ...]:
    origins = distribution.at("Origins.Items")
    if not origins:
        raise NotReported(f"{LIST}: the origins of {distribution.at('Id')} are not reported")
    return tuple(distribution.inside(Origin, str(one.get("Id")), one) for one in origins)


def _planned_origins(distribution: PlannedBlock) -> Sequence[Origin]:
    blocks, rest = parts(distribution.blocks("origin"))
    return collected([Origin(one.values.get("origin_id") or str(one), one, one.source) for one in blocks], rest)


def _planned_tls(distribution: PlannedBlock) -> Any:
    """With CloudFront's own certificate it is TLSv1, whatever is said; so is the default."""
    certificate = the_one(distribution.blocks("viewer_certificate"))
    if certificate is None or certificate.at_or("cloudfront_default_certificate", False):
        return "TLSv1"
    return certificate.at_or("minimum_protocol_version", "TLSv1")


def _config(distribution: AwsFacts) -> "tuple[Mapping[str, Any], Answer]":
    answer = distribution.read(CONFIG, Id=distribution.at("Id"))
    return reported(answer.pages[0], "DistributionConfig", answer), answer


def _answered_log(distribution: AwsFacts) -> bool:
    config, answer = _config(distribution)
    if reported(reported(config, "Logging", answer), "Enabled", answer):
        return True
    sources, deliveries = (distribution.read(operation, region=HOME) for operation in (SOURCES, DELIVERIES))
    mine = [one for one in sources.items("deliverySources") if distribution.at("ARN") in (one.get("resourceArns") or ())]
    delivered = {one.get("deliverySourceName") for one in deliveries.items("deliveries")}
    return any(one.get("logType") == "ACCESS_LOGS" and one.get("name") in delivered for one in mine)


def _planned_log(distribution: PlannedBlock) -> bool:
    """By its own log, or by a delivery of the plan. One that exists already may have a delivery that the plan does not show."""
    if any(is_set(block, "bucket") for block in distribution.written_blocks("logging_config")):
        return True
    sources, rest = parts(distribution.plan.referring("aws_cloudwatch_log_delivery_source", "resource_arn", distribution))
    delivered, more = known_of(
        sources, lambda one: distribution.plan.referring("aws_cloudwatch_log_delivery", "delivery_source_name", one)
    )
    if bool(collected(delivered, [*rest, *more])):
        return True
    if not distribution.plan.creates(distribution):
        raise NotYetKnown(f"{distribution.source}: no log is in the plan, and whether a log delivery is beside it, no plan shows")
    return False


class Distribution(Resource):
    """A distribution. Named by its first domain name, else by its id; on a plan without one by its address."""

    operations = (LIST, CONFIG, SOURCES, DELIVERIES, *Origin.operations)
    terraform = ("aws_cloudfront_distribution",)

    behaviors: tuple[CacheBehavior, ...] = field(aws=_answered_behaviors, plan=_planned_behaviors)
    """How it answers, for all paths."""
    origins: tuple[Origin, ...] = field(aws=_answered_origins, plan=_planned_origins)
    security_policy: str = field(aws="ViewerCertificate.MinimumProtocolVersion", plan=_planned_tls)
    """The oldest TLS and the ciphers that it takes from viewers, by a name of CloudFront's: ``TLSv1.2_2021``."""
    logs_access: bool = field(aws=_answered_log, plan=_planned_log)
    """Whether each request is written to a log: to a bucket by itself, or by a log delivery of CloudWatch."""
    root_object: str | None = field(
        aws=lambda distribution: _config(distribution)[0].get("DefaultRootObject") or None,
        plan=lambda distribution: distribution.text("default_root_object"),
    )
    """What is answered for ``/``; None where the origin decides."""
    has_web_acl: bool = field(
        aws=lambda distribution: None if (acl := distribution.at("WebACLId")) is None else bool(acl),
        plan=lambda distribution: will_be_set(distribution, "web_acl_id"),
    )
    """Whether a web ACL is in front of it."""

    @property
    def belongs_by_origin(self) -> tuple[str, ...]:
        """The domain names of its origins: a bucket's begins with the bucket's name."""
        found: Any = getattr(self.origin, "at", lambda _: None)("Origins.Items")
        return tuple(str(one.get("DomainName")) for one in found or ())

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Distribution]":
        """The distributions of the account; CloudFront leaves the list out of its answer where there is none."""
        del names  # one call lists all
        answer = aws.read(LIST)
        found: list[Distribution] = []
        for page in answer.pages:
            listed = reported(page, "DistributionList", answer)
            for one in reported(listed, "Items", answer) if listed.get("Quantity") != 0 else ():
                name = next(iter(one.get("Aliases", {}).get("Items") or ()), None) or reported(one, "Id", answer)
                found.append(cls(name, AwsFacts(aws, one, answer.source), answer.source))
        return found

    @classmethod
    def from_plan(cls, plan: "Plan", names: Sequence[str]) -> "list[Distribution]":
        del names  # a plan lists all there are
        blocks = plan.resources(*cls.terraform)
        return [cls(next(iter(one.values.get("aliases") or ()), None) or one.address, one, one.source) for one in blocks]
