"""Messages between tapehead, the supervisor and its child: whole, with their descriptors, and their end."""

import io
import os
import socket

from tapehead.sandbox.messages import StartRequest, receive, send


def test_messages() -> None:
    """In their order, with what they carry; an empty one at the end; to nobody, none is no error."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    read, write = os.pipe()
    send(mine, "first", 1, b"\xff")
    send(mine, "second", fds=[write])
    os.close(write)

    assert (("first", 1, b"\xff"), []) == receive(theirs)
    message, (given,) = receive(theirs, 1)
    assert ("second",) == message
    assert not os.get_inheritable(given)
    os.write(given, b"through")
    assert b"through" == os.read(read, 9)
    os.close(given)
    os.close(read)
    mine.close()
    assert ((), []) == receive(theirs)
    send(theirs, "anybody?")
    theirs.close()
    send(theirs, "anybody?")


def test_an_end_that_left_something_unread() -> None:
    """Is an end like any other, where the kernel calls it a reset."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    send(mine, "unread")
    theirs.close()

    assert ((), []) == receive(mine)
    mine.close()


def test_requests() -> None:
    """Larger than any message, with any bytes."""
    request = StartRequest([b"sh", b"\xff" * (1 << 20)], {b"A\xfe": b""}, [8080], [2])
    file = io.BytesIO()
    request.dump(file)
    file.seek(0)

    assert request == StartRequest.load(file)
