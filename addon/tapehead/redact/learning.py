"""Values that stand where credentials stand, in bodies: taken from what the layer of names has found there.

So one name's table serves both, and what is replaced at one place is looked for everywhere. Headers and URLs are
`known_secrets`' matter.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tapehead.redact.edits import Edit
from tapehead.redact.known_secrets import in_pairs, is_telling, of_pairs
from tapehead.redact.multipart_names import named_parts
from tapehead.redact.names import ROWS, Proof, Where
from tapehead.redact.placeholder import placeholder
from tapehead.redact.prefilter import long_tokens
from tapehead.wire.headers import media_type

LONGEST_AT_ONCE = 16 * 1024
"""Bytes of a request's body that is looked through before the request goes on; what exchanges credentials is short."""

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/"
_WITH_BLANKS = frozenset({"private_key", "connection_string"})

_XML = re.compile(rb"[ \t\r\n]*+<")
# Of a value: no quote within a string, no text of an element that has quotes.
_BEFORE_XML = re.compile(rb">\Z|=[\"']\Z")
_BEFORE_JSON = re.compile(rb"(?<!\\)\"\Z")
_NUMBER = re.compile(rb"-[0-9]+\]\Z")  # of a second value of a kind
# Those that count in errors alone say whose it is, and open nothing.
_ROWS = {placeholder(row.kind): row for row in ROWS if row.where & Where.FIELD and row.proof is not Proof.NEVER}


@dataclass(slots=True)
class Seen:
    """What one redaction has come across: values to be learned, and the long words of texts that are no body as such."""

    values: dict[str, None] = field(default_factory=dict)
    words: set[bytes] = field(default_factory=set)

    def note(self, data: bytes, edits: Sequence[Edit], *, is_text: bool) -> None:
        """Notes what was found in a text. `is_text`: it was put together, and stands nowhere as it is."""
        if edits:
            self.values.update(dict.fromkeys(_in_fields(data, edits)))
        if is_text:
            self.words |= long_tokens(data)

    def note_pairs(self, content_type: str | None, body: bytes) -> None:
        """Notes what stands in a form, urlencoded or of parts."""
        self.values.update(dict.fromkeys(_in_form(content_type, body)))


def values_in_body(content_type: str | None, body: bytes, find: Callable[[bytes], Iterable[Edit]]) -> Iterator[str]:
    """Yields the values that stand in a body where credentials stand. `find` gives the edits of its fields' names."""
    yield from _in_form(content_type, body)
    if media_type(content_type) != _FORM:
        yield from _in_fields(body, find(body))


def _in_form(content_type: str | None, body: bytes) -> Iterator[str]:
    kind = media_type(content_type)
    if kind == _FORM:
        yield from in_pairs(body.decode(errors="surrogateescape"))
    elif kind.startswith(_MULTIPART):
        yield from of_pairs(named_parts(content_type or "", body))


def _in_fields(data: bytes, edits: Iterable[Edit]) -> Iterator[str]:
    """The values of JSON fields, XML elements and attributes. Not those in a string within one, as a prompt may quote them."""
    before = _BEFORE_XML if _XML.match(data) else _BEFORE_JSON
    for start, end, new in edits:
        row = _ROWS.get(_NUMBER.sub(b"]", new))
        if row is None or not before.search(data, max(start - 2, 0), start):
            continue
        text = _decoded(data[start:end])
        if row.kind == "authorization":
            text = text.strip().partition(" ")[2] or text  # behind the scheme
        if is_telling(row, text) and (row.kind in _WITH_BLANKS or not any(map(str.isspace, text))):
            yield text


def _decoded(raw: bytes) -> str:
    text = raw.decode(errors="surrogateescape")
    if "\\" not in text:
        return text
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text
