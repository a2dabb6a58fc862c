"""`cassette_match=go-vcr` and go-vcr's DefaultMatcher say the same of 2,000 pairs of requests."""

import base64
import json
import random
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tapehead.cassette import Request
from tapehead.matching.govcr import COMPARED
from tapehead.matching.key import request_key
from tapehead.matching.rules import Rules, parse_match
from tapehead.wire.form import go_form
from tests.interop.govcr import binary

pytestmark = pytest.mark.slow

PAIRS = 2_000
GO_VCR = Rules(match=parse_match(["go-vcr"]))
FORM = "application/x-www-form-urlencoded"
BODIES = (
    ("", b""),
    ("", b"\x00\xff"),
    ("application/json", b'{"a":1,"b":[]}'),
    ("application/json", b""),
    (FORM, b"a=1&b=2&a=3"),
    (FORM + "; charset=utf-8", b"b=%20+x&c"),
    ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'),
)

type Change = Callable[[Request, random.Random], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What was asked, what is recorded, and what was done to the one to make the other."""

    asked: Request
    recorded: Request
    change: str
    nil: bool
    """Empty fields are nil in Go, rather than empty."""


def _headers(r: Request, chance: random.Random) -> dict[str, Any]:
    headers = dict(r.headers)
    name = chance.choice(sorted(headers))
    values = headers[name]
    headers |= chance.choice(
        (
            {name: (*values, "more")},
            {name: values[:-1]},
            {name: values[::-1]},
            {name: (", ".join(values),)},
            {name: (*values[:-1], values[-1] + " ")},
            {"X-More": ("1",)},
            {name.lower(): values},
        )
    )
    return {"headers": headers}


def _less_headers(r: Request, chance: random.Random) -> dict[str, Any]:
    kept = chance.sample(sorted(r.headers), len(r.headers) - 1)
    return {"headers": {name: r.headers[name] for name in kept}}


def _form(r: Request, chance: random.Random) -> dict[str, Any]:
    form = dict(r.form)
    if not form:
        return {"form": chance.choice(({"a": ("1",)}, {"a": ()}))}
    name = chance.choice(sorted(form))
    changes: list[dict[str, tuple[str, ...]]] = [
        {name: form[name][::-1]},
        {name: (*form[name], "")},
        {name: ()},
        {name + "x": form[name]},
    ]
    return {"form": chance.choice((form | chance.choice(changes), {}))}


# What can be done to a recording; of most of it each field alone.
CHANGES: dict[str, Change] = {
    "method": lambda r, _: {"method": r.method.lower()},
    "url": lambda r, c: {"url": c.choice((r.url + "#x", r.url.replace("https", "http"), r.url.replace("/v1", "/v2")))},
    "proto": lambda r, c: {"proto": c.choice(("HTTP/2.0", "", "http/1.1"))},
    "proto_major": lambda r, _: {"proto_major": r.proto_major + 1},
    "proto_minor": lambda r, _: {"proto_minor": r.proto_minor + 1},
    "headers": _headers,
    "less headers": _less_headers,
    "no headers": lambda r, _: {"headers": {}},
    "body": lambda r, c: {"body": c.choice((r.body + b"\n", r.body[:-1], r.body.replace(b":", b": "), b"\xff"))},
    "no body": lambda r, _: {"body": b""},
    "content_length": lambda r, c: {"content_length": c.choice((-1, 0, r.content_length + 1))},
    "transfer_encoding": lambda r, c: {
        "transfer_encoding": c.choice((("chunked",), ("gzip", "chunked"), ("chunked", "gzip"), ()))
    },
    "host": lambda r, c: {"host": c.choice(("", "h", "api.example.com", "API.example.com"))},
    "form": _form,
    "trailer": lambda r, c: {"trailer": c.choice(({}, {"T": ("1",)}, {"T": ()}, {"T": ("1", "2")}, {"t": ("1",)}))},
    "remote_addr": lambda r, _: {"remote_addr": "127.0.0.1:1"},
    "request_uri": lambda r, _: {"request_uri": "/v1"},
}
SAME = "nothing"


def _asked(chance: random.Random) -> Request:
    content_type, body = chance.choice(BODIES)
    headers = {"Accept": ("*/*", "text/html"), "User-Agent": ("Go",), "X-Empty": ("",)}
    headers = {name: headers[name] for name in chance.sample(sorted(headers), chance.randint(1, 3))}
    if content_type:
        headers["Content-Type"] = (content_type,)
    method = chance.choice(("GET", "POST", "PUT", "DELETE"))
    query = chance.choice(("", "a=1", "a=2&b=1&a=1", "key=%20+x&b", "&&", "é=%C3%A9"))
    return Request(
        method=method,
        url=f"https://api.example.com/v1/{chance.choice(('', 'chat', 'a%2Fb'))}{'?' if query else ''}{query}",
        body=body,
        headers=headers,
        content_length=chance.choice((len(body), 0)),
        transfer_encoding=chance.choice(((), (), ("chunked",), ("gzip", "chunked"))),
        trailer=chance.choice(({}, {}, {"T": ("1",)}, {"T": ("2", "1"), "U": ("",)})),
        host=chance.choice(("", "api.example.com")),
        form=go_form(method, query, content_type, body),  # as the proxy has it; go-vcr is to parse the same
    )


def _pair(chance: random.Random) -> Pair:
    asked = _asked(chance)
    change = SAME if chance.random() < 0.45 else chance.choice(sorted(CHANGES))
    recorded = replace(asked, **CHANGES[change](asked, chance)) if change in CHANGES else _shuffled(asked, chance)
    return Pair(asked=asked, recorded=recorded, change=change, nil=chance.random() < 0.5)


def _shuffled(r: Request, chance: random.Random) -> Request:
    """The same, with its names in another order."""

    def shuffle(values: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {name: values[name] for name in chance.sample(sorted(values), len(values))}

    return replace(r, headers=shuffle(r.headers), trailer=shuffle(r.trailer), form=shuffle(r.form))


def _json(r: Request, *, nil: bool) -> dict[str, Any]:
    values = {name: getattr(r, name) for name in COMPARED}
    values["body"] = base64.b64encode(r.body).decode()
    for name in ("body", "headers", "transfer_encoding", "trailer", "form"):
        if nil and not values[name]:
            values[name] = None
    return values


def test_both_matchers_agree() -> None:
    """Equal requests, and requests that differ in one field, are the same to both or different to both."""
    chance = random.Random(20_250_923)
    pairs = [_pair(chance) for _ in range(PAIRS)]
    lines = [
        json.dumps({"asked": _json(p.asked, nil=p.nil), "recorded": _json(p.recorded, nil=not p.nil)}) for p in pairs
    ]
    done = subprocess.run(
        [binary("govcr_matcher")], input="\n".join(lines), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    ours = [request_key(p.asked, GO_VCR) == request_key(p.recorded, GO_VCR) for p in pairs]

    assert PAIRS == len(theirs)
    assert [(p, t) for p, t, o in zip(pairs, theirs, ours, strict=True) if t != o] == []
    assert 0.4 * PAIRS < sum(theirs) < 0.6 * PAIRS
    different = Counter(p.change for p, same in zip(pairs, theirs, strict=True) if not same)
    assert CHANGES.keys() == different.keys(), "each change made a difference at least once, and nothing else did"
