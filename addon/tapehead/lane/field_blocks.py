"""Field blocks of HTTP/2 (HPACK, RFC 7541): read with a table of the connection's, written without one.

The reader does what hyper's `Decoder` does, in a fifth of its time: what it gives, and what it refuses, is compared with
that by its tests. What is written refers to the static table alone, so that the bytes are
the same on all connections.
"""

from collections import deque
from collections.abc import Sequence

from hpack.table import HeaderTable

from tapehead.lane import huffman_code
from tapehead.lane.http2_frames import Http2Code, Http2ConnectionError

type Pair = tuple[bytes, bytes]

TABLE_SIZE = 4096
"""The size of the table that we offer: HTTP/2's default."""
NO_TABLE = b"\x20"
"""What begins a block to say that no table is used; due once, after a peer has made its table smaller."""

_ENTRY = 32  # bytes that an entry counts beside its own
_STATIC: tuple[Pair, ...] = ((b"", b""), *HeaderTable.STATIC_TABLE)
_FIRST_DYNAMIC = len(_STATIC)
_BY_PAIR = {pair: index for index, pair in reversed(list(enumerate(_STATIC))) if index and pair[1]}
_BY_NAME = {pair[0]: index for index, pair in reversed(list(enumerate(_STATIC))) if index}
_MOST_OCTETS = 5  # of a number: as hyper's
_FIRST_INDEXED, _FIRST_OF_DYNAMIC, _LONG_INDEX = 0x81, 0x80 | _FIRST_DYNAMIC, 0xFF


class BlockReader:
    """Reads one connection's blocks, in the order in which they came."""

    def __init__(self, most: int) -> None:
        """Begins with an empty table. `most`: bytes that a block's fields may have, each counted with 32 more."""
        self._most = most
        self._dynamic: deque[Pair] = deque()
        self._size, self._size_allowed = 0, TABLE_SIZE
        self.changes = 0
        """How often the table changed: what a block means holds while this does."""

    def read(self, block: bytes) -> list[Pair]:
        """Returns a block's fields.

        Raises Http2ConnectionError for what is no block: the table is of no use after that.
        """
        try:
            return self._read(block)
        except IndexError:
            raise _broken("it ends too early, or refers to what the table has not") from None
        except ValueError as e:
            raise _broken(str(e)) from None

    def _read(self, block: bytes) -> list[Pair]:
        fields: list[Pair] = []
        dynamic = self._dynamic
        at, end, size = 0, len(block), 0
        while at < end:
            first = block[at]
            if first >= _FIRST_INDEXED:
                at += 1
                if first < _FIRST_OF_DYNAMIC:
                    pair = _STATIC[first - 0x80]
                elif first != _LONG_INDEX:
                    pair = dynamic[first - _FIRST_OF_DYNAMIC]
                else:
                    index, at = _number(block, at - 1, 0x7F)
                    pair = dynamic[index - _FIRST_DYNAMIC]
            elif first == 0x80:
                raise _broken("the table has no entry 0")
            elif first >= 0x40:
                pair, at = self._literal(block, at, 0x3F)
                self._add(pair)
            elif first >= 0x20:
                if fields:
                    raise _broken("the table's size changes after a field")
                at = self._resize(block, at)
                continue
            else:
                pair, at = self._literal(block, at, 0x0F)
            fields.append(pair)
            size += len(pair[0]) + len(pair[1]) + _ENTRY
            if size > self._most:
                raise Http2ConnectionError(Http2Code.ENHANCE_YOUR_CALM, f"the fields have more than {self._most} bytes")
        return fields

    def _literal(self, block: bytes, at: int, mask: int) -> tuple[Pair, int]:
        index = block[at] & mask
        if index:
            index, at = (index, at + 1) if index != mask else _number(block, at, mask)
            name = (_STATIC[index] if index < _FIRST_DYNAMIC else self._dynamic[index - _FIRST_DYNAMIC])[0]
        else:
            name, at = _text(block, at + 1)
        value, at = _text(block, at)
        return (name, value), at

    def _add(self, pair: Pair) -> None:
        self.changes += 1
        size = len(pair[0]) + len(pair[1]) + _ENTRY
        if size > self._size_allowed:
            self._dynamic.clear()
            self._size = 0
            return
        self._dynamic.appendleft(pair)
        self._size += size
        self._evict()

    def _evict(self) -> None:
        while self._size > self._size_allowed:
            name, value = self._dynamic.pop()
            self._size -= len(name) + len(value) + _ENTRY

    def _resize(self, block: bytes, at: int) -> int:
        size, at = _number(block, at, 0x1F)
        if size > TABLE_SIZE:
            raise _broken("the table is to be larger than it may be")
        self.changes += 1
        self._size_allowed = size
        self._evict()
        return at


def _broken(reason: str) -> Http2ConnectionError:
    return Http2ConnectionError(Http2Code.COMPRESSION_ERROR, f"a field block cannot be read: {reason}")


def _number(block: bytes, at: int, mask: int) -> tuple[int, int]:
    """A number (RFC 7541, 5.1), and where it ends."""
    number = block[at] & mask
    at += 1
    if number != mask:
        return number, at
    for octet in range(_MOST_OCTETS):
        byte = block[at]
        at += 1
        number += (byte & 0x7F) << 7 * octet
        if byte < 0x80:
            return number, at
    raise _broken("a number is too long")


def _text(block: bytes, at: int) -> tuple[bytes, int]:
    """A string (RFC 7541, 5.2), and where it ends."""
    first = block[at]
    size = first & 0x7F
    if size != 0x7F:
        start = at + 1
    else:
        size, start = _number(block, at, 0x7F)
    end = start + size
    if end > len(block):
        raise _broken("it ends too early")
    text = block[start:end]
    if first >= 0x80:
        text = huffman_code.decode(text)
    return text, end


def write_block(fields: Sequence[Pair]) -> bytes:
    """Returns the block of these fields."""
    return b"".join([_written(name, value) for name, value in fields])


def _written(name: bytes, value: bytes) -> bytes:
    if index := _BY_PAIR.get((name, value)):
        return _as_number(index, 0x7F, 0x80)
    index = _BY_NAME.get(name, 0)
    start = _as_number(index, 0x0F, 0) if index else b"\0%b%b" % (_as_number(len(name), 0x7F, 0), name)
    return b"%b%b%b" % (start, _as_number(len(value), 0x7F, 0), value)


def _as_number(number: int, mask: int, pattern: int) -> bytes:
    if number < mask:
        return bytes((pattern | number,))
    written = [pattern | mask]
    number -= mask
    while number >= 0x80:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
