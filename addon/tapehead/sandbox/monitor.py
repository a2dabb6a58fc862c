"""What programs in the sandbox try outside of it, from the calls and questions that their supervisor sees.

Knows addresses, names, programs and which attempts are worth saying: once each, and not those that stay inside.
"""

import ctypes
import errno
import os
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Literal, NamedTuple

from tapehead.sandbox import resolver, seccomp

MAX_ATTEMPTS = 500
_PIDFD_GETFD = 438

# Services that resolve names outside, reached by a path: there is no network in between, so they are refused here.
# glibc then asks the name server.
_RESOLVERS = (
    "/run/systemd/resolve/io.systemd.Resolve",
    "/run/nscd/socket",
    "/var/run/nscd/socket",
    "/run/avahi-daemon/socket",
    "/var/run/avahi-daemon/socket",
)

Kind = Literal["name", "tcp", "udp", "raw", "loopback"]


class ConnectionAttempt(NamedTuple):
    """One thing that a program tried outside of the sandbox.

    `kind`: `name`, `host` was looked up (`port` is 0); `tcp`, `udp` and `raw` (ping and the like, `port` is 0), the
    address `host` was spoken to directly; `loopback`, a service of this machine that listens outside, which
    `--allow-port` would let in. `program` and `pid` as far as they could be seen, else "" and 0; `time` in seconds
    since the epoch.
    """

    kind: Kind
    host: str
    port: int
    program: str
    pid: int
    time: float

    @property
    def target(self) -> str:
        """`api.example.com`, `192.0.2.7:443`, `[2001:db8::1]:443`."""
        if not self.port:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        who = f"{self.program} (pid {self.pid})" if self.program else "a program"
        match self.kind:
            case "name":
                return f"{who} looked up {self.target} directly"
            case "loopback":
                return f"{who} tried {self.target}, which is outside the sandbox: --allow-port {self.port}"
        return f"{who} tried {self.target} directly ({self.kind})"


class Address(NamedTuple):
    """Where a call goes. IPv4 in IPv6 is IPv4 here; an unspecified address is loopback, as for the kernel."""

    host: str
    port: int
    loopback: bool


def address(packed: bytes) -> Address | None:
    """Returns what a struct sockaddr of the internet says; None for others, and for what is too short."""
    if len(packed) < 8:
        return None
    (family,) = struct.unpack_from("=H", packed)
    (port,) = struct.unpack_from("!H", packed, 2)
    if family == socket.AF_INET6 and len(packed) >= 24:
        raw = packed[8:24]
        if raw[:12] != b"\0" * 10 + b"\xff\xff":
            return Address(socket.inet_ntop(family, raw), port, raw[:15] == b"\0" * 15 and raw[15] < 2)
        raw = raw[12:]
    elif family == socket.AF_INET:
        raw = packed[4:8]
    else:
        return None
    return Address(socket.inet_ntop(socket.AF_INET, raw), port, raw[0] == 127 or raw == b"\0" * 4)


def _listens(table: Path, port: int) -> bool:
    """Whether a process listens on the TCP port in the network whose /proc/net is `table`."""
    wanted = f":{port:04X}"
    for name in ("tcp", "tcp6"):
        try:
            lines = (table / name).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        if any(fields[1].endswith(wanted) and fields[3] == "0A" for fields in map(str.split, lines)):
            return True
    return False


def _group(thread: int) -> int:
    """The process of a thread; itself when that cannot be seen."""
    try:
        status = Path(f"/proc/{thread}/status").read_bytes()
    except OSError:
        return thread
    return int(status.partition(b"\nTgid:")[2].split(maxsplit=1)[0])


def program(pid: int) -> str:
    """Returns what a process is called: its program, and the script it runs. No more arguments: keys may be in them."""
    try:
        first, *rest = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return ""
    script = rest[0] if rest and not rest[0].startswith("-") and Path(rest[0]).suffix else ""
    return " ".join(os.path.basename(part) for part in (first, script) if part)


def _socket_of(pid: int, descriptor: int) -> socket.socket | None:
    """The program's own socket, duplicated here to look at. None when that is not permitted, or it is none."""
    try:
        process = os.pidfd_open(pid)
    except OSError:
        return None
    try:
        copy = ctypes.CDLL(None, use_errno=True).syscall(_PIDFD_GETFD, process, descriptor, 0)
        return socket.socket(fileno=copy) if copy >= 0 else None
    except OSError:
        os.close(copy)
        return None
    finally:
        os.close(process)


class Monitor:
    """Looks at calls and questions, and tells `note` each attempt once."""

    def __init__(
        self, note: Callable[[ConnectionAttempt], None], *, here: Collection[str], ways: Collection[int]
    ) -> None:
        """Takes what is told each attempt.

        `here` are the addresses in the sandbox besides loopback's, `ways` the ports that lead out.
        """
        self._note = note
        self._here = frozenset(here)
        self._inside = set(ways)  # ports of loopback that something inside listens on
        self._noted: set[tuple[Kind, str, int, str]] = set()
        self._asking: deque[tuple[int, int]] = deque(maxlen=64)  # processes and their sockets to a name server

    def call(self, call: seccomp.Call) -> int:
        """Looks at a call before it runs. Returns the error that it shall fail with; 0 lets it run."""
        try:
            packed = seccomp.address(call)
        except (OSError, OverflowError, struct.error):  # gone meanwhile, or no address: the kernel will say so
            return 0
        if packed[:2] == struct.pack("=H", socket.AF_UNIX):
            path = packed[2:].partition(b"\0")[0].decode("utf-8", "replace")
            return errno.ECONNREFUSED if path in _RESOLVERS else 0
        to = address(packed)
        if to is None or (not to.port and call.name == "connect"):  # so glibc ranks addresses; nothing is sent
            return 0
        if to.loopback and to.port in self._inside and to.port != 53:
            return 0
        descriptor = call.args[0] & 0xFFFFFFFF
        if to.port == 53 and (to.loopback or to.host in self._here):
            self._asking.append((_group(call.thread), descriptor))
        elif to.loopback:
            self._loopback(call.thread, descriptor, to)
        elif to.host not in self._here:
            self._outside(call.thread, descriptor, to)
        return 0

    def question(self, asked: str, port: int) -> None:
        """Notes a name that was asked for from this UDP port."""
        pid = next((pid for pid, descriptor in reversed(self._asking) if _port_of(pid, descriptor) == port), 0)
        self._take("name", asked, 0, pid)

    def _loopback(self, thread: int, descriptor: int, to: Address) -> None:
        """A port that listens outside and not inside is a service the program misses. Others are the program's own."""
        if not _listens(Path("/proc/self/net"), to.port):
            return
        if _listens(Path(f"/proc/{thread}/net"), to.port):
            self._inside.add(to.port)
        elif (pid := _group(thread)) and _kind_of(pid, descriptor) == "tcp":
            self._take("loopback", to.host, to.port, pid)

    def _outside(self, thread: int, descriptor: int, to: Address) -> None:
        pid = _group(thread)
        self._take(_kind_of(pid, descriptor), to.host, to.port, pid)

    def _take(self, kind: Kind, host: str, port: int, pid: int) -> None:
        name = program(pid) if pid else ""
        key = (kind, host, port, name)
        if key not in self._noted and len(self._noted) < MAX_ATTEMPTS:
            self._noted.add(key)
            self._note(ConnectionAttempt(kind, host, port, name, pid, time.time()))


def _kind_of(pid: int, descriptor: int) -> Kind:
    copy = _socket_of(pid, descriptor)
    if copy is None:
        return "tcp"
    with copy:
        if copy.type == socket.SOCK_STREAM:
            return "tcp"
        return "udp" if copy.proto == socket.IPPROTO_UDP else "raw"


def _port_of(pid: int, descriptor: int) -> int:
    copy = _socket_of(pid, descriptor)
    if copy is None:
        return 0
    with copy:
        name = copy.getsockname()
        return name[1] if isinstance(name, tuple) and len(name) > 1 else 0


def parse_dns_question(packet: bytes, search: tuple[str, ...]) -> str:
    """Returns the name that a packet to the name server asks for, as the program gave it.

    It is "" for what reaches nobody.
    """
    question = resolver.question(packet)
    if question is None or question.reverse:
        return ""
    name = resolver.parse_question(question.name, search)
    return "" if name in {"", "localhost", socket.gethostname().lower()} else name
