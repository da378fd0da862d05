"""Amazon ECS."""

import json
from dataclasses import replace
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import (
    Edit,
    absent,
    adds,
    answered,
    answers,
    changed,
    compliant_plan,
    fails,
    omits,
    planned,
    profile,
    says,
    set_inside,
    unknown,
    without,
)
from proofs.phase1.registry import answered_by, in_another_repository
from stackproof.core.verdicts import AccessDenied, Throttled, Verdict
from stackproof.judgement.images import image_name
from stackproof.sources.replay import Recorded

SERVICES, LISTED, TASKS = "ecs:DescribeServices", "ecs:ListTasks", "ecs:DescribeTasks"
DEFINITIONS, INTERFACES, IMAGES = "ecs:DescribeTaskDefinition", "ec2:DescribeNetworkInterfaces", "ecr:BatchGetImage"
SUBNETS = "ec2:DescribeSubnets"
SERVICE, DEFINITION = "aws_ecs_service.backend", "aws_ecs_task_definition.backend"
S = "services.0"
NAME = "triflow-ai-production-backend-service"


def at_look(number: int, *edits: Edit) -> Edit:
    """Let only what was seen at one look be otherwise; looks are counted from 0."""

    def edit(calls: list[Recorded]) -> list[Recorded]:
        seen = [call for call in calls if call.call.sample == number]
        for one in edits:
            seen = one(seen)
        return [*(call for call in calls if call.call.sample != number), *seen]

    return edit


def replaced_task(calls: list[Recorded]) -> list[Recorded]:
    """Let there be another task in the place of the first."""
    arn = answered(TASKS, "tasks.0.taskArn")
    return says(TASKS, "tasks.0.taskArn", f"{arn[:-4]}0000")(calls)


DEPLOYMENT = f"{S}.deployments"
STEADY = [
    cloud("ECS-01", "2/3", FAIL, says(SERVICES, f"{S}.desiredCount", 3), names=NAME),
    cloud("ECS-01", "1/2", FAIL, says(SERVICES, f"{S}.runningCount", 1)),
    cloud(
        "ECS-01",
        "none wanted, none running",
        FAIL,
        says(SERVICES, f"{S}.desiredCount", 0),
        says(SERVICES, f"{S}.runningCount", 0),
    ),
    cloud("ECS-01", "one pending", FAIL, says(SERVICES, f"{S}.pendingCount", 1)),
    *(
        cloud("ECS-01", f"a rollout that is {state}", FAIL, says(SERVICES, f"{DEPLOYMENT}.0.rolloutState", state), names=state)
        for state in ("IN_PROGRESS", "FAILED")
    ),
    cloud(
        "ECS-01",
        "a deployment that is being replaced",
        FAIL,
        lambda calls: adds(SERVICES, DEPLOYMENT, {**answered(SERVICES, f"{DEPLOYMENT}.0"), "status": "ACTIVE"})(calls),
        names="ACTIVE",
    ),
    cloud("ECS-01", "no deployment", FAIL, says(SERVICES, DEPLOYMENT, [])),
    *(
        cloud("ECS-01", f"a dip at look {number}", FAIL, at_look(number, says(SERVICES, f"{S}.runningCount", 1)), names="after")
        for number in (0, 1, 2)
    ),
    cloud("ECS-01", "flapping: a task was replaced between two looks", FAIL, at_look(1, replaced_task), names=NAME),
    cloud(
        "ECS-01",
        "flapping: a task was started anew",
        FAIL,
        at_look(
            2, lambda calls: says(TASKS, "tasks.0.startedAt", answered(TASKS, "tasks.1.startedAt").replace(year=2030))(calls)
        ),
        names=NAME,
    ),
    cloud("ECS-01", "an unhealthy task", FAIL, says(TASKS, "tasks.1.healthStatus", "UNHEALTHY")),
    cloud("ECS-01", "a healthy task", PASS, says(TASKS, "tasks.1.healthStatus", "HEALTHY")),
    cloud("ECS-01", "a task that is being stopped", FAIL, at_look(2, says(TASKS, "tasks.0.lastStatus", "DEACTIVATING"))),
    cloud("ECS-01", "a task fewer than counted", FAIL, lambda calls: says(TASKS, "tasks", answered(TASKS, "tasks")[:1])(calls)),
    cloud("ECS-01", "no such service", FAIL, says(SERVICES, "services", []), names=NAME),
    cloud("ECS-01", "no such cluster", FAIL, absent("ecs:ListServices"), names=NAME),
    cloud("ECS-01", "gone at the second look", ERROR, at_look(1, says(SERVICES, "services", []))),
    cloud("ECS-01", "the second look is denied", ERROR, at_look(1, fails(SERVICES, AccessDenied("denied"))), names="denied"),
    cloud("ECS-01", "the third look is throttled", ERROR, at_look(2, fails(TASKS, Throttled("throttled"))), names="throttled"),
    *(
        cloud("ECS-01", f"{member} not reported", ERROR, omits(SERVICES, f"{S}.{member}"))
        for member in ("desiredCount", "runningCount", "pendingCount", "deployments", "deployments.0.rolloutState")
    ),
    *(
        cloud("ECS-01", f"a task's {member} not reported", ERROR, omits(TASKS, f"tasks.0.{member}"))
        for member in ("lastStatus", "healthStatus", "startedAt")
    ),
]


def with_image(reference: str) -> Edit:
    """Let the planned container run another image."""
    resources = compliant_plan()["planned_values"]["root_module"]["resources"]
    written = next(one["values"]["container_definitions"] for one in resources if one["address"] == DEFINITION)
    container: dict[str, Any] = json.loads(written)[0]
    return planned(DEFINITION, container_definitions=json.dumps([{**container, "image": reference}]))


def placed(name: str, verdict: Verdict, names: str = "", **attributes: Any) -> Case:
    """Another network configuration on a plan: known values, or what they refer to."""

    return plan("ECS-02", name, verdict, set_inside(SERVICE, "network_configuration", **attributes), names=names)


REPOSITORY = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com"
ENI = "NetworkInterfaces.0"


SUBNET_OF = {subnet["CidrBlock"]: subnet for subnet in answered(SUBNETS, "Subnets")}
PUBLIC, PRIVATE = SUBNET_OF["10.0.1.0/24"], SUBNET_OF["10.0.11.0/24"]


EXPIRED = {"images": [], "failures": [{"imageId": {}, "failureCode": "ImageNotFound"}]}
MOVED = {
    "images": [{"imageId": {"imageDigest": "sha256:0b", "imageTag": "latest"}, "imageManifest": '{"manifests": []}'}],
    "failures": [],
}


def by_tag(calls: list[Recorded]) -> list[Recorded]:
    """Let the definition that the services run name its image by a tag, as the first one does."""
    asked = answered(SERVICES, f"{S}.taskDefinition")
    path = "taskDefinition.containerDefinitions.0.image"
    definition = next(call.pages[0] for call in calls if call.call.arguments.get("taskDefinition") == asked)
    image = image_name(definition["taskDefinition"]["containerDefinitions"][0]["image"])
    there = next(call for call in calls if call.call.operation == IMAGES and call.call.arguments["imageIds"] == [image.id])
    tagged = {**there.call.arguments, "imageIds": [{"imageTag": "latest"}]}
    calls = says(DEFINITIONS, path, f"{image.registry}/{image.repository}:latest", taskDefinition=asked)(calls)
    return answers(IMAGES, there.pages[0], **tagged)(calls)


DECLARED = [
    *(
        cloud(
            "ECS-02",
            f"another image by its digest, declared by its {how}",
            FAIL,
            *edits,
            says(TASKS, "tasks.0.containers.0.imageDigest", "sha256:0a"),
            names="sha256:0a",
        )
        for how, edits in (("digest", ()), ("tag", (by_tag,)))
    ),
    cloud("ECS-02", "declared by its tag", PASS, by_tag),
    cloud("ECS-02", "the tag was moved", FAIL, by_tag, answered_by(MOVED)),
    cloud("ECS-02", "the tag is gone", FAIL, by_tag, answered_by(EXPIRED)),
    cloud("ECS-02", "no such repository, by its tag", FAIL, by_tag, absent(IMAGES)),
    cloud("ECS-02", "expired from the repository, and running yet", PASS, answered_by(EXPIRED)),
    cloud("ECS-02", "of another repository", FAIL, in_another_repository, names="other"),
    cloud("ECS-02", "public IP assigned", FAIL, says(INTERFACES, f"{ENI}.Association", {"PublicIp": "203.0.113.7"})),
    cloud(
        "ECS-02", "in a public subnet", FAIL, says(INTERFACES, f"{ENI}.SubnetId", PUBLIC["SubnetId"]), names=PUBLIC["SubnetId"]
    ),
    cloud(
        "ECS-02",
        "in another VPC with the same addresses",
        FAIL,
        adds(SUBNETS, "Subnets", {**PRIVATE, "SubnetId": "subnet-0", "VpcId": "vpc-0"}),
        says(INTERFACES, f"{ENI}.SubnetId", "subnet-0"),
        names="subnet-0",
    ),
    *(
        cloud(
            "ECS-02",
            f"another security group, {name}",
            FAIL,
            says(INTERFACES, f"{ENI}.Groups", [{"GroupId": "sg-0", "GroupName": name}]),
            names="sg-0",
        )
        for name in ("default", "triflow-ai-production-ecs")
    ),
    cloud(
        "ECS-02", "one security group more", FAIL, adds(INTERFACES, f"{ENI}.Groups", {"GroupId": "sg-0", "GroupName": "default"})
    ),
    cloud("ECS-02", "no security group", FAIL, says(INTERFACES, f"{ENI}.Groups", [])),
    cloud("ECS-02", "no task", FAIL, says(LISTED, "taskArns", []), names=NAME),
    cloud("ECS-02", "the digest not reported", ERROR, omits(TASKS, "tasks.0.containers.0.imageDigest"), names="digest"),
    cloud(
        "ECS-02",
        "a container that AWS added",
        PASS,
        adds(TASKS, "tasks.0.containers", {"name": "aws-guardduty-agent-0a1b", "image": "x", "imageDigest": "sha256:0c"}),
    ),
    cloud("ECS-02", "a container that nobody declared", ERROR, says(TASKS, "tasks.0.containers.0.name", "miner"), names="miner"),
    cloud("ECS-02", "the interface not reported", ERROR, says(TASKS, "tasks.0.attachments", []), names="interface"),
    cloud("ECS-02", "an interface that EC2 does not have", ERROR, says(INTERFACES, "NetworkInterfaces", [])),
    cloud("ECS-02", "no such service", FAIL, says(SERVICES, "services", []), names=NAME),
    placed("public IP assigned", FAIL, assign_public_ip=True),
    placed("whether a public IP is assigned left out", PASS, assign_public_ip=None),
    placed("a public subnet", FAIL, subnets=["aws_subnet.private_a.id", "aws_subnet.public_c.id"], names="aws_subnet.public_c"),
    placed("another security group", FAIL, security_groups=["aws_security_group.rds.id"], names="aws_security_group.rds"),
    placed("one security group more", FAIL, security_groups=["aws_security_group.ecs.id", "aws_security_group.alb.id"]),
    placed("a subnet from elsewhere", UNKNOWN, subnets=["subnet-0a1b"]),
    placed("a security group from elsewhere", UNKNOWN, security_groups=["sg-0a1b"]),
    plan("ECS-02", "of another repository", FAIL, with_image(f"{REPOSITORY}/other:latest"), names="other"),
    plan("ECS-02", "of another registry", FAIL, with_image("python:3.13"), names="python"),
    plan("ECS-02", "by its digest", PASS, with_image(f"{REPOSITORY}/triflow-ai-backend@sha256:0a")),
    plan("ECS-02", "no network configuration", ERROR, planned(SERVICE, network_configuration=[])),
    plan("ECS-02", "no such service", FAIL, without(SERVICE)),
    plan("ECS-02", "containers known after apply", UNKNOWN, unknown(DEFINITION, "container_definitions")),
    plan(
        "ECS-02", "a task definition from elsewhere", UNKNOWN, planned(SERVICE, task_definition="triflow-ai-production-backend:7")
    ),
]


def previous() -> str:
    """How the previous revision is asked for."""
    arn: str = answered(SERVICES, f"{S}.taskDefinition")
    family, _, revision = arn.rpartition(":")
    return f"{family}:{int(revision) - 1}"


def of_previous(edit: Any, *arguments: Any) -> Edit:
    """An edit of what ECS says of the previous revision alone."""
    return lambda calls: edit(DEFINITIONS, *arguments, taskDefinition=previous())(calls)


def first_revision(calls: list[Recorded]) -> list[Recorded]:
    """Let the service run the first revision of its task definition."""
    current = answered(SERVICES, f"{S}.taskDefinition")
    first = f"{current.rpartition(':')[0]}:1"
    deployments = [{**one, "taskDefinition": first} for one in answered(SERVICES, DEPLOYMENT)]
    definition = next(call.pages[0] for call in calls if call.call.arguments.get("taskDefinition") == current)
    for edit in (
        says(SERVICES, f"{S}.taskDefinition", first),
        says(SERVICES, DEPLOYMENT, deployments),
        answers(DEFINITIONS, definition, taskDefinition=first),
    ):
        calls = edit(calls)
    return calls


BACK = [
    cloud("ROLL-01", "the first revision", FAIL, first_revision, names="deploy once more"),
    *(
        cloud("ROLL-01", f"the revision is {state}", FAIL, of_previous(says, "taskDefinition.status", state), names=state)
        for state in ("INACTIVE", "DELETE_IN_PROGRESS")
    ),
    cloud("ROLL-01", "the revision is gone", FAIL, of_previous(absent)),
    cloud("ROLL-01", "image expired by lifecycle policy", FAIL, answered_by(EXPIRED)),
    cloud("ROLL-01", "no such repository", FAIL, absent(IMAGES)),
    cloud("ROLL-01", "its state not reported", ERROR, of_previous(omits, "taskDefinition.status"), names="status"),
    cloud("ROLL-01", "its containers not reported", ERROR, of_previous(omits, "taskDefinition.containerDefinitions")),
    cloud("ROLL-01", "the digest not reported", ERROR, omits(IMAGES, "images.0.imageId.imageDigest")),
    cloud("ROLL-01", "no such service", FAIL, says(SERVICES, "services", []), names=NAME),
]

THREE_LOOKS = changed(profile(), "service", samples=3)
"""So that one look is neither the first nor the last."""
CASES: list[Case] = [*(replace(case, expected=THREE_LOOKS) for case in STEADY), *DECLARED, *BACK]
