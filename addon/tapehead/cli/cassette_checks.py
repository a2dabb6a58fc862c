"""What `tapehead check` looks for in a cassette, and what it says of it.

Each check takes what was read and gives findings. A finding never shows a secret, only where it is. Prints nothing.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from tapehead.cassette import timing, writer
from tapehead.cassette.dialect import Dialect
from tapehead.cassette.errors import CassetteError, MergeConflictError
from tapehead.cassette.failures import load_failure_lines, missing_file
from tapehead.cassette.http_rules import http_faults
from tapehead.cassette.journal import load_open
from tapehead.cassette.model import Cassette, Interaction, Request, Response
from tapehead.cassette.reader import SECOND_DOCUMENT
from tapehead.cassette.side_files import errors_path, find_timing, open_path
from tapehead.cassette.source_positions import SourceMap
from tapehead.cassette.torn import load_and_split_tail
from tapehead.redact.redactor import Redactor

_KIND = re.compile(rb"\[REDACTED:([\w-]+)\]")
_UNKNOWN_KEY = re.compile(r"(?m)^([^\s#][^:\n]*):")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing about a file."""

    file: str
    line: int | None
    kind: str
    """`format`, `torn`, `ids`, `http`, `secret`, `content_length`, `timing`, `failures`, `unknown`, `dialect`."""
    what: str
    to_do: str
    wrong: bool = True
    """Whether it has to be mended; else it is good to know."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {'' if self.wrong else 'note: '}{self.what}; {self.to_do}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """All about one file."""

    file: str
    interactions: int = 0
    dialect: str | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    path: Path
    cassette: Cassette
    torn: bytes
    lines: SourceMap
    dialect: Dialect
    redactor: Redactor

    def finding(self, kind: str, line: int | None, what: str, to_do: str, *, wrong: bool = True) -> Finding:
        return Finding(file=str(self.path), line=line, kind=kind, what=what, to_do=to_do, wrong=wrong)

    def each(self) -> Iterator[tuple[int, Interaction]]:
        return enumerate(self.cassette.interactions)


def examine(path: Path, redactor: Redactor) -> CheckReport:
    """Returns the report of a file, whatever it is. `redactor` says what is a secret."""
    try:
        cassette, torn = load_and_split_tail(path)
    except CassetteError as e:
        return CheckReport(file=str(path), findings=(_unreadable(e),))
    dialect = writer.detect(cassette)
    read = _Read(path=path, cassette=cassette, torn=torn, lines=SourceMap(cassette), dialect=dialect, redactor=redactor)
    findings = [finding for check in _CHECKS for finding in check(read)]
    findings.sort(key=lambda each: (each.file != str(path), each.line or 0))
    return CheckReport(
        file=str(path), interactions=len(cassette.interactions), dialect=dialect.name, findings=tuple(findings)
    )


def _unreadable(error: CassetteError) -> Finding:
    what = f"{error.key + ': ' if error.key else ''}found {error.found}, expected {error.expected}"
    to_do = "give the path of a cassette" if error.line is None else "mend it by hand, or record it anew"
    if isinstance(error, MergeConflictError):
        to_do = "keep one side of each part that is marked, or take the whole file of one side"
    elif error.found == SECOND_DOCUMENT:
        to_do = "make it a file of its own"
    return Finding(file=error.file, line=error.line, kind="format", what=what, to_do=to_do)


def _torn(read: _Read) -> Iterator[Finding]:
    if read.torn:
        what = f"the last interaction is torn: {len(read.torn)} bytes of it are there"
        yield read.finding("torn", read.lines.end, what, "`tapehead recover` moves them aside")


def _ids(read: _Read) -> Iterator[Finding]:
    seen: dict[int, int] = {}
    expected = 0
    to_do = "harmless: the next one gets the largest and one"
    for position, one in read.each():
        line = read.lines.interaction(position)
        if one.id in seen:
            what = f"the id {one.id} again, which line {seen[one.id]} has"
            yield read.finding("ids", line, what, "number the interactions from 0 on")
        elif one.id != expected:
            yield read.finding("ids", line, f"the id {one.id}, expected {expected}", to_do, wrong=False)
        seen.setdefault(one.id, line)
        expected = one.id + 1


def _http(read: _Read) -> Iterator[Finding]:
    for position, one in read.each():
        for fault in http_faults(one):
            what = f"interactions[{position}].{fault.field}: found {fault.found}, expected {fault.expected}"
            line = read.lines.key(position, fault.part, fault.key)
            yield read.finding("http", line, what, "it is no HTTP, and is not replayed")


def _secrets(read: _Read) -> Iterator[Finding]:
    redactor = read.redactor
    for _, one in read.each():
        redactor.learn_credentials(
            [(name, value) for name, values in one.request.headers.items() for value in values], one.request.url
        )
    to_do = "replace it or record anew; if it is real and the file was shared, revoke it"
    texts = read.cassette.source.texts if read.cassette.source else None
    for position, one in read.each():
        found = False
        response, _ = redactor.response(one.response, [])
        for part, old, new in (
            ("request", one.request, redactor.request(one.request)),
            ("response", one.response, response),
        ):
            for key in _SECRET_FIELDS[part]:
                for kind in _new_kinds(old, new, key):
                    found = True
                    line = read.lines.key(position, part, key)
                    yield read.finding("secret", line, f"{part}.{key} has a credential ({kind})", to_do)
        if texts and not found and (leak := redactor.find_leak(texts[position].encode())):
            line = read.lines.interaction(position)
            yield read.finding("secret", line, f"{leak} in its text, a comment perhaps", to_do)
    if read.cassette.source:
        for line, text in ((1, read.cassette.source.head), (read.lines.tail, read.cassette.source.tail)):
            if texts and (leak := redactor.find_leak(text.encode())):
                yield read.finding("secret", line, f"{leak} outside of the interactions", to_do)


_SECRET_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "request": ("url", "headers", "body", "form", "trailer", "method", "host"),
        "response": ("status", "headers", "body", "trailer"),
    }
)


def _new_kinds(old: Request | Response, new: Request | Response, key: str) -> list[str]:
    """What kinds of credential a redaction has found in a field; each once."""
    before, after = getattr(old, key), getattr(new, key)
    if before == after:
        return []
    counts = [Counter(_KIND.findall(_bytes(value))) for value in (after, before)]
    return sorted(kind.decode() for kind in counts[0] - counts[1]) or ["encoded, or a user in a URL"]


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogateescape")


def _lengths(read: _Read) -> Iterator[Finding]:
    for position, one in read.each():
        request, response = one.request, one.response
        if request.content_length not in (0, -1, len(request.body)):  # 0 and -1: chunked
            what = f"request.content_length is {request.content_length}, the body has {len(request.body)} bytes"
            line = read.lines.key(position, "request", "content_length")
            to_do = "correct it if go-vcr's own matcher is to find it"
            yield read.finding("content_length", line, what, to_do, wrong=False)
        bodiless = request.method == "HEAD" or response.code == 304  # RFC 9110, 8.6: the length that there would be
        if response.content_length not in (-1, len(response.body)) and not bodiless:
            what = f"response.content_length is {response.content_length}, the body has {len(response.body)} bytes"
            line = read.lines.key(position, "response", "content_length")
            yield read.finding("content_length", line, what, "correct it, or write -1 for not known")


def _missing_failures(read: _Read) -> Iterator[Finding]:
    if path := missing_file(read.path):
        what = f"{path.name} is not there, which says what failed or was cut while it was recorded"
        yield read.finding("failures", None, what, "commit that file too, or record anew")


def _unknown_keys(read: _Read) -> Iterator[Finding]:
    for position, one in read.each():
        for part, text in (("", one.unknown), ("request", one.request.unknown), ("response", one.response.unknown)):
            for key in _UNKNOWN_KEY.findall(text):
                what = f"the key `{part + '.' if part else ''}{key}` is none of version 2"
                line = read.lines.key(position, part, key)
                yield read.finding("unknown", line, what, "tapehead keeps it, go-vcr drops it", wrong=False)


def _dialect(read: _Read) -> Iterator[Finding]:
    texts = read.cassette.source.texts if read.cassette.source else None
    if texts is None:
        if read.cassette.interactions:
            what = "the list of interactions is not in block style"
            yield read.finding("dialect", 1, what, "harmless: what is added is as it is", wrong=False)
        return
    other = [
        position
        for position, one in read.each()
        if texts[position].rstrip("\n") != writer.render_interaction(one, read.dialect).rstrip("\n")
    ]
    if other:
        what = f"{len(other)} of {len(texts)} interactions are not laid out as `{read.dialect.name}`, the rest's layout"
        if len(other) == len(texts):
            what = f"no interaction is laid out quite as `{read.dialect.name}`, the nearest layout"
        yield read.finding(
            "dialect", read.lines.interaction(other[0]), what, "harmless: each keeps its own text", wrong=False
        )


def _timings(read: _Read) -> Iterator[Finding]:
    beside = find_timing(read.path)

    def note(line: int | None, what: str, to_do: str) -> Finding:
        found = read.finding("timing", line, what, to_do, wrong=False)
        return replace(found, file=str(beside))

    try:
        file = timing.load_lines(beside)
    except CassetteError as e:
        yield note(e.line, f"found {e.found}, expected {e.expected}", "remove it")
        return
    bodies = {one.id: one.response.body for one in read.cassette.interactions}
    assigned = timing.assign(file.timings, bodies)
    owner = {index: number for number, index in assigned.items()}
    last = {each.id: index for index, each in enumerate(file.timings) if each is not None}
    for index, each in enumerate(file.timings):
        line = file.line(index)
        if each is None:
            found = note(line, "this is no timing", "it is not used; remove the line")
            yield replace(found, wrong=index + 1 < len(file.timings))  # a crash may have torn the last
        elif index in owner:
            if not each.fits(bodies[owner[index]]):
                what = f"the body of interaction {each.id} is not the one that was timed"
                yield note(line, what, "it is replayed event by event; record anew for its pace")
        elif each.id not in bodies:
            yield note(line, f"the cassette has no interaction {each.id}", "it is not used; remove the line")
        elif last[each.id] == index:
            yield note(line, "no interaction has the body that was timed", "it is not used; remove the line")
    if file.timings and (missing := [number for number in bodies if number not in assigned]):
        ids = ", ".join(map(str, missing[:5])) + (", …" if len(missing) > 5 else "")
        yield note(
            None, f"no timing for {len(missing)} of {len(bodies)} interactions ({ids})", "record anew for their pace"
        )


def _failures(read: _Read) -> Iterator[Finding]:
    beside = errors_path(read.path)
    try:
        lines = load_failure_lines(beside)
    except CassetteError as e:
        found = read.finding("failures", e.line, f"found {e.found}, expected {e.expected}", "remove it", wrong=False)
        yield replace(found, file=str(beside))
        return
    for number, each in lines:
        if each is None:
            found = read.finding("failures", number, "this is no failure", "it is not used; remove the line")
            yield replace(found, file=str(beside), wrong=number < lines[-1][0])  # a crash may have torn the last


def _conversations(read: _Read) -> Iterator[Finding]:
    try:
        left = load_open(read.path)
    except CassetteError as e:
        yield read.finding("conversations", None, f"{e}", "remove that file, or mend it by hand")
        return
    if left:
        what = f"{open_path(read.path).name} has {len(left)} that were under way when a run was killed"
        yield read.finding("conversations", None, what, "`tapehead recover` makes them interactions")


_CHECKS: tuple[Callable[[_Read], Iterator[Finding]], ...] = (
    _torn,
    _ids,
    _http,
    _secrets,
    _lengths,
    _missing_failures,
    _unknown_keys,
    _dialect,
    _timings,
    _failures,
    _conversations,
)
