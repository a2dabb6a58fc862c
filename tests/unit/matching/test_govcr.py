from dataclasses import fields, replace

import pytest

from tapehead.cassette import Request
from tapehead.matching.govcr import COMPARED, compared_fields
from tapehead.matching.key import request_key
from tapehead.matching.rules import Match, Rules

GO_VCR = Rules(match=Match(govcr=True))
FULL = Request(
    method="POST",
    url="https://h/a?b=1&a=2",
    body=b'{"a":1}',
    headers={"Accept": ("a", "b"), "X": ("1",)},
    content_length=7,
    transfer_encoding=("chunked", "gzip"),
    trailer={"T": ("1",)},
    host="h",
    remote_addr="1.2.3.4:5",
    request_uri="/a",
    form={"b": ("1",), "a": ("2",)},
    unknown="x: y\n",
)


def test_fields() -> None:
    """All fields that version 2 has are compared."""
    assert {field.name for field in fields(Request)} - {"unknown"} == set(COMPARED)
    assert replace(FULL, unknown="") == compared_fields(FULL)


@pytest.mark.parametrize(
    "changes",
    [
        {"unknown": ""},
        {"headers": {"X": ("1",), "Accept": ("a", "b")}},
        {"form": {"a": ("2",), "b": ("1",)}},
    ],
)
def test_same(changes: dict[str, object]) -> None:
    """The order of names does not count, nor what version 2 does not have."""
    assert request_key(FULL, GO_VCR) == request_key(replace(FULL, **changes), GO_VCR)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "post"},
        {"url": "https://h/a?a=2&b=1"},
        {"url": "https://H/a?b=1&a=2"},
        {"body": b'{"a": 1}'},
        {"body": b""},
        {"headers": {"Accept": ("b", "a"), "X": ("1",)}},
        {"headers": {"Accept": ("a",), "X": ("1",)}},
        {"headers": {"Accept": ("a, b",), "X": ("1",)}},
        {"headers": {"Accept": ("a", "b")}},
        {"headers": {}},
        {"proto": "HTTP/2.0"},
        {"proto_major": 2},
        {"proto_minor": 0},
        {"content_length": 0},
        {"transfer_encoding": ("gzip", "chunked")},
        {"transfer_encoding": ()},
        {"trailer": {}},
        {"host": ""},
        {"remote_addr": ""},
        {"request_uri": ""},
        {"form": {"b": ("1",)}},
    ],
)
def test_different(changes: dict[str, object]) -> None:
    """Every field counts, as it is spelt."""
    assert request_key(FULL, GO_VCR) != request_key(replace(FULL, **changes), GO_VCR)  # type: ignore[arg-type]


def test_what_go_cannot_parse() -> None:
    """A request whose query Go cannot parse, and go-vcr cannot record, is found here nevertheless."""
    request = Request(method="GET", url="https://h/?a;b=%zz")

    assert request_key(request, GO_VCR) == request_key(request, GO_VCR)
