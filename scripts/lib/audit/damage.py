"""Whether what was recorded is still what was sent, but for the secrets in it.

Redaction may change texts; it may not change the number of interactions or events, the structure of a document, a
checksum, or the fit of body and timing line. Compares with the plan; knows no cassette but through `reading`.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scripts.lib.audit.exchange import Exchange
from scripts.lib.audit.reading import (
    as_bytes,
    documents,
    frames,
    interactions,
    number_of,
    parsed,
    put_together,
    sse_data,
    sse_events,
)
from tapehead.cassette.side_files import timing_path

_GZIP = b"\x1f\x8b"
_AROUND = "for now, please"  # beside a secret, in the encoding "in text"
_NOT_SECRET = frozenset({"id", "object", "model", "role", "type", "item_id", "finish_reason", "status", "p", "name"})
"""Names of JSON fields in which nothing is planted."""


def damage(cassette: Path, exchanges: Sequence[Exchange]) -> dict[int, str]:
    """What is wrong with a recording, by exchange. What concerns none has the number -1."""
    faults: dict[int, str] = {}
    recorded: dict[int, Mapping[str, Any]] = {}
    every = interactions(cassette)
    for interaction in every:
        number = number_of(as_bytes(interaction["request"]["url"]))
        if number is None or number in recorded:
            faults[-1] = f"interaction {interaction['id']} is of no exchange, or of one that was there before"
        else:
            recorded[number] = interaction
    for exchange in exchanges:
        if exchange.id not in recorded:
            faults[exchange.id] = "it was not recorded"
        elif wrong := "; ".join(_differences(exchange, recorded[exchange.id])):
            faults[exchange.id] = wrong
    if len(every) != len(exchanges):
        faults[-1] = f"{len(exchanges)} exchanges, {len(every)} interactions"
    for number, wrong in _timing(timing_path(cassette), every).items():
        faults.setdefault(number, wrong)
    return faults


def _differences(exchange: Exchange, interaction: Mapping[str, Any]) -> Iterator[str]:
    request, response = interaction["request"], interaction["response"]
    sent, kept = urlsplit(exchange.target), urlsplit(as_bytes(request["url"]).decode("latin-1"))
    if sent.path.count("/") != kept.path.count("/") or _names(sent.query) != _names(kept.query):
        yield "the URL has other parts"
    if request["method"] != exchange.method:
        yield "the method"
    if response["code"] != str(exchange.status):
        yield "the status"
    sent_names = {name for name, _ in exchange.trailers}
    if sent_names != {name.lower() for name in response.get("trailer", {})}:
        yield "other trailers"
    yield from _body("request", exchange.content_type, exchange.body, as_bytes(request.get("body", "")))
    yield from _body("response", exchange.answer_type, exchange.answer, as_bytes(response.get("body", "")))


def _names(query: str) -> list[str]:
    return [pair.partition("=")[0] for pair in query.split("&")]


def _body(part: str, content_type: str, sent: bytes, kept: bytes) -> Iterator[str]:
    sent, kept = _plain(sent), _plain(kept)
    compare = _KINDS.get(content_type.partition(";")[0], _same_ends)
    if sent != kept and (wrong := compare(sent, kept)):
        yield f"{part} body: {wrong}"
    elif _around(sent) != _around(kept):
        yield f"{part} body: text beside a secret is gone"


def _around(body: bytes) -> int:
    texts = put_together(documents(body)) or [body.decode("latin-1")]
    return sum(text.count(_AROUND) for text in texts)


def _plain(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(_GZIP) else body


def _same_json(sent: bytes, kept: bytes) -> str:
    value = parsed(kept)
    if value is None:
        return "no JSON any more"
    return "" if _shape(value) == _shape(json.loads(sent)) else "JSON of another structure"


def _same_sse(sent: bytes, kept: bytes) -> str:
    before, after = sse_events(sent), sse_events(kept)
    if len(before) != len(after):
        return f"{len(before)} events became {len(after)}"
    if [_names_of_lines(event) for event in before] != [_names_of_lines(event) for event in after]:
        return "events have other lines"
    if any(parsed(sse_data(b)) is not None and parsed(sse_data(a)) is None for b, a in zip(before, after, strict=True)):
        return "an event is no JSON any more"
    return _same_documents(sent, kept)


def _names_of_lines(event: bytes) -> list[bytes]:
    return [line.partition(b":")[0] for line in event.splitlines()]


def _same_lines(sent: bytes, kept: bytes) -> str:
    before, after = sent.count(b"\n"), kept.count(b"\n")
    return f"{before} lines became {after}" if before != after else _same_documents(sent, kept)


def _same_frames(sent: bytes, kept: bytes) -> str:
    try:
        after = [headers for headers, _ in frames(kept)]
    except ValueError as e:
        return str(e)
    before = [headers for headers, _ in frames(sent)]
    return "other frames" if before != after else _same_documents(sent, kept)


def _same_documents(sent: bytes, kept: bytes) -> str:
    before, after = map(_shape, documents(sent)), map(_shape, documents(kept))
    return "" if list(before) == list(after) else "an event's JSON has another structure"


def _same_form(sent: bytes, kept: bytes) -> str:
    return "" if _names(sent.decode("latin-1")) == _names(kept.decode("latin-1")) else "other fields"


def _same_parts(sent: bytes, kept: bytes) -> str:
    before, after = (body.count(b"\r\nContent-Disposition: ") for body in (sent, kept))
    return f"{before} parts became {after}" if before != after or not kept.endswith(b"--\r\n") else ""


def _same_ends(sent: bytes, kept: bytes) -> str:
    return "" if sent[:4] == kept[:4] and sent[-2:] == kept[-2:] else "other bytes at its ends"


_KINDS: Mapping[str, Callable[[bytes, bytes], str]] = {
    "application/json": _same_json,
    "text/event-stream": _same_sse,
    "application/x-ndjson": _same_lines,
    "application/vnd.amazon.eventstream": _same_frames,
    "application/x-www-form-urlencoded": _same_form,
    "multipart/form-data": _same_parts,
}


def _shape(value: Any, name: str = "") -> Any:
    """A JSON value without the texts that may be redacted."""
    if isinstance(value, dict):
        return {key: _shape(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shape(inner) for inner in value]
    return str if isinstance(value, str) and name not in _NOT_SECRET else value


def _timing(path: Path, every: Sequence[Mapping[str, Any]]) -> Mapping[int, str]:
    faults: dict[int, str] = {}
    head, *lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    if "version" not in head:
        return {-1: "the timing file has no head line"}
    if [line["id"] for line in lines] != [int(interaction["id"]) for interaction in every]:
        return {-1: "the timing file has other ids"}
    for line, interaction in zip(lines, every, strict=True):
        body = as_bytes(interaction["response"].get("body", ""))
        number = number_of(as_bytes(interaction["request"]["url"]))
        if sum(size for _, size in line["chunks"]) != len(body):
            faults[-1 if number is None else number] = "its timing line is of another length"
        elif line["sha256"] != hashlib.sha256(body).hexdigest():
            faults[-1 if number is None else number] = "its timing line has another digest"
    return faults
