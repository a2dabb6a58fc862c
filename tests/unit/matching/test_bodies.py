import gzip
import time
import zlib
from random import Random
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.matching.bodies import decode_body, normal_body
from tapehead.wire.multipart import parse_multipart
from tests.unit.matching.respelling import RANDOMS, multipart, parameters

FAST = settings(max_examples=200, deadline=None)
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
NDJSON = "application/x-ndjson"
JSON_PART = b'--b\r\nContent-Type: application/json\r\n\r\n{ "a": 1.0 }\r\n--b--'


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


@pytest.mark.parametrize(
    ("content_type", "body", "normal"),
    [
        # JSON, by its own looks or by what it is said to be.
        (None, b' {"b":1.0, "a":2}', b'{"a":2,"b":1}'),
        ("application/json", b"[1.0]", b"[1]"),
        ("text/plain;charset=UTF-8", b"[1.0]", b"[1]"),
        (FORM, b'{"a": 1}', b'{"a":1}'),
        ("application/json; charset=utf-8", b' "\\u0061"', b'"a"'),
        ("application/vnd.api+json", b"1.0", b"1"),
        (None, b"1.0", b"1.0"),
        ("application/json", b"{", b"{"),
        # Forms.
        (FORM, b"b=2&a=1+1", b"a=1%201&b=2"),
        (FORM + "; charset=utf-8", b"b\n", b"b%0A="),
        (FORM, b"b=%zz\xff&a=1", b"a=1&b=%zz\xff"),
        (None, b"b=2&a=%31", b"a=1&b=2"),
        (None, b"grant_type=refresh_token&a=", b"a=&grant_type=refresh_token"),
        (None, b"b=2&a=1 ", b"b=2&a=1 "),
        (None, b"b&a=1", b"b&a=1"),
        (None, b"QUJD==", b"QUJD=="),
        ("text/plain", b"b=2&a=1", b"b=2&a=1"),
        # Multipart.
        (
            MULTIPART,
            b"--b\r\nb:2\r\nA: 1\r\n\r\nx\r\n--b--",
            b"--boundary\r\nA: 1\r\nB: 2\r\n\r\nx\r\n--boundary--\r\n",
        ),
        (None, b"--b\r\n\r\nx\r\n--b--\r\n", b"--boundary\r\n\r\nx\r\n--boundary--\r\n"),
        ("multipart/related", b"--b\r\n\r\nx\r\n--b--\r\n", b"--boundary\r\n\r\nx\r\n--boundary--\r\n"),
        (MULTIPART, b"--b\r\nContent-Length: 1\r\n\r\nx\r\n--b--", b"--boundary\r\n\r\nx\r\n--boundary--\r\n"),
        (MULTIPART, b"--b\r\n\r\n{ }\r\n--b--", b"--boundary\r\n\r\n{ }\r\n--boundary--\r\n"),
        (
            MULTIPART,
            JSON_PART,
            b'--boundary\r\nContent-Type: application/json\r\n\r\n{"a":1}\r\n--boundary--\r\n',
        ),
        (
            MULTIPART,
            JSON_PART.replace(b"}", b""),
            b'--boundary\r\nContent-Type: application/json\r\n\r\n{ "a": 1.0 \r\n--boundary--\r\n',
        ),
        (MULTIPART, b"--b\r\n\r\nx", b"--b\r\n\r\nx"),
        (MULTIPART, b"--c\r\n\r\nx\r\n--c--", b"--boundary\r\n\r\nx\r\n--boundary--\r\n"),
        ("multipart/form-data", b"x", b"x"),
        (None, b"--b\r\n\r\nx", b"--b\r\n\r\nx"),
        ("text/plain", b"--b\r\n\r\nx\r\n--b--", b"--b\r\n\r\nx\r\n--b--"),
        # NDJSON.
        (NDJSON, b'{"b":1.0,"a":2}\r\n\n 1e0\nplain \n', b'{"a":2,"b":1}\n1\nplain '),
        ("application/stream+json", b"{}\n{ }", b"{}\n{}"),
        (None, b'{"a": 1}\n\n[ ]\n', b'{"a":1}\n[]'),
        (None, b'{"a": 1}\nplain\n', b'{"a": 1}\nplain\n'),
        (None, b'{"a": 1}\n1\n', b'{"a": 1}\n1\n'),
        (None, b"{}\n" * 2 + b"{", b"{}\n" * 2 + b"{"),
        ("text/plain", b"{ }\n{ }", b"{ }\n{ }"),
        # Bytes.
        (None, b"", b""),
        ("application/json", b"", b""),
        ("application/octet-stream", b"\x00\xff", b"\x00\xff"),
        (None, b"plain text", b"plain text"),
    ],
)
def test_kinds(content_type: str | None, body: bytes, normal: bytes) -> None:
    """Each kind has its one spelling; what is of no kind, or not whole, is as sent."""
    assert normal == normal_body(body, content_type)
    assert normal == normal_body(normal, content_type and content_type.partition(";")[0])


@pytest.mark.parametrize(
    ("content_type", "one", "other"),
    [
        (FORM, b"a=1&a=2", b"a=1"),
        (FORM, b"a=1", b"A=1"),
        (MULTIPART, b"--b\r\n\r\nx\r\n--b--", b"--b\r\n\r\ny\r\n--b--"),
        (MULTIPART, b"--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--", b"--b\r\n\r\ny\r\n--b\r\n\r\nx\r\n--b--"),
        (MULTIPART, b"--b\r\na: 1\r\n\r\nx\r\n--b--", b"--b\r\na: 2\r\n\r\nx\r\n--b--"),
        (MULTIPART, b"--b\r\n\r\nx\r\n--b--", b"--b\r\n\r\nx\r\n--b--x\r\n--b--"),
        (MULTIPART, b"--b\r\n\r\nx\r\n--boundary\r\n\r\ny\r\n--b--", b"--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--"),
        (MULTIPART, b"--b\r\n\r\nx\r\n--boundaryx\r\n\r\n--boundary\r\n--b--", b"--b\r\n\r\nx\r\n--b--"),
        (NDJSON, b"{}\n[]", b"[]\n{}"),
        (NDJSON, b"{}\nx", b"{}\ny"),
        (None, b"{}\n{}", b"{}\n{}\n{}"),
    ],
)
def test_different(content_type: str | None, one: bytes, other: bytes) -> None:
    """The order of parts and lines, every header and every byte of a part count."""
    assert normal_body(one, content_type) != normal_body(other, content_type)


@pytest.mark.parametrize("body", [b"--boundary", b"--boundaryxx--boundaryx\r\n--boundary--", b"--boundaryx" * 3])
def test_boundary_is_not_in_a_part(body: bytes) -> None:
    """The one boundary is one that no part holds, so that the parts can be read back."""
    normal = normal_body(b"--b\r\n\r\n%b\r\n--b--" % body, MULTIPART)

    assert [body] == [part.body for part in parse_multipart(normal, normal.partition(b"\r\n")[0][2:])]


@pytest.mark.parametrize(
    ("content_type", "body", "normal"),
    [
        (FORM, b"a=1&b=2", b"b=2"),
        (None, b"a=1&b=2", b"b=2"),
        (
            MULTIPART,
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b--',
            b"--boundary\r\n\r\n2\r\n--boundary--\r\n",
        ),
        (None, b'{"a":1}', b'{"a":1}'),
    ],
)
def test_ignored_fields(content_type: str | None, body: bytes, normal: bytes) -> None:
    """A field of a form is ignored whether the form is urlencoded or multipart."""
    assert normal == normal_body(body, content_type, ignored={"a"})


@pytest.mark.parametrize(
    ("content_type", "body", "normal"),
    [
        (FORM, b"b=2&a=1", b"a=1&b=2"),
        (MULTIPART, b"--b--", b"--boundary--\r\n"),
        (MULTIPART, b"--b", b"--b"),
        (None, b"{}", b""),
        (FORM, b"{}", b""),
        (None, b"text", b""),
        (NDJSON, b"{}\n{}", b""),
    ],
)
def test_forms_only(content_type: str | None, body: bytes, normal: bytes) -> None:
    """Where only forms count, no other body does."""
    assert normal == normal_body(body, content_type, forms_only=True)


def test_edit() -> None:
    """JSON can be changed before it is spelt, and so can each line of NDJSON; no other kind."""

    def edit(value: Any) -> None:
        del value["a"]

    assert b"{}" == normal_body(b'{"a":1}', edit=edit)
    assert b'{"b":1}\n{}' == normal_body(b'{"a":1,"b":1}\n{"a":2}', edit=edit)
    assert b'{"a":1}' in normal_body(JSON_PART, MULTIPART, edit=edit)
    assert b"a=1" == normal_body(b"a=1", edit=edit)


@pytest.mark.parametrize(
    ("body", "encoding", "expected"),
    [
        (gzip.compress(b"{}", mtime=0), "gzip", b"{}"),
        (gzip.compress(b"{}", mtime=0), None, b"{}"),
        (zstd(b"{}"), "ZSTD", b"{}"),
        (zstd(b"{}"), None, b"{}"),
        (zlib.compress(b"{}"), "deflate", b"{}"),
        (zstd(gzip.compress(b"{}", mtime=0)), "gzip, zstd", b"{}"),
        (b"{}", None, b"{}"),
        (b"{}", "identity", b"{}"),
        (b"{}", "gzip", b"{}"),  # decoded, with its header left as it was
        (b"{}", "dcb", b"{}"),
        (b"", "gzip", b""),
        (gzip.compress(b"{}", mtime=0)[:-1], None, gzip.compress(b"{}", mtime=0)[:-1]),
        (gzip.compress(b"{}", mtime=0) + b"x", None, gzip.compress(b"{}", mtime=0) + b"x"),
        (zlib.compress(b"{}"), None, zlib.compress(b"{}")),
    ],
)
def test_decoded(body: bytes, encoding: str | None, expected: bytes) -> None:
    """A coding is undone by its name, gzip and zstd also by their looks; what cannot be decoded whole is as sent."""
    assert expected == decode_body(body, encoding)


def test_bomb() -> None:
    """A body that inflates without bounds is as sent."""
    deflate = zlib.compressobj(9, wbits=31)
    bomb = b"".join(deflate.compress(bytes(1 << 20)) for _ in range(100)) + deflate.flush()

    assert bomb == decode_body(bomb, None)


def test_linear() -> None:
    """A long body of any kind takes time in proportion to its size."""
    started = time.process_time()
    for body in (
        b"a" * 3_000_000,
        b"a=b" * 1_000_000,
        b"a=1&" * 300_000,
        b"a=1&" * 300_000 + b"a=1",
        b"%41=%42&" * 50_000 + b"a=1",
        b"{}\n" * 50_000,
        b"{}\n" * 50_000 + b"x",
        b"--b\r\n" + b"--boundary" * 300_000,
        b"--b\r\n\r\n" + b"--boundary" * 300_000 + b"\r\n--b--",
        b"--b\r\n\r\n--boundary" + b"x" * 3_000_000 + b"\r\n--b--",
    ):
        normal_body(body)
    assert time.process_time() - started < 30


@FAST
@given(st.lists(st.tuples(st.text(), st.text()), min_size=1), RANDOMS)
def test_any_form(pairs: list[tuple[str, str]], random: Random) -> None:
    """However a form is spelt, its one spelling is the same; and one with another value is another."""
    one, other = (normal_body(parameters(pairs, random).encode(), FORM) for _ in range(2))
    assert one == other

    at = random.randrange(len(pairs))
    changed = [*pairs[:at], (pairs[at][0], pairs[at][1] + "x"), *pairs[at + 1 :]]
    assert one != normal_body(parameters(changed, random).encode(), FORM)


@FAST
@given(
    st.lists(
        st.tuples(st.from_regex("[a-z]{1,3}", fullmatch=True), st.binary() | st.text("-boundary\r\n").map(str.encode))
    ),
    RANDOMS,
)
def test_any_multipart(parts: list[tuple[str, bytes]], random: Random) -> None:
    """Whatever the boundary and the order and case of headers, a multipart body is the same, and another is another."""
    spelt = []
    for _ in range(2):
        content_type, body = multipart(parts, random)
        spelt += [normal_body(body, content_type), normal_body(body, None if parts else content_type)]
    assert 1 == len(set(spelt))

    content_type, body = multipart([*parts, ("x", b"")], random)
    assert spelt[0] != normal_body(body, content_type)
    for at, (name, content) in enumerate(parts):
        content_type, body = multipart([*parts[:at], (name, content + b"x"), *parts[at + 1 :]], random)
        assert spelt[0] != normal_body(body, content_type)


@FAST
@given(
    st.binary() | st.text('{}[]"\\:,0e-\n\r=&%b').map(str.encode),
    st.sampled_from([None, FORM, MULTIPART, NDJSON, "application/json"]),
)
def test_any_junk(body: bytes, content_type: str | None) -> None:
    """Any bytes have a normal spelling, whose own is itself."""
    normal = normal_body(body, content_type)

    assert normal == normal_body(normal, content_type and content_type.partition(";")[0])


@pytest.mark.parametrize(
    ("disposition", "same"),
    [
        ("form-data; name=a; filename=x", True),
        ('Form-Data;  filename="x" ;name="a"', True),
        ("form-data; name=a; filename*=UTF-8''x", True),
        ("form-data; name=a; filename=x; filename*=UTF-8''x", True),
        ("form-data; name=a; filename=x; filename*=UTF-8''y", False),
        ("form-data; name=a; filename*=ISO-8859-1''x", False),
        ('form-data; name=a; filename="y"', False),
        ("form-data; name=a", False),
    ],
)
def test_names_in_multipart(disposition: str, same: bool) -> None:
    """Quotes, spaces, order and charset of parameters do not count; what they say does."""

    def body(text: str) -> bytes:
        head = f"Content-Disposition: {text}\r\nContent-Type: text/plain;charset=UTF-8\r\nX-Other: A;b"
        return f"--b\r\n{head}\r\n\r\nx\r\n--b--\r\n".encode()

    kind = "multipart/form-data; boundary=b"
    assert same == (
        normal_body(body('form-data; name="a"; filename="x"'), kind) == normal_body(body(disposition), kind)
    )


def test_what_is_quoted_stays_apart() -> None:
    """A quote within a name is no end of it."""
    names = (r'"a\"; filename=\"x"', '"a"; filename="x"')
    bodies = [f"--b\r\nContent-Disposition: form-data; name={name}\r\n\r\nx\r\n--b--\r\n".encode() for name in names]
    one, other = (normal_body(each, "multipart/form-data; boundary=b") for each in bodies)

    assert one != other
