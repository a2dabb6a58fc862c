"""Values that stand where credentials stand, in bodies: taken from what the layer of names has found there.

So one name's table serves both, and what is replaced at one place is looked for everywhere. Headers and URLs are
`known_secrets`' matter.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tapehead.redact.credential_looks import looks_random
from tapehead.redact.edits import Edit
from tapehead.redact.json_names import NAMES
from tapehead.redact.known_secrets import in_pairs
from tapehead.redact.placeholder import placeholder
from tapehead.redact.prefilter import long_tokens
from tapehead.wire.headers import media_type

LONGEST_AT_ONCE = 16 * 1024
"""Bytes of a request's body that is looked through before the request goes on; what exchanges credentials is short."""

_FORM = "application/x-www-form-urlencoded"
# They say whose it is, and open nothing.
_NAMES_OF_ACCOUNTS = frozenset({"account_id", "user_email"})
# People write these fields in other texts too: there the value must look like a credential.
_AMBIGUOUS = frozenset({"password"})
_WITH_BLANKS = frozenset({"private_key", "connection_string"})

_BEFORE = (b'"', b">")  # a string of JSON, an element of XML
_NUMBER = re.compile(rb"-[0-9]+\]\Z")  # of a second value of a kind
_KINDS = {placeholder(kind): kind for kind in NAMES.values() if kind not in _NAMES_OF_ACCOUNTS}


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

    def note_form(self, body: bytes) -> None:
        """Notes what stands in an urlencoded form."""
        self.values.update(dict.fromkeys(in_pairs(body.decode(errors="surrogateescape"))))


def named_values(content_type: str | None, body: bytes, find: Callable[[bytes], Iterable[Edit]]) -> Iterator[str]:
    """Yields the values that stand in a body where credentials stand. `find` gives the edits of JSON's names."""
    if media_type(content_type) == _FORM:
        yield from in_pairs(body.decode(errors="surrogateescape"))
    elif b'"' in body:
        yield from _in_fields(body, find(body))


def _in_fields(data: bytes, edits: Iterable[Edit]) -> Iterator[str]:
    """The values of JSON fields. Not those in a string within a string, as a prompt may quote them."""
    for start, end, new in edits:
        kind = _KINDS.get(_NUMBER.sub(b"]", new))
        if kind is None or data[start - 1 : start] not in _BEFORE or data[start - 2 : start - 1] == b"\\":
            continue
        text = _decoded(data[start:end])
        if kind == "authorization":
            text = text.strip().partition(" ")[2] or text  # behind the scheme
        has_blank = any(map(str.isspace, text))
        if looks_random(text) if kind in _AMBIGUOUS else kind in _WITH_BLANKS or not has_blank:
            yield text


def _decoded(raw: bytes) -> str:
    text = raw.decode(errors="surrogateescape")
    if "\\" not in text:
        return text
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text
