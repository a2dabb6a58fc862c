"""Where in a file the next interaction goes, and in which style, so that every byte that is there stays.

Whoever wrote the file may have put comments, keys and line ends of their own into it. Where nothing can be added without
a change to them, that is an error of one line. Opens no file.
"""

import enum
import re
from dataclasses import dataclass, replace

from tapehead.cassette import reader, writer
from tapehead.cassette.dialect import Dialect
from tapehead.cassette.errors import CassetteError, NotACassetteError
from tapehead.cassette.flow_style import render_flow
from tapehead.cassette.model import Cassette, Interaction, ListPlace, Request, Response, Source

_DUMMY = Interaction(
    id=0, request=Request(method="GET", url="u", body=b"a\nb\n"), response=Response(code=200, status="x")
)
_COMMENT = re.compile(r"#[^\n]*")
_ENDING = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|[\r\n]|\Z))*\Z")
"""Comments and blank lines as far as the end of a file."""
_LAST_LINE_END = re.compile(r"\r?\n")


class Style(enum.Enum):
    """How an item is laid out."""

    BLOCK = "block"
    FLOW = "flow"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendPoint:
    """The next item goes behind `keep` bytes and the `opening`, and before what comes `after`."""

    keep: int
    opening: bytes
    after: bytes
    between: bytes = b""
    """What is between two new ones."""
    style: Style = Style.BLOCK
    newline: bytes = b"\n"

    def text_of(self, block: bytes) -> bytes:
        """Returns a block that was rendered in a dialect as it stands in this file."""
        if self.style is Style.BLOCK:
            return block if self.newline == b"\n" else block.replace(b"\n", self.newline)
        read = reader.loads(writer.HEAD.encode() + block)
        return render_flow(read.interactions[0]).encode()

    def behind(self, size: int) -> "AppendPoint":
        """Returns the point behind new bytes of this size, opening included."""
        return AppendPoint(
            keep=self.keep + size,
            opening=self.between,
            after=self.after,
            between=self.between,
            style=self.style,
            newline=self.newline,
        )


def find_append_point(cassette: Cassette, size: int, dialect: Dialect, file: str) -> tuple[AppendPoint, Dialect]:
    """Returns where to add to a file of `size` bytes, and the dialect of what is added: `dialect` to an empty one.

    Raises NotACassetteError when nothing can be added without a change to what is there.
    """
    source = cassette.source
    assert source  # it was read from a file
    assert source.place
    text, place = source.text, source.place
    if not place.is_empty and not place.is_flow:
        dialect = _at_column(writer.detect(cassette), _column(source))
    if place.is_empty and not place.in_flow and not text[place.start : place.end].strip("[] \t~nul"):
        point = _in_empty(text, place)
    elif place.is_empty or place.is_flow:
        point = _in_flow(text, place)
    else:
        point = _behind_block(text, place)
    is_plain = point.keep == size and not point.after and point.newline == b"\n" and point.style is Style.BLOCK
    if not (is_plain and not place.is_empty):
        _require_that_it_reads(cassette, point, text.encode(), dialect, file)
    return point, dialect


def _behind_block(text: str, place: ListPlace) -> AppendPoint:
    if _ENDING.match(text, place.end):  # only comments follow: they stay where they are
        keep = len(text)
    else:
        keep = place.end if text.endswith("\n", 0, place.end) else text.find("\n", place.end) + 1 or len(text)
    newline = _newline(text, keep)
    opening = "" if text.endswith("\n", 0, keep) else newline
    return _point(text, keep, opening, keep, newline)


def _in_empty(text: str, place: ListPlace) -> AppendPoint:
    """The list is begun on the line behind `interactions:`."""
    start = len(text[: place.start].rstrip(" "))
    end = text.find("\n", place.end) + 1 or len(text)
    rest, newline = text[place.end : end], _newline(text, end)
    opening = rest if rest.endswith("\n") else rest + newline
    return _point(text, start, opening, end, newline)


def _in_flow(text: str, place: ListPlace) -> AppendPoint:
    style = Style.JSON if text.lstrip("\ufeff \t\r\n").startswith("{") else Style.FLOW
    if place.is_empty:
        is_list = place.is_flow
        start, opening = (
            (place.start + 1, "") if is_list else (place.start, " [" if text[place.start - 1] == ":" else "[")
        )
        end = start if is_list else place.end
        rest = text[end:] if is_list else "]" + text[end:]
        between = ", "
    else:
        line = text.rfind("\n", 0, place.start) + 1
        indent = text[line : place.start]
        between = ", " if indent.strip() else f",{_newline(text, line)}{indent}"
        start = end = place.end
        opening, rest = between, text[end:]
    made = _point(text, start, opening, end, _newline(text, start))
    return replace(made, after=rest.encode(), between=between.encode(), style=style)


def _point(text: str, keep: int, opening: str, end: int, newline: str) -> AppendPoint:
    before, after = len(text[:keep].encode()), text[end:].encode()
    return AppendPoint(keep=before, opening=opening.encode(), after=after, newline=newline.encode())


def _newline(text: str, end: int) -> str:
    """As the last line before it ends."""
    at = text.rfind("\n", 0, end)
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"


def _column(source: Source) -> int:
    """Of the dash of the last item."""
    assert source.place
    text = source.text
    start = source.place.start
    while _COMMENT.match(text[start : text.find("\n", start) + 1 or None].lstrip(" ")):
        start = text.find("\n", start) + 1
    line = text[start : text.find("\n", start)]
    return len(line) - len(line.lstrip(" "))


def _at_column(dialect: Dialect, column: int) -> Dialect:
    by = column - dialect.item
    if not by:
        return dialect
    return replace(
        dialect,
        item=column,
        field=dialect.field + by,
        name_column=dialect.name_column + by,
        value=dialect.value + by,
    )


def _require_that_it_reads(cassette: Cassette, point: AppendPoint, data: bytes, dialect: Dialect, file: str) -> None:
    """Reads what the file would be with two more: whatever a person wrote, nothing that cannot be read is made of it."""
    dummies = tuple(replace(_DUMMY, id=number) for number in (0, 1))
    items = [point.text_of(writer.render_interaction(each, dialect).encode()) for each in dummies]
    whole = data[: point.keep] + point.opening + point.between.join(items) + point.after
    try:
        read = reader.loads(whole).interactions
    except CassetteError:
        read = ()
    if read != (*cassette.interactions, *dummies):
        found = "a layout to which nothing can be added as it stands"
        raise NotACassetteError(file=file, found=found, expected="a list of interactions, each in lines of its own")
