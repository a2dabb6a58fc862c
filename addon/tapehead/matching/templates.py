"""A recorded request that has placeholders, as a pattern: what stands in a request at their places is any value.

All else must be the same, in the one spelling that requests are compared in. A value stays where its placeholder was: within
the same JSON string, parameter, path segment or word. Knows how requests are spelt; does not know which of several that
match answers.
"""

import contextlib
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from tapehead.cassette.model import NO_VALUES, Request, Values
from tapehead.matching.bodies import is_form
from tapehead.matching.canonical_messages import canonical_messages, has_messages
from tapehead.text.placeholder_names import PLACEHOLDER, generic, has_placeholder

type Bound = tuple[str, bytes]
"""A placeholder's name, and the value at its place."""

# A private key is one value, with its line ends; any other is one word.
_KEY_BLOCK = rb"-----BEGIN [A-Z ]++-----(?:[^\"\\-]|\\++[nr])*+-----END [A-Z ]++-----"
_JSON_WORD = re.compile(rb"(?:%b|[^\"\\\s]|\\u[0-9a-f]{4})*+" % _KEY_BLOCK)
_TEXT_WORD = re.compile(rb"(?:-----BEGIN [A-Z ]++-----[^-]*+-----END [A-Z ]++-----|[^\s\"'<>&])*+")
_LINE = re.compile(rb"[^\r\n]*+")
_SEGMENT = re.compile(rb"[^/?#&]*+")
_PARAMETER = re.compile(rb"[^&]*+")
_PARAMETER_WORD = re.compile(rb"(?:%(?!0[9AD]|2[026])[0-9A-F]{2}|[^%&])*+")  # no blank, quote or ampersand

_OPENS = re.compile(rb'\\*+"\Z')
_CLOSES = re.compile(rb'\\*+"')
_SCALAR = rb"-?[0-9][0-9.eE+-]*+|true|false|null"
_WHOLE_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"|%b' % _SCALAR, re.DOTALL)
_FAR = 4096  # bytes back in which the quotes before a placeholder are looked for: they are next to it


@dataclass(frozen=True, slots=True)
class _Hole:
    """A place where any value may stand."""

    name: str
    """`""` where two stand side by side: which part is whose cannot be told."""
    pattern: re.Pattern[bytes]
    is_whole: bool = False
    """Whether the pattern says where the value ends."""


type _MakeHole = Callable[[str, list[bytes], int], _Hole]
"""Of a placeholder's name, the literals around all holes, and its number among them."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A text with holes: one more literal than holes."""

    literals: tuple[bytes, ...]
    holes: tuple[_Hole, ...]

    def values(self, text: bytes) -> tuple[bytes, ...] | None:
        """Returns what stands in the holes; None when the text is another one."""
        if not text.startswith(self.literals[0]):
            return None
        position = len(self.literals[0])
        found = []
        for number, hole in enumerate(self.holes, 1):
            literal = self.literals[number]
            run = hole.pattern.match(text, position)
            if run is None:
                return None
            if hole.is_whole:
                end = run.end() if text.startswith(literal, run.end()) else -1
            elif number == len(self.holes):
                end = len(text) - len(literal)
                end = end if position <= end <= run.end() and text.endswith(literal) else -1
            else:
                end = text.find(literal, position, run.end() + len(literal))
            if end < 0:
                return None
            found.append(text[position:end])
            position = end + len(literal)
        return tuple(found) if position == len(text) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A recorded request as a pattern. Made of what counts in it, in one spelling."""

    request: Request
    names: tuple[str, ...]
    """Of its placeholders, in the order in which they stand in it."""
    _head: _Text
    _query: tuple[_Text, ...]
    _body: _Text | tuple[_Text, ...]

    @property
    def has_open_body(self) -> bool:
        """Whether something in the body may be any value."""
        parts = self._body if isinstance(self._body, tuple) else (self._body,)
        return any(each.holes for each in parts)

    def match(self, request: Request) -> tuple[Bound, ...] | None:
        """Returns what stands in a normal request at each place; None when it differs elsewhere."""
        mine = self.request
        if request.method != mine.method or request.headers != mine.headers:
            return None
        head, query = _split_url(request.url)
        bound = _bind([self._head], [head])
        more = None if bound is None else _bind(self._query, query)
        if bound is None or more is None:
            return None
        if isinstance(self._body, tuple):
            last = _bind(self._body, request.body.split(b"&"))
        else:
            last = _bind([self._body], [request.body])
        return None if last is None else (*bound, *more, *last)


def template_of(request: Request, content_type: str | None) -> Template:
    """Returns the pattern of a normal request."""
    head, query = _split_url(request.url)
    first = _text(head, _segment_hole)
    pairs = tuple(_text(pair, _parameter_hole) for pair in query)
    body: _Text | tuple[_Text, ...]
    if is_form(request.body, content_type):
        body = tuple(_text(pair, _parameter_hole) for pair in request.body.split(b"&"))
        every = (first, *pairs, *body)
    else:
        body = _text(request.body, _json_hole if request.body.startswith((b"{", b"[", b'"')) else _text_hole)
        every = (first, *pairs, body)
    names = tuple(hole.name for text in every for hole in text.holes)
    return Template(request=request, names=names, _head=first, _query=pairs, _body=body)


def same_but_for_values(recorded: str, live: str) -> bool:
    """Returns whether a text is a recorded one but for what stands at the places of its placeholders."""
    text = recorded.encode(errors="surrogatepass")
    if PLACEHOLDER.fullmatch(text):
        return True
    made = _text(text, _text_hole)
    return bool(made.holes) and made.values(live.encode(errors="surrogatepass")) is not None


def has_placeholders(request: Request) -> bool:
    """Returns whether a request has placeholders where two requests are told apart."""
    return has_placeholder(request.body) or has_placeholder(request.url.encode(errors="surrogateescape"))


def generic_request(request: Request) -> Request:
    """Returns a request in which all placeholders are the same, so that those are equal which differ in nothing else.

    The very same object when it has none. Kind and number are no difference: the kind depends on what was known of a
    value, and the number on what was recorded before.
    """
    url, body = _generic_text(request.url), request.body
    if b"REDACTED" in body:
        content_type = next(iter(request.headers.get("Content-Type", ())), None)
        # Lengths stand before the texts of messages: those are spelt without them first.
        body = generic(canonical_messages(content_type, body) if has_messages(content_type) else body)
    headers, form = _generic_values(request.headers), _generic_values(request.form)
    same = url is request.url and body is request.body and headers is request.headers and form is request.form
    return request if same else replace(request, url=url, body=body, headers=headers, form=form)


def _generic_text(text: str) -> str:
    if "REDACTED" not in text:
        return text
    return generic(text.encode(errors="surrogateescape")).decode(errors="surrogateescape")


def _generic_values(values: Values) -> Values:
    if not any("REDACTED" in text for texts in values.values() for text in texts):
        return values
    return {name: tuple(map(_generic_text, texts)) for name, texts in values.items()} or NO_VALUES


def _bind(texts: Sequence[_Text], parts: Sequence[bytes]) -> tuple[Bound, ...] | None:
    """Each text with a part of its own: in their order, as pairs are sorted by name; else any that fits.

    A name with a hole may stand anywhere: then those without holes get an equal one, the others the first that fits.
    """
    if len(texts) != len(parts):
        return None
    if all(b"=" in text.literals[0] for text in texts if text.holes):
        return _bind_in_order(texts, parts)
    rest = Counter(parts)
    rest.subtract(text.literals[0] for text in texts if not text.holes)
    if any(count < 0 for count in rest.values()):
        return None
    bound: list[Bound] = []
    for text in texts:
        if not text.holes:
            continue
        for part, count in rest.items():
            if count and (values := text.values(part)) is not None:
                rest[part] -= 1
                bound += [(hole.name, _decoded(value)) for hole, value in zip(text.holes, values, strict=True)]
                break
        else:
            return None
    return tuple(bound)


def _bind_in_order(texts: Sequence[_Text], parts: Sequence[bytes]) -> tuple[Bound, ...] | None:
    bound: list[Bound] = []
    for text, part in zip(texts, parts, strict=True):
        values = text.values(part)
        if values is None:
            return None
        bound += [(hole.name, _decoded(value)) for hole, value in zip(text.holes, values, strict=True)]
    return tuple(bound)


def _decoded(value: bytes) -> bytes:
    """A value without the spelling of its place: quotes, JSON's escapes, %-escapes."""
    with contextlib.suppress(ValueError):
        while value.startswith(b"\\"):  # a string within a string
            value = json.loads(b'"%b"' % value).encode(errors="surrogatepass")
        if b"\\" in value and not value.startswith(b'"'):
            value = json.loads(b'"%b"' % value).encode(errors="surrogatepass")
        if value.startswith(b'"'):
            value = json.loads(value).encode(errors="surrogatepass")
    return unquote_to_bytes(value) if b"%" in value else value


def _split_url(url: str) -> tuple[bytes, list[bytes]]:
    head, mark, query = url.encode(errors="surrogateescape").partition(b"?")
    return head + mark, query.split(b"&")


def _text(text: bytes, hole: _MakeHole) -> _Text:
    if not has_placeholder(text):
        return _Text((text,), ())
    literals: list[bytes] = []
    holes: list[_Hole] = []
    position = 0
    for match in PLACEHOLDER.finditer(text):
        if holes and match.start() == position:
            holes[-1] = replace(holes[-1], name="")
        else:
            literals.append(text[position : match.start()])
            holes.append(_Hole(match[1].decode(), _LINE))
        position = match.end()
    literals.append(text[position:])
    for number, each in enumerate(holes):
        holes[number] = hole(each.name, literals, number)
    return _Text(tuple(literals), tuple(holes))


def _segment_hole(name: str, _: list[bytes], __: int) -> _Hole:
    return _Hole(name, _SEGMENT)


def _parameter_hole(name: str, literals: list[bytes], number: int) -> _Hole:
    is_value = literals[number].endswith(b"=") and number == 0 and not literals[1]
    return _Hole(name, _PARAMETER if is_value and len(literals) == 2 else _PARAMETER_WORD)


def _text_hole(name: str, literals: list[bytes], number: int) -> _Hole:
    if literals[number].endswith(b"\r\n\r\n") and literals[number + 1].startswith(
        b"\r\n--"
    ):  # a part of a multipart body
        return _Hole(name, _LINE)
    return _Hole(name, _TEXT_WORD)


def _json_hole(name: str, literals: list[bytes], number: int) -> _Hole:
    """A whole string may be any string, or a number: quotes and all are part of the hole then."""
    opens = _OPENS.search(literals[number], max(0, len(literals[number]) - _FAR))
    closes = _CLOSES.match(literals[number + 1])
    if not (opens and closes and opens[0] == closes[0]):
        return _Hole(name, _JSON_WORD)
    literals[number] = literals[number][: opens.start()]
    literals[number + 1] = literals[number + 1][closes.end() :]
    if opens[0] == b'"':
        return _Hole(name, _WHOLE_STRING, is_whole=True)
    quote = re.escape(opens[0])
    within = re.compile(rb'%b(?:[^"\\]|\\++[^"\\])*+%b|%b' % (quote, quote, _SCALAR))
    return _Hole(name, within, is_whole=True)
