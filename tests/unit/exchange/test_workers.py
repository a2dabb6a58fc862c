import asyncio
import os
import time
from collections.abc import Sequence

import pytest

from tapehead.cassette.model import Request
from tapehead.exchange.workers import INLINE_LIMIT, WorkerError, WorkerPool
from tapehead.redact.redactor import Redactor

KEY = "sk-proj-abcdefghijklmnop1234567890"
SIZES = [0, INLINE_LIMIT, INLINE_LIMIT + 1, 300_000, 3_000_000]


def clean(
    redactor: Redactor, bodies: Sequence[Sequence[bytes]], request: Request
) -> tuple[tuple[int, str], list[bytes]]:
    """Each body, and the URL without what the redactor knows."""
    return (os.getpid(), redactor.url(request.url)), [b"".join(body) for body in bodies]


def fail(_: Redactor, __: Sequence[Sequence[bytes]]) -> tuple[None, list[bytes]]:
    """Raises an error that tells a secret."""
    raise ValueError(KEY)


def end(_: Redactor, __: Sequence[Sequence[bytes]]) -> tuple[None, list[bytes]]:
    """Ends the process."""
    os._exit(3)


@pytest.mark.parametrize("size", SIZES)
def test_the_same_wherever_it_is_done(size: int) -> None:
    """At once, in a thread or in a process: chunks arrive whole and in order, and what was seen is known there."""
    redactor = Redactor()
    redactor.learn_credentials([("authorization", "Bearer a-key-without-a-shape")], "")
    chunks = [bytes([n % 256]) * (size // 1000) for n in range(1000)] + [b"", b"x" * (size % 1000)]
    request = Request(method="GET", url="https://h/a-key-without-a-shape")
    offload = WorkerPool()
    (process, url), texts = asyncio.run(offload.run(clean, redactor, [chunks, [b"two"]], request))
    offload.close()

    assert [b"".join(chunks), b"two"] == [b"".join(text) for text in texts]
    assert "a-key" not in url
    assert (process != os.getpid()) == (size > 256 * 1024)


def test_what_is_mostly_done_stays_here() -> None:
    """Where only a share of the work is left, that counts and not the size."""
    request = Request(method="GET", url="https://h/")
    offload = WorkerPool()
    (process, _), texts = asyncio.run(offload.run(clean, Redactor(), [[b"x" * 1_000_000]], request, share=0.2))
    offload.close()
    assert (os.getpid(), [[b"x" * 1_000_000]]) == (process, texts)


def test_errors_and_ends_are_told() -> None:
    """An error comes without its words, which might be a body's; a process that ends is one, and the next job works."""

    async def run() -> None:
        body = [[b"x" * 1_000_000]]
        with pytest.raises(WorkerError, match=r"^ValueError$"):
            await offload.run(fail, Redactor(), body)
        with pytest.raises(WorkerError, match="ended with 3"):
            await offload.run(end, Redactor(), body)
        _, texts = await offload.run(clean, Redactor(), body, Request(method="GET", url="https://h/"))
        assert body == [[b"".join(text)] for text in texts]

    offload = WorkerPool()
    asyncio.run(run())
    offload.close()


def test_closing_ends_what_is_under_way() -> None:
    """A job that takes long does not hold up the end of a run."""

    async def run() -> None:
        task = asyncio.ensure_future(offload.run(_sleep, Redactor(), [[b"x" * 1_000_000]]))
        await asyncio.sleep(1)
        offload.close()
        with pytest.raises(WorkerError):
            await task

    began = time.monotonic()
    offload = WorkerPool()
    asyncio.run(run())
    assert time.monotonic() - began < 30


def _sleep(_: Redactor, __: Sequence[Sequence[bytes]]) -> tuple[None, list[bytes]]:
    time.sleep(60)
    return None, []
