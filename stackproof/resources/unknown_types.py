"""The types of Terraform that no resource here is read from: what a plan has of them, no control judges, and a run says so."""

import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


@cache
def _looked_at() -> re.Pattern[str]:
    """The types that some resource is read from or told by: all that the modules beside this one name, put together or not."""
    sources = (file.read_text(encoding="utf-8") for file in Path(__file__).parent.glob("*.py"))
    names = {name for text in sources for name in re.findall(r'"(aws_[a-z0-9_{}]+)"', text)}
    return re.compile("|".join(re.sub(r"\{[a-z_]+\}", "[a-z0-9_]+", name) for name in sorted(names)))


def unknown_types(document: Mapping[str, Any]) -> tuple[Mapping[str, int], int]:
    """The types of a plan's managed resources that nothing here looks at, each with how many there are; and how many resources there are.

    >>> managed = [{"mode": "managed", "type": kind} for kind in ("aws_vpc", "other_thing", "other_thing")]
    >>> unknown_types({"resource_changes": [*managed, {"mode": "data", "type": "other_data"}]})
    ({'other_thing': 2}, 3)
    """
    types = Counter(one["type"] for one in document.get("resource_changes", ()) if one.get("mode") == "managed")
    return {name: count for name, count in sorted(types.items()) if not _looked_at().fullmatch(name)}, types.total()
