"""Observations of a run by other means than a call of AWS's API: Terraform, checkov, git, a file, a connection.

Such facts are at hand when a resource is made (`stackproof.core.resource.StaticOrigin`), and no call and no plan has them. They are kept as
an evidence file, a collection of `stackproof.collections` each, and made again from it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stackproof.core import verdicts
from stackproof.core.partial import Partial
from stackproof.core.provenance import Provenance, evidence_behind
from stackproof.core.resource import FailedOrigin, Resource, StaticOrigin
from stackproof.core.verdicts import CouldNotVerify, DeclaredButMissing, NotApplicable, NotDeclared, NotYetKnown
from stackproof.redaction.redaction import redact, redact_data
from stackproof.resources import kinds


def to_data(made: object) -> Any:
    """A collection as JSON data, secrets hidden; None for one that can be made again from calls and a plan.

    >>> from stackproof.resources.sources import Formatting
    >>> to_data((Formatting("app", StaticOrigin({"unformatted": ("a.tf",)}, "terraform fmt"), "terraform fmt"),))
    [{'kind': 'sources.Formatting', 'name': 'app', 'source': 'terraform fmt', 'facts': {'unformatted': ['a.tf']}}]
    """
    try:
        if isinstance(made, Resource):
            return _from_resource(made)
        if isinstance(made, tuple):
            return [_from_resource(one) for one in made]
        if type(made) is Partial:
            return {"known": [_from_resource(one) for one in made.known], "rest": error_to_data(made.rest)}
    except _ElsewhereError:
        pass
    return None


def from_data(data: Any, path: str) -> Any:
    """The collection that `to_data` gave; ``path`` is its evidence file. Raises `ValueError` for other data."""
    try:
        if isinstance(data, list):
            return tuple(_to_resource(one, path) for one in data)
        if "known" in data:
            return Partial([_to_resource(one, path) for one in data["known"]], error_from_data(data["rest"]))
        return _to_resource(data, path)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: not a collection: {type(error).__name__} {error}") from None


def error_to_data(error: Exception) -> dict[str, Any]:
    """How a collection ended instead, with all that a judgement takes from it.

    >>> error_to_data(NotApplicable("there is no plan"))
    {'kind': 'NotApplicable', 'message': 'there is no plan'}
    >>> error_to_data(NotDeclared("no tables", read=("DynamodbTable", "all", "none", Provenance("the plan", "documents/plan.json.gz"))))
    {'kind': 'NotDeclared', 'message': 'no tables', 'read': ['DynamodbTable', 'all', 'none', 'the plan', 'documents/plan.json.gz']}
    """
    from stackproof.core.runner import message_of

    ours = (kind.__name__ for kind in type(error).__mro__ if kind.__module__ == verdicts.__name__)
    data: dict[str, Any] = {"kind": next(ours, CouldNotVerify.__name__), "message": message_of(error)}
    if isinstance(error, NotDeclared):
        data |= {"needs": [*error.needs]} if error.needs else {}
        data |= {"read": [*map(redact, error.read), *evidence_behind(error.read[-1])]} if error.read else {}
    if isinstance(error, NotYetKnown) and error.candidates is not None:
        data["candidates"] = [*error.candidates]
    return data


def error_from_data(data: Mapping[str, Any]) -> Exception:
    """The error that `error_to_data` gave. Raises `ValueError` for one that no collection ends in."""
    kind = getattr(verdicts, data["kind"], None)
    if not (
        isinstance(kind, type)
        and issubclass(kind, CouldNotVerify | NotApplicable | NotDeclared | NotYetKnown | DeclaredButMissing)
    ):
        raise ValueError(f"no collection ends in {data['kind']}")
    error: Exception = kind(data["message"])
    if isinstance(error, NotDeclared):
        error.needs = tuple(data.get("needs", ()))
        if "read" in data:
            resource, field, value, source, *evidence = data["read"]
            error.read = resource, field, value, Provenance(source, *evidence)
    if isinstance(error, NotYetKnown) and "candidates" in data:
        error.candidates = tuple(data["candidates"])
    return error


FOLDER = "observations"
"""Of an evidence folder. What is judged again comes from there, and is kept again."""


class _ElsewhereError(Exception):
    """The facts lie elsewhere, or are of a kind that JSON cannot hold."""


def _from_resource(resource: Resource) -> dict[str, Any]:
    about: dict[str, Any] = {"kind": _name(type(resource)), "name": resource.name}
    match resource.origin:
        case StaticOrigin(facts=facts, source=source) if all(path.startswith(f"{FOLDER}/") for path in evidence_behind(source)):
            given = {name: _from_value(value) for name, value in facts.items()}
            return {**about, "source": redact(source), "facts": redact_data(given)}
        case FailedOrigin(error=error):
            return {**about, "source": redact(resource.source), "error": error_to_data(error)}
    raise _ElsewhereError


def _to_resource(data: Mapping[str, Any], path: str) -> Resource:
    kind = next((kind for kind in kinds() if _name(kind) == data["kind"]), None)
    if kind is None:
        raise CouldNotVerify(
            f"{path}: no registered resource is of the kind {data['kind']}: register it (stackproof.resources.register) in the conftest.py "
            "of this repository, as where the run was made"
        )
    source = Provenance(data["source"], path)
    if "error" in data:
        return kind(data["name"], FailedOrigin(error_from_data(data["error"])), source)
    return kind(
        data["name"], StaticOrigin({name: _to_value(value, path) for name, value in data["facts"].items()}, source), source
    )


def _name(kind: type[Resource]) -> str:
    return f"{kind.__module__.rpartition('.')[2]}.{kind.__qualname__}"


def _from_value(value: object) -> Any:
    """A fact as JSON can hold it.

    >>> _from_value({"added": frozenset({"b", "a"}), "at": datetime(2026, 1, 20), "list": [1]})
    {'added': {'$set': ['a', 'b']}, 'at': {'$date': '2026-01-20T00:00:00'}, 'list': {'$list': [1]}}
    """
    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return [_from_value(part) for part in value]
        case list():
            return {"$list": [_from_value(part) for part in value]}
        case set() | frozenset():
            return {"$set": [_from_value(part) for part in sorted(value, key=repr)]}
        case datetime():
            return {"$date": value.isoformat()}
        case Mapping():
            pairs = [(key, _from_value(part)) for key, part in value.items()]
            if all(isinstance(key, str) and not key.startswith("$") for key, _ in pairs):
                return dict(pairs)
            return {"$items": [[_from_value(key), part] for key, part in pairs]}
        case Resource():
            return {"$resource": _from_resource(value)}
        case Exception():
            return {"$error": error_to_data(value)}
    raise _ElsewhereError


def _to_value(value: Any, path: str) -> Any:
    """
    >>> _to_value(_from_value({"set": frozenset({1}), "tuple": (1, [2]), "at": datetime(2026, 1, 20)}), "")
    {'set': frozenset({1}), 'tuple': (1, [2]), 'at': datetime.datetime(2026, 1, 20, 0, 0)}
    """
    match value:
        case {"$list": parts}:
            return [_to_value(part, path) for part in parts]
        case {"$set": parts}:
            return frozenset(_to_value(part, path) for part in parts)
        case {"$items": pairs}:
            return {_to_value(key, path): _to_value(part, path) for key, part in pairs}
        case {"$date": moment}:
            return datetime.fromisoformat(moment)
        case {"$error": error}:
            return error_from_data(error)
        case {"$resource": resource}:
            return _to_resource(resource, path)
        case list():
            return tuple(_to_value(part, path) for part in value)
        case dict():
            return {key: _to_value(part, path) for key, part in value.items()}
    return value
