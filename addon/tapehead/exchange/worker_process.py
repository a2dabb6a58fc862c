"""The helper process: does one job after the other, as they come on its standard input, until that ends.

Knows how orders and results are written on a pipe: a pickled head that names lengths, then the bytes themselves, which
so are copied as little as can be. Imports no mitmproxy, so that it starts fast and stays small.
"""

import copyreg
import fcntl
import os
import pickle
import signal
import struct
import sys
from collections.abc import Sequence
from types import MappingProxyType
from typing import IO, Any

_LENGTH = struct.Struct("!Q")
_PIPE = 1024 * 1024  # bytes
_PIECE = 1024 * 1024


def _proxy(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


# A model's empty mapping is one, and pickle does not know how.
copyreg.pickle(MappingProxyType, lambda proxy: (_proxy, (dict(proxy),)))


def frame_length(order: bytes) -> bytes:
    """Returns what goes before a pickled head: its length."""
    return _LENGTH.pack(len(order))


def send_all(file: int, chunks: Sequence[bytes]) -> None:
    """Writes all of the chunks, of which there are at most 1024. Raises OSError when the other end has gone."""
    rest = [memoryview(chunk) for chunk in chunks]
    while rest:
        written = os.writev(file, rest)
        while rest and written >= len(rest[0]):
            written -= len(rest.pop(0))
        if written:
            rest[0] = rest[0][written:]


def receive(file: IO[bytes]) -> tuple[str | None, Any, list[list[bytes]]]:
    """Returns what went wrong, or None, then the value and the texts, each in pieces.

    Raises EOFError when the process has ended.
    """
    size = _LENGTH.unpack(b"".join(_pieces(file, _LENGTH.size)))[0]
    error, value, lengths = pickle.loads(b"".join(_pieces(file, size)))  # noqa: S301  # our own child's
    return error, value, [_pieces(file, length) for length in lengths]


def grow_pipe(file: int) -> None:
    """Makes a pipe hold more, so that its two ends wait less. Raises OSError where that is not allowed."""
    fcntl.fcntl(file, fcntl.F_SETPIPE_SZ, _PIPE)


def main() -> None:
    """Works until there is no more input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: whoever started us ends us
    source = sys.stdin.buffer
    target = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what prints is not to break the protocol
    while len(length := source.read(_LENGTH.size)) == _LENGTH.size:
        error, value, texts = _result(source.read(_LENGTH.unpack(length)[0]), source)
        told = pickle.dumps((error, value, [len(text) for text in texts]), protocol=pickle.HIGHEST_PROTOCOL)
        send_all(target, [frame_length(told), told, *texts])


def _result(order: bytes, source: IO[bytes]) -> tuple[str | None, Any, list[bytes]]:
    job, redactor, lengths, arguments = pickle.loads(order)  # noqa: S301  # our parent's
    bodies = [[source.read(length) for length in each] for each in lengths]
    try:
        value, texts = job(redactor, bodies, *arguments)
    except Exception as e:
        return type(e).__name__, None, []  # its message might hold what it was working on
    return None, value, texts


def _pieces(file: IO[bytes], size: int) -> list[bytes]:
    """So many bytes, as they come."""
    pieces = []
    while size:
        piece = file.read(min(size, _PIECE))
        if not piece:
            raise EOFError
        pieces.append(piece)
        size -= len(piece)
    return pieces
