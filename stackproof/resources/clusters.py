"""Amazon ECS: clusters."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stackproof.core.resource import Resource, field
from stackproof.core.verdicts import NotYetKnown
from stackproof.sources.aws.facts import AwsFacts, described
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader

SETTING = "containerInsights"
MOST = 100
"""Clusters that DescribeClusters takes at a time."""


def _answered_insights(cluster: AwsFacts) -> str | None:
    settings = {one["name"]: one["value"] for one in cluster.at("settings") or ()}
    return settings.get(SETTING)


def _planned_insights(cluster: PlannedBlock) -> object:
    """Raises `NotYetKnown` where the sources leave it out: the account's setting decides then."""
    for setting in cluster.written_blocks("setting"):
        if setting.at("name") == SETTING:
            return setting.at("value")
    raise NotYetKnown(f"{cluster.source}: no setting {SETTING}; what the account has by default shows after apply")


class Cluster(Resource):
    """An ECS cluster."""

    operations = ("ecs:ListClusters", "ecs:DescribeClusters")
    terraform = ("aws_ecs_cluster",)

    container_insights: str = field(aws=_answered_insights, plan=_planned_insights)
    """``enabled``, ``enhanced``, ``disabled``."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[Cluster]":
        del names  # every one of the region
        arns = aws.read("ecs:ListClusters", maxResults=100).items("clusterArns")
        answers = [
            aws.read("ecs:DescribeClusters", clusters=arns[at : at + MOST], include=["SETTINGS"])
            for at in range(0, len(arns), MOST)
        ]
        return [
            cls(one["clusterName"], AwsFacts(aws, one, answer.source), answer.source)
            for answer in answers
            for one in described(answer, "clusters")
            if one.get("status") != "INACTIVE"  # deleted, and still shown for a while
        ]
