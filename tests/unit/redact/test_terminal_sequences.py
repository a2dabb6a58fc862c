"""Looking through a terminal's colours and links."""

import json
import re

import pytest

from tapehead.redact.edits import Edit
from tapehead.redact.redactor import Redactor
from tapehead.redact.terminal_sequences import find_through_sequences
from tests.unit.redact.key_samples import WORD

KEY = f"sk-ant-api03-{WORD}"
HIDDEN = "[REDACTED:anthropic-key]"
RED, PLAIN = "\x1b[31m", "\x1b[0m"
LINK = "\x1b]8;;https://example.com/x\x07"


@pytest.mark.parametrize("write", [str, json.dumps, lambda text: json.dumps(json.dumps(text)), repr])
@pytest.mark.parametrize("sequence", [RED, "\x1b[1;38:5:9m", "\x1b[K", LINK, "\x1b]0;title\x1b\\"])
def test_within_a_key(write, sequence: str) -> None:  # type: ignore[no-untyped-def]
    """A sequence in the middle of a key does not hide it, also as JSON and programs write it; what is around it stays."""
    text = f"a {RED}{KEY[:5]}{sequence}{KEY[5:20]}{PLAIN}{KEY[20:]}{PLAIN} end"

    assert write(f"a {RED}{HIDDEN}{PLAIN} end") == Redactor().text(write(text))


def test_names_too() -> None:
    """The value of a JSON field is found under colours as without them."""
    assert f'{{"api_key": "[REDACTED:api_key]{PLAIN}"}}' == Redactor().text(f'{{"api_key": "ab{RED}cd{PLAIN}"}}')


def test_nothing_to_look_through() -> None:
    """Without a sequence nothing is looked for again; an edit of nothing is carried nowhere."""

    def never(_: bytes) -> list[Edit]:
        raise AssertionError

    for text in (b"no sequence", b"\x1b alone", b"u001b 0x1b \\e["):
        assert [] == list(find_through_sequences(text, never))
    assert [] == list(find_through_sequences(b"a\x1b[mb", lambda _: [Edit(1, 1, b"x")]))
    assert [Edit(0, 5, b"x")] == list(find_through_sequences(b"a\x1b[mb", lambda _: [Edit(0, 2, b"x")]))


FILL = b"\xff word " * 5000


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("between", [FILL[:10], FILL * 2, FILL * 6])
def test_around_sequences_of_a_long_text(count: int, between: bytes) -> None:
    """Of a long text it is looked through what is around the sequences, and found in place; not what is far from all."""
    data = FILL * 4 + (b"axx\x1b[31mxxb " + between) * count + FILL * 4
    looked = []

    def find(text: bytes) -> list[Edit]:
        looked.append(text)
        return [Edit(match.start(), match.end(), b"y") for match in re.finditer(b"x+", text)]

    expected = [Edit(*match.span(), b"y") for match in re.finditer(rb"xx\x1b\[31mxx", data)]
    assert expected == list(find_through_sequences(data, find))
    assert count == len(expected)
    assert len(looked) == 1
    assert len(looked[0]) < len(data) - 2 * len(FILL)


def test_a_long_text_without_blanks_is_looked_through_whole() -> None:
    """Where there is no blank to begin or end at, all of it is one text."""
    data = b"_" * 200_000 + b"xx\x1b[31mxx" + b"_" * 200_000 + b"x\x1b[0mx" + b"_" * 200_000
    looked = []

    def find(text: bytes) -> list[Edit]:
        looked.append(text)
        return [Edit(match.start(), match.end(), b"y") for match in re.finditer(b"x+", text)]

    assert [Edit(200_000, 200_009, b"y"), Edit(400_009, 400_015, b"y")] == list(find_through_sequences(data, find))
    assert [data.replace(b"\x1b[31m", b"").replace(b"\x1b[0m", b"")] == looked
