"""Work on large bodies, away from the event loop: in a thread what takes some milliseconds, in a helper process the rest.

A thread is not enough for large bodies: a regular expression, a JSON parser, a collection of garbage hold Python's lock
as long as they run. Knows sizes, pipes and processes, and nothing of what is done: that is a function of a `Redactor`,
bodies and further arguments, which gives a value and texts.
"""

import asyncio
import contextlib
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import batched
from typing import Any

from tapehead.exchange import worker_process
from tapehead.redact.redactor import Redactor
from tapehead.root import TapeheadError

type Bodies = Sequence[Sequence[bytes]]
type Job[T] = Callable[..., tuple[T, list[bytes]]]
type Texts = list[list[bytes]]
"""Each in pieces."""

INLINE_LIMIT = 32 * 1024
"""Up to here work is done at once: some milliseconds, 20 for what is all base64."""
_LARGE = 256 * 1024  # from here in a process: its pipes cost a millisecond, which a small exchange is not to pay
_MOST_PROCESSES = 2  # one slow body is not to hold up all others
_MOST_AT_ONCE = 512  # buffers of one write; IOV_MAX is 1024


class WorkerError(TapeheadError):
    """What was to be done elsewhere was not."""


class WorkerPool:
    """Does work elsewhere. Processes are started when they are needed first, and end with ours."""

    def __init__(self) -> None:
        self._threads: ThreadPoolExecutor | None = None
        self._own = threading.local()
        self._processes: list[subprocess.Popen[bytes]] = []

    def __repr__(self) -> str:
        threads = "with" if self._threads else "no"
        return f"<WorkerPool {threads} threads, {len(self._processes)} processes>"

    async def run[T](
        self, job: Job[T], redactor: Redactor, bodies: Bodies, *arguments: Any, share: float = 1.0
    ) -> tuple[T, Texts]:
        """Returns the value and the texts that the job gives. The redactor is as it is now, whatever it sees meanwhile.

        `share`: how much of the usual work on such bodies there is to do.

        Raises WorkerError when the helper process has ended or the job failed in it; in our own process, the job's own
        error.
        """
        size = sum(len(chunk) for body in bodies for chunk in body)
        if size * share <= INLINE_LIMIT:
            return _do(job, redactor, bodies, arguments)
        own = redactor.snapshot()
        loop = asyncio.get_running_loop()
        if size * share <= _LARGE:
            return await loop.run_in_executor(self._executor(), _do, job, own, bodies, arguments)
        lengths = [[len(chunk) for chunk in body] for body in bodies]
        order = pickle.dumps((job, own, lengths, arguments), protocol=pickle.HIGHEST_PROTOCOL)
        chunks = (chunk for body in bodies for chunk in body if chunk)
        result: tuple[T, Texts] = await loop.run_in_executor(self._executor(), self._run_in_process, order, chunks)
        return result

    async def in_thread[**P, T](self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Returns what a function gives that takes long by the number of things; calls it in a thread."""
        return await asyncio.get_running_loop().run_in_executor(
            self._executor(), partial(function, *arguments, **named)
        )

    def close(self) -> None:
        """Ends the processes; work that is under way fails. Further work begins anew."""
        threads, self._threads = self._threads, None
        processes, self._processes = self._processes, []
        self._own = threading.local()
        for process in processes:
            process.kill()
        if threads:
            threads.shutdown(wait=True, cancel_futures=True)
        for process in processes:
            process.wait()

    def _executor(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(max_workers=_MOST_PROCESSES, thread_name_prefix="tapehead-offload")
        return self._threads

    def _run_in_process(self, order: bytes, chunks: Iterable[bytes]) -> Any:
        process = self._process()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            worker_process.send_all(process.stdin.fileno(), [worker_process.frame_length(order), order])
            for some in batched(chunks, _MOST_AT_ONCE, strict=False):
                worker_process.send_all(process.stdin.fileno(), some)
            error, value, texts = worker_process.receive(process.stdout)
        except (OSError, EOFError):
            self._own.process = None
            raise WorkerError(f"the helper process ended with {process.wait()}") from None
        if error is not None:
            raise WorkerError(error)
        return value, texts

    def _process(self) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] | None = getattr(self._own, "process", None)
        if process is None or process.poll() is not None:
            code = f"import sys; sys.path[:] = {sys.path!r}; from {worker_process.__name__} import main; main()"
            process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            with contextlib.suppress(OSError, AttributeError):  # 1 MiB pipes, on Linux
                for pipe in (process.stdin, process.stdout):
                    if pipe:
                        worker_process.grow_pipe(pipe.fileno())
            self._own.process = process
            self._processes.append(process)
        return process


def _do[T](job: Job[T], redactor: Redactor, bodies: Bodies, arguments: Sequence[Any]) -> tuple[T, Texts]:
    value, texts = job(redactor, bodies, *arguments)
    return value, [[text] for text in texts]
