"""Appending to a cassette off the event loop: what finishes while the disk is busy is written together next.

A slow disk so holds up nobody but the exchanges that wait for it.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.model import Interaction
from tapehead.cassette.store import Recorded, Store
from tapehead.root import TapeheadError

type _Waiting = tuple[Recorded, asyncio.Future[Interaction | None]]


class WriteRefusedError(TapeheadError):
    """An interaction that must not be written: a credential is left in it, or the cassette has no room for it."""


class WriteQueue:
    """Feeds one Store from one event loop."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._waiting: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tapehead-store")

    def __repr__(self) -> str:
        state = "writing" if self._task else "idle"
        return f"<WriteQueue {state}, {len(self._waiting)} waiting, {self.store!r}>"

    async def append(self, recorded: Recorded) -> Interaction | None:
        """Returns the interaction with its id, once it is on disk; None when the store was closed before.

        Raises CassetteError when it could not be written, WriteRefusedError when it must not be.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Interaction | None] = loop.create_future()
        self._waiting.append((recorded, future))
        if self._task is None:
            self._task = loop.create_task(self._drain())
        return await future

    def close(self, last: Sequence[Recorded] = ()) -> list[CassetteError]:
        """Writes what waits and then `last`, and closes the store, also when that cannot be written.

        Returns the reasons why some of it must not be written. Raises CassetteError when it cannot be.
        """
        batch, self._waiting = self._waiting, []
        self._thread.shutdown(wait=True)  # what was on its way to the disk comes before the end, not after it
        try:
            written = self.store.append([*(recorded for recorded, _ in batch), *last])
        finally:
            self.store.close()
            for _, future in batch:
                future.cancel()
        return [each for each in written or () if isinstance(each, CassetteError)]

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(0)  # what else ends in this round of the event loop comes along
            batch, self._waiting = self._waiting, []
            try:
                written = await loop.run_in_executor(self._thread, self.store.append, [each for each, _ in batch])
            except Exception as e:  # whatever it is, who waits is to hear of it, and the next batch is to go on
                closed = isinstance(e, RuntimeError)  # the thread has been shut down
                for _, future in batch:
                    if future.cancelled():
                        continue
                    if closed:
                        future.set_result(None)
                    else:
                        future.set_exception(e if isinstance(e, CassetteError) else WriteRefusedError(repr(e)))
            else:
                for number, (_, future) in enumerate(batch):
                    result = written[number] if written is not None else None
                    if future.cancelled():
                        continue
                    if isinstance(result, CassetteError):
                        future.set_exception(WriteRefusedError(str(result)))
                    else:
                        future.set_result(result)
        self._task = None
