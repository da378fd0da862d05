"""stackproof: prove that an AWS stack meets its documented conditions, before and after it is deployed.

What a project writes its own controls with is here: `control`, `collection` and `register`.
"""

from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "control": "stackproof.core.controls",
    "collection": "stackproof.collections.registry",
    "register": "stackproof.resources",
}
"""The module of each public name; imported when it is asked for. ``__init__.pyi`` has their types."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _PUBLIC:
        raise AttributeError(f"module 'stackproof' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)
