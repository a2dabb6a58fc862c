"""Streams with secrets in them, as the providers send them: whole in one event, or a few characters in each.

Knows the providers' events and AWS's frames as far as a text or a tool's arguments come in them. What reads them again
is apart, in `reading`.
"""

import base64
import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from scripts.lib.audit.encodings import NESTED, in_json
from scripts.lib.audit.exchange import Plant

type Event = tuple[str, str]
"""Its name and its JSON. `@I` stands for the index of a text among those of its stream, `@T` for a piece of it, `@N` for
the number of the piece among all."""

MOST_CHUNKS = 8
_PIECES = (1, 3, 6)  # most characters of one token


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One provider's stream of one kind of text."""

    content_type: str = "text/event-stream"
    write: Callable[[str, str], bytes]
    delta: Event
    item: Event
    """An event with a whole object in it, `@O`."""
    opening: tuple[Event, ...] = ()
    closing: tuple[Event, ...] = ()
    done: tuple[Event, ...] = ()
    """Events that say all of a text again."""
    is_arguments: bool = False
    """Whether the text is a JSON document, a tool's arguments."""


def split(dialect: Dialect, plants: Sequence[Plant], choose: Random) -> list[bytes]:
    """The events of a stream that gives the texts of all plants piece by piece, interleaved.

    A dialect without indices has room for one plant.
    """
    texts = {index: _text(dialect, plant) for index, plant in enumerate(plants)}
    pieces = {index: _pieces(text, choose) for index, text in texts.items()}
    order = [index for index, each in pieces.items() for _ in each]
    choose.shuffle(order)
    events = list(dialect.opening)
    for number, index in enumerate(order):
        plant = plants[index]
        events.append(_filled(dialect.delta, index, in_json(pieces[index].pop(0), plant.encoding, choose), number))
    for event in dialect.done:
        events += (
            _filled(event, index, in_json(text, plants[index].encoding, choose)) for index, text in texts.items()
        )
    return [dialect.write(*event) for event in (*events, *dialect.closing)]


def whole(dialect: Dialect, plants: Sequence[Plant], choose: Random) -> list[bytes]:
    """The events of a stream with each plant in one event."""
    events = list(dialect.opening)
    for index, plant in enumerate(plants):
        if plant.name or choose.random() < 0.3:
            events.append((dialect.item[0], dialect.item[1].replace("@O", plant.json_object)))
        else:
            text = in_json(_text(dialect, plant), plant.encoding, choose)
            events.append(_filled(dialect.delta, index, text))
    return [dialect.write(*event) for event in (*events, *dialect.closing)]


def chunked(pieces: Sequence[bytes], choose: Random) -> tuple[bytes, ...]:
    """A body in few chunks: one for each piece, if they are few, or cut anywhere."""
    if len(pieces) <= MOST_CHUNKS and choose.random() < 0.5:
        return tuple(pieces)
    body = b"".join(pieces)
    cuts = sorted(choose.sample(range(1, len(body)), min(len(body) - 1, choose.randrange(MOST_CHUNKS))))
    return tuple(body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True))


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One frame of AWS's event stream encoding, its headers all strings."""
    block = b"".join(
        struct.pack(f"!B{len(name)}sBH", len(name), name.encode(), 7, len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!LL", len(block) + len(payload) + 16, len(block))
    start = prelude + struct.pack("!L", zlib.crc32(prelude)) + block + payload
    return start + struct.pack("!L", zlib.crc32(start))


def _text(dialect: Dialect, plant: Plant) -> str:
    is_document = not dialect.is_arguments or plant.encoding == NESTED
    return plant.text if is_document else json.dumps({"query": plant.text})


def _pieces(text: str, choose: Random) -> list[str]:
    most = choose.choice(_PIECES)
    pieces = []
    while text:
        size = choose.randint(1, most)
        pieces.append(text[:size])
        text = text[size:]
    return pieces


def _filled(event: Event, index: int, text: str, number: int = 0) -> Event:
    return event[0], event[1].replace("@I", str(index)).replace("@N", str(number)).replace("@T", text)


def _sse(name: str, data: str) -> bytes:
    return (f"event: {name}\n" if name else "").encode() + f"data: {data}\n\n".encode()


def _google_sse(_: str, data: str) -> bytes:
    return f"data: {data}\r\n\r\n".encode()


def _line(_: str, data: str) -> bytes:
    return f"{data}\n".encode()


def _marked(name: str, data: str) -> bytes:
    return f"{name}:{data}\n".encode()


def _converse(name: str, data: str) -> bytes:
    kinds = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return frame(kinds, data.encode())


def _invoke(_: str, data: str) -> bytes:
    return _converse("chunk", json.dumps({"bytes": base64.b64encode(data.encode()).decode(), "p": "abcdefghij"}))


_CHAT = '{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1758698629,"model":"m","choices":[%s]}'
_CHAT_ITEM = _CHAT % '{"index":0,"delta":{"role":"assistant","annotations":[@O]},"finish_reason":null}'
_CHAT_END = _CHAT % '{"index":0,"delta":{},"finish_reason":"stop"}'
_DONE = ("", "[DONE]")
_TEXT_DELTA = '{"type":"content_block_delta","index":@I,"delta":{"type":"text_delta","text":"@T"}}'
_JSON_DELTA = '{"type":"content_block_delta","index":@I,"delta":{"type":"input_json_delta","partial_json":"@T"}}'
_BLOCK_START = ("content_block_start", '{"type":"content_block_start","index":9,"content_block":@O}')
_MESSAGE_START = (
    "message_start",
    '{"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","content":[],"model":"m"}}',
)
_MESSAGE_STOP = ("message_stop", '{"type":"message_stop"}')
_RESPONSE_ITEM = (
    "response.output_item.done",
    '{"type":"response.output_item.done","output_index":9,"item":{"id":"msg_9","content":[@O]}}',
)
_RESPONSE_DONE = ("response.completed", '{"type":"response.completed","response":{"id":"resp_1","status":"completed"}}')
_NDJSON = '{"model":"m","created_at":"2026-01-02T03:04:05Z",%s,"done":false}'
_NDJSON_ITEM = ("", _NDJSON % '"message":{"role":"assistant","content":"","tool_calls":[@O]}')
_NDJSON_DONE = ("", '{"model":"m","created_at":"2026-01-02T03:04:05Z","done":true,"done_reason":"stop"}')
_AWS_STREAM = "application/vnd.amazon.eventstream"
_AWS_ITEM = ("contentBlockStart", '{"contentBlockIndex":9,"start":@O,"p":"abcdef"}')
_AWS_STOP = ("messageStop", '{"stopReason":"end_turn","p":"abcdefgh"}')

SSE = (
    Dialect(
        write=_sse,
        delta=("", _CHAT % '{"index":@I,"delta":{"content":"@T"},"finish_reason":null}'),
        item=("", _CHAT_ITEM),
        closing=(("", _CHAT_END), _DONE),
    ),
    Dialect(
        write=_sse,
        delta=("", _CHAT % '{"index":0,"delta":{"tool_calls":[{"index":@I,"function":{"arguments":"@T"}}]}}'),
        item=("", _CHAT_ITEM),
        closing=(("", _CHAT_END), _DONE),
        is_arguments=True,
    ),
    Dialect(
        write=_sse,
        delta=(
            "response.output_text.delta",
            '{"type":"response.output_text.delta","item_id":"msg_@I","output_index":@I,"content_index":0,"delta":"@T"}',
        ),
        item=_RESPONSE_ITEM,
        done=(
            (
                "response.output_text.done",
                '{"type":"response.output_text.done","item_id":"msg_@I","output_index":@I,"content_index":0,"text":"@T"}',
            ),
        ),
        closing=(_RESPONSE_DONE,),
    ),
    Dialect(
        write=_sse,
        delta=(
            "response.function_call_arguments.delta",
            '{"type":"response.function_call_arguments.delta","item_id":"fc_@I","output_index":@I,"delta":"@T"}',
        ),
        item=_RESPONSE_ITEM,
        closing=(_RESPONSE_DONE,),
        is_arguments=True,
    ),
    Dialect(
        write=_sse,
        opening=(_MESSAGE_START, ("ping", '{"type":"ping"}')),
        delta=("content_block_delta", _TEXT_DELTA),
        item=_BLOCK_START,
        closing=(_MESSAGE_STOP,),
    ),
    Dialect(
        write=_sse,
        opening=(_MESSAGE_START,),
        delta=("content_block_delta", _JSON_DELTA),
        item=_BLOCK_START,
        closing=(_MESSAGE_STOP,),
        is_arguments=True,
    ),
    Dialect(
        write=_google_sse,
        delta=("", '{"candidates":[{"content":{"parts":[{"text":"@T"}],"role":"model"},"index":@I}]}'),
        item=("", '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":@O}}]},"index":0}]}'),
        closing=(("", '{"candidates":[{"finishReason":"STOP","index":0}],"usageMetadata":{"totalTokenCount":9}}'),),
    ),
    Dialect(  # the token of each choice
        write=_sse,
        delta=(
            "",
            _CHAT % '{"index":@I,"delta":{},"logprobs":{"content":[{"token":"@T","logprob":-0.1,"bytes":null}]}}',
        ),
        item=("", _CHAT_ITEM),
        closing=(("", _CHAT_END), _DONE),
    ),
    Dialect(  # an item that is another in each event
        write=_sse,
        delta=(
            "response.output_text.delta",
            '{"type":"response.output_text.delta","item_id":"msg_@N","output_index":@I,"delta":"@T"}',
        ),
        item=_RESPONSE_ITEM,
        closing=(_RESPONSE_DONE,),
    ),
    Dialect(  # a stream whose type says nothing
        content_type="text/plain",
        write=_sse,
        delta=("", _CHAT % '{"index":@I,"delta":{"content":"@T"},"finish_reason":null}'),
        item=("", _CHAT_ITEM),
        closing=(("", _CHAT_END), _DONE),
    ),
)
NDJSON = (
    Dialect(  # an index that counts the tokens
        write=_sse,
        delta=("", '{"index":@N,"token":{"id":@N,"text":"@T","logprob":-0.1,"special":false},"details":null}'),
        item=("", '{"index":0,"token":{"id":0,"text":"","details":[@O]}}'),
    ),
    Dialect(  # lines whose type says nothing
        content_type="text/plain",
        write=_line,
        delta=("", _NDJSON % '"message":{"role":"assistant","content":"@T"}'),
        item=_NDJSON_ITEM,
        closing=(_NDJSON_DONE,),
    ),
    Dialect(  # lines with a mark before each
        content_type="text/plain",
        write=_marked,
        opening=(("f", '{"messageId":"msg-1"}'),),
        delta=("0", '"@T"'),
        item=("2", "[@O]"),
        closing=(("d", '{"finishReason":"stop"}'),),
    ),
    *(
        Dialect(
            content_type="application/x-ndjson",
            write=_line,
            delta=("", _NDJSON % delta),
            item=_NDJSON_ITEM,
            closing=(_NDJSON_DONE,),
        )
        for delta in ('"message":{"role":"assistant","content":"@T"}', '"response":"@T"')
    ),
)
CONVERSE = tuple(
    Dialect(
        content_type=_AWS_STREAM,
        write=_converse,
        opening=(("messageStart", '{"role":"assistant","p":"abc"}'),),
        delta=("contentBlockDelta", f'{{"contentBlockIndex":@I,"delta":{delta},"p":"abcdefgh"}}'),
        item=_AWS_ITEM,
        closing=(_AWS_STOP,),
        is_arguments=is_arguments,
    )
    for delta, is_arguments in (('{"text":"@T"}', False), ('{"toolUse":{"input":"@T"}}', True))
)
INVOKE = tuple(
    Dialect(
        content_type=_AWS_STREAM,
        write=_invoke,
        opening=(_MESSAGE_START,),
        delta=("", delta),
        item=("", _BLOCK_START[1]),
        closing=(_MESSAGE_STOP,),
        is_arguments=is_arguments,
    )
    for delta, is_arguments in ((_TEXT_DELTA, False), (_JSON_DELTA, True))
)
