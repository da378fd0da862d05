"""The embedded cloud against what the current generation of the provider calls: each operation gets a real answer.

The provider itself does not run here; what it calls is data (`provider_operations.toml`). Each operation is sent as an SDK sends it, by
the endpoint rules of botocore with the endpoint as its proxy (as Terraform gets it), to a cloud with the resources that it is about.
A real answer is a result, or an error that the operation knows. HTTP 5xx is none.
"""

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from stackproof.embedded import cloud
from stackproof.terraform import provider, schema, sources

ROOT = Path(__file__).parents[1]
ACCOUNT, REGION = "123456789012", "ap-northeast-2"
CONTRACT: Mapping[str, Any] = tomllib.loads(
    Path(provider.__file__).with_name("provider_operations.toml").read_text(encoding="utf-8")
)
CALLED = sorted({*CONTRACT["configuring"], *(one for called in CONTRACT["operations"].values() for one in called)})
PROMISED = [one for one in CALLED if one not in CONTRACT["only_with"]]
READS = ("Describe", "Get", "Head", "List")
TAGS = [{"Key": "Project", "Value": "triflow-ai"}]
ALLOWED = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:Get*", "Resource": "*"}]})
ANYBODY = json.dumps({"Version": "2012-10-17", "Statement": []})
BUCKET, ROLE, SECRET, LOGS, FAMILY = "contract", "contract", "contract", "/contract", "contract"

Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Clients by botocore's endpoint rules, host labels included; each asks once."""
    running = cloud.start(tmp_path_factory.mktemp("contract"), ACCOUNT)
    session = boto3.Session("test", "test", region_name=REGION)
    config = Config(proxies={"http": running.endpoint}, s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    yield cache(lambda service: session.client(service, endpoint_url=running.endpoint, config=config))
    cloud.stop(running)


@pytest.fixture(scope="module")
def known(aws: Client) -> dict[str, Any]:
    """What the operations are about: a small stack of every kind, by the names that parameters have."""
    ec2, elbv2, ecs, rds, iam = (aws(one) for one in ("ec2", "elbv2", "ecs", "rds", "iam"))
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
        for n, zone in enumerate("ac")
    ]
    group = ec2.create_security_group(VpcId=vpc, GroupName="contract", Description="-")["GroupId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    key = aws("kms").create_key()["KeyMetadata"]
    role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=ANYBODY)["Role"]["Arn"]
    iam.put_role_policy(RoleName=ROLE, PolicyName="contract", PolicyDocument=ALLOWED)
    policy = iam.create_policy(PolicyName="contract", PolicyDocument=ALLOWED)["Policy"]["Arn"]
    iam.create_role(RoleName="bare", AssumeRolePolicyDocument=ANYBODY)
    iam.create_instance_profile(InstanceProfileName="contract")
    iam.add_role_to_instance_profile(InstanceProfileName="contract", RoleName=ROLE)
    aws("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    aws("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    aws("logs").create_log_group(logGroupName=LOGS)
    aws("kinesis").create_stream(StreamName="contract", ShardCount=1)
    topic = aws("sns").create_topic(Name="contract")["TopicArn"]
    subscription = aws("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com", ReturnSubscriptionArn=True)
    secret = aws("secretsmanager").create_secret(Name=SECRET, SecretString="x")
    trail = aws("cloudtrail").create_trail(Name="contract", S3BucketName=BUCKET)["TrailARN"]
    repository = aws("ecr").create_repository(repositoryName="contract")["repository"]["repositoryArn"]
    aws("cloudwatch").put_metric_alarm(**ALARM)
    balancer = elbv2.create_load_balancer(Name="contract", Subnets=subnets, SecurityGroups=[group])["LoadBalancers"][0]
    targets = elbv2.create_target_group(Name="contract", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")["TargetGroups"][0]
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Port=80, Protocol="HTTP", DefaultActions=[forward(targets["TargetGroupArn"])]
    )["Listeners"][0]["ListenerArn"]
    cluster = ecs.create_cluster(clusterName="contract")["cluster"]["clusterArn"]
    task = ecs.register_task_definition(**task_definition(role))["taskDefinition"]["taskDefinitionArn"]
    network = {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": [group]}}
    service = ecs.create_service(
        cluster="contract",
        serviceName="contract",
        taskDefinition=task,
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=network,
    )["service"]["serviceArn"]
    deployments = ecs.list_service_deployments(cluster="contract", service="contract")["serviceDeployments"]
    rds.create_db_subnet_group(DBSubnetGroupName="contract", DBSubnetGroupDescription="-", SubnetIds=subnets)
    rds.create_db_parameter_group(DBParameterGroupName="contract", DBParameterGroupFamily="postgres17", Description="-")
    database = rds.create_db_instance(**database_of("contract"))["DBInstance"]["DBInstanceArn"]
    rule = aws("events").put_rule(Name="contract", EventPattern=EVENTS)["RuleArn"]
    analyzer = aws("accessanalyzer").create_analyzer(analyzerName="contract", type="ACCOUNT")["arn"]
    detector = aws("guardduty").create_detector(Enable=True)["DetectorId"]
    return {
        "VpcId": vpc,
        "SubnetId": subnets[0],
        "GroupId": group,
        "RouteTableId": table,
        "InternetGatewayId": gateway,
        "AllocationId": address,
        "Resources": [vpc],
        "ResourceIds": [vpc],
        "Subnets": subnets,
        "SubnetIds": subnets,
        "KeyId": key["KeyId"],
        "RoleName": ROLE,
        "PolicyName": "contract",
        "PolicyArn": policy,
        "InstanceProfileName": "contract",
        "Bucket": BUCKET,
        "TopicArn": topic,
        "SubscriptionArn": subscription["SubscriptionArn"],
        "SecretId": secret["ARN"],
        "TrailName": trail,
        "ResourceIdList": [trail],
        "repositoryName": "contract",
        "logGroupName": LOGS,
        "AccountId": ACCOUNT,
        "LoadBalancerArn": balancer["LoadBalancerArn"],
        "TargetGroupArn": targets["TargetGroupArn"],
        "ListenerArn": listener,
        "cluster": cluster,
        "taskDefinition": task,
        "service": service,
        "deployment": deployments[0]["serviceDeploymentArn"],
        "DBInstanceIdentifier": "contract",
        "DBSubnetGroupName": "contract",
        "DBParameterGroupName": "contract",
        "Tags": TAGS,
        "TagsList": TAGS,
        "TagKeys": ["Project"],
        "TagKeyList": ["Project"],
        "tagKeys": ["Project"],
        "tags": {"Project": "triflow-ai"},
        "network": network,
        "role": role,
        "database": database,
        "repository": repository,
        "secret": secret["ARN"],
        "rule": rule,
        "analyzer": analyzer,
        "DetectorId": detector,
    }


def forward(target_group: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": target_group}


def task_definition(role: str) -> dict[str, Any]:
    container = {"name": "app", "image": "app", "memory": 512}
    roles = {"executionRoleArn": role, "taskRoleArn": role}
    fargate = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512"}
    return {"family": FAMILY, "containerDefinitions": [container], **roles, **fargate}


def database_of(name: str) -> dict[str, Any]:
    sized = {"Engine": "postgres", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20}
    owner = {"MasterUsername": "app", "MasterUserPassword": "x" * 12, "DBSubnetGroupName": "contract"}
    return {"DBInstanceIdentifier": name, **sized, **owner}


ALARM: Mapping[str, Any] = {
    "AlarmName": "contract",
    "Namespace": "AWS/ECS",
    "MetricName": "CPUUtilization",
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 1,
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 1.0,
}
RULE = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.9.0.0/16"}]}]
LIFECYCLE = {"Rules": [{"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}]}
ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
REPLICATION = {
    "Role": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
    "Rules": [{"Status": "Enabled", "Destination": {"Bucket": f"arn:aws:s3:::{BUCKET}"}}],
}
KEPT = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9},
                "action": {"type": "expire"},
            }
        ]
    }
)
EVENTS = json.dumps({"source": ["aws.guardduty"]})
DETECTOR_ARN = f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector"
ALARM_ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:contract"
LOGS_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{LOGS}"


def parameters(known: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What an operation gets beside the members that it requires, which `known` has by name."""
    return {
        "accessanalyzer:CreateAnalyzer": {"analyzerName": "second", "type": "ACCOUNT"},
        "accessanalyzer:GetAnalyzer": {"analyzerName": "contract"},
        **{
            f"accessanalyzer:{verb}": {"resourceArn": known["analyzer"]}
            for verb in ("ListTagsForResource", "TagResource", "UntagResource")
        },
        "account:GetAlternateContact": {"AlternateContactType": "SECURITY"},
        "account:PutAlternateContact": {
            "AlternateContactType": "SECURITY",
            "Name": "Security",
            "Title": "Security",
            "EmailAddress": "security@example.com",
            "PhoneNumber": "+82-2-000-0000",
        },
        "config:PutConfigurationRecorder": {
            "ConfigurationRecorder": {"name": "contract", "roleARN": f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"}
        },
        "config:PutDeliveryChannel": {"DeliveryChannel": {"name": "contract", "s3BucketName": BUCKET}},
        **{f"config:{verb}ConfigurationRecorder": {"ConfigurationRecorderName": "contract"} for verb in ("Start", "Stop")},
        "iam:CreateServiceLinkedRole": {"AWSServiceName": "config.amazonaws.com"},
        "cloudtrail:CreateTrail": {"Name": "second", "S3BucketName": BUCKET},
        "cloudtrail:AddTags": {"ResourceId": known["TrailName"]},
        "cloudtrail:RemoveTags": {"ResourceId": known["TrailName"]},
        **{f"cloudtrail:{verb}": {"Name": known["TrailName"]} for verb in ("GetTrailStatus", "StartLogging", "StopLogging")},
        "cloudtrail:GetInsightSelectors": {"TrailName": known["TrailName"]},
        "cloudtrail:PutInsightSelectors": {
            "TrailName": known["TrailName"],
            "InsightSelectors": [{"InsightType": "ApiCallRateInsight"}],
        },
        "cloudwatch:PutMetricAlarm": dict(ALARM),
        **{f"cloudwatch:{verb}": {"ResourceARN": ALARM_ARN} for verb in ("ListTagsForResource", "TagResource", "UntagResource")},
        "ec2:AssociateAddress": {"AllocationId": known["AllocationId"], "NetworkInterfaceId": "eni-0123456789abcdef0"},
        "ec2:AssociateRouteTable": {"SubnetId": known["SubnetId"]},
        "ec2:AssociateSubnetCidrBlock": {"Ipv6CidrBlock": "2001:db8:1234:1a00::/64"},
        "ec2:DisassociateSubnetCidrBlock": {"AssociationId": "subnet-cidr-assoc-0123456789abcdef0"},
        "ec2:AuthorizeSecurityGroupEgress": {"IpPermissions": RULE},
        "ec2:AuthorizeSecurityGroupIngress": {"GroupId": known["GroupId"], "IpPermissions": RULE},
        "ec2:RevokeSecurityGroupEgress": {"IpPermissions": RULE},
        "ec2:RevokeSecurityGroupIngress": {"GroupId": known["GroupId"], "IpPermissions": RULE},
        "ec2:CreateFlowLogs": {
            "ResourceIds": [known["VpcId"]],
            "ResourceType": "VPC",
            "TrafficType": "ALL",
            "LogDestinationType": "cloud-watch-logs",
            "LogDestination": LOGS_ARN,
            "DeliverLogsPermissionArn": known["role"],
        },
        "ec2:CreateNatGateway": {"SubnetId": known["SubnetId"], "AllocationId": known["AllocationId"]},
        "ec2:CreateRoute": {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": known["InternetGatewayId"]},
        "ec2:DeleteRoute": {"DestinationCidrBlock": "0.0.0.0/0"},
        "ec2:CreateSecurityGroup": {"GroupName": "second", "Description": "-", "VpcId": known["VpcId"]},
        "ec2:CreateSubnet": {"CidrBlock": "10.9.9.0/24"},
        "ec2:CreateDefaultSubnet": {"AvailabilityZone": f"{REGION}b"},
        "ec2:CreateVpc": {"CidrBlock": "10.8.0.0/16"},
        "ec2:DescribeVpcAttribute": {"Attribute": "enableDnsSupport"},
        "ec2:DescribeAddressesAttribute": {"AllocationIds": [known["AllocationId"]], "Attribute": "domain-name"},
        "ec2:ModifyVpcAttribute": {"EnableDnsHostnames": {"Value": True}},
        "ec2:ModifySubnetAttribute": {"MapPublicIpOnLaunch": {"Value": False}},
        "ecr:CreateRepository": {"repositoryName": "second"},
        "ecr:PutLifecyclePolicy": {"lifecyclePolicyText": KEPT},
        **{
            f"ecr:{verb}": {"resourceArn": known["repository"]}
            for verb in ("ListTagsForResource", "TagResource", "UntagResource")
        },
        "ecr:TagResource": {"resourceArn": known["repository"], "tags": TAGS},
        **{f"ecs:{verb}": {"resourceArn": known["cluster"]} for verb in ("ListTagsForResource", "TagResource", "UntagResource")},
        "ecs:TagResource": {"resourceArn": known["cluster"], "tags": [{"key": "Project", "value": "triflow-ai"}]},
        "ecs:CreateService": {
            "cluster": known["cluster"],
            "serviceName": "second",
            "taskDefinition": known["taskDefinition"],
            "desiredCount": 0,
            "launchType": "FARGATE",
            "networkConfiguration": known["network"],
        },
        "ecs:DescribeServices": {"cluster": known["cluster"], "services": [known["service"]]},
        "ecs:ListServiceDeployments": {"cluster": known["cluster"]},
        "ecs:DescribeServiceDeployments": {"serviceDeploymentArns": [known["deployment"]]},
        "ecs:StopServiceDeployment": {"serviceDeploymentArn": known["deployment"]},
        "ecs:RegisterTaskDefinition": task_definition(known["role"]),
        "elbv2:AddTags": {"ResourceArns": [known["LoadBalancerArn"]]},
        "elbv2:RemoveTags": {"ResourceArns": [known["LoadBalancerArn"]]},
        "elbv2:DescribeTags": {"ResourceArns": [known["LoadBalancerArn"]]},
        "elbv2:CreateListener": {"Port": 81, "Protocol": "HTTP", "DefaultActions": [forward(known["TargetGroupArn"])]},
        "elbv2:CreateLoadBalancer": {"Name": "second", "Subnets": known["Subnets"]},
        "elbv2:CreateTargetGroup": {
            "Name": "second",
            "Protocol": "HTTP",
            "Port": 80,
            "VpcId": known["VpcId"],
            "TargetType": "ip",
        },
        "elbv2:DescribeListeners": {"LoadBalancerArn": known["LoadBalancerArn"]},
        "elbv2:ModifyCapacityReservation": {"MinimumLoadBalancerCapacity": {"CapacityUnits": 100}},
        "elbv2:ModifyListenerAttributes": {"Attributes": [{"Key": "routing.http.response.server.enabled", "Value": "false"}]},
        "elbv2:ModifyLoadBalancerAttributes": {"Attributes": [{"Key": "deletion_protection.enabled", "Value": "false"}]},
        "elbv2:ModifyTargetGroupAttributes": {"Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]},
        "elbv2:SetIpAddressType": {"IpAddressType": "ipv4"},
        "elbv2:SetSecurityGroups": {"SecurityGroups": [known["GroupId"]]},
        "elbv2:SetSubnets": {"Subnets": known["Subnets"]},
        "events:DescribeRule": {"Name": "contract"},
        "events:ListTargetsByRule": {"Rule": "contract"},
        "events:PutRule": {"Name": "second", "EventPattern": EVENTS},
        "events:PutTargets": {"Rule": "contract", "Targets": [{"Id": "topic", "Arn": known["TopicArn"]}]},
        **{f"events:{verb}": {"ResourceARN": known["rule"]} for verb in ("ListTagsForResource", "TagResource", "UntagResource")},
        "guardduty:CreateDetector": {"Enable": True},
        "guardduty:UpdateDetector": {"Features": [{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}]},
        **{
            f"guardduty:{verb}": {"ResourceArn": f"{DETECTOR_ARN}/{known['DetectorId']}"}
            for verb in ("ListTagsForResource", "TagResource", "UntagResource")
        },
        "guardduty:TagResource": {
            "ResourceArn": f"{DETECTOR_ARN}/{known['DetectorId']}",
            "Tags": {"Project": "triflow-ai"},
        },
        "inspector2:BatchGetAccountStatus": {"accountIds": [ACCOUNT]},
        **{f"inspector2:{verb}": {"accountIds": [ACCOUNT], "resourceTypes": ["ECR"]} for verb in ("Enable", "Disable")},
        "iam:CreateRole": {"RoleName": "second", "AssumeRolePolicyDocument": ANYBODY},
        "iam:DeleteRole": {"RoleName": "bare"},
        "iam:PutRolePolicy": {"PolicyDocument": ALLOWED},
        "kms:CreateAlias": {"AliasName": "alias/contract", "TargetKeyId": known["KeyId"]},
        "kms:GetKeyPolicy": {"PolicyName": "default"},
        "kms:TagResource": {"Tags": [{"TagKey": "Project", "TagValue": "triflow-ai"}]},
        "logs:CreateLogGroup": {"logGroupName": "/second"},
        "logs:PutRetentionPolicy": {"retentionInDays": 30},
        **{f"logs:{verb}": {"resourceArn": LOGS_ARN} for verb in ("ListTagsForResource", "TagResource", "UntagResource")},
        "logs:PutMetricFilter": {
            "filterName": "contract",
            "filterPattern": "ERROR",
            "metricTransformations": [{"metricName": "a", "metricNamespace": "b", "metricValue": "1"}],
        },
        "logs:PutSubscriptionFilter": {
            "filterName": "contract",
            "filterPattern": "",
            "roleArn": known["role"],
            "destinationArn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/contract",
        },
        "logs:PutQueryDefinition": {"name": "contract", "queryString": "fields @message"},
        **{
            f"rds:{verb}": {"ResourceName": known["database"]}
            for verb in ("ListTagsForResource", "AddTagsToResource", "RemoveTagsFromResource")
        },
        "rds:CreateDBInstance": database_of("second"),
        "rds:CreateDBParameterGroup": {
            "DBParameterGroupName": "second",
            "DBParameterGroupFamily": "postgres17",
            "Description": "-",
        },
        "rds:CreateDBSubnetGroup": {"DBSubnetGroupName": "second", "DBSubnetGroupDescription": "-"},
        "rds:ModifyDBParameterGroup": {
            "Parameters": [{"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "pending-reboot"}]
        },
        "s3:CreateBucket": {"Bucket": "second", "CreateBucketConfiguration": {"LocationConstraint": REGION}},
        "s3:PutBucketAccelerateConfiguration": {"AccelerateConfiguration": {"Status": "Enabled"}},
        "s3:PutBucketAcl": {"ACL": "private"},
        "s3:PutBucketCors": {
            "CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"]}]}
        },
        "s3:PutBucketEncryption": {"ServerSideEncryptionConfiguration": ENCRYPTION},
        "s3:PutBucketLifecycleConfiguration": {"LifecycleConfiguration": LIFECYCLE},
        "s3:PutBucketLogging": {"BucketLoggingStatus": {}},
        "s3:PutBucketPolicy": {"Policy": ANYBODY},
        "s3:PutBucketReplication": {"ReplicationConfiguration": REPLICATION},
        "s3:PutBucketRequestPayment": {"RequestPaymentConfiguration": {"Payer": "BucketOwner"}},
        "s3:PutBucketTagging": {"Tagging": {"TagSet": TAGS}},
        "s3:PutBucketVersioning": {"VersioningConfiguration": {"Status": "Enabled"}},
        "s3:PutBucketWebsite": {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}},
        "s3:PutObjectLockConfiguration": {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
        "s3:PutPublicAccessBlock": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
        "s3control:PutPublicAccessBlock": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
        **{
            f"s3control:{verb}": {"ResourceArn": f"arn:aws:s3:::{BUCKET}"}
            for verb in ("ListTagsForResource", "TagResource", "UntagResource")
        },
        "secretsmanager:CreateSecret": {"Name": "second"},
        "secretsmanager:PutResourcePolicy": {"ResourcePolicy": ANYBODY},
        "secretsmanager:PutSecretValue": {"SecretString": "y"},
        "rds:CreateEventSubscription": {"SubscriptionName": "contract", "SnsTopicArn": known["TopicArn"]},
        "sns:CreateTopic": {"Name": "second"},
        "sns:SetTopicAttributes": {"AttributeName": "DisplayName", "AttributeValue": "contract"},
        "sns:Subscribe": {"Protocol": "email", "Endpoint": "b@example.com"},
        **{f"sns:{verb}": {"ResourceArn": known["TopicArn"]} for verb in ("ListTagsForResource", "TagResource", "UntagResource")},
    }


def answered(aws: Client, known: Mapping[str, Any], operation: str) -> str:
    """The status of the answer to an operation, with its error."""
    service, _, name = operation.partition(":")
    client, given = aws(service), parameters(known).get(operation, {})
    shape = client.meta.service_model.operation_model(name).input_shape
    required = {member: known[member] for member in (shape.required_members if shape else ()) if member not in given}
    try:
        answer = getattr(client, xform_name(name))(**required, **given)
    except ClientError as error:
        answer = error.response
    said = answer.get("Error", {})
    return " ".join(filter(None, [str(answer["ResponseMetadata"]["HTTPStatusCode"]), said.get("Code"), said.get("Message")]))


ERRORS = {
    "account:GetAlternateContact": "ResourceNotFoundException",
    "iam:GetAccountPasswordPolicy": "NoSuchEntity",
    "s3control:GetPublicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
    "ec2:CreateDefaultSubnet": "DefaultSubnetAlreadyExistsInAvailabilityZone",
    "ec2:CreateDefaultVpc": "DefaultVpcAlreadyExists",
    "ec2:AssociateAddress": "InvalidNetworkInterfaceID.NotFound",  # the stack's address has a gateway
    "ec2:DisassociateSubnetCidrBlock": "InvalidSubnetCidrBlockAssociationID.NotFound",
    "ecr:GetLifecyclePolicy": "LifecyclePolicyNotFoundException",
    "ecs:StopServiceDeployment": "ConflictException",
    "s3:GetBucketCors": "NoSuchCORSConfiguration",
    "s3:GetBucketLifecycleConfiguration": "NoSuchLifecycleConfiguration",
    "s3:GetBucketPolicy": "NoSuchBucketPolicy",
    "s3:GetBucketReplication": "ReplicationConfigurationNotFoundError",
    "s3:GetBucketTagging": "NoSuchTagSet",
    "s3:GetBucketWebsite": "NoSuchWebsiteConfiguration",
    "s3:GetObjectLockConfiguration": "ObjectLockConfigurationNotFoundError",
}
"""Operations that are answered by an error of the service, as AWS answers them here; all others have a result."""


@pytest.fixture(scope="module")
def answers(aws: Client, known: Mapping[str, Any]) -> dict[str, str]:
    """The answer to each operation: what reads first, what deletes last."""
    last = ("Delete", "Disable", "Remove", "Untag", "Revoke", "Detach")
    turn = sorted(PROMISED, key=lambda one: (one.split(":")[1].startswith(last), not one.split(":")[1].startswith(READS)))
    return {operation: answered(aws, known, operation) for operation in turn}


@pytest.mark.parametrize("operation", PROMISED)
def test_is_answered(operation: str, answers: Mapping[str, str]) -> None:
    status, _, error = answers[operation].partition(" ")
    assert (int(status) < 400, error.split(" ")[0]) == (operation not in ERRORS, ERRORS.get(operation, "")), answers[operation]


@pytest.fixture(scope="module")
def declared() -> list[sources.Resource]:
    directories = {
        file.parent for file in (ROOT / "infrastructure" / "terraform").rglob("*.tf") if ".terraform" not in file.parts
    }
    return [resource for directory in sorted(directories) for resource in sources.read(directory).resources]


class TestContract:
    """The data is about what the stacks have, and leaves out nothing that they use."""

    def test_has_every_type_of_the_stacks_and_no_other(self, declared: list[sources.Resource]) -> None:
        assert {resource.type for resource in declared if not resource.is_data} == set(CONTRACT["operations"])

    def test_no_stack_has_an_argument_whose_operations_are_not_promised(self, declared: list[sources.Resource]) -> None:
        used = {name for one in declared for name in (*one.body.arguments, *(block.type for block in one.body.blocks))}
        assert not used & set(CONTRACT["only_with"].values())

    def test_every_argument_that_is_left_out_exists(self) -> None:
        calling = {
            one: {kind for kind, called in CONTRACT["operations"].items() if one in called} for one in CONTRACT["only_with"]
        }
        known_types = schema.current().resources
        for operation, argument in CONTRACT["only_with"].items():
            assert any(argument in known_types[kind] for kind in calling[operation]), operation

    def test_is_of_the_generation_that_is_used(self) -> None:
        assert CONTRACT["version"].split(".")[0] == provider.current_version().split(".")[0]

    def test_knows_the_call_that_has_the_account_before_the_host(self) -> None:
        assert "s3control:ListTagsForResource" in CONTRACT["operations"]["aws_s3_bucket"]
