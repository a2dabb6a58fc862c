from tapehead.cassette.model import Request
from tapehead.conversations.conversation_script import Unexpected
from tapehead.conversations.unexpected_message import MAX_REASON, closing_words, explain_message, explain_silence
from tapehead.matching.conversation_messages import MessageDifference

REQUEST = Request(method="GET", url="https://h/v1/realtime")


def test_the_first_difference_is_told() -> None:
    difference = MessageDifference(b'{"a":"x","b":1}', b'{"a":"y","b":2}')

    why = explain_message(Unexpected(3, b"", (difference,)), REQUEST, 7)

    assert why.headline.startswith("interaction 7: message 3 of the client: `a` of the body")
    assert why.headline.endswith("(the first of 2 differences)")
    assert [each.action for each in why.advice] == ["ignore", "record", "mend"]
    assert why.to_json()["kind"] == "message"
    assert why.lines()[0] == why.headline


def test_of_several_that_might_have_come_the_nearest_is_told() -> None:
    far, near = (MessageDifference(each, b'{"a":{"b":"y"},"c":1}') for each in (b'{"z":0}', b'{"a":{"b":"x"},"c":1}'))

    why = explain_message(Unexpected(1, b"", (far, near)), REQUEST, 0)

    assert "`a.b`" in why.headline
    assert len(why.near) == 1


def test_what_differs_only_in_its_form() -> None:
    why = explain_message(Unexpected(1, b"", (MessageDifference(b"a", b"a"),)), REQUEST, 0)

    assert why.headline == "interaction 0: message 1 of the client: it was sent in another form (text or bytes)"


def test_more_than_was_recorded() -> None:
    why = explain_message(Unexpected(4, b"more"), REQUEST, 2)

    assert why.headline == "interaction 2: message 4 of the client: nothing more was recorded of it"
    assert [each.action for each in why.advice] == ["record", "mend"]
    assert why.lines()[0] == why.headline


def test_sound() -> None:
    why = explain_message(Unexpected(601, b"", is_audio=True), REQUEST, 0)

    assert why.headline == "interaction 0: the sound that the client sends differs from byte 601 on"


def test_silence() -> None:
    why = explain_silence(1, 2, REQUEST, 0)

    assert "left without a message that it sent while this was recorded" in why.headline
    assert "2 messages of the server's never came" in why.headline


def test_a_close_says_what_there_is_room_for() -> None:
    why = explain_message(Unexpected(1, b"", (MessageDifference(b'"\xc3\xa9"' * 40, b'"x"'),)), REQUEST, 0)

    words = closing_words(why)

    assert words.startswith("tapehead: interaction 0: message 1 of the client")
    assert words.endswith("…")
    assert len(words.encode()) <= MAX_REASON
    assert closing_words(explain_message(Unexpected(1, b""), REQUEST, 0)).endswith("nothing more was recorded of it")
