"""Where the audit plants: each place of a request or an answer that is recorded, with the encodings that go there.

A place makes an exchange of a few plants. Knows what stands where in HTTP; nothing of connections, and of streams only
that there are some.
"""

import enum
import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from scripts.lib.audit.encodings import BASE64_ENCODINGS, ENCODINGS, ESCAPED, NESTED, PLAIN, URL_ENCODINGS, in_url
from scripts.lib.audit.exchange import Exchange, Plant
from scripts.lib.audit.formats import ERROR_NAMES
from scripts.lib.audit.streams import CONVERSE, INVOKE, NDJSON, SSE, Dialect, chunked, split, whole

type Build = Callable[[int, Sequence[Plant]], Exchange]

_EVERYWHERE = tuple(ENCODINGS)
_RAW = tuple(name for name in ENCODINGS if name != ESCAPED)
_IN_URL = (PLAIN, *URL_ENCODINGS, *BASE64_ENCODINGS)
_KEPT_HEADERS = ("x-request-id", "location", "request-id", "mcp-session-id")
_BOUNDARY = "audit-boundary"
_SAFE_IN_PATH = "+=:@"
_NOT_UTF8 = b"\x89\xff\xfe\x00\x1a"


class Names(enum.Enum):
    """What kind of fields a place has, whose names can make a value secret."""

    NONE = enum.auto()
    QUERY = enum.auto()
    JSON = enum.auto()
    ERROR = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place: what goes there, and how an exchange with it is made."""

    build: Build
    encodings: tuple[str, ...] = _EVERYWHERE
    names: Names = Names.NONE
    one_line: bool = False
    """Whether a line break cannot stand there."""
    any_protocol: bool = True
    """Whether HTTP/2 has it, too."""
    together: int = 4
    """How many plants one exchange has at most."""


def _random(number: int, plants: Sequence[Plant]) -> Random:
    return plants[0].choose(f"exchange {number}")


def _userinfo(number: int, plants: Sequence[Plant]) -> Exchange:
    password = in_url(plants[0].text, plants[0].encoding)
    location = f"https://user:{password}@files.example.com/file?v=1"
    return Exchange(
        id=number, plants=tuple(plants), status=302, reason="Found", answer_headers=(("location", location),)
    )


def _path(number: int, plants: Sequence[Plant]) -> Exchange:
    parts = [in_url(plant.text, plant.encoding, safe=_SAFE_IN_PATH) for plant in plants]
    return Exchange(id=number, plants=tuple(plants), path="".join(f"files/{part}/" for part in parts) + "content")


def _query(number: int, plants: Sequence[Plant]) -> Exchange:
    return Exchange(id=number, plants=tuple(plants), method="GET", content_type="", path=f"search?{_pairs(plants)}")


def _pairs(plants: Sequence[Plant]) -> str:
    pairs = [f"{plant.name or f'q{n}'}={in_url(plant.text, plant.encoding)}" for n, plant in enumerate(plants)]
    return "&".join(("limit=10", *pairs, "order=asc"))


def _request_header(number: int, plants: Sequence[Plant]) -> Exchange:
    return Exchange(id=number, plants=tuple(plants), agent=f"audit/1.0 ({plants[0].text}) python/3.13")


def _response_header(number: int, plants: Sequence[Plant]) -> Exchange:
    plant = plants[0]
    name = "location" if plant.name else plant.choose("header").choice(_KEPT_HEADERS)
    value = plant.text
    if name == "location":
        value = in_url(plant.text, plant.encoding)
        value = f"https://app.example.com/back?state=1&{plant.name or 'next'}={value}"
    return Exchange(id=number, plants=tuple(plants), answer_headers=((name, value),))


def _request_json(number: int, plants: Sequence[Plant]) -> Exchange:
    return Exchange(id=number, plants=tuple(plants), body=_request_document(plants))


def _request_document(plants: Sequence[Plant]) -> bytes:
    messages = ", ".join(f'{{"role": "user", "content": [{plant.json_object}]}}' for plant in plants)
    return f'{{"model": "m", "stream": false, "messages": [{messages}], "temperature": 0.7}}'.encode()


def _response_document(plants: Sequence[Plant]) -> bytes:
    objects = ", ".join(plant.json_object for plant in plants)
    return (
        f'{{"id": "chatcmpl-1", "choices": [{{"index": 0, "message": {{"role": "assistant", "content": '
        f'[{objects}]}}, "logprobs": {{"token": "a"}}}}], "usage": {{"total_tokens": 9}}}}'
    ).encode()


def _request_text(number: int, plants: Sequence[Plant]) -> Exchange:
    lines = [f"line {n}\n{plant.text}\n" for n, plant in enumerate(plants)]
    return Exchange(
        id=number,
        plants=tuple(plants),
        path="v1/notes",
        content_type="text/plain",
        body="".join([*lines, "end\n"]).encode(),
    )


def _form(number: int, plants: Sequence[Plant]) -> Exchange:
    return Exchange(
        id=number,
        plants=tuple(plants),
        path="oauth/exchange",
        content_type="application/x-www-form-urlencoded",
        body=_pairs(plants).encode(),
    )


def _multipart(number: int, plants: Sequence[Plant]) -> Exchange:
    parts = []
    for index, plant in enumerate(plants):
        is_json = plant.encoding in (ESCAPED, NESTED)
        kind, content = ("application/json", plant.json_object) if is_json else ("text/plain", plant.text)
        head = f'Content-Disposition: form-data; name="part{index}"; filename="{index}.txt"\r\nContent-Type: {kind}'
        parts.append(f"--{_BOUNDARY}\r\n{head}\r\n\r\n{content}\r\n")
    return Exchange(
        id=number,
        plants=tuple(plants),
        path="v1/files",
        content_type=f"multipart/form-data; boundary={_BOUNDARY}",
        body=f"{''.join(parts)}--{_BOUNDARY}--\r\n".encode(),
    )


def _response_json(number: int, plants: Sequence[Plant]) -> Exchange:
    chunks = chunked([_response_document(plants)], _random(number, plants))
    return Exchange(id=number, plants=tuple(plants), chunks=chunks)


def _error(number: int, plants: Sequence[Plant]) -> Exchange:
    fields = [plant for plant in plants if plant.name in ERROR_NAMES]
    objects = [plant for plant in plants if plant not in fields and (plant.name or plant.encoding == NESTED)]
    texts = [plant.json_text for plant in plants if plant not in fields and plant not in objects]
    error = (
        f'"message": "Incorrect API key provided: {" or ".join(texts)}.", "code": 401, '
        f'"metadata": [{", ".join(plant.json_object for plant in objects)}]'
    )
    beside = "".join(f', "{plant.name}": "{plant.json_text}"' for plant in fields)
    body = f'{{"error": {{{error}}}{beside}}}'.encode()
    return Exchange(id=number, plants=tuple(plants), status=401, reason="Unauthorized", chunks=(body,))


def _stream(dialects: Sequence[Dialect], write: Callable[[Dialect, Sequence[Plant], Random], list[bytes]]) -> Build:
    def build(number: int, plants: Sequence[Plant]) -> Exchange:
        choose = _random(number, plants)
        dialect = choose.choice(dialects)
        events = write(dialect, plants, choose)
        return Exchange(
            id=number,
            plants=tuple(plants),
            body=b'{"model": "m", "stream": true, "messages": []}',
            answer_type=dialect.content_type,
            chunks=chunked(events, choose),
        )

    return build


def _binary(number: int, plants: Sequence[Plant]) -> Exchange:
    body = _NOT_UTF8 + b"".join(_NOT_UTF8 + plant.text.encode() + b"\0" for plant in plants) + b"\x80\x81"
    return Exchange(
        id=number,
        plants=tuple(plants),
        path="v1/audio/speech",
        answer_type="application/octet-stream",
        chunks=chunked([body], _random(number, plants)),
    )


def _trailers(number: int, plants: Sequence[Plant]) -> Exchange:
    trailers = tuple((f"x-note-{n}", plant.text) for n, plant in enumerate(plants))
    return Exchange(id=number, plants=tuple(plants), trailers=trailers)


def _reason(number: int, plants: Sequence[Plant]) -> Exchange:
    return Exchange(id=number, plants=tuple(plants), status=401, reason=f"No such key {plants[0].text}")


def _response_gzip(number: int, plants: Sequence[Plant]) -> Exchange:
    choose = _random(number, plants)
    streamed = choose.random() < 0.5
    body = b"".join(whole(SSE[0], plants, choose)) if streamed else _response_document(plants)
    return Exchange(
        id=number,
        plants=tuple(plants),
        answer_type=SSE[0].content_type if streamed else "application/json",
        answer_headers=(("content-encoding", "gzip"),),
        chunks=chunked([gzip.compress(body, mtime=0)], choose),
    )


def _request_gzip(number: int, plants: Sequence[Plant]) -> Exchange:
    body = gzip.compress(_request_document(plants), mtime=0)
    return Exchange(id=number, plants=tuple(plants), headers=(("content-encoding", "gzip"),), body=body)


PLACES: Mapping[str, Place] = {
    "userinfo of a URL": Place(build=_userinfo, encodings=(PLAIN, *URL_ENCODINGS), together=1),
    "path of the URL": Place(build=_path, encodings=_IN_URL, together=2),
    "query of the URL": Place(build=_query, encodings=_RAW, names=Names.QUERY),
    "request header": Place(build=_request_header, encodings=_RAW, one_line=True, together=1),
    "response header": Place(build=_response_header, encodings=_RAW, names=Names.QUERY, one_line=True, together=1),
    "request JSON": Place(build=_request_json, names=Names.JSON),
    "request text": Place(build=_request_text, encodings=_RAW),
    "request form": Place(build=_form, encodings=_RAW, names=Names.QUERY),
    "request multipart": Place(build=_multipart),
    "request in gzip": Place(build=_request_gzip, names=Names.JSON),
    "response JSON": Place(build=_response_json, names=Names.JSON),
    "response in gzip": Place(build=_response_gzip, names=Names.JSON),
    "error body": Place(build=_error, names=Names.ERROR),
    "status text": Place(build=_reason, encodings=_RAW, one_line=True, any_protocol=False, together=1),
    "trailers": Place(build=_trailers, encodings=_RAW, one_line=True),
    "binary body": Place(build=_binary, encodings=_RAW),
    "SSE, whole": Place(build=_stream(SSE, whole), names=Names.JSON),
    "SSE, split": Place(build=_stream(SSE, split), together=3),
    "NDJSON, whole": Place(build=_stream(NDJSON, whole), names=Names.JSON),
    "NDJSON, split": Place(build=_stream(NDJSON, split), together=1),
    "event stream, whole": Place(build=_stream(CONVERSE, whole), names=Names.JSON),
    "event stream, split": Place(build=_stream(CONVERSE, split), together=3),
    "event stream, bytes whole": Place(build=_stream(INVOKE, whole), names=Names.JSON),
    "event stream, bytes split": Place(build=_stream(INVOKE, split), together=3),
}
