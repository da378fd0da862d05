"""The properties of a control's test case in the junit.xml that pytest writes, and those of the run."""

from collections.abc import Iterable

import pytest
from _pytest.junitxml import xml_key  # offered nowhere else

from stackproof.core.results import ControlResult
from stackproof.reports.text import examined
from stackproof.util.text import visible

MOST_RESOURCES = 1000
"""That are named; results.json has all."""


def properties(result: ControlResult) -> list[tuple[str, str]]:
    """Name and value pairs for `user_properties` of the report that ends the test; one pair a resource, as far as they are few."""
    return [
        ("control", visible(result.id)),
        ("severity", visible(result.severity)),
        ("verdict", result.verdict.value),
        *(("resource", visible(name)) for name in examined(result)[:MOST_RESOURCES]),
    ]


def add_facts(config: pytest.Config, extent: str, bystanders: Iterable[str], not_judged: Iterable[str]) -> None:
    """Name in the properties of the whole how much was selected, what else took part, and which selected controls have no verdict."""
    xml = config.stash.get(xml_key, None)
    if xml is None:
        return
    if extent:
        xml.add_global_property("extent", visible(extent))
    for said in bystanders:
        xml.add_global_property("took part", visible(said))
    for id in not_judged:
        xml.add_global_property("not judged", visible(id))
