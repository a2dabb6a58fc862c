"""Runs a target on inputs, each run bounded in time and memory; an input that reaches a new line joins the corpus.

A worker is a process of its own, so that a crash of it is told from a failure, and the input at fault is known: it stands
in memory that the parent shares. Knows no target by name.
"""

import contextlib
import hashlib
import mmap
import os
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

from tests.support.fuzz.mutate import LONGEST, Mutator

SECONDS = 1.0
"""Of processor time that a run may take."""
MEMORY = 256 * 1024 * 1024
"""Bytes by which a process may grow."""
_MOST_CORPUS = 2000
_LONGEST_SEARCH = 10.0  # seconds, for a small input that fails like a large one
_INPUTS = Path(__file__).parents[2] / "fuzz"
_SEEDS = _INPUTS / "seeds"
FOUND = _INPUTS / "found"
_TOOL = 4  # of sys.monitoring, one that is nobody's
_STUCK = 60.0  # seconds without a sign of life: code that no signal interrupts


class HangError(Exception):
    """A run takes too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An input that a target does not stand, made small, and what it did."""

    target: str
    seed: int
    run: int
    data: bytes
    what: str

    @property
    def name(self) -> str:
        """A file's, the same one for the same input."""
        return f"{self.target}-{hashlib.sha256(self.data).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a worker."""

    runs: int
    lines: int
    """Of ours, reached."""
    failures: tuple[Failure, ...]


def seeds(target: str) -> list[bytes]:
    """The inputs to begin with."""
    return [path.read_bytes() for path in sorted(_SEEDS.glob(f"{target}-*"))] or [b""]


def run_bounded(run: Callable[[bytes], None], data: bytes) -> str | None:
    """What a run raised, and where; None if nothing. Needs `bounded`."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        run(data)
    except Exception as e:
        signal.setitimer(signal.ITIMER_PROF, 0)
        place = traceback.extract_tb(e.__traceback__)[-1]
        return f"{type(e).__name__} at {Path(place.filename).name} {place.lineno} in {place.name}: {str(e)[:200]!a}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return None


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """This process may grow by so much and no more, and a run that takes too long is ended, while the block lasts."""
    old = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
    handler = signal.signal(signal.SIGPROF, _raise_hang)
    if pages:
        resource.setrlimit(resource.RLIMIT_AS, (pages * mmap.PAGESIZE + MEMORY, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, old)
        signal.signal(signal.SIGPROF, handler)


def minimal(run: Callable[[bytes], None], data: bytes, what: str) -> bytes:
    """A part of an input that does the same, the smallest that is found in time."""
    kind, size, until = what.partition(":")[0], (len(data) + 1) // 2, time.monotonic() + _LONGEST_SEARCH
    while size and time.monotonic() < until:
        at = 0
        while at < len(data) and time.monotonic() < until:
            shorter = data[:at] + data[at + size :]
            if (run_bounded(run, shorter) or "").partition(":")[0] == kind:
                data = shorter
            else:
                at += size
        size //= 2
    return data


def work(target: str, run: Callable[[bytes], None], *, runs: int, seed: int, until: float = float("inf")) -> Outcome:
    """A worker's share, in a process of its own. `until`: the time (monotonic) at which it stops in any case."""
    shared = mmap.mmap(-1, 16 + LONGEST)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(reading)
            outcome = _loop(target, run, shared, runs=runs, seed=seed, until=until)
            os.write(writing, repr(_plain(outcome)).encode())
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    status = _wait(child, shared)
    with open(reading, "rb") as pipe:
        said = pipe.read()
    done, length = (int.from_bytes(shared[at : at + 8], "big") for at in (0, 8))
    if status == 0 and said:
        return _outcome(said)
    failure = Failure(target=target, seed=seed, run=done, data=shared[16 : 16 + length], what=f"the process: {status}")
    return Outcome(runs=done, lines=0, failures=(failure,))


def _loop(
    target: str, run: Callable[[bytes], None], shared: mmap.mmap, *, runs: int, seed: int, until: float
) -> Outcome:
    corpus = seeds(target)
    mutator = Mutator(random.Random(f"{target} {seed}"))
    failures: dict[str, Failure] = {}
    first, done = [*corpus], 0
    with bounded(), _lines_reached() as reached:
        for done in range(1, runs + 1):
            data = first.pop() if first else mutator.make(corpus)
            shared[0:16] = done.to_bytes(8, "big") + len(data).to_bytes(8, "big")
            shared[16 : 16 + len(data)] = data
            known = reached[0]
            what = run_bounded(run, data)
            if what is not None:
                kind = what.partition(":")[0]
                if kind not in failures:
                    small = minimal(run, data, what)
                    failures[kind] = Failure(target=target, seed=seed, run=done, data=small, what=what)
            elif reached[0] > known and len(corpus) < _MOST_CORPUS:
                corpus.append(data)
            if not done & 255 and time.monotonic() > until:
                break
    return Outcome(runs=done, lines=reached[0], failures=tuple(failures.values()))


@contextlib.contextmanager
def _lines_reached() -> Iterator[list[int]]:
    """How many lines of ours were reached so far. Each costs once."""
    count, monitoring = [0], sys.monitoring

    def line(code: CodeType, number: int) -> Any:
        if f"{os.sep}tapehead{os.sep}" in code.co_filename:
            count[0] += 1
        return monitoring.DISABLE

    monitoring.use_tool_id(_TOOL, "fuzz")
    monitoring.register_callback(_TOOL, monitoring.events.LINE, line)
    monitoring.set_events(_TOOL, monitoring.events.LINE)
    try:
        yield count
    finally:
        monitoring.set_events(_TOOL, 0)
        monitoring.free_tool_id(_TOOL)


def _wait(child: int, shared: mmap.mmap) -> int:
    """The child's status, once it has ended; it is ended when it shows no sign of life."""
    seen, since = b"", time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if shared[0:8] != seen:
            seen, since = shared[0:8], time.monotonic()
        elif time.monotonic() - since > _STUCK:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.05)


def _raise_hang(_number: int, _frame: object) -> None:
    raise HangError(f"more than {SECONDS:g} s")


def _plain(outcome: Outcome) -> tuple[int, int, Sequence[tuple[str, int, int, bytes, str]]]:
    return outcome.runs, outcome.lines, [(e.target, e.seed, e.run, e.data, e.what) for e in outcome.failures]


def _outcome(said: bytes) -> Outcome:
    import ast

    runs, lines, failures = ast.literal_eval(said.decode())
    return Outcome(
        runs=runs,
        lines=lines,
        failures=tuple(Failure(target=t, seed=s, run=r, data=d, what=w) for t, s, r, d, w in failures),
    )
