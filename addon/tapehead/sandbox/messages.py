"""What tapehead, the sandbox's supervisor and its child say to each other: whole messages, with descriptors.

Knows how a message travels; what is in one, those who speak know. By marshal, as both ends are the same interpreter,
and one of them is waited for while it imports.
"""

import marshal
import socket
from array import array
from typing import Any, BinaryIO, NamedTuple

MAX_DESCRIPTORS = 253  # in a message: SCM_MAX_FD of the kernel
_MESSAGE = 1 << 16
_INT = array("i").itemsize


class StartRequest(NamedTuple):
    """What tapehead asks for. `command` None: only whether a namespace can be had. Names and values are bytes."""

    command: list[bytes] | None
    env: dict[bytes, bytes]
    ports: list[int]
    mask: list[int]  # the signals that were blocked before tapehead blocked more, for the supervisor's start

    def dump(self, file: BinaryIO) -> None:
        """Puts it where `load` finds it. A file, as arguments and environment may be larger than any message."""
        marshal.dump(tuple(self), file)

    @classmethod
    def load(cls, file: BinaryIO) -> "StartRequest":
        return cls(*marshal.load(file))  # noqa: S302 - our own process'


def send(to: socket.socket, *message: Any, fds: list[int] | None = None) -> None:
    """Sends one message, or nothing when the other end is gone: that is noticed where it is read.

    With a flag, so that the filter of calls does not show it to a supervisor who still waits for it.
    """
    # Not socket.send_fds, which forgets its flags (CPython 3.13.0, socket.py).
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", fds))] if fds else []
    try:
        to.sendmsg([marshal.dumps(message)], rights, socket.MSG_NOSIGNAL)
    except OSError:
        return  # whoever should hear it is gone; that is noticed where it is read


def receive(source: socket.socket, fds: int = 0) -> tuple[tuple[Any, ...], list[int]]:
    """Returns one message and its descriptors; `((), [])` at the end."""
    try:
        # Not socket.recv_fds, for the same reason.
        data, ancillary, _, _ = source.recvmsg(_MESSAGE, socket.CMSG_SPACE(fds * _INT), socket.MSG_CMSG_CLOEXEC)
    except ConnectionError:
        return (), []
    given = array("i")
    for level, kind, rights in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            given.frombytes(rights[: len(rights) - len(rights) % _INT])
    return (marshal.loads(data) if data else ()), given.tolist()  # noqa: S302 - our own processes'
