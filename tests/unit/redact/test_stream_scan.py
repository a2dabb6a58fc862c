"""stream_scan: what it says is what redacting the whole says, wherever a piece ends; what it does not know it does not say."""

import json
import random
from collections.abc import Sequence

import pytest

from tapehead.cassette.model import Response
from tapehead.redact import stream_scan
from tapehead.redact.learning import Seen
from tapehead.redact.redact_rules import parse_rules
from tapehead.redact.redactor import Redactor
from tapehead.redact.stream_scan import PIECE, Scanned, StreamScan
from tests.unit.redact.key_samples import SAMPLES

SSE = "text/event-stream"
KEY = "sk-ant-api03-" + "aB3dE5gH7" * 9
DONE = b"data: [DONE]\n\n"


def event(text: str) -> bytes:
    return b"data: " + json.dumps({"id": "c1", "choices": [{"delta": {"content": text}}]}).encode() + b"\n\n"


def quiet(size: int) -> bytes:
    """So many bytes of events, or a few more, that hold nothing."""
    one = [event(f" word{number % 97}") for number in range(200)]
    return b"".join(one * (size // len(b"".join(one)) + 1))[:size].rpartition(b"\n\n")[0] + b"\n\n" if size else b""


def scanned(body: bytes, sizes: Sequence[int] = (1000,), redactor: Redactor | None = None) -> Scanned | None:
    """What is known of a body that comes in pieces of these sizes by turns."""
    scan = (redactor or Redactor()).scan(SSE)
    assert scan
    position, number = 0, 0
    while position < len(body):
        size = sizes[number % len(sizes)]
        scan.feed(body[position : position + size])
        position, number = position + size, number + 1
    return scan.finish()


def whole(body: bytes, redactor: Redactor) -> tuple[bytes, Seen]:
    """What the body becomes, redacted as a whole, and what was seen."""
    redactor.seen = seen = Seen()
    response = Response(code=200, status="", body=body, headers={"Content-Type": (SSE,)})
    redacted, _ = redactor.response(response, [len(body)])
    redactor.seen = None
    return redacted.body, seen


@pytest.mark.parametrize("sizes", [[1], [7, 150], [5000], [10 * PIECE]], ids=str)
@pytest.mark.parametrize("end", [DONE, b"", DONE[:-1], b"data: cut o"], ids=repr)
def test_a_stream_that_holds_nothing(sizes: Sequence[int], end: bytes) -> None:
    """Is known to, in whatever pieces it comes; the long words of what is put together are those of the whole."""
    redactor = Redactor()
    body = event("supercalifragilistic-1234") + quiet(3 * PIECE if sizes != [1] else 3000) + end
    found = scanned(body, sizes, redactor)
    same, seen = whole(body, redactor)
    assert body == same
    assert Scanned(len(body), frozenset(seen.words)) == found


def test_what_was_scanned_is_not_looked_through_again() -> None:
    """The response stays, but for its headers, and the words are noted; a scan of another body does not count."""
    redactor = Redactor()
    body = quiet(500)
    headers = {"Content-Type": (SSE,), "X-Key": (KEY,)}
    response = Response(code=200, status="", body=body, headers=headers, content_length=-1)
    redactor.seen = Seen()
    redacted, sizes = redactor.response(response, [len(body)], None, Scanned(len(body), frozenset({b"w" * 20})))
    assert {b"w" * 20} == redactor.seen.words
    assert ([len(body)], body) == (sizes, redacted.body)
    assert KEY not in redacted.headers["X-Key"][0]
    redactor.seen = None
    assert redacted == redactor.response(response, [len(body)], None, Scanned(len(body), frozenset()))[0]
    wrong = Response(code=200, status="", body=event(KEY), headers=headers)
    assert KEY.encode() not in redactor.response(wrong, [len(wrong.body)], None, Scanned(1, frozenset()))[0].body


@pytest.mark.parametrize(("kind", "key"), SAMPLES)
def test_a_key_anywhere(kind: str, key: str) -> None:
    """Whole in one event, or token by token: nothing is said wherever something would be redacted."""
    choose = random.Random(key)
    before, behind = (quiet(choose.randrange(2 * PIECE)) for _ in range(2))
    tokens = [event(key[at : at + 3]) for at in range(0, len(key), 3)]
    redactor = Redactor()
    assert scanned(before + event(f"use {key} now") + behind, redactor=redactor) is None
    spread = before + b"".join([event("use "), *tokens, event(" now")]) + behind
    is_found = whole(spread, redactor)[0] != spread
    assert (scanned(spread, redactor=redactor) is None) is is_found


@pytest.mark.parametrize("at", range(-240, 240, 30))
def test_a_key_where_a_piece_ends(at: int) -> None:
    """It is seen on either side of it, and across."""
    before = quiet(PIECE + at)
    assert scanned(before + event(KEY) + quiet(2 * PIECE), [PIECE + at]) is None


@pytest.mark.parametrize("size", [10, 1000, 16_000])
def test_a_name_long_before_its_end(size: int) -> None:
    """A value as long as any that is looked at, over a piece's end, has its name before it."""
    value = f"<password>hunter-{'7x' * (size // 2)}</password>"
    body = quiet(PIECE - 500) + b"data: " + value.encode() + b"\n\n" + quiet(PIECE)
    redactor = Redactor()
    assert (scanned(body, [PIECE], redactor) is None) is (whole(body, redactor)[0] != body)


@pytest.mark.parametrize(
    "text",
    [
        *(b"\r\n", b"\n\n\ndata: 1", b"\0", b"\x1b[31m", b"\\u001B", b"\\x1b", b"\\033", b"\\e[", b"\\/", b"\\u0041"),
        *(b"grant_type", b"Response_Type", b"-----BEGIN", b"PuTTY-User-Key", b'"kty'),
    ],
    ids=repr,
)
def test_what_does_not_tell_by_parts(text: bytes) -> None:
    """Is for the whole, wherever it stands."""
    body = quiet(PIECE) + b"data: " + text + b"\n\n" + quiet(PIECE)
    assert scanned(body) is None
    assert scanned(body, [len(body)]) is None


def test_what_begins_with_a_blank_line() -> None:
    """Where a part begins that would be read otherwise than in the whole."""
    scan = StreamScan(lambda _: [])
    scan.feed(quiet(PIECE)[:-1] + b"\n")
    scan.feed(b"\n" + quiet(PIECE))
    assert scan.finish() is None
    assert "given up" in repr(scan)


@pytest.mark.parametrize("body", [b'{"a": 1}\n{"a": 2}\n', b"no events at all", b""], ids=repr)
def test_what_is_no_stream_of_events(body: bytes) -> None:
    """Is for the whole, whatever its type says. What is empty holds nothing."""
    assert scanned(body) == (None if body else Scanned(0, frozenset()))


def test_what_is_never_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little is kept of what is no stream of events, or very long; what comes then is not looked at."""
    scan = StreamScan(lambda _: [])
    for _ in range(5):
        scan.feed(b"x" * PIECE)
    assert scan.has_given_up
    scan.feed(b"more")
    assert scan.finish() is None
    monkeypatch.setattr(stream_scan, "_MOST", 100)
    long = StreamScan(lambda _: [])
    long.feed(quiet(90))
    assert "90 bytes" in repr(long) or "waiting" in repr(long)
    long.feed(quiet(90))
    assert long.has_given_up


def test_plain_text_and_comments() -> None:
    """Data that is no JSON is put together, too, and what is no data holds something as well."""
    spread = b"".join(b"data: %b\n\n" % KEY[at : at + 5].encode() for at in range(0, len(KEY), 5))
    assert scanned(quiet(100) + spread) is None
    assert scanned(b": " + KEY.encode() + b"\n\n" + quiet(100)) is None
    assert scanned(b": nothing\n\nevent: ping\n\n" + quiet(100) + b"data: plain text\n\n")


def test_what_no_scan_is_made_for() -> None:
    """Other types, and rules of the user's own, which may look as far as they like."""
    assert Redactor().scan("application/x-ndjson") is None
    assert Redactor().scan(None) is None
    assert Redactor(parse_rules(["regex:x[0-9]+y"], [])).scan(SSE) is None
    assert Redactor(parse_rules(["/a/b"], [])).scan(SSE) is None


def test_what_is_learned_meanwhile() -> None:
    """A scan says how much was known when it began."""
    redactor = Redactor()
    scan = redactor.scan(SSE)
    assert scan
    assert scan.learned == redactor.learned
    redactor.learn(["shapeless-value-0001"])
    assert scan.learned != redactor.learned
    assert scanned(quiet(PIECE) + event("shapeless-value-0001"), redactor=redactor) is None
