"""Messages of gRPC and protobuf in one spelling: equal where they mean the same by the wire format, and else not."""

import gzip
import json
import zlib

import pytest

from tapehead.cassette.model import Request
from tapehead.matching.canonical_messages import canonical_message, canonical_messages, has_messages, message_payload
from tapehead.matching.key import request_key
from tapehead.matching.rules import Match, RequestPart, Rules
from tapehead.matching.templates import generic_request
from tapehead.wire.eventstream import build_frame

GRPC, CONNECT, EVENTS = "application/grpc", "application/connect+json", "application/vnd.amazon.eventstream"
A, B, C = b"\x0a\x05hello", b"\x10\x07", b"\x1a\x04\x08\x01\x10\x02"  # a string, a number, a message


def framed(data: bytes, flags: int = 0) -> bytes:
    """A message with what stands before it."""
    return bytes((flags,)) + len(data).to_bytes(4, "big") + data


def spelt(data: bytes, content_type: str = GRPC, flags: int = 0) -> bytes:
    """A message in one spelling."""
    return canonical_message(content_type, framed(data, flags))


def header(name: str, value: bytes) -> bytes:
    """A header of an event whose value is bytes, or a timestamp."""
    kind = b"\x06" + len(value).to_bytes(2, "big") if name != ":date" else b"\x08"
    return bytes((len(name),)) + name.encode() + kind + value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (A + B + C, C + A + B),  # the order of fields
        (b"\x1a\x04\x08\x01\x10\x02", b"\x1a\x04\x10\x02\x08\x01"),  # in a message within
        (b"\x22\x03\x01\x02\x03", b"\x20\x01\x20\x02\x20\x03"),  # packed or not
        (b"\x22\x01\x41", b"\x20\x41"),
        (b"\x22\x08\x01\0\0\0\x02\0\0\0", b"\x25\x01\0\0\0\x25\x02\0\0\0"),
        (b"\x10\x87\x00", b"\x10\x07"),  # a number in more bytes than it needs
        (b"\x10\x07" + A, A + b"\x10\x07"),
    ],
)
def test_what_means_the_same_is_spelt_the_same(one: bytes, other: bytes) -> None:
    """By the wire format, whatever the schema."""
    assert spelt(one) == spelt(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (A, b"\x0a\x05hellO"),
        (A, b"\x12\x05hello"),
        (A, A + A),
        (A + b"\x0a\x02hi", b"\x0a\x02hi" + A),  # the order of one field's values
        (b"\x22\x03\x01\x02\x03", b"\x22\x03\x03\x02\x01"),
        (A, A + b"\x7a\x01x"),  # a field that nobody knows
        (b"\x0a\x12a12345678b12345678", b"\x0a\x12b12345678a12345678"),  # text that could be a message
        (b"\xff", b"\xfe"),
        (b"", A),
    ],
)
def test_what_differs_is_spelt_otherwise(one: bytes, other: bytes) -> None:
    """Values, numbers of fields and the order of one field's values count."""
    assert spelt(one) != spelt(other)


def test_compression_is_undone() -> None:
    """By gzip or deflate; what is neither keeps its flag."""
    assert spelt(A) == spelt(gzip.compress(A), flags=1) == spelt(zlib.compress(A), flags=1)
    assert spelt(b"no gzip", flags=1) == b'[1,"no gzip"]'
    assert spelt(gzip.compress(A)[:-4], flags=1) != spelt(A)


def test_what_a_message_says() -> None:
    """Without what stands before it, and not compressed."""
    assert A == message_payload(framed(A)) == message_payload(framed(gzip.compress(A), flags=1))
    assert b"no gzip" == message_payload(framed(b"no gzip", flags=1))
    assert b"" == message_payload(b"")


def test_other_flags_count() -> None:
    """Of Connect's end, and of gRPC-Web's trailers."""
    assert spelt(b"{}", flags=2) != spelt(b"{}")
    assert [0x80, "grpc-status: 0"] == json.loads(spelt(b"grpc-status: 0", flags=0x80))


def test_json_is_json() -> None:
    """In messages of Connect, whose type says so, and in the end of any stream of it."""
    assert spelt(b'{"a":1,"b":2}', CONNECT) == spelt(b'{ "b": 2, "a": 1}', CONNECT)
    assert spelt(b"no json", CONNECT) == b'"no json"'


def test_what_is_cut_short_is_spelt_as_bytes() -> None:
    """It is no message."""
    assert b'{"":"AAAA"}' == canonical_message(GRPC, b"\0\0\0")
    assert b'{"":"AAAAAAEA"}' != canonical_message(GRPC, b"\0\0\0\0\2\0")


def test_deep_messages_end() -> None:
    """What is nested further than anybody does is bytes."""
    nested = b""
    for _ in range(70):
        size = len(nested)
        nested = b"\x0a" + (bytes((size,)) if size < 128 else bytes((size & 0x7F | 0x80, size >> 7))) + nested
    assert spelt(nested)


def test_signed_events_are_compared_by_what_is_signed() -> None:
    """Without the date and the signature; the event within counts, and its JSON by meaning."""

    def event(date: int, body: bytes, name: bytes = b"chunk") -> bytes:
        inner = build_frame(header(":event-type", name), body)
        return build_frame(header(":date", date.to_bytes(8, "big")) + header(":chunk-signature", bytes(32)), inner)

    one = canonical_message(EVENTS, event(1, b'{"a":1,"b":2}'))
    assert one == canonical_message(EVENTS, event(2, b'{"b":2, "a":1}'))
    assert one != canonical_message(EVENTS, event(1, b'{"a":1,"b":3}'))
    assert one != canonical_message(EVENTS, event(1, b'{"a":1,"b":2}', b"other"))
    assert canonical_message(EVENTS, event(1, b"\xff")) != canonical_message(EVENTS, event(1, b"text"))
    assert b'{"":"eA=="}' == canonical_message(EVENTS, b"x")
    assert canonical_message(EVENTS, build_frame(header(":date", bytes(8)), b"")) == b'[{},""]'


def test_bodies_are_spelt_as_arrays() -> None:
    """All messages in their order; one that is spelt so stays so."""
    body = canonical_messages(GRPC, framed(A) + framed(B))
    assert b'[{"1":["hello"]},{"2":[{"":"Bw=="}]}]' == body
    assert body == canonical_messages(GRPC, body)
    assert b'[{"1":["hello"]}]' == canonical_messages("application/proto", A)


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        (GRPC, True),
        ("application/grpc-web+proto", True),
        (CONNECT, True),
        (EVENTS, True),
        ("application/x-protobuf", True),
        ("application/json", False),
        (None, False),
    ],
)
def test_types_that_are_spelt_here(content_type: str | None, expected: bool) -> None:
    """A table of them, and no other."""
    assert expected is has_messages(content_type)


def _request(body: bytes) -> Request:
    headers = {"Content-Type": (GRPC,)}
    return Request(method="POST", url="https://example.com/a.B/C", body=body, headers=headers)


def test_requests_are_the_same_by_their_messages() -> None:
    """Their keys are equal then; where the body does not count, whatever it says."""
    assert request_key(_request(framed(A + B)), Rules()) == request_key(_request(framed(B + A)), Rules())
    assert request_key(_request(framed(A)), Rules()) != request_key(_request(framed(B)), Rules())
    url_only = Rules(match=Match(parts=frozenset({RequestPart.METHOD, RequestPart.PATH})))
    assert request_key(_request(framed(A)), url_only) == request_key(_request(framed(B)), url_only)


def test_numbers_of_placeholders_do_not_count() -> None:
    """Though the length that stands before a message has them in it."""
    one, two = b"[REDACTED:api-key]", b"[REDACTED:api-key-2]"
    first, second = (_request(framed(b"\x0a" + bytes((len(each),)) + each)) for each in (one, two))
    assert request_key(generic_request(first), Rules()) == request_key(generic_request(second), Rules())
