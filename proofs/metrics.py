"""Edits of what CloudWatch has measured."""

import copy
from dataclasses import replace
from typing import Any

from proofs.harness import Edit
from stackproof.resources.metrics import DATA
from stackproof.sources.replay import Recorded

NOTHING: dict[str, Any] = {"Timestamps": [], "Values": []}


def measured(metric: str, *, only: str = "", **changes: Any) -> Edit:
    """Let the answers about a metric (``AWS/ECS CPUUtilization``) say something else; of that with one dimension alone, if it is named.

    A member that is None is left out; without any change the metric itself is.
    """

    def edit(calls: list[Recorded]) -> list[Recorded]:
        edited = [_edited(one) if one.call.operation == DATA else one for one in calls]
        assert edited != calls, f"there is no {metric} {only}: the edit would change nothing"
        return edited

    def _edited(one: Recorded) -> Recorded:
        meant = {query["Id"] for query in one.call.arguments["MetricDataQueries"] if is_meant(query["MetricStat"]["Metric"])}
        pages = copy.deepcopy(one.pages)
        for page in pages:
            results = page["MetricDataResults"]
            for result in [result for result in results if result["Id"] in meant]:
                if changes:
                    result.update(changes)
                else:
                    results.remove(result)
        return replace(one, pages=pages)

    def is_meant(asked: dict[str, Any]) -> bool:
        values = [dimension["Value"] for dimension in asked["Dimensions"]]
        return f"{asked['Namespace']} {asked['MetricName']}" == metric and (not only or only in values)

    return edit
