"""Looks for secrets in bytes, whatever they are wrapped in, without any knowledge of how redaction works.

What is found is any twelve consecutive bytes of a secret's distinctive part: in the bytes themselves, and in what they
become when JSON's escapes, URL encoding, base64 (from each of four characters on, in both alphabets, wrapped in lines
or not), gzip, hex and colours are undone, one within the other. It never shows a secret.
"""

import base64
import contextlib
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.lib.audit.exchange import Plant
from scripts.lib.audit.reading import (
    as_bytes,
    blocks,
    documents,
    interactions,
    number_of,
    put_together,
    put_together_by_path,
    scalars,
)

SHORTEST = 12
"""Bytes of a secret that are a leak."""

# Each run of SHORTEST bytes holds a GRAM that begins at a multiple of STRIDE, wherever it begins itself.
_GRAM = 8
_STRIDE = SHORTEST - _GRAM + 1
_DEPTH = 4
_LARGEST = 2**26
_BETWEEN = b"\n\0\n"

_ESCAPE = re.compile(rb'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_SHORT = {b'"': b'"', b"\\": b"\\", b"/": b"/", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_PERCENT = re.compile(rb"%([0-9a-fA-F]{2})")
_RUN = re.compile(rb"[A-Za-z0-9+/_-]{15,}")
_FOLD = re.compile(rb"(?<=[A-Za-z0-9+/]{70})\n +(?=[A-Za-z0-9+/=])")
_LINE_END = re.compile(rb"(?<=[A-Za-z0-9+/]{16})\\{1,16}n(?=[A-Za-z0-9+/=])")
_HEX = re.compile(rb"[0-9a-fA-F]{24,}")
_COLOUR = re.compile(rb"\\{1,16}x1b\[[0-9;]*m")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_GZIP = b"\x1f\x8b\x08"


def _unescaped(data: bytes) -> bytes:
    if b"\\" not in data:
        return data
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)).encode("utf-8", "surrogatepass") if m[1] else _SHORT[m[2]], data)


def _unquoted(data: bytes) -> bytes:
    return _PERCENT.sub(lambda m: bytes([int(m[1], 16)]), data) if b"%" in data else data


def _from_base64(data: bytes) -> bytes:
    decoded = []
    for run in _RUN.findall(_LINE_END.sub(b"", _FOLD.sub(b"", data))):
        text = run.translate(_STANDARD)
        for start in range(4):
            whole = text[start:]
            decoded.append(base64.b64decode(whole + b"A" * (-len(whole) % 4)))
    return _BETWEEN.join(decoded)


def _from_gzip(data: bytes) -> bytes:
    decoded = []
    start = data.find(_GZIP)
    while start >= 0:
        with contextlib.suppress(zlib.error):  # three bytes that only look like it
            decoded.append(zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data[start:], _LARGEST))
        start = data.find(_GZIP, start + 1)
    return _BETWEEN.join(decoded)


def _from_hex(data: bytes) -> bytes:
    runs = [run[odd:] for run in _HEX.findall(data) for odd in range(2)]
    return _BETWEEN.join(bytes.fromhex(run[: len(run) // 2 * 2].decode()) for run in runs)


def _without_colours(data: bytes) -> bytes:
    return _COLOUR.sub(b"", data)


_UNDO: Mapping[str, Callable[[bytes], bytes]] = {
    "JSON": _unescaped,
    "URL": _unquoted,
    "base64": _from_base64,
    "gzip": _from_gzip,
    "hex": _from_hex,
    "colours": _without_colours,
}


def views(data: bytes, depth: int = _DEPTH) -> Iterator[tuple[str, bytes]]:
    """The bytes, and all that they become when wrappings are undone, each once, with the names of the wrappings."""
    seen = {data}
    level = [("", data)]
    while level:
        yield from level
        depth -= 1
        inner = []
        for name, outer in level if depth > 0 else ():
            for kind, undo in _UNDO.items():
                decoded = undo(outer)
                if decoded and decoded not in seen:
                    seen.add(decoded)
                    inner.append((f"{name} {kind}".strip(), decoded))
        level = inner


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Where a secret was found first."""

    file: str
    view: str


@dataclass(slots=True)
class Search:
    """A search for the secrets of these plants. `found` has, by the plant's id, where it was."""

    plants: Sequence[Plant]
    found: dict[int, Finding] = field(default_factory=dict)
    _values: list[bytes] = field(default_factory=list)
    _plants_of: list[list[Plant]] = field(default_factory=list)
    _grams: dict[bytes, tuple[int, ...]] = field(default_factory=dict)
    """Each gram's places: the number of a value times 2^16, plus where in it."""
    _exchange_of: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers: dict[str, int] = {}
        for plant in self.plants:
            text = plant.secret.distinctive
            if text not in numbers:
                if len(text) < SHORTEST:
                    raise ValueError(f"plant {plant.id} is too short to be found")
                numbers[text] = len(self._values)
                self._values.append(text.encode())
                self._plants_of.append([])
            self._plants_of[numbers[text]].append(plant)
        for number, value in enumerate(self._values):
            for at in range(len(value) - _GRAM + 1):
                gram = value[at : at + _GRAM]
                self._grams[gram] = (*self._grams.get(gram, ()), number << 16 | at)

    def folder(self, folder: Path, carried: Mapping[int, int]) -> None:
        """Every file below a folder. `carried` has the exchange of each plant by its id."""
        self._exchange_of.update(carried)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.data(path.read_bytes(), str(path.relative_to(folder)))
                if path.suffix in (".yaml", ".yml") or (".yaml." in path.name and path.suffix != ".jsonl"):
                    self._cassette(path, str(path.relative_to(folder)))

    def data(self, data: bytes, file: str) -> None:
        """Bytes as they are in a file, one interaction after the other if it is a cassette."""
        for block in blocks(data):
            self._look(block, f"{file}, as it is", number_of(block))

    def log(self, text: str, name: str) -> None:
        """What a program printed, line by line: most name the exchange that they are about."""
        for line in text.encode().splitlines():
            self._look(line, name, number_of(line))

    def _cassette(self, path: Path, file: str) -> None:
        for interaction in interactions(path):
            number = number_of(as_bytes(interaction["request"]["url"]))
            self._look(_BETWEEN.join(scalars(interaction)), f"{file}, as YAML", number)
            self._look_at_stream(interaction, file, number)

    def _look_at_stream(self, interaction: Mapping[str, Any], file: str, number: int | None) -> None:
        for part in ("request", "response"):
            values = documents(as_bytes(interaction[part].get("body", "")))
            together = (*put_together(values), *put_together_by_path(values))
            texts = [text.encode("utf-8", "surrogatepass") for text in together]
            self._look(_BETWEEN.join(texts), f"{file}, {part} stream put together", number)

    def _look(self, data: bytes, file: str, number: int | None) -> None:
        for view, decoded in views(data):
            self._scan(decoded, Finding(file=file, view=view or "plain"), number)

    def _scan(self, data: bytes, finding: Finding, number: int | None) -> None:
        grams = self._grams
        for at in range(0, len(data) - _GRAM + 1, _STRIDE):
            if (places := grams.get(data[at : at + _GRAM])) is not None:
                for place in places:
                    if self._is_leak(data, at, place):
                        self._note(self._plants_of[place >> 16], finding, number)

    def _is_leak(self, data: bytes, at: int, place: int) -> bool:
        """Whether SHORTEST bytes around a gram are the value's, too."""
        value, start = self._values[place >> 16], place & 0xFFFF
        end, at_end = start + _GRAM, at + _GRAM
        while start and at and value[start - 1] == data[at - 1]:
            start, at = start - 1, at - 1
        while end < len(value) and at_end < len(data) and value[end] == data[at_end]:
            end, at_end = end + 1, at_end + 1
        return end - start >= SHORTEST

    def _note(self, plants: Sequence[Plant], finding: Finding, number: int | None) -> None:
        """Blames the plants of a value: those of the exchange that it was found in, or else all of them."""
        here = [plant for plant in plants if number is not None and self._exchange_of.get(plant.id) == number]
        for plant in here or plants:
            self.found.setdefault(plant.id, finding)
