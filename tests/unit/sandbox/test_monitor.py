"""Which calls are attempts, and what is said of them. The calls are this process' own, as if it were watched."""

import ctypes
import errno
import os
import socket
import struct
from pathlib import Path

import pytest

from tapehead.sandbox import monitor
from tapehead.sandbox.monitor import Address, ConnectionAttempt, Monitor, address, parse_dns_question, program
from tapehead.sandbox.seccomp import Call


def ipv4(host: str, port: int) -> bytes:
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host) + bytes(8)


def ipv6(host: str, port: int) -> bytes:
    packed = socket.inet_pton(socket.AF_INET6, host)
    return struct.pack("=H", socket.AF_INET6) + struct.pack("!HI", port, 0) + packed + bytes(4)


def unix(path: str) -> bytes:
    return struct.pack("=H", socket.AF_UNIX) + path.encode() + b"\0"


@pytest.mark.parametrize(
    ("packed", "expected"),
    [
        (ipv4("203.0.113.7", 443), Address("203.0.113.7", 443, False)),
        (ipv4("127.0.0.53", 53), Address("127.0.0.53", 53, True)),
        (ipv4("0.0.0.0", 80), Address("0.0.0.0", 80, True)),  # noqa: S104 - nothing listens
        (ipv6("2001:db8::7", 443), Address("2001:db8::7", 443, False)),
        (ipv6("::1", 80), Address("::1", 80, True)),
        (ipv6("::", 80), Address("::", 80, True)),
        (ipv6("::2", 80), Address("::2", 80, False)),
        (ipv6("::ffff:203.0.113.7", 443), Address("203.0.113.7", 443, False)),
        (ipv6("::ffff:127.0.0.1", 443), Address("127.0.0.1", 443, True)),
        (ipv6("::1", 80)[:20], None),
        (unix("/run/docker.sock"), None),
        (b"", None),
    ],
)
def test_addresses(packed: bytes, expected: Address | None) -> None:
    """As the kernel gets them."""
    assert expected == address(packed)


class Watched:
    """A watch over this process, and what it noted."""

    def __init__(self) -> None:
        self.noted: list[ConnectionAttempt] = []
        self.watch = Monitor(self.noted.append, here=["10.0.0.2"], ways=[8080])
        self._kept: list[object] = []

    def connect(self, packed: bytes, descriptor: int = -1, name: str = "connect") -> int:
        buffer = ctypes.create_string_buffer(packed, len(packed))
        where = ctypes.addressof(buffer)
        match name:
            case "connect":
                args: tuple[int, ...] = (descriptor, where, len(packed), 0, 0, 0)
            case "sendto":
                args = (descriptor, 0, 0, 0, where, len(packed))
            case _:
                header = ctypes.create_string_buffer(struct.pack("=QI", where, len(packed)), 12)
                self._kept.append(header)
                args = (descriptor, ctypes.addressof(header), 0, 0, 0, 0)
        return self.watch.call(Call(1, os.getpid(), name, args))

    @property
    def targets(self) -> list[tuple[str, str]]:
        return [(attempt.kind, attempt.target) for attempt in self.noted]


@pytest.mark.parametrize("name", ["connect", "sendto", "sendmsg", "sendmmsg"])
def test_each_call_is_read(name: str) -> None:
    """Each of them names its address in its own place; the same attempt is noted once."""
    watched = Watched()
    with socket.socket(type=socket.SOCK_DGRAM) as handle:
        for _ in range(3):
            assert 0 == watched.connect(ipv4("203.0.113.7", 443), handle.fileno(), name)

    assert [("udp", "203.0.113.7:443")] == watched.targets
    assert os.getpid() == watched.noted[0].pid


def test_kinds() -> None:
    """By the socket itself; what cannot be looked at counts as TCP."""
    watched = Watched()
    with socket.socket() as stream, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as datagram:
        watched.connect(ipv4("203.0.113.7", 443), stream.fileno())
        watched.connect(ipv6("2001:db8::7", 443), datagram.fileno())
    watched.connect(ipv4("203.0.113.8", 443))

    assert [("tcp", "203.0.113.7:443"), ("udp", "[2001:db8::7]:443"), ("tcp", "203.0.113.8:443")] == watched.targets


def test_what_is_no_attempt() -> None:
    """The ways, the sandbox's own addresses, a rank of addresses, files' sockets, addresses that cannot be read."""
    watched = Watched()

    for packed in (ipv4("127.0.0.1", 8080), ipv4("10.0.0.2", 9), ipv4("203.0.113.7", 0), unix("/run/docker.sock")):
        assert 0 == watched.connect(packed)
    for name in ("connect", "sendto", "sendmsg"):
        for pointer in (1, 2**63 + 1, 2**64 - 1):
            assert 0 == watched.watch.call(Call(1, os.getpid(), name, (0, pointer, 2**64 - 1, 0, pointer, 16)))
    assert 0 == watched.watch.call(Call(1, 2**22 + 1, "connect", (0, 1, 16, 0, 0, 0)))
    assert [] == watched.noted


@pytest.mark.parametrize("path", ["/run/systemd/resolve/io.systemd.Resolve", "/var/run/nscd/socket"])
def test_resolvers_outside_are_refused(path: str) -> None:
    """They are reached by a path, which no namespace of networks closes."""
    assert errno.ECONNREFUSED == Watched().connect(unix(path))


def test_services_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A port that listens outside and not inside is missed; one that nobody serves, or both, is the program's own."""
    watched = Watched()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        port = server.getsockname()[1]
        watched.connect(ipv4("127.0.0.1", port), client.fileno())  # here inside and outside are the same
        assert [] == watched.noted
        watched = Watched()
        listens = monitor._listens
        monkeypatch.setattr(monitor, "_listens", lambda table, port: table.parts[2] == "self" and listens(table, port))
        watched.connect(ipv4("127.0.0.1", port), client.fileno())
        watched.connect(ipv4("127.0.0.1", 1), client.fileno())

    assert [("loopback", f"127.0.0.1:{port}")] == watched.targets
    assert str(watched.noted[0]).endswith(f"tried 127.0.0.1:{port}, which is outside the sandbox: --allow-port {port}")


def test_names_have_their_programs() -> None:
    """The socket that asked tells the process."""
    watched = Watched()
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.bind(("127.0.0.1", 0))
        watched.connect(ipv4("10.0.0.2", 53), asking.fileno())
        watched.watch.question("api.openai.com", asking.getsockname()[1])
    watched.watch.question("api.mistral.ai", 1)

    assert [("name", "api.openai.com"), ("name", "api.mistral.ai")] == watched.targets
    assert [os.getpid(), 0] == [attempt.pid for attempt in watched.noted]
    assert "a program looked up api.mistral.ai directly" == str(watched.noted[1])


def test_attempts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that tries everything is not written down for ever."""
    monkeypatch.setattr(monitor, "MAX_ATTEMPTS", 5)
    watched = Watched()
    for port in range(1, 10):
        watched.connect(ipv4("203.0.113.7", port))

    assert 5 == len(watched.noted)


def test_programs() -> None:
    """No argument that may be a key; nothing for who is gone."""
    assert program(os.getpid())
    assert "" == program(2**22 + 1)


def test_names_that_are_heard() -> None:
    """Not the machine's own, not an address', not what is no question."""
    asked = struct.pack("!6H", 1, 0x0100, 1, 0, 0, 0)

    def packet(*labels: str, kind: int = 1) -> bytes:
        name = b"".join(bytes([len(label)]) + label.encode() for label in labels)
        return asked + name + b"\0" + struct.pack("!HH", kind, 1)

    assert "api.x.ai" == parse_dns_question(packet("api", "x", "ai"), ())
    assert "api.x.ai" == parse_dns_question(packet("api", "x", "ai", "corp", "example"), ("corp.example",))
    assert "" == parse_dns_question(packet("localhost"), ())
    assert "" == parse_dns_question(packet(*socket.gethostname().split(".")), ())
    assert "" == parse_dns_question(packet("7", "113", "0", "203", "in-addr", "arpa", kind=12), ())
    assert "" == parse_dns_question(b"", ())
