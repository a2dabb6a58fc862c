"""What fuzzing found stays found: each input that once made a target fail, and each seed, is gone through by it."""

from pathlib import Path

import pytest

from tests.support.fuzz import engine
from tests.support.fuzz.engine import FOUND, bounded, run_bounded, seeds, work
from tests.support.fuzz.targets import TARGETS


@pytest.mark.parametrize("path", sorted(FOUND.glob("*-*")), ids=lambda path: path.name)
def test_found(path: Path) -> None:
    """An input that was found does no harm any more."""
    target = TARGETS[path.name.rpartition("-")[0]]

    with bounded():
        assert run_bounded(target.run, path.read_bytes()) is None


@pytest.mark.parametrize("name", list(TARGETS))
def test_seeds(name: str) -> None:
    """The seeds are right ones."""
    with bounded():
        assert [None] * len(seeds(name)) == [run_bounded(TARGETS[name].run, each) for each in seeds(name)]


def _raises(data: bytes) -> None:
    if data:
        raise KeyError("x")


def _hangs(data: bytes) -> None:
    while data:
        pass


def _grows(data: bytes) -> None:
    bytearray(len(data) << 40)


def _dies(data: bytes) -> None:
    import os

    os._exit(3 if data else 0)


# The engine forks, so that the target's death is told from its failure, and the child does nothing but run the target;
# under xdist this process has a thread of execnet's, of which Python warns.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize(
    ("target", "what"),
    [(_raises, "KeyError at"), (_hangs, "HangError at"), (_grows, "MemoryError at"), (_dies, "the process: 3")],
)
def test_the_engine_finds(target: object, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception, a hang, too much memory and a process that dies are found, and the input is made small."""
    monkeypatch.setattr(engine, "SECONDS", 0.01)
    outcome = work("sse", target, runs=3, seed=1)  # type: ignore[arg-type]

    (failure,) = outcome.failures
    assert failure.what.startswith(what)
    assert len(failure.data) == 1 or target is _dies
