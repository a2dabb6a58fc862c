"""A network of its own for this process, with nothing in it but loopback: namespaces by ctypes, addresses by ioctl.

Knows how a namespace is entered and furnished, and why it may not be had here. It changes the process that calls it,
so that is a fresh child of the supervisor; the supervisor, which stays outside, writes its maps of users.
"""

import ctypes
import errno
import fcntl
import os
import socket
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from tapehead.root import TapeheadError

NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000
# The ways into a namespace in the order they are tried. Root in a container that forbids user namespaces may still
# make networks, if it was given CAP_SYS_ADMIN.
WAYS = (NEW_USER | NEW_NETWORK, NEW_NETWORK)

# A program without any outward address is told by glibc (AI_ADDRCONFIG) that names cannot be resolved, before it asks:
# this one, of those set aside for documentation, lets it ask, so that the name can be heard.
_OUTWARD = "192.0.2.1"

_GET_INDEX, _SET_FLAGS, _SET_ADDRESS, _SET_MASK = 0x8933, 0x8914, 0x8916, 0x891C
_UP_RUNNING = 0x1 | 0x40

# What forbids namespaces, by the setting that says so, and what to do about it.
_SETTINGS = (
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone is 0: set it to 1"),
    ("/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces is 0: raise it"),
    ("/proc/sys/user/max_net_namespaces", "0", "user.max_net_namespaces is 0: raise it"),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor restricts user namespaces: set kernel.apparmor_restrict_unprivileged_userns to 0",
    ),
)
_CONTAINERS = ("/.dockerenv", "/run/.containerenv")
_IN_CONTAINER = (
    "this container forbids namespaces: start it with --security-opt seccomp=unconfined, or --cap-add SYS_ADMIN"
)


class PortError(TapeheadError):
    """A port cannot be had inside: which one, and why."""


def enter(way: int) -> None:
    """Moves this process into new namespaces. Raises OSError when it may not."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(way):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def write_maps(pid: int) -> None:
    """Lets everyone stay who they are in the user namespace of `pid`, or, without privileges, this process's own user.

    Called from outside: who may map all users needs its privileges where they count.
    """
    process = Path("/proc", str(pid))
    try:
        for name in ("uid_map", "gid_map"):
            extents = (line.split() for line in Path("/proc/self", name).read_text().splitlines())
            _write(process / name, "".join(f"{inside} {inside} {count}\n" for inside, _, count in extents))
    except PermissionError:
        _write(process / "setgroups", "deny")
        _write(process / "uid_map", f"{os.geteuid()} {os.geteuid()} 1\n")
        _write(process / "gid_map", f"{os.getegid()} {os.getegid()} 1\n")


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())  # a map is taken in one write
    finally:
        os.close(descriptor)


def configure(addresses: Iterable[str]) -> None:
    """Brings loopback up, and gives it these addresses too, as far as they can be had."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as handle:
        fcntl.ioctl(handle, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP_RUNNING))
        for number, address in enumerate((_OUTWARD, *addresses)):
            try:
                _add_address(handle, number, address)
            except OSError:
                continue  # names asked of this server cannot be heard; they fail all the same


def _add_address(handle: socket.socket, number: int, address: str) -> None:
    if ":" in address:
        index = struct.unpack("16sI12x", fcntl.ioctl(handle, _GET_INDEX, struct.pack("16s16x", b"lo")))[1]
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as handle6:
            packed = socket.inet_pton(socket.AF_INET6, address)
            fcntl.ioctl(handle6, _SET_ADDRESS, struct.pack("=16sIi", packed, 128, index))
        return
    if address.startswith("127."):
        return  # loopback's already, as all of 127.0.0.0/8
    label = f"lo:{number}".encode()
    for request, packed in ((_SET_ADDRESS, socket.inet_aton(address)), (_SET_MASK, b"\xff" * 4)):
        # The mask too: else the whole class of the address would be routed to loopback, and connecting would hang.
        fcntl.ioctl(handle, request, struct.pack("=16sHH4s8x", label, socket.AF_INET, 0, packed))


def own_addresses() -> Iterator[str]:
    """Yields what the hosts file says of this machine's own name: programs listen there, and look there."""
    own = socket.gethostname()
    try:
        lines = Path("/etc/hosts").read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for line in lines:
        address, *names = line.partition("#")[0].split() or [""]
        if own in names and "%" not in address:
            yield address


def listeners(ports: Iterable[int]) -> list[tuple[int, socket.socket]]:
    """Returns sockets that listen on each port of 127.0.0.1, and of ::1 where the kernel has IPv6.

    Raises PortError when one cannot.
    """
    listening = []
    for port in ports:
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            try:
                entrance = socket.socket(family, socket.SOCK_STREAM)
                entrance.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                entrance.bind((host, port))
            except (OSError, OverflowError) as e:
                missing = isinstance(e, OSError) and e.errno in {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}
                if missing and family == socket.AF_INET6:
                    continue
                raise PortError(port, str(e)) from e
            entrance.listen(1024)
            listening.append((port, entrance))
    return listening


def name_servers(addresses: Iterable[str]) -> list[socket.socket]:
    """Returns sockets that hear what is asked of each name server, as far as they can be had."""
    hearing = []
    for address in addresses:
        server = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            server.bind((address, 53))
        except OSError:
            server.close()
            continue
        hearing.append(server)
    return hearing


def reason(failure: OSError) -> str:
    """Returns why there is no namespace here, as far as the system says, and what to do."""
    for path, value, said in _SETTINGS:
        try:
            if Path(path).read_text("ascii").strip() == value:
                return said
        except OSError:
            continue
    if any(map(os.path.exists, _CONTAINERS)):
        return _IN_CONTAINER
    if failure.errno in {errno.EINVAL, errno.ENOSYS}:
        return "this kernel was built without user or network namespaces"
    return f"the kernel refuses a network namespace ({failure.strerror}): try as root, or outside of any container"
