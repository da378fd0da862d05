"""Each gap, through boto3 against one server: what AWS answers and moto alone does not."""

import ipaddress
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from stackproof.embedded import account, cloud
from stackproof.embedded.account import Endpoint

ACCOUNT = "123456789012"
REGION = "ap-northeast-2"
ANYWHERE = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    running = cloud.start(tmp_path_factory.mktemp("gaps"), ACCOUNT)
    yield Endpoint(running.endpoint, ACCOUNT, REGION)
    cloud.stop(running)


@pytest.fixture(scope="module")
def aws(endpoint: Endpoint) -> Callable[[str], Any]:
    return endpoint.client


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[int, str, str]:
    """Status, code and message of a refusal; the number of attempts must be one, with as many allowed as by default."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    metadata, error = raised.value.response["ResponseMetadata"], raised.value.response["Error"]
    assert metadata["RetryAttempts"] == 0
    return metadata["HTTPStatusCode"], error["Code"], error["Message"]


class TestRefusal:
    @pytest.mark.parametrize(
        ("service", "operation", "parameters", "named"),
        [
            ("cloudtrail", "lookup_events", {}, "LookupEvents"),  # JSON
            ("rds", "describe_db_engine_versions", {}, "DescribeDBEngineVersions"),  # query
            ("ec2", "describe_trunk_interface_associations", {}, "DescribeTrunkInterfaceAssociations"),  # EC2's query
            ("lambda", "list_capacity_providers", {}, "GET /2025-11-30/capacity-providers"),  # REST and JSON
            (
                "s3",
                "get_bucket_metadata_configuration",
                {"Bucket": "some-bucket"},
                "GET /some-bucket?metadataConfiguration",
            ),  # REST and XML
            ("detective", "list_graphs", {}, "POST /graphs/list"),  # a service that moto does not have
        ],
    )
    def test_an_operation_that_moto_lacks_is_refused_at_once_and_named(
        self, endpoint: Endpoint, service: str, operation: str, parameters: dict[str, str], named: str
    ) -> None:
        patient = boto3.client(
            service,
            endpoint_url=endpoint.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(proxies={}, retries={"mode": "standard", "total_max_attempts": 5}),
        )
        if service == "s3":
            patient.create_bucket(Bucket="some-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        status, code, message = refused(getattr(patient, operation), **parameters)
        assert (status, code) == (501, "NotImplemented")
        assert message == f"The embedded cloud does not implement {named}."
        assert any(each.endswith(f": {named}") for each in cloud.status(endpoint.url)["refused"])

    def test_a_failure_inside_moto_is_refused_at_once_too(self, aws: Callable[[str], Any]) -> None:
        # moto adds up the memory of the containers, which Fargate leaves to the task.
        tasks = aws("ecs")
        tasks.create_cluster(clusterName="failing")
        tasks.register_task_definition(
            family="failing", containerDefinitions=[{"name": "a", "image": "a"}], cpu="256", memory="512"
        )
        status, code, message = refused(tasks.run_task, cluster="failing", taskDefinition="failing", launchType="FARGATE")
        assert (status, code) == (501, "InternalFailure")
        assert "TypeError" in message

    def test_an_error_of_the_service_itself_stays_what_it_is(self, aws: Callable[[str], Any]) -> None:
        assert refused(aws("s3").head_bucket, Bucket="no-such-bucket")[0] == 404
        assert refused(aws("iam").get_role, RoleName="nobody")[:2] == (404, "NoSuchEntity")


def test_every_gap_is_open_in_this_moto(endpoint: Endpoint) -> None:
    from stackproof.embedded import server  # noqa: F401 - it brings every gap
    from stackproof.embedded.moto_gaps import registry

    names = [gap["name"] for gap in cloud.status(endpoint.url)["gaps"]]
    assert len(names) == len(set(names)) == len(registry._patches)


def test_uses_are_counted(endpoint: Endpoint, aws: Callable[[str], Any]) -> None:
    def used() -> int:
        return next(g["used"] for g in cloud.status(endpoint.url)["gaps"] if g["name"] == "rds:DescribeCertificates")

    before = used()
    aws("rds").describe_certificates()
    assert used() == before + 1


@pytest.fixture(scope="module")
def logs(aws: Callable[[str], Any]) -> Any:
    """With a group of six events in two streams, one a second, by turns."""
    client = aws("logs")
    client.create_log_group(logGroupName="/events")
    begun = int(datetime.now(UTC).timestamp() * 1000) - 60_000
    for first, stream in enumerate(("a", "b")):
        client.create_log_stream(logGroupName="/events", logStreamName=stream)
        events = [{"timestamp": begun + second * 1000, "message": f"{second}"} for second in range(first, 6, 2)]
        client.put_log_events(logGroupName="/events", logStreamName=stream, logEvents=events)
    return client


class TestLogEvents:
    @pytest.mark.parametrize(("from_head", "order"), [({}, "012345"), ({"startFromHead": False}, "543210")])
    @pytest.mark.parametrize("limit", [2, 4, 6, 100])
    def test_come_by_their_time(self, logs: Any, from_head: dict[str, bool], order: str, limit: int) -> None:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName="/events", PaginationConfig={"PageSize": limit}, **from_head
        )
        assert "".join(event["message"] for page in pages for event in page["events"]) == order

    def test_are_those_that_are_asked_for(self, logs: Any) -> None:
        assert [event["message"] for event in logs.filter_log_events(logGroupName="/events", logStreamNames=["b"])["events"]] == [
            "1",
            "3",
            "5",
        ]

    def test_of_a_group_without_any(self, logs: Any) -> None:
        logs.create_log_group(logGroupName="/silent")
        assert logs.filter_log_events(logGroupName="/silent", startFromHead=False)["events"] == []

    def test_of_a_group_that_does_not_exist(self, logs: Any) -> None:
        status, code, _ = refused(logs.filter_log_events, logGroupName="/nosuch")
        assert (status, code) == (400, "ResourceNotFoundException")


class TestLogs:
    def test_query_definitions(self, aws: Callable[[str], Any]) -> None:
        logs = aws("logs")
        made = [
            logs.put_query_definition(name=f"triflow/{name}", queryString=f"fields {name}", logGroupNames=["/aws/ecs/api"])
            for name in ("errors", "llm")
        ]
        first = made[0]["queryDefinitionId"]
        logs.put_query_definition(queryDefinitionId=first, name="triflow/errors", queryString="fields @message")

        [found] = logs.describe_query_definitions(queryDefinitionNamePrefix="triflow/e")["queryDefinitions"]
        assert (found["queryDefinitionId"], found["queryString"]) == (first, "fields @message")
        assert "logGroupNames" not in found or found["logGroupNames"] == []  # replaced as a whole
        page = logs.describe_query_definitions(maxResults=1)
        rest = logs.describe_query_definitions(maxResults=1, nextToken=page["nextToken"])
        assert [each["name"] for each in page["queryDefinitions"] + rest["queryDefinitions"]] == ["triflow/errors", "triflow/llm"]
        assert "nextToken" not in rest

        assert logs.delete_query_definition(queryDefinitionId=first)["success"]
        assert refused(logs.delete_query_definition, queryDefinitionId=first)[:2] == (400, "ResourceNotFoundException")
        gone = refused(logs.put_query_definition, queryDefinitionId=first, name="x", queryString="y")
        assert gone[:2] == (400, "ResourceNotFoundException")

    def test_policies_of_the_account(self, aws: Callable[[str], Any]) -> None:
        logs, kind = aws("logs"), "SUBSCRIPTION_FILTER_POLICY"
        document = json.dumps({"DestinationArn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/x", "FilterPattern": ""})
        criteria = 'LogGroupName NOT IN ["/aws/x"]'
        logs.put_account_policy(policyName="x", policyType=kind, policyDocument=document, selectionCriteria=criteria)
        [policy] = logs.describe_account_policies(policyType=kind)["accountPolicies"]
        assert (policy["policyDocument"], policy["selectionCriteria"]) == (document, criteria)
        assert logs.describe_account_policies(policyType="TRANSFORMER_POLICY")["accountPolicies"] == []
        logs.delete_account_policy(policyName="x", policyType=kind)
        assert logs.describe_account_policies(policyType=kind)["accountPolicies"] == []
        with pytest.raises(ClientError, match="does not exist"):
            logs.delete_account_policy(policyName="x", policyType=kind)

    def test_a_filter_pattern_is_evaluated(self, aws: Callable[[str], Any]) -> None:
        logs, pattern = aws("logs"), '[timestamp, request_id, level="ERROR", ...]'
        lines = ["2026-01-20T10:00:00Z req-1 INFO fine", "2026-01-20T10:00:00Z req-1 ERROR it broke"]
        [found] = logs.test_metric_filter(filterPattern=pattern, logEventMessages=lines)["matches"]
        assert (found["eventNumber"], found["eventMessage"]) == (2, lines[1])
        assert found["extractedValues"]["$level"] == "ERROR"
        assert found["extractedValues"]["evaluated_by"] == "stackproof.judgement.filter_pattern"
        broken = refused(logs.test_metric_filter, filterPattern="{ $.level = }", logEventMessages=lines)
        assert broken[:2] == (400, "InvalidParameterException")

    def test_a_key_can_be_given_to_a_group_and_taken_away(self, aws: Callable[[str], Any]) -> None:
        logs = aws("logs")
        logs.create_log_group(logGroupName="/aws/ecs/api/errors")

        def group() -> Any:
            return logs.describe_log_groups(logGroupNamePrefix="/aws/ecs/api/errors")["logGroups"][0]

        logs.associate_kms_key(logGroupName="/aws/ecs/api/errors", kmsKeyId="arn:aws:kms:ap-northeast-2:123456789012:key/1")
        assert group()["kmsKeyId"] == "arn:aws:kms:ap-northeast-2:123456789012:key/1"
        logs.disassociate_kms_key(resourceIdentifier=group()["arn"])
        assert "kmsKeyId" not in group()
        missing = refused(logs.associate_kms_key, logGroupName="/none", kmsKeyId="arn:aws:kms:ap-northeast-2:1:key/1")
        assert missing[:2] == (400, "ResourceNotFoundException")

    def test_tags_of_all_groups_are_told_at_once(self, aws: Callable[[str], Any]) -> None:
        aws("logs").create_log_group(logGroupName="/aws/ecs/api/tagged", tags={"LogType": "errors"})
        aws("sns").create_topic(Name="tagged", Tags=[{"Key": "LogType", "Value": "errors"}])
        found = aws("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["logs:log-group"], ResourcesPerPage=100)
        reported = {each["ResourceARN"]: each["Tags"] for each in found["ResourceTagMappingList"]}
        arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/ecs/api/tagged"
        assert reported[arn] == [{"Key": "LogType", "Value": "errors"}]
        assert {arn.split(":")[2] for arn in reported} == {"logs"}


def test_observability_links(aws: Callable[[str], Any]) -> None:
    oam, sink = aws("oam"), f"arn:aws:oam:{REGION}:210987654321:sink/x"
    shared = {"LogGroupConfiguration": {"Filter": "LogGroupName LIKE '/aws/%'"}}
    made = oam.create_link(
        LabelTemplate="$AccountName", ResourceTypes=["AWS::Logs::LogGroup"], SinkIdentifier=sink, LinkConfiguration=shared
    )
    [link] = oam.list_links()["Items"]
    assert (link["Arn"], link["SinkArn"], link["ResourceTypes"]) == (made["Arn"], sink, ["AWS::Logs::LogGroup"])
    assert oam.get_link(Identifier=link["Arn"])["LinkConfiguration"] == shared
    oam.delete_link(Identifier=link["Arn"])
    assert oam.list_links()["Items"] == []
    with pytest.raises(ClientError, match="does not exist"):
        oam.get_link(Identifier=link["Arn"])


def test_kms_rotation_has_its_period(aws: Callable[[str], Any]) -> None:
    kms = aws("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    still = kms.get_key_rotation_status(KeyId=key)
    assert (still["KeyRotationEnabled"], still["KeyId"], "RotationPeriodInDays" in still) == (False, key, False)
    kms.enable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 365
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 180
    assert refused(kms.get_key_rotation_status, KeyId="00000000-0000-4000-8000-000000000000")[1] == "NotFoundException"


class TestRds:
    def instance(self, aws: Callable[[str], Any], name: str, **parameters: Any) -> Any:
        made = aws("rds").create_db_instance(
            DBInstanceIdentifier=name, DBInstanceClass="db.t4g.medium", Engine="postgres", EngineVersion="17",
            MasterUsername="admin", MasterUserPassword="password-of-a-test", AllocatedStorage=20, **parameters,
        )  # fmt: skip
        return made["DBInstance"]

    def subnet_group(self, aws: Callable[[str], Any], name: str, *, with_gateway: bool) -> str:
        network = aws("ec2")
        vpc = network.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
        subnet = network.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
        if with_gateway:
            gateway = network.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
            network.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        aws("rds").create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=[subnet])
        return name

    def test_public_accessibility_is_always_told(self, aws: Callable[[str], Any]) -> None:
        inside = self.subnet_group(aws, "inside", with_gateway=False)
        outside = self.subnet_group(aws, "outside", with_gateway=True)
        assert self.instance(aws, "private", DBSubnetGroupName=inside)["PubliclyAccessible"] is False
        assert self.instance(aws, "public", DBSubnetGroupName=outside)["PubliclyAccessible"] is True
        assert self.instance(aws, "said", DBSubnetGroupName=outside, PubliclyAccessible=False)["PubliclyAccessible"] is False
        aws("rds").modify_db_instance(DBInstanceIdentifier="said", PubliclyAccessible=True)
        [said] = aws("rds").describe_db_instances(DBInstanceIdentifier="said")["DBInstances"]
        assert said["PubliclyAccessible"] is True

    def test_performance_insights_are_kept(self, aws: Callable[[str], Any]) -> None:
        asked = {
            "PerformanceInsightsKMSKeyId": "arn:aws:kms:ap-northeast-2:123456789012:key/1",
            "PerformanceInsightsRetentionPeriod": 7,
        }
        made = self.instance(aws, "insights", EnablePerformanceInsights=True, **asked)
        assert made["PerformanceInsightsEnabled"] is True
        assert {name: made[name] for name in asked} == asked
        changed = aws("rds").modify_db_instance(DBInstanceIdentifier="insights", EnablePerformanceInsights=False)
        assert changed["DBInstance"]["PerformanceInsightsEnabled"] is False
        assert self.instance(aws, "plain")["PerformanceInsightsEnabled"] is False

    def test_certificates_and_what_is_pending(self, aws: Callable[[str], Any]) -> None:
        made = self.instance(aws, "certified", CACertificateIdentifier="rds-ca-rsa2048-g1")
        assert made["PendingModifiedValues"] == {}
        assert made["CertificateDetails"]["CAIdentifier"] == "rds-ca-rsa2048-g1"
        left = made["CertificateDetails"]["ValidTill"] - datetime.now(UTC)
        assert timedelta(days=364) < left <= timedelta(days=365)
        rds = aws("rds")
        authorities = {
            each["CertificateIdentifier"]: each["ValidTill"].year for each in rds.describe_certificates()["Certificates"]
        }
        assert authorities == {"rds-ca-rsa2048-g1": 2061, "rds-ca-rsa4096-g1": 2121, "rds-ca-ecc384-g1": 2121}
        assert len(rds.describe_certificates(CertificateIdentifier="rds-ca-ecc384-g1")["Certificates"]) == 1
        assert refused(rds.describe_certificates, CertificateIdentifier="rds-ca-2010")[1] == "CertificateNotFound"
        assert rds.describe_pending_maintenance_actions()["PendingMaintenanceActions"] == []

    def test_parameters_that_wait_for_a_reboot(self, aws: Callable[[str], Any]) -> None:
        rds = aws("rds")
        for group in ("first", "second"):
            rds.create_db_parameter_group(DBParameterGroupName=group, DBParameterGroupFamily="postgres17", Description="x")

        def attached(made: Any) -> list[tuple[str, str]]:
            return [(one["DBParameterGroupName"], one["ParameterApplyStatus"]) for one in made["DBParameterGroups"]]

        def now() -> list[tuple[str, str]]:
            return attached(rds.describe_db_instances(DBInstanceIdentifier="waiting")["DBInstances"][0])

        assert attached(self.instance(aws, "waiting", DBParameterGroupName="first")) == [("first", "in-sync")]
        for method, status in (("immediate", "in-sync"), ("pending-reboot", "pending-reboot")):
            parameter = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": method}
            rds.modify_db_parameter_group(DBParameterGroupName="first", Parameters=[parameter])
            assert now() == [("first", status)]
        rds.reboot_db_instance(DBInstanceIdentifier="waiting")
        assert now() == [("first", "in-sync")]
        rds.modify_db_instance(DBInstanceIdentifier="waiting", DBParameterGroupName="second", ApplyImmediately=True)
        assert now() == [("second", "pending-reboot")]

    def test_parameters_have_their_source_and_can_be_reset(self, aws: Callable[[str], Any]) -> None:
        rds = aws("rds")
        rds.create_db_parameter_group(DBParameterGroupName="pg17", DBParameterGroupFamily="postgres17", Description="x")
        values = {"rds.force_ssl": "1", "log_statement": "none", "work_mem": "1"}
        rds.modify_db_parameter_group(
            DBParameterGroupName="pg17",
            Parameters=[{"ParameterName": n, "ParameterValue": v, "ApplyMethod": "immediate"} for n, v in values.items()],
        )

        def parameters() -> dict[str, tuple[str, str]]:
            found = rds.describe_db_parameters(DBParameterGroupName="pg17")["Parameters"]
            return {each["ParameterName"]: (each["ParameterValue"], each["Source"]) for each in found}

        assert parameters() == {name: (value, "user") for name, value in values.items()}
        one = {"ParameterName": "work_mem", "ApplyMethod": "immediate"}
        rds.reset_db_parameter_group(DBParameterGroupName="pg17", Parameters=[one])
        assert set(parameters()) == {"rds.force_ssl", "log_statement"}
        rds.reset_db_parameter_group(DBParameterGroupName="pg17", ResetAllParameters=True)
        assert parameters() == {}


@pytest.fixture(scope="module")
def network(aws: Callable[[str], Any]) -> dict[str, Any]:
    """A VPC with two subnets, a security group, a load balancer and a target group."""
    ec2, elb = aws("ec2"), aws("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.8.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
        for number, zone in ((1, "a"), (2, "c"))
    ]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    [balancer] = elb.create_load_balancer(Name="balancer", Subnets=subnets)["LoadBalancers"]
    [target] = elb.create_target_group(Name="tasks", Protocol="HTTP", Port=8000, VpcId=vpc, TargetType="ip")["TargetGroups"]
    return {"subnets": subnets, "group": group, "balancer": balancer, "target": target["TargetGroupArn"]}


class TestLoadBalancer:
    def test_the_scheme_is_always_told(self, aws: Callable[[str], Any], network: dict[str, Any]) -> None:
        assert network["balancer"]["Scheme"] == "internet-facing"
        internal = aws("elbv2").create_load_balancer(Name="internal", Subnets=network["subnets"], Scheme="internal")
        assert internal["LoadBalancers"][0]["Scheme"] == "internal"

    def test_only_listeners_that_speak_tls_have_a_policy(self, aws: Callable[[str], Any], network: dict[str, Any]) -> None:
        elb = aws("elbv2")
        served = account.certificate(REGION)
        imported = aws("acm").import_certificate(Certificate=served.certificate, PrivateKey=served.private_key)
        forward = [{"Type": "forward", "TargetGroupArn": network["target"]}]
        balancer = network["balancer"]["LoadBalancerArn"]
        [plain] = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)["Listeners"]
        [encrypted] = elb.create_listener(
            LoadBalancerArn=balancer, Protocol="HTTPS", Port=443, DefaultActions=forward,
            Certificates=[{"CertificateArn": imported["CertificateArn"]}], SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        )["Listeners"]  # fmt: skip
        assert "SslPolicy" not in plain
        assert encrypted["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
        elb.modify_listener(ListenerArn=encrypted["ListenerArn"], SslPolicy="ELBSecurityPolicy-TLS13-1-3-2021-06")
        [encrypted] = elb.describe_listeners(ListenerArns=[encrypted["ListenerArn"]])["Listeners"]
        assert encrypted["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-3-2021-06"

        [rule] = elb.describe_rules(ListenerArn=plain["ListenerArn"])["Rules"]
        prefix, _, last = rule["RuleArn"].rpartition("/")
        assert prefix == plain["ListenerArn"].replace(":listener/", ":listener-rule/")
        assert len(last) == 16
        assert int(last, 16) >= 0


class TestS3:
    def make(self, aws: Callable[[str], Any], name: str) -> Any:
        aws("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return aws("s3")

    def test_a_new_bucket_has_the_defaults_of_aws(self, aws: Callable[[str], Any]) -> None:
        s3 = self.make(aws, "new-bucket")
        block = s3.get_public_access_block(Bucket="new-bucket")["PublicAccessBlockConfiguration"]
        assert block == dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
        [ownership] = s3.get_bucket_ownership_controls(Bucket="new-bucket")["OwnershipControls"]["Rules"]
        assert ownership["ObjectOwnership"] == "BucketOwnerEnforced"
        [encryption] = s3.get_bucket_encryption(Bucket="new-bucket")["ServerSideEncryptionConfiguration"]["Rules"]
        assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        assert s3.get_bucket_request_payment(Bucket="new-bucket")["Payer"] == "BucketOwner"

    def test_what_was_taken_away_is_gone(self, aws: Callable[[str], Any]) -> None:
        s3 = self.make(aws, "bare-bucket")
        s3.delete_public_access_block(Bucket="bare-bucket")
        missing = refused(s3.get_public_access_block, Bucket="bare-bucket")
        assert missing[:2] == (404, "NoSuchPublicAccessBlockConfiguration")

    def test_objects_are_still_listed(self, aws: Callable[[str], Any]) -> None:
        s3 = self.make(aws, "full-bucket")
        s3.put_object(Bucket="full-bucket", Key="metrics/analytics", Body=b"x")
        assert [each["Key"] for each in s3.list_objects_v2(Bucket="full-bucket", Prefix="metrics")["Contents"]] == [
            "metrics/analytics"
        ]


def test_a_rotation_ends_with_a_new_current_version(aws: Callable[[str], Any]) -> None:
    secrets = aws("secretsmanager")
    role = aws("iam").create_role(RoleName="rotation", AssumeRolePolicyDocument=ANYWHERE)["Role"]["Arn"]
    function = aws("lambda").create_function(
        FunctionName="rotation", Runtime="python3.13", Role=role, Handler="a.b", Code={"ZipFile": b"PK\x05\x06" + bytes(18)}
    )["FunctionArn"]
    secrets.create_secret(Name="database", SecretString="the value")
    first = secrets.get_secret_value(SecretId="database")["VersionId"]
    for _ in range(2):
        before = secrets.get_secret_value(SecretId="database")["VersionId"]
        rules = {"AutomaticallyAfterDays": 30}
        secrets.rotate_secret(SecretId="database", RotationLambdaARN=function, RotationRules=rules)
        now = secrets.get_secret_value(SecretId="database")
        assert (now["SecretString"], now["VersionId"] == before) == ("the value", False)
        described = secrets.describe_secret(SecretId="database")
        stages = {version: stage for version, stage in described["VersionIdsToStages"].items() if stage}
        assert stages == {now["VersionId"]: ["AWSCURRENT"], before: ["AWSPREVIOUS"]}
        assert described["RotationEnabled"]
        assert datetime.now(UTC) - described["LastRotatedDate"] < timedelta(minutes=1)
    assert first not in stages


def test_network_interfaces_have_an_address_of_their_subnet(aws: Callable[[str], Any], network: dict[str, Any]) -> None:
    ec2 = aws("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=network["subnets"][0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    [gateway] = ec2.describe_nat_gateways(NatGatewayIds=[made])["NatGateways"]
    private = gateway["NatGatewayAddresses"][0]["PrivateIp"]
    assert ipaddress.ip_address(private) in ipaddress.ip_network("10.8.1.0/24")
    given = ec2.create_network_interface(SubnetId=network["subnets"][0], PrivateIpAddress="10.8.1.77")
    assert given["NetworkInterface"]["PrivateIpAddress"] == "10.8.1.77"


def test_no_two_network_interfaces_have_one_address(aws: Callable[[str], Any]) -> None:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/28")["Subnet"]["SubnetId"]

    def made() -> dict[str, str]:
        return ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]

    first, second = made(), made()
    ec2.delete_network_interface(NetworkInterfaceId=second["NetworkInterfaceId"])
    addresses = [first["PrivateIpAddress"], *(made()["PrivateIpAddress"] for _ in range(10))]
    assert addresses[1] != second["PrivateIpAddress"]  # while there are others
    assert sorted(map(ipaddress.ip_address, addresses)) == [ipaddress.ip_address(f"10.7.0.{number}") for number in range(4, 15)]
    with pytest.raises(ClientError, match="InsufficientFreeAddressesInSubnet"):
        made()


def test_flow_logs_are_delivered_to_a_group_that_exists(aws: Callable[[str], Any]) -> None:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    role = f"arn:aws:iam::{ACCOUNT}:role/flow-logs"
    aws("logs").create_log_group(logGroupName="/aws/vpc/flow-logs")
    for name, status in (("/aws/vpc/flow-logs", "SUCCESS"), ("/aws/vpc/nowhere", "FAILED")):
        destination = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"
        made = ec2.create_flow_logs(
            ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogDestination=destination, DeliverLogsPermissionArn=role
        )
        [flow_log] = ec2.describe_flow_logs(FlowLogIds=made["FlowLogIds"])["FlowLogs"]
        assert (flow_log["DeliverLogsStatus"], "DeliverLogsErrorMessage" in flow_log) == (status, status == "FAILED")


class TestService:
    """A service of ECS: its settings, its tasks, and its place behind the load balancer."""

    @pytest.fixture
    def ecs(self, aws: Callable[[str], Any], network: dict[str, Any]) -> Any:
        ecs, ecr = aws("ecs"), aws("ecr")
        ecr.create_repository(repositoryName="backend")
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": {"digest": "sha256:1"},
                "layers": [],
            }
        )
        ecr.put_image(repositoryName="backend", imageTag="v1", imageManifest=manifest)
        ecs.create_cluster(clusterName="cluster")
        for _ in range(2):
            ecs.register_task_definition(
                family="backend", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
                containerDefinitions=[{"name": "backend", "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/backend:v1"}],
            )  # fmt: skip
        configuration = {"subnets": network["subnets"], "securityGroups": [network["group"]], "assignPublicIp": "DISABLED"}
        ecs.create_service(
            cluster="cluster", serviceName="service", taskDefinition="backend:1", desiredCount=3, launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": configuration}, healthCheckGracePeriodSeconds=60,
            deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
            loadBalancers=[{"targetGroupArn": network["target"], "containerName": "backend", "containerPort": 8000}],
        )  # fmt: skip
        return ecs

    def service(self, ecs: Any) -> Any:
        return ecs.describe_services(cluster="cluster", services=["service"])["services"][0]

    def tasks(self, ecs: Any) -> list[Any]:
        arns = ecs.list_tasks(cluster="cluster", serviceName="service")["taskArns"]
        return list(ecs.describe_tasks(cluster="cluster", tasks=arns)["tasks"]) if arns else []

    def addresses(self, tasks: list[Any]) -> set[str]:
        details = [detail for task in tasks for detail in task["attachments"][0]["details"]]
        return {detail["value"] for detail in details if detail["name"] == "privateIPv4Address"}

    def targets(self, aws: Callable[[str], Any], network: dict[str, Any]) -> dict[str, str]:
        found = aws("elbv2").describe_target_health(TargetGroupArn=network["target"])["TargetHealthDescriptions"]
        assert {each["Target"]["Port"] for each in found} <= {8000}
        return {each["Target"]["Id"]: each["TargetHealth"]["State"] for each in found}

    def test_it_lives(self, aws: Callable[[str], Any], ecs: Any, network: dict[str, Any]) -> None:
        made = self.service(ecs)
        assert made["healthCheckGracePeriodSeconds"] == 60
        assert (made["enableExecuteCommand"], made["enableECSManagedTags"]) == (False, False)
        configuration = made["deploymentConfiguration"]
        assert (configuration["maximumPercent"], configuration["minimumHealthyPercent"]) == (200, 100)
        assert configuration["deploymentCircuitBreaker"]["rollback"] is True
        assert (made["desiredCount"], made["runningCount"], made["pendingCount"]) == (3, 3, 0)

        tasks = self.tasks(ecs)
        subnets = [d["value"] for task in tasks for d in task["attachments"][0]["details"] if d["name"] == "subnetId"]
        assert {subnets.count(subnet) for subnet in network["subnets"]} == {1, 2}
        [image] = aws("ecr").describe_images(repositoryName="backend")["imageDetails"]
        assert {task["containers"][0]["imageDigest"] for task in tasks} == {image["imageDigest"]}
        assert {task["containers"][0]["lastStatus"] for task in tasks} == {task["lastStatus"] for task in tasks} == {"RUNNING"}
        assert self.targets(aws, network) == dict.fromkeys(self.addresses(tasks), "healthy")
        assert len(self.addresses(tasks)) == 3
        assert ecs.list_tasks(cluster="cluster", serviceName="another")["taskArns"] == []

        # A new revision replaces every task.
        ecs.update_service(cluster="cluster", service="service", taskDefinition="backend:2", enableExecuteCommand=True)
        replaced = self.service(ecs)
        assert replaced["enableExecuteCommand"] is True
        assert replaced["healthCheckGracePeriodSeconds"] == 60
        [deployment] = replaced["deployments"]
        assert (deployment["rolloutState"], deployment["taskDefinition"][-10:]) == ("COMPLETED", "/backend:2")
        assert {task["taskDefinitionArn"][-10:] for task in self.tasks(ecs)} == {"/backend:2"}
        assert self.targets(aws, network) == dict.fromkeys(self.addresses(self.tasks(ecs)), "healthy")
        assert not self.addresses(tasks) & self.addresses(self.tasks(ecs))

        # A smaller number stops some, none stops all.
        ecs.update_service(cluster="cluster", service="service", desiredCount=1)
        assert (len(self.tasks(ecs)), self.service(ecs)["runningCount"], len(self.targets(aws, network))) == (1, 1, 1)
        ecs.delete_service(cluster="cluster", service="service", force=True)
        assert (self.tasks(ecs), self.targets(aws, network)) == ([], {})


@pytest.fixture(scope="module")
def deployed_service(aws: Callable[[str], Any]) -> dict[str, Any]:
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="deployed")
    ecs.register_task_definition(family="deployed", containerDefinitions=[{"name": "a", "image": "a", "memory": 9}])
    return ecs.create_service(cluster="deployed", serviceName="app", taskDefinition="deployed", desiredCount=0)["service"]


class TestServiceDeployments:
    """As the provider waits for a service: it lists them, looks for the deployment's number, and asks for its status."""

    def test_has_the_number_of_the_services_deployment_and_has_ended(
        self, aws: Callable[[str], Any], deployed_service: dict[str, Any]
    ) -> None:
        ecs, number = aws("ecs"), deployed_service["deployments"][0]["id"].split("/")[1]
        (listed,) = ecs.list_service_deployments(cluster="deployed", service="app")["serviceDeployments"]
        assert number in listed["targetServiceRevisionArn"]
        arns = [listed["serviceDeploymentArn"], "arn:aws:ecs:ap-northeast-2:123456789012:service-deployment/deployed/app/none"]
        reported = ecs.describe_service_deployments(serviceDeploymentArns=arns)
        assert [(one["status"], one["serviceArn"]) for one in reported["serviceDeployments"]] == [
            ("SUCCESSFUL", deployed_service["serviceArn"])
        ]
        assert [one["arn"] for one in reported["failures"]] == arns[1:]
        codes = [refused(ecs.stop_service_deployment, serviceDeploymentArn=arn)[1] for arn in arns]
        assert codes == ["ConflictException", "ServiceDeploymentNotFoundException"]


def test_a_load_balancers_minimum_capacity_is_kept_until_it_is_reset(aws: Callable[[str], Any]) -> None:
    elbv2, ec2 = aws("elbv2"), aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.77.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
        for number, zone in enumerate("ac")
    ]
    arn = elbv2.create_load_balancer(Name="capacity", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    assert "MinimumLoadBalancerCapacity" not in elbv2.describe_capacity_reservation(LoadBalancerArn=arn)
    elbv2.modify_capacity_reservation(LoadBalancerArn=arn, MinimumLoadBalancerCapacity={"CapacityUnits": 100})
    assert elbv2.describe_capacity_reservation(LoadBalancerArn=arn)["MinimumLoadBalancerCapacity"] == {"CapacityUnits": 100}
    elbv2.modify_capacity_reservation(LoadBalancerArn=arn, ResetCapacityReservation=True)
    assert "MinimumLoadBalancerCapacity" not in elbv2.describe_capacity_reservation(LoadBalancerArn=arn)
    assert refused(elbv2.describe_capacity_reservation, LoadBalancerArn=arn + "0")[1] == "LoadBalancerNotFound"


def test_who_pays_for_requests_is_kept(aws: Callable[[str], Any]) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="who-pays", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert s3.get_bucket_request_payment(Bucket="who-pays")["Payer"] == "BucketOwner"
    s3.put_bucket_request_payment(Bucket="who-pays", RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket="who-pays")["Payer"] == "Requester"


def test_a_function_keeps_its_dead_letter_queue_and_its_log_group(aws: Callable[[str], Any]) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = aws("iam").create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    dead, group = {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"}, {"LogFormat": "Text", "LogGroup": "elsewhere"}
    functions = aws("lambda")
    functions.create_function(
        FunctionName="one", Role=role, PackageType="Image", Code={"ImageUri": "image"}, DeadLetterConfig=dead
    )
    functions.update_function_configuration(FunctionName="one", LoggingConfig=group)
    [one] = [each for each in functions.list_functions()["Functions"] if each["FunctionName"] == "one"]
    assert (one["DeadLetterConfig"], one["LoggingConfig"]) == (dead, group)


def test_tags_of_an_analyzer_and_of_a_detector_are_kept(aws: Callable[[str], Any]) -> None:
    analyzers, detectors = aws("accessanalyzer"), aws("guardduty")
    analyzer = analyzers.create_analyzer(analyzerName="tagged", type="ACCOUNT", tags={"Project": "triflow-ai"})["arn"]
    detector = f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/{detectors.create_detector(Enable=True)['DetectorId']}"
    for client, named in ((analyzers, {"resourceArn": analyzer}), (detectors, {"ResourceArn": detector})):
        kept, given, keys = ("tags", "tags", "tagKeys") if "resourceArn" in named else ("Tags", "Tags", "TagKeys")
        client.tag_resource(**named, **{given: {"Project": "triflow-ai", "Owner": "devops"}})
        client.untag_resource(**named, **{keys: ["Project"]})
        assert client.list_tags_for_resource(**named)[kept] == {"Owner": "devops"}


def test_an_analyzer_that_is_not_there_is_named_so(aws: Callable[[str], Any]) -> None:
    missing = f"arn:aws:access-analyzer:{REGION}:{ACCOUNT}:analyzer/missing"
    status, code, _ = refused(aws("accessanalyzer").list_tags_for_resource, resourceArn=missing)
    assert (status, code) == (404, "ResourceNotFoundException")


def test_a_page_of_tagged_resources_ends_after_resources_not_after_tags(aws: Callable[[str], Any]) -> None:
    for number in range(30):
        aws("logs").create_log_group(logGroupName=f"/tagged/{number}", tags={f"tag-{n}": "x" for n in range(5)})
    page = aws("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["logs:log-group"], ResourcesPerPage=100)
    assert not page.get("PaginationToken")
    assert (
        len(
            {one["ResourceARN"] for one in page["ResourceTagMappingList"]}
            & {f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/tagged/{n}" for n in range(30)}
        )
        == 30
    )
