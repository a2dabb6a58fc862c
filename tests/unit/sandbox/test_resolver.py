"""The name server's bytes, and resolv.conf as glibc reads it."""

import struct

import pytest

from tapehead.sandbox.resolver import Question, ResolvConf, parse_question, parse_resolv_conf, question, reply

HEADER = struct.pack("!6H", 0x1234, 0x0100, 1, 0, 0, 1)
NAME = b"\x03API\x06openai\x03com\x00"
ASKED = HEADER + NAME + struct.pack("!HH", 1, 1)
EDNS = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"


def test_a_question_is_heard() -> None:
    """Its name in lower case; whether it is an address' name that is asked for."""
    assert Question("api.openai.com", False) == question(ASKED + EDNS)
    assert Question("api.openai.com", True) == question(HEADER + NAME + struct.pack("!HH", 12, 1))
    assert Question("\\xff", False) == question(HEADER + b"\x01\xff\x00" + struct.pack("!HH", 1, 1))


def test_the_answer_is_that_there_is_no_such_name() -> None:
    """With the question's number and text, and without what came after it."""
    answer = reply(ASKED + EDNS)

    assert struct.pack("!6H", 0x1234, 0x8183, 1, 0, 0, 0) + ASKED[12:] == answer


@pytest.mark.parametrize(
    "packet",
    [
        *(ASKED[:length] for length in range(len(ASKED))),
        struct.pack("!6H", 1, 0x8100, 1, 0, 0, 0) + ASKED[12:],
        struct.pack("!6H", 1, 0x0100, 0, 0, 0, 0),
        HEADER + b"\xc0\x0c" + struct.pack("!HH", 1, 1),
    ],
)
def test_what_is_no_question(packet: bytes) -> None:
    """Cut short, an answer, none, a pointer: no name; what has a whole header of a question is told its fault."""
    assert None is question(packet)
    answer = reply(packet)
    if len(packet) < 12 or packet[2] & 0x80:
        assert b"" == answer
    else:
        assert packet[:2] == answer[:2]
        assert 1 == answer[3] & 0x0F
        assert 12 == len(answer)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ResolvConf(("127.0.0.1",), ())),
        ("nameserver 10.0.0.2\nnameserver 2001:db8::53\n", ResolvConf(("10.0.0.2", "2001:db8::53"), ())),
        ("# nameserver 1.1.1.1\nnameserver fe80::1%eth0\n", ResolvConf(("127.0.0.1",), ())),
        ("domain a.example\nsearch B.example. c.example\noptions ndots:5\nnameserver 127.0.0.53 # x", None),
    ],
)
def test_resolv_conf(text: str, expected: ResolvConf | None) -> None:
    """Servers in their order, the last list of domains."""
    assert (expected or ResolvConf(("127.0.0.53",), ("b.example", "c.example"))) == parse_resolv_conf(text)


def test_a_domain_that_was_appended_is_taken_away() -> None:
    """`search` makes several questions of one name."""
    search = ("svc.cluster.local", "corp.example")

    assert "api.openai.com" == parse_question("api.openai.com.svc.cluster.local", search)
    assert "database" == parse_question("database.corp.example", search)
    assert "api.openai.com" == parse_question("api.openai.com", search)
    assert "corp.example" == parse_question("corp.example", search)
