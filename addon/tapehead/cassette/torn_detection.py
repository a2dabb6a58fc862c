"""What a crash in mid-write leaves: a file whose last interaction is torn.

Knows that blocks are appended whole, `code` near the end and `duration` last, so that a torn block either does not
read or ends within a line. A block that is broken but not cut off is not torn: that is a mistake, and stays an error.
"""

import re

from tapehead.cassette import reader
from tapehead.cassette.errors import CassetteError, MergeConflictError, NotACassetteError, TornCassetteError
from tapehead.cassette.merge_conflict import find_mark
from tapehead.cassette.model import Cassette

_FIRST_ITEM = re.compile(rb"(?m)^( *)- id:(?:.*\n +request:\r?\n( +))?")
_ITEM_BEGUN = re.compile(rb" *-(?: (?:id?)?)?")
_DURATION = rb"duration: [-0-9hm.n\xc2\xb5u]+s\r?\n"
_FINISHED = re.compile(rb"\n( +)%b?\Z" % _DURATION)


def loads(data: bytes | str, *, file: str = "<cassette>") -> Cassette:
    """Returns the cassette in `data`. `file` is what errors call it.

    Raises TornCassetteError when its last interaction is cut off, and what `reader.loads` does.
    """
    try:
        return reader.loads(data, file=file)
    except MergeConflictError:
        raise
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
    end = _last_block(data)
    if finished or data.endswith(b"\n") or _is_by_hand(data, end):
        try:
            return reader.loads(data, file=file), b""
        except MergeConflictError:
            raise
        except CassetteError as e:
            if finished or e.found == reader.SECOND_DOCUMENT or not _is_one_item(data, end):
                raise
    if mark := find_mark(data[end:].decode(errors="replace")):
        line, text = mark
        raise MergeConflictError.at((data.count(b"\n", 0, end) + line, text), file)
    return reader.loads(data[:end], file=file), data[end:]


def _is_finished(data: bytes, end: int) -> bool:
    """Whether the last line before `end` is the `duration` of a response, and none in a body: those stand further in."""
    last = _FINISHED.search(data, max(0, end - 80), end)
    first = _FIRST_ITEM.search(data) if last else None
    return last is not None and (first is None or first[2] in (None, last[1]))


def _is_one_item(data: bytes, item: int) -> bool:
    """Whether from `item` on there is nothing that does not stand in it: what does is further in than its dash."""
    line = data.find(b"\n", item) + 1
    dash = len(data[item:]) - len(data[item:].lstrip(b" "))
    return not line or re.search(rb"(?m)^ {0,%d}[^ \r\n]" % dash, data[line:]) is None


def _is_by_hand(data: bytes, item: int) -> bool:
    """Whether a file without a last line end was written by another, and may be whole.

    It ends with a comment, or with what is not in the list; or there are keys behind the duration of the last item,
    which begins at `item`.
    """
    line = data.rfind(b"\n") + 1
    if data[line : line + 1] not in (b" ", b"-", b""):
        return True
    if data[line:].lstrip(b" ").startswith(b"#") and _is_finished(data, line):
        return True
    first = _FIRST_ITEM.search(data)
    return bool(
        first and first[2] and re.compile(rb"\n%b%b%b[a-z]" % (first[2], _DURATION, first[2])).search(data, item)
    )


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
