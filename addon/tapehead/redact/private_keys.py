"""Private keys, as programs keep them and as agents see them: whole, or with what a tool has put around each line.

PEM and OpenPGP armour, PuTTY's files, and JSON Web Keys. Everything between BEGIN and END is the key, whatever stands
between: line numbers, indentation, `> `, one string literal for each line. Where there is no END in sight, as far as it
can be the key. A BEGIN line without anything behind it is none.
"""

import re
from collections.abc import Iterator

from tapehead.redact.edits import Edit
from tapehead.redact.mixed_text import mixes_characters
from tapehead.redact.placeholder import placeholder

KIND = "private-key"
LITERALS = ("BEGIN", "PuTTY-User-Key", '"kty')
"""A text without any of these, each byte read as a character, has none."""

_NEW = placeholder(KIND)
_LONGEST = 16 * 1024  # bytes from BEGIN to END
_LINE = 12  # characters
_WHOLE_LINE = 32  # characters: one of them is as long, or it is code that only names the markers
_GAP = r"(?:[ +]|%20)"
_LABEL = rf"{_GAP}?(?:[A-Z0-9]{{1,12}}{_GAP}){{0,3}}PRIVATE{_GAP}KEY(?:{_GAP}BLOCK)?{_GAP}?-----?"
_BEGIN = re.compile(rf"-----?{_GAP}?BEGIN{_LABEL}".encode())
_END = re.compile(rf"-----?{_GAP}?END{_LABEL}".encode())
_RUN = re.compile(rb"(?:[A-Za-z0-9+/]|%2[BbFf])+={0,2}")
_LONG_RUN = re.compile(rb"[A-Za-z0-9+/]{32}")
_LAST_LINE = re.compile(rb"[A-Za-z0-9+/]+={1,2}(?:\\[nr])*")
# What may stand between two lines of a key: line ends, also escaped, numbers of lines, quotes, signs of a diff.
_BETWEEN = re.compile(
    rb"(?:[\s\"'`,;|>+.()\[\]:#*]|/{2,3}\s|\\+(?:[nrt\"']|u[0-9a-f]{4})|%0[AaDd]|%20|&#?[a-z0-9]{1,5};|\xe2\x86\x92|\xe2\x94\x82"
    rb"|(?<![A-Za-z0-9+/])[0-9]{1,6}(?![A-Za-z0-9+/])|[A-Z][A-Za-z-]{2,20}: [^\r\n\\\"]{1,120})*"
)
_LONGEST_BETWEEN = 300  # bytes
_QUOTE = re.compile(rb'(?<!\\)"')

_PUTTY = re.compile(rb"PuTTY-User-Key-File-[0-9]")
_PRIVATE_LINES = re.compile(rb"Private-Lines: ?[0-9]{1,4}")
_MAC = re.compile(rb"Private-(?:MAC|Hash): ?[0-9a-f]{16,}")

_JWK = re.compile(rb'(\\{0,15}+)"kty(\\{0,15}+)"\s*+:')
_LONGEST_JWK = 8 * 1024  # bytes on either side of its `kty`
_MEMBER = re.compile(rb'(?<!\\)(\\{0,15}+)"(?:d|p|q|dp|dq|qi|k)\1"\s*+:\s*+\1"([A-Za-z0-9_-]{16,}+={0,2})\1"')


def find_private_keys(data: bytes) -> Iterator[Edit]:
    """Returns an edit for each, or one for each of the pieces of one that a JSON document has in several strings."""
    yield from _find_armoured(data)
    yield from _find_putty(data)
    yield from _find_jwk(data)


def _find_armoured(data: bytes) -> Iterator[Edit]:
    begin = _BEGIN.search(data)
    while begin:
        following = _BEGIN.search(data, begin.end())
        limit = min(begin.start() + _LONGEST, following.start() if following else len(data))
        end = _END.search(data, begin.end(), limit)
        if end and _size(data, begin.end(), end.start()):
            yield from _in_literals(data, begin, end)
        elif not end and (last := _last(data, begin.end(), limit)):
            yield Edit(begin.start(), last, _NEW)
        begin = following


def _size(data: bytes, start: int, end: int) -> int:
    """How many characters of base64 stand there; 0 where no line is as long as a key's."""
    sizes = [len(run) for run in _RUN.findall(data, start, end) if len(run) >= _LINE and mixes_characters(run)]
    return sum(sizes) if max(sizes, default=0) >= _WHOLE_LINE else 0


def _last(data: bytes, start: int, limit: int) -> int:
    """Where a key ends that has no END; 0 when there is none."""
    last = position = start
    while True:
        gap = _BETWEEN.match(data, position, min(limit, position + _LONGEST_BETWEEN))
        assert gap
        run = _RUN.match(data, gap.end(), limit)
        if not run or not (mixes_characters(run[0]) if len(run[0]) >= _LINE else run[0].endswith(b"=")):
            break
        last = position = run.end()
    return last if _size(data, start, last) else 0


def _in_literals(data: bytes, begin: re.Match[bytes], end: re.Match[bytes]) -> Iterator[Edit]:
    """One edit; or, where quotes stand between, one for each string that has a part of it, so that JSON stays JSON."""
    quotes = [match.start() for match in _QUOTE.finditer(data, begin.end(), end.start())]
    firsts = [begin.start(), *(quote + 1 for quote in quotes)]
    for first, last in zip(firsts, [*quotes, end.end()], strict=True):
        if first == begin.start():
            yield Edit(first, last, _NEW)
        elif _LONG_RUN.search(data, first, last) or _LAST_LINE.fullmatch(data, first, last):
            yield Edit(first, last, b"")


def _find_putty(data: bytes) -> Iterator[Edit]:
    """What stands behind `Private-Lines`, up to the checksum."""
    head = _PUTTY.search(data)
    while head:
        following = _PUTTY.search(data, head.end())
        limit = min(head.start() + _LONGEST, following.start() if following else len(data))
        if lines := _PRIVATE_LINES.search(data, head.end(), limit):
            mac = _MAC.search(data, lines.end(), limit)
            if last := mac.end() if mac else _last(data, lines.end(), limit):
                yield Edit(lines.start(), last, _NEW)
        head = following


def _find_jwk(data: bytes) -> Iterator[Edit]:
    """The private members of a JSON Web Key: `d` and the primes, `k` of a shared one."""
    position = 0
    while kty := _JWK.search(data, position):
        first = max(position, kty.start() - _LONGEST_JWK, data.rfind(b"{", position, kty.start()))
        brace = data.find(b"}", kty.end(), kty.end() + _LONGEST_JWK)
        position = brace if brace >= 0 else min(kty.end() + _LONGEST_JWK, len(data))
        for member in _MEMBER.finditer(data, first, position):
            yield Edit(*member.span(2), _NEW)
