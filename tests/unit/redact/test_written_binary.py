"""The base64 that a written interaction has, cut out of it and read."""

import base64
import gzip

import pytest

from tapehead.cassette.dialect import REFERENCE
from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.writer import render_interaction
from tapehead.redact.redactor import Redactor
from tapehead.redact.written_binary import cut_binary
from tests.unit.redact.key_samples import WORD

KEY = f"sk-ant-api03-{WORD}".encode()


def written(request: bytes, response: bytes) -> bytes:
    """Returns an interaction with these bodies as it is written."""
    interaction = Interaction(
        id=0,
        request=Request(method="POST", url="https://h/", body=request),
        response=Response(code=200, status="", body=response),
    )
    return render_interaction(interaction, REFERENCE).encode()


@pytest.mark.parametrize("size", [1, 2, 3, 50, 51, 52, 53, 104, 105, 5000])
def test_bodies(size: int) -> None:
    """Both bodies are read, of whatever length, and the text keeps all else; what is text is no base64."""
    one, other = b"\xff" * size, b"\xfe" + bytes(size - 1)
    text, binary = cut_binary(written(one, other))

    assert [one, other] == binary
    assert text.count(b"!!binary") == 2
    assert b"- id: 0\n" in text
    assert base64.b64encode(one)[:48] not in text
    plain = written(b"!!binar", b"text")
    assert (plain, []) == cut_binary(plain)
    assert cut_binary(plain)[0] is plain


def test_no_base64() -> None:
    """What is only named so, or is cut short, is no fault."""
    assert (b"!!binary \n", [b""]) == cut_binary(b"!!binary A")
    assert (b"!!binary \n", [b"\0"]) == cut_binary(b"!!binary AA")
    assert (b"a !!binary \xff", []) == cut_binary(b"a !!binary \xff")


def test_a_shape_in_our_own_base64_is_an_accident() -> None:
    """What looks like a key in the base64 of a body is none; the same in the body is."""
    encoded = b"BSA" + WORD.encode()[:24] + b"A1b2c"

    assert Redactor().find_leak(b"X-A: " + encoded + b"\n") is not None
    assert Redactor().find_leak(b"body: !!binary " + encoded + b"\n") is None
    assert "an encoded credential" == Redactor().find_leak(written(b"", b"\xff" + KEY + b"\xff"))


def test_gzip() -> None:
    """A body in gzip is looked into: what could not be decoded may be one."""
    packed = gzip.compress(b"a text with " + KEY)
    assert "an encoded credential" == Redactor().find_leak(written(b"", packed))
    assert Redactor().find_leak(written(b"", gzip.compress(b"nothing in here"))) is None
    assert Redactor().find_leak(written(b"", packed[:30])) is None
