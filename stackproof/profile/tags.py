"""The table about tags."""

from collections.abc import Mapping

from pydantic import Field

from stackproof.profile.base import Table


class Tags(Table):
    """The tags that tell whose a resource is, and who pays for it."""

    required: Mapping[str, tuple[str, ...]] = Field(min_length=1)
    """Each with its legal values; none given: any but the empty one."""
    types: tuple[str, ...] = ("*",)
    """The types of Terraform that have them, in which ``*`` stands for any text; of every type that can have tags, if it does not say."""
    without: tuple[str, ...] = ()
    """Types that need none."""
