"""Which number a value's placeholder has in a cassette, so that what differs stays different: the first value of a kind has
none, the second is `[REDACTED:kind-2]`.

Values are held in memory only, nothing made of them is ever written: a run that adds to a cassette does not know the values
of the one before. Knows how redacted text is told from what it was made of, not what a credential is.
"""

import contextlib
import json
import re
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Self
from urllib.parse import unquote_plus, unquote_to_bytes

from tapehead.cassette.model import Interaction
from tapehead.redact.edits import Edit
from tapehead.redact.placeholder_forms import is_form
from tapehead.text.placeholder_names import PLACEHOLDER, has_placeholder, numbered, split_name

# Made anew for each request, of its time and of what it asks: they tell no two callers apart.
PER_REQUEST = frozenset(
    {
        "sig",
        "signature",
        "client_assertion",
        "x-amz-credential",
        "x-amz-signature",
        "x-amz-security-token",
        "x-goog-credential",
        "x-goog-signature",
    }
)

_QUOTES = re.compile(rb'\\*+"\Z')
_ESCAPED = re.compile(rb"\\.")

type Added = tuple[tuple[str, bytes, int], ...]
"""Kind, value and number of those that got one."""


class PlaceholderNumbers:
    """The numbers of one cassette. A copy can be used elsewhere, and what it gave be taken over."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Takes the `names` of the placeholders that the cassette has already."""
        self._numbers: dict[tuple[str, bytes], int] = {}
        self._last: defaultdict[str, int] = defaultdict(int)
        self._added: list[tuple[str, bytes, int]] = []
        self._lock = threading.RLock()  # what was written is redacted again in the thread that writes
        self.note(names)

    def __getstate__(self) -> dict[str, Any]:
        """Returns all but the lock, for another process."""
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Takes over the state of another."""
        vars(self).update(state, _lock=threading.RLock())

    def __repr__(self) -> str:
        return f"<PlaceholderNumbers of {len(self._numbers)} values>"

    def note(self, names: Iterable[str]) -> None:
        """Notes the `names` of placeholders that the cassette has, whoever wrote them: their numbers are taken."""
        for name in names:
            kind, number = split_name(name)
            # One without a number may be of a run that gave none: then the first value of this run has none either.
            with self._lock:
                self._last[kind] = max(self._last[kind], number if number > 1 else 0)

    def number(self, kind: str, value: bytes) -> int:
        """Returns the number of a value, from 1; a new one for one that has none."""
        with self._lock:
            found = self._numbers.get((kind, value))
            if found is None:
                self._last[kind] = found = self._last[kind] + 1
                self._numbers[kind, value] = found
                self._added.append((kind, value, found))
            return found

    def copy(self) -> Self:
        """Returns one that goes on as this one would; `added` has what it gave since."""
        other = type(self)()
        with self._lock:
            other._numbers, other._last = dict(self._numbers), self._last.copy()
        return other

    @property
    def added(self) -> Added:
        """The numbers that were given, in that order."""
        return tuple(self._added)

    def adopt(self, added: Added) -> bool:
        """Takes over what a copy gave. False, and nothing done, when it has been given otherwise meanwhile."""
        if not added:
            return True
        with self._lock:
            trial = self.copy()
            if any(trial.number(kind, value) != number for kind, value, number in added):
                return False
            for kind, value, _ in added:
                self.number(kind, value)
        return True

    def in_edits(self, data: bytes, edits: Sequence[Edit]) -> list[Edit]:
        """Returns edits of a text, with numbers; as they are where a value is spread over several of them: then none is whole."""
        if not all(edit.new for edit in edits):
            return list(edits)
        return [edit._replace(new=self.in_text(data[edit.start : edit.end], edit.new)) for edit in edits]

    def in_text(self, old: bytes, new: bytes) -> bytes:
        """Returns a redacted text with numbers; `old` is what it was made of. As it is where the two cannot be told apart."""
        if not has_placeholder(new):
            return new
        parts = _aligned(old, new)
        if parts is None:
            return new
        return b"".join(
            literal + (b"" if name is None else self._placeholder(name, value, written))
            for literal, name, value, written in parts
        )

    def in_pairs(self, old: str, new: str) -> str:
        """Returns likewise parameters, as in a query or an urlencoded body."""
        olds, news = old.split("&"), new.split("&")
        if old == new or len(olds) != len(news):
            return new
        return "&".join([self._in_pair(a, b) for a, b in zip(olds, news, strict=True)])

    def in_url(self, old: str, new: str) -> str:
        """Returns likewise a URL."""
        if old == new or "REDACTED" not in new:
            return new
        (old, _, old_fragment), (new, hash_mark, fragment) = old.partition("#"), new.partition("#")
        (head, _, old_query), (new_head, mark, query) = old.partition("?"), new.partition("?")
        head = _text(self.in_text(_bytes(head), _bytes(new_head)))
        return f"{head}{mark}{self.in_pairs(old_query, query)}{hash_mark}{self.in_pairs(old_fragment, fragment)}"

    def in_value(self, name: str, old: str, new: str) -> str:
        """Returns likewise a parameter's value."""
        if old == new or name.strip().lower() in PER_REQUEST:
            return new
        return _text(self.in_text(_bytes(old), _bytes(new)))

    def _in_pair(self, old: str, new: str) -> str:
        name, mark, value = new.partition("=")
        before, _, was = old.partition("=")
        if before != name or not mark:
            return _text(self.in_text(_bytes(old), _bytes(new)))
        return f"{name}={self.in_value(unquote_plus(name), was, value)}"

    def _placeholder(self, name: str, value: bytes, written: bytes) -> bytes:
        kind, number = split_name(name)
        plain = _plain(value)
        if number > 1 or has_placeholder(value) or is_form(plain):  # it was there before, or in an answer
            return written
        return written.replace(name.encode(), numbered(kind, self.number(kind, plain)).encode(), 1)


def names_in(interactions: Iterable[Interaction]) -> Iterator[str]:
    """Yields the names of the placeholders that a cassette has."""
    for each in interactions:
        texts = [_bytes(each.request.url), each.request.body, each.response.body]
        texts += [_bytes(text) for texts in each.response.headers.values() for text in texts]
        for text in texts:
            if b"REDACTED" in text:
                yield from (name.decode() for name in PLACEHOLDER.findall(text))


type _Part = tuple[bytes, str | None, bytes, bytes]
"""What stands before a placeholder, its name, the value in its place, and how it is written; the last is only text."""


def _aligned(old: bytes, new: bytes) -> Collection[_Part] | None:
    parts: list[_Part] = []
    position = start = 0
    matches = list(PLACEHOLDER.finditer(new))
    for number, match in enumerate(matches):
        literal = new[start : match.start()]
        if parts and not literal:
            return None  # which part of the value is whose cannot be told
        quote = b""
        if not old.startswith(literal, position) and (quotes := _QUOTES.search(literal)):  # a number, which got quotes
            quote = quotes[0]
        unquoted = literal.removesuffix(quote)
        if not old.startswith(unquoted, position):
            return None
        position += len(unquoted)
        behind = new[match.end() : matches[number + 1].start() if number + 1 < len(matches) else len(new)]
        behind = behind.removeprefix(quote)
        last = number + 1 == len(matches)
        end = len(old) - len(behind) if last else old.find(behind, position)
        if end < position or not old.startswith(behind, end):
            return None
        parts.append((literal, match[1].decode(), old[position:end], match[0]))
        position, start = end, match.end()
        if quote:
            parts.append((quote, None, b"", b""))
            start += len(quote)
    parts.append((new[start:], None, b"", b""))
    return parts


def _plain(value: bytes) -> bytes:
    """A value without the spelling of its place: the same in JSON and in a URL."""
    if _ESCAPED.search(value):
        with contextlib.suppress(ValueError):
            value = str(json.loads(b'"%b"' % value)).encode(errors="surrogatepass")
    return unquote_to_bytes(value) if b"%" in value else value


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")
