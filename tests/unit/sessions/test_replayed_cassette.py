"""A cassette that is opened by an index is replayed as one that is read."""

from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import Cassette, CassetteError, Interaction, dumps
from tapehead.cassette import block_index as block_index_module
from tapehead.cassette.side_files import timing_path
from tapehead.cassette.store import Recorded, Store, load
from tapehead.cassette.timing import Timing, digest
from tapehead.redact.redact_rules import parse_rules
from tapehead.redact.redactor import Redactor
from tapehead.redact.rules_digest import rules_digest
from tapehead.sessions.replayed_cassette import ReplayedCassette, as_replayed, open_for_replay
from tests.support.examples import INTERACTION

KEY = "sk-ant-" + "api03-" + "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9"  # made up


@pytest.fixture(autouse=True)
def no_file_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is opened by an index."""
    whole = block_index_module.open_index
    monkeypatch.setattr("tapehead.sessions.replayed_cassette.open_index", lambda path: whole(path, few=0))


def interactions() -> list[Interaction]:
    asked = [INTERACTION.request, replace(INTERACTION.request, body=KEY.encode()), INTERACTION.request]
    answered = [replace(INTERACTION.response, body=body) for body in (b"a", b"b", b"a")]
    return [
        Interaction(id=number, request=request, response=response)
        for number, (request, response) in enumerate(zip(asked, answered, strict=True))
    ]


def write(path: Path, redaction: str = "") -> None:
    store = Store(path, redaction=lambda: redaction)
    for each in interactions():
        body = each.response.body
        timing = Timing(
            id=0, sha256=digest(body), start=5.0 - each.id, headers=1.0, end=2.0, chunks=((1.5, len(body)),)
        )
        store.append([Recorded(interaction=each, timing=timing)])
    store.close()


def is_same(one: ReplayedCassette, other: ReplayedCassette) -> bool:
    return (tuple(one.interactions), tuple(one.texts), dict(one.timings), dict(one.starts)) == (
        tuple(other.interactions),
        tuple(other.texts),
        dict(other.timings),
        dict(other.starts),
    )


def test_both_ways_are_alike(tmp_path: Path) -> None:
    """Interactions without credentials, texts, timings and starts."""
    path = tmp_path / "chat.yaml"
    write(path)
    redactor = Redactor()
    opened, read = open_for_replay(path, redactor), as_replayed(load(path), path, redactor)

    assert opened.looked_up_by is not None
    assert is_same(opened, read)
    assert (3, 3, 3) == (len(opened.interactions), len(opened.texts), len(opened.starts))
    assert opened.interactions[1:] == list(read.interactions[1:])
    assert opened.texts[:2] == list(read.texts[:2])
    assert opened.interactions[0] is opened.interactions[0]
    assert KEY not in str(opened.interactions[1].request.body)
    assert KEY in str(opened.texts[1].body)


def test_without_timings(tmp_path: Path) -> None:
    """A cassette without a timing file has none, and one of two interactions of one id neither."""
    path = tmp_path / "chat.yaml"
    write(path)
    twice = [replace(each, id=0) for each in interactions()]
    path.write_bytes(dumps(Cassette(interactions=tuple(twice))))
    redactor = Redactor()
    assert is_same(open_for_replay(path, redactor), as_replayed(load(path), path, redactor))
    timing_path(path).unlink()
    assert is_same(open_for_replay(path, redactor), as_replayed(load(path), path, redactor))


def test_what_is_learned_later(tmp_path: Path) -> None:
    """It changes no recorded request: those are as they were when the cassette was opened."""
    path = tmp_path / "chat.yaml"
    write(path)
    redactor = Redactor()
    opened = open_for_replay(path, redactor)
    redactor.learn([INTERACTION.request.body.decode()])

    assert INTERACTION.request.body == opened.interactions[0].request.body


def test_what_is_redacted_already(tmp_path: Path) -> None:
    """By the same rules nothing is looked through again but for known values; by others all is."""
    path = tmp_path / "chat.yaml"
    write(path, rules_digest(Redactor().rules))

    assert KEY.encode() == open_for_replay(path, Redactor()).interactions[1].request.body
    assert KEY.encode() != open_for_replay(path, Redactor(None, {"X_API_KEY": KEY})).interactions[1].request.body
    other = Redactor(parse_rules(["json:more"], []))
    assert KEY.encode() != open_for_replay(path, other).interactions[1].request.body


def test_what_cannot_be_replayed(tmp_path: Path) -> None:
    """It is told as the reader tells it."""
    path = tmp_path / "chat.yaml"
    write(path)
    path.write_bytes(path.read_bytes().replace(b"code: 200", b"code: 999"))

    with pytest.raises(CassetteError, match=r"chat.yaml:\d+: interactions\[0\].response.code: found 999"):
        open_for_replay(path, Redactor())
