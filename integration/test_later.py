"""What the packaged provider has no word for is made through the API of the embedded cloud, after the apply."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from stackproof.embedded import cloud, later
from stackproof.embedded.account import Endpoint

ACCOUNT, REGION = "123456789012", "ap-northeast-2"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    running = cloud.start(tmp_path_factory.mktemp("later"), ACCOUNT)
    yield Endpoint(running.endpoint, ACCOUNT, REGION)
    cloud.stop(running)


def state(*kept: dict[str, Any], **made: dict[str, Any]) -> dict[str, Any]:
    """A state with resources that the provider made, and some that it keeps as ``terraform_data``, one of them in a module."""
    resources = [{"address": address, "values": values} for address, values in made.items()]
    data = [{"address": f"terraform_data.{one['type']}_{n}", "values": {"input": one}} for n, one in enumerate(kept)]
    return {"values": {"root_module": {"resources": [*resources, *data[1:]], "child_modules": [{"resources": data[:1]}]}}}


def test_the_features_of_a_detector_are_enabled_together(api: Endpoint) -> None:
    detector = api.client("guardduty").create_detector(Enable=True)["DetectorId"]
    agent = {"name": "ECS_FARGATE_AGENT_MANAGEMENT", "status": "ENABLED"}
    features: list[dict[str, Any]] = [
        {"type": "aws_guardduty_detector_feature", "detector_id": detector, "name": name, "status": "ENABLED", **more}
        for name, more in {"S3_DATA_EVENTS": {}, "RUNTIME_MONITORING": {"additional_configuration": [agent]}}.items()
    ]
    later.finish(api, state(*features), {})
    enabled = {one["Name"]: one for one in api.client("guardduty").get_detector(DetectorId=detector)["Features"]}
    assert {name for name, one in enabled.items() if one["Status"] == "ENABLED"} >= {"S3_DATA_EVENTS", "RUNTIME_MONITORING"}
    assert [one["Name"] for one in enabled["RUNTIME_MONITORING"]["AdditionalConfiguration"]] == [agent["name"]]


def test_inspector_is_enabled_and_the_contact_is_set(api: Endpoint) -> None:
    contact = {"name": "Security", "title": "Team", "email_address": "security@example.com", "phone_number": "+82 2 000 0000"}
    later.finish(
        api,
        state(
            {"type": "aws_inspector2_enabler", "account_ids": [ACCOUNT], "resource_types": ["ECR"]},
            {"type": "aws_account_alternate_contact", "alternate_contact_type": "SECURITY", **contact},
        ),
        {},
    )
    (account,) = api.client("inspector2").batch_get_account_status(accountIds=[ACCOUNT])["accounts"]
    assert account["resourceState"]["ecr"]["status"] == "ENABLED"
    kept = api.client("account").get_alternate_contact(AlternateContactType="SECURITY")["AlternateContact"]
    assert kept["EmailAddress"] == contact["email_address"]


def test_listeners_get_their_attributes(api: Endpoint) -> None:
    ec2, elbv2 = api.client("ec2"), api.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"]
        for n, zone in enumerate("ac")
    ]
    balancer = elbv2.create_load_balancer(Name="later", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}
    listener = elbv2.create_listener(LoadBalancerArn=balancer, Port=80, Protocol="HTTP", DefaultActions=[redirect])
    arn = listener["Listeners"][0]["ListenerArn"]
    attributes = {"aws_lb_listener.http": {"routing.http.response.server.enabled": "false"}}
    later.finish(api, state(**{"aws_lb_listener.http": {"arn": arn}}), attributes)
    kept = {one["Key"]: one["Value"] for one in elbv2.describe_listener_attributes(ListenerArn=arn)["Attributes"]}
    assert kept["routing.http.response.server.enabled"] == "false"


def test_default_subnets_of_any_region_give_no_public_addresses(api: Endpoint) -> None:
    ec2 = replace(api, region="us-east-1").client("ec2")
    default = ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][0]
    assert default["MapPublicIpOnLaunch"]
    made = {'aws_default_subnet.main["a"]': {"arn": default["SubnetArn"]}}
    later.finish(api, state(**made), {"aws_default_subnet.main": {"MapPublicIpOnLaunch": "false"}})
    assert not ec2.describe_subnets(SubnetIds=[default["SubnetId"]])["Subnets"][0]["MapPublicIpOnLaunch"]
