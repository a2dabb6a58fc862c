"""The files beside a cassette, on real mitmdump: each cassette has its own, and those of an earlier version count."""

import json
from pathlib import Path

from tapehead.cassette import Cassette, dumps, load, timing
from tapehead.cassette.side_files import timing_path
from tests.support.harness import Mitmdump, Origin
from tests.support.wires import RECORD, Tape

TARGETS = ("/bytes?n=10", "/bytes?n=20", "/bytes?n=30")


def ask(proxy: Mitmdump, origin: Origin, *targets: str) -> None:
    """Gets each target, and stops the proxy."""
    with proxy, proxy.client() as client:
        for target in targets:
            assert 200 == client.get(origin.url + target).status_code
        assert 0 == proxy.stop(), proxy.output


def lines(cassette: Path) -> list[int]:
    """The ids in the timing file of a cassette, behind its head line."""
    head, *rest = map(json.loads, timing_path(cassette).read_text().splitlines())
    assert 1 == head["version"]
    return [line["id"] for line in rest]


def test_two_cassettes_of_one_stem(origin: Origin, tape: Tape) -> None:
    """`c.yml` and `c.yaml` have a timing file each: recording one leaves that of the other as it is."""
    first, second = tape.folder / "c.yaml", tape.folder / "c.yml"
    ask(tape.record(cassette=str(first)), origin, *TARGETS)
    before = timing_path(first).read_bytes()
    ask(tape.record(cassette=str(second)), origin, TARGETS[0])

    assert {each.name for cassette in (first, second) for each in (cassette, timing_path(cassette))} == {
        each.name for each in tape.folder.iterdir()
    }
    assert before == timing_path(first).read_bytes()
    assert ([0, 1, 2], [0]) == (lines(first), lines(second))
    for cassette in (first, second):
        with tape.replay(cassette=str(cassette)) as proxy:
            assert 0 == proxy.stop(), proxy.output
        assert "timing" not in proxy.output


def test_a_timing_file_of_an_old_name(origin: Origin, tape: Tape) -> None:
    """It is read, stays as it is while nothing is added, and gets its new name with the first interaction that is."""
    ask(tape.record(), origin, TARGETS[0])
    old = tape.folder / "tape.timing.jsonl"
    written = tape.timing.read_text().splitlines(keepends=True)[1]  # no head line, as it was
    tape.timing.unlink()
    old.write_text(written)

    mode = "replay_with_new_episodes"
    ask(tape.start(RECORD, cassette_mode=mode), origin, TARGETS[0])
    assert {tape.path, old} == set(tape.folder.iterdir())
    assert written == old.read_text()

    ask(tape.start(RECORD, cassette_mode=mode), origin, *TARGETS[:2])
    assert {tape.path, tape.timing} == set(tape.folder.iterdir())
    assert tape.timing.read_text().startswith(written)
    read = timing.load_beside(tape.path, (interactions := tape.load().interactions))
    assert all(read[each.id].fits(each.response.body) for each in interactions)


def test_interactions_in_another_order(origin: Origin, tape: Tape) -> None:
    """One is removed by hand and the others turned round: each is replayed with its own chunks, and nothing warns."""
    ask(tape.record(), origin, *TARGETS)
    cassette = load(tape.path)
    kept = tuple(cassette.interactions[number] for number in (2, 0))
    renumbered = tuple(
        type(each)(id=number, request=each.request, response=each.response) for number, each in enumerate(kept)
    )
    tape.path.write_bytes(dumps(Cassette(interactions=renumbered)))
    proxy = tape.replay()
    ask(proxy, origin, TARGETS[0], TARGETS[2])

    assert "edited" not in proxy.output
    read = timing.load_beside(tape.path, renumbered)
    assert [0, 1] == sorted(number for number in read if read[number].fits(renumbered[number].response.body))
