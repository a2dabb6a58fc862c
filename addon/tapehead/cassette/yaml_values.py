"""The values of a YAML text, read from libyaml's events one after the other, each as the type that is asked for.

Never typed by YAML's own resolution, and bounded: no aliases, no deep nesting. Leaves the words of YAML to libyaml. Does
not know what a cassette is.
"""

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import yaml
from yaml._yaml import CParser

from tapehead.cassette.duration import parse_duration
from tapehead.cassette.errors import NotACassetteError
from tapehead.cassette.model import Values

MAX_DEPTH = 64
_TOO_DEEP = (f"more than {MAX_DEPTH} levels", f"at most {MAX_DEPTH}")
# libyaml 0.2.6 has a bound too. It reads ahead, so that its own may come before ours.
_BOUNDS_OF_LIBYAML = {"exceeded maximum nesting depth": _TOO_DEEP}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,19}")
_BINARY_TAG = "tag:yaml.org,2002:binary"
_TEXT_TAGS = frozenset({None, "!", *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "bool", "float", "null"))})


class YamlValues:
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
        self._get: Callable[[], Any] = CParser(text).get_event

    def next(self) -> Any:
        """Moves to the next event, and returns it. Raises NotACassetteError for what is no YAML."""
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
        """Raises NotACassetteError for the event that is looked at."""
        line = self.event.start_mark.line + 1
        raise NotACassetteError(file=self.file, line=line, key=self.where + key, found=found, expected=expected)

    # Each of the following reads the value that begins at `event` and leaves `event` at its end; what is no such value is
    # a NotACassetteError.

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
        """Returns a scalar: bytes for `!!binary`, else its text, "" for null."""
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
        """Returns a scalar as text, with surrogate escapes for bytes that are not UTF-8."""
        event = self.event
        if type(event) is yaml.ScalarEvent and event.tag is None and (event.value not in _NULLS or event.style):
            return event.value
        value = self.raw(key)
        return value if isinstance(value, str) else value.decode(errors="surrogateescape")

    def body(self, key: str) -> bytes:
        """Returns a scalar as bytes."""
        value = self.raw(key)
        return value.encode() if isinstance(value, str) else value

    def integer(self, key: str) -> int:
        """Returns an integer that is written in decimal."""
        value = self.text_value(key)
        if not _INTEGER.fullmatch(value):
            self.fail(self.describe(), "an integer", key)
        return int(value)

    def boolean(self, key: str) -> bool:
        """Returns whether it is true."""
        value = _BOOLEANS.get(self.text_value(key))
        if value is None:
            self.fail(self.describe(), "true or false", key)
        return value

    def duration(self, key: str) -> int:
        """Returns a Go duration, in nanoseconds."""
        try:
            return parse_duration(self.text_value(key) or "0")
        except ValueError:
            self.fail(self.describe(), "a Go duration such as 1.5s", key)

    def texts(self, key: str) -> tuple[str, ...]:
        """Returns a list of texts."""
        return tuple([self.text_value(key) for _ in self.items(key)])

    def values(self, key: str) -> Values:
        """Returns a mapping of names to lists of texts; an empty one for null."""
        if self.is_null():
            return {}
        return {name: self.texts(f"{key}.{name}") for name in self.keys(key, "a mapping of names to lists")}

    def is_null(self) -> bool:
        """Returns whether the event is a null, which is never quoted."""
        event = self.event
        return type(event) is yaml.ScalarEvent and not event.style and event.tag is None and event.value in _NULLS

    def describe(self) -> str:
        """Returns what begins at the event, for an error."""
        event = self.event
        if type(event) is yaml.ScalarEvent:
            return repr(event.value[:40]) if event.value else "nothing"
        if type(event) is yaml.AliasEvent:
            return f"the alias *{event.anchor}"
        return "a mapping" if type(event) is yaml.MappingStartEvent else "a list"
