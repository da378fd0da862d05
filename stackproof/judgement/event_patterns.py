"""EventBridge's event patterns, evaluated here: which events a rule is about.

Source: Amazon EventBridge user guide, "Comparison operators for use in event patterns".
"""

import operator
from collections.abc import Mapping, Sequence
from typing import Any

from stackproof.core.verdicts import CouldNotVerify
from stackproof.judgement.access import matches as matches_wildcard

Event = Mapping[str, Any]


def selects(pattern: Mapping[str, Any], event: Event) -> bool:
    """True if a pattern is about an event. Raises `CouldNotVerify` for an operator that is not known here, where it decides.

    >>> event = {"source": "aws.iam", "detail": {"eventName": "PutUserPolicy", "userIdentity": {"type": "Root"}}}
    >>> def about(**detail):
    ...     return selects({"source": ["aws.iam"], "detail": detail}, event)
    >>> about(eventName=["PutUserPolicy"]), about(eventName=[{"prefix": "Put"}]), about(eventName=["PutRolePolicy"])
    (True, True, False)
    >>> about(userIdentity={"type": ["Root"]}), about(errorCode=[{"exists": False}]), about(eventName=[{"anything-but": ["PutUserPolicy"]}])
    (True, True, False)
    >>> about(**{"$or": [{"eventName": ["x"]}, {"userIdentity": {"type": ["Root"]}}]}), about(eventName=[{"wildcard": "Put*Policy"}])
    (True, True)
    >>> about(eventName=[{"near": "Put"}])
    Traceback (most recent call last):
    stackproof.core.verdicts.CouldNotVerify: the operator 'near' of an event pattern is not known here: judge the rule by hand
    """
    return all(
        any(selects(one, event) for one in wanted) if name == "$or" else _holds(wanted, event.get(name))
        for name, wanted in pattern.items()
    )


def _holds(wanted: Any, found: Any) -> bool:
    """Whether what an event has is what a part of a pattern is about; of a list, one item is enough.

    >>> _holds(["a", "b"], "b"), _holds(["a"], ["x", "a"]), _holds(["a"], ["x"]), _holds({"a": ["b"]}, "a")
    (True, True, False, False)
    """
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and selects(wanted, found) if found is not None else _expects_nothing(wanted)
    values = found if isinstance(found, list) else [found]
    return any(_is_one(one, value) for one in wanted for value in values)


def _expects_nothing(pattern: Mapping[str, Any]) -> bool:
    """Whether a pattern is about what is not there, whatever it is inside of.

    >>> absent, there = [{"exists": False}], ["x"]
    >>> [_expects_nothing(one) for one in ({"a": absent}, {"a": absent, "b": there}, {"a": {"b": absent}})]
    [True, False, True]
    """
    return all(_holds(wanted, None) for wanted in pattern.values())


def _is_one(wanted: Any, found: Any) -> bool:
    """Whether a value is what is wanted: the same, or all that is said of it holds. True is no 1.

    >>> _is_one("a", "a"), _is_one(1, True), [_is_one({"prefix": "a", "suffix": "c"}, one) for one in ("abc", "ab")]
    (True, False, [True, False])
    """
    if not isinstance(wanted, Mapping):
        return bool(wanted == found) and isinstance(wanted, bool) == isinstance(found, bool)
    return all(_compares(how, value, found) for how, value in wanted.items())


def _compares(how: str, wanted: Any, found: Any) -> bool:
    """Whether a value compares with what is wanted. Raises `CouldNotVerify` for an operator that is not known here.

    >>> [_compares("anything-but", ["a", "b"], found) for found in ("a", "c", None)]
    [False, True, False]
    >>> [_compares("prefix", {"equals-ignore-case": "PUT"}, found) for found in ("Putting", "Get", None)]
    [True, False, False]
    >>> [_compares("suffix", "x", found) for found in ("ax", "xa", None, 1)]
    [True, False, False, False]
    >>> [_compares("equals-ignore-case", "AB", found) for found in ("ab", "AB", "abc", None)]
    [True, True, False, False]
    >>> [_compares("wildcard", "a*c", found) for found in ("abc", "ab", None)], _compares("wildcard", "a?c", "abc")
    ([True, False, False], False)
    >>> [_compares("numeric", [">", 0], found) for found in (1, 0.5, 0, True, "1", None)]
    [True, True, False, False, False, False]
    """
    text = found if isinstance(found, str) else None
    match how:
        case "exists":
            return (found is not None) is bool(wanted)
        case "anything-but":
            return found is not None and not any(
                _is_one(one, found) for one in (wanted if isinstance(wanted, list) else [wanted])
            )
        case "prefix" | "suffix" if isinstance(wanted, Mapping):
            ignoring = str(wanted.get("equals-ignore-case", ""))
            return text is not None and _begins_or_ends(how, ignoring.lower(), text.lower())
        case "prefix" | "suffix":
            return text is not None and _begins_or_ends(how, str(wanted), text)
        case "equals-ignore-case":
            return text is not None and text.lower() == str(wanted).lower()
        case "wildcard":
            return text is not None and "?" not in str(wanted) and matches_wildcard(str(wanted), text)
        case "numeric":
            return isinstance(found, int | float) and not isinstance(found, bool) and _is_in(wanted, found)
        case _:
            raise CouldNotVerify(f"the operator {how!r} of an event pattern is not known here: judge the rule by hand")


def _begins_or_ends(how: str, wanted: str, text: str) -> bool:
    return text.startswith(wanted) if how == "prefix" else text.endswith(wanted)


def _is_in(bounds: Sequence[Any], number: float) -> bool:
    """
    >>> _is_in([">=", 4], 7.5), _is_in([">", 0, "<=", 5], 6), _is_in(["=", 3], 3)
    (True, False, True)
    >>> _is_in([">"], 1)
    Traceback (most recent call last):
    ValueError: zip() argument 2 is shorter than argument 1
    """
    compares = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq}
    return all(compares[name](number, bound) for name, bound in zip(bounds[::2], bounds[1::2], strict=True))
