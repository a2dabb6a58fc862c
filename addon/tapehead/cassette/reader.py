"""Text to model: typed by version 2's schema, never by YAML's own resolution, and bounded before anything is built.

Knows the schema and what go-vcr accepts; how a value is read is told by `yaml_values`. Does not know which dialect a
file is written in, and opens no file.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import yaml

from tapehead.cassette.errors import NotACassetteError, UnsupportedVersionError
from tapehead.cassette.model import Cassette, Interaction, Request, Response, Source
from tapehead.cassette.yaml_values import YamlValues

MAX_BYTES = 256 * 1024 * 1024
VERSION = 2


def loads(data: bytes | str, *, file: str = "<cassette>") -> Cassette:
    """Returns the cassette in `data`. `file` is what errors call it. Only the first YAML document is read.

    Raises UnsupportedVersionError for another version than 2, NotACassetteError for anything else that is no cassette,
    is over 256 MiB, nests deeper than 64, or has an alias.
    """
    if len(data) > MAX_BYTES:
        raise NotACassetteError(file=file, found=f"{len(data)} bytes", expected=f"at most {MAX_BYTES}")
    text = data if isinstance(data, str) else _decode(data, file)
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    cassette = _Reader(text.removeprefix("\ufeff"), file).cassette()
    if bom and cassette.source:
        cassette = replace(cassette, source=replace(cassette.source, head=bom + cassette.source.head))
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

    def cassette(self) -> Cassette:
        self.next()  # the stream's start
        if type(self.next()) is yaml.StreamEndEvent:
            self.fail("nothing", "a cassette: `version: 2` and a list of interactions")
        self.next()
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
        return Cassette(interactions=source.interactions, version=version, source=source)

    def interactions(self) -> Source:
        """Returns the list, and the text cut where its items begin."""
        block = not getattr(self.event, "flow_style", True)
        read: list[Interaction] = []
        starts: list[int] = []
        for _ in self.items("interactions"):
            starts.append(self.start_of_item())
            read.append(self.interaction(len(read)))
        if not block or not read:
            return Source(head=self.text, texts=None, tail="", interactions=tuple(read))
        end = self.event.start_mark.index
        bounds = [*starts, end]
        texts = tuple(self.text[a:b] for a, b in itertools.pairwise(bounds))
        return Source(head=self.text[: starts[0]], texts=texts, tail=self.text[end:], interactions=tuple(read))

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
