import asyncio
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import CassetteError, load
from tapehead.cassette.model import Interaction
from tapehead.cassette.store import Recorded, Store
from tapehead.cassette.timing import Timing
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


def test_a_rewriting_comes_in_its_turn(tmp_path: Path) -> None:
    """What waited before it is on disk and is rewritten, what comes after it is not; its caller gets what it changed."""
    seen: list[int] = []

    def change(old: Interaction, when: Timing | None) -> tuple[Interaction, Timing | None]:
        seen.append(old.id)
        return replace(old, unknown="# changed\n"), when

    async def run() -> list[object]:
        queue = WriteQueue(Store(tmp_path / "chat.yaml"))
        one, two = queue.append(RECORDED), queue.append(RECORDED)
        works = [one, two, queue.rewrite(change), queue.append(RECORDED), queue.rewrite(lambda old, when: (old, when))]
        got = await asyncio.gather(*works)
        queue.close()
        return [*got]

    _, _, changed, third, nothing = asyncio.run(run())

    assert [0, 1] == seen
    assert isinstance(changed, dict)
    assert [0, 1] == [*changed]
    assert isinstance(third, Interaction)
    assert 2 == third.id
    assert {} == nothing


def test_a_rewriting_that_fails(tmp_path: Path) -> None:
    """Its caller hears of it, and what comes next is done; one that the end overtakes has nothing to say."""
    file = tmp_path / "chat.yaml"

    async def run() -> None:
        queue = WriteQueue(Store(file))
        await queue.append(RECORDED)
        file.write_bytes(file.read_bytes() + b"# mine\n")
        for _ in range(2):
            with pytest.raises(CassetteError, match="another program changed it"):
                await queue.rewrite(lambda old, when: (old, when))
        waiting = asyncio.ensure_future(queue.rewrite(lambda old, when: (old, when)))
        await asyncio.sleep(0)
        queue.close()
        assert {} == await waiting
        assert {} == await queue.rewrite(lambda old, when: (old, when))

    asyncio.run(run())


def test_what_is_given_up_is_not_told(tmp_path: Path) -> None:
    """Who no longer waits for a rewriting is not told, whether it went well or not."""
    file = tmp_path / "chat.yaml"

    async def run() -> None:
        queue = WriteQueue(Store(file))
        await queue.append(RECORDED)
        for more in (b"", b"# mine\n"):
            file.write_bytes(file.read_bytes() + more)
            gone = asyncio.ensure_future(queue.rewrite(lambda old, when: (old, when)))
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.sleep(0.05)
        queue.close()

    asyncio.run(run())
