"""Elastic Load Balancing."""

import json
from datetime import timedelta

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, cloud, plan
from proofs.front_doors import FORWARD as FORWARDED
from proofs.front_doors import redirect, served
from proofs.harness import (
    Edit,
    absent,
    adds,
    answered,
    answers,
    fails,
    omits,
    planned,
    recorded_at,
    refers,
    says,
    unknown,
    with_resource,
    without,
)
from proofs.live import ACL
from proofs.plans import WALL_LOGS, WALLED
from stackproof.core.verdicts import AccessDenied, CouldNotVerify
from stackproof.resources.web_acl import LOGGING, OF_RESOURCE
from stackproof.sources.replay import Recorded

HTTP = "Listeners.Protocol=HTTP"
FORWARD = [{"Type": "forward", "TargetGroupArn": "arn:aws:elasticloadbalancing:ap-northeast-2:123456789012:targetgroup/t/1"}]
REDIRECT = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
TO_HTTP = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTP", "Port": "8080", "StatusCode": "HTTP_301"}}
SAME_PROTOCOL = {"Type": "redirect", "RedirectConfig": {"Protocol": "#{protocol}", "StatusCode": "HTTP_301"}}
LISTENER = "aws_lb_listener.http"
PLANNED_FORWARD = [{"type": "forward", "redirect": [], "target_group_arn": "arn"}]
PLANNED_REDIRECT = {"type": "redirect", "redirect": [{"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"}]}
PLANNED_TO_HTTP = {"type": "redirect", "redirect": [{"protocol": "HTTP", "port": "8080", "status_code": "HTTP_301"}]}
OLD_POLICY, FALSE_NAME = "ELBSecurityPolicy-2016-08", "ELBSecurityPolicy-TLS13-1-0-2021-06"
WEIGHTED = {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": name, "Weight": 1} for name in ("a", "b")]}}


def network_listener(protocol: str) -> list[Edit]:
    """A network load balancer in the declared one's place, whose listener on port 80 is of this protocol."""
    return [
        says("elbv2:DescribeLoadBalancers", "LoadBalancers.0.Type", "network"),
        says("elbv2:DescribeListeners", f"{HTTP}.DefaultActions", FORWARD),
        says("elbv2:DescribeListeners", f"{HTTP}.Protocol", protocol),
    ]


LISTENERS = [
    cloud(
        "SEC-ALB-01", "HTTP forwards", FAIL, says("elbv2:DescribeListeners", f"{HTTP}.DefaultActions", FORWARD), names="HTTP:80"
    ),
    cloud("SEC-ALB-01", "redirect to HTTP", FAIL, says("elbv2:DescribeListeners", f"{HTTP}.DefaultActions", [TO_HTTP])),
    cloud(
        "SEC-ALB-01",
        "redirect to the same protocol",
        FAIL,
        says("elbv2:DescribeListeners", f"{HTTP}.DefaultActions", [SAME_PROTOCOL]),
    ),
    cloud(
        "SEC-ALB-01",
        "a redirect as a rule over a forwarding default",
        FAIL,
        says("elbv2:DescribeListeners", f"{HTTP}.DefaultActions", FORWARD),
        adds("elbv2:DescribeRules", "Rules", {"Priority": "1", "Actions": [REDIRECT]}),
        names="HTTP:80",
    ),
    cloud(
        "SEC-ALB-01",
        "a forwarding rule over a redirecting default",
        FAIL,
        adds("elbv2:DescribeRules", "Rules", {"Priority": "1", "Actions": FORWARD}),
        names="HTTP:80",
    ),
    cloud(
        "SEC-ALB-01",
        "HTTP:8080 forwards beside HTTP:80",
        FAIL,
        adds(
            "elbv2:DescribeListeners",
            "Listeners",
            {"ListenerArn": "arn:8080", "Port": 8080, "Protocol": "HTTP", "DefaultActions": FORWARD},
        ),
        answers("elbv2:DescribeRules", {"Rules": [{"Priority": "default", "Actions": FORWARD}]}, ListenerArn="arn:8080"),
        names="HTTP:8080",
    ),
    *(
        cloud(
            "SEC-ALB-01", f"HTTP answers with {action}", FAIL, says("elbv2:DescribeListeners", f"{HTTP}.DefaultActions", actions)
        )
        for action, actions in (
            ("a fixed response", [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]),
            ("two groups in turn", [WEIGHTED]),
            ("a login, and then forwards", [{"Type": "authenticate-oidc"}, *FORWARD]),
            ("a login, and then redirects", [{"Type": "authenticate-cognito"}, REDIRECT]),
        )
    ),
    cloud(
        "SEC-ALB-01",
        "an action of tomorrow",
        ERROR,
        says("elbv2:DescribeListeners", f"{HTTP}.DefaultActions", [{"Type": "ask-a-model"}]),
        names="ask-a-model",
    ),
    *(
        cloud(
            "SEC-ALB-01", f"HTTPS with {name}", PASS, says("elbv2:DescribeListeners", f"Listeners.Protocol=HTTPS.{path}", value)
        )
        for name, path, value in (
            ("a login", "DefaultActions", [{"Type": "authenticate-oidc"}, *FORWARD]),
            ("a fixed response", "DefaultActions", [{"Type": "fixed-response"}]),
            ("two groups in turn", "DefaultActions", [WEIGHTED]),
            ("certificates of its clients", "MutualAuthentication", {"Mode": "verify"}),
        )
    ),
    *(
        cloud("SEC-ALB-01", f"a listener of {protocol}", verdict, *network_listener(protocol), names=names)
        for protocol, verdict, names in (
            ("TLS", PASS, ""),
            ("QUIC", PASS, ""),
            ("TCP", FAIL, "TCP:80"),
            ("UDP", FAIL, "UDP:80"),
            ("TCP_QUIC", FAIL, "TCP_QUIC:80"),
            ("SCTP", ERROR, "SCTP"),
        )
    ),
    cloud("SEC-ALB-01", "no default actions reported", ERROR, omits("elbv2:DescribeListeners", f"{HTTP}.DefaultActions")),
    cloud("SEC-ALB-01", "no listener", FAIL, says("elbv2:DescribeListeners", "Listeners", []), names="no listener"),
    cloud("SEC-ALB-01", "no rule", ERROR, says("elbv2:DescribeRules", "Rules", []), names="HTTP:80"),
    cloud("SEC-ALB-01", "no such load balancer", FAIL, says("elbv2:DescribeLoadBalancers", "LoadBalancers", [])),
    plan("SEC-ALB-01", "HTTP forwards", FAIL, planned(LISTENER, default_action=PLANNED_FORWARD), names="HTTP:80"),
    plan("SEC-ALB-01", "redirect to HTTP", FAIL, planned(LISTENER, default_action=[PLANNED_TO_HTTP])),
    plan(
        "SEC-ALB-01",
        "a redirect as a rule over a forwarding default",
        FAIL,
        planned(LISTENER, default_action=PLANNED_FORWARD),
        with_resource("aws_lb_listener_rule.more", refers={"listener_arn": f"{LISTENER}.arn"}, action=[PLANNED_REDIRECT]),
    ),
    plan(
        "SEC-ALB-01",
        "a forwarding rule over a redirecting default",
        FAIL,
        with_resource("aws_lb_listener_rule.more", refers={"listener_arn": f"{LISTENER}.arn"}, action=PLANNED_FORWARD),
    ),
    plan(
        "SEC-ALB-01",
        "HTTP:8080 forwards beside HTTP:80",
        FAIL,
        with_resource(
            "aws_lb_listener.more",
            refers={"load_balancer_arn": "aws_lb.main.arn"},
            port=8080,
            protocol="HTTP",
            default_action=PLANNED_FORWARD,
        ),
        names="HTTP:8080",
    ),
    *(
        plan("SEC-ALB-01", f"HTTP answers with {action}", FAIL, planned(LISTENER, default_action=actions))
        for action, actions in (
            ("a fixed response", [{"type": "fixed-response", "redirect": [], "fixed_response": [{"status_code": "200"}]}]),
            ("a login, and then redirects", [{"type": "authenticate-oidc", "redirect": []}, PLANNED_REDIRECT]),
        )
    ),
    plan(
        "SEC-ALB-01",
        "an action of tomorrow",
        ERROR,
        planned(LISTENER, default_action=[{"type": "ask-a-model", "redirect": []}]),
        names="ask-a-model",
    ),
    *(
        plan(
            "SEC-ALB-01",
            f"a listener of {protocol}",
            verdict,
            planned("aws_lb.main", load_balancer_type="network"),
            planned(LISTENER, protocol=protocol, default_action=PLANNED_FORWARD),
            names=names,
        )
        for protocol, verdict, names in (("TLS", PASS, ""), ("TCP", FAIL, "TCP:80"), ("SCTP", ERROR, "SCTP"))
    ),
    plan("SEC-ALB-01", "actions known after apply", UNKNOWN, unknown(LISTENER, "default_action")),
    plan("SEC-ALB-01", "no listener", FAIL, without(LISTENER), without("aws_lb_listener.https"), names="no listener"),
    plan("SEC-ALB-01", "no such load balancer", FAIL, without("aws_lb.main")),
    cloud(
        "SEC-ALB-02",
        "protocols under 1.2",
        FAIL,
        says("elbv2:DescribeSSLPolicies", "SslPolicies.0.SslProtocols", ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]),
        names="HTTPS:443",
    ),
    cloud("SEC-ALB-02", "no 1.3", FAIL, says("elbv2:DescribeSSLPolicies", "SslPolicies.0.SslProtocols", ["TLSv1.2"])),
    cloud(
        "SEC-ALB-02",
        "no 1.3, by a network load balancer's listener",
        FAIL,
        says("elbv2:DescribeListeners", "Listeners.Protocol=HTTPS.Protocol", "TLS"),
        says("elbv2:DescribeSSLPolicies", "SslPolicies.0.SslProtocols", ["TLSv1.2"]),
        names="TLS:443",
    ),
    *(
        cloud(
            "SEC-ALB-02",
            f"{protocols} of a policy by whatever name",
            verdict,
            says("elbv2:DescribeSSLPolicies", "SslPolicies.0.SslProtocols", protocols),
            names=names,
        )
        for protocols, verdict, names in (
            (["TLSv1.3"], PASS, ""),
            (["SSLv3", "TLSv1.3"], FAIL, "SSLv3"),
            (["TLSv1.3", "TLSv1.4"], ERROR, "TLSv1.4"),
        )
    ),
    cloud("SEC-ALB-02", "protocols not reported", ERROR, omits("elbv2:DescribeSSLPolicies", "SslPolicies.0.SslProtocols")),
    cloud("SEC-ALB-02", "another policy answered", ERROR, says("elbv2:DescribeSSLPolicies", "SslPolicies.0.Name", "other")),
    cloud("SEC-ALB-02", "no HTTPS listener", FAIL, says("elbv2:DescribeListeners", "Listeners.Protocol=HTTPS.Protocol", "HTTP")),
    *(
        plan("SEC-ALB-02", policy, verdict, planned("aws_lb_listener.https", ssl_policy=policy))
        for policy, verdict in (
            (OLD_POLICY, FAIL),
            (FALSE_NAME, FAIL),
            ("ELBSecurityPolicy-TLS-1-2-2017-01", FAIL),
            ("ELBSecurityPolicy-2015-05", FAIL),
            ("ELBSecurityPolicy-TLS-1-0-2015-04", FAIL),
            ("ELBSecurityPolicy-TLS13-1-0-FIPS-PQ-2025-09", FAIL),
            ("ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09", PASS),
            ("ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04", PASS),
        )
    ),
    plan(
        "SEC-ALB-02", "a policy of tomorrow", UNKNOWN, planned("aws_lb_listener.https", ssl_policy="ELBSecurityPolicy-TLS13-2030")
    ),
    plan("SEC-ALB-02", "policy known after apply", UNKNOWN, unknown("aws_lb_listener.https", "ssl_policy")),
]

HANDSHAKES = [
    cloud("SEC-ALB-03", "a server that is right", PASS, served()),
    cloud("SEC-ALB-03", "accepts TLS 1.1", FAIL, served(protocols=("TLSv1.1", "TLSv1.2", "TLSv1.3")), names="TLSv1.1"),
    cloud("SEC-ALB-03", "accepts TLS 1.0", FAIL, served(protocols=("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")), names="TLSv1"),
    cloud("SEC-ALB-03", "accepts nothing but TLS 1.0", FAIL, served(protocols=("TLSv1",)), names="TLSv1"),
    cloud("SEC-ALB-03", "refuses TLS 1.3", FAIL, served(protocols=("TLSv1.2",)), names="TLSv1.3"),
    cloud("SEC-ALB-03", "accepts TLS 1.3 alone", PASS, served(protocols=("TLSv1.3",))),
    cloud("SEC-ALB-03", "expires in 29 days", FAIL, served(days=29)),
    cloud("SEC-ALB-03", "expired yesterday", FAIL, served(days=-0.5)),
    cloud("SEC-ALB-03", "other host name", FAIL, served(names=["other.example.com"]), names="other.example.com"),
    cloud("SEC-ALB-03", "a name for two labels more", FAIL, served(names=["*.elb.amazonaws.com"])),
    cloud("SEC-ALB-03", "signed by nobody known", FAIL, served(trusted=False)),
    cloud("SEC-ALB-03", "no TLS on its port", ERROR, served(protocols=()), names="does not speak TLS"),
    cloud("SEC-ALB-03", "nothing on its port", ERROR, served(ports=(80,)), names="443"),
    cloud("SEC-ALB-03", "expires in 30 days", PASS, says("tls:GetCertificate", "NotAfter", recorded_at() + timedelta(days=30))),
    cloud("SEC-ALB-03", "a certificate that is valid from now on", PASS, says("tls:GetCertificate", "NotBefore", recorded_at())),
    cloud(
        "SEC-ALB-03",
        "not valid before tomorrow",
        FAIL,
        says("tls:GetCertificate", "NotBefore", recorded_at() + timedelta(days=1)),
    ),
    cloud("SEC-ALB-03", "no end of the certificate", ERROR, omits("tls:GetCertificate", "NotAfter")),
    *(
        cloud(
            "SEC-ALB-03",
            f"{version} cannot be offered from here",
            ERROR,
            fails("tls:Handshake", CouldNotVerify(f"OpenSSL on this machine does not offer {version}"), Version=version),
            names=f"does not offer {version}",
        )
        for version in ("TLSv1", "TLSv1.1", "TLSv1.3")
    ),
]

REDIRECTS = [
    cloud("SEC-ALB-04", "a server that is right", PASS, served()),
    cloud("SEC-ALB-04", "302 to another host", FAIL, served(plain=redirect(Host="other.example.com", StatusCode="HTTP_302"))),
    cloud("SEC-ALB-04", "302 to the same host", FAIL, served(plain=redirect(StatusCode="HTTP_302")), names="302"),
    cloud("SEC-ALB-04", "301 to another host", FAIL, served(plain=redirect(Host="other.example.com")), names="other.example.com"),
    cloud("SEC-ALB-04", "301 to a host that begins like it", FAIL, served(plain=redirect(Host="#{host}.example.com"))),
    cloud("SEC-ALB-04", "301 to another path", FAIL, served(plain=redirect(Path="/")), names="path"),
    cloud("SEC-ALB-04", "301 without the query", FAIL, served(plain=redirect(Query="")), names="query"),
    cloud("SEC-ALB-04", "301 to another port", FAIL, served(plain=redirect(Port="8443")), names="8443"),
    *(
        cloud("SEC-ALB-04", f"301 to {url}", FAIL, says("http:Get", "Location", url, Scheme="http"), names="no URL")
        for url in ("https://host:99999/", "https://[host/")
    ),
    cloud("SEC-ALB-04", "301 to plain HTTP", FAIL, served(plain=redirect(Protocol="HTTP")), names="http"),
    cloud("SEC-ALB-04", "301 to the same protocol", FAIL, served(plain=redirect(Protocol="#{protocol}")), names="http"),
    cloud("SEC-ALB-04", "answers by itself", FAIL, served(plain=FORWARDED), names="503"),
    cloud("SEC-ALB-04", "no HSTS", FAIL, served(hsts="")),
    cloud("SEC-ALB-04", "HSTS for a day", FAIL, served(hsts="max-age=86400")),
    cloud("SEC-ALB-04", "HSTS that ends", FAIL, served(hsts="max-age=0; includeSubDomains")),
    cloud("SEC-ALB-04", "HSTS in other words", PASS, served(hsts='includeSubDomains; Max-Age="63072000"')),
    cloud("SEC-ALB-04", "nothing on port 80", ERROR, served(ports=(443,)), names="80"),
    cloud("SEC-ALB-04", "nothing on port 443", ERROR, served(ports=(80,)), names="443"),
    cloud("SEC-ALB-04", "no such load balancer", FAIL, says("elbv2:DescribeLoadBalancers", "LoadBalancers", [])),
]

ATTRIBUTES = "elbv2:DescribeLoadBalancerAttributes"
AUDIT = "triflow-ai-audit-logs"
EVERYONE = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
READ_BY_ALL = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{AUDIT}/*"}]}
)
LOGS = {"bucket": AUDIT, "enabled": True, "prefix": "triflow-ai-production-alb"}
PLANNED_AUDIT = with_resource("aws_s3_bucket.audit", bucket=AUDIT)


def attribute(key: str, value: str | None) -> Edit:
    """One attribute of the load balancer; None takes it out of the answer."""
    others = [one for one in answered(ATTRIBUTES, "Attributes") if one["Key"] != key]
    return says(ATTRIBUTES, "Attributes", [*others, *([] if value is None else [{"Key": key, "Value": value}])])


CAREFUL = [
    *(
        case
        for key, planned_as in (
            ("routing.http.drop_invalid_header_fields.enabled", "drop_invalid_header_fields"),
            ("deletion_protection.enabled", "enable_deletion_protection"),
        )
        for case in (
            cloud("SEC-ALB-05", f"{planned_as} off", FAIL, attribute(key, "false")),
            cloud("SEC-ALB-05", f"{planned_as} not reported", ERROR, attribute(key, None)),
            plan("SEC-ALB-05", f"{planned_as} off", FAIL, planned("aws_lb.main", **{planned_as: False})),
            plan("SEC-ALB-05", f"{planned_as} known after apply", UNKNOWN, unknown("aws_lb.main", planned_as)),
        )
    ),
    *(
        cloud(
            "SEC-ALB-05",
            f"no headers to drop, of one that is {kind}",
            verdict,
            says("elbv2:DescribeLoadBalancers", "LoadBalancers.0.Type", kind),
            attribute("routing.http.drop_invalid_header_fields.enabled", None),
            names=names,
        )
        for kind, verdict, names in (("network", PASS, ""), ("gateway", PASS, ""), ("classic", ERROR, "classic"))
    ),
    cloud("SEC-ALB-05", "its type not reported", ERROR, omits("elbv2:DescribeLoadBalancers", "LoadBalancers.0.Type")),
    *(
        plan(
            "SEC-ALB-05",
            f"no headers to drop, of one that is {kind}",
            verdict,
            planned("aws_lb.main", load_balancer_type=kind, drop_invalid_header_fields=None),
            names=names,
        )
        for kind, verdict, names in (("network", PASS, ""), ("application", ERROR, ""), ("classic", ERROR, "classic"))
    ),
    plan(
        "SEC-ALB-05",
        "a network load balancer that is not protected from deletion",
        FAIL,
        planned("aws_lb.main", load_balancer_type="network", drop_invalid_header_fields=None, enable_deletion_protection=False),
    ),
    cloud("SEC-ALB-05", "access logs off", FAIL, attribute("access_logs.s3.enabled", "false")),
    cloud("SEC-ALB-05", "access logs not reported", ERROR, attribute("access_logs.s3.enabled", None)),
    cloud("SEC-ALB-05", "logs to another bucket", FAIL, attribute("access_logs.s3.bucket", "other")),
    cloud("SEC-ALB-05", "no attributes", ERROR, omits(ATTRIBUTES, "Attributes")),
    cloud("SEC-ALB-05", "no such bucket", FAIL, says("s3:ListBuckets", f"Buckets.Name={AUDIT}.Name", "other"), names=AUDIT),
    cloud(
        "SEC-ALB-05",
        "logs to a public bucket",
        FAIL,
        says("s3:GetBucketPolicyStatus", "PolicyStatus.IsPublic", True, Bucket=AUDIT),
    ),
    cloud(
        "SEC-ALB-05", "a policy for everyone", FAIL, says("s3:GetBucketPolicy", "Policy", READ_BY_ALL, Bucket=AUDIT), names=AUDIT
    ),
    cloud(
        "SEC-ALB-05",
        "an ACL for everyone",
        FAIL,
        adds("s3:GetBucketAcl", "Grants", {"Grantee": EVERYONE, "Permission": "READ"}, Bucket=AUDIT),
        names="AllUsers",
    ),
    cloud(
        "SEC-ALB-05",
        "open to CloudTrail of everybody",
        FAIL,
        says(
            "s3:GetBucketPolicy", "Policy", READ_BY_ALL.replace('"*"', '{"Service": "cloudtrail.amazonaws.com"}', 1), Bucket=AUDIT
        ),
        names=AUDIT,
    ),
    cloud("SEC-ALB-05", "an ACL that is denied", ERROR, fails("s3:GetBucketAcl", AccessDenied("denied"), Bucket=AUDIT)),
    plan("SEC-ALB-05", "no access logs", FAIL, planned("aws_lb.main", access_logs=[])),
    plan("SEC-ALB-05", "access logs off", FAIL, planned("aws_lb.main", access_logs=[{**LOGS, "enabled": False}])),
    plan("SEC-ALB-05", "logs to another bucket", FAIL, planned("aws_lb.main", access_logs=[{**LOGS, "bucket": "other"}])),
    plan("SEC-ALB-05", "access logs known after apply", UNKNOWN, unknown("aws_lb.main", "access_logs")),
    plan("SEC-ALB-05", "logs to a bucket that it makes", PASS, PLANNED_AUDIT),
    plan(
        "SEC-ALB-05",
        "logs to a bucket of another stack",
        PASS,
        without("module.central_logging.aws_s3_bucket.audit"),
    ),
    plan(
        "SEC-ALB-05",
        "logs to a public bucket",
        FAIL,
        with_resource("aws_s3_bucket.audit", bucket=AUDIT, acl="public-read"),
        names=AUDIT,
    ),
    plan(
        "SEC-ALB-05",
        "a policy for everyone",
        FAIL,
        PLANNED_AUDIT,
        with_resource("aws_s3_bucket_policy.audit", bucket=AUDIT, policy=READ_BY_ALL),
        names=AUDIT,
    ),
    plan(
        "SEC-ALB-05",
        "a policy known after apply",
        UNKNOWN,
        PLANNED_AUDIT,
        with_resource("aws_s3_bucket_policy.audit", bucket=AUDIT, policy=None),
        refers("aws_s3_bucket_policy.audit", policy="aws_iam_role.task.arn"),
    ),
]

MODE = "routing.http.desync_mitigation_mode"
ZONES, BALANCER = "LoadBalancers.0.AvailabilityZones", "aws_lb.main"


def told(operation: str, page: dict[str, object], *then: Edit) -> Edit:
    """Let WAF answer a question about the load balancer, or about its web ACL."""
    arn = ACL if operation == LOGGING else answered("elbv2:DescribeLoadBalancers", "LoadBalancers.0.LoadBalancerArn")

    def edit(calls: list[Recorded]) -> list[Recorded]:
        for one in (answers(operation, page, ResourceArn=arn), *then):
            calls = one(calls)
        return calls

    return edit


def absent_call(operation: str) -> Edit:
    return told(operation, {}, absent(operation))


def refused(operation: str) -> Edit:
    return told(operation, {}, fails(operation, AccessDenied("denied")))


WALLED_OFF = told(OF_RESOURCE, {"WebACL": {"Name": "main", "ARN": ACL}})
LOGGED = told(LOGGING, {"LoggingConfiguration": {"ResourceArn": ACL, "LogDestinationConfigs": ["arn:aws:logs:::log-group:a"]}})
STEADY = [
    cloud("SEC-ALB-06", "ambiguous requests are watched", FAIL, attribute(MODE, "monitor"), names="monitor"),
    cloud("SEC-ALB-06", "ambiguous requests are refused", PASS, attribute(MODE, "strictest")),
    cloud("SEC-ALB-06", "a mode that nobody knows", ERROR, attribute(MODE, "relaxed"), names="relaxed"),
    cloud("SEC-ALB-06", "no mode", ERROR, attribute(MODE, None)),
    cloud("SEC-ALB-06", "one zone", FAIL, omits("elbv2:DescribeLoadBalancers", f"{ZONES}.1"), names="zones"),
    cloud("SEC-ALB-06", "zones not reported", ERROR, omits("elbv2:DescribeLoadBalancers", ZONES), names="zones"),
    plan(
        "SEC-ALB-06", "ambiguous requests are watched", FAIL, planned(BALANCER, desync_mitigation_mode="monitor"), names="monitor"
    ),
    plan("SEC-ALB-06", "a mode that nobody knows", ERROR, planned(BALANCER, desync_mitigation_mode="relaxed"), names="relaxed"),
    plan("SEC-ALB-06", "both subnets in one zone", FAIL, planned("aws_subnet.public_c", availability_zone="ap-northeast-2a")),
    plan("SEC-ALB-06", "a zone known after apply", UNKNOWN, unknown("aws_subnet.public_c", "availability_zone")),
    plan("SEC-ALB-06", "subnets of another stack", UNKNOWN, planned(BALANCER, subnets=["subnet-1", "subnet-2"])),
    cloud("SEC-ALB-06", "a web ACL that logs", PASS, WALLED_OFF, LOGGED),
    cloud("SEC-ALB-06", "no web ACL", FAIL, absent_call(OF_RESOURCE), names="no web ACL"),
    cloud("SEC-ALB-06", "no web ACL, and nothing said", FAIL, told(OF_RESOURCE, {}), names="no web ACL"),
    cloud("SEC-ALB-06", "a web ACL without logs", FAIL, absent_call(LOGGING), names="logs"),
    cloud("SEC-ALB-06", "logs that go nowhere", FAIL, told(LOGGING, {"LoggingConfiguration": {}}), names="logs"),
    cloud("SEC-ALB-06", "the web ACL is not told", ERROR, refused(OF_RESOURCE), names="denied"),
    cloud("SEC-ALB-06", "its logs are not told", ERROR, refused(LOGGING), names="denied"),
    plan("SEC-ALB-06", "no web ACL", FAIL, without(WALLED), names="no web ACL"),
    plan("SEC-ALB-06", "a web ACL without logs", FAIL, without(WALL_LOGS), names="logs"),
    plan(
        "SEC-ALB-06",
        "a web ACL of another stack",
        UNKNOWN,
        without(WALLED),
        with_resource("aws_wafv2_web_acl_association.other", refers={"resource_arn": "aws_lb.main.arn"}, web_acl_arn=ACL),
    ),
]

CASES = [*LISTENERS, *HANDSHAKES, *REDIRECTS, *CAREFUL, *STEADY]
