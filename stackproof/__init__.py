"""stackproof: prove that an AWS stack meets its documented conditions, before and after it is deployed.

What a project writes controls of its own with is here; `stackproof.testing` is what it proves them with.
"""

from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "Reader": "stackproof.sources.aws.source",
    "Resource": "stackproof.core.resource",
    "Stage": "stackproof.targets.base",
    "collection": "stackproof.collections.registry",
    "control": "stackproof.core.controls",
    "field": "stackproof.core.resource",
    "listed": "stackproof.sources.aws.facts",
    "of_own": "stackproof.collections.stack",
    "register": "stackproof.resources",
}
"""The module of each public name; imported when it is asked for. ``__init__.pyi`` has their types."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _PUBLIC:
        raise AttributeError(f"module 'stackproof' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)
