"""What was asked at the same time stands in the order in which it was asked, and nothing else moves."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import CassetteChangedError, Interaction, Request, load, timing
from tapehead.cassette.dialect import CHOICES
from tapehead.cassette.side_files import timing_path
from tapehead.cassette.start_order import find_moves, moved_lines, out_of_order, renumbered
from tapehead.cassette.store import Recorded, Store
from tapehead.cassette.timing import Timing
from tests.support.examples import INTERACTION


def recorded(body: bytes, start: float, key: bytes | None = b"k", *, replaces: int | None = None) -> Recorded:
    """With a key of its own, which is read out of the file, or none."""
    request = replace(INTERACTION.request, body=key or b"", form={})
    interaction = replace(INTERACTION, request=request, response=replace(INTERACTION.response, body=body))
    when = Timing(id=0, sha256=timing.digest(body), start=start, headers=1.0, end=2.0, chunks=((1.5, len(body)),))
    return Recorded(interaction=interaction, timing=when, key=key and body_of, replaces=replaces)


def body_of(request: Request) -> bytes:
    return request.body


def in_file(path: Path) -> list[tuple[int, bytes]]:
    return [(each.id, each.response.body) for each in load(path).interactions]


def fits(path: Path) -> bool:
    timings = timing.load_lines(timing_path(path)).timings
    bodies = dict(in_file(path))
    return [each.id for each in timings if each] == list(bodies) and all(
        each and each.fits(bodies[each.id]) for each in timings
    )


@pytest.mark.parametrize("dialect", CHOICES)
def test_order_of_starts(tmp_path: Path, dialect: str) -> None:
    """Those of one key change places; ids and times go with the places; others, and those without a key, stay."""
    file = tmp_path / "chat.yaml"
    store = Store(file, dialect=CHOICES[dialect])
    for each in (
        recorded(b"third", 3.0),
        recorded(b"other, later", 9.0, b"o"),
        recorded(b"second, of many lines\n" * 9, 2.0),
        recorded(b"no key", 1.0, None),
        recorded(b"other", 8.5, b"p"),
        recorded(b"first", 1.0),
    ):
        store.append([each])
    assert 2 == store.put_in_order()
    store.append([recorded(b"after", 0.0)])
    store.close()

    expected = [b"first", b"other, later", b"second, of many lines\n" * 9, b"no key", b"other", b"third", b"after"]
    assert [*enumerate(expected)] == in_file(file)
    assert fits(file)
    fresh = Store(tmp_path / "fresh.yaml", dialect=CHOICES[dialect])
    keys = {b"other": b"p", b"other, later": b"o", b"no key": None}
    fresh.append([recorded(body, 0.0, keys.get(body, b"k")) for body in expected])
    fresh.close()
    assert (tmp_path / "fresh.yaml").read_bytes() == file.read_bytes()


def test_ids_of_other_lengths(tmp_path: Path) -> None:
    """An id with more digits in a place moves what is behind it."""
    file = tmp_path / "chat.yaml"
    store = Store(file)
    store.append([recorded(b"%d" % number, 20.0 - number) for number in range(12)])
    assert 12 == store.put_in_order()
    store.close()

    assert [(number, b"%d" % (11 - number)) for number in range(12)] == in_file(file)
    assert fits(file)


@pytest.mark.parametrize("text", ['{"version": 2, "interactions": []}', "version: 2\ninteractions: []\n"])
def test_keys_of_a_list_in_one_line(tmp_path: Path, text: str) -> None:
    """They are read there as well; a key that is given is not read."""
    file = tmp_path / "chat.json"
    file.write_text(text)
    store = Store(file)
    store.append([recorded(b"c", 3.0), recorded(b"other", 2.5, b"o"), recorded(b"b", 2.0)])
    store.append([replace(recorded(b"a", 1.0, b"large"), key=b"k")])
    moved = store.put_in_order()
    store.close()

    assert 2 == moved
    assert [(0, b"a"), (1, b"other"), (2, b"b"), (3, b"c")] == in_file(file)


def test_nothing_to_do(tmp_path: Path) -> None:
    """What is in order, what another run wrote, and a closed store stay as they are, down to the file."""
    file = tmp_path / "chat.yaml"
    for start in (3.0, 1.0):
        store = Store(file)
        store.append([recorded(b"a", start), recorded(b"b", start + 1)])
        before = os.stat(file).st_ino
        assert 0 == store.put_in_order()
        assert before == os.stat(file).st_ino
        store.close()
        assert 0 == store.put_in_order()


def test_others_are_as_they_were(tmp_path: Path) -> None:
    """Those whose keys are different may stand in any order."""
    store = Store(tmp_path / "chat.yaml")
    store.append([recorded(b"b", 2.0), recorded(b"a", 1.0, b"other")])
    assert 0 == store.put_in_order()
    store.close()


def test_after_one_has_grown(tmp_path: Path) -> None:
    """One that was longer in the end is found where it is."""
    file = tmp_path / "chat.yaml"
    store = Store(file)
    store.append([recorded(b"b", 2.0), recorded(b"a", 1.0)])
    store.append([recorded(b"a longer b", 2.0, replaces=0)])
    assert 2 == store.put_in_order()
    store.close()

    assert [(0, b"a"), (1, b"a longer b")] == in_file(file)


@pytest.mark.parametrize("name", ["chat.yaml", "chat.json"])
def test_after_a_rewrite(tmp_path: Path, name: str) -> None:
    """They are looked for in a file that was made anew; where they do not stand one below the other they stay."""
    file = tmp_path / name
    if name.endswith("json"):
        file.write_text('{"version": 2, "interactions": []}')
    store = Store(file)
    store.append([recorded(b"b", 2.0), recorded(b"a", 1.0)])

    def change(old: Interaction, when: Timing | None) -> tuple[Interaction, Timing | None]:
        return replace(old, response=replace(old.response, status="200 Fine")), when

    store.rewrite(change)
    moved = store.put_in_order()
    store.close()

    assert [(0, b"a"), (1, b"b")] == in_file(file) if moved else [(0, b"b"), (1, b"a")] == in_file(file)
    assert (name == "chat.yaml") == (moved == 2)


def test_changed_by_another(tmp_path: Path) -> None:
    """A file that another program has changed stays as it is."""
    file = tmp_path / "chat.yaml"
    store = Store(file)
    store.append([recorded(b"b", 2.0), recorded(b"a", 1.0)])
    with file.open("ab") as end:
        end.write(b"# mine\n")
    before = file.read_bytes()
    with pytest.raises(CassetteChangedError):
        store.put_in_order()
    store.close()

    assert before == file.read_bytes()


def test_an_id_that_cannot_be_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done then."""
    file = tmp_path / "chat.yaml"
    store = Store(file)
    store.append([recorded(b"b", 2.0), recorded(b"a", 1.0)])
    monkeypatch.setattr("tapehead.cassette.cassette_file.renumbered", lambda *_: None)
    assert 0 == store.put_in_order()
    store.close()

    assert [(0, b"b"), (1, b"a")] == in_file(file)


def moves(*written: tuple[float, int, bytes]) -> tuple[dict[int, int], list[int]]:
    """The moves, and the ids of those that are out of order."""
    keys = {number: key for _, number, key in written}
    mixed = [*out_of_order([each[:2] for each in written])]
    return find_moves(mixed, keys.__getitem__), [number for _, number in mixed]


def test_find_moves() -> None:
    """Equal starts stay in the order of their ids; only those that are not in order are looked at."""
    assert ({}, []) == moves((1.0, 0, b"a"), (1.0, 2, b"a"), (2.0, 5, b"a"))
    assert ({0: 5, 5: 0}, [0, 3, 5]) == moves((2.0, 0, b"a"), (1.5, 3, b"b"), (1.0, 5, b"a"), (3.0, 6, b"a"))
    assert ({}, [0, 1]) == moves((2.0, 0, b"a"), (1.0, 1, b"b"))
    assert ({}, []) == moves()


@pytest.mark.parametrize(
    ("head", "new"),
    [
        (b"- id: 3\n  request", b"- id: 12\n  request"),
        (b"    - id: 30\n", b"    - id: 12\n"),
        (b'{"id":3,"request"', b'{"id":12,"request"'),
        (b"- request:\n    id: 3", None),
        (b"- id: x", None),
    ],
)
def test_renumbered(head: bytes, new: bytes | None) -> None:
    """The id at the beginning of a block, in any style."""
    assert new == renumbered(head, 12)


def test_moved_lines() -> None:
    """Lines go where their blocks go; what is none, or is missing, stays."""
    timings = b'{"schema":1}\n{"id":0,"x":"a"}\n{"id":1,"x":"b"}\n{"id":2,"x":"c"}\n'

    assert b'{"schema":1}\n{"id":0,"x":"c"}\n{"id":1,"x":"b"}\n{"id":2,"x":"a"}\n' == moved_lines(timings, {0: 2, 2: 0})
    assert timings == moved_lines(timings, {0: 7})
