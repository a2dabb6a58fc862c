import asyncio
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from tapehead.cassette import CassetteError, load
from tapehead.cassette.store import Recorded, Store
from tapehead.recording.write_queue import WriteQueue, WriteRefusedError
from tests.unit.cassette.test_store import RECORDED


def test_closing_writes_the_last(tmp_path: Path) -> None:
    """What a run ends with is on disk once the appender is closed."""
    appender = WriteQueue(Store(tmp_path / "chat.yaml"))
    appender.close([RECORDED, RECORDED])

    assert [0, 1] == [each.id for each in load(tmp_path / "chat.yaml").interactions]


def test_closing_waits_for_what_is_on_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits behind a slow write when the run ends is on disk as well: a client may have seen it end."""
    store = Store(tmp_path / "chat.yaml")
    slow, really = threading.Event(), store.append

    def append(recorded: Iterable[Recorded]) -> object:
        slow.wait(10)
        return really(recorded)

    async def run() -> None:
        appender = WriteQueue(store)
        first = asyncio.ensure_future(appender.append(RECORDED))
        for _ in range(4):
            await asyncio.sleep(0)  # it is with the thread now, and no longer among those that wait
        threading.Timer(0.05, slow.set).start()
        appender.close()
        assert await first is not None

    monkeypatch.setattr(store, "append", append)
    asyncio.run(run())

    assert 1 == len(load(tmp_path / "chat.yaml").interactions)


def test_what_goes_wrong_does_not_stop_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an append raises, who waits for it hears of it, the next one works, and one after the end says None."""
    store = Store(tmp_path / "chat.yaml")
    really, calls = store.append, iter([ValueError("odd")])

    def append(recorded: Iterable[Recorded]) -> object:
        for error in calls:
            raise error
        return really(recorded)

    async def run() -> None:
        appender = WriteQueue(store)
        with pytest.raises(WriteRefusedError, match="odd"):
            await appender.append(RECORDED)
        assert await appender.append(RECORDED) is not None
        assert [] == appender.close()
        assert await appender.append(RECORDED) is None

    monkeypatch.setattr(store, "append", append)
    asyncio.run(asyncio.wait_for(run(), 10))


def test_closing_closes_also_when_the_last_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full at the end leaves neither the file locked nor the store open, and the error is told."""
    store = Store(tmp_path / "chat.yaml")
    store.append([RECORDED])

    def full(_: list[Recorded]) -> None:
        raise CassetteError(file="chat.yaml", found="no space left on device", expected="a file to write")

    monkeypatch.setattr(store, "append", full)
    with pytest.raises(CassetteError, match="no space left"):
        WriteQueue(store).close([RECORDED])
    monkeypatch.undo()

    assert store.append([RECORDED]) is None
    Store(tmp_path / "chat.yaml").close()  # the lock is free
