"""stream_shortcut: what is surely quiet goes by the layers, and all else through them, in its order; nothing twice."""

import asyncio
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from mitmproxy.connection import Server
from mitmproxy.proxy import commands, events

from tapehead.mitm import stream_shortcut
from tapehead.mitm.http_layer import PacedLayer
from tapehead.mitm.stream_shortcut import StreamShortcut, put_in
from tapehead.mitm.stream_tap import Hold
from tests.support.playbook import Playbook
from tests.unit.mitm.test_http_stream import END, HEAD, LAST, TERMINAL, Tap, chunk

QUIET = b"quiet "


class QuietTap(Tap):
    """Is sure of what is QUIET."""

    def __init__(self) -> None:
        super().__init__(Hold.TERMINAL_EVENT)
        self.direct: list[bytes] = []

    def take_quiet(self, data: bytes) -> bool:
        if set(data.split(b" ")) <= {b"quiet", b""}:
            self.direct.append(data)
            return True
        return False


class Transport:
    """What a connection is written to."""

    def __init__(self) -> None:
        self.protocol: Any = None
        self.sent: list[bytes] = []
        self.waiting = 0
        self.closing = False

    def get_protocol(self) -> Any:
        return self.protocol

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return self.closing


class Theirs:
    """mitmproxy's protocol."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def data_received(self, data: bytes) -> None:
        self.told.append(data)

    def eof_received(self) -> None:
        self.told.append("eof")

    def connection_lost(self, exc: Exception | None) -> None:
        self.told.append("lost")

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")


class Handler:
    """mitmproxy's of one client, over a playbook."""

    def __init__(self, book: Playbook, loop: asyncio.AbstractEventLoop) -> None:
        assert book.server
        self._book, self._loop = book, loop
        self.client, self.seen = book.client, list[bytes]()
        self.ours, self.server = Transport(), Transport()
        self.theirs = self.server.protocol = Theirs()
        self.reader = SimpleNamespace(_buffer=bytearray())
        self.transports = {
            book.client: SimpleNamespace(writer=SimpleNamespace(transport=self.ours), reader=None),
            book.server: SimpleNamespace(writer=SimpleNamespace(transport=self.server), reader=self.reader),
        }
        self._server_event_lock, self._drain_lock = asyncio.Lock(), asyncio.Lock()
        self.active = 0
        self._asked: list[commands.Command] = []
        self.timeout_watchdog = SimpleNamespace(register_activity=self._register)

    def _register(self) -> None:
        self.active += 1

    async def server_event(self, event: events.Event) -> None:
        assert isinstance(event, events.DataReceived)
        if event.data == b"broken":
            raise ValueError(event.data)
        self.seen.append(event.data)
        self._asked += self._book.layer.handle_event(event)

    def receive(self, data: bytes) -> None:
        """The server's socket has data, and what comes of it is done."""

        async def received() -> None:
            self.server.protocol.data_received(data)
            await asyncio.sleep(0)

        self._loop.run_until_complete(received())
        asked, self._asked = self._asked, []
        for command in asked:
            self._book.do(command)


class Scene:
    """A response that is tapped, up to its head, and the short way for what comes of it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, head: bytes = HEAD) -> None:
        self.tap = QuietTap()

        def on_hook(told: Any) -> None:
            name, flow = told
            if name == "responseheaders":
                flow.response.stream = self.tap

        self.book = Playbook(on_hook=on_hook, hooks=[TERMINAL]).request()
        self.book.receive(head)
        self.handler = Handler(self.book, loop)
        put_in(self.master, self.book.layer, self.server)

    @property
    def server(self) -> Server:
        assert self.book.server
        return self.book.server

    @property
    def master(self) -> Any:
        return SimpleNamespace(addons={"proxyserver": SimpleNamespace(connections={1: self.handler})})

    def receive(self, data: bytes) -> tuple[list[bytes], list[bytes]]:
        """What went directly, and what the layers were given."""
        self.handler.receive(data)
        sent, self.handler.ours.sent = self.handler.ours.sent, []
        seen, self.handler.seen = self.handler.seen, []
        return sent, seen


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    made.set_task_factory(asyncio.eager_task_factory)  # as mitmproxy's
    yield made
    made.close()


def test_quiet_chunks_go_directly(loop: asyncio.AbstractEventLoop) -> None:
    """Those of one read in one write, each framed; the tap saw them once, and the watchdog that there was something."""
    scene = Scene(loop)
    both = chunk(QUIET) + chunk(QUIET * 2)
    assert ([both], []) == scene.receive(both)
    assert [QUIET * 3] == scene.tap.direct
    assert 1 == scene.handler.active
    assert "ready" in repr(scene.handler.server.protocol)


@pytest.mark.parametrize(
    "data",
    [chunk(b"loud"), chunk(QUIET) + END, chunk(QUIET)[:-1], b"6;x=1\r\nquiet \r\n", chunk(QUIET) + chunk(LAST)],
    ids=["not sure", "an end", "not whole", "an extension", "a terminal event"],
)
def test_all_else_goes_through_the_layers(data: bytes, loop: asyncio.AbstractEventLoop) -> None:
    """All that came with it, too; the tap is given it there."""
    scene = Scene(loop)
    assert ([], [data]) == scene.receive(data)
    assert [] == scene.tap.direct


def test_what_follows_half_a_chunk(loop: asyncio.AbstractEventLoop) -> None:
    """It goes through the layers as well, until all is whole again."""
    scene = Scene(loop)
    whole = chunk(QUIET)
    for piece in (whole[:4], whole[4:]):
        assert ([], [piece]) == scene.receive(piece)
    assert ([whole], []) == scene.receive(whole)


def test_a_terminal_event_is_held(loop: asyncio.AbstractEventLoop) -> None:
    """By the layers, and what comes meanwhile is theirs."""
    scene = Scene(loop)
    scene.receive(chunk(LAST))
    scene.book.take()
    assert [TERMINAL] == [each.name for each in scene.book.open]
    assert ([], [chunk(QUIET)]) == scene.receive(chunk(QUIET))
    assert chunk(LAST) + chunk(QUIET) == scene.book.finish()


def test_nothing_goes_by_what_waits(loop: asyncio.AbstractEventLoop) -> None:
    """While mitmproxy has data to read, a lock, or a client that does not keep up, its own protocol gets what comes."""
    scene = Scene(loop)
    handler = scene.handler

    def expect(data: bytes) -> None:
        assert ([], []) == scene.receive(data)
        assert data == handler.theirs.told.pop()

    handler.reader._buffer += b"before"
    expect(b"1")
    handler.reader._buffer.clear()
    for lock in (handler._server_event_lock, handler._drain_lock):
        loop.run_until_complete(lock.acquire())
        expect(b"2")
        waiter = loop.create_task(lock.acquire())
        loop.run_until_complete(asyncio.sleep(0))
        lock.release()
        assert not lock.locked()  # but somebody is about to get it
        expect(b"3")
        loop.run_until_complete(waiter)
        lock.release()
    handler.ours.waiting = 1
    expect(b"4")
    handler.ours.waiting, handler.ours.closing = 0, True
    expect(b"5")
    handler.ours.closing = False
    assert ([chunk(QUIET)], []) == scene.receive(chunk(QUIET))


def test_all_else_is_the_protocol_s(loop: asyncio.AbstractEventLoop) -> None:
    """The end, a loss, and what is said of writing."""
    scene = Scene(loop)
    shortcut = scene.handler.server.protocol
    shortcut.pause_writing()
    shortcut.resume_writing()
    assert not shortcut.eof_received()
    shortcut.connection_lost(None)
    assert ["pause", "resume", "eof", "lost"] == scene.handler.theirs.told


def test_a_failure_is_told(loop: asyncio.AbstractEventLoop) -> None:
    """By the event loop, as nobody waits for it."""
    scene, told = Scene(loop), list[Any]()
    loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
    scene.receive(b"broken")
    scene.receive(b"")
    assert [ValueError] == list(map(type, told))


def test_it_is_put_in_once(loop: asyncio.AbstractEventLoop) -> None:
    """And not where the connection goes over another proxy, or is none that is known."""
    scene = Scene(loop)
    first = scene.handler.server.protocol
    assert isinstance(first, StreamShortcut)
    put_in(scene.master, scene.book.layer, scene.server)
    assert first is scene.handler.server.protocol
    theirs = scene.handler.server.protocol = Theirs()
    strange: Any = Server(address=("b.test", 80))
    put_in(scene.master, scene.book.layer, strange)
    vars(scene.server)["via"] = ("http", ("proxy.test", 80))
    put_in(scene.master, scene.book.layer, scene.server)
    vars(scene.server).update(via=None, tls=True)  # whose TLS nobody knows
    put_in(scene.master, scene.book.layer, scene.server)
    scene.handler.client = cast("Any", None)
    put_in(scene.master, scene.book.layer, scene.server)
    assert theirs is scene.handler.server.protocol


def frame(kind: int, flags: int, stream: int, data: bytes) -> bytes:
    return len(data).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + data


ONE, OTHER = frame(0, 0, 1, b"one"), frame(0, 0, 3, b"other")


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        (ONE + ONE, [(1, [b"one", b"one"], 24)]),
        (ONE + OTHER + ONE, [(1, [b"one"], 12), (3, [b"other"], 26), (1, [b"one"], 38)]),
        (ONE + frame(0, 1, 1, b"end"), [(1, [b"one"], 12)]),
        (ONE + frame(1, 4, 1, b"head"), [(1, [b"one"], 12)]),
        (ONE + frame(0, 0, 1, b""), [(1, [b"one"], 12)]),
        (ONE + ONE[:-1], [(1, [b"one"], 12)]),
        (ONE + ONE[:5], [(1, [b"one"], 12)]),
        (frame(0, 0, 1, b"too long"), []),
    ],
    ids=["of one", "by turns", "with a flag", "a head", "empty", "not whole", "not a head", "too long"],
)
def test_runs_of_data(plain: bytes, expected: Sequence[object]) -> None:
    """They end before the first frame that is no plain data."""
    assert expected == list(stream_shortcut._runs_of_data(plain, 5))


def test_the_layer_asks_for_it(loop: asyncio.AbstractEventLoop) -> None:
    """When a tap is put on a response, with the connection that it comes by."""
    asked: list[Any] = []

    def on_hook(told: Any) -> None:
        name, flow = told
        if name == "responseheaders":
            flow.response.stream = QuietTap()

    book = Playbook(on_hook=on_hook)
    assert isinstance(book.layer, PacedLayer)
    book.layer._shorten_stream = lambda layer, server: asked.append((layer, server))
    book.request().receive(HEAD)
    assert [(book.layer, book.server)] == asked
