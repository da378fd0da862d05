"""The collection of what must have tags."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from stackproof.collections.registry import collection
from stackproof.core.resource import StaticOrigin
from stackproof.core.verdicts import CouldNotVerify, NotDeclared, NotYetKnown
from stackproof.profile.base import not_declared
from stackproof.profile.tags import Tags
from stackproof.resources.tagged import Tagged
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.targets.base import Stage

_TAGS = "tags_all"
"""The provider gives its default tags to every type that has it."""


@collection
def tagged_resources(stage: Stage) -> tuple[Tagged, ...]:
    """Every planned resource that can have tags and, by ``[tags]``, must. Raises `NotDeclared` where no tag is required, and of none."""
    expected, plan = stage.profile.tags, stage.plan()
    if not expected.is_declared:
        raise not_declared(Tags, "required")
    found = tuple(
        Tagged(str(block), StaticOrigin({"tags": _tags(block)}, block.source), block.source)
        for block in plan.every()
        if block.has(_TAGS) and _is_among(block.type, expected.types) and not _is_among(block.type, expected.without)
    )
    if not found:
        raise NotDeclared("the plan makes nothing that must have tags", read=("Tagged", "all", "none", plan.where))
    return found


def _is_among(type: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(type, pattern) for pattern in patterns)


def _tags(block: PlannedBlock) -> object:
    """The tags, or the error that stands for them."""
    try:
        tags = block.at(_TAGS)
    except (NotYetKnown, CouldNotVerify) as error:
        return error
    return tags if isinstance(tags, Mapping) else CouldNotVerify(f"{_TAGS} is no map: {tags!r}") if tags else {}
