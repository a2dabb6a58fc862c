"""Model to text, in a dialect. What was read and not changed keeps the text that it had.

Knows the order of version 2's keys and when one is left out; which style a string takes is `scalar`'s matter, and where
the columns are is `dialect`'s.
"""

import functools
import re
from collections.abc import Iterable

from tapehead.cassette import dialect as dialects
from tapehead.cassette.dialect import Dialect
from tapehead.cassette.duration import format_duration
from tapehead.cassette.flow_style import render_flow
from tapehead.cassette.key_order import sort_keys
from tapehead.cassette.model import Cassette, Interaction, Request, Response, Source, Values
from tapehead.cassette.scalar import Key, render_key, render_readable

HEAD = "---\nversion: 2\ninteractions:\n"
EMPTY = "---\nversion: 2\ninteractions: []\n"
_SHORT = 256  # characters: the text of what is shorter is remembered


def dumps(cassette: Cassette, *, preserve: bool = True, dialect: Dialect | None = None) -> bytes:
    """Returns the cassette as a file's bytes.

    With `preserve`, an interaction that is the very one that was read keeps its text, comments and all, and only the
    others are written; without, every one is written. `dialect` is the file's own unless given, and the reference's for
    a cassette that was not read from a file.
    """
    source = cassette.source
    if source is None:
        texts = [render_interaction(i, dialect or dialects.REFERENCE) for i in cassette.interactions]
        return (HEAD + "".join(texts) if texts else EMPTY).encode()
    if preserve and _same(cassette.interactions, source.interactions):
        return source.text.encode()
    dialect = dialect or detect(cassette)
    if preserve and source.flow and len(cassette.interactions) == len(source.flow):
        return _in_flow(cassette.interactions, source).encode()
    if source.texts is None:
        return dumps(Cassette(interactions=cassette.interactions), dialect=dialect)
    own = {id(i): text for i, text in zip(source.interactions, source.texts, strict=True)} if preserve else {}
    newline = "\r\n" if preserve and source.texts[-1].endswith("\r\n") else "\n"
    texts = [own.get(id(i)) or render_interaction(i, dialect).replace("\n", newline) for i in cassette.interactions]
    # Only the last text may lack its line end, and then only while it is the last.
    texts[:-1] = map(_ended, texts[:-1])
    head = source.head if texts else re.sub(r"(?m)^(interactions:)[ \n]*\Z", r"\1 []\n", source.head)
    return "".join([head, *texts, source.tail]).encode()


def detect(cassette: Cassette) -> Dialect:
    """Returns the dialect of the file that a cassette was read from; the reference's if it was not read from one."""
    source = cassette.source
    if source is None or source.texts is None:
        return dialects.REFERENCE
    texts = (text.replace("\r\n", "\n") for text in source.texts)
    return dialects.detect(zip(source.interactions, texts, strict=True), render_interaction)


def _in_flow(interactions: tuple[Interaction, ...], source: Source) -> str:
    """Each in the place of that which was read there."""
    old = zip(interactions, source.interactions, source.flow, strict=True)
    parts = [(text if new is read else render_flow(new)) + behind for new, read, (text, behind) in old]
    return "".join([source.head, *parts, source.tail])


def render_interaction(interaction: Interaction, dialect: Dialect) -> str:
    """Returns one item of the list, its dash and final newline included."""
    part = " " * dialect.part
    return "".join(
        [
            f"{' ' * dialect.item}- id: {interaction.id}\n",
            f"{part}request:\n",
            *_request(interaction.request, dialect),
            f"{part}response:\n",
            *_response(interaction.response, dialect),
            _indented(interaction.unknown, part),
        ]
    )


# go-vcr v4.0.7 pkg/cassette/cassette.go, struct Request: order, and `omitempty`
def _request(request: Request, dialect: Dialect) -> Iterable[str]:
    field, every = " " * dialect.field, not dialect.omit_empty
    yield f"{field}proto: {_scalar(request.proto, dialect)}"
    yield f"{field}proto_major: {request.proto_major}\n"
    yield f"{field}proto_minor: {request.proto_minor}\n"
    yield f"{field}content_length: {request.content_length}\n"
    if request.transfer_encoding or every:
        yield from _texts("transfer_encoding", request.transfer_encoding, dialect)
    if request.trailer or every:
        yield from _values("trailer", request.trailer, dialect)
    yield f"{field}host: {_scalar(request.host, dialect)}"
    if request.remote_addr or every:
        yield f"{field}remote_addr: {_scalar(request.remote_addr, dialect)}"
    if request.request_uri or every:
        yield f"{field}request_uri: {_scalar(request.request_uri, dialect)}"
    if request.body or every:
        yield f"{field}body: {_scalar(request.body, dialect)}"
    if request.form or every:
        yield from _values("form", request.form, dialect)
    if request.headers or every:
        yield from _values("headers", request.headers, dialect)
    yield f"{field}url: {_scalar(request.url, dialect)}"
    yield f"{field}method: {_scalar(request.method, dialect)}"
    yield _indented(request.unknown, field)


# go-vcr v4.0.7 pkg/cassette/cassette.go, struct Response
def _response(response: Response, dialect: Dialect) -> Iterable[str]:
    field, every = " " * dialect.field, not dialect.omit_empty
    yield f"{field}proto: {_scalar(response.proto, dialect)}"
    yield f"{field}proto_major: {response.proto_major}\n"
    yield f"{field}proto_minor: {response.proto_minor}\n"
    if response.transfer_encoding or every:
        yield from _texts("transfer_encoding", response.transfer_encoding, dialect)
    if response.trailer or every:
        yield from _values("trailer", response.trailer, dialect)
    yield f"{field}content_length: {response.content_length}\n"
    if response.uncompressed or every:
        yield f"{field}uncompressed: {'true' if response.uncompressed else 'false'}\n"
    yield f"{field}body: {_scalar(response.body, dialect)}"
    yield from _values("headers", response.headers, dialect)
    yield f"{field}status: {_scalar(response.status, dialect)}"
    yield f"{field}code: {response.code}\n"
    yield f"{field}duration: {format_duration(response.duration)}\n"
    yield _indented(response.unknown, field)


@functools.lru_cache(maxsize=4096)
def _short(value: str | bytes, dialect: Dialect) -> str:
    return _render(value, dialect)


def _scalar(value: str | bytes, dialect: Dialect) -> str:
    """A value of a key at the dialect's field column, with its line end. The same short ones come again and again."""
    return _short(value, dialect) if len(value) < _SHORT else _render(value, dialect)


def _render(value: str | bytes, dialect: Dialect) -> str:
    return render_readable(value, dialect.emitter, dialect.name_column, step=dialect.step)


def _texts(key: str, texts: tuple[str, ...], dialect: Dialect) -> Iterable[str]:
    """A list under a key at the field column."""
    dash = dialect.value - dialect.step
    yield from _items(Key(text=f"{key}:", opening="\n" + " " * dash, dash=dash), dialect.field, texts, dialect)


def _values(key: str, values: Values, dialect: Dialect) -> Iterable[str]:
    """A mapping of lists under a key at the field column."""
    if not values:
        yield f"{' ' * dialect.field}{key}: {{}}\n"
        return
    yield f"{' ' * dialect.field}{key}:\n"
    for name in sort_keys(values):
        texts = values[name]
        small = len(name) + sum(map(len, texts)) < _SHORT
        yield (_short_pair if small else _pair)(name, texts, dialect)


def _pair(name: str, texts: tuple[str, ...], dialect: Dialect) -> str:
    rendered = render_key(name, dialect.emitter, dialect.name_column, dialect.value, step=dialect.step)
    return "".join(_items(rendered, dialect.name_column, texts, dialect))


_short_pair = functools.lru_cache(maxsize=4096)(_pair)


def _items(key: Key, column: int, texts: tuple[str, ...], dialect: Dialect) -> Iterable[str]:
    yield " " * column + key.text
    if not texts:
        yield " []\n"
        return
    before = key.opening
    for text in texts:
        yield f"{before}- {render_readable(text, dialect.emitter, key.dash + 2, step=dialect.step, item=True)}"
        before = " " * key.dash


def _indented(text: str, pad: str) -> str:
    """Unknown keys, moved from column 0 to where they belong."""
    return re.sub(r"(?m)^(?=.)", pad, text)


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _same(some: tuple[Interaction, ...], others: tuple[Interaction, ...]) -> bool:
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))
