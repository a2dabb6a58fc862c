"""What a client is answered when it gets no recorded or real answer: an error of its own SDK, with our words in it.

The body is one that OpenAI's, Anthropic's, Google's and AWS's SDKs all read the message from.
"""

import json
from collections.abc import Mapping
from itertools import starmap
from types import MappingProxyType
from urllib.parse import quote

from mitmproxy import http

from tapehead.exchange.flows import header
from tapehead.wire.eventstream import build_frame

_GRPC, _CONNECT = "application/grpc", "application/connect+"
# https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
_GRPC_CODES: Mapping[str, str] = MappingProxyType({"NOT_FOUND": "5", "PERMISSION_DENIED": "7", "UNAVAILABLE": "14"})
_PRINTABLE = (
    " !\"#$&'()*+,/:;<=>?@[\\]^`{|}"  # what of a status message needs no escape (PROTOCOL-HTTP2.md, Status-Message)
)
_EVENT_STREAM = "application/vnd.amazon.eventstream"
_EXCEPTION = (  # which SDKs raise; this one they do not retry
    (":message-type", "exception"),
    (":exception-type", "validationException"),
    (":content-type", "application/json"),
)
_END_STREAM = 2  # the flag of what ends a stream of Connect


def miss_response(request: http.Request, message: str) -> http.Response:
    """Returns the answer to a request that no interaction answers: 404, the one code that no SDK retries."""
    return _error(request, 404, "NOT_FOUND", "cassette_miss", message)


def excused_response(request: http.Request, message: str) -> http.Response:
    """Returns the answer to a request that does not matter, where nothing is recorded for it: 404."""
    return _error(request, 404, "NOT_FOUND", "cassette_passthrough", message)


def refused_fetch(request: http.Request, message: str, reason: str) -> http.Response:
    """Returns the answer to a package manager that nothing is recorded for: 403, which none of them retries.

    Nor does one look elsewhere then, as it might after a 404. Some show the reason phrase, some a body of text, npm a
    field of JSON.
    """
    is_json = "json" in (header(request, b"accept") or "")
    body = json.dumps({"error": message}) if is_json else message
    kind = "application/json" if is_json else "text/plain; charset=utf-8"
    response = http.Response.make(403, b"" if request.method == "HEAD" else f"{body}\n", {"Content-Type": kind})
    response.reason = f"tapehead: {reason}"
    return response


def unavailable_response(request: http.Request, message: str) -> http.Response:
    """Returns the answer in trouble of ours, a 503: nothing is passed on, so that nothing goes unrecorded."""
    return _error(request, 503, "UNAVAILABLE", "cassette_trouble", message)


def forbidden_response(request: http.Request, message: str) -> http.Response:
    """Returns the answer to a request to where this proxy does not go: 403."""
    return _error(request, 403, "PERMISSION_DENIED", "cassette_forbidden", message)


def _error(request: http.Request, code: int, status: str, kind: str, message: str) -> http.Response:
    content_type = header(request, b"content-type") or ""
    if content_type.startswith(_GRPC):  # its clients read no body, and no other status
        response = http.Response.make(200, b"", {"Content-Type": content_type, **_grpc_status(status, message)})
        del response.headers["content-length"]  # it would be metadata of the call
        return response
    if content_type.startswith(_CONNECT):
        return http.Response.make(200, _connect_end(status, message), {"Content-Type": content_type})
    error = {"type": kind, "code": code, "status": status, "message": message}
    body = {"type": "error", "message": message, "error": error}
    if header(request, b"connect-protocol-version") is not None:
        body["code"] = status.lower()
    headers = {
        "Content-Type": "application/json",
        "x-should-retry": "false",  # obeyed by OpenAI's and Anthropic's SDKs
        "x-amzn-errortype": kind,  # what AWS's call the error
    }
    content = b"" if request.method == "HEAD" else json.dumps(body, ensure_ascii=False).encode(errors="replace")
    return http.Response.make(code, content, headers)


def end_of_stream(content_type: str | None, message: str) -> tuple[bytes, http.Headers | None]:
    """Returns what ends an answer that was begun and cannot go on: its last bytes, and its trailers."""
    kind = content_type or ""
    if kind.startswith(_CONNECT):
        return _connect_end("NOT_FOUND", message), None
    if kind.startswith(_GRPC):
        trailers = _grpc_status("NOT_FOUND", message)
        return b"", http.Headers([(name.encode(), value.encode()) for name, value in trailers.items()])
    if kind.startswith(_EVENT_STREAM):
        said = json.dumps({"message": message}).encode()
        return build_frame(b"".join(starmap(_event_header, _EXCEPTION)), said), None
    return b"", None


def _event_header(name: str, value: str) -> bytes:
    """A header of AWS's event-stream whose value is a string."""
    return bytes((len(name),)) + name.encode() + b"\x07" + len(value).to_bytes(2, "big") + value.encode()


def _grpc_status(status: str, message: str) -> dict[str, str]:
    return {"grpc-status": _GRPC_CODES[status], "grpc-message": quote(message, safe=_PRINTABLE, errors="replace")}


def _connect_end(status: str, message: str) -> bytes:
    """What ends a stream of Connect (https://connectrpc.com/docs/protocol/#error-end-stream)."""
    said = json.dumps({"error": {"code": status.lower(), "message": message}}).encode()
    return bytes((_END_STREAM,)) + len(said).to_bytes(4, "big") + said
