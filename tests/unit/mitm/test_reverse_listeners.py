"""Each variable has a listener of its own, and it leads to the server that the variable was promised, whatever the others."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tapehead.clients.trust import ensure_ca
from tapehead.mitm.reverse_listeners import ListenerMode, listener_modes, listening_ports
from tapehead.modes import Mode
from tapehead.proxy.embedded import HOST, ProxyConfig, StartError, run_proxy

PATHS = ("/v1", "", "/v1/deep", "/v1")


@dataclass(slots=True)
class Servers:
    """Three servers; each answers with its number, and notes the Host header and the key that it was given."""

    origins: list[str] = field(default_factory=list)
    asked: list[tuple[int, str, str]] = field(default_factory=list)


@contextlib.asynccontextmanager
async def serving(hosts: Sequence[str] = (HOST, HOST, HOST)) -> AsyncIterator[Servers]:
    """Servers on these addresses."""
    servers = Servers()
    async with contextlib.AsyncExitStack() as stack:
        for number, host in enumerate(hosts):

            async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int = number) -> None:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                fields = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
                servers.asked.append((number, fields["Host"], fields["x-key"]))
                body = f"{number} {head.split()[1]}".encode()
                writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                writer.close()

            server = await asyncio.start_server(answer, host, 0)
            await stack.enter_async_context(server)
            port = server.sockets[0].getsockname()[1]
            servers.origins.append(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        yield servers


async def ask(port: int, target: str, key: str, host: str = HOST) -> str:
    """The answer's body to one request: a target in origin or absolute form."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nx-key: {key}\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return answer.partition(b"\r\n\r\n")[2].decode()


async def in_tunnel(proxy: int, port: int, key: str) -> str:
    """The same in a tunnel to a listener."""
    reader, writer = await asyncio.open_connection(HOST, proxy)
    writer.write(f"CONNECT {HOST}:{port} HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode())
    assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
    writer.write(f"GET /x HTTP/1.1\r\nHost: {HOST}:{port}\r\nx-key: {key}\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return answer.partition(b"\r\n\r\n")[2].decode()


def plan(folder: Path, reverse: Sequence[str], **more: Any) -> ProxyConfig:
    """A proxy that passes everything through."""
    settings = (f"confdir={folder}", "cassette_mode=passthrough", f"cassette={folder / 'c.yaml'}")
    return ProxyConfig(mode=Mode.PASSTHROUGH, settings=settings, reverse=reverse, ensure_ca=ensure_ca, **more)


COMBINATIONS = [each for count in (2, 3, 4) for each in itertools.product(range(3), repeat=count)]
"""Which server each of two to four listeners leads to: 117."""
KINDS = [each for each in COMBINATIONS if [*dict.fromkeys(each)] == [*range(len({*each}))]]
"""Those that are left when servers that only change places are taken for the same: 21."""


@pytest.mark.parametrize("included", [False, True], ids=["direct", "include-loopback"])
@pytest.mark.parametrize(
    "combinations", [KINDS, pytest.param(COMBINATIONS, marks=pytest.mark.slow)], ids=["kinds", "all"]
)
def test_every_combination_of_two_to_four_listeners_on_one_to_three_servers(
    tmp_path: Path, included: bool, combinations: Sequence[Sequence[int]]
) -> None:
    """Asked directly, or by way of the proxy as a client does that sends loopback through it."""

    async def all_of_them() -> None:
        async with serving() as servers:
            for combination in combinations:
                reverse = [servers.origins[number] for number in combination]
                async with run_proxy(plan(tmp_path, reverse)) as proxy:
                    assert len(combination) == len({*proxy.reverse_ports})
                    for place, (number, port) in enumerate(zip(combination, proxy.reverse_ports, strict=True)):
                        path, key = f"{PATHS[place]}/x", f"key-of-{place}"
                        target = f"http://{HOST}:{port}{path}" if included else path
                        got = await ask(proxy.port if included else port, target, key, f"{HOST}:{port}")
                        authority = servers.origins[number].removeprefix("http://")
                        assert (f"{number} {path}", (number, authority, key)) == (got, servers.asked[-1]), combination

    asyncio.run(all_of_them())


def test_a_tunnel_to_a_listener(tmp_path: Path) -> None:
    """Node 22 asks for one also where it speaks plain HTTP."""

    async def tunnelled() -> None:
        async with serving() as servers, run_proxy(plan(tmp_path, [*servers.origins, servers.origins[0]])) as proxy:
            for place, port in enumerate(proxy.reverse_ports):
                assert f"{place % 3} /x" == await in_tunnel(proxy.port, port, "key")
                assert servers.origins[place % 3].removeprefix("http://") == servers.asked[-1][1]

    asyncio.run(tunnelled())


def test_ipv6_servers(tmp_path: Path) -> None:
    """The Host header that they get has its brackets."""

    async def asked() -> None:
        hosts = ("::1", HOST, "::1")
        async with (
            serving(hosts) as servers,
            run_proxy(plan(tmp_path, [*servers.origins, servers.origins[0]])) as proxy,
        ):
            for place, port in enumerate(proxy.reverse_ports):
                for by, target in ((port, "/x"), (proxy.port, f"http://{HOST}:{port}/x")):
                    assert f"{place % 3} /x" == await ask(by, target, "key")
                    assert servers.origins[place % 3].removeprefix("http://") == servers.asked[-1][1]

    asyncio.run(asked())


def test_a_port_of_another_machine(tmp_path: Path) -> None:
    """In the sandbox a program finds a server at a port of its own; by way of the proxy that port leads there too."""

    async def asked() -> None:
        async with serving() as servers:
            inside = {11434: 1, 8000: 0}
            async with run_proxy(plan(tmp_path, servers.origins[:2], reverse_inside=inside)) as proxy:
                for port, number in inside.items():
                    for host in (HOST, "localhost", "[::1]"):
                        assert f"{number} /x" == await ask(proxy.port, f"http://{host}:{port}/x", "key")

    asyncio.run(asked())


class FirstChosen(dict[int, int]):
    """Names the port that is asked about first: the one that the system has just chosen."""

    chosen: int | None = None

    def __contains__(self, port: object) -> bool:
        assert isinstance(port, int)
        self.chosen = self.chosen or port
        return port == self.chosen


def test_a_port_that_leads_elsewhere_is_not_listened_at(tmp_path: Path) -> None:
    """The program is to find its server there, not the proxy: another port is chosen."""
    inside = FirstChosen()

    async def ports() -> set[int]:
        async with run_proxy(plan(tmp_path, ["http://a.test"], reverse_inside=inside)) as proxy:
            return {proxy.port, proxy.sni_port, *proxy.reverse_ports}

    listening = asyncio.run(ports())
    assert inside.chosen is not None
    assert inside.chosen not in listening


def test_no_port_is_left(tmp_path: Path) -> None:
    """It is not tried for ever."""

    async def start() -> None:
        async with run_proxy(plan(tmp_path, ["http://a.test"], reverse_inside=dict.fromkeys(range(1, 65536), 0))):
            raise AssertionError("it started")

    with pytest.raises(StartError, match="every port"):
        asyncio.run(start())


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://a b/"])
def test_what_is_no_server(tmp_path: Path, url: str) -> None:
    """The proxy does not start."""

    async def start() -> None:
        async with run_proxy(plan(tmp_path, [url])):
            raise AssertionError("it started")

    with pytest.raises(StartError):
        asyncio.run(start())


def test_a_listener_that_is_missing_or_another_s() -> None:
    """Each mode must be answered by an instance of its own, on a port of its own."""

    class Instance:
        def __init__(self, mode: ListenerMode, port: int) -> None:
            self.mode, self.listen_addrs = mode, ((HOST, port),)

    one, two = listener_modes(["http://a.test", "http://a.test"], HOST)
    other = listener_modes(["http://b.test"], HOST)[0]
    good: list[Any] = [Instance(two, 2), Instance(one, 1)]
    assert [1, 2] == listening_ports(good, [one, two])
    for bad in ([Instance(one, 1)], [Instance(other, 1), Instance(two, 2)], [Instance(one, 1), Instance(two, 1)]):
        with pytest.raises(ValueError, match=r"listener"):
            listening_ports(bad, [one, two])  # type: ignore[arg-type]


def test_a_mode_survives_its_state() -> None:
    """mitmproxy makes a flow's mode anew from its text."""
    for mode in listener_modes(["http://[::1]:8000", "https://api.openai.com"], HOST):
        assert mode == ListenerMode.parse(mode.full_spec)
        assert "tcp" == mode.transport_protocol
