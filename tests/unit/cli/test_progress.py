"""The line that shows what is going on, with a clock of the test's own."""

import asyncio
import sys
from collections.abc import Sequence

import pytest

from tapehead.cli.run import progress
from tapehead.cli.run.progress import ProgressLine, is_enabled
from tapehead.exchange.outcomes import ExchangeResult, Outcome


def _entry(outcome: Outcome, size: int, chunks: int = 1) -> ExchangeResult:
    return ExchangeResult(outcome=outcome, method="POST", url="https://x/", start=0.0, size=size, chunks=chunks)


def test_the_line() -> None:
    """Tokens are counted by the second, over what has ended and what is under way."""
    now, flying = [0.0], [(500, 3)]
    line = ProgressLine(lambda: flying, lambda: now[0])
    assert "tapehead: 1 in flight, 0 recorded, 500 B" == line.line()
    line.add(_entry(Outcome.RECORDED, 1500, 10))
    line.add(_entry(Outcome.CUT, 1000, 5))
    now[0] = 0.5
    assert "tapehead: 1 in flight, 1 recorded, 3.0 KB, 30 tokens/s" == line.line()
    now[0], flying[:] = 1.0, []
    assert "tapehead: 0 in flight, 1 recorded, 2.5 KB" == line.line()


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (1_234_567, "1.2 MB"), (5e9, "5.0 GB"), (2e15, "2000.0 TB")],
)
def test_sizes(size: int, shown: str) -> None:
    """In powers of ten."""
    assert ProgressLine(lambda: [(int(size), 0)], lambda: 0.0).line().endswith(f", {shown}")


class _Stream:
    def __init__(self, *, terminal: bool) -> None:
        self.terminal = terminal
        self.written = ""

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        self.written += text
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""


@pytest.mark.parametrize(
    ("asked", "error", "output", "has_command", "expected"),
    [
        (None, True, True, True, False),  # the command has the terminal
        (None, True, False, True, True),
        (None, True, True, False, True),
        (None, False, True, False, False),
        (True, False, True, True, True),
        (False, True, False, False, False),
    ],
)
def test_when_it_is_drawn(
    monkeypatch: pytest.MonkeyPatch, asked: bool | None, error: bool, output: bool, has_command: bool, expected: bool
) -> None:
    """On a terminal that the command does not write to, or as it was asked for."""
    monkeypatch.setattr(sys, "stderr", _Stream(terminal=error))
    monkeypatch.setattr(sys, "stdout", _Stream(terminal=output))
    assert expected is is_enabled(asked, has_command=has_command)


def test_closed_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nobody to see it."""
    monkeypatch.setattr(sys, "stderr", None)
    assert not is_enabled(True, has_command=True)
    monkeypatch.setattr(sys, "stderr", _Stream(terminal=True))
    monkeypatch.setattr(sys, "stdout", None)
    assert is_enabled(None, has_command=True)


def test_it_is_erased_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after it begins at the first column."""
    stream = _Stream(terminal=True)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "_PAUSE", 0.001)
    flying: Sequence[tuple[int, int]] = ()

    async def draw() -> None:
        task = asyncio.create_task(ProgressLine(lambda: flying).draw())
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(draw())
    assert stream.written.startswith("\r\x1b[Ktapehead: 0 in flight, 0 recorded, 0 B")
    assert stream.written.endswith("\r\x1b[K")
