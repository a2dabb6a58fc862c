"""Appending to a cassette off the event loop: what finishes while the disk is busy is written together next.

A slow disk so holds up nobody but the exchanges that wait for it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tapehead.cassette.errors import CassetteError
from tapehead.cassette.model import Interaction
from tapehead.cassette.rewriting import Change
from tapehead.cassette.store import Recorded, Store
from tapehead.recording.serial_thread import SerialThread
from tapehead.root import TapeheadError

type _Changed = Mapping[int, Interaction]
type _Waiting = tuple[Recorded, asyncio.Future[Interaction | None]]


class WriteRefusedError(TapeheadError):
    """An interaction that must not be written: a credential is left in it, or the cassette has no room for it."""


@dataclass(slots=True)
class _Rewriting:
    """Something to be done to the store in its turn."""

    before: int
    """How many of those that wait are to be on disk first."""
    work: Callable[[], _Changed]
    future: asyncio.Future[_Changed]

    def tell(self, changed: _Changed) -> None:
        if not self.future.done():
            self.future.set_result(changed)


class WriteQueue:
    """Feeds one Store from one event loop."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._waiting: list[_Waiting] = []
        self._rewriting: list[_Rewriting] = []
        self._task: asyncio.Task[None] | None = None
        self._thread = SerialThread("tapehead-store")

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
        self._start(loop)
        return await future

    async def rewrite(self, change: Change, only_if: Sequence[bytes] = ()) -> _Changed:
        """Returns what `Store.rewrite` gives, once what waits now is on disk; nothing when the store was closed before.

        Raises CassetteError when it cannot be written.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Changed] = loop.create_future()
        self._rewriting.append(_Rewriting(len(self._waiting), partial(self.store.rewrite, change, only_if), future))
        self._start(loop)
        return await future

    def close(self, last: Sequence[Recorded] = (), rewrite: Callable[[], object] = lambda: None) -> list[CassetteError]:
        """Writes what waits and then `last`, does `rewrite`, and closes the store, also when that cannot be written.

        Returns the reasons why some of it must not be written. Raises CassetteError when it cannot be.
        """
        batch, self._waiting = self._waiting, []
        rewriting, self._rewriting = self._rewriting, []
        self._thread.shutdown()  # what was on its way to the disk comes before the end, not after it
        try:
            try:
                written = self.store.append([*(recorded for recorded, _ in batch), *last])
            finally:
                rewrite()
        finally:
            self.store.close()
            for _, future in batch:
                future.cancel()
            for each in rewriting:
                each.tell({})
        return [each for each in written or () if isinstance(each, CassetteError)]

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._task is None:
            self._task = loop.create_task(self._drain())

    async def _drain(self) -> None:
        while self._waiting or self._rewriting:
            await asyncio.sleep(0)  # what else ends in this round of the event loop comes along
            if self._rewriting and not self._rewriting[0].before:
                await self._rewrite(self._rewriting.pop(0))
                continue
            count = self._rewriting[0].before if self._rewriting else len(self._waiting)
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
            for each in self._rewriting:
                each.before -= count
            await self._append(batch)
        self._task = None

    async def _append(self, batch: Sequence[_Waiting]) -> None:
        try:
            written = await self._thread.run(self.store.append, [each for each, _ in batch])
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

    async def _rewrite(self, rewriting: _Rewriting) -> None:
        try:
            changed = await self._thread.run(rewriting.work)
        except RuntimeError:  # the thread has been shut down
            rewriting.tell({})
        except CassetteError as e:
            if not rewriting.future.done():
                rewriting.future.set_exception(e)
        else:
            rewriting.tell(changed)
