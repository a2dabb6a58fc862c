"""Requests and responses as JSON objects, as the lines of the files beside a cassette have them.

A body is text, or in base64 where it is no UTF-8; what has its default is left out.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from tapehead.cassette.model import NO_VALUES, Request, Response, Values


def dump_request(request: Request) -> dict[str, Any]:
    """Returns what stands in a line."""
    value = {
        "method": request.method,
        "url": request.url,
        "headers": _dump_values(request.headers),
        "body": _dump_body(request.body),
        "content_length": request.content_length,
        "host": request.host,
        "form": _dump_values(request.form),
        "trailer": _dump_values(request.trailer),
    }
    return {name: each for name, each in value.items() if each or name == "method"}


def dump_response(response: Response) -> dict[str, Any]:
    """Returns what stands in a line."""
    value = {
        "code": response.code,
        "status": response.status,
        "headers": _dump_values(response.headers),
        "body": _dump_body(response.body),
        "proto": response.proto,
        "proto_major": response.proto_major,
        "proto_minor": response.proto_minor,
        "content_length": response.content_length,
        "uncompressed": response.uncompressed,
    }
    return {name: each for name, each in value.items() if each or name in ("code", "content_length")}


def _dump_values(values: Values) -> dict[str, list[str]]:
    return {name: list(each) for name, each in values.items()}


def _dump_body(body: bytes) -> str | dict[str, str]:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def parse_request(value: Mapping[str, Any]) -> Request:
    """Returns what a line says. Raises ValueError, TypeError, KeyError, AttributeError, OverflowError where it is none."""
    return Request(
        method=_text(value["method"]),
        url=_text(value["url"]),
        headers=_parse_values(value.get("headers")),
        body=_parse_body(value.get("body", "")),
        content_length=int(value.get("content_length", 0)),
        host=_text(value.get("host", "")),
        form=_parse_values(value.get("form")),
        trailer=_parse_values(value.get("trailer")),
    )


def parse_response(value: Mapping[str, Any]) -> Response:
    """Returns what a line says. Raises ValueError, TypeError, KeyError, AttributeError, OverflowError where it is none."""
    return Response(
        code=int(value["code"]),
        status=_text(value.get("status", "")),
        headers=_parse_values(value.get("headers")),
        body=_parse_body(value.get("body", "")),
        proto=_text(value.get("proto", "HTTP/1.1")),
        proto_major=int(value.get("proto_major", 1)),
        proto_minor=int(value.get("proto_minor", 0)),
        content_length=int(value.get("content_length", -1)),
        uncompressed=bool(value.get("uncompressed", False)),
    )


def _parse_values(value: Any) -> Values:
    if value is None:
        return NO_VALUES
    return {_text(name): tuple(map(_text, each)) for name, each in value.items()}


def _parse_body(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode(errors="surrogateescape")
    try:
        return base64.b64decode(value["base64"], validate=True)
    except binascii.Error as e:
        raise ValueError("no base64") from e


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
