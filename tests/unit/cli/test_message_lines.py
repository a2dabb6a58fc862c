"""Messages of gRPC and protobuf, laid out with the numbers of their fields."""

import gzip

from tapehead.cli.message_lines import message_lines

GRPC = "application/grpc"


def framed(data: bytes, flags: int = 0) -> bytes:
    """A message with what stands before it."""
    return bytes((flags,)) + len(data).to_bytes(4, "big") + data


def test_fields_are_told_by_their_numbers() -> None:
    """Texts, numbers, messages within, numbers of fixed width and bytes."""
    message = (
        b"\x0a\x05hello\x10\x07\x1a\x04\x08\x01\x10\x02\x25\0\0\x80\x3f\x29\x01\0\0\0\0\0\0\0\x32\x02\xff\xfe\x3a\0"
    )
    expected = """\
message 1
  1: "hello"
  2: 7
  3 {
    1: 1
    2: 2
  }
  4: 1065353216 (or 1)
  5: 1 (or 4.94066e-324)
  6: 0xfffe
  7: ""
message 2
  1: "x"
""".splitlines()
    body = framed(message) + framed(gzip.compress(b"\x0a\x01x"), flags=1)
    assert expected == message_lines(GRPC, body)
    assert ['1: "x"'] == message_lines("application/proto", b"\x0a\x01x")


def test_what_is_no_message_is_as_it_is() -> None:
    """JSON and trailers; and what has no messages has no such lines."""
    assert ["message 1", '  {"a":1}'] == message_lines("application/connect+json", framed(b'{"a":1}'))
    assert ["message 1", "  grpc-status: 0", "  x: 1"] == message_lines(
        "application/grpc-web+proto", framed(b"grpc-status: 0\r\nx: 1\r\n", flags=0x80)
    )
    assert [] == message_lines("application/json", b"{}")
    assert [] == message_lines("application/vnd.amazon.eventstream", b"")
