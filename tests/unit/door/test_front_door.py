"""The door with a real client's TLS and no network: who is answered, who is handed on and with what, who left and why."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import pytest
from mitmproxy import certs

from tapehead.door.front_door import ESTABLISHED, FrontDoor
from tapehead.door.handed_connection import HandedConnection
from tapehead.lane.lane_messages import Lane, LaneAnswer, LaneRequest, Pace
from tapehead.mitm.leaf_contexts import LeafContexts
from tapehead.wire.client_hello import ClientHello

_HOST = "api.example.test"
_CONNECT = f"CONNECT {_HOST}:443 HTTP/1.1\r\nHost: {_HOST}:443\r\nProxy-Authorization: x\r\n\r\n".encode()
_ANSWERS: dict[bytes, Callable[[], LaneAnswer]] = {
    b"/known": lambda: LaneAnswer(status=200, reason=b"OK", fields=((b"content-length", b"5"),), chunks=(b"hello",)),
    b"/paced": lambda: LaneAnswer(
        status=200,
        reason=b"OK",
        fields=((b"content-length", b"2"),),
        chunks=(b"a", b"b"),
        pace=Pace(head_at=0.0, chunk_at=(0.0, 0.02), end_at=0.02),
    ),
}


class Wire(asyncio.Transport):
    """Keeps what is written, and what is done."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.done: list[str] = []

    def write(self, data: Any) -> None:
        self.written += data

    def take(self) -> bytes:
        written, self.written = self.written, b""
        return written

    def close(self) -> None:
        self.done.append("close")

    def is_closing(self) -> bool:
        return "close" in self.done

    def pause_reading(self) -> None:
        self.done.append("pause")

    def resume_reading(self) -> None:
        self.done.append("resume")


@dataclass
class Keeper:
    """Lets everybody in, and is the tunnel of each."""

    contexts: LeafContexts
    is_open: bool = True
    is_lenient: bool = False
    protocol: bytes = b"http/1.1"
    handed: list[HandedConnection] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    asked: list[object] = field(default_factory=list)

    @property
    def lane(self) -> Lane:
        return self

    def takes(self, head: LaneRequest) -> bool:
        return True

    def answer(self, request: LaneRequest) -> LaneAnswer | None:
        known = _ANSWERS.get(request.path.removeprefix(b"http://plain.test"))
        return known() if known else None

    def agree(self, hello: ClientHello) -> ssl.SSLContext:
        if hello.server_name == "odd.test":
            raise ValueError("odd")
        return self.contexts.context((hello.server_name, _HOST), self.protocol if hello.protocols else b"")

    def failed(self, reason: str) -> None:
        self.failures.append(reason)

    def tunnel_to(self, host: str, port: int, fields: bytes) -> "Keeper | None":
        self.asked.append((host, port, b"Proxy-Authorization: x" in fields))
        return self if self.is_open else None

    def named_by(self, hello: ClientHello) -> "Keeper | None":
        self.asked.append(hello.server_name)
        return self if self.is_open else None

    def lane_of_proxy(self) -> Lane | None:
        return self if self.is_open else None

    def hand_on(self, connection: HandedConnection) -> None:
        self.handed.append(connection)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[LeafContexts, Path]:
    """Contexts by an authority of their own, and its certificate."""
    folder = tmp_path_factory.mktemp("authority")
    store = certs.CertStore.from_store(folder, "mitmproxy", 2048)
    return LeafContexts(lambda: store), folder / "mitmproxy-ca-cert.pem"


class Caller:
    """A client at a door."""

    def __init__(self, authority: tuple[LeafContexts, Path], *, has_tunnel: bool = True, **keeper: Any) -> None:
        contexts, self._ca = authority
        self.keeper = Keeper(contexts, **keeper)
        self.door = FrontDoor(self.keeper, has_tunnel=has_tunnel)
        self.wire = Wire()
        self.door.connection_made(self.wire)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls: ssl.SSLObject

    def say(self, data: bytes) -> bytes:
        """Sends it as it is; what is written then."""
        self.door.data_received(data)
        return self.wire.take()

    def begin(self, name: str = _HOST, *protocols: str, trusts: bool = True) -> "Caller":
        """Asks for the tunnel, and begins TLS in it."""
        assert ESTABLISHED == self.say(_CONNECT)
        self.shake_hands(name, *protocols, trusts=trusts)
        return self

    def shake_hands(self, name: str, *protocols: str, trusts: bool = True) -> None:
        context = ssl.create_default_context(cafile=str(self._ca) if trusts else None)
        if protocols:
            context.set_alpn_protocols(protocols)
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        while not self.wire.is_closing() and not self.keeper.handed:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self._incoming.write(self.say(self._outgoing.read()))
            except ssl.SSLCertVerificationError:
                self.say(self._outgoing.read())
                return
            else:
                self._incoming.write(self.say(self._outgoing.read()))
                return

    def ask(self, data: bytes) -> bytes:
        """Sends it in TLS; what is answered at once."""
        self.tls.write(data)
        self._incoming.write(self.say(self._outgoing.read()))
        return self.read()

    def read(self) -> bytes:
        """What came in TLS; with its end, where that was said."""
        self._incoming.write(self.wire.take())
        got = b""
        try:
            while more := self.tls.read(65536):
                got += more
        except ssl.SSLWantReadError:
            return got
        return got + b"<end>"


def get(path: str, *fields: str) -> bytes:
    """A request."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *fields, "", ""]).encode()


@pytest.fixture
def caller(authority: tuple[LeafContexts, Path]) -> Any:
    """Makes one."""

    def make(**settings: Any) -> Caller:
        return Caller(authority, **settings)

    return make


def test_an_answer(caller: Any) -> None:
    """Tunnel, TLS and requests, in whatever pieces they come."""
    client = caller()
    assert {b""} == {client.say(_CONNECT[at : at + 1]) for at in range(len(_CONNECT) - 1)}
    assert ESTABLISHED == client.say(_CONNECT[-1:])
    client.shake_hands(_HOST, "http/1.1")
    assert [(_HOST, 443, True)] == client.keeper.asked
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
    assert answer == client.ask(get("/known"))
    assert b"" == client.ask(get("/known")[:9])
    assert answer + answer == client.ask(get("/known")[9:] + get("/known"))
    assert ([], []) == (client.keeper.handed, client.keeper.failures)


def test_with_the_hello_at_once(caller: Any) -> None:
    """A client need not wait for the tunnel."""
    client = caller()
    outgoing = ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=_HOST).do_handshake()
    assert client.say(_CONNECT + outgoing.read()).startswith(ESTABLISHED + b"\x16")


@pytest.mark.parametrize(
    "head",
    [
        b"CONNECT api.example.test HTTP/1.1\r\n\r\n",
        b"CONNECT api.example.test:443 HTTP/1.0\r\n\r\n",
        b"CONNECT api.example.test:443 HTTP/1.1\r\nbad field\r\n\r\n",
        b"CONNECT " + b"x" * 70_000,
    ],
)
def test_odd_tunnels(caller: Any, head: bytes) -> None:
    """Are for others to judge."""
    client = caller()
    assert b"" == client.say(head)
    (handed,) = client.keeper.handed
    assert (head, b"", None) == (handed.data, handed.connect, handed.tls)


def test_shut(caller: Any) -> None:
    """Where nobody comes in, all is handed on as it came."""
    client = caller(is_open=False)
    client.say(_CONNECT)
    assert _CONNECT == client.keeper.handed[0].data
    client = caller(is_open=False)
    client.say(get("http://plain.test/known"))
    assert get("http://plain.test/known") == client.keeper.handed[0].data
    client = caller(is_open=False, has_tunnel=False)
    client.shake_hands(_HOST)
    assert [_HOST] == client.keeper.asked
    assert client.keeper.handed[0].data.startswith(b"\x16")


@pytest.mark.parametrize("first", [b"SSH-2.0-x\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_no_tls(caller: Any, first: bytes) -> None:
    """What comes in a tunnel without TLS is handed on, with the tunnel."""
    client = caller()
    client.say(_CONNECT)
    client.say(first)
    (handed,) = client.keeper.handed
    assert (_CONNECT, first, None) == (handed.connect, handed.data, handed.tls)


def test_an_odd_hello(caller: Any) -> None:
    """Likewise a hello that somebody has to think about."""
    client = caller().begin("odd.test")
    (handed,) = client.keeper.handed
    assert (_CONNECT, b"\x16", None) == (handed.connect, handed.data[:1], handed.tls)


def test_by_its_name(caller: Any) -> None:
    """Without a proxy's tunnel the hello says where to."""
    client = caller(has_tunnel=False)
    client.shake_hands(_HOST, "http/1.1")
    assert client.ask(get("/known")).endswith(b"hello")
    assert [_HOST] == client.keeper.asked


def test_plain(caller: Any) -> None:
    """Requests for http need no tunnel."""
    client = caller()
    assert client.say(get("http://plain.test/known")).endswith(b"hello")
    assert b"" == client.say(get("http://plain.test/new"))
    (handed,) = client.keeper.handed
    assert (b"", get("http://plain.test/new"), None) == (handed.connect, handed.data, handed.tls)


def test_a_miss(caller: Any) -> None:
    """Is handed on decrypted, with TLS as it stands."""
    client = caller().begin()
    assert client.ask(get("/known")).endswith(b"hello")
    client.door.pause_writing()
    client.ask(get("/known") + get("/new"))
    (handed,) = client.keeper.handed
    assert (_CONNECT, get("/new"), True, False) == (handed.connect, handed.data, handed.is_paused, handed.is_ended)
    assert handed.tls
    assert handed.tls.connection.version() == client.tls.version()
    assert ["pause", "resume"] == client.wire.done
    client.door.data_received(b"more")
    client.door.connection_lost(None)
    assert 1 == len(client.keeper.handed)


def test_over_http2(caller: Any) -> None:
    """What is known is answered, what is not is handed on with the connection."""
    client = caller(protocol=b"h2").begin(_HOST, "h2", "http/1.1")
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    connection.initiate_connection()
    for number, path in ((1, "/known"), (3, "/new")):
        fields = [(":method", "GET"), (":scheme", "https"), (":authority", _HOST), (":path", path)]
        connection.send_headers(number, fields, end_stream=True)
        got = connection.receive_data(client.ask(connection.data_to_send()))
        bodies = [bytes(each.data) for each in got if isinstance(each, h2.events.DataReceived) and each.data]
        assert bodies == ([b"hello"] if number == 1 else [])
    (handed,) = client.keeper.handed
    assert handed.http2
    assert {3} == {each.stream for each in handed.http2.handed}


def test_paced(caller: Any) -> None:
    """The parts of an answer come in their time."""

    async def ask(client: Caller) -> None:
        assert client.ask(get("/paced") + get("/known")).endswith(b"\r\n\r\na")
        await asyncio.sleep(0.1)
        assert client.read().startswith(b"bHTTP/1.1 200 OK")

    asyncio.run(ask(caller().begin()))


def test_who_leaves_a_paced_one(caller: Any) -> None:
    """Nothing more is written to a client that is gone."""

    async def leave(client: Caller) -> None:
        client.ask(get("/paced"))
        client.door.connection_lost(None)
        client.wire.take()
        await asyncio.sleep(0.05)
        assert b"" == client.wire.take()
        assert [] == client.keeper.handed

    asyncio.run(leave(caller().begin()))


def test_the_last_one(caller: Any) -> None:
    """After an answer that is the last, TLS and the connection end in order."""
    client = caller().begin()
    assert client.ask(get("/known", "Connection: close")).endswith(b"hello<end>")
    assert ["close"] == client.wire.done


@pytest.mark.parametrize("by", ["tls", "eof", "lost"])
@pytest.mark.parametrize("begun", [b"", get("/known")[:7]])
def test_who_leaves(caller: Any, begun: bytes, by: str) -> None:
    """After TLS a client may leave; one that leaves in mid-request is told of by who comes after."""
    client = caller().begin()
    if begun:
        client.ask(begun)
    if by == "tls":
        with pytest.raises(ssl.SSLWantReadError):
            client.tls.unwrap()
        client.say(client._outgoing.read())
    elif by == "eof":
        client.door.eof_received()
    else:
        client.door.connection_lost(None)
    if begun:
        assert [(begun, True)] == [(each.data, each.is_ended) for each in client.keeper.handed]
    else:
        assert ([""], ["close"]) == (client.keeper.failures, client.wire.done)


@pytest.mark.parametrize("begun", [b"", b"CONN", _CONNECT, _CONNECT + b"\x16\x03\x01"])
def test_who_leaves_before(caller: Any, begun: bytes) -> None:
    """Before TLS as well."""
    client = caller()
    client.say(begun)
    client.door.eof_received()
    assert [begun] * bool(begun) == [each.connect + each.data for each in client.keeper.handed]


def test_who_does_not_trust(caller: Any) -> None:
    """Says so by an alert, which is told."""
    client = caller().begin(trusts=False)
    assert ["tlsv1 alert unknown ca"] == client.keeper.failures
    assert ["close"] == client.wire.done


def test_broken_tls(caller: Any) -> None:
    """What is no TLS in the middle of it ends the connection."""
    client = caller().begin()
    client.say(b"\x17\x03\x03\x00\x20" + bytes(32))
    assert ["close"] == client.wire.done
    assert [] == client.keeper.handed
