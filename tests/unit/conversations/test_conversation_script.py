import base64
import json

import pytest

from tapehead.cassette.transcript import Message, MessageKind
from tapehead.conversations.conversation_script import ConversationScript

S, C, SB, CB, X = (
    MessageKind.SERVER,
    MessageKind.CLIENT,
    MessageKind.SERVER_BINARY,
    MessageKind.CLIENT_BINARY,
    MessageKind.CLOSE,
)


def c(text: str) -> Message:
    return Message(C, text.encode())


def s(text: str) -> Message:
    return Message(S, text.encode())


def close(text: str) -> Message:
    return Message(X, text.encode())


def append(data: bytes) -> Message:
    return c(json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(data).decode()}))


def begun(*messages: Message, times: tuple[float, ...] = (), speed: float = 0.0) -> ConversationScript:
    script = ConversationScript(messages, times, speed=speed)
    script.start(100.0)
    return script


def said(script: ConversationScript, now: float = 100.0) -> list[str]:
    return [each.data.decode() for each in script.advance(now)]


def test_a_message_of_the_servers_waits_for_the_clients_before_it() -> None:
    script = begun(s("hello"), c("ask"), s("answer 1"), s("answer 2"), close("1000 server bye"))

    assert said(script) == ["hello"]
    assert script.next_due is None
    script.hear(c("ask"), 101.0)
    assert said(script, 101.0) == ["answer 1", "answer 2", "1000 server bye"]
    assert script.is_over
    assert script.next_due is None
    assert script.unsaid == (0, 0)


def test_the_clients_close_is_its_own() -> None:
    script = begun(s("hello"), close("1000 client"))

    assert said(script) == ["hello"]
    assert (script.is_over, script.next_due) == (False, None)


def test_the_pace_counts_from_the_message_that_was_waited_for() -> None:
    script = begun(s("a"), c("b"), s("c"), s("d"), times=(0, 1000, 1500, 2000), speed=1)

    assert said(script) == ["a"]
    script.hear(c("b"), 107.0)
    assert said(script, 107.4) == []
    assert script.next_due == pytest.approx(107.5)
    assert said(script, 107.5) == ["c"]
    assert script.next_due == pytest.approx(108.0)
    assert said(script, 108.0) == ["d"]


def test_speed_divides_and_the_beginning_can_be_told() -> None:
    script = ConversationScript([s("a")], (1000,), speed=2)
    script.start(100.0, 0.0)

    assert script.next_due == pytest.approx(100.5)


def test_without_as_many_times_nothing_is_paced() -> None:
    script = begun(s("a"), s("b"), times=(0,), speed=1)

    assert said(script) == ["a", "b"]


def test_neighbours_come_in_any_order() -> None:
    script = begun(c("1"), c("2"), c("3"), s("done"))

    for each in ("3", "1", "2"):
        assert said(script) == []
        script.hear(c(each), 100.0)

    assert said(script) == ["done"]


def test_what_comes_ahead_is_held() -> None:
    script = begun(c("1"), s("one"), c("2"), s("two"), times=(0, 1000, 1000, 3000), speed=1)

    script.hear(c("1"), 100.0)
    script.hear(c("2"), 100.1)
    assert said(script, 100.2) == []
    assert said(script, 101.0) == ["one"]
    assert said(script, 103.0) == ["two"]


def test_a_difference_ends_it() -> None:
    script = begun(c("1"), c("2"), s("never"))

    script.hear(c("1"), 100.0)
    script.hear(c("other"), 100.0)
    script.hear(c("2"), 100.0)

    assert script.unexpected
    assert (script.unexpected.number, script.unexpected.live) == (2, b"other")
    assert [each.recorded for each in script.unexpected.expected] == [b"2"]
    assert said(script) == []
    assert script.next_due is None


def test_text_is_not_bytes() -> None:
    script = begun(c('{"a":1}'))

    script.hear(Message(CB, b'{"a":1}'), 100.0)

    assert script.unexpected
    assert len(script.unexpected.expected) == 1


def test_many_that_may_come_are_not_all_told() -> None:
    script = begun(*(c(str(each)) for each in range(50)))

    script.hear(c("other"), 100.0)

    assert script.unexpected
    assert len(script.unexpected.expected) == 20


def test_more_than_was_recorded_is_too_much() -> None:
    script = begun(c("1"), s("bye"))

    script.hear(c("1"), 100.0)
    script.hear(c("2"), 100.0)

    assert script.unexpected
    assert (script.unexpected.number, script.unexpected.expected) == (2, ())


def test_ids_are_those_of_now() -> None:
    script = begun(c('{"id":1,"method":"m"}'), s('{"id":1,"result":{}}'))

    script.hear(c('{"id":7,"method":"m"}'), 100.0)

    assert said(script) == ['{"id":7,"result":{}}']


def test_credentials_are_taken_out_before_it_is_compared() -> None:
    script = ConversationScript([c("key [REDACTED:key]")], clean=lambda text: text.replace(b"sk-1", b"[REDACTED:key]"))
    script.start(0.0)

    script.hear(c("key sk-1"), 0.0)

    assert script.is_over
    assert script.unexpected is None


def test_signs_of_life_are_not_waited_for() -> None:
    script = begun(s('0{"sid":"x"}'), c("2"), s("3"), c('{"type":"KeepAlive"}'), c("x"), s("y"))

    assert said(script) == ['0{"sid":"x"}', "3"]
    script.hear(c("2"), 100.0)
    assert script.unsaid == (1, 1)
    script.hear(c("x"), 100.0)
    assert said(script) == ["y"]


def test_audio_is_compared_joined() -> None:
    script = begun(append(b"abc"), s("started"), append(b"defg"), append(b"h"), c("commit"), s("done"))

    script.hear(append(b"a"), 100.0)
    assert said(script) == []
    assert script.unsaid == (2, 4)
    script.hear(append(b"bcdef"), 100.0)
    assert said(script) == ["started"]
    script.hear(c("commit"), 100.0)
    script.hear(append(b"gh"), 100.0)
    assert said(script) == ["done"]


def test_another_sound_is_a_difference() -> None:
    script = begun(append(b"abc"), append(b"def"), s("done"))

    script.hear(append(b"abcd"), 100.0)
    script.hear(append(b"xf"), 100.0)

    assert script.unexpected
    assert (script.unexpected.number, script.unexpected.is_audio) == (5, True)


def test_more_sound_than_was_recorded_is_too_much() -> None:
    script = begun(append(b"abc"), c("x"), s("done"))

    script.hear(append(b"abcd"), 100.0)

    assert script.unexpected
    assert (script.unexpected.number, script.unexpected.is_audio) == (4, True)


def test_sound_in_bytes_is_of_another_kind() -> None:
    script = begun(Message(CB, b"\x00\x01"), append(b"abc"), Message(SB, b"\x02"))

    script.hear(append(b"abc"), 100.0)
    assert script.advance(100.0) == []
    script.hear(Message(CB, b"\x00"), 100.0)
    script.hear(Message(CB, b"\x01"), 100.0)

    assert script.advance(100.0) == [Message(SB, b"\x02")]


def test_its_repr_has_no_message() -> None:
    assert repr(begun(c("secret"))) == "<ConversationScript at 1 of 1, 0 held>"
