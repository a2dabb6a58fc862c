"""Whether a cassette that is opened by its blocks is the one that the reader makes of the same file; and damage to try it.

What the index does not take is the reader's anyway: it may decline whatever it likes, but nothing that it takes may differ.
"""

import random
import re
from pathlib import Path

from tapehead.cassette import CassetteError
from tapehead.cassette.block_index import open_index
from tapehead.cassette.block_values import origin
from tapehead.cassette.http_rules import require_http
from tapehead.cassette.request_text import text_digest
from tapehead.cassette.store import load
from tapehead.cassette.timing import digest

# What means something in YAML, or is no YAML.
_PIECES = [
    *(
        b"\n",
        b"\n\n",
        b" ",
        b"  ",
        b"    ",
        b"\t",
        b"\r",
        b"\r\n",
        b"#",
        b" # comment",
        b": ",
        b":",
        b"- ",
        b"-",
        b"'",
        b"''",
    ),
    *(
        b'"',
        b'""',
        b"\\",
        b"\\n",
        b"\\x41",
        b"\\ud83d",
        b"|",
        b"|-\n",
        b"|+\n",
        b"|2\n",
        b">-\n",
        b"&a ",
        b"*a",
        b"!!binary ",
        b"!!str ",
    ),
    *(b"~", b"null", b"{}", b"[]", b"[", b"]", b"{", b"}", b"---\n", b"...\n", b"%", b"@", b"`", b"?", b"? ", b"<<: "),
    *(
        b"\x00",
        b"\x07",
        b"\x7f",
        b"\xff",
        b"\xc2\x85",
        b"\xe2\x80\xa8",
        b"\xef\xbb\xbf",
        b"\xc3\xa9",
        b"\xf0\x9f\x98\x80",
        b"\xef\xbf\xbe",
    ),
    *(
        b"  - id: 7\n",
        b"- id: 7\n",
        b"id: ",
        b"unknown: 1\n",
        b"HEAD",
        b"204",
        b"101",
        b"999",
        b"; tapehead=websocket",
        b"1h",
        b"-1",
        b"<<<<<<< a\n",
    ),
]
_LINE = re.compile(rb"[^\n]*\n")


def difference(path: Path) -> str | None:
    """Returns in what the two differ; None where they do not, or where the index declines. Forgets nothing."""
    index = open_index(path, few=0)
    if index is None:
        return None
    try:
        cassette = load(path)
        require_http(cassette, str(path))
    except CassetteError as e:
        return f"opened, and is refused: {e}"
    if len(index) != len(cassette.interactions):
        return f"{len(index)} interactions, not {len(cassette.interactions)}"
    origins = {
        (origin(each.request.url.encode()).decode(), each.response.proto_major) for each in cassette.interactions
    }
    if index.origins != origins:
        return f"origins {index.origins}, not {origins}"
    for place, read in enumerate(cassette.interactions):
        request = read.request
        if index.ids[place] != read.id or index[place] != read:
            return f"interaction {place}: {index[place]}, not {read}"
        if index.texts[place] != text_digest(request.method, request.url, request.body):
            return f"interaction {place}: another text"
        if index.digest_of_answer(place) != digest(read.response.body):
            return f"interaction {place}: another digest"
    return None


def is_opened(path: Path) -> bool:
    """Returns whether the index takes a file."""
    return open_index(path, few=0) is not None


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Returns a cassette with one or a few things in it changed, at places where that may matter."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(8):
            case 0:
                data = data[:at] + chance.choice(_PIECES) + data[at:]
            case 1:
                data = data[:at] + data[at + chance.choice((1, 1, 2, 5, 40)) :]
            case 2:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case 3:  # at the beginning or the end of a line, or of what stands behind a key
                places = [found.start() + chance.choice((0, 1)) for found in re.finditer(rb"\n|: |- ", data)]
                at = chance.choice(places or [0])
                data = data[:at] + chance.choice(_PIECES) + data[at:]
            case 4:
                lines = _LINE.findall(data) or [data]
                at = chance.randrange(len(lines))
                lines[at : at + 1] = chance.choice(([], [lines[at]] * 2, [lines[at], chance.choice(lines)]))
                data = b"".join(lines)
            case 5:
                lines = _LINE.findall(data) or [data]
                at = chance.randrange(len(lines))
                lines[at] = chance.choice((b" " + lines[at], lines[at][1:], lines[at].lstrip(b" ")))
                data = b"".join(lines)
            case 6:
                lines = _LINE.findall(data) or [data]
                one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
                lines[one], lines[other] = lines[other], lines[one]
                data = b"".join(lines)
            case _:  # another scalar
                at = data.find(b": ", at) + 2
                data = data[:at] + chance.choice(_PIECES) + data[data.find(b"\n", at) :] if at > 1 else data
    return data
