"""Conversations under way are in a file, as far as they have come, and become interactions that end there."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tapehead.cassette import CassetteBusyError, CassetteError, Interaction, Request, Response, load, timing
from tapehead.cassette.errors import InteractionRefusedError
from tapehead.cassette.frame_order import ORDER_HEADER
from tapehead.cassette.journal import VERSION, OpenConversation, OpenMessage, head_line, load_open, parse
from tapehead.cassette.journal_recovery import recover_conversations
from tapehead.cassette.journal_writer import Journal
from tapehead.cassette.side_files import open_path, timing_path
from tapehead.cassette.store import Store
from tapehead.cassette.timing import Timing
from tapehead.cassette.transcript import content_type

REQUEST = Request(method="GET", url="https://api.example/v1/realtime", headers={"Upgrade": ("websocket",)})
RESPONSE = Response(code=101, status="", headers={"Content-Type": (content_type("websocket"),)})
HELLO, ANSWER = b"event: client\ndata: hello\n\n", "event: server\ndata: Grüße\n\n".encode()


def conversation(start: float = 1000.0, url: str = REQUEST.url) -> OpenConversation:
    return OpenConversation(request=replace(REQUEST, url=url), response=RESPONSE, start=start, headers=2.0)


def said(path: Path) -> list[bytes]:
    return [each.response.body for each in load(path).interactions]


def test_as_far_as_it_has_come(tmp_path: Path) -> None:
    """What was said is in the file at once; one that is done is not; without any there is no file."""
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    assert not open_path(cassette).exists()
    assert () == load_open(cassette)
    first = journal.begin(conversation())
    second = journal.begin(conversation(2000.0))
    journal.add(first, 3.0, HELLO)
    journal.add(second, 3.5, HELLO)
    journal.add(first, 4.25, ANSWER)

    one, other = load_open(cassette)
    assert (REQUEST, RESPONSE, [(3.0, HELLO), (4.25, ANSWER)]) == (one.request, one.response, one.events)
    assert [(3.5, HELLO)] == other.events
    journal.end(first)
    journal.end(first)
    journal.add(first, 5.0, ANSWER)
    assert [other] == [*load_open(cassette)]
    assert "1 under way" in repr(journal)
    journal.end(second)
    assert not open_path(cassette).exists()
    third = journal.begin(conversation())
    journal.end(third)
    journal.close()
    journal.close()
    assert not open_path(cassette).exists()


def test_as_recorded() -> None:
    """It ends with the last that was said, or with its head."""
    empty = conversation()
    interaction, when = empty.as_recorded()
    assert (b"", 2.0, ()) == (interaction.response.body, when.end, when.chunks)
    interaction, when = replace(empty, events=[(3.0, HELLO), (4.25, ANSWER)]).as_recorded()
    assert HELLO + ANSWER == interaction.response.body
    assert when == Timing(
        id=0,
        sha256=timing.digest(HELLO + ANSWER),
        start=1000.0,
        headers=2.0,
        end=4.25,
        chunks=((3.0, len(HELLO)), (4.25, len(ANSWER))),
    )


@pytest.mark.parametrize("hides", [False, True])
def test_amended(hides: bool, tmp_path: Path) -> None:
    """What was said may be said otherwise later: at its place and time, and what is hidden is in the file no more."""
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    first, other = journal.begin(conversation()), journal.begin(conversation(2000.0))
    for number in (first, other):
        journal.add(number, 3.0, HELLO)
        journal.add(number, 4.0, ANSWER)
    journal.amend(first, 0, ANSWER, hides=hides)
    journal.amend(first, 0, ANSWER, hides=hides)
    journal.amend(9, 0, ANSWER, hides=hides)
    journal.add(first, 5.0, ANSWER)
    one, two = load_open(cassette)
    assert [(3.0, ANSWER), (4.0, ANSWER), (5.0, ANSWER)] == one.events
    assert [(3.0, HELLO), (4.0, ANSWER)] == two.events
    assert (1 if hides else 2) == open_path(cassette).read_bytes().count(b"hello")
    journal.end(other)
    journal.end(first)
    assert not open_path(cassette).exists()


@pytest.mark.parametrize("hides", [False, True])
def test_amended_where_both_sides_have_a_body(hides: bool, tmp_path: Path) -> None:
    """Likewise a message of bytes."""
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    number = journal.begin(conversation())
    for each in TURNS:
        journal.add_message(number, each)
    journal.amend(number, 2, b"\xfe", hides=hides, is_message=True)
    journal.close()
    (left,) = load_open(cassette)
    assert [*TURNS[:2], replace(TURNS[2], data=b"\xfe"), *TURNS[3:]] == left.messages


TURNS = [
    OpenMessage("c", -1.0, b"\0one"),
    OpenMessage("h", 2.0),
    OpenMessage("s", 3.0, b"\xffpong"),
    OpenMessage("c", 4.0, b"two"),
    OpenMessage("e", 5.0),
]


def test_both_sides_have_a_body(tmp_path: Path) -> None:
    """What each said is in its own, the order in a header of the response, the times of both in the timing."""
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    number = journal.begin(conversation())
    for each in TURNS:
        journal.add_message(number, each)
    journal.add_message(9, TURNS[0])
    journal.close()
    (left,) = load_open(cassette)
    assert left.messages == TURNS
    interaction, when = left.as_recorded()
    assert (b"\0onetwo", b"\xffpong") == (interaction.request.body, interaction.response.body)
    assert ("c1hs1c1e",) != interaction.response.headers[ORDER_HEADER]
    assert ("c1s1c1e",) == interaction.response.headers[ORDER_HEADER]
    assert ((-1.0, 4.0, 5.0), ((3.0, 5),), 5.0) == (when.client, when.chunks, when.end)


def test_rewrite_of_both_sides(tmp_path: Path) -> None:
    """Each message by itself, so that what says how long it is stays with it."""
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    number = journal.begin(conversation())
    for each in TURNS:
        journal.add_message(number, each)

    def change(old: Interaction, when: Timing | None) -> tuple[Interaction, Timing | None]:
        request = replace(old.request, body=old.request.body.replace(b"one", b"[X]"))
        return replace(old, request=request, response=replace(old.response, body=old.response.body[:1])), when

    journal.rewrite(change, [b"one"])
    journal.add_message(number, TURNS[0])
    journal.close()
    (left,) = load_open(cassette)
    expected = [replace(TURNS[0], data=b"\0[X]"), TURNS[1], replace(TURNS[2], data=b"\xff"), *TURNS[3:], TURNS[0]]
    assert expected == left.messages


def test_killed(tmp_path: Path) -> None:
    """They are added to the cassette with their times; what was written in part is not; a second time there is nothing."""
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    first, second = journal.begin(conversation()), journal.begin(conversation(2000.0, "https://api.example/\udcff"))
    journal.add(first, 3.0, HELLO)
    journal.add(second, 3.0, ANSWER)
    journal.close()
    with open_path(cassette).open("ab") as end:
        end.write(b'{"to":1,"at":9.0,"event":"event: ser')

    assert 2 == recover_conversations(cassette)
    assert [HELLO, ANSWER] == said(cassette)
    timings = timing.load_lines(timing_path(cassette)).timings
    assert [1000.0, 2000.0] == [each.start for each in timings if each]
    assert not open_path(cassette).exists()
    assert 0 == recover_conversations(cassette)


def test_killed_between_the_two(tmp_path: Path) -> None:
    """One that is in the cassette already is not added again, also when its line of the timing file is missing."""
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    journal.add(journal.begin(conversation(1000.1234)), 3.0, HELLO)
    journal.close()
    left = open_path(cassette).read_bytes()
    recover_conversations(cassette)
    for is_timed in (True, False):
        open_path(cassette).write_bytes(left)
        if not is_timed:
            timing_path(cassette).unlink()
        assert 0 == recover_conversations(cassette)
        assert [HELLO] == said(cassette)
        assert not open_path(cassette).exists()
    other = conversation(2000.0)
    other.events.append((3.0, ANSWER))
    journal = Journal(cassette)
    journal.add(journal.begin(other), 3.0, ANSWER)
    journal.add(journal.begin(conversation(url="https://api.example/other")), 3.0, HELLO)
    journal.close()
    assert 2 == recover_conversations(cassette)


def test_every_end_of_a_write(tmp_path: Path) -> None:
    """Wherever a run dies, what was said before is there."""
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    number = journal.begin(conversation())
    whole = [open_path(cassette).stat().st_size]
    for place in range(3):
        journal.add(number, 3.0 + place, HELLO)
        whole.append(open_path(cassette).stat().st_size)
    journal.close()
    data = open_path(cassette).read_bytes()
    for size in range(len(data) + 1):
        found = parse(data[:size])
        assert [len(each.events) for each in found.values()] == [n for n in range(4) if whole[n] <= size][-1:]


def test_every_end_of_a_write_amid_both(tmp_path: Path) -> None:
    """Likewise amid a WebSocket and a call of gRPC at once, of which something is said otherwise later, and one is done.

    What is left at each end becomes conversations that a cassette holds, with the order and the times of what was said.
    """
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    socket = journal.begin(conversation())
    states: list[tuple[int, dict[int, list[bytes]]]] = [(open_path(cassette).stat().st_size, {socket: []})]

    def note(number: int, said: list[bytes]) -> None:
        states.append((open_path(cassette).stat().st_size, {**states[-1][1], number: said}))

    call = journal.begin(conversation(2000.0, "https://api.example/loopback.Talk/Chat"))
    note(call, [])
    for turn in TURNS:
        journal.add_message(call, turn)
        note(call, [*states[-1][1][call], turn.data])
        journal.add(socket, turn.at + 3.0, HELLO)
        note(socket, [*states[-1][1][socket], HELLO])
    journal.amend(call, 0, b"\0two", hides=False, is_message=True)
    note(call, [b"\0two", *states[-1][1][call][1:]])
    journal.amend(socket, 1, ANSWER, hides=False)
    note(socket, [HELLO, ANSWER, *states[-1][1][socket][2:]])
    journal.end(call)
    states.append((open_path(cassette).stat().st_size, {socket: states[-1][1][socket]}))
    journal.close()
    data = open_path(cassette).read_bytes()
    assert states[-1][0] == len(data)
    for size in range(len(data) + 1):
        found = parse(data[:size])
        expected = next((each for whole, each in reversed(states) if whole <= size), {})
        said = {n: [m.data for m in it.messages] or [text for _, text in it.events] for n, it in found.items()}
        assert expected == said
        for number, left in found.items():
            interaction, when = left.as_recorded()
            both = interaction.request.body + interaction.response.body
            assert sum(map(len, said[number])) == len(both)
            assert timing.digest(interaction.response.body) == when.sha256


@pytest.mark.parametrize("cut", range(0, 1000, 37))
def test_a_cut_file_is_recovered(tmp_path: Path, cut: int) -> None:
    """Of a file that was cut anywhere the cassette gets what is whole, and its timing fits."""
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    grpc = Response(code=200, status="200 OK", headers={"Content-Type": ("application/grpc",)})
    number = journal.begin(replace(conversation(), response=grpc))
    for each in TURNS:
        journal.add_message(number, each)
    journal.close()
    data = open_path(cassette).read_bytes()
    open_path(cassette).write_bytes(data[: max(0, len(data) - cut)])
    expected = parse(data[: max(0, len(data) - cut)])
    assert len(expected) == recover_conversations(cassette)
    assert not open_path(cassette).exists()
    if expected:
        (interaction,) = load(cassette).interactions
        assert (interaction.request.body, interaction.response.body) == (
            b"".join(each.data for each in expected[number].messages if each.by == "c"),
            b"".join(each.data for each in expected[number].messages if each.by == "s"),
        )


def test_while_another_records(tmp_path: Path) -> None:
    """What is under way there stays."""
    cassette = tmp_path / "c.yaml"
    store, journal = Store(cassette), Journal(cassette)
    journal.begin(conversation())
    with pytest.raises(CassetteBusyError):
        recover_conversations(cassette)
    assert 1 == len(load_open(cassette))
    journal.close()
    store.close()


def test_refused(tmp_path: Path) -> None:
    """What must not be written stays where it is."""
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    journal.begin(conversation())
    journal.close()
    with pytest.raises(InteractionRefusedError):
        recover_conversations(cassette, refuse=lambda _: "a secret")
    assert 1 == len(load_open(cassette))


def test_rewrite(tmp_path: Path) -> None:
    """What is learned to be a credential is taken out of what was said, its times kept; of the others nothing is read."""
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    seen = []

    def change(old: Interaction, when: Timing | None) -> tuple[Interaction, Timing | None]:
        seen.append(old.response.body)
        assert when
        body = old.response.body.replace(b"hello", b"[X]")
        chunks = tuple((at, size - 2 if size == len(HELLO) else size) for at, size in when.chunks)
        return replace(old, response=replace(old.response, body=body)), replace(when, chunks=chunks)

    journal.rewrite(change, [b"hello"])
    one, other = journal.begin(conversation()), journal.begin(conversation(5.0))
    journal.add(one, 3.0, HELLO)
    journal.add(one, 4.0, ANSWER)
    journal.add(other, 4.0, ANSWER)
    journal.rewrite(lambda old, when: (old, when), [b"hello"])
    before = os.stat(open_path(cassette)).st_ino
    journal.rewrite(change, [b"nothing"])
    assert before == os.stat(open_path(cassette)).st_ino
    journal.rewrite(change, [b"hello", b"there"])
    journal.add(one, 5.0, ANSWER)
    journal.close()

    assert [HELLO + ANSWER] == seen
    first, second = load_open(cassette)
    assert [(3.0, HELLO.replace(b"hello", b"[X]")), (4.0, ANSWER), (5.0, ANSWER)] == first.events
    assert [(4.0, ANSWER)] == second.events


def test_a_long_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are done leave the file before they fill it."""
    monkeypatch.setattr("tapehead.cassette.journal_writer._MOST_DONE", 2000)
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    stays = journal.begin(conversation())
    for _ in range(40):
        number = journal.begin(conversation())
        journal.add(number, 3.0, HELLO)
        journal.end(number)
        assert open_path(cassette).stat().st_size < 4000
    journal.add(stays, 9.0, HELLO)
    journal.close()
    assert [[(9.0, HELLO)]] == [each.events for each in load_open(cassette)]


def test_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written is told, and what was before stays whole."""
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    number = journal.begin(conversation())
    with monkeypatch.context() as patch:
        patch.setattr("tapehead.cassette.journal_writer.MAX_BYTES", 100)
        with pytest.raises(CassetteError, match="no room"):
            journal.add(number, 3.0, HELLO)

        def full(file: int, data: bytes) -> None:
            os.write(file, data[:5])
            raise OSError(28, "No space left on device")

        patch.undo()
        patch.setattr("tapehead.cassette.journal_writer.write_all", full)
        with pytest.raises(CassetteError, match="no space left"):
            journal.add(number, 3.0, HELLO)
        patch.setattr("tapehead.cassette.journal_writer.replace_file", lambda *_: full(-1, b""))
        with pytest.raises(CassetteError):
            journal.rewrite(lambda old, when: (replace(old, request=replace(REQUEST, url="x")), when), [b"realtime"])
    journal.add(number, 4.0, HELLO)
    journal.close()
    assert [[(4.0, HELLO)]] == [each.events for each in load_open(cassette)]


def test_no_file_to_write(tmp_path: Path) -> None:
    """A folder in its place is told, and is not touched."""
    cassette = tmp_path / "c.yaml"
    open_path(cassette).mkdir()
    with pytest.raises(CassetteError):
        Journal(cassette).begin(conversation())
    os.rmdir(open_path(cassette))
    os.mkfifo(open_path(cassette))
    reader = os.open(open_path(cassette), os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(CassetteError):
        Journal(cassette).begin(conversation())
    os.close(reader)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"what\n", "line 2"),
        (b'{"to":7,"at":1.0,"event":""}\n', "line 2"),
        (b"[]\n", "line 2"),
        (b'{"open":1}\n', "line 2"),
        (b'{"to":1,"at":1.0,"by":"x","data":""}\n', "line 2"),
        (b'{"to":1,"again":0,"event":""}\n', "line 2"),
    ],
)
def test_not_understood(tmp_path: Path, line: bytes, told: str) -> None:
    """Which line it is, is told; the file stays."""
    cassette = tmp_path / "c.yaml"
    open_path(cassette).write_bytes(b'{"version":1}\n' + line)
    with pytest.raises(CassetteError, match=told):
        load_open(cassette)
    with pytest.raises(CassetteError, match=told):
        recover_conversations(cassette)
    assert open_path(cassette).exists()


def test_other_heads(tmp_path: Path) -> None:
    """One of a later release is not read; one without a head is."""
    cassette = tmp_path / "c.yaml"
    open_path(cassette).write_bytes(b'{"version":99}\n')
    with pytest.raises(CassetteError, match="version 99"):
        load_open(cassette)
    open_path(cassette).write_bytes(head_line())
    assert f'"version":{VERSION}'.encode() in head_line()
    assert () == load_open(cassette)
    line = {"open": 1, "start": 1, "headers": 2, "request": {"method": "GET", "url": "u"}, "response": {"code": 101}}
    open_path(cassette).write_text(json.dumps(line) + "\n")
    assert ["u"] == [each.request.url for each in load_open(cassette)]
    open_path(cassette).write_bytes(b"")
    assert () == load_open(cassette)


def test_all_of_it_can_be_let_go(tmp_path: Path) -> None:
    """What was under way at a clean end is in the cassette."""
    cassette = tmp_path / "c.yaml"
    journal = Journal(cassette)
    number = journal.begin(conversation())
    journal.begin(conversation())
    journal.discard()

    assert not open_path(cassette).exists()
    journal.end(number)
    journal.discard()
    again = journal.begin(conversation())
    journal.add(again, 1.0, HELLO)
    assert 1 == len(load_open(cassette))
    journal.close()
