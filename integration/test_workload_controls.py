"""The controls of the workload on a small one that runs: what is broken there turns exactly its own controls red."""

import os
import signal
from typing import Any

import pytest
import test_workload
from test_workload import ACCOUNT, CLUSTER, GROUP, REGION, SERVICE, Stack, eventually

from proofs import harness
from stackproof.core.verdicts import Verdict
from stackproof.profile.schema import Profile
from stackproof.resources import allowed_operations
from stackproof.sources import Source
from stackproof.sources.aws.session import Network
from stackproof.sources.aws.source import AwsSource, Reader
from stackproof.targets.base import Stage

shared, stack = test_workload.shared, test_workload.stack
CONTROLS = ("ECR-01", "ECS-01", "ECS-02", "ALB-01", "OBS-01", "ROLL-01")
FAIL = Verdict.FAIL


def expected() -> Profile:
    """What the small stack must look like."""
    declared = harness.changed(harness.profile(), "account", id=ACCOUNT).model_copy(update={"region": REGION})
    changes: dict[str, dict[str, Any]] = {
        "network": {"vpc": "network", "private_subnets": ("10.0.0.0/24", "10.0.1.0/24"), "public_subnets": ()},
        "service": {"cluster": CLUSTER, "names": (SERVICE,), "security_group": "tasks", "samples": 2, "steady_seconds": 1},
        "load_balancer": {"name": "front"},
        "registry": {"repository": ("backend",)},
        "observability": {"log_group": GROUP},
    }
    for table, change in changes.items():
        declared = harness.changed(declared, table, **change)
    return declared


class OnStack(Stage):
    """A stage on the small stack, asked anew."""

    target_codes = "SEA"

    def __init__(self, stack: Stack) -> None:
        super().__init__("aws", expected(), harness.ROOT)
        self.reader = Reader(Network(allowed_operations(), endpoint=stack.api.url), account=ACCOUNT, region=REGION)

    def source(self) -> Source:
        return AwsSource(self.reader)


def red(stack: Stack) -> dict[str, Verdict]:
    """The controls that do not pass, on one look at the stack."""
    stage = OnStack(stack)
    verdicts = {control: harness.judged(control, stage).verdict for control in CONTROLS}
    return {control: verdict for control, verdict in verdicts.items() if verdict is not Verdict.PASS}


def test_what_is_as_declared_passes(stack: Stack) -> None:
    assert red(stack) == {}


def test_a_task_that_was_killed(stack: Stack) -> None:
    os.kill(stack.pids[0], signal.SIGKILL)
    eventually(lambda: stack.service["runningCount"] == 1)
    assert red(stack) == {"ECS-01": FAIL, "ALB-01": FAIL}


def test_an_image_that_was_deleted(stack: Stack) -> None:
    registry = stack.client("ecr")
    latest = {"repositoryName": "backend", "imageIds": [{"imageTag": "latest"}]}
    [image] = registry.batch_get_image(**latest)["images"]
    registry.batch_delete_image(**latest)
    try:
        assert red(stack) == {"ECR-01": FAIL}
    finally:
        registry.put_image(repositoryName="backend", imageManifest=image["imageManifest"], imageTag="latest")


@pytest.mark.parametrize("count", [1, 3])
def test_another_desired_count(count: int, stack: Stack) -> None:
    stack.client("ecs").update_service(cluster=CLUSTER, service=SERVICE, desiredCount=count)
    eventually(lambda: stack.service["runningCount"] == count and stack.states == ["healthy"] * count)
    assert red(stack) == {"ECS-01": FAIL}


def test_a_target_that_was_taken_out(stack: Stack) -> None:
    balancing = stack.client("elbv2")
    group = balancing.describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
    target = balancing.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]["Target"]
    asked = {"TargetGroupArn": group, "Targets": [{"Id": target["Id"], "Port": target["Port"]}]}
    balancing.deregister_targets(**asked)
    try:
        assert red(stack) == {"ALB-01": FAIL}
    finally:
        balancing.register_targets(**asked)
