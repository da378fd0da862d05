"""What only AWS can show, in answers as it gives them: they complete the recording of the embedded cloud, so that the controls that are
not applicable there are proven too; and what the stacks lack and waivers.toml accepts, so that the proofs start from what complies.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stackproof.collections.grafana import dashboards, metrics_asked_for, served_data_sources
from stackproof.judgement.costs import last_month
from stackproof.judgement.images import platforms
from stackproof.probes import BASTION, CONNECT, GRAFANA, HERE, QUERY
from stackproof.probes.postgres import USES
from stackproof.profile.schema import Profile
from stackproof.resources.costs import METRIC
from stackproof.resources.database_care import COMPLETED, RESTORES
from stackproof.resources.database_offers import STANDARD_SUPPORT
from stackproof.resources.metrics import DATA, Metric
from stackproof.resources.queries import RESULTS, START, RunOf
from stackproof.resources.vpc_endpoints import ENDPOINTS
from stackproof.resources.web_acl import LOGGING, OF_RESOURCE
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.replay import Recorded, Recording
from stackproof.targets.base import Stage
from stackproof.testing.stages import CloudStage

ROOT = Path(__file__).parents[1]
GRAFANA_VERSION = "13.2.3"
"""The one of docker-compose.localstack.yml."""
SERVICES = {"Amazon Relational Database Service": "212.4071", "Amazon Elastic Container Service": "61.93", "Tax": "27.4337"}
"""What a month costs, in USD."""


def calls(recorded: Sequence[Recorded], expected: Profile, at: datetime) -> list[Recorded]:
    """The calls that the recording, made at this moment, lacks."""
    there = {one.call for one in recorded}
    stage = CloudStage(Recording(recorded), expected, ROOT, at)
    supplied = [*_calls(recorded, expected), *_scans(recorded, expected), *_offers(recorded, expected, at), _costs(expected, at)]
    supplied += [*_measured(stage), *_grafana(stage), *_lacking(recorded, expected, at), *_queries(expected, at)]
    return [one for one in supplied if one.call not in there]


def _offers(recorded: Sequence[Recorded], expected: Profile, at: datetime) -> Iterator[Recorded]:
    """What RDS offers of what runs: for order, and with years of support."""
    for item in _items(recorded, "rds:DescribeDBInstances", "DBInstances"):
        asked = {name: item[name] for name in ("Engine", "EngineVersion", "DBInstanceClass")}
        option = {**asked, "StorageType": "gp3", "MultiAZCapable": True, "Vpc": True}
        yield _answered(expected, "rds:DescribeOrderableDBInstanceOptions", {"OrderableDBInstanceOptions": [option]}, **asked)
        version = {"Engine": item["Engine"], "MajorEngineVersion": item["EngineVersion"].partition(".")[0]}
        cycle = {"LifecycleSupportName": STANDARD_SUPPORT, "LifecycleSupportEndDate": at + timedelta(days=1000)}
        page = {"DBMajorEngineVersions": [{**version, "SupportedEngineLifecycles": [cycle]}]}
        yield _answered(expected, "rds:DescribeDBMajorEngineVersions", page, **version)


def _scans(recorded: Sequence[Recorded], expected: Profile) -> Iterator[Recorded]:
    """What ECR's scanner says of the images that are run."""
    for item in _items(recorded, "ecr:BatchGetImage", "images"):
        for _, digest in platforms(item["imageManifest"]):
            asked = {"repositoryName": item["repositoryName"], "imageId": {"imageDigest": digest}}
            page = {**asked, "imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": {"findings": []}}
            yield _answered(expected, "ecr:DescribeImageScanFindings", page, **asked)


def _costs(expected: Profile, at: datetime) -> Recorded:
    start, end = last_month(at.date())
    period = {"Start": str(start), "End": str(end)}
    groups = [{"Keys": [name], "Metrics": {METRIC: {"Amount": amount, "Unit": "USD"}}} for name, amount in SERVICES.items()]
    return _answered(
        expected,
        "ce:GetCostAndUsage",
        {"ResultsByTime": [{"TimePeriod": period, "Total": {}, "Groups": groups, "Estimated": False}]},
        TimePeriod=period,
        Granularity="MONTHLY",
        Metrics=[METRIC],
        GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}],
    )


def _calls(recorded: Sequence[Recorded], expected: Profile) -> Iterator[Recorded]:
    for item in _items(recorded, "rds:DescribeDBInstances", "DBInstances"):
        database = {"Host": item["Endpoint"]["Address"], "Port": item["Endpoint"]["Port"]}
        session = {**database, "Database": expected.workload.database, "User": expected.workload.user}
        yield _answered(
            expected, QUERY, {"Sql": USES["uuid-ossp"], "Rows": [{"works": True}]}, **session, Statement="Use uuid-ossp"
        )
        yield _answered(expected, CONNECT, {"Connected": False, "Answer": "timed out"}, **database, From=HERE)
        yield _answered(expected, CONNECT, {"Connected": True, "Answer": "asked from ssh://bastion"}, **database, From=BASTION)
    for item in _items(recorded, "elbv2:DescribeLoadBalancers", "LoadBalancers"):
        front = {"Host": item["DNSName"], "Port": 443}
        yield _answered(expected, CONNECT, {"Connected": True, "Answer": "connected"}, **front, From=HERE)
    addresses = {
        detail["value"]
        for task in _items(recorded, "ecs:DescribeTasks", "tasks")
        for attachment in task["attachments"]
        for detail in attachment["details"]
        if detail["name"] == "privateIPv4Address"
    }
    for address in sorted(addresses):
        task = {"Host": address, "Port": expected.workload.port}
        yield _answered(expected, CONNECT, {"Connected": True, "Answer": "asked from ssh://bastion"}, **task, From=BASTION)


def _queries(expected: Profile, at: datetime) -> Iterator[Recorded]:
    """How the templates of Logs Insights end, as the control runs them."""
    for name, query in expected.logs.queries.items():
        begun = RunOf(name, query.text, query.groups, at - timedelta(hours=1), at).parameters
        yield _answered(expected, START, {"queryId": name}, **begun)
        yield _answered(expected, RESULTS, {"status": "Complete", "results": []}, queryId=name)


LACKING = (RESTORES, OF_RESOURCE, LOGGING)
"""The operations that say what the stacks lack and waivers.toml accepts."""
ACL = "arn:aws:wafv2:ap-northeast-2:123456789012:regional/webacl/main/0a"


def _lacking(recorded: Sequence[Recorded], expected: Profile, at: datetime) -> Iterator[Recorded]:
    """A restore of each database a day ago, and a web ACL that logs in front of each load balancer."""
    arns = [item["DBInstanceArn"] for item in _items(recorded, "rds:DescribeDBInstances", "DBInstances")]
    jobs = [{"SourceResourceArn": arn, "CompletionDate": at - timedelta(days=1)} for arn in arns]
    yield _answered(expected, RESTORES, {"RestoreJobs": jobs}, ByResourceType="RDS", ByStatus=COMPLETED)
    for item in _items(recorded, "elbv2:DescribeLoadBalancers", "LoadBalancers"):
        acl = {"WebACL": {"Name": "main", "ARN": ACL}}
        yield _answered(expected, OF_RESOURCE, acl, ResourceArn=item["LoadBalancerArn"])
    configuration = {"ResourceArn": ACL, "LogDestinationConfigs": ["arn:aws:logs:::log-group:a"]}
    yield _answered(expected, LOGGING, {"LoggingConfiguration": configuration}, ResourceArn=ACL)


ENDPOINT_POLICY = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalAccount": "123456789012"}},
        }
    ]
}
"""Of an endpoint that lets out whoever is of the account."""


def backed_up(recorded: Sequence[Recorded], expected: Profile, at: datetime) -> Recorded:
    """The databases, each with a plan of AWS Backup that can bring it back to any second."""
    point = {"AwsBackupRecoveryPointArn": "arn:aws:backup:ap-northeast-2:123456789012:recovery-point:continuous:1"}
    found = [{**one, **point, "LatestRestorableTime": at} for one in _items(recorded, "rds:DescribeDBInstances", "DBInstances")]
    return _answered(expected, "rds:DescribeDBInstances", {"DBInstances": found})


def endpoints(recorded: Sequence[Recorded], expected: Profile) -> Recorded:
    """The endpoints of the VPC that the profile wants."""
    name = {"Key": "Name", "Value": expected.network[0].vpc}
    vpc = next(one["VpcId"] for one in _items(recorded, "ec2:DescribeVpcs", "Vpcs") if name in one.get("Tags", ()))
    found = [
        {
            "VpcEndpointId": f"vpce-{number}",
            "VpcEndpointType": "Gateway" if service == "s3" else "Interface",
            "VpcId": vpc,
            "ServiceName": f"com.amazonaws.{expected.region}.{service}",
            "State": "available",
            "PolicyDocument": json.dumps(ENDPOINT_POLICY),
            **({"RouteTableIds": ["rtb-1"]} if service == "s3" else {"PrivateDnsEnabled": True}),
        }
        for number, service in enumerate(expected.network[0].endpoints)
    ]
    return _answered(expected, ENDPOINTS, {"VpcEndpoints": found})


class _Noting:
    """What a resource class asks, with an answer for each: a datapoint of every metric."""

    def __init__(self, stage: Stage) -> None:
        self._region, self._at = stage.profile.region, stage.now
        self.asked: list[Recorded] = []

    def read(self, operation: str, *, region: str | None = None, **parameters: Any) -> Answer:
        call = Call.of(operation, region or self._region, **parameters)
        point = {"Timestamps": [self._at - timedelta(minutes=5)], "Values": [1.0], "StatusCode": "Complete"}
        page = {"MetricDataResults": [{"Id": one["Id"], **point} for one in parameters["MetricDataQueries"]]}
        self.asked.append(Recorded(call, (page,)))
        return Answer(call, [page])

    def together(self, *questions: Any) -> list[Any]:
        return [question() for question in questions]


def _measured(stage: Stage) -> list[Recorded]:
    """What CloudWatch has of the metrics of the dashboards."""
    noting = _Noting(stage)
    Metric.from_aws(noting, metrics_asked_for(stage))  # type: ignore[arg-type]  # all that it asks a reader for
    assert {one.call.operation for one in noting.asked} == {DATA}
    return noting.asked


def _grafana(stage: Stage) -> Iterator[Recorded]:
    """A Grafana that was given the files of now."""
    declared = stage.profile
    found: dict[str, dict[str, Any]] = {"/api/health": {"database": "ok", "version": GRAFANA_VERSION, "commit": "0" * 40}}
    found |= {
        f"/api/dashboards/uid/{uid}": {"dashboard": json.loads(one.document), "meta": {"provisioned": True, "version": 1}}
        for uid, one in dashboards(stage).items()
    }
    tested = {"status": "OK", "message": "1. Successfully queried the CloudWatch metrics API.", "details": {}}
    found |= {f"/api/datasources/uid/{one.name}/health": tested for one in served_data_sources(stage)}
    for path, content in found.items():
        yield _answered(declared, GRAFANA, {"Status": 200, "Content": content}, Url=declared.grafana.url, Path=path)


def _items(recorded: Sequence[Recorded], operation: str, member: str) -> Iterator[Any]:
    for one in recorded:
        if one.call.operation == operation:
            for page in one.pages:
                yield from page[member]


def _answered(expected: Profile, operation: str, page: dict[str, Any], **parameters: Any) -> Recorded:
    return Recorded(Call.of(operation, expected.region, **parameters), (page,))
