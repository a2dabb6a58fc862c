"""Server names and protocols are read out of real hellos, whole or in pieces; what is no hello is said to be none."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.proxy.layers.tls import parse_client_hello

from tapehead.wire.client_hello import MOST, ClientHello, client_hello


def hello(name: str | None = "api.example.test", protocols: tuple[str, ...] = ("h2", "http/1.1")) -> bytes:
    """What Python's own client begins with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if protocols:
        context.set_alpn_protocols(protocols)
    outgoing = ssl.MemoryBIO()
    connection = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


def in_records(message: bytes, size: int) -> bytes:
    """A handshake message in records of a size."""
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x01" + len(piece).to_bytes(2) + piece for piece in pieces)


def made(extensions: bytes | None) -> bytes:
    """A hello with these extensions; None: of a time that had none."""
    body = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00"
    if extensions is not None:
        body += len(extensions).to_bytes(2) + extensions
    return in_records(b"\x01" + len(body).to_bytes(3) + body, 2**14)


@pytest.mark.parametrize("name", ["api.example.test", None])
@pytest.mark.parametrize("protocols", [("h2", "http/1.1"), ("http/1.1",), ()])
def test_real_ones(name: str | None, protocols: tuple[str, ...]) -> None:
    """What the client was told is what is read."""
    expected = ClientHello(name or "", tuple(each.encode() for each in protocols))
    assert expected == client_hello(hello(name, protocols))


def test_in_pieces() -> None:
    """Nothing is said before all is there, however it is cut."""
    data = hello()
    assert {None} == {client_hello(data[:end]) for end in range(len(data))}
    whole = client_hello(data)
    assert whole is not None
    assert whole == client_hello(data + b"\x14more")
    assert {whole} == {client_hello(in_records(data[5:], size)) for size in (1, 3, 64, 200)}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "no TLS handshake"),
        (b"\x16\x03\x01\x00\x00", "an empty TLS record"),
        (b"\x16\x03\x01\x00\x05\x02", "no TLS hello"),
        (in_records(b"\x01\xff\xff\xff" + bytes(2 * MOST), 2**14), "a TLS hello that has no end"),
        (made(b"\x00\x00\x00\x09\x00"), "a TLS hello with a size that does not fit"),
        (made(b"\x00\x00\x00\x06\x00\x04\x00\x00\x01\xff"), "'ascii' codec can't decode"),
    ],
)
def test_none(data: bytes, why: str) -> None:
    """A ValueError says why."""
    with pytest.raises(ValueError, match=why):
        client_hello(data)


def test_without_extensions() -> None:
    """It asks for nothing."""
    assert ClientHello() == client_hello(made(None))
    assert ClientHello() == client_hello(made(b""))
    assert ClientHello() == client_hello(made(b"\x00\x00\x00\x06\x00\x04\x07\x00\x01x")), "a name of another kind"


_HELLO = hello()


@given(st.integers(0, 600), st.binary(min_size=1, max_size=4))
def test_changed_ones(at: int, by: bytes) -> None:
    """Whatever is in it, it is read as mitmproxy reads it, or said to be none, or to be unfinished."""
    data = bytearray(_HELLO)
    data[at : at + len(by)] = by
    try:
        read = client_hello(data)
    except ValueError:
        return
    if read is None:
        return
    try:
        theirs = parse_client_hello(bytes(data))
    except ValueError:  # it has looked at more
        return
    if theirs is not None and theirs.sni is not None:
        assert (theirs.sni, tuple(theirs.alpn_protocols)) == (read.server_name, read.protocols)
