"""The properties of a control's test case in the junit.xml that pytest writes."""

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
