"""Text to model: typed by version 2's schema, never by YAML's own resolution, and bounded before anything is built.

Knows the schema and what go-vcr accepts; leaves the words of YAML to libyaml's events. Does not know which dialect a
file is written in, and opens no file.
"""

import base64
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NoReturn

import yaml
from yaml._yaml import CParser

from tapehead.cassette.duration import parse_duration
from tapehead.cassette.errors import NotACassetteError, UnsupportedVersionError
from tapehead.cassette.model import Cassette, Interaction, Request, Response, Source, Values

MAX_BYTES = 256 * 1024 * 1024
MAX_DEPTH = 64
VERSION = 2

_TOO_DEEP = (f"more than {MAX_DEPTH} levels", f"at most {MAX_DEPTH}")
# libyaml 0.2.6 has a bound too. It reads ahead, so that its own may come before ours.
_BOUNDS_OF_LIBYAML = {"exceeded maximum nesting depth": _TOO_DEEP}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,19}")
_BINARY_TAG = "tag:yaml.org,2002:binary"
_TEXT_TAGS = frozenset({None, "!", *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "bool", "float", "null"))})


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


class _Reader:
    """Walks libyaml's events once. `event` is the one looked at; `line` of an error is that event's.

    Written for speed where there are many: a cassette of 10,000 interactions has a million events.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.event: Any = None
        self.previous: Any = None
        self.key_mark: Any = None
        self.where = ""
        """What the keys in errors stand in, with its dot."""
        self.last_end = 0
        """Where the last value of the interaction before ends."""
        self._get: Callable[[], Any] = CParser(text).get_event

    def next(self) -> Any:
        self.previous = self.event
        try:
            self.event = event = self._get()
        except yaml.MarkedYAMLError as e:
            line = e.problem_mark.line + 1 if e.problem_mark else None
            found = (e.problem or e.context or "a syntax error").removeprefix("found ")
            found, expected = _BOUNDS_OF_LIBYAML.get(found, (found, "valid YAML"))
            raise NotACassetteError(file=self.file, line=line, found=found, expected=expected) from e
        except yaml.YAMLError as e:
            line = self.text.encode().count(b"\n", 0, getattr(e, "position", 0)) + 1
            found = f"the unprintable character U+{getattr(e, 'character', 0):04X}"
            raise NotACassetteError(file=self.file, line=line, found=found, expected="valid YAML") from e
        return event

    def fail(self, found: str, expected: str, key: str = "") -> NoReturn:
        line = self.event.start_mark.line + 1
        raise NotACassetteError(file=self.file, line=line, key=self.where + key, found=found, expected=expected)

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

    # Each of the following reads the value that begins at `event` and leaves `event` at its end.

    def keys(self, name: str = "", expected: str = "a mapping") -> Iterator[str]:
        """Yields a mapping's keys, `event` at the value of each."""
        if type(self.event) is not yaml.MappingStartEvent:
            self.fail(self.describe(), expected, name)
        seen = set()
        while type(self.next()) is not yaml.MappingEndEvent:
            key = self.text_value(name)
            if key in seen:
                self.fail(f"the key {key[:40]!r} again", "each key once", name)
            seen.add(key)
            self.key_mark = self.event.start_mark
            self.next()
            yield key

    def items(self, key: str) -> Iterator[None]:
        """Yields a list's items, `event` at each. Null is an empty list, as it is for Go."""
        if type(self.event) is not yaml.SequenceStartEvent:
            if self.is_null():
                return
            self.fail(self.describe(), "a list", key)
        while type(self.next()) is not yaml.SequenceEndEvent:
            yield

    def skip(self) -> str:
        """Returns the text of a value that it passes over, with its key's, the lines moved to column 0."""
        key, depth = self.key_mark, 0
        while True:
            if type(self.event) is yaml.AliasEvent:
                self.fail(self.describe(), "no aliases")
            if isinstance(self.event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    self.fail(*_TOO_DEEP)
            elif isinstance(self.event, yaml.CollectionEndEvent):
                depth -= 1
            if depth == 0:
                break
            self.next()
        text = self.text[key.index : self.event.end_mark.index].rstrip()
        return re.sub(rf"\n {{0,{key.column}}}", "\n", text) + "\n"

    def raw(self, key: str) -> bytes | str:
        event = self.event
        if type(event) is not yaml.ScalarEvent:
            self.fail(self.describe(), "text", key)
        value: str = event.value
        if event.tag is None:
            return "" if value in _NULLS and not event.style else value
        if event.tag == _BINARY_TAG:
            try:
                return base64.b64decode("".join(value.split()), validate=True)
            except ValueError:  # binascii's, and that of a character which is not even ASCII
                self.fail("broken base64", "!!binary text", key)
        if event.tag not in _TEXT_TAGS:
            self.fail(f"the tag {event.tag}", "text", key)
        return value

    def text_value(self, key: str) -> str:
        event = self.event
        if type(event) is yaml.ScalarEvent and event.tag is None and (event.value not in _NULLS or event.style):
            return event.value
        value = self.raw(key)
        return value if isinstance(value, str) else value.decode(errors="surrogateescape")

    def body(self, key: str) -> bytes:
        value = self.raw(key)
        return value.encode() if isinstance(value, str) else value

    def integer(self, key: str) -> int:
        value = self.text_value(key)
        if not _INTEGER.fullmatch(value):
            self.fail(self.describe(), "an integer", key)
        return int(value)

    def boolean(self, key: str) -> bool:
        value = _BOOLEANS.get(self.text_value(key))
        if value is None:
            self.fail(self.describe(), "true or false", key)
        return value

    def duration(self, key: str) -> int:
        try:
            return parse_duration(self.text_value(key) or "0")
        except ValueError:
            self.fail(self.describe(), "a Go duration such as 1.5s", key)

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple([self.text_value(key) for _ in self.items(key)])

    def values(self, key: str) -> Values:
        if self.is_null():
            return {}
        return {name: self.texts(f"{key}.{name}") for name in self.keys(key, "a mapping of names to lists")}

    def is_null(self) -> bool:
        event = self.event
        return type(event) is yaml.ScalarEvent and not event.style and event.tag is None and event.value in _NULLS

    def describe(self) -> str:
        event = self.event
        if type(event) is yaml.ScalarEvent:
            return repr(event.value[:40]) if event.value else "nothing"
        if type(event) is yaml.AliasEvent:
            return f"the alias *{event.anchor}"
        return "a mapping" if type(event) is yaml.MappingStartEvent else "a list"


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
