"""Values that are learned late are in none of the files of a run; what cannot be done is told."""

import asyncio
import json
from pathlib import Path

import pytest

from tapehead.cassette import Request, load
from tapehead.cassette.dialect import REFERENCE
from tapehead.cassette.store import Recorded
from tapehead.exchange.body_jobs import anchors_of
from tapehead.recording.cassette_pool import CassettePool, SharedCassette
from tapehead.recording.erasing import Eraser
from tapehead.redact.learning import Seen
from tapehead.redact.prefilter import long_tokens
from tapehead.redact.redactor import Redactor
from tests.unit.cassette.test_rewriting import recorded

TOKEN = "k3jh4k5jh3k4j5h3k4j5h3kj45hkj3h45"
SAYS = json.dumps({"text": TOKEN}).encode()
HIDDEN = b'{"text": "[REDACTED:value]"}'


def opened(pool: CassettePool, path: Path, redactor: Redactor, *, overwrite: bool = False) -> SharedCassette:
    return pool.open(path, overwrite=overwrite, dialect=REFERENCE, redactor=redactor)


def record(to: SharedCassette, body: bytes) -> None:
    each: Recorded = recorded(body)
    to.written.index.add(anchors_of(each.interaction, body, Seen(), long_tokens(body)))
    to.store.append([each])


def bodies(path: Path) -> list[bytes]:
    return [each.response.body for each in load(path).interactions]


def test_what_is_open_and_what_has_ended(tmp_path: Path) -> None:
    """A value is erased from both, and from a file that is gone on with; those who index are told."""
    redactor, pool = Redactor(), CassettePool()
    eraser = Eraser(redactor, pool)
    names = ("open", "ended", "again", "gone", "other")
    paths = {name: tmp_path / f"{name}.yaml" for name in names}
    told: list[list[int]] = []

    async def run() -> None:
        for name, path in paths.items():
            cassette = opened(pool, path, redactor)
            record(cassette, SAYS if name != "other" else b'{"text": "nothing of the kind at all"}')
            if name != "open":
                pool.close(cassette)
            else:
                cassette.on_changed.append(lambda changed: told.append([*changed]))
        again = opened(pool, paths["again"], redactor)
        record(again, b"more")
        paths["gone"].unlink()
        before = paths["other"].stat().st_ino
        redactor.learn([TOKEN])
        await asyncio.gather(eraser.run(), eraser.run())
        assert before == paths["other"].stat().st_ino

    asyncio.run(run())

    assert [[0]] == told
    assert [HIDDEN] == bodies(paths["open"]) == bodies(paths["ended"])
    assert [HIDDEN, b"more"] == bodies(paths["again"])
    assert not paths["gone"].exists()
    assert [] == eraser.take_troubles()
    assert "<Eraser of 1 values>" == repr(eraser)


def test_what_cannot_be_done(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each file in which something may be left is named, once; the others are done all the same."""
    redactor, pool = Redactor(), CassettePool()
    eraser = Eraser(redactor, pool)
    paths = [tmp_path / f"{name}.yaml" for name in ("changed", "busy", "good")]

    def full(_: Redactor) -> None:
        raise OSError(28, "No space left on device")

    async def run() -> None:
        changed, busy, good = (opened(pool, path, redactor) for path in paths)
        for cassette in (changed, busy, good):
            record(cassette, SAYS)
        pool.close(busy)
        holder = opened(CassettePool(), paths[1], redactor)
        paths[0].write_bytes(paths[0].read_bytes() + b"# mine\n")
        pool.reports.append(full)
        redactor.learn([TOKEN])
        await eraser.run()
        holder.close()

    asyncio.run(run())

    assert [HIDDEN] == bodies(paths[2])
    troubles = eraser.take_troubles()
    assert [True, True, True] == [
        text in trouble for text, trouble in zip(("changed.yaml", "busy.yaml", "No space"), troubles, strict=True)
    ]
    assert [] == eraser.take_troubles()
    assert all(each in caplog.text for each in troubles)
    assert TOKEN not in caplog.text


def test_a_last_look(tmp_path: Path) -> None:
    """When a cassette is closed it is looked through once more for all that was learned."""
    redactor, pool = Redactor(), CassettePool()
    cassette = opened(pool, tmp_path / "a.yaml", redactor)
    record(cassette, SAYS)
    redactor.learn(["a value that is not there 1", TOKEN])
    pool.close(cassette)

    assert [HIDDEN] == bodies(tmp_path / "a.yaml")


def test_a_recording_anew(tmp_path: Path) -> None:
    """What is recorded anew begins anew: what was there before is not this file's any more."""
    redactor, pool = Redactor(), CassettePool()
    for _ in range(2):
        cassette = opened(pool, tmp_path / "a.yaml", redactor, overwrite=True)
        assert 0 == cassette.written.own_from
        record(cassette, b"plain")
        pool.close(cassette)

    assert [b"plain"] == bodies(tmp_path / "a.yaml")


def test_numbers(tmp_path: Path) -> None:
    """Values that are erased have numbers, the same as in what is recorded later; also of a file that was closed meanwhile."""
    redactor, pool = Redactor(), CassettePool()
    eraser, path = Eraser(redactor, pool), tmp_path / "a.yaml"
    tokens = [f"{n}{TOKEN}" for n in range(3)]
    says = [json.dumps({"text": token}).encode() for token in tokens]

    async def run() -> list[bytes]:
        cassette = opened(pool, path, redactor)
        for body in (says[0], says[1], says[0], says[2]):
            record(cassette, body)
        redactor.learn(tokens[:2])
        await eraser.run()
        pool.close(cassette)
        redactor.learn(tokens[2:])
        await eraser.run()
        numbers = opened(pool, path, redactor).numbers
        return [redactor.request(Request(method="POST", url="/", body=body), numbers).body for body in says]

    hidden = [b'{"text": "[REDACTED:value%b]"}' % number for number in (b"", b"-2", b"-3")]
    assert hidden == asyncio.run(run())
    assert [hidden[0], hidden[1], hidden[0], hidden[2]] == bodies(path)
