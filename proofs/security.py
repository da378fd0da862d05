"""Counterexamples of the security controls, a row each."""

import json

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import absent, adds, answers, omits, on_page_2, planned, says, unknown, with_resource, without

ACCOUNT = "123456789012"
EXECUTION, TASK = "triflow-ai-production-ecs-task-execution-role", "triflow-ai-production-ecs-task-role"
WORLD = {
    "FromPort": 22,
    "ToPort": 22,
    "IpProtocol": "tcp",
    "UserIdGroupPairs": [],
    "IpRanges": [],
    "Ipv6Ranges": [],
    "PrefixListIds": [],
}
CLOSED = {
    "cidr_blocks": [],
    "ipv6_cidr_blocks": [],
    "prefix_list_ids": [],
    "security_groups": [],
    "self": False,
    "description": "",
}


def policy(*statements: dict[str, object]) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: object, resource: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


DATABASE = [
    cloud("SEC-RDS-01", "public", FAIL, says("rds:DescribeDBInstances", "DBInstances.0.PubliclyAccessible", True)),
    cloud("SEC-RDS-01", "field absent", ERROR, omits("rds:DescribeDBInstances", "DBInstances.0.PubliclyAccessible")),
    cloud("SEC-RDS-01", "no such database", FAIL, says("rds:DescribeDBInstances", "DBInstances.0.DBInstanceIdentifier", "other")),
    cloud("SEC-RDS-01", "no database at all", FAIL, says("rds:DescribeDBInstances", "DBInstances", [])),
    plan("SEC-RDS-01", "public", FAIL, planned("aws_db_instance.main", publicly_accessible=True)),
    plan("SEC-RDS-01", "field absent", ERROR, planned("aws_db_instance.main", publicly_accessible=None)),
    plan("SEC-RDS-01", "known after apply", UNKNOWN, unknown("aws_db_instance.main", "publicly_accessible")),
    plan("SEC-RDS-01", "no such database", FAIL, without("aws_db_instance.main")),
]

BLOCK = "aws_s3_bucket_public_access_block.app"
SETTINGS = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}
STORAGE = [
    *(
        case
        for attribute, member in SETTINGS.items()
        for case in (
            cloud(
                "SEC-S3-01",
                f"{member} off",
                FAIL,
                says("s3:GetPublicAccessBlock", f"PublicAccessBlockConfiguration.{member}", False),
            ),
            cloud(
                "SEC-S3-01",
                f"{member} absent",
                ERROR,
                omits("s3:GetPublicAccessBlock", f"PublicAccessBlockConfiguration.{member}"),
            ),
            plan("SEC-S3-01", f"{attribute} off", FAIL, planned(BLOCK, **{attribute: False})),
            plan("SEC-S3-01", f"{attribute} known after apply", UNKNOWN, unknown(BLOCK, attribute)),
        )
    ),
    cloud("SEC-S3-01", "no configuration", FAIL, absent("s3:GetPublicAccessBlock"), names="triflow-ai-prod"),
    cloud("SEC-S3-01", "no such bucket", FAIL, says("s3:ListBuckets", "Buckets", [])),
    plan("SEC-S3-01", "no configuration", FAIL, without(BLOCK), names="triflow-ai-prod"),
    plan(
        "SEC-S3-01",
        "of another bucket",
        FAIL,
        without(BLOCK),
        with_resource(BLOCK, bucket="other", **dict.fromkeys(SETTINGS, True)),
    ),
    plan("SEC-S3-01", "no such bucket", FAIL, without("aws_s3_bucket.app")),
]


RULES = "SecurityGroups.GroupName=triflow-ai-production-rds.IpPermissions"
RDS = "aws_security_group.rds"
DECLARED_RULE = {**CLOSED, "protocol": "tcp", "from_port": 5432, "to_port": 5432}


def opened(name: str, on_aws: dict[str, object], on_a_plan: dict[str, object]) -> list[Case]:
    """A rule too many in the database's group: on a cloud, inline on a plan, and as a resource of its own on a plan."""
    rule = {**CLOSED, "protocol": "tcp", "from_port": 22, "to_port": 22, **on_a_plan}
    one_of_its_own = {name: value for name, value in rule.items() if value != [] and name != "security_groups"}
    return [
        cloud(
            "SEC-SG-01",
            name,
            FAIL,
            adds("ec2:DescribeSecurityGroups", RULES, {**WORLD, **on_aws}),
            names="triflow-ai-production-rds",
        ),
        plan("SEC-SG-01", f"{name}, inline", FAIL, planned(RDS, ingress=[rule]), names="triflow-ai-production-rds"),
        plan(
            "SEC-SG-01",
            f"{name}, as a resource",
            FAIL,
            with_resource(
                "aws_security_group_rule.more", refers={"security_group_id": f"{RDS}.id"}, type="ingress", **one_of_its_own
            ),
            names="triflow-ai-production-rds",
        ),
    ]


NETWORK = [
    *opened("SSH from the world", {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, {"cidr_blocks": ["0.0.0.0/0"]}),
    *opened("SSH from the IPv6 world", {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}, {"ipv6_cidr_blocks": ["::/0"]}),
    *opened(
        "the world in two halves",
        {"IpRanges": [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]},
        {"cidr_blocks": ["0.0.0.0/1", "128.0.0.0/1"]},
    ),
    *opened(
        "every port",
        {"FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"from_port": 0, "to_port": 65535, "cidr_blocks": ["0.0.0.0/0"]},
    ),
    *opened(
        "every protocol",
        {"FromPort": None, "ToPort": None, "IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]},
    ),
    *opened("a prefix list", {"PrefixListIds": [{"PrefixListId": "pl-6fa54006"}]}, {"prefix_list_ids": ["pl-6fa54006"]}),
    *opened("a group that is not declared", {"UserIdGroupPairs": [{"GroupId": "sg-0other"}]}, {"security_groups": ["sg-0other"]})[
        :2
    ],
    cloud(
        "SEC-SG-01",
        "an open rule after a rule for itself",
        FAIL,
        adds("ec2:DescribeSecurityGroups", RULES, {**WORLD, "UserIdGroupPairs": [{"GroupId": "sg-0self"}]}),
        adds("ec2:DescribeSecurityGroups", RULES, {**WORLD, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}),
        names="22 from 0.0.0.0/0",
    ),
    plan(
        "SEC-SG-01",
        "an open rule after a rule for itself",
        FAIL,
        planned(RDS, ingress=[{**DECLARED_RULE, "self": True}, {**DECLARED_RULE, "cidr_blocks": ["0.0.0.0/0"]}]),
        names="5432 from 0.0.0.0/0",
    ),
    plan(
        "SEC-SG-01",
        "a rule of the current generation",
        FAIL,
        with_resource(
            "aws_vpc_security_group_ingress_rule.more",
            refers={"security_group_id": f"{RDS}.id"},
            ip_protocol="tcp",
            from_port=22,
            to_port=22,
            cidr_ipv4="0.0.0.0/0",
        ),
        names="22 from 0.0.0.0/0",
    ),
    cloud("SEC-SG-01", "a declared way is closed", FAIL, says("ec2:DescribeSecurityGroups", RULES, [])),
    plan("SEC-SG-01", "a declared way is closed", FAIL, planned(RDS, ingress=[])),
    cloud(
        "SEC-SG-01",
        "in another VPC",
        FAIL,
        says("ec2:DescribeSecurityGroups", "SecurityGroups.GroupName=triflow-ai-production-rds.VpcId", "vpc-0"),
    ),
    cloud("SEC-SG-01", "no rules reported", ERROR, omits("ec2:DescribeSecurityGroups", RULES)),
    plan("SEC-SG-01", "no such group", FAIL, without(RDS)),
    plan("SEC-SG-01", "rules known after apply", UNKNOWN, unknown(RDS, "ingress")),
    plan(
        "SEC-SG-01",
        "the declared world, written as halves",
        PASS,
        planned(
            "aws_security_group.alb",
            ingress=[
                {**CLOSED, "protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": ["0.0.0.0/1", "128.0.0.0/1"]}
                for port in (80, 443)
            ],
        ),
    ),
]


def granting(name: str, statement: dict[str, object], names: str = "") -> list[Case]:
    """A statement too broad in the task role's inline policy, on a cloud and on a plan."""
    return [
        cloud(
            "SEC-IAM-01", name, FAIL, says("iam:GetRolePolicy", "PolicyDocument", policy(statement), RoleName=TASK), names=names
        ),
        plan("SEC-IAM-01", name, FAIL, planned("aws_iam_role_policy.task", policy=json.dumps(policy(statement))), names=names),
    ]


ATTACHED = f"arn:aws:iam::{ACCOUNT}:policy/attached"
IDENTITY = [
    *granting("every action", allow("*", "arn:aws:s3:::triflow-ai-prod/*"), names=TASK),
    *granting("every action of a service", allow("s3:*", "arn:aws:s3:::triflow-ai-prod/*")),
    *granting("a pattern on every resource", allow(["s3:Get*"], "*"), names="s3:Get*"),
    *granting("an action on every resource that takes one", allow("secretsmanager:GetSecretValue", "*")),
    *granting("NotAction", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
    *granting("NotResource", {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::x/*"}),
    cloud("SEC-IAM-01", "no such role", FAIL, absent("iam:GetRole", RoleName=TASK), names=TASK),
    cloud(
        "SEC-IAM-01",
        "a wildcard in the second version of an attached policy",
        FAIL,
        says(
            "iam:ListAttachedRolePolicies", "AttachedPolicies", [{"PolicyName": "attached", "PolicyArn": ATTACHED}], RoleName=TASK
        ),
        answers("iam:GetPolicy", {"Policy": {"Arn": ATTACHED, "DefaultVersionId": "v2"}}, PolicyArn=ATTACHED),
        answers(
            "iam:GetPolicyVersion",
            {"PolicyVersion": {"Document": policy(allow("s3:*", "*"))}},
            PolicyArn=ATTACHED,
            VersionId="v2",
        ),
        names="every action of s3",
    ),
    cloud(
        "SEC-IAM-01",
        "an attached policy that cannot be read",
        ERROR,
        says(
            "iam:ListAttachedRolePolicies", "AttachedPolicies", [{"PolicyName": "attached", "PolicyArn": ATTACHED}], RoleName=TASK
        ),
    ),
    plan(
        "SEC-IAM-01",
        "a wildcard in an attached policy",
        FAIL,
        with_resource("aws_iam_policy.attached", name="attached", policy=json.dumps(policy(allow("s3:*", "*")))),
        with_resource("aws_iam_role_policy_attachment.attached", refers={"policy_arn": "aws_iam_policy.attached.arn"}, role=TASK),
        names="every action of s3",
    ),
    plan(
        "SEC-IAM-01",
        "an attached policy that is not in the plan",
        UNKNOWN,
        with_resource(
            "aws_iam_role_policy_attachment.attached", role=TASK, policy_arn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
    ),
    plan("SEC-IAM-01", "a policy known after apply", UNKNOWN, unknown("aws_iam_role_policy.task", "policy")),
    plan("SEC-IAM-01", "no such role", FAIL, without("aws_iam_role.task")),
    plan(
        "SEC-IAM-01",
        "a policy of the other inline kind",
        FAIL,
        planned("aws_iam_role.task", inline_policy=[{"name": "inline", "policy": json.dumps(policy(allow("*", "*")))}]),
    ),
]

GROUP = "aws_cloudwatch_log_group.backend"
LOGS = [
    cloud("SEC-LOG-01", "no key", FAIL, omits("logs:DescribeLogGroups", "logGroups.0.kmsKeyId"), names="no customer key"),
    cloud("SEC-LOG-01", "key pending deletion", FAIL, says("kms:DescribeKey", "KeyMetadata.KeyState", "PendingDeletion")),
    cloud("SEC-LOG-01", "key disabled", FAIL, says("kms:DescribeKey", "KeyMetadata.KeyState", "Disabled")),
    cloud("SEC-LOG-01", "a key that AWS manages", FAIL, says("kms:DescribeKey", "KeyMetadata.KeyManager", "AWS")),
    cloud("SEC-LOG-01", "a key that is gone", FAIL, absent("kms:DescribeKey"), names="does not exist"),
    cloud("SEC-LOG-01", "key state not reported", ERROR, omits("kms:DescribeKey", "KeyMetadata.KeyState")),
    cloud(
        "SEC-LOG-01",
        "one group on page 2",
        FAIL,
        on_page_2("logs:DescribeLogGroups", "logGroups", logGroupName="/aws/ecs/triflow-ai-production-worker", kmsKeyId=None),
        names="/aws/ecs/triflow-ai-production-worker",
    ),
    cloud(
        "SEC-LOG-01",
        "another team's group on page 2",
        PASS,
        on_page_2("logs:DescribeLogGroups", "logGroups", logGroupName="/aws/ecs/other", kmsKeyId=None),
    ),
    cloud("SEC-LOG-01", "no group at all", FAIL, says("logs:DescribeLogGroups", "logGroups", [])),
    cloud("SEC-LOG-01", "the list is missing", ERROR, omits("logs:DescribeLogGroups", "logGroups")),
    plan("SEC-LOG-01", "no key", FAIL, planned(GROUP, kms_key_id=None), names="no customer key"),
    plan("SEC-LOG-01", "an empty key", FAIL, planned(GROUP, kms_key_id=""), names="no customer key"),
    plan("SEC-LOG-01", "key disabled", FAIL, planned("aws_kms_key.main", is_enabled=False)),
    plan(
        "SEC-LOG-01", "a key from elsewhere", UNKNOWN, planned(GROUP, kms_key_id="arn:aws:kms:ap-northeast-2:123456789012:key/1")
    ),
    plan("SEC-LOG-01", "key known after apply", UNKNOWN, unknown(GROUP, "kms_key_id")),
    plan("SEC-LOG-01", "key state known after apply", UNKNOWN, unknown("aws_kms_key.main", "is_enabled")),
    plan("SEC-LOG-01", "no such group", FAIL, without(GROUP)),
]

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
LOAD_BALANCER = [
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

CASES = [*DATABASE, *STORAGE, *NETWORK, *IDENTITY, *LOGS, *LOAD_BALANCER]
