"""Filter patterns of CloudWatch Logs, tried out on lines."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from stackproof.core.resource import Resource, field
from stackproof.sources.aws.facts import AwsFacts

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader

TEST = "logs:TestMetricFilter"


class PatternOn(str):
    """A filter pattern, and the lines that it is tried on: 50 at most (TestMetricFilter)."""

    lines: tuple[str, ...]

    def __new__(cls, pattern: str, lines: Sequence[str]) -> "PatternOn":
        made = super().__new__(cls, pattern)
        made.lines = tuple(lines)
        return made

    def test(self, aws: "Reader") -> "Answer":
        """The answer of TestMetricFilter about the pattern and its lines; CloudWatch Logs keeps nothing of it."""
        return aws.read(TEST, filterPattern=str(self), logEventMessages=self.lines)


def _selected(facts: AwsFacts) -> tuple[str, ...]:
    return tuple(match["eventMessage"] for match in facts.at("answer").items("matches"))


class FilterPattern(Resource):
    """A filter pattern, as whatever evaluates it understands it."""

    operations = (TEST,)

    selected: tuple[str, ...] = field(aws=_selected)
    """The lines that it selects."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[FilterPattern]":
        """One for each name; ``names`` are `PatternOn`."""
        patterns = [name for name in names if isinstance(name, PatternOn)]
        answers = aws.together(*[partial(pattern.test, aws) for pattern in patterns])
        return [
            cls(str(pattern), AwsFacts(aws, {"answer": answer}, answer.source), answer.source)
            for pattern, answer in zip(patterns, answers, strict=True)
        ]
