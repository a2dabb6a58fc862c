"""An exchange whose bodies are still as they came, and the work that makes an interaction of it: decoding, redacting,
keys, the text that is written.

All of it costs time by the size of the bodies, and none of it knows a flow, so that it can be done in another process
(see `workers`): nothing here imports mitmproxy.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tapehead.cassette import timing, writer
from tapehead.cassette.dialect import Dialect
from tapehead.cassette.model import Interaction, Request, Response
from tapehead.cassette.store import Recorded, Rendered
from tapehead.cassette.timing import Timing
from tapehead.llm.json_rpc import JsonRpcCall
from tapehead.llm.terminal_events import stream_finished
from tapehead.matching.templates import generic_request
from tapehead.redact.learning import Seen
from tapehead.redact.placeholder_numbers import Added, PlaceholderNumbers
from tapehead.redact.prefilter import long_tokens
from tapehead.redact.redactor import Redactor
from tapehead.redact.stream_scan import Scanned
from tapehead.redact.written_binary import cut_binary
from tapehead.redact.written_index import Anchors, anchors
from tapehead.wire.coding import CodingError, decode
from tapehead.wire.form import go_form

type Chunks = Sequence[bytes]
type Key = Callable[[Request], bytes]
"""Gives the index key of a request. It can be pickled: it goes to where the work is done."""

_MS = 1_000_000  # nanoseconds
SMALL = 64 * 1024  # bytes of bodies that may as well be kept
_CODING = "Content-Encoding"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialRequest:
    """A request without its body; `coding` is how that is coded."""

    request: Request
    content_type: str | None
    coding: str

    def with_body(self, body: bytes) -> Request:
        """Returns the request with its body, decoded so that it can be read; what cannot be decoded says its coding."""
        request = self.request
        headers = request.headers
        length = request.content_length
        if body and self.coding:
            try:
                body = b"".join(decode([body], self.coding))
                length = length and len(body)
            except CodingError:
                headers = {**headers, _CODING: (self.coding,)}
        form = go_form(request.method, request.url.partition("?")[2], self.content_type, body)
        return replace(request, body=body, headers=headers, content_length=length, form=form)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialResponse:
    """A response without its body."""

    response: Response
    coding: str

    def with_header(self, name: str, value: str) -> "PartialResponse":
        """Returns the response with one more header."""
        response = replace(self.response, headers={**self.response.headers, name: (value,)})
        return replace(self, response=response)

    def with_body(self, chunks: Chunks, *, whole: bool = True) -> tuple[Response, list[int]]:
        """Returns the response with its body, and how many bytes of that each chunk became.

        `whole`: the body's end is among the chunks. What cannot be decoded within bounds is kept encoded, with its
        Content-Encoding.
        """
        response = self.response
        if self.coding and any(chunks):  # Go's transport, too, leaves an empty body alone
            try:
                chunks = decode(chunks, self.coding, whole=whole)
                response = replace(response, uncompressed=True, content_length=-1)
            except CodingError:
                response = replace(response, headers={**response.headers, _CODING: (self.coding,)})
        return replace(response, body=b"".join(chunks)), [len(chunk) for chunk in chunks]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialExchange:
    """An exchange that ended, but for its bodies. Times are monotonic nanoseconds, but for `start`."""

    request: PartialRequest
    response: PartialResponse
    start: float
    """Milliseconds since 1970."""
    request_sent: int
    headers_received: int
    ended: int
    times: Sequence[int]
    """When each chunk of the response came."""
    is_complete: bool
    """The response has ended; a stream that has said its last need not."""
    client_times: Sequence[int] = ()
    """When each message of the request came, and its end, where both sides spoke by turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedInteraction:
    """An interaction whose text is there already."""

    interaction: Interaction
    """Without its bodies where nobody asked for them and they are large."""
    timing: Timing
    """Without its chunks."""
    size: int
    chunks: int
    key: bytes | None
    refused: str | None
    """Why it must not be written."""
    learned: tuple[str, ...]
    """The values that stand in its bodies where credentials stand."""
    anchors: Anchors
    """Of what is written."""
    added: Added
    """The numbers that values got which had none in this cassette."""


def build_interaction(
    redactor: Redactor,
    draft: PartialExchange,
    body: bytes,
    chunks: Chunks,
    numbers: PlaceholderNumbers,
    scanned: Scanned | None = None,
) -> tuple[Interaction, Timing]:
    """Returns what is recorded of an exchange, redacted, and its timing; both have the id 0. `numbers`: its cassette's."""
    request = redactor.request(draft.request.with_body(body), numbers)
    completed, sizes = draft.response.with_body(chunks, whole=draft.is_complete)
    response, sizes = redactor.response(completed, sizes, numbers, scanned)
    when = Timing(
        id=0,
        sha256=timing.digest(response.body),
        start=draft.start,
        headers=(draft.headers_received - draft.request_sent) / _MS,
        end=(draft.ended - draft.request_sent) / _MS,
        chunks=tuple(
            ((at - draft.request_sent) / _MS, size) for at, size in zip(draft.times, sizes, strict=True) if size
        ),
        client=tuple((at - draft.request_sent) / _MS for at in draft.client_times),
    )
    return Interaction(id=0, request=request, response=response), when


def build_and_note(
    redactor: Redactor,
    draft: PartialExchange,
    body: bytes,
    chunks: Chunks,
    numbers: PlaceholderNumbers,
    scanned: Scanned | None = None,
) -> tuple[Interaction, Timing, Seen]:
    """Returns what `build_interaction` does, and what redacting has come across."""
    redactor.seen = seen = Seen()
    try:
        return *build_interaction(redactor, draft, body, chunks, numbers, scanned), seen
    finally:
        redactor.seen = None


def anchors_of(interaction: Interaction, block: bytes, seen: Seen, long: frozenset[bytes]) -> Anchors:
    """Returns the anchors of an interaction that is written as `block`, whose long words are `long`."""
    words = seen.words | long
    if b"!!binary" in block:
        words |= long_tokens(interaction.request.body) | long_tokens(interaction.response.body)
    return anchors(words)


def redact_again(
    redactor: Redactor, numbers: PlaceholderNumbers, old: Interaction, when: Timing | None
) -> tuple[Interaction, Timing | None]:
    """Returns what was recorded, and its timing, without what is known to be a credential now. `numbers`: its cassette's."""
    fits = when is not None and when.fits(old.response.body)
    sizes = [size for _, size in when.chunks] if when and fits else []
    request = redactor.request(old.request, numbers)
    response, sizes = redactor.response(old.response, sizes, numbers)
    if response is old.response and request is old.request:
        return old, when
    if when and fits:
        chunks = tuple((at, size) for (at, _), size in zip(when.chunks, sizes, strict=True) if size)
        when = replace(when, sha256=timing.digest(response.body), chunks=chunks)
    return replace(old, request=request, response=response), when


def render(
    redactor: Redactor,
    bodies: Sequence[Chunks],
    draft: PartialExchange,
    dialect: Dialect,
    key: Key | None,
    numbers: PlaceholderNumbers,
    scanned: Scanned | None = None,
    *,
    is_indexed: bool,
) -> tuple[RenderedInteraction, list[bytes]]:
    """Returns what `build_interaction` does, and its texts: the interaction's block and the timing's line.

    `bodies` are those of the request and the response. Where it `is_indexed` the interaction keeps its bodies, however
    large; it gets the `key`, if that is wanted.
    `numbers` are a copy; what it gave is to be adopted, or all is to be done again. `scanned`: what is known of the response.
    """
    request_body, chunks = bodies
    interaction, when, seen = build_and_note(redactor, draft, b"".join(request_body), chunks, numbers, scanned)
    del bodies, chunks, request_body
    block = writer.render_interaction(interaction, dialect).encode()
    long = long_tokens(cut_binary(block)[0])
    written = RenderedInteraction(
        interaction=interaction if is_indexed else _without_large_bodies(interaction),
        timing=replace(when, chunks=()),
        size=len(interaction.response.body),
        chunks=len(when.chunks),
        key=key(generic_request(interaction.request)) if key else None,
        refused=redactor.find_leak(block, long),
        added=numbers.added,
        learned=tuple(seen.values),
        anchors=anchors_of(interaction, block, seen, long),
    )
    return written, [block, timing.dump_line(when).encode()]


def to_store_record(
    written: RenderedInteraction, texts: Sequence[Chunks], *, replaces: int | None, key: bytes | Key | None
) -> Recorded:
    """Returns what the store is given: the interaction, and its texts in pieces."""
    block, line = texts
    text = Rendered(
        block=tuple(block), line=b"".join(line), size=written.size, chunks=written.chunks, refused=written.refused
    )
    return Recorded(interaction=written.interaction, timing=written.timing, rendered=text, key=key, replaces=replaces)


def prepare_for_matching(
    redactor: Redactor, bodies: Sequence[Chunks], draft: PartialRequest, key: Key
) -> tuple[tuple[Request, Request, tuple[bytes, bytes]], list[bytes]]:
    """Returns the live request as it came, and without its credentials, and the keys of both.

    Both come without their bodies, which are the texts: one where the two are the same.
    """
    request = draft.with_body(b"".join(bodies[0]))
    redacted = redactor.request(request)
    own = key(request)
    generic = generic_request(redacted)
    keys = own, own if generic is request else key(generic)
    texts = [request.body] if redacted.body is request.body else [request.body, redacted.body]
    return (replace(request, body=b""), replace(redacted, body=b""), keys), texts


def has_terminal_event(
    _: Redactor, bodies: Sequence[Chunks], content_type: str | None, coding: str, call: JsonRpcCall | None = None
) -> tuple[bool, list[bytes]]:
    """Returns whether a stream's terminal event is in what came of it; there are no texts."""
    chunks = bodies[0]
    try:
        body = b"".join(decode(chunks, coding, whole=False) if coding else chunks)
    except CodingError:
        return False, []
    return stream_finished(content_type, body, call), []


def _without_large_bodies(interaction: Interaction) -> Interaction:
    if len(interaction.request.body) + len(interaction.response.body) <= SMALL:
        return interaction
    return replace(
        interaction,
        request=replace(interaction.request, body=b"", form={}),
        response=replace(interaction.response, body=b""),
    )
