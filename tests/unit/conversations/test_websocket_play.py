from collections.abc import Sequence

from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.transcript import Message, MessageKind
from tapehead.conversations.conversation_script import ConversationScript
from tapehead.conversations.websocket_play import Part, WebsocketPlay
from tapehead.matching.match_candidate import MatchCandidate, MatchedBy
from tapehead.mitm.websocket_layers import Closing, Spoken

C, S, SB, X = MessageKind.CLIENT, MessageKind.SERVER, MessageKind.SERVER_BINARY, MessageKind.CLOSE


def part(*messages: Message, number: int = 0) -> Part:
    interaction = Interaction(
        id=number, request=Request(method="GET", url="https://h/"), response=Response(code=101, status="")
    )
    candidate = MatchCandidate(id=number, interaction=interaction, by=MatchedBy.TEXT)
    return Part(candidate=candidate, script=ConversationScript(messages))


def play(*messages: Message, others: Sequence[Part] = ()) -> WebsocketPlay:
    """Of a script; it changes to the first of the others that would have gone so."""

    def change(one: WebsocketPlay, now: float) -> bool:
        for other in others:
            other.script.start(now)
            if one.heard is not None and other.script.catch_up(one.heard, one.said, now):
                one.part = other
                return True
        return False

    made = WebsocketPlay(part(*messages), b"key", 0.0, change, lambda one: f"finished at {one.said}")
    made.start(0.0)
    return made


def test_what_is_due_is_for_the_layer() -> None:
    one = play(Message(S, b"a"), Message(SB, b"\x00"), Message(C, b"c"), Message(X, b"4000 server go away"))

    assert one.due(0.0, 64) == [Spoken(b"a", is_binary=False), Spoken(b"\x00", is_binary=True)]
    assert one.next_due is None
    one.hear(b"c", 0.0, is_binary=False)
    assert one.next_due == 0.0
    assert one.due(0.0, 64) == [Closing(4000, "go away")]
    assert "3 said" in repr(one)


def test_a_close_that_somebody_has_edited_is_a_normal_one() -> None:
    assert play(Message(X, b"soon server")).due(0.0, 64) == [Closing(1000, "")]


def test_what_was_not_recorded_closes_with_1011() -> None:
    one = play(Message(C, b"a"), Message(S, b"b"))

    one.hear(b"other", 0.0, is_binary=False)

    assert one.due(0.0, 64) == [Closing(1011, "finished at 0")]
    assert one.due(0.0, 64) == ()
    assert one.leave() == ""


def test_another_recording_takes_its_place() -> None:
    other = part(Message(S, b"hello 2"), Message(C, b"b"), Message(S, b"yours"), number=1)
    one = play(Message(S, b"hello 1"), Message(C, b"a"), Message(S, b"mine"), others=[other])

    assert one.due(0.0, 64) == [Spoken(b"hello 1", is_binary=False)]
    one.hear(b"b", 0.0, is_binary=False)

    assert one.due(0.0, 64) == [Spoken(b"yours", is_binary=False)]
    assert one.part is other


def test_one_that_would_not_have_come_there_does_not() -> None:
    silent = part(Message(C, b"b"), Message(S, b"yours"), number=1)
    one = play(Message(S, b"hello 1"), Message(C, b"a"), others=[silent, part(Message(C, b"a"), number=2)])
    one.due(0.0, 64)

    one.hear(b"c", 0.0, is_binary=False)

    assert one.part.candidate.id == 0
    assert isinstance(one.due(0.0, 64)[0], Closing)


def test_a_long_beginning_is_not_remembered() -> None:
    one = play(*(Message(C, b"%d" % each) for each in range(70)))

    for each in range(70):
        one.hear(b"%d" % each, 0.0, is_binary=False)

    assert one.heard is None
    assert one.part.script.is_over
