"""What is fuzzed, as a table: each target takes bytes, and must come to an end without an exception that it does not name.

Some promise more than that, which is asserted: pieces that put together are what was fed, a text that reads as it was
written, redaction that leaves alone what is redacted. A target of several texts takes them parted by `CUT`.
"""

import json
import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from tapehead.cassette import timing, writer
from tapehead.cassette.dialect import CHOICES
from tapehead.cassette.errors import CassetteError
from tapehead.cassette.model import Cassette, Interaction, Request, Response
from tapehead.cassette.reader import loads
from tapehead.cassette.source_positions import SourceMap
from tapehead.cassette.torn_detection import split_torn_tail
from tapehead.cli.exchange_page import Bodies, page
from tapehead.cli.exchange_view import view_exchange
from tapehead.explain.explainer import explain_miss
from tapehead.llm.terminal_events import stream_finished
from tapehead.matching.index import Index
from tapehead.matching.miss import Miss
from tapehead.matching.templates import generic_request
from tapehead.redact.redactor import Redactor
from tapehead.wire.coding import CodingError, decode
from tapehead.wire.event_splitters import SPLITTERS
from tapehead.wire.eventstream import build_frame, parse_frame
from tapehead.wire.form import go_form, parse_query
from tapehead.wire.multipart import boundary_of, parse_multipart, write_multipart
from tapehead.wire.sni_name import destination
from tapehead.wire.sse import sse_data
from tests.support.fuzz import http2_client
from tests.support.opened_alike import difference

CUT = b"\n%%\n"
_AWS = "application/vnd.amazon.eventstream"
_SGR = ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[36m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is run, and how much of a long run it gets."""

    run: Callable[[bytes], None]
    share: int
    """Of all runs, in hundredths: what is fast gets more."""


def _reader(data: bytes) -> None:
    try:
        split_torn_tail(data, file="c")
        cassette = loads(data, file="c")
    except CassetteError as e:
        wrong = str(e)
    else:
        _same_again(cassette, data)
        wrong = ""
    assert not wrong or wrong.isprintable(), ascii(wrong)


def _same_again(cassette: Cassette, data: bytes) -> None:
    """What was read keeps its text, and what is written anew reads as it was."""
    assert writer.dumps(cassette) == data
    lines = SourceMap(cassette)
    for place in range(len(cassette.interactions)):
        lines.interaction(place)
    dialect = CHOICES[sorted(CHOICES)[len(data) % len(CHOICES)]]
    plain = tuple(_without_unknown(each) for each in cassette.interactions)
    again = loads(writer.dumps(Cassette(interactions=plain), dialect=dialect))
    assert again.interactions == plain


def _without_unknown(one: Interaction) -> Interaction:
    return replace(
        one, unknown="", request=replace(one.request, unknown=""), response=replace(one.response, unknown="")
    )


def _opened(data: bytes) -> None:
    """What is opened by its blocks is what the reader makes of it. Inputs of other targets' shapes are mostly declined."""
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(data)
        file.flush()
        different = difference(Path(file.name))
    assert different is None, ascii(different)


def _split(media_type: str, data: bytes) -> list[bytes]:
    """The events; the same ones whatever the pieces that come."""
    step, body = 1 + (data[0] if data else 0) % 64, data[1:]
    whole, cut = SPLITTERS[media_type](), SPLITTERS[media_type]()
    events = whole.feed(body)
    pieces = [event for at in range(0, len(body), step) for event in cut.feed(body[at : at + step])]
    assert pieces == events
    rest = whole.end()
    assert rest == cut.end()
    assert b"".join(events + rest) == body
    stream_finished(media_type, body)
    return events + rest


def _sse(data: bytes) -> None:
    for event in _split("text/event-stream", data):
        sse_data(event)


def _ndjson(data: bytes) -> None:
    _split("application/x-ndjson", data)


def _eventstream(data: bytes) -> None:
    _frames(_split(_AWS, data))
    headers, _, payload = data[1:].partition(CUT)  # few mutants have a right checksum
    _frames(_split(_AWS, data[:1] + build_frame(headers, payload) * 2))


def _frames(events: Sequence[bytes]) -> None:
    for event in events:
        try:
            parse_frame(event)
        except ValueError:
            return


def _multipart(data: bytes) -> None:
    content_type, _, body = data.partition(CUT)
    boundary = boundary_of(content_type.decode(errors="surrogateescape"), body)
    if boundary is None:
        return
    try:
        parts = parse_multipart(body, boundary)
    except ValueError:
        return
    for part in parts:
        _ = part.name
    again = write_multipart(parts, boundary)
    assert parse_multipart(again, boundary) == parts


def _form(data: bytes) -> None:
    query, _, body = data.partition(CUT)
    text = query.decode(errors="surrogateescape")
    parse_query(text)
    go_form("POST", text, "application/x-www-form-urlencoded", body)


def _coding(data: bytes) -> None:
    names, _, body = data.partition(CUT)
    step = 1 + len(data) % 97
    try:
        decode([body[at : at + step] for at in range(0, len(body), step)], names.decode(errors="surrogateescape"))
    except CodingError:
        return


def _destination(data: bytes) -> None:
    try:
        destination(data.decode(errors="surrogateescape"))
    except ValueError:
        return


def _timing(data: bytes) -> None:
    for line in data.splitlines()[:20]:
        if (read := timing.parse_line(line)) is not None:
            assert timing.parse_line(timing.dump_line(read).encode()) is not None
            read.fits(data)


def _interaction(data: bytes) -> Interaction:
    kinds, url, secret, request, response = (data.split(CUT, 4) + [b""] * 5)[:5]
    texts = [each.decode(errors="surrogateescape") for each in (*kinds.partition(b"\n")[::2], url, secret)]
    headers = {"Content-Type": (texts[0],), "Authorization": (texts[3],), "Content-Encoding": ()}
    code = 400 + len(data) % 2 if len(data) % 3 == 0 else 200
    return Interaction(
        id=0,
        request=Request(method="POST", url=texts[2], body=request, headers=headers),
        response=Response(code=code, status=texts[3], body=response, headers=headers | {"Content-Type": (texts[1],)}),
    )


def _redact(data: bytes) -> None:
    one = _interaction(data)
    redactor = Redactor(environment={"MY_API_KEY": "environment-key-0123456789"})
    redactor.learn_credentials([("Authorization", one.request.headers["Authorization"][0])], one.request.url)
    length = len(one.response.body)
    request = redactor.request(one.request)
    response, sizes = redactor.response(one.response, [length // 3, length - length // 3])
    assert sum(sizes) == len(response.body)
    assert redactor.request(request) == request
    again, _ = redactor.response(response, sizes)
    if one.response.headers["Content-Type"][0] != _AWS:  # a frame that says a wrong length cuts a placeholder in two
        assert again == response
    generic_request(request)
    block = writer.render_interaction(replace(one, request=request, response=response), CHOICES["reference"]).encode()
    assert redactor.find_leak(block) is None, redactor.find_leak(block)


def _explain(data: bytes) -> None:
    one = _interaction(data)
    content_type = one.response.headers["Content-Type"][0]
    other = replace(
        one, request=replace(one.request, body=one.response.body, headers={"Content-Type": (content_type,)})
    )
    index = Index([other, replace(other, id=1, request=replace(other.request, method="GET"))])
    found = index.take(one.request)
    if not isinstance(found, Miss):
        return
    why = explain_miss(one.request, found, index.interactions)
    lines = why.lines()
    assert len(lines) <= 40
    assert all(line.isprintable() for line in lines), lines
    json.dumps(why.to_json())


def _page(data: bytes) -> None:
    one = view_exchange(_interaction(data), {})
    _ = one.endpoint, one.model, one.tokens_in, one.tokens_out
    text = "".join(page(one, headers=True, bodies=bodies) for bodies in Bodies)
    for code in _SGR:
        text = text.replace(code, "")
    assert not any((c < " " and c not in "\t\n") or "\x7f" <= c <= "\x9f" or c in "\u202e\u2028" for c in text), text


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "reader": Target(run=_reader, share=9),
        "opened": Target(run=_opened, share=4),
        "sse": Target(run=_sse, share=12),
        "ndjson": Target(run=_ndjson, share=14),
        "eventstream": Target(run=_eventstream, share=9),
        "multipart": Target(run=_multipart, share=13),
        "http2": Target(run=http2_client.run, share=1),
        "form": Target(run=_form, share=13),
        "coding": Target(run=_coding, share=6),
        "destination": Target(run=_destination, share=4),
        "timing": Target(run=_timing, share=10),
        "redact": Target(run=_redact, share=1),
        "explain": Target(run=_explain, share=2),
        "page": Target(run=_page, share=2),
    }
)


def quiet() -> None:
    """What the core says in the log of each input is of no use."""
    logging.getLogger("tapehead").setLevel(logging.CRITICAL)
