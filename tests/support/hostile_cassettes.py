"""Cassettes with something in them that is no HTTP: what each is, its text, and what is said of it."""

from dataclasses import dataclass

from tests.support.examples import TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class HostileCassette:
    """One of them. `line` is the line at which it is, from 1."""

    name: str
    text: str
    line: int
    field: str
    """Within the interaction."""
    found: str


_BAD_NAMES = (
    "Has Space",
    "",
    "Ends:",
    "a\tb",
    "a\r\nX-Injected",
    "né",
    "(comment)",
    "a,b",
    "a/b",
    "[x]",
    "a;b",
    "x" * 90 + "@",
)
_PSEUDO = (":status", ":method", ":path", ":authority", ":scheme", ":protocol")
_CONTROLS = ("\r\nX-Injected: 1", "\n", "\r", "\x01", "\x07", "\x0b", "\x1b[2J", "\x7f", "\r\n\r\n<html>", "\x08")
_CODES = (-1, 0, 1, 20, 99, 100, 101, 102, 103, 199, 600, 700, 999, 1000, 99999, 9223372036854775807)
_RESPONSE_HEADER = "              - text/event-stream\n"


def _change(name: str, old: str, new: str, at: str, field: str, found: str, *, first: bool = False) -> HostileCassette:
    assert old in TEXT, old
    position = TEXT.index(old) if first else TEXT.rindex(old)
    text = TEXT[:position] + new + TEXT[position + len(old) :]
    part = 0 if field.startswith("request") else text.index("    response:")
    line = text.count("\n", 0, text.index(f"        {at}:", part)) + 1
    return HostileCassette(name=name, text=text, line=line, field=field, found=found)


def _quoted(text: str) -> str:
    return (
        '"'
        + "".join(c if c.isprintable() and c.isascii() and c not in '"\\' else f"\\u{ord(c):04x}" for c in text)
        + '"'
    )


def _name_field(name: str, part: str) -> HostileCassette:
    new = f"            {_quoted(name)}:\n              - x\n            Content-Type:\n"
    kind = "pseudo header" if name.startswith(":") else "name"
    return _change(
        f"{part} name {name!r}", "            Content-Type:\n", new, "headers", f"{part}.headers", f"the {kind} ",
        first=part == "request",
    )  # fmt: skip


def _value_field(value: str) -> HostileCassette:
    number = f"U+{ord(next(c for c in value if not c.isprintable())):04X}"
    new = f"{_RESPONSE_HEADER}            X-A:\n              - fine\n              - {_quoted('x' + value)}\n"
    return _change(f"value {value!r}", _RESPONSE_HEADER, new, "headers", "response.headers.X-A", number)


def _code(code: int) -> HostileCassette:
    return _change(f"code {code}", "code: 200", f"code: {code}", "code", "response.code", str(code))


def _bodiless(name: str, old: str, new: str) -> HostileCassette:
    return _change(name, old, new, "body", "response.body", "24 bytes", first=old.startswith("method"))


HOSTILE = (
    *(_name_field(each, "response") for each in (*_BAD_NAMES, *_PSEUDO)),
    *(_name_field(each, "request") for each in (_BAD_NAMES[0], _BAD_NAMES[4], *_PSEUDO[:2])),
    *(_value_field(each) for each in _CONTROLS),
    *(_code(each) for each in _CODES),
    _bodiless("a body of a 204", "code: 200", "code: 204"),
    _bodiless("a body of a 304", "code: 200", "code: 304"),
    _bodiless("a body for HEAD", "method: POST", "method: HEAD"),
    _change("two status lines", "status: 200 OK", r'status: "200 OK\r\nX: 1"', "status", "response.status", "U+000D"),
    _change("a status that ends", "status: 200 OK", r'status: "200 OK\n\n"', "status", "response.status", "U+000A"),
    _change("for years", "duration: 1.5s", "duration: 2562047h0m0s", "duration", "response.duration", "2562047h"),
    _change("for a day", "duration: 1.5s", "duration: 24h0m0.000000001s", "duration", "response.duration", "24h0m0.0"),
    _change("a long announcement", "content_length: -1", "content_length: 9999999999999999999", "content_length",
            "response.content_length", "9999999999999999999"),
    _change("a method of two", "method: POST", 'method: "POST /x"', "method", "request.method", "'POST /x'", first=True),
    _change("a method of two lines", "method: POST", r'method: "GET\r\nX: 1"', "method", "request.method", "GET", first=True),
    _change("a URL of two lines", "url: https://api.example.com/v1/chat", r'url: "https://h/\r\nHost: x"', "url",
            "request.url", "U+000D", first=True),
    *(
        _change(f"the trailer {name!r}", "        proto: HTTP/2.0\n",
                f"        proto: HTTP/2.0\n        trailer:\n            {_quoted(name)}: [{_quoted(value)}]\n",
                "trailer", f"response.trailer{tail}", found)
        for name, value, tail, found in (
            ("Content-Length", "5", ".Content-Length", "what says how"),
            ("transfer-encoding", "chunked", ".transfer-encoding", "what says how"),
            ("a b", "x", "", "the name "),
            ("X-Sum", "1\r\n\r\n", ".X-Sum", "U+000D"),
        )
    ),
)  # fmt: skip
