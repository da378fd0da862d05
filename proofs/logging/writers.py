"""Who writes to log groups."""

import json
from collections.abc import Callable
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, adds, answered, omits, planned, says, unknown, unset, with_resource, without
from proofs.logging.edits import another, another_planned
from stackproof.core.verdicts import Verdict

CLUSTERS, CLUSTER = "ecs:DescribeClusters", "aws_ecs_cluster.main"
DEFINITION = "ecs:DescribeTaskDefinition"
CONTAINERS = "taskDefinition.containerDefinitions"
INSIGHTS = "containerInsights"
Change = Callable[[dict[str, Any]], object]


def container(name: str, verdict: Verdict, message: str, change: Change) -> list[Case]:
    """The service's container, changed in place."""

    def edit(document: dict[str, Any]) -> None:
        address = "aws_ecs_task_definition.backend"
        (one,) = (one for one in document["resource_changes"] if one["address"] == address)
        planned(address, container_definitions=json.dumps(changed(json.loads(one["change"]["after"]["container_definitions"]))))(
            document
        )

    def changed(containers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        change(containers[0])
        return containers

    def reported(calls: Any) -> Any:
        containers = changed(json.loads(json.dumps(answered(DEFINITION, CONTAINERS))))
        return says(DEFINITION, CONTAINERS, containers)(calls)

    return [cloud("LOG-07", name, verdict, reported, names=message), plan("LOG-07", name, verdict, edit, names=message)]


def option(name: str, value: str) -> Change:
    return lambda one: one["logConfiguration"]["options"].update({name: value})


def variable(name: str, value: str) -> Change:
    return lambda one: one["environment"].append({"name": name, "value": value})


def insights(value: str) -> list[dict[str, str]]:
    return [{"name": INSIGHTS, "value": value}]


OTHER: Edit = adds(CLUSTERS, "clusters", {"clusterName": "atlantis", "status": "ACTIVE", "settings": insights("disabled")})
NOT_OWN = "which is not one of its own"

CASES = [
    *container("a group for itself", FAIL, "awslogs-create-group", option("awslogs-create-group", "true")),
    *container("no group for itself", PASS, "", option("awslogs-create-group", "false")),
    *container("another service's group", FAIL, NOT_OWN, option("awslogs-group", "/aws/ecs/atlantis/application")),
    *container("an implicit group", FAIL, NOT_OWN, option("awslogs-group", "/aws/ecs/triflow-ai-production")),
    *container("no group", FAIL, "awslogs-group is missing", lambda one: one["logConfiguration"]["options"].pop("awslogs-group")),
    *container("another driver", FAIL, "splunk, not awslogs", lambda one: one["logConfiguration"].update(logDriver="splunk")),
    *container("no driver", FAIL, "it has no log driver", lambda one: one.pop("logConfiguration")),
    *container("told another group", FAIL, "AUDIT_LOG_GROUP is /aws/ecs/other", variable("AUDIT_LOG_GROUP", "/aws/ecs/other")),
    cloud("LOG-02", "an implicit group is there", ERROR, another("/aws/ecs/atlantis-prod"), names="/aws/ecs/atlantis-prod"),
    cloud("LOG-02", "a group that nobody declared", ERROR, another("/aws/ecs/api/audit"), names="/aws/ecs/api/audit"),
    cloud("LOG-02", "another team's group", PASS, another("/aws/ecs/other")),
    cloud("LOG-07", "containers not told", ERROR, omits(DEFINITION, CONTAINERS)),
    plan("LOG-02", "a group that nobody declared", ERROR, another_planned("/aws/ecs/api/audit"), names="/aws/ecs/api/audit"),
    plan("LOG-07", "containers known after apply", UNKNOWN, unknown("aws_ecs_task_definition.backend", "container_definitions")),
    cloud("LOG-16", "disabled", FAIL, says(CLUSTERS, "clusters.0.settings", insights("disabled"))),
    cloud(
        "LOG-16",
        "a cluster that is not described",
        ERROR,
        says(CLUSTERS, "failures", [{"arn": "arn:other", "reason": "MISSING"}]),
        names="arn:other (MISSING)",
    ),
    cloud("LOG-16", "enhanced", PASS, says(CLUSTERS, "clusters.0.settings", insights("enhanced"))),
    cloud("LOG-16", "disabled on another cluster", FAIL, OTHER, names="atlantis"),
    cloud(
        "LOG-16",
        "a cluster that was deleted",
        PASS,
        adds(CLUSTERS, "clusters", {"clusterName": "gone", "status": "INACTIVE", "settings": []}),
    ),
    cloud("LOG-16", "no cluster", FAIL, says("ecs:ListClusters", "clusterArns", [])),
    cloud("LOG-16", "settings not told", ERROR, omits(CLUSTERS, "clusters.0.settings")),
    cloud("LOG-16", "another setting alone", ERROR, says(CLUSTERS, "clusters.0.settings", [{"name": "x", "value": "y"}])),
    plan("LOG-16", "disabled", FAIL, planned(CLUSTER, setting=insights("disabled"))),
    plan("LOG-16", "enhanced", PASS, planned(CLUSTER, setting=insights("enhanced"))),
    plan(
        "LOG-16",
        "disabled on another cluster",
        FAIL,
        with_resource("aws_ecs_cluster.other", name="atlantis", setting=insights("disabled")),
        names="atlantis",
    ),
    plan("LOG-16", "no cluster", FAIL, without(CLUSTER)),
    plan("LOG-16", "what the account has by default", UNKNOWN, unset(CLUSTER, "setting")),
]
