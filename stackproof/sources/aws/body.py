"""The bodies of answers: one that is none of the service's is no answer, and neither is one whose values or pages are not whole.

botocore reads JSON that is none as an empty answer, an HTML page as XML, every word but ``true`` as false, a text in the place of a list as
an empty list, and takes the first page for the last where the token of the next one is no text.
"""

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel, Shape

_JSON = ("json", "rest-json")
_XML = ("query", "ec2", "rest-xml")
_BOOLEANS = {"true": True, "false": False}


class NoAnswer(Exception):
    """The endpoint's body is no answer of the service; the message says what it is, without its text."""


def install(client: "BaseClient") -> None:
    """Have a client raise `NoAnswer` for such a body."""
    client.meta.events.register("before-parse", _require_answer, unique_id="stackproof-body")
    client._endpoint._response_parser_factory = _Strict()


def _require_answer(operation_model: "OperationModel", response_dict: dict[str, Any], **_: Any) -> None:
    body, protocol = response_dict["body"], operation_model.service_model.resolved_protocol
    if _is_a_document(operation_model) or response_dict["status_code"] >= 300 or not isinstance(body, bytes):
        return
    if problem := problem_of(body, protocol):
        raise NoAnswer(problem)


def _is_a_document(operation: "OperationModel") -> bool:
    """True where the body is not in the protocol's language but what was asked for itself: the JSON of ``s3:GetBucketPolicy``."""
    output = operation.output_shape
    payload = output.serialization.get("payload") if output else None
    return output is not None and payload is not None and output.members[payload].type_name in ("string", "blob")


def problem_of(body: bytes, protocol: str) -> str:
    """Why a body is no answer in a protocol of AWS's, by its ends; empty for one that may be.

    >>> problem_of(b"<!DOCTYPE html><html>...</html>", "json"), problem_of(b'{"logGroups": [{"arn', "json"), problem_of(b"{}", "json")
    ('an HTML page', 'cut off', '')
    """
    body = body.strip()
    beginning = body[:200].lower()
    if not body or protocol not in (*_JSON, *_XML):
        return ""
    if beginning.startswith((b"<!doctype html", b"<html")):
        return "an HTML page"
    start, end, language = (b"{", b"}", "JSON") if protocol in _JSON else (b"<", b">", "XML")
    if not body.startswith(start):
        return f"no {language}"
    return "" if body.endswith(end) else "cut off"


def require_token(page: Mapping[str, Any]) -> None:
    """Raise `NoAnswer` for a page whose token of the next one is no text.

    >>> require_token({"logGroups": [], "nextToken": 0})
    Traceback (most recent call last):
    stackproof.sources.aws.body.NoAnswer: nextToken is 0, which is no token
    """
    for member, value in page.items():
        if member.lower().endswith(_TOKENS) and not isinstance(value, str):
            raise NoAnswer(f"{member} is {str(value)[:40]}, which is no token")


def require_end(page: Mapping[str, Any]) -> None:
    """Raise `NoAnswer` for a last page that says that there is another.

    >>> require_end({"Users": [], "IsTruncated": True})
    Traceback (most recent call last):
    stackproof.sources.aws.body.NoAnswer: IsTruncated is true on the last page
    """
    for member in _TRUNCATED:
        if page.get(member):
            raise NoAnswer(f"{member} is true on the last page")


_TOKENS = ("token", "marker", "position")
_TRUNCATED = ("IsTruncated", "Truncated")


class _Strict:
    """botocore's parsers, each with booleans, lists and structures that are some."""

    def create_parser(self, protocol: str) -> Any:
        return _strict(protocol)()


@functools.cache
def _strict(protocol: str) -> type:
    from botocore.parsers import PROTOCOL_PARSERS

    parser: type = PROTOCOL_PARSERS[protocol]
    if protocol not in (*_JSON, *_XML):
        return parser
    is_json = protocol in _JSON

    def parse(self: Any, *arguments: Any) -> Any:
        try:
            return parser.parse(self, *arguments)  # type: ignore[attr-defined]
        except (TypeError, ValueError, ArithmeticError) as error:  # what is no number, and no time
            raise NoAnswer(type(error).__name__) from None

    def boolean(_: object, shape: "Shape", value: Any) -> bool:
        text = getattr(value, "text", value)
        found = text if isinstance(text, bool) else _BOOLEANS.get(str(text).lower()) if protocol != "json" else None
        if found is None:
            raise NoAnswer(f"{shape.name} is {str(text)[:40]!r} in it, which is no boolean")
        return found

    def of(handler: str, kind: type, word: str) -> Callable[..., Any]:
        handled = getattr(parser, handler)

        def handle(self: Any, shape: Any, value: Any) -> Any:
            is_one = value is None or isinstance(value, kind) or getattr(shape, "is_document_type", False)
            if not (is_one if is_json else _is_without_text(shape, value)):
                raise NoAnswer(f"{shape.name} is no {word} in it")
            return handled(self, shape, value)

        return handle

    handlers = {"parse": parse, "_handle_boolean": boolean, "_handle_list": of("_handle_list", list, "list")}
    if is_json:
        handlers |= {"_handle_structure": of("_handle_structure", dict, "object"), "_handle_map": of("_handle_map", dict, "map")}
    return type(parser.__name__, (parser,), handlers)


def _is_without_text(shape: Any, node: Any) -> bool:
    """True for an element of XML that may be a list: nothing but elements stands in it."""
    return isinstance(node, list) or bool(shape.serialization.get("flattened")) or not (node.text or "").strip()
