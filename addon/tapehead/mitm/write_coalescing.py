"""What comes in one read goes out in one write: the data for one connection that the layers give one after the other.

A stream's events often come many at a time, and to encrypt and to write each of them costs more than all the rest. The
bytes and their order stay the same; what was given before the first command of another kind is sent before it.
"""

import time
from collections.abc import Iterable, Iterator

from mitmproxy.proxy.commands import Command, SendData

_MAX_BYTES = 16 * 1024  # bytes: what a TLS record holds
_MAX_DELAY = 0.001  # seconds that the first of them may wait for the others


def coalesce_writes(given: Iterable[Command]) -> Iterator[Command]:
    """Yields the commands, with runs of data for the same connection as one."""
    run: list[SendData] = []
    size, since = 0, 0.0
    for command in given:
        if run and (type(command) is not SendData or command.connection is not run[0].connection):
            yield _merge_writes(run)
            run = []
        if type(command) is not SendData:
            yield command
            continue
        if not run:
            size, since = 0, time.monotonic()
        run.append(command)
        size += len(command.data)
        if size >= _MAX_BYTES or (len(run) > 1 and time.monotonic() - since > _MAX_DELAY):
            yield _merge_writes(run)
            run = []
    if run:
        yield _merge_writes(run)


def _merge_writes(run: list[SendData]) -> SendData:
    return run[0] if len(run) == 1 else SendData(run[0].connection, b"".join([command.data for command in run]))
