"""Distributions of Amazon CloudFront."""

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, adds, exists, fails, omits, planned, refers, says, set_inside, unknown, unset, with_resource
from stackproof.core.verdicts import AccessDenied
from stackproof.sources.aws.calls import Call
from stackproof.sources.replay import Recorded

LIST, CONFIG, ACCESS = "cloudfront:ListDistributions", "cloudfront:GetDistributionConfig", "cloudfront:GetOriginAccessControl"
SOURCES, DELIVERIES = "logs:DescribeDeliverySources", "logs:DescribeDeliveries"
NAME, ARN = "www.example.com", "arn:aws:cloudfront::123456789012:distribution/EDFDVBD6EXAMPLE"
STACK = "module.distribution"
MAIN, MORE = (f"{STACK}.aws_cloudfront_distribution.{name}" for name in ("main", "more"))
VIEWERS, TLS, LOGS, BUCKETS, SERVERS, ROOT, WALLS = (f"SEC-CDN-0{number}" for number in range(1, 8))
DEFAULT, ORDERED = "DefaultCacheBehavior.ViewerProtocolPolicy", "CacheBehaviors.Items.0.ViewerProtocolPolicy"
POLICY = "Origins.Items.1.CustomOriginConfig.OriginProtocolPolicy"
SIGNING = "OriginAccessControl.OriginAccessControlConfig.SigningBehavior"
WEBSITE = "triflow-ai-production-web.s3-website.ap-northeast-2.amazonaws.com"


def said(path: str, value: object) -> Edit:
    return says(LIST, f"DistributionList.Items.0.{path}", value)


def silent(path: str) -> Edit:
    return omits(LIST, f"DistributionList.Items.0.{path}")


def delivering(kind: str = "ACCESS_LOGS", of: str = ARN, name: str = "www") -> Edit:
    """Let the account have a log delivery instead, in the region where CloudFront has them."""
    source = {"name": "www", "resourceArns": [of], "service": "cloudfront", "logType": kind}
    pages: dict[str, dict[str, object]] = {
        SOURCES: {"deliverySources": [source]},
        DELIVERIES: {"deliveries": [{"id": "1", "deliverySourceName": name}]},
    }
    return lambda calls: [*calls, *(Recorded(Call.of(one, "us-east-1"), (page,)) for one, page in pages.items())]


def origin(**attributes: object) -> Edit:
    """Let the distribution have one origin alone."""
    return planned(MAIN, origin=[{"origin_id": "one", "custom_origin_config": [], "s3_origin_config": [], **attributes}])


def server(policy: str) -> list[dict[str, object]]:
    return [{"origin_protocol_policy": policy, "http_port": 80, "https_port": 443, "origin_ssl_protocols": ["TLSv1.2"]}]


def control_that(signs: str) -> tuple[Edit, Edit]:
    """Let the origin have an access control."""
    return (
        with_resource(f"{STACK}.aws_cloudfront_origin_access_control.main", id="E2", signing_behavior=signs),
        origin(domain_name="files.s3.amazonaws.com", origin_access_control_id="E2"),
    )


NO_LOG = says(CONFIG, "DistributionConfig.Logging.Enabled", False)

CASES: list[Case] = [
    cloud(VIEWERS, "plain HTTP", FAIL, said(DEFAULT, "allow-all"), names=NAME),
    cloud(VIEWERS, "plain HTTP on some paths", FAIL, said(ORDERED, "allow-all"), names="/api/*"),
    cloud(VIEWERS, "a policy that nobody knows", ERROR, said(DEFAULT, "quic-only"), names="quic-only"),
    cloud(VIEWERS, "the default is not told", ERROR, silent("DefaultCacheBehavior"), names="not reported"),
    cloud(VIEWERS, "no other paths", PASS, silent("CacheBehaviors")),
    cloud(VIEWERS, "distributions are denied", ERROR, fails(LIST, AccessDenied("no")), names="no"),
    cloud(VIEWERS, "the list is missing", ERROR, omits(LIST, "DistributionList.Items")),
    cloud(VIEWERS, "another team's", PASS, adds(LIST, "DistributionList.Items", {"Id": "E1", "Origins": {"Items": []}})),
    cloud(
        VIEWERS,
        "one that nobody declared, in front of a bucket of the stack",
        ERROR,
        adds(
            LIST,
            "DistributionList.Items",
            {"Id": "E1", "Origins": {"Items": [{"DomainName": "triflow-ai-prod-x.s3.amazonaws.com"}]}},
        ),
        names="E1",
    ),
    plan(VIEWERS, "plain HTTP", FAIL, set_inside(MAIN, "default_cache_behavior", viewer_protocol_policy="allow-all"), names=NAME),
    plan(
        VIEWERS,
        "plain HTTP on some paths",
        FAIL,
        set_inside(MAIN, "ordered_cache_behavior", viewer_protocol_policy="allow-all"),
        names="/api/*",
    ),
    plan(
        VIEWERS,
        "a policy that nobody knows",
        ERROR,
        set_inside(MAIN, "ordered_cache_behavior", viewer_protocol_policy="quic-only"),
        names="quic-only",
    ),
    plan(VIEWERS, "known after apply", UNKNOWN, unknown(MAIN, "default_cache_behavior")),
    cloud(TLS, "TLS 1.0", FAIL, said("ViewerCertificate.MinimumProtocolVersion", "TLSv1_2016"), names=NAME),
    cloud(TLS, "the newest", PASS, said("ViewerCertificate.MinimumProtocolVersion", "TLSv1.3_2025")),
    cloud(
        TLS, "a policy that nobody knows", ERROR, said("ViewerCertificate.MinimumProtocolVersion", "TLSv1.4_2030"), names="1.4"
    ),
    cloud(TLS, "not told", ERROR, silent("ViewerCertificate"), names="not reported"),
    plan(TLS, "TLS 1.1", FAIL, set_inside(MAIN, "viewer_certificate", minimum_protocol_version="TLSv1.1_2016"), names=NAME),
    plan(TLS, "nothing said of it", FAIL, set_inside(MAIN, "viewer_certificate", minimum_protocol_version=None), names=NAME),
    plan(TLS, "CloudFront's own certificate", FAIL, set_inside(MAIN, "viewer_certificate", cloudfront_default_certificate=True)),
    plan(TLS, "a policy that nobody knows", ERROR, set_inside(MAIN, "viewer_certificate", minimum_protocol_version="TLSv2")),
    plan(TLS, "known after apply", UNKNOWN, unknown(MAIN, "viewer_certificate")),
    cloud(LOGS, "no log", FAIL, NO_LOG, delivering(of=f"{ARN}2"), names=NAME),
    cloud(LOGS, "a log delivery", PASS, NO_LOG, delivering()),
    cloud(LOGS, "another log of it", FAIL, NO_LOG, delivering("CONNECTION_LOGS"), names=NAME),
    cloud(LOGS, "a source that nothing delivers", FAIL, NO_LOG, delivering(name="other"), names=NAME),
    cloud(LOGS, "deliveries are denied", ERROR, NO_LOG, delivering(), fails(DELIVERIES, AccessDenied("no")), names="no"),
    cloud(LOGS, "not told", ERROR, omits(CONFIG, "DistributionConfig.Logging"), names="Logging"),
    plan(LOGS, "no log", FAIL, planned(MAIN, logging_config=[]), names=NAME),
    plan(
        LOGS,
        "a log delivery",
        PASS,
        planned(MAIN, logging_config=[]),
        with_resource(
            f"{STACK}.aws_cloudwatch_log_delivery_source.main",
            refers={"resource_arn": "aws_cloudfront_distribution.main.arn"},
            name="www",
            log_type="ACCESS_LOGS",
        ),
        with_resource(f"{STACK}.aws_cloudwatch_log_delivery.main", delivery_source_name="www"),
    ),
    plan(LOGS, "no log of one that exists already", UNKNOWN, planned(MAIN, logging_config=[]), exists(MAIN), names="beside it"),
    plan(LOGS, "known after apply", UNKNOWN, unknown(MAIN, "logging_config")),
    cloud(BUCKETS, "a bucket that is open", FAIL, said("Origins.Items.0.OriginAccessControlId", ""), names="files"),
    cloud(
        BUCKETS,
        "an access identity",
        PASS,
        said("Origins.Items.0.OriginAccessControlId", ""),
        said("Origins.Items.0.S3OriginConfig.OriginAccessIdentity", "origin-access-identity/cloudfront/E1"),
    ),
    cloud(BUCKETS, "a control that signs nothing", FAIL, says(ACCESS, SIGNING, "never"), names="files"),
    cloud(BUCKETS, "a behaviour that nobody knows", ERROR, says(ACCESS, SIGNING, "sometimes"), names="sometimes"),
    cloud(BUCKETS, "the control is not told", ERROR, omits(ACCESS, SIGNING), names="SigningBehavior"),
    cloud(BUCKETS, "a bucket as a website", FAIL, said("Origins.Items.1.DomainName", WEBSITE), names="api"),
    cloud(
        BUCKETS,
        "inside a VPC",
        PASS,
        silent("Origins.Items.1.CustomOriginConfig"),
        said("Origins.Items.1.VpcOriginConfig", {"VpcOriginId": "vo"}),
    ),
    cloud(BUCKETS, "origins are not told", ERROR, silent("Origins"), names="not reported"),
    plan(BUCKETS, "a bucket that is open", FAIL, origin(domain_name="files.s3.amazonaws.com"), names="one"),
    plan(BUCKETS, "a control that signs", PASS, *control_that("always")),
    plan(BUCKETS, "a control that signs nothing", FAIL, *control_that("never"), names="one"),
    plan(BUCKETS, "a behaviour that nobody knows", ERROR, *control_that("sometimes"), names="sometimes"),
    plan(
        BUCKETS, "a bucket as a website", FAIL, origin(domain_name=WEBSITE, custom_origin_config=server("http-only")), names="one"
    ),
    plan(BUCKETS, "a server", PASS, origin(domain_name="api.example.com", custom_origin_config=server("https-only"))),
    plan(BUCKETS, "known after apply", UNKNOWN, unknown(MAIN, "origin")),
    cloud(SERVERS, "plain HTTP", FAIL, said(POLICY, "http-only"), names="api"),
    cloud(SERVERS, "as viewers do, with TLS alone", PASS, said(POLICY, "match-viewer")),
    cloud(
        SERVERS, "as viewers do, with plain HTTP too", FAIL, said(POLICY, "match-viewer"), said(ORDERED, "allow-all"), names="api"
    ),
    cloud(SERVERS, "a policy that nobody knows", ERROR, said(POLICY, "quic-only"), names="quic-only"),
    plan(
        SERVERS, "plain HTTP", FAIL, origin(domain_name="api.example.com", custom_origin_config=server("http-only")), names="one"
    ),
    plan(SERVERS, "as viewers do", PASS, origin(domain_name="api.example.com", custom_origin_config=server("match-viewer"))),
    plan(SERVERS, "a policy that nobody knows", ERROR, origin(domain_name="a.b", custom_origin_config=server("quic-only"))),
    plan(SERVERS, "known after apply", UNKNOWN, unknown(MAIN, "origin")),
    cloud(ROOT, "none", FAIL, says(CONFIG, "DistributionConfig.DefaultRootObject", ""), names=NAME),
    cloud(ROOT, "the configuration is not told", ERROR, omits(CONFIG, "DistributionConfig"), names="DistributionConfig"),
    plan(ROOT, "none", FAIL, planned(MAIN, default_root_object=None), names=NAME),
    plan(
        ROOT,
        "none, and no bucket",
        PASS,
        planned(MAIN, default_root_object=None),
        origin(domain_name="api.example.com", custom_origin_config=server("https-only")),
    ),
    plan(ROOT, "known after apply", UNKNOWN, unknown(MAIN, "default_root_object")),
    cloud(WALLS, "none", FAIL, said("WebACLId", ""), names=NAME),
    plan(WALLS, "none", FAIL, unset(MAIN, "web_acl_id"), names=NAME),
    cloud(WALLS, "not told", ERROR, silent("WebACLId"), names="not reported"),
    plan(WALLS, "known after apply", UNKNOWN, unknown(MAIN, "web_acl_id")),
    plan(
        WALLS,
        "an ACL of the plan",
        PASS,
        with_resource(f"{STACK}.aws_wafv2_web_acl.main", name="www"),
        refers(MAIN, web_acl_id="aws_wafv2_web_acl.main.arn"),
    ),
]
