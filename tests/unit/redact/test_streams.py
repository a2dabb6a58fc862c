import base64
import json
import random
from collections.abc import Callable, Iterable, Sequence

import pytest

from tapehead.cassette import Response
from tapehead.redact.redactor import Redactor
from tapehead.wire.event_splitters import split_events
from tapehead.wire.eventstream import build_frame, frame_headers_end, parse_frame
from tests.support.harness.routes import frame

KEY = "sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9"
VALUE = 'shapeless"value\\0001'
SECRETS = {KEY: "[REDACTED:anthropic-key]", VALUE: "[REDACTED:value]"}
SSE, NDJSON, FRAMES = "text/event-stream", "application/x-ndjson", "application/vnd.amazon.eventstream"


def cut(text: str, seed: int) -> list[str]:
    """The text in pieces of one to five characters."""
    choose, pieces = random.Random(seed), []
    while text:
        size = choose.randint(1, 5)
        pieces.append(text[:size])
        text = text[size:]
    return pieces


def sse(values: Iterable[object], end: bytes = b"\n\n") -> list[bytes]:
    return [b"data: " + json.dumps(value).encode() + end for value in values]


def ndjson(values: Iterable[object]) -> list[bytes]:
    return [json.dumps(value).encode() + b"\n" for value in values]


def converse(values: Iterable[object]) -> list[bytes]:
    return [frame({":event-type": "contentBlockDelta"}, json.dumps(value).encode()) for value in values]


def invoke(values: Iterable[object]) -> list[bytes]:
    chunks = (base64.b64encode(json.dumps(value).encode()).decode() for value in values)
    return [frame({":event-type": "chunk"}, b'{"bytes":"%s","p":"abc"}' % chunk.encode()) for chunk in chunks]


def read_sse(body: bytes) -> list[object]:
    return [json.loads(event.strip()[6:]) for event in split_events(SSE, body)]


def read_ndjson(body: bytes) -> list[object]:
    return [json.loads(line) for line in body.splitlines()]


def read_converse(body: bytes) -> list[object]:
    return [json.loads(parse_frame(each).payload) for each in split_events(FRAMES, body)]


def read_invoke(body: bytes) -> list[object]:
    payloads = (json.loads(parse_frame(each).payload) for each in split_events(FRAMES, body))
    return [json.loads(base64.b64decode(payload["bytes"])) for payload in payloads]


def chat(text: str) -> object:
    return {"id": "chatcmpl-1", "model": "m", "choices": [{"index": 0, "delta": {"content": text}}]}


def arguments(text: str) -> object:
    call = {"index": 1, "function": {"arguments": text}}
    return {"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}


KINDS: dict[
    str, tuple[str, Callable[[Iterable[object]], list[bytes]], Callable[[bytes], list[object]], Callable[[str], object]]
] = {
    "openai": (SSE, sse, read_sse, chat),
    "openai tool call": (SSE, sse, read_sse, arguments),
    "openai responses": (
        SSE,
        sse,
        read_sse,
        lambda text: {"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "delta": text},
    ),
    "anthropic": (
        SSE,
        sse,
        read_sse,
        lambda text: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
    ),
    "gemini": (
        SSE,
        lambda values: sse(values, end=b"\r\n\r\n"),
        read_sse,
        lambda text: {"candidates": [{"content": {"parts": [{"text": text}]}}]},
    ),
    "list": (SSE, sse, read_sse, lambda text: ["delta", text, 1]),
    "ollama": (NDJSON, ndjson, read_ndjson, lambda text: {"message": {"content": text}, "done": False}),
    "converse": (FRAMES, converse, read_converse, lambda text: {"contentBlockIndex": 0, "delta": {"text": text}}),
    "invoke": (
        FRAMES,
        invoke,
        read_invoke,
        lambda text: {"type": "content_block_delta", "index": 0, "delta": {"text": text}},
    ),
}


def redact(content_type: str, events: Sequence[bytes]) -> tuple[bytes, list[int]]:
    body = b"".join(events)
    redactor = Redactor(environment={"MY_SECRET": VALUE})
    response = Response(code=200, status="200 OK", headers={"Content-Type": (content_type,)}, body=body)
    redacted, sizes = redactor.response(response, [len(event) for event in events])
    assert redacted == redactor.response(redacted, sizes)[0]
    return redacted.body, sizes


def texts(values: Iterable[object]) -> str:
    """The strings that a model streams, put together."""

    def walk(value: object) -> Iterable[str]:
        if isinstance(value, dict):
            for name, each in value.items():
                if name in ("content", "text", "delta", "arguments") and isinstance(each, str):
                    yield each
                else:
                    yield from walk(each)
        elif isinstance(value, list):
            for each in value:
                yield from [each] if isinstance(each, str) and each != "delta" else walk(each)

    return "".join(text for value in values for text in walk(value))


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_token_by_token(kind: str, seed: int, secret: str) -> None:
    """A credential spread over the events of a stream goes; events stay as many, and each stays what it was."""
    content_type, write, read, make = KINDS[kind]
    events = write(map(make, cut(f"the key is {secret} and é it is long", seed)))
    body, sizes = redact(content_type, events)

    assert f"the key is {SECRETS[secret]} and é it is long" == texts(read(body))
    assert len(events) == len(read(body)) == len(sizes)
    assert [len(event) for event in split_events(content_type, body)] == sizes


@pytest.mark.parametrize("kind", KINDS)
def test_whole_in_one_event(kind: str) -> None:
    """A credential within one event goes, and no other event changes."""
    content_type, write, read, make = KINDS[kind]
    events = write(map(make, ["a", f"b {KEY} c {VALUE}", "d"]))
    body, sizes = redact(content_type, events)

    assert f"ab {SECRETS[KEY]} c {SECRETS[VALUE]}d" == texts(read(body))
    assert (events[0], events[2]) == (body[: sizes[0]], body[-sizes[2] :])


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_redact(kind: str) -> None:
    """A stream without a credential is the very same bytes."""
    content_type, write, _, make = KINDS[kind]
    events = write(map(make, ["task-", "risk-", "sk-", "ant", "hill", "eyJ", "AKIA"] * 3))

    assert b"".join(events) == redact(content_type, events)[0]


def test_interleaved() -> None:
    """Choices that come by turns are put together each by itself."""
    pieces = list(zip(cut(KEY, 1), cut("x" * 90, 2), strict=False))
    both = [{"choices": [{"index": n, "delta": {"content": text}}]} for pair in pieces for n, text in enumerate(pair)]
    pieces_left = cut(KEY, 1)[len(pieces) :]
    both += [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in pieces_left]
    body, _ = redact(SSE, sse(both))
    values = [value["choices"][0] for value in read_sse(body)]  # type: ignore[index]

    assert SECRETS[KEY] == "".join(value["delta"]["content"] for value in values if value["index"] == 0)
    assert "".join(b for _, b in pieces) == "".join(v["delta"]["content"] for v in values if v["index"] == 1)


def test_names_in_arguments_that_are_streamed() -> None:
    """JSON that a stream puts together is redacted by its names, also when it is cut off."""
    for whole, redacted in (
        ('{"user":"me","password":"hunter2","n":1}', '{"user":"me","password":"[REDACTED:password]","n":1}'),
        ('{"user":"me","password":"hunt', '{"user":"me","password":"[REDACTED:password]'),
    ):
        body, _ = redact(SSE, sse(map(arguments, cut(whole, 3))))
        assert redacted == texts(read_sse(body))


def test_plain_text_events() -> None:
    """Data that is no JSON is put together as text; comments and other fields are looked through too."""
    events = [b"data: %s\n\n" % piece.encode() for piece in cut(KEY, 5)]
    events += [f": {KEY}\n\n".encode(), f"event: {KEY}\ndata: .x\n\n".encode(), b"data: [DONE]\n\n"]
    body, sizes = redact(SSE, events)
    split = split_events(SSE, body)

    assert len(events) == len(split) == len(sizes)
    assert b"data: [REDACTED:anthropic-key]\n\n" == split[0]
    assert [b": [REDACTED:anthropic-key]\n\n", b"event: [REDACTED:anthropic-key]\ndata: .x\n\n"] == split[-3:-1]


def test_data_in_several_lines() -> None:
    """An event's JSON may stand in several data lines; it stays in lines."""
    first = b'event: a\ndata: {"choices":[{"index":0,\ndata: "delta":{"content":"%s"}}]}\nid: 1\n\n'
    events = [first % KEY[:9].encode(), first % KEY[9:].encode()]
    body, _ = redact(SSE, events)
    split = split_events(SSE, body)
    one = b"data: %s\nid: 1\n\n"

    assert one % b"x [REDACTED:anthropic-key]" == redact(SSE, [one % f"x {KEY}".encode()])[0]
    assert [first % b"[REDACTED:anthropic-key]", first % b""] == split


def test_frames_keep_their_headers() -> None:
    """A frame with another payload has the headers that it had, and right lengths and checksums."""
    headers = {":event-type": "messageStart", ":content-type": "application/json"}
    raw = frame(headers, b"old")
    rebuilt = build_frame(raw[12 : frame_headers_end(raw)], b"another payload")

    assert (headers, b"another payload") == (parse_frame(rebuilt).headers, parse_frame(rebuilt).payload)
    assert raw == build_frame(raw[12 : frame_headers_end(raw)], b"old")


def test_what_is_no_frame() -> None:
    """What cannot be taken apart is looked through as it is."""
    body, _ = redact(FRAMES, [b"no frame " + KEY.encode()])
    assert b"no frame [REDACTED:anthropic-key]" == body
    for payload in (b'{"bytes":"no base64!"}', b'{"bytes":"AAAAA"}'):
        odd = frame({":event-type": "chunk"}, payload)
        assert odd == redact(FRAMES, [odd])[0]


def test_what_names_a_thing_is_not_put_together() -> None:
    """Types and ids differ from event to event, and are no text: what would be a key if they were one stays."""
    events = sse([{"type": "sk-ant-", "id": "a"}, {"type": "api03-Ab1Cd2Ef3Gh4Ij5", "id": "b"}])
    assert b"".join(events) == redact(SSE, events)[0]


def test_one_credential_behind_another() -> None:
    """Where one ends and the next begins with the next event, both go."""
    other = "github_pat_Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8"
    body, _ = redact(SSE, sse([chat("x " + KEY), chat(other), chat(" y")]))
    assert KEY[20:] not in body.decode()
    assert other[11:] not in body.decode()


def test_half_a_character_in_one_event() -> None:
    """Half of a surrogate pair stays an escape, also where other characters are not."""
    events = [
        b'data: {"t":"\\ud83d \xc3\xa9 sk-ant-api03-"}\n\n',
        b'data: {"t":"Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9"}\n\n',
    ]
    body, _ = redact(SSE, events)
    assert [{"t": "\ud83d é [REDACTED:anthropic-key]"}, {"t": ""}] == read_sse(body)
    body, _ = redact(SSE, [b'data: {"t":"\\ud83d \xc3\xa9 \\u0073k-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6"}\n\n'])
    assert [{"t": "\ud83d é [REDACTED:anthropic-key]"}] == read_sse(body)


def test_private_keys_in_events() -> None:
    """A key's first line in one event and its last in another are none of what is between them, and no key."""
    texts = ["-----BEGIN PRIVATE KEY-----", "hello", "-----END PRIVATE KEY-----", "bye"]
    body, sizes = redact(SSE, sse({f"f{n}": text} for n, text in enumerate(texts)))
    assert [{"f0": texts[0]}, {"f1": "hello"}, {"f2": texts[2]}, {"f3": "bye"}] == read_sse(body)
    assert 4 == len(sizes)


def test_events_of_several_values() -> None:
    """Data that is no one JSON value is text, and what is around it is read all the same."""
    events = [b'data: {"t":"sk-ant-"}\n\n', b'data: {"t":1},{"t":2}\n\n', b'data: {"t":"api03-Ab1Cd2Ef3Gh4Ij5Kl6"}\n\n']
    for more in ([], [b"data: {no\n\n"]):
        body, _ = redact(SSE, [*events, *more])
        assert b"api03" not in body
        assert b'data: {"t":1},{"t":2}\n\n' in body


def test_lone_surrogates() -> None:
    """Strings that are no valid Unicode are put together all the same."""
    raw = [b'data: {"a":"\\ud83d"}\n\n', b'data: {"a":"\\ude00 %s"}\n\n' % KEY.encode(), b'data: {"a":"\\ud83d"}\n\n']
    body, _ = redact(SSE, raw)
    assert raw[1].replace(KEY.encode(), SECRETS[KEY].encode()) in body
