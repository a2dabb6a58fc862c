"""Answers of ours, in the words of each protocol."""

import json
from urllib.parse import unquote

import pytest
from mitmproxy import http

from tapehead.exchange.error_responses import end_of_stream, forbidden_response, miss_response, unavailable_response
from tapehead.wire.eventstream import parse_frame


def asked(content_type: str, **headers: str) -> http.Request:
    """A request of a type."""
    every = {"content-type": content_type, **headers}
    fields = [(name.encode(), value.encode()) for name, value in every.items()]
    return http.Request.make("POST", "https://example.com/a.B/C", b"", fields)


def test_http_gets_json() -> None:
    """With a status that no SDK retries."""
    response = miss_response(asked("application/json"), "nothing")
    assert (404, "nothing") == (response.status_code, json.loads(response.content or b"")["error"]["message"])
    assert "code" not in json.loads(response.content or b"")


@pytest.mark.parametrize(
    ("answer", "status"), [(miss_response, "5"), (unavailable_response, "14"), (forbidden_response, "7")]
)
@pytest.mark.parametrize("content_type", ["application/grpc", "application/grpc-web+proto"])
def test_grpc_gets_a_status(answer: object, status: str, content_type: str) -> None:
    """In a head without a body; what is no ASCII is escaped, and no length is taken for metadata."""
    response = answer(asked(content_type), "nothing – 100 %")  # type: ignore[operator]
    assert (200, b"", status, content_type) == (
        response.status_code,
        response.content,
        response.headers["grpc-status"],
        response.headers["content-type"],
    )
    assert "nothing %E2%80%93 100 %25" == response.headers["grpc-message"]
    assert "nothing – 100 %" == unquote(response.headers["grpc-message"])
    assert "content-length" not in response.headers


def test_connect_gets_an_error() -> None:
    """In the end of a stream; of a unary call in its JSON."""
    streamed = miss_response(asked("application/connect+proto"), "nothing")
    assert (200, b"\x02") == (streamed.status_code, (streamed.content or b"")[:1])
    assert {"code": "not_found", "message": "nothing"} == json.loads((streamed.content or b"")[5:])["error"]
    unary = miss_response(asked("application/proto", **{"connect-protocol-version": "1"}), "nothing")
    told = json.loads(unary.content or b"")
    assert (404, "not_found", "nothing") == (unary.status_code, told["code"], told["message"])


def test_what_was_begun_ends_in_its_own_way() -> None:
    """Trailers of gRPC, the last message of Connect, an exception of AWS; nothing for others."""
    data, trailers = end_of_stream("application/grpc", "no")
    assert (b"", "5", "no") == (data, *(trailers or {}).values())
    assert b'"not_found"' in end_of_stream("application/connect+json", "no")[0]
    frame = parse_frame(end_of_stream("application/vnd.amazon.eventstream", "no")[0])
    assert ("exception", b'{"message": "no"}') == (frame.headers[":message-type"], frame.payload)
    assert (b"", None) == end_of_stream(None, "no")
