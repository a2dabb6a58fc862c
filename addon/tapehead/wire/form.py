"""Query strings and urlencoded bodies, as Go's `Request.ParseForm` reads them.

Knows nothing of multipart bodies, whose fields are not in a cassette's `form`. Text is str; bytes that are not UTF-8
are surrogate escapes in it, both ways. Where Go's parsers report an error beside what they could read, this gives what
they could read.
"""

import re
from urllib.parse import unquote_to_bytes

from tapehead.wire.headers import media_type

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_MAX_PAIRS = 10_000  # Go src/net/url/url.go, defaultMaxParams
_MAX_BODY = 10 << 20  # Go src/net/http/request.go, parsePostForm: "10 MB is a lot of text"
_FORM = "application/x-www-form-urlencoded"
_METHODS_WITH_FORM = frozenset({"POST", "PUT", "PATCH"})


def parse_query(query: str) -> list[tuple[str, str]]:
    """Returns the names and values, in order. A pair with a `;` or a bad %-escape is left out, and all of 10,001 pairs.

    Source: Go src/net/url/url.go, parseQuery.
    """
    pairs = query.split("&")
    if len(pairs) > _MAX_PAIRS:
        return []
    parsed = []
    for pair in pairs:
        if not pair or ";" in pair or _BAD_ESCAPE.search(pair):
            continue
        name, _, value = pair.partition("=")
        parsed.append((_unescape(name), _unescape(value)))
    return parsed


def go_form(method: str, query: str, content_type: str | None, body: bytes) -> dict[str, tuple[str, ...]]:
    """Returns `Request.Form`: each name's values, those of an urlencoded body before those of the query.

    Source: Go src/net/http/request.go, ParseForm and parsePostForm. One thing is not copied: Go ignores the body when
    a parameter of the Content-Type occurs twice with different values.
    """
    pairs = []
    if method in _METHODS_WITH_FORM and media_type(content_type) == _FORM and len(body) <= _MAX_BODY:
        pairs = parse_query(body.decode("utf-8", "surrogateescape"))
    form: dict[str, list[str]] = {}
    for name, value in pairs + parse_query(query):
        form.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in form.items()}


def _unescape(text: str) -> str:
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
