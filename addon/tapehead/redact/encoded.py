"""Texts within a text: base64, JSON strings with needless escapes, %-escapes. Each is decoded, cleaned and encoded again.

So base64 stays base64 and JSON stays JSON. Knows the encodings, not what is looked for in them.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import batched
from urllib.parse import unquote_to_bytes

from tapehead.redact.edits import Edit, apply, minimize

type Find = Callable[[bytes], list[Edit]]
"""The edits that take the credentials out of a text."""

_SHORTEST = 16  # characters of base64: 12 bytes, the shortest value that is looked for
_LONG = 4096
_BATCH = 4096  # texts looked at together
_STANDARD = bytes.maketrans(b"-_", b"+/")
_URLSAFE = bytes.maketrans(b"+/", b"-_")

_RUN = re.compile(rb"[A-Za-z0-9+/_-]{16,}+")
_READABLE = re.compile(rb"[!-~]{12}")  # what is looked for is readable, and nothing shorter is

_LITERAL = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NEEDLESS = re.compile(rb"\\(?:/|u00[2-7][0-9A-Fa-f])")
_WORD = re.compile(rb"[!#-&(-;=?-\[\]-~]++")  # printable, but for quotes, angle brackets and backslashes
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
_CHARACTER = re.compile(rb"%[0-9A-Fa-f]{2}|.", re.DOTALL)


def find_base64(data: bytes, long: Iterable[bytes], find: Find, suspicious: Callable[[bytes], bool]) -> Iterator[Edit]:
    """Yields the edits of the runs of base64 that hold a credential once they are decoded.

    `long` are the text's long words. `suspicious` says of decoded texts, all at once, whether it is worth looking
    closer: it nearly never is.
    """
    # The base64 of a text has capitals; nearly all names and ids have none.
    runs = {run for word in long for run in word.split(b".") if len(run) >= _SHORTEST and not run.islower()}
    if not runs:
        return
    decoded = b"\0".join([text for run in runs for _, text in _decoded(run)])
    if not (_READABLE.search(decoded) and suspicious(decoded)):
        return
    found = {run: edits for run in runs if (edits := _in_run(run, find, suspicious))}
    for match in _RUN.finditer(data) if found else ():
        for start, end, new in found.get(match[0], ()):
            edit = Edit(match.start() + start, match.start() + end, new)
            yield _padded(data, match, edit) if edit.end == match.end() else edit


def _decoded(run: bytes) -> Iterator[tuple[int, bytes]]:
    """Where the encoded text may begin, and what it says.

    The beginning is not known: a path's slash, say, is of the alphabet. Something long is taken to begin where it does.
    """
    standard = run.translate(_STANDARD)
    for skipped in range(4 if len(run) < _LONG else 1):
        length = len(run) - skipped
        length -= length % 4 == 1  # no text is encoded so
        encoded = standard[skipped : skipped + length]
        yield skipped, base64.b64decode(encoded + b"=" * (-length % 4))


def _in_run(run: bytes, find: Find, suspicious: Callable[[bytes], bool]) -> list[Edit]:
    """Edits of the groups of four characters in which it stands; what is before and behind stays as it is."""
    for skipped, text in _decoded(run):
        if not (_READABLE.search(text) and suspicious(text)):
            continue
        if edits := find(text):
            return [_encoded(run, skipped, text, edit) for edit in edits]
    return []


def _encoded(run: bytes, skipped: int, text: bytes, edit: Edit) -> Edit:
    first, last = edit.start // 3 * 3, min(-(-edit.end // 3) * 3, len(text))
    before, behind = text[first : edit.start], text[edit.end : last]
    # Spaces, so that what is behind goes on to mean the same.
    spaces = b" " * (-(len(before + edit.new + behind)) % 3) if last < len(text) else b""
    encoded = base64.b64encode(before + edit.new + spaces + behind)
    if b"-" in run or b"_" in run:
        encoded = encoded.translate(_URLSAFE)
    return Edit(skipped + first // 3 * 4, min(skipped + -(-last // 3) * 4, len(run)), encoded)


def _padded(data: bytes, run: re.Match[bytes], edit: Edit) -> Edit:
    """The last edit of a run, with the padding that the run had: none if it was left out."""
    behind = data[run.end() : run.end() + 2]
    padding = len(behind) - len(behind.lstrip(b"="))
    if padding or len(run[0]) % 4 == 0:
        return edit._replace(end=edit.end + padding)
    return edit._replace(new=edit.new.rstrip(b"="))


def find_needless_escapes(data: bytes, find: Find) -> Iterator[Edit]:
    """Yields an edit for each JSON string in which a credential is written with escapes that it does not need."""
    literals = needlessly_escaped(data)
    found = ((start, old, json.loads(old).encode(errors="surrogatepass")) for start, old in literals)
    for start, old, decoded, edits in _changed(found, find):
        new = json_string(apply(decoded, edits).decode(errors="surrogatepass"), ascii_only=old.isascii())
        yield from minimize(old, new.encode(), start)


def json_string(text: str, *, ascii_only: bool) -> str:
    """Returns a text as a JSON string. Half of a surrogate pair, as a stream may have in one event, stays an escape."""
    return json.dumps(text, ensure_ascii=ascii_only or _SURROGATE.search(text) is not None)


def needlessly_escaped(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields where each JSON string stands that has escapes which it does not need, and the string with its quotes."""
    start = data.find(b'"') if _NEEDLESS.search(data) else -1
    while start >= 0 and (literal := _LITERAL.match(data, start)):  # one that does not end is the last
        if (b"\\u00" in literal[0] or b"\\/" in literal[0]) and _is_json(literal[0]):
            yield start, literal[0]
        start = data.find(b'"', literal.end())


def _is_json(literal: bytes) -> bool:
    try:
        json.loads(literal)
    except ValueError:
        return False
    return True


def find_percent_escapes(data: bytes, find: Find) -> Iterator[Edit]:
    """Yields the edits of the %-escaped words in which a credential stands once they are decoded."""
    if not _ESCAPE.search(data):
        return
    words = ((match.start(), match[0]) for match in _WORD.finditer(data))
    found = ((start, word, unquote_to_bytes(word)) for start, word in words if _ESCAPE.search(word))
    for start, old, _, edits in _changed(found, find):
        # Where each decoded byte stands in the word.
        places = [match.start() for match in _CHARACTER.finditer(old)] + [len(old)]
        for edit in edits:
            yield Edit(start + places[edit.start], start + places[edit.end], edit.new)


def _changed(found: Iterable[tuple[int, bytes, bytes]], find: Find) -> Iterator[tuple[int, bytes, bytes, list[Edit]]]:
    """Of (place, encoded, decoded) those in which there is something, with the edits. Mostly there is none."""
    for batch in batched(found, _BATCH):
        if find(b"\0".join([decoded for _, _, decoded in batch])):
            for start, old, decoded in batch:
                if edits := find(decoded):
                    yield start, old, decoded, edits
