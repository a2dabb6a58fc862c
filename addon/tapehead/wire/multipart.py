"""Multipart bodies: their parts, and the boundary between them.

Source: RFC 2046, 5.1.1. Stricter than it: text before the first part or after the last is an error, since no client
sends any and a difference in it must not be lost. Does not undo a part's transfer encoding, and does not look into
parts that are multipart themselves.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from tapehead.wire.headers import canonical_name

_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')
_ESCAPED = re.compile(r"\\(.)")
# What follows `--boundary` at a delimiter: two dashes at the last one, padding, and the line's end.
_AFTER_BOUNDARY = re.compile(rb"(--)?[ \t]*+(\r\n|\Z)")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_BLANKS = " \t"
_FIRST_LINE = re.compile(rb"--([^\r\n]{1,200}?)(?:--)?[ \t]*+(?:\r\n|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyPart:
    """One part: its headers in order, names in canonical case, and its body as sent."""

    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Returns the first value of a header, named in canonical case; None without one."""
        return next((value for each, value in self.headers if each == name), None)

    @property
    def name(self) -> str | None:
        """The name of the form field, from Content-Disposition."""
        return parameters(self.header("Content-Disposition") or "").get("name")


def parameters(value: str) -> Mapping[str, str]:
    """Returns the parameters of a header value such as Content-Type's, names in lower case."""
    found: dict[str, str] = {}
    for name, quoted, token in _PARAMETER.findall(value):
        found.setdefault(name.lower(), _ESCAPED.sub(r"\1", quoted) or token)
    return found


def extended_value(value: str) -> str | None:
    """Returns what `UTF-8''%e2%82%ac` says (RFC 8187, 3.2); None for what is spelt wrongly, in another charset, or no name."""
    charset, _, rest = value.partition("'")
    _, quote, text = rest.partition("'")
    if not quote or charset.lower() != "utf-8":
        return None
    said = unquote_to_bytes(text)
    return None if _CONTROL.search(said) else said.decode("utf-8", "surrogateescape")


def boundary_of(content_type: str | None, body: bytes) -> bytes | None:
    """Returns the boundary that a Content-Type names, if `body` begins with it; else that of its first line, or None."""
    named = parameters(content_type or "").get("boundary", "").encode("utf-8", "surrogateescape")
    if named and body.startswith(b"--" + named):
        return named
    first = _FIRST_LINE.match(body)
    return first[1] if first else None


def without_boundary(content_type: str) -> str:
    """Returns a Content-Type value less its boundary, which is another one each time."""
    return _PARAMETER.sub(lambda found: "" if found[1].lower() == "boundary" else found[0], content_type)


def parse_multipart(body: bytes, boundary: bytes) -> tuple[BodyPart, ...]:
    """Returns the parts of a whole body. Raises ValueError for one that is cut short, or has anything around its parts."""
    delimiter = b"\r\n--" + boundary
    before, *pieces = (b"\r\n" + body).split(delimiter)
    if before:
        raise ValueError("a multipart body that does not begin with its boundary")
    texts: list[list[bytes]] = []
    closed = False
    for piece in pieces:
        after = _AFTER_BOUNDARY.match(piece)
        if closed:
            raise ValueError("a multipart body with something after its end")
        if after is None:  # a longer line that begins like the delimiter
            if not texts:
                raise ValueError("a multipart body that does not begin with its boundary")
            texts[-1] += delimiter, piece
        elif after[1]:
            closed = True
            if after.end() < len(piece):
                raise ValueError("a multipart body with something after its end")
        elif after[2]:
            texts.append([piece[after.end() :]])
        else:
            raise ValueError("a multipart body that is cut short")
    if not closed:
        raise ValueError("a multipart body without an end")
    return tuple(_parse_part(b"".join(text)) for text in texts)


def write_multipart(parts: Iterable[BodyPart], boundary: bytes) -> bytes:
    """Returns a body of these parts. `boundary` must not occur in them."""
    lines = []
    for part in parts:
        headers = "".join(f"{name}: {value}\r\n" for name, value in part.headers)
        lines.append(b"--%b\r\n%b\r\n%b\r\n" % (boundary, headers.encode("utf-8", "surrogateescape"), part.body))
    return b"".join(lines) + b"--%b--\r\n" % boundary


def _parse_part(text: bytes) -> BodyPart:
    if not text:
        return BodyPart()
    if text.startswith(b"\r\n"):
        return BodyPart(body=text[2:])
    head, blank, body = text.partition(b"\r\n\r\n")
    if not blank:
        raise ValueError("a part of a multipart body without a blank line after its headers")
    headers: list[tuple[str, str]] = []
    for line in head.decode("utf-8", "surrogateescape").split("\r\n"):
        name, colon, value = line.partition(":")
        if line[0] in _BLANKS and headers:  # folded
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip(_BLANKS)}".strip(_BLANKS))
        elif colon:
            headers.append((canonical_name(name.strip(_BLANKS)), value.strip(_BLANKS)))
        else:
            raise ValueError("a part of a multipart body with a header that is none")
    return BodyPart(headers=tuple(headers), body=body)
