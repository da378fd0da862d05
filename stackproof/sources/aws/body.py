"""The bodies of answers: one that is none of the service's is no answer, and a word that is no boolean is none.

botocore reads JSON that is none as an empty answer, an HTML page as XML, and every word but ``true`` as false.
"""

import functools
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


class _Strict:
    """botocore's parsers, each with booleans that are some."""

    def create_parser(self, protocol: str) -> Any:
        return _strict(protocol)()


@functools.cache
def _strict(protocol: str) -> type:
    from botocore.parsers import PROTOCOL_PARSERS

    def read(_: object, shape: "Shape", value: Any) -> bool:
        text = getattr(value, "text", value)
        found = text if isinstance(text, bool) else _BOOLEANS.get(str(text).lower()) if protocol != "json" else None
        if found is None:
            raise NoAnswer(f"{shape.name} is {str(text)[:40]!r} in it, which is no boolean")
        return found

    parser: type = PROTOCOL_PARSERS[protocol]
    return type(parser.__name__, (parser,), {"_handle_boolean": read}) if protocol in (*_JSON, *_XML) else parser
