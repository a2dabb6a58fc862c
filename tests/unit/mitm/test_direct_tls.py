"""direct_tls: what pyOpenSSL's own other end says is told, and the other way round; without TLS everything is as it is."""

from contextlib import suppress
from pathlib import Path

import pytest
from OpenSSL import SSL

from tapehead.mitm.direct_tls import DirectTls
from tests.support.harness import make_certs


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[SSL.Connection, SSL.Connection]:
    """Two ends of a connection whose handshake is done, the server's side first."""
    certs = make_certs(Path(tmp_path_factory.mktemp("certs")))
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_file(str(certs.cert))
    context.use_privatekey_file(str(certs.key))
    server, client = SSL.Connection(context), SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD))
    server.set_accept_state()
    client.set_connect_state()
    for _ in range(4):
        for one, other in ((client, server), (server, client)):
            with suppress(SSL.WantReadError):
                one.do_handshake()
            with suppress(SSL.WantReadError):
                other.bio_write(one.bio_read(65536))
    return server, client


def test_there_and_back(pair: tuple[SSL.Connection, SSL.Connection]) -> None:
    """Of what comes in pieces each is told when it is whole; what is longer than a record comes as one."""
    server, client = map(DirectTls, pair)
    for text in (b"short", b"long" * 20_000):
        sent = server.encrypt(text)
        plain, reply, is_clear = client.decrypt(sent[:10])
        assert (b"", b"", True) == (plain, reply, is_clear)
        assert (text, b"", True) == client.decrypt(sent[10:])


def test_an_end_is_not_clear(pair: tuple[SSL.Connection, SSL.Connection]) -> None:
    """What came before it is told; the end itself is the layer's to tell."""
    ends, client = pair
    last = DirectTls(ends).encrypt(b"last words")
    ends.shutdown()
    assert (b"last words", False) == DirectTls(client).decrypt(last + ends.bio_read(4096))[::2]


def test_a_side_that_takes_nothing_more() -> None:
    """Nothing is sent to it, as mitmproxy has it."""

    class Ended:
        def sendall(self, _: bytes) -> None:
            raise SSL.ZeroReturnError

    assert b"" == DirectTls(Ended()).encrypt(b"more")


def test_without_tls() -> None:
    """Everything is as it is."""
    bare = DirectTls(None)
    assert (b"data", b"", True) == bare.decrypt(b"data")
    assert b"data" == bare.encrypt(b"data")
