import json
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.cassette.model import Response
from tapehead.redact.edits import Edit
from tapehead.redact.incremental import WINDOW, IncrementalRedactor
from tapehead.redact.redactor import Redactor

KEY = "sk-ant-api03-" + "aB3dE5gH7" * 9
NEW = "[REDACTED:anthropic-key]"


def fed(redactor: IncrementalRedactor, text: bytes, sizes: list[int]) -> bytes:
    """What comes out, when the text comes in pieces of these sizes by turns."""
    out, position, number = b"", 0, 0
    while position < len(text):
        size = sizes[number % len(sizes)]
        out += redactor.feed(text[position : position + size])
        position += size
        number += 1
    return out + redactor.finish()


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_as_the_whole(size: int) -> None:
    """In whatever pieces it comes, it is what the whole text becomes: keys by shape, by name, and in base64."""
    finder = Redactor()._finder
    lines = [f'{n} "api_key": "value-{n:04}-of-mine", {KEY if n % 7 == 0 else "harmless"}\n' for n in range(150)]
    text = "".join(lines).encode()

    assert finder.clean(text) == fed(IncrementalRedactor(finder.find, window=600), text, [size])
    assert KEY.encode() not in finder.clean(text)


@given(st.data(), st.lists(st.integers(1, 3 * WINDOW), min_size=1, max_size=4))
@settings(deadline=None, max_examples=25)
def test_wherever_a_window_ends(data: st.DataObject, sizes: list[int]) -> None:
    """A key is found wherever in the text it stands, and nothing else is touched."""
    before = data.draw(st.integers(0, 4 * WINDOW))
    text = b"word " * (before // 5) + KEY.encode() + b" and on it goes" * 9000

    assert text.replace(KEY.encode(), NEW.encode()) == fed(Redactor().incremental(), text, sizes)


def test_over_events() -> None:
    """What is spread over the events of a stream goes as in the whole stream, also where a window ends within it."""
    random.seed(7)
    words = [KEY[n : n + 6] for n in range(0, len(KEY), 6)]
    stream = b""
    while len(stream) < 5 * WINDOW:
        for word in ["so it is: ", *words, ". ", *["w" * random.randint(1, 9) + " " for _ in range(200)]]:
            stream += b"data: " + json.dumps({"delta": {"content": word}}).encode() + b"\n\n"
    redactor = Redactor()
    response = Response(code=200, status="", body=stream, headers={"Content-Type": ("text/event-stream",)})
    whole, _ = redactor.response(response, [len(stream)])

    assert whole.body == fed(redactor.incremental("text/event-stream", is_answer=True), stream, [1000, 40_000])


def test_what_is_longer_than_a_window() -> None:
    """It goes out as one when it stands first; memory does not grow with it."""

    def find(data: bytes) -> list[Edit]:
        end = data.rfind(b"x") + 1
        return [Edit(data.find(b"x"), end, b"!")] if end else []

    redactor = IncrementalRedactor(find, window=10)

    assert b"a!!b" == fed(redactor, b"a" + b"x" * 35 + b"b", [1])
    assert "<IncrementalRedactor 0 bytes waiting>" == repr(redactor)


def test_memory_is_bounded() -> None:
    """Of 30 MB no more is held than some windows."""
    redactor = Redactor().incremental()
    piece = b"nothing of interest here, " * 1000
    tracemalloc.start()
    for _ in range(1200):
        redactor.feed(piece)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 30 * WINDOW
    assert redactor.finish()


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_what_is_only_taken_whole(content_type: str) -> None:
    """Of forms and uploads a part says nothing without its beginning: that is an error, at once."""
    with pytest.raises(ValueError, match="is to be redacted as a whole"):
        Redactor().incremental(content_type)
