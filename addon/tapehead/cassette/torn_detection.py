"""What a crash in mid-write leaves: a file whose last interaction is torn.

Knows that blocks are appended whole, `code` near the end and `duration` last, so that a torn block either does not
read or ends within a line. A block that is broken but not cut off is not torn: that is a mistake, and stays an error.
"""

import re

from tapehead.cassette import reader
from tapehead.cassette.errors import CassetteError, NotACassetteError, TornCassetteError
from tapehead.cassette.model import Cassette

_FIRST_ITEM = re.compile(rb"(?m)^( *)- id:(?:.*\n +request:\r?\n( +))?")
_ITEM_BEGUN = re.compile(rb" *-(?: (?:id?)?)?")
_FINISHED = re.compile(rb"\n( +)duration: [-0-9hm.n\xc2\xb5u]+s\r?\n?\Z")


def loads(data: bytes | str, *, file: str = "<cassette>") -> Cassette:
    """Returns the cassette in `data`. `file` is what errors call it. Only the first YAML document is read.

    Raises TornCassetteError when its last interaction is cut off, UnsupportedVersionError for another version than 2,
    NotACassetteError for anything else that is no cassette, is over 256 MiB, nests deeper than 64, or has an alias.
    """
    try:
        return reader.loads(data, file=file)
    except NotACassetteError as e:
        text = data.encode() if isinstance(data, str) else data
        try:
            whole, tail = split_torn_tail(text, file=file) if len(text) <= reader.MAX_BYTES else (Cassette(), b"")
        except CassetteError:
            raise e from None
        if not tail:
            raise
        raise TornCassetteError(
            kept=len(whole.interactions),
            tail=tail,
            file=file,
            line=e.line,
            key=e.key,
            found=e.found,
            expected=e.expected,
        ) from e


def split_torn_tail(data: bytes, *, file: str) -> tuple[Cassette, bytes]:
    """Returns the cassette of all whole interactions, and the bytes of a torn last one (b"" when there is none).

    Raises CassetteError as `reader.loads` does, when the file is wrong otherwise.
    """
    finished = _is_finished(data, len(data))
    if finished or data.endswith(b"\n"):
        try:
            return reader.loads(data, file=file), b""
        except CassetteError:
            if finished:
                raise
    end = _last_block(data)
    return reader.loads(data[:end], file=file), data[end:]


def _is_finished(data: bytes, end: int) -> bool:
    """Whether the last line before `end` is the `duration` of a response, and none in a body: those stand further in."""
    last = _FINISHED.search(data, max(0, end - 80), end)
    first = _FIRST_ITEM.search(data) if last else None
    return last is not None and (first is None or first[2] in (None, last[1]))


def _last_block(data: bytes) -> int:
    """Where the last item of the interactions begins, unless it is whole; the end of what is whole, that is."""
    end = line = data.rfind(b"\n") + 1
    if data[end:].strip(b" "):
        end = len(data)
    elif _is_finished(data, end):
        return end  # cut within the spaces before a dash
    first = _FIRST_ITEM.search(data)
    if first is None:
        return line if _ITEM_BEGUN.fullmatch(data, line) else end
    # No other line of a cassette begins with a dash at this column: what is inside an item stands further in.
    return max(data.rfind(b"\n" + first[1] + b"-") + 1, first.start())
