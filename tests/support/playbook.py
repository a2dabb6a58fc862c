"""A playbook: mitmproxy's layers driven event by event, with no socket, and what they send read off after each.

One HTTP/1.1 client and one server, as `mitm` has them. Hooks are answered as the test says: a paused flow goes on when
it is told to. Knows nothing of what is played.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Self

from mitmproxy import connection, http, options
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.connection import ConnectionState
from mitmproxy.proxy import commands, context, events
from mitmproxy.proxy.layers.http import HTTPMode
from mitmproxy.proxy.mode_specs import ProxyMode

from tapehead.mitm import chunked, http1
from tapehead.mitm.http_layer import DirectlyFramingLayer
from tapehead.mitm.lane_layer import no_lane, nothing_begun, stay_long

http1.install()
chunked.install()

REQUEST = b"GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n"


class _Loader:
    def __init__(self, to: options.Options) -> None:
        self.options = to

    def add_option(self, name: str, kind: type, default: Any, text: str, choices: Any = None) -> None:
        self.options.add_option(name, kind, default, text, choices)

    def add_command(self, *_: Any) -> None:
        """Commands are not played."""


class Playbook:
    """One connection of a client, and the server's that its requests go to."""

    def __init__(self, *, hooks: Sequence[str] = (), on_hook: Callable[[Any], None] = lambda _: None) -> None:
        """`hooks`: names of hooks that stay open until `finish`. `on_hook` is told each hook, as an addon would be."""
        set_options = options.Options()
        loader: Any = _Loader(set_options)
        Proxyserver().load(loader)
        client = connection.Client(
            peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2), state=ConnectionState.OPEN, timestamp_start=0.0
        )
        client.proxy_mode = ProxyMode.parse("regular")
        made = context.Context(client, set_options)
        made.server.address = ("a.test", 80)
        self.client, self._hooks, self._on_hook = client, hooks, on_hook
        self.server: connection.Server | None = None
        self.open: list[commands.StartHook] = []
        """Hooks that were begun and are not finished."""
        self.sent = b""
        """To the client, since `take`."""
        self.wakeups: list[commands.RequestWakeup] = []
        """What was asked for."""
        self.closed: list[connection.Connection] = []
        """Connections that are to be closed."""
        self.asked: list[str] = []
        """Names of the hooks, in order."""
        self.layer = DirectlyFramingLayer(made, HTTPMode.transparent)
        self.layer.initialise(lambda hook: hook, iter, no_lane, nothing_begun, stay_long)
        self._feed(events.Start())

    def request(self) -> Self:
        """The client sends a request, and it goes upstream."""
        self._feed(events.DataReceived(self.client, REQUEST))
        return self

    def receive(self, data: bytes) -> bytes:
        """The server sends this in one read. Returns what goes to the client."""
        assert self.server
        self._feed(events.DataReceived(self.server, data))
        return self.take()

    def leave(self) -> bytes:
        """The client closes its connection. Returns what goes to it all the same."""
        self.client.state = ConnectionState.CAN_WRITE
        self._feed(events.ConnectionClosed(self.client))
        return self.take()

    def lose(self) -> bytes:
        """The server closes its connection. Returns what goes to the client."""
        assert self.server
        self.server.state = ConnectionState.CAN_WRITE
        self._feed(events.ConnectionClosed(self.server))
        return self.take()

    def wake(self) -> None:
        """The time has come that was asked for first, of those that have not."""
        self._feed(events.Wakeup(self.wakeups.pop(0)))

    def finish(self) -> bytes:
        """The oldest open hook is over. Returns what goes to the client."""
        self._feed(events.HookCompleted(self.open.pop(0), None))
        return self.take()

    def take(self) -> bytes:
        """Returns what was sent to the client, once."""
        sent, self.sent = self.sent, b""
        return sent

    def _feed(self, event: events.Event) -> None:
        for command in asyncio.run(self._handle(event)):
            self.do(command)

    async def _handle(self, event: events.Event) -> list[commands.Command]:
        """In an event loop: the streams ask it when a request came."""
        return list(self.layer.handle_event(event))

    def do(self, command: commands.Command) -> None:
        """Does what a layer asks for."""
        if isinstance(command, commands.SendData) and command.connection is self.client:
            self.sent += command.data
        elif isinstance(command, commands.OpenConnection):
            assert isinstance(command.connection, connection.Server)
            self.server = command.connection
            self.server.state = ConnectionState.OPEN
            self._feed(events.OpenConnectionCompleted(command, None))
        elif isinstance(command, commands.RequestWakeup):
            self.wakeups.append(command)
        elif isinstance(command, commands.CloseConnection):
            self.closed.append(command.connection)
        elif isinstance(command, commands.StartHook):
            self.asked.append(command.name)
            (argument,) = command.args()
            if isinstance(argument, http.HTTPFlow):
                self._on_hook((command.name, argument))
            if command.name in self._hooks:
                self.open.append(command)
            elif command.blocking:
                self._feed(events.HookCompleted(command, None))
