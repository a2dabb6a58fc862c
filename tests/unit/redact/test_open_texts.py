"""Nothing of a credential that goes on over messages stands on disk, whichever of them came last."""

import base64
import json
import struct
from collections.abc import Callable, Sequence

import pytest

from tapehead.cassette.transcript import Message, MessageKind, content_type, parse, render_message
from tapehead.redact.open_texts import OpenTexts
from tapehead.redact.redact_rules import parse_rules
from tapehead.redact.redactor import Redactor
from tapehead.wire.protobuf import write_varint

KEY = "sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9"
VALUE = "hunter-22-shapeless-Value-x9"
TRANSCRIPT = content_type("websocket")


def redactor() -> Redactor:
    return Redactor(environment={"MY_SECRET": VALUE})


class Disk:
    """What stands of one side, after each message."""

    def __init__(self, kind: str | None = TRANSCRIPT, redacts: Redactor | None = None) -> None:
        self.redactor = redacts or redactor()
        self.texts: OpenTexts = self.redactor.open_texts(kind)
        self.messages: list[bytes] = []
        self.hides: list[bool] = []

    def take(self, message: bytes) -> None:
        text, amended = self.texts.take(len(self.messages), message)
        for each in amended:
            self.messages[each.number] = self.redactor.clean(each.text)
            self.hides.append(each.hides)
        self.messages.append(self.redactor.clean(text))


def cut(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def event(value: object) -> bytes:
    return render_message(Message(MessageKind.SERVER, json.dumps(value).encode()))


def plain(text: str) -> bytes:
    return render_message(Message(MessageKind.SERVER, text.encode()))


def delta(text: str) -> bytes:
    return event(
        {"type": "delta", "event_id": f"event_{len(text)}", "item_id": "item_1", "output_index": 0, "delta": text}
    )


def array(text: str) -> bytes:
    return event({"model": "lab-1", "choices": [{"delta": {"content": text}}]})


def grpc(text: str) -> bytes:
    message = b"\x0a" + write_varint(len(text)) + text.encode() + b"\x10\x07"
    return struct.pack(">BI", 0, len(message)) + message


def said(message: bytes) -> str:
    """The text of a message, whichever of the above made it."""
    if message.startswith(b"\0"):
        return message[7 : 7 + message[6]].decode()
    (one,) = parse(message)
    text = one.data.decode()
    if not text.startswith("{"):
        return text
    value = json.loads(text)
    return str(value["delta"] if "delta" in value else value["choices"][0]["delta"]["content"])


MAKERS = [(delta, TRANSCRIPT), (array, TRANSCRIPT), (plain, TRANSCRIPT), (grpc, "application/grpc")]


@pytest.mark.parametrize(("make", "kind"), MAKERS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 9, 20])
@pytest.mark.parametrize(("secret", "name", "seen"), [(VALUE, "value", 3), (KEY, "anthropic-key", 3)])
def test_spread(make: Callable[[str], bytes], kind: str, size: int, secret: str, name: str, seen: int) -> None:
    """After each message no more of it stands than may be any text; at the end a placeholder, and all else is as it was."""
    disk = Disk(kind)
    for text in ["so: ", *cut(secret, size), " ok", " then"]:
        disk.take(make(text))
        there = "".join(map(said, disk.messages))
        assert all(secret[: n + 1] not in there for n in range(seen, len(secret))), there
    assert f"so: [REDACTED:{name}] ok then" == "".join(map(said, disk.messages))
    assert "so: " == said(disk.messages[0])


@pytest.mark.parametrize(("make", "kind"), MAKERS)
def test_what_turns_out_to_be_none(make: Callable[[str], bytes], kind: str) -> None:
    """What was hidden stands there again when it does not go on as one; and only so is nothing hidden anew."""
    disk = Disk(kind)
    disk.take(make("say hunter-2"))
    assert "say [REDACTED:value]" == said(disk.messages[0])
    disk.take(make("2 or sk-ant"))
    assert ["say hunter-2", "2 or [REDACTED:value]"] == [said(each) for each in disk.messages]
    disk.take(make(" is short"))
    assert ["say hunter-2", "2 or sk-ant", " is short"] == [said(each) for each in disk.messages]
    assert [False, False] == disk.hides


def test_a_name_before_it() -> None:
    """What only the name before it tells is taken out when it is seen."""
    disk = Disk()
    for each in ("my api_key", "=", "Zq7Lm2Xv9", "Kt4Wp8", "Rb3", " and more"):
        disk.take(delta(each))
    there = "".join(map(said, disk.messages))
    assert "my api_key=[REDACTED:api_key] and more" == there
    assert True in disk.hides


def test_texts_beside_each_other() -> None:
    """Two that come by turns are told apart by the numbers beside them."""
    disk = Disk()
    for one, other in zip(cut(VALUE, 6), cut(KEY, 8), strict=True):
        for number, text in enumerate((one, other)):
            disk.take(event({"output_index": number, "delta": text}))
    there = "".join(map(said, disk.messages))
    assert "[REDACTED:value][REDACTED:anthropic-key]" == there


def test_one_that_goes_on() -> None:
    """A key that is whole may have more of it behind it, also after much else at other places."""
    disk = Disk()
    disk.take(delta(f"a {KEY}"))
    disk.take(event({"type": "other", "note": "nothing"}))
    disk.take(delta("MoreOfIt9"))
    disk.take(delta(" end"))
    assert ["a [REDACTED:anthropic-key]", "", " end"] == [said(disk.messages[n]) for n in (0, 2, 3)]


def test_long_pieces() -> None:
    """A piece is looked through around the place where it goes on, and farther where a credential does."""
    whole = "".join(f"{number * 7919 % 9973:x}." for number in range(1, 300))
    disk = Disk(redacts=Redactor(environment={"MY_SECRET": whole}))
    disk.take(delta("x " * 3000 + whole[:300]))
    disk.take(delta(whole[300:] + " y" * 3000))
    assert "x " * 3000 + "[REDACTED:value]" == said(disk.messages[0])
    assert " y" * 3000 == said(disk.messages[1])
    for _ in range(200):
        disk.take(delta(" plain words"))
    assert " plain words" * 200 == "".join(map(said, disk.messages[2:]))


def test_what_is_always_the_same() -> None:
    """It goes on in nothing, and one that begins so is seen when it does not."""
    disk = Disk(redacts=Redactor(environment={"MY_SECRET": "AB12AB12AB12Zq7Lm2Xv9Kt4"}))
    for each in ("AB12", "AB12", "AB12", "Zq7Lm2Xv", "9Kt4", "."):
        disk.take(delta(each))
    assert "[REDACTED:value]." == "".join(map(said, disk.messages))


@pytest.mark.parametrize("pattern", [(), ("regex:blue [a-z]+ moon",)])
def test_rules(pattern: Sequence[str]) -> None:
    """A person's own patterns are looked for in every text; without any rule nothing is hidden."""
    disk = Disk(redacts=Redactor(parse_rules(pattern, ())))
    disk.take(delta("the blue sad "))
    disk.take(delta("moon"))
    assert ("the blue sad moon" in "".join(map(said, disk.messages))) is not bool(pattern)


def test_what_is_no_text() -> None:
    """Plain bytes, what no events are made of, and many places: all of it stays as it is."""
    disk = Disk("text/plain")
    disk.take(b"no events")
    assert [b"no events"] == disk.messages
    disk = Disk("application/grpc")
    disk.take(struct.pack(">BI", 0, 4) + b"\xff\xff\xff\xff")
    assert [struct.pack(">BI", 0, 4) + b"\xff\xff\xff\xff"] == disk.messages
    disk = Disk()
    for number in range(60):
        disk.take(event({f"name{number * 100 + place}": "one" for place in range(100)}))
    assert disk.messages[-1] == event({f"name{5900 + place}": "one" for place in range(100)})
    audio = base64.b64encode(bytes(range(256)) * 20).decode()
    for _ in range(40):
        disk.take(event({"type": "audio", "delta": audio}))
    assert disk.messages[-1] == event({"type": "audio", "delta": audio})
    assert "under way" in repr(disk.texts)
