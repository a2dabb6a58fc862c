import base64
import json
import random
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import batched

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


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("kind", KINDS)
def test_letter_by_letter(kind: str, secret: str) -> None:
    """So does one of which each event has a letter: between those stands nothing that could make them another text."""
    content_type, write, read, make = KINDS[kind]
    events = write(map(make, f"the key is {secret}, it is long"))
    body, sizes = redact(content_type, events)

    assert f"the key is {SECRETS[secret]}, it is long" == texts(read(body))
    assert len(events) == len(read(body)) == len(sizes)


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


def test_a_document_that_breaks_off() -> None:
    """What is no JSON is looked at as it stands."""
    body = b'{"a":["x","y"],"b":"' + KEY.encode()
    response = Response(code=200, status="", body=body, headers={"Content-Type": ("application/json",)})
    new, _ = Redactor().response(response, [len(body)])
    assert b'{"a":["x","y"],"b":"[REDACTED:anthropic-key]' == new.body


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
    """A key's first line in one event and its last in another are none of what is between them; a first line is no key."""
    texts = ["-----BEGIN PRIVATE KEY-----", "hello", "-----END PRIVATE KEY-----", "bye"]
    body, _ = redact(SSE, sse({f"f{n}": text} for n, text in enumerate(texts)))
    assert [{f"f{n}": text} for n, text in enumerate(texts)] == read_sse(body)

    texts[0] += "\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
    body, sizes = redact(SSE, sse({f"f{n}": text} for n, text in enumerate(texts)))
    assert [{"f0": "[REDACTED:private-key]"}, {"f1": "hello"}, {"f2": texts[2]}, {"f3": "bye"}] == read_sse(body)
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


TOKENS = ["Here", " it", " is", ": ", *(KEY[at : at + 4] for at in range(0, len(KEY), 4)), ".", " Keep", " safe"]
TEXT = f"Here it is: {SECRETS[KEY]}. Keep safe"


def logprob(token: str) -> dict[str, object]:
    one = {"token": token, "logprob": -0.1, "bytes": list(token.encode())}
    other = {"token": f"{token}x", "logprob": -9.1, "bytes": [120]}
    return {**one, "top_logprobs": [one, other]}


def items(events: Iterable[object]) -> list[object]:
    return [{"type": "response.output_text.delta", **event} for event in events]  # type: ignore[dict-item]


BODIES: dict[str, tuple[str | None, bytes]] = {
    "logprobs": (
        SSE,
        b"".join(sse({"choices": [{"index": 0, "delta": {}, "logprobs": {"content": [logprob(t)]}}]} for t in TOKENS)),
    ),
    "two tokens in an event": (
        SSE,
        b"".join(sse({"content": [logprob(t) for t in two]} for two in batched(TOKENS, 2, strict=False))),
    ),
    "logprobs, not streamed": (
        "application/json",
        json.dumps({"choices": [{"index": 0, "logprobs": {"content": [*map(logprob, TOKENS)]}}]}).encode(),
    ),
    "legacy logprobs": ("application/json", json.dumps({"logprobs": {"tokens": TOKENS}}).encode()),
    "a JSON array": (
        "application/json",
        b"[%b]" % b",\n".join(json.dumps({"candidates": [{"text": t}]}).encode() for t in TOKENS),
    ),
    "words": ("application/json", json.dumps({"words": [{"word": t, "start": 1.5} for t in TOKENS]}).encode()),
    "parts of a request": (
        "application/json",
        json.dumps({"messages": [{"role": "user", "content": [{"type": "text", "text": t} for t in TOKENS]}]}).encode(),
    ),
    "an index that counts tokens": (
        SSE,
        b"".join(sse({"index": n, "token": {"id": n, "text": t}} for n, t in enumerate(TOKENS))),
    ),
    "a new item in each event": (
        SSE,
        b"".join(sse(items({"item_id": f"msg_{n}", "output_index": 0, "delta": t} for n, t in enumerate(TOKENS)))),
    ),
    "NDJSON called JSON": ("application/json", b"".join(ndjson({"text": t} for t in TOKENS))),
    "SSE called text": ("text/plain", b"".join(sse({"text": t} for t in TOKENS))),
    "SSE called nothing": (None, b"".join(sse({"text": t} for t in TOKENS))),
    "a named event": (SSE, b"".join(sse({"event": t} for t in TOKENS))),
    "JSON strings": (SSE, b"".join(sse(TOKENS))),
    "a data stream": ("text/plain", b"".join(b"0:%b\n" % json.dumps(t).encode() for t in TOKENS)),
    "Connect": (
        "application/connect+json",
        b"".join(b"\0%b%b" % (len(d).to_bytes(4), d) for d in (json.dumps({"text": t}).encode() for t in TOKENS)),
    ),
    "gRPC": (
        "application/grpc",
        b"".join(b"\0\0\0\0%c\x0a%c%b" % (len(t) + 2, len(t), t.encode()) for t in TOKENS),
    ),
    "one protobuf message": ("application/x-protobuf", b"".join(b"\x0a%c%b" % (len(t), t.encode()) for t in TOKENS)),
    "MessagePack": (
        "application/msgpack",
        b"\x81\xa1t\xdc\0%c" % len(TOKENS) + b"".join(b"%c%b" % (0xA0 | len(t), t.encode()) for t in TOKENS),
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_like_objects(name: str) -> None:
    """A key spelled token by token goes from whatever is a sequence of like objects; what is around it stays."""
    content_type, body = BODIES[name]
    headers = {"Content-Type": (content_type,)} if content_type else {}
    response = Response(code=200, status="", headers=headers, body=body)
    new, sizes = Redactor().response(response, [len(body)])
    old, found = body.decode("latin-1"), new.body.decode("latin-1")

    assert not [t for t in TOKENS[5:-4] if json.dumps(t) in found or f"\x04{t}" in found]
    assert all(found.count(t) >= old.count(t) for t in (" it", " is", " Keep"))
    assert SECRETS[KEY] in found
    assert KEY not in "".join(map(chr, map(int, re.findall(r"\b\d{2,3}\b(?=[],])", found))))
    assert (new, sizes) == Redactor().response(new, sizes)


def test_bytes_of_alternatives() -> None:
    """Where alternatives come by turns each has its bytes gone."""
    _, body = BODIES["logprobs, not streamed"]
    found, _ = redact("application/json", [body])
    content = json.loads(found)["choices"][0]["logprobs"]["content"]
    alternatives = [each["top_logprobs"][0] for each in content]

    assert TEXT == bytes(byte for each in content for byte in each["bytes"]).decode()
    assert TEXT == bytes(byte for each in alternatives for byte in each["bytes"]).decode()
    assert TEXT == "".join(each["token"] for each in alternatives)


def test_lengths_of_messages() -> None:
    """The length before each gRPC message, and before each string in it, is right."""
    _, body = BODIES["gRPC"]
    found, _ = redact("application/grpc", [body])
    texts, position = [], 0
    while position < len(found):
        length = int.from_bytes(found[position + 1 : position + 5])
        message = found[position + 5 : position + 5 + length]
        assert len(message) == message[1] + 2
        texts.append(message[2:].decode())
        position += 5 + length

    assert TEXT == "".join(texts)
    assert len(TOKENS) == len(texts)


def test_bytes_stay_bytes() -> None:
    """An array of bytes has the placeholder's, spelled as before, and the others are empty."""
    body, _ = redact("application/json", [b'[{"bytes": %b}, {"bytes":%b}]' % (
        json.dumps(list(KEY[:20].encode())).encode(), json.dumps(list(KEY[20:].encode()), separators=(",", ":")).encode()
    )])  # fmt: skip
    assert b'[{"bytes": %b}, {"bytes":[]}]' % json.dumps(list(SECRETS[KEY].encode())).encode() == body


def test_one_array_of_bytes() -> None:
    """A key that one array spells goes, too: as Node.js writes a buffer."""
    body, _ = redact("application/json", [b'{"type":"Buffer","data":[%b]}' % ",".join(map(str, KEY.encode())).encode()])
    assert {"type": "Buffer", "data": list(SECRETS[KEY].encode())} == json.loads(body)


def test_messages_are_not_joined() -> None:
    """A key at the end of a message takes nothing of the next one; but a key that goes on there goes whole."""
    long = "a longer text that is no token of anything, "
    message = {"messages": [{"content": f"{long}{KEY}"}, {"content": "Thanks for it"}, {"content": long}]}
    body, _ = redact("application/json", [json.dumps(message).encode()])
    assert f"{long}{SECRETS[KEY]}" == json.loads(body)["messages"][0]["content"]
    assert "Thanks for it" == json.loads(body)["messages"][1]["content"]

    cut_key = {"parts": [long * 40 + KEY[:25], KEY[25:] + "0123456789.", long * 40]}
    body, _ = redact("application/json", [json.dumps(cut_key).encode()])
    assert [long * 40 + SECRETS[KEY], ".", long * 40] == json.loads(body)["parts"]


def test_a_list_of_keys() -> None:
    """Keys that follow each other in a list, or in events, are as many as before."""
    keys = [f"{KEY}{n}" for n in range(3)]
    for content_type, body in (
        ("application/json", b"\xef\xbb\xbf\n" + json.dumps({"keys": keys}).encode()),
        (NDJSON, b"".join(ndjson({"key": key} for key in keys))),
    ):
        found, _ = redact(content_type, [body])
        assert re.sub(rb"sk-ant-[\w-]+", SECRETS[KEY].encode(), body) == found


def test_texts_that_do_not_go_on() -> None:
    """Where one string ends with a word and the next begins with something else nothing is spread."""
    body = json.dumps({"messages": [{"content": f"A text that is long, and then: {n}"} for n in "sS."]}).encode()
    for end in (b"", b" "):
        assert body + end == redact("application/json", [body + end])[0]
    ended = {"messages": ["A sentence that ends with a full stop. ", "And another that is as long as it. "]}
    body = json.dumps(ended).encode()
    assert body == redact("application/json", [body])[0]


def test_text_beside_a_document() -> None:
    """What is spread is found beyond letters outside of ASCII, and in a stream whose data is text and values by turns."""
    texts = ["ключ ", *TOKENS]
    body, _ = redact("application/json", [json.dumps({"ü": [{"t": t} for t in texts]}, ensure_ascii=False).encode()])
    assert f"ключ {TEXT}" == "".join(each["t"] for each in json.loads(body)["ü"])
    events = [b'data: "%b" and more\n\n' % KEY[:9].encode(), b'data: "a"\n\n', b"data: 7\n\n"]
    assert b"".join(events) == redact(SSE, events)[0]


def test_compressed_messages() -> None:
    """A gRPC message that is compressed is left as it is."""
    body = b"\1\0\0\0\4abcd" + b"\0\0\0\0\2\x0a\0"
    assert body == redact("application/grpc", [body])[0]


def test_short_credentials_side_by_side() -> None:
    """Of two short credentials in a list each is replaced by itself, though together they look like a longer one."""
    body = json.dumps([{"a": "sk-ant-none-but-long-enough"}, {"a": VALUE}]).encode()
    redacted, _ = redact("application/json", [body])

    assert [{"a": "[REDACTED:anthropic-key]"}, {"a": "[REDACTED:value]"}] == json.loads(redacted)


def test_ends_that_do_not_meet() -> None:
    """Long texts of a document of which one ends like a key and a later one begins like its rest are no key."""
    texts = [f"{'w ' * 30}sk-ant-", f" {'word ' * 20}", f"api03-q7Zx9{' w' * 30}"]
    body = json.dumps([{"text": text} for text in texts]).encode()
    response = Response(code=200, status="", body=body, headers={"Content-Type": ("application/json",)})

    assert response is Redactor().response(response, [])[0]
