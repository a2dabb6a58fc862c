"""write_coalescing: one write for what is given in a row, in the same order, and never much later."""

import time

import pytest
from mitmproxy.connection import Client, Server
from mitmproxy.proxy.commands import Command, Log, SendData

from tapehead.mitm.write_coalescing import coalesce_writes

CLIENT = Client(peername=("127.0.0.1", 1), sockname=("127.0.0.1", 2), timestamp_start=0)
SERVER = Server(address=("127.0.0.1", 3))


def _sent(*given: Command) -> list[tuple[object, bytes] | str]:
    return [
        (command.connection, command.data) if isinstance(command, SendData) else str(getattr(command, "message", ""))
        for command in coalesce_writes(given)
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        ([SendData(CLIENT, b"a")], [(CLIENT, b"a")]),
        ([SendData(CLIENT, b"a"), SendData(CLIENT, b"b")], [(CLIENT, b"ab")]),
        (
            [SendData(CLIENT, b"a"), SendData(SERVER, b"b"), SendData(SERVER, b"c"), SendData(CLIENT, b"d")],
            [(CLIENT, b"a"), (SERVER, b"bc"), (CLIENT, b"d")],
        ),
        ([SendData(CLIENT, b"a"), Log("said"), SendData(CLIENT, b"b")], [(CLIENT, b"a"), "said", (CLIENT, b"b")]),
    ],
)
def test_runs(given: list[Command], expected: list[object]) -> None:
    """Data for one connection in a row is joined; nothing overtakes anything."""
    assert expected == _sent(*given)


def test_not_too_much_at_once() -> None:
    """A run ends when it fills a TLS record."""
    assert [20_000, 20_000] == [len(each[1]) for each in _sent(*[SendData(CLIENT, b"x" * 10_000)] * 4)]


def test_not_too_long() -> None:
    """What was given does not wait for what takes its time."""
    taken = []

    def slowly() -> object:
        for number in range(4):
            taken.append(number)
            time.sleep(0.002)
            yield SendData(CLIENT, b"%d" % number)

    first = next(iter(coalesce_writes(slowly())))  # type: ignore[arg-type]
    assert [0, 1] == taken
    assert isinstance(first, SendData)
    assert b"01" == first.data
