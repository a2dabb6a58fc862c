"""What of two requests must agree, and what in them is ignored: the values of `cassette_match` and `cassette_ignore`.

Knows the names that people write. Does not know how a request is compared, nor what is ignored without being asked
(see `volatile`).
"""

import enum
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tapehead.text.json_pointer import Pointer, parse_pointer
from tapehead.wire.headers import canonical_name

GO_VCR = "go-vcr"
_HEADER, _QUERY, _FORM = "headers:", "query:", "form:"
_TEXT = re.compile(r"text(?:\((/[^)]*)\))?:(.+)", re.DOTALL)
_TOKEN = re.compile(r"[0-9A-Za-z!#$%&'*+\-.^_`|~]+")


class RequestPart(enum.Enum):
    """A part of a request that two requests can be asked to have in common."""

    METHOD = "method"
    SCHEME = "scheme"
    HOST = "host"
    PORT = "port"
    PATH = "path"
    QUERY = "query"
    BODY = "body"
    FORM = "form"
    """The body if it is a form, urlencoded or multipart; any other body does not count."""


URL_PARTS = frozenset({RequestPart.SCHEME, RequestPart.HOST, RequestPart.PORT, RequestPart.PATH, RequestPart.QUERY})
NAMES: Mapping[str, frozenset[RequestPart]] = {"url": URL_PARTS} | {
    part.value: frozenset({part}) for part in RequestPart
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What must agree."""

    parts: frozenset[RequestPart] = URL_PARTS | {RequestPart.METHOD, RequestPart.BODY}
    headers: tuple[str, ...] = ()
    """Names in canonical case."""
    govcr: bool = False
    """All that go-vcr's own matcher compares, as it is; then the other fields do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredText:
    """What in texts does not count: all that a pattern matches."""

    pattern: re.Pattern[str]
    pointer: Pointer = ()
    """Only in what this names in a JSON body; else in each of its strings, and in bodies of text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """What in those parts does not count. Names are case-sensitive."""

    pointers: tuple[Pointer, ...] = ()
    """In a JSON body, or in each line of an NDJSON one."""
    texts: tuple[IgnoredText, ...] = ()
    query: frozenset[str] = frozenset()
    form: frozenset[str] = frozenset()
    """Fields of an urlencoded or a multipart body."""
    headers: frozenset[str] = frozenset()
    """In canonical case: of those that say what is asked (`wire.asking_headers`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """By what requests are compared. ValueError if nothing can be ignored the way they are matched."""

    match: Match = field(default_factory=Match)
    ignore: Ignore = field(default_factory=Ignore)

    def __post_init__(self) -> None:
        if self.match.govcr and self.ignore != Ignore():
            raise ValueError(f"{GO_VCR} compares everything as it is: nothing can be ignored with it")


def parse_match(values: Sequence[str]) -> Match:
    """Returns what `method,path,headers:Accept` means; without a value, the default.

    Raises ValueError that says what is expected.
    """
    names = list(_split(values))
    if GO_VCR in names:
        if len(names) > 1:
            raise ValueError(f"{GO_VCR} stands alone: it compares everything that go-vcr does")
        return Match(govcr=True)
    parts: frozenset[RequestPart] = frozenset()
    headers: list[str] = []
    for name in names:
        if name in NAMES:
            parts |= NAMES[name]
        elif name.startswith(_HEADER) and _TOKEN.fullmatch(header := name.removeprefix(_HEADER)):
            headers.append(canonical_name(header))
        else:
            expected = f"{', '.join(NAMES)}, {_HEADER}NAME, or {GO_VCR} alone"
            raise ValueError(f"{name!r} is no part of a request: expected some of {expected}")
    return Match(parts=parts, headers=tuple(sorted(set(headers)))) if names else Match()


def parse_ignore(values: Sequence[str]) -> Ignore:
    """Returns what `/metadata/id,query:trace` means. A `text:PATTERN` is a value of its own: commas are the pattern's.

    Raises ValueError that says what is expected.
    """
    pointers: list[Pointer] = []
    texts = [_ignored_text(value.lstrip()) for value in values if _is_text(value)]
    fields: dict[str, set[str]] = {_QUERY: set(), _FORM: set(), _HEADER: set()}
    for value in _split([each for each in values if not _is_text(each)]):
        prefix = value[: value.find(":") + 1]
        if value.startswith("/"):
            pointers.append(parse_pointer(value))
        elif prefix in fields and value != prefix:
            fields[prefix].add(value.removeprefix(prefix))
        else:
            fields_said = f"{_QUERY}NAME, {_FORM}NAME, {_HEADER}NAME"
            expected = f"a JSON pointer such as /metadata/id or /input/*/id, {fields_said} or text:PATTERN"
            raise ValueError(f"{value!r} is nothing that can be ignored: expected {expected}")
    return Ignore(
        pointers=tuple(pointers),
        texts=tuple(texts),
        query=frozenset(fields[_QUERY]),
        form=frozenset(fields[_FORM]),
        headers=frozenset(map(canonical_name, fields[_HEADER])),
    )


def _is_text(value: str) -> bool:
    return value.lstrip().startswith(("text:", "text("))


def _ignored_text(value: str) -> IgnoredText:
    found = _TEXT.fullmatch(value)
    if found is None:
        raise ValueError(f"{value!r} is nothing that can be ignored: expected text:PATTERN or text(/pointer):PATTERN")
    try:
        pattern = re.compile(found[2])
    except re.error as e:
        raise ValueError(f"{value!r}: expected a regular expression ({e})") from e
    if pattern.search(""):
        raise ValueError(f"{value!r}: expected a pattern that does not match nothing at all")
    return IgnoredText(pattern=pattern, pointer=parse_pointer(found[1]) if found[1] else ())


def _split(values: Sequence[str]) -> Iterator[str]:
    for value in values:
        yield from filter(None, map(str.strip, value.split(",")))
