"""An interaction as one item of a list in flow style, which is JSON but for bytes that are not UTF-8.

For files that a person or another tool wrote so. Knows the order of version 2's keys; does not know where an item goes.
"""

import base64
import json
import re
from typing import Any

from tapehead.cassette.duration import format_duration
from tapehead.cassette.model import Interaction, Request, Response, Values

# What JSON leaves as it is, and YAML does not take: yamlprivateh.go, is_printable. Surrogates stand for other bytes.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def render_flow(interaction: Interaction) -> str:
    """Returns the item, on one line."""
    value = {
        "id": interaction.id,
        "request": _request(interaction.request),
        "response": _response(interaction.response),
    }
    return _dump(value)


def is_json(item: str) -> bool:
    """Returns whether a rendered item is JSON: all in it is UTF-8."""
    try:
        json.loads(item)
    except ValueError:
        return False
    return True


# go-vcr v4.0.7 pkg/cassette/cassette.go, struct Request: order, and `omitempty`
def _request(request: Request) -> dict[str, Any]:
    fields = {
        "proto": request.proto,
        "proto_major": request.proto_major,
        "proto_minor": request.proto_minor,
        "content_length": request.content_length,
        "transfer_encoding": list(request.transfer_encoding),
        "trailer": _values(request.trailer),
        "host": request.host,
        "remote_addr": request.remote_addr,
        "request_uri": request.request_uri,
        "body": request.body,
        "form": _values(request.form),
        "headers": _values(request.headers),
        "url": request.url,
        "method": request.method,
    }
    optional = ("transfer_encoding", "trailer", "remote_addr", "request_uri", "body", "form", "headers")
    return {name: value for name, value in fields.items() if value or name not in optional}


# go-vcr v4.0.7 pkg/cassette/cassette.go, struct Response
def _response(response: Response) -> dict[str, Any]:
    fields = {
        "proto": response.proto,
        "proto_major": response.proto_major,
        "proto_minor": response.proto_minor,
        "transfer_encoding": list(response.transfer_encoding),
        "trailer": _values(response.trailer),
        "content_length": response.content_length,
        "uncompressed": response.uncompressed,
        "body": response.body,
        "headers": _values(response.headers),
        "status": response.status,
        "code": response.code,
        "duration": format_duration(response.duration),
    }
    optional = ("transfer_encoding", "trailer", "uncompressed")
    return {name: value for name, value in fields.items() if value or name not in optional}


def _values(values: Values) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in values.items()}


def _dump(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(name)}: {_dump(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_dump, value)) + "]"
    if isinstance(value, bytes):
        return _text(value.decode(errors="surrogateescape"))
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    if _SURROGATE.search(text):
        return f'!!binary "{base64.b64encode(text.encode(errors="surrogateescape")).decode()}"'
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
