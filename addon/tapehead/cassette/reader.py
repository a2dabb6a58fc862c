"""Text to model: typed by version 2's schema, never by YAML's own resolution, and bounded before anything is built.

Knows the schema and what go-vcr accepts; how a value is read is told by `yaml_values`. Does not know which dialect a
file is written in, and opens no file.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import yaml
from yaml._yaml import CParser

from tapehead.cassette.errors import MergeConflictError, NotACassetteError, UnsupportedVersionError
from tapehead.cassette.merge_conflict import find_conflict, find_mark
from tapehead.cassette.model import Cassette, Interaction, ListPlace, Request, Response, Source
from tapehead.cassette.yaml_values import YamlValues

MAX_BYTES = 512 * 1024 * 1024
VERSION = 2
SECOND_DOCUMENT = "a second document"
"""What is found where another cassette was put behind the first."""


def loads(data: bytes | str, *, file: str = "<cassette>") -> Cassette:
    """Returns the cassette in `data`. `file` is what errors call it.

    Raises UnsupportedVersionError for another version than 2, MergeConflictError for one that Git left in it, and
    NotACassetteError for anything else that is no cassette, is over 512 MiB, nests deeper than 64, has an alias, or a
    second document.
    """
    if len(data) > MAX_BYTES:
        raise NotACassetteError(file=file, found=f"{len(data)} bytes", expected=f"at most {MAX_BYTES}")
    text = data if isinstance(data, str) else _decode(data, file)
    if conflict := find_conflict(text):
        raise MergeConflictError.at(conflict, file)
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    try:
        cassette = _Reader(text.removeprefix("\ufeff"), file).cassette()
    except NotACassetteError as e:
        if mark := find_mark(text):
            raise MergeConflictError.at(mark, file) from e
        raise
    source = cassette.source
    if bom and source and source.place:
        place = replace(source.place, start=source.place.start + 1, end=source.place.end + 1)
        cassette = replace(cassette, source=replace(source, head=bom + source.head, place=place))
    return cassette


def _decode(data: bytes, file: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotACassetteError(file=file, line=1, found="UTF-16", expected="UTF-8")
    try:
        return data.decode()
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        raise NotACassetteError(
            file=file, line=line, found=f"the byte 0x{data[e.start]:02X}", expected="UTF-8 text"
        ) from e


class _Reader(YamlValues):
    """Reads one cassette, by its schema."""

    def __init__(self, text: str, file: str) -> None:
        super().__init__(text, file)
        self.last_end = 0
        """Where the last value of the interaction before ends."""
        self.in_flow = False
        """Whether the whole is in flow style."""

    def cassette(self) -> Cassette:
        self.next()  # the stream's start
        if type(self.next()) is yaml.StreamEndEvent:
            self.fail("nothing", "a cassette: `version: 2` and a list of interactions")
        self.in_flow = bool(getattr(self.next(), "flow_style", False))
        version, source = None, None
        for key in self.keys("", "a mapping of version and interactions"):
            if key == "version":
                version = self.integer(key)
                if version != VERSION:
                    line = self.event.start_mark.line + 1
                    raise UnsupportedVersionError(version=version, file=self.file, line=line, expected=str(VERSION))
            elif key == "interactions":
                source = self.interactions()
            else:
                self.skip()
        if version is None:
            self.fail("no such key", str(VERSION), "version")
        if source is None:
            self.fail("no such key", "a list", "interactions")
        self.require_one_document()
        return Cassette(interactions=source.interactions, version=version, source=source)

    def require_one_document(self) -> None:
        """Raises NotACassetteError for a second document that says something: nobody would read it."""
        self.next()  # the first one's end
        while type(self.next()) is yaml.DocumentStartEvent:
            begins = self.event.start_mark.line + 1
            self.next()
            if not self.is_null():
                raise NotACassetteError(file=self.file, line=begins, found=SECOND_DOCUMENT, expected="one")
            self.next()

    def interactions(self) -> Source:
        """Returns the list, and the text cut where its items begin."""
        at = self.event
        is_flow = bool(getattr(at, "flow_style", False))
        read: list[Interaction] = []
        spans: list[tuple[int, int]] = []
        for _ in self.items("interactions"):
            start = self.event.start_mark.index if is_flow else self.start_of_item()
            read.append(self.interaction(len(read)))
            spans.append((start, self.event.end_mark.index))
        end = self.event.start_mark.index
        interactions = tuple(read)
        if not read:
            place = ListPlace(
                start=at.start_mark.index,
                end=self.event.end_mark.index,
                is_empty=True,
                is_flow=is_flow,
                in_flow=self.in_flow,
            )
            return Source(head=self.text, texts=None, tail="", interactions=(), place=place)
        start, last = spans[-1]
        if not is_flow:
            last = start + _end_of_values(self.text[start:end])
        place = ListPlace(start=start, end=last, is_empty=False, is_flow=is_flow, in_flow=self.in_flow)
        head, tail = self.text[: spans[0][0]], self.text[end:]
        bounds = itertools.pairwise([*(first for first, _ in spans), end])
        if is_flow:
            flow = tuple((self.text[a:z], self.text[z:b]) for (a, z), (_, b) in zip(spans, bounds, strict=True))
            return Source(head=head, texts=None, flow=flow, tail=tail, interactions=interactions, place=place)
        texts = tuple(self.text[a:b] for a, b in bounds)
        return Source(head=head, texts=texts, tail=tail, interactions=interactions, place=place)

    def start_of_item(self) -> int:
        """Returns where the item's own line begins, with the comment lines right above it."""
        start = self.text.rfind("\n", 0, self.event.start_mark.index) + 1
        while start > self.last_end:
            above = self.text.rfind("\n", 0, start - 1) + 1
            if above < self.last_end or not self.text[above:start].lstrip(" ").startswith("#"):
                break
            start = above
        return start

    def interaction(self, position: int) -> Interaction:
        key = f"interactions[{position}]"
        return Interaction(**{"id": position} | self.record(key, _INTERACTION, required=("request", "response")))

    def request(self, key: str) -> Request:
        return Request(**self.record(key, _REQUEST, required=("url", "method")))

    def response(self, key: str) -> Response:
        return Response(**{"status": ""} | self.record(key, _RESPONSE, required=("code",)))

    def record(self, name: str, schema: "_Schema", required: tuple[str, ...]) -> dict[str, Any]:
        """Returns a mapping by its schema. Keys that it does not know come back as their own text, in `unknown`."""
        if type(self.event) is not yaml.MappingStartEvent:
            self.fail(self.describe(), "a mapping", name)
        outer, self.where = self.where, f"{self.where}{name}."
        values: dict[str, Any] = {}
        unknown = ""
        for key in self.keys():
            convert = schema.get(key)
            if convert is None:
                unknown += self.skip()
            else:
                values[key] = convert(self, key)
        for key in required:
            if key not in values:
                self.fail("no such key", "one", key)
        if type(self.previous) is yaml.ScalarEvent:
            self.last_end = self.previous.end_mark.index  # type: ignore[union-attr]  # libyaml's marks are never None
        if unknown:
            values["unknown"] = unknown
        self.where = outer
        return values


def _end_of_values(item: str) -> int:
    """Where the last value of a block ends: what is behind it are comments and blank lines."""
    get: Callable[[], Any] = CParser(item).get_event
    end = 0
    while type(event := get()) is not yaml.StreamEndEvent:
        is_value = type(event) is yaml.ScalarEvent or isinstance(event, yaml.CollectionEndEvent)
        if is_value and event.end_mark.index > event.start_mark.index:  # a block that ends has no text of its own
            end = event.end_mark.index
    return end


type _Schema = Mapping[str, Callable[[_Reader, str], Any]]

# go-vcr v4.0.7 pkg/cassette/cassette.go: Interaction, Request, Response
_INTERACTION: _Schema = {"id": _Reader.integer, "request": _Reader.request, "response": _Reader.response}
_REQUEST: _Schema = {
    "proto": _Reader.text_value,
    "proto_major": _Reader.integer,
    "proto_minor": _Reader.integer,
    "content_length": _Reader.integer,
    "transfer_encoding": _Reader.texts,
    "trailer": _Reader.values,
    "host": _Reader.text_value,
    "remote_addr": _Reader.text_value,
    "request_uri": _Reader.text_value,
    "body": _Reader.body,
    "form": _Reader.values,
    "headers": _Reader.values,
    "url": _Reader.text_value,
    "method": _Reader.text_value,
}
_RESPONSE: _Schema = {
    "proto": _Reader.text_value,
    "proto_major": _Reader.integer,
    "proto_minor": _Reader.integer,
    "transfer_encoding": _Reader.texts,
    "trailer": _Reader.values,
    "content_length": _Reader.integer,
    "uncompressed": _Reader.boolean,
    "body": _Reader.body,
    "headers": _Reader.values,
    "status": _Reader.text_value,
    "code": _Reader.integer,
    "duration": _Reader.duration,
}
