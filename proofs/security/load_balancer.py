"""Elastic Load Balancing."""

from proofs.cases import ERROR, FAIL, UNKNOWN, cloud, plan
from proofs.harness import adds, answers, omits, planned, says, unknown, with_resource, without

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
CASES = [
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
    cloud("SEC-ALB-01", "no default actions reported", ERROR, omits("elbv2:DescribeListeners", f"{HTTP}.DefaultActions")),
    cloud("SEC-ALB-01", "no listener", ERROR, says("elbv2:DescribeListeners", "Listeners", [])),
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
    plan("SEC-ALB-01", "actions known after apply", UNKNOWN, unknown(LISTENER, "default_action")),
    plan("SEC-ALB-01", "no listener", ERROR, without(LISTENER), without("aws_lb_listener.https")),
    plan("SEC-ALB-01", "no such load balancer", FAIL, without("aws_lb.main")),
    cloud(
        "SEC-ALB-02",
        "protocols under 1.2",
        FAIL,
        says("elbv2:DescribeSSLPolicies", "SslPolicies.0.SslProtocols", ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]),
        names="HTTPS:443",
    ),
    cloud("SEC-ALB-02", "no 1.3", FAIL, says("elbv2:DescribeSSLPolicies", "SslPolicies.0.SslProtocols", ["TLSv1.2"])),
    cloud("SEC-ALB-02", "protocols not reported", ERROR, omits("elbv2:DescribeSSLPolicies", "SslPolicies.0.SslProtocols")),
    cloud("SEC-ALB-02", "another policy answered", ERROR, says("elbv2:DescribeSSLPolicies", "SslPolicies.0.Name", "other")),
    cloud("SEC-ALB-02", "no HTTPS listener", ERROR, says("elbv2:DescribeListeners", "Listeners.Protocol=HTTPS.Protocol", "HTTP")),
    plan("SEC-ALB-02", OLD_POLICY, FAIL, planned("aws_lb_listener.https", ssl_policy=OLD_POLICY)),
    plan("SEC-ALB-02", FALSE_NAME, FAIL, planned("aws_lb_listener.https", ssl_policy=FALSE_NAME)),
    plan("SEC-ALB-02", "only 1.2", FAIL, planned("aws_lb_listener.https", ssl_policy="ELBSecurityPolicy-TLS-1-2-2017-01")),
    plan(
        "SEC-ALB-02", "a policy of tomorrow", UNKNOWN, planned("aws_lb_listener.https", ssl_policy="ELBSecurityPolicy-TLS13-2030")
    ),
    plan("SEC-ALB-02", "policy known after apply", UNKNOWN, unknown("aws_lb_listener.https", "ssl_policy")),
]
