"""Multipart bodies: whole, cut anywhere, with something around them, and as junk."""

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.wire.multipart import (
    BodyPart,
    boundary_of,
    extended_value,
    parameters,
    parse_multipart,
    without_boundary,
    write_multipart,
)

WHOLE = (
    b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
    b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\nCONTENT-TYPE:audio/wav\r\n\r\n'
    b"RIFF\r\n\r\n--bc\r\n\r\n--b--\r\n"
)
PARTS = (
    BodyPart(headers=(("Content-Disposition", 'form-data; name="model"'),), body=b"whisper-1"),
    BodyPart(
        headers=(
            ("Content-Disposition", 'form-data; name="file"; filename="a.wav"'),
            ("Content-Type", "audio/wav"),
        ),
        body=b"RIFF\r\n\r\n--bc\r\n",
    ),
)


def test_whole() -> None:
    """Parts with their headers, names in canonical case, and their bodies, line ends and longer dashes included."""
    assert PARTS == parse_multipart(WHOLE, b"b")
    assert ["model", "file"] == [part.name for part in PARTS]
    assert "audio/wav" == PARTS[1].header("Content-Type")
    assert PARTS[0].header("Content-Type") is None


@pytest.mark.parametrize("end", [b"", b"\r\n"])
def test_last_line(end: bytes) -> None:
    """The last line may have a line end or none."""
    assert PARTS == parse_multipart(WHOLE.removesuffix(b"\r\n") + end, b"b")


@pytest.mark.parametrize("size", range(len(WHOLE) - 2))
def test_cut(size: int) -> None:
    """Cut after any byte, a body is an error."""
    with pytest.raises(ValueError, match="multipart body"):
        parse_multipart(WHOLE[:size], b"b")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (WHOLE + b"x", "something after its end"),
        (WHOLE + b"\r\n", "something after its end"),
        (WHOLE + WHOLE, "something after its end"),
        (WHOLE[:-2] + b"x", "without an end"),
        (b"preamble\r\n" + WHOLE, "does not begin with its boundary"),
        (b"\r\n" + WHOLE, "does not begin with its boundary"),
        (b"--bc\r\n" + WHOLE, "does not begin with its boundary"),
        (b"", "does not begin with its boundary"),
        (b"--b", "cut short"),
        (b"--b\r\nno headers\r\n--b--", "without a blank line"),
        (b"--b\r\nno colon\r\n\r\n\r\n--b--", "a header that is none"),
    ],
)
def test_malformed(body: bytes, message: str) -> None:
    """Something before, after or instead of the parts is an error."""
    with pytest.raises(ValueError, match=message):
        parse_multipart(body, b"b")


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (b"--b--", ()),
        (b"--b--  \r\n", ()),
        (b"--b\r\n\r\n--b--", (BodyPart(),)),
        (b"--b\r\n\r\n\r\n--b--", (BodyPart(),)),
        (b"--b\t \r\n\r\nx\r\n--b--", (BodyPart(body=b"x"),)),
        (b"--b\r\n\r\n\n\r\n--b--", (BodyPart(body=b"\n"),)),
        (b"--b\r\na: 1\r\n\t2 \r\n  3\r\n\r\nx\r\n--b--", (BodyPart(headers=(("A", "1 2 3"),), body=b"x"),)),
        (b"--b\r\n a:1\r\n\r\n\r\n--b--", (BodyPart(headers=(("A", "1"),)),)),
        (b"--b\r\na:\xff\r\n\r\n\xff\r\n--b--", (BodyPart(headers=(("A", "\udcff"),), body=b"\xff"),)),
        (b"--b\r\n\r\n--b--x\r\n--b--", (BodyPart(body=b"--b--x"),)),
    ],
)
def test_odd(body: bytes, parts: tuple[BodyPart, ...]) -> None:
    """Parts without headers or body, padding after a boundary, folded headers, and bytes that are no UTF-8."""
    assert parts == parse_multipart(body, b"b")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", {}),
        ("form-data", {}),
        ('form-data; name="a"; filename=b.txt', {"name": "a", "filename": "b.txt"}),
        ('form-data;NAME = "a;b\\"c" ;x=', {"name": 'a;b"c', "x": ""}),
        ("form-data; name=a; name=b", {"name": "a"}),
        ('form-data; name="a', {"name": '"a'}),
    ],
)
def test_parameters(value: str, expected: dict[str, str]) -> None:
    """Parameters by lower-case name, with or without quotes; of two of a name the first."""
    assert expected == parameters(value)


@pytest.mark.parametrize(
    ("content_type", "body", "boundary"),
    [
        ("multipart/form-data; boundary=b", b"--b\r\n", b"b"),
        ("multipart/form-data; boundary=b--", b"--b--\r\n", b"b--"),
        ('multipart/related; type="a; boundary=x"; Boundary="b  "', b"--b  \r\n", b"b  "),
        ("multipart/form-data; boundary=c", b"--b\r\n...", b"b"),
        ("multipart/form-data; boundary=b", b"", None),
        ("multipart/form-data", b"--b\r\n...", b"b"),
        (None, b"------WebKitFormBoundary7MA4\r\n", b"----WebKitFormBoundary7MA4"),
        (None, b"--b--", b"b"),
        (None, b"--b \t\r\n", b"b"),
        (None, b"--" + b"b" * 201 + b"\r\n", None),
        (None, b"b", None),
        (None, b"--b\n", None),
    ],
)
def test_boundary(content_type: str | None, body: bytes, boundary: bytes | None) -> None:
    """The Content-Type's boundary if the body begins with it, or that of the body's first line."""
    assert boundary == boundary_of(content_type, body)


@pytest.mark.parametrize(
    ("content_type", "without"),
    [
        ("multipart/form-data; boundary=b", "multipart/form-data"),
        (
            'multipart/related; type="a; boundary=x"; Boundary="b c" ; x=y',
            'multipart/related; type="a; boundary=x" ; x=y',
        ),
        ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
    ],
)
def test_without_boundary(content_type: str, without: str) -> None:
    """Everything but the boundary stays as it is."""
    assert without == without_boundary(content_type)


def test_linear() -> None:
    """Many parts, and many lines that look like a delimiter, take time in proportion to their number."""
    started = time.process_time()
    assert 100_000 == len(parse_multipart(b"--b\r\n\r\nx\r\n" * 100_000 + b"--b--", b"b"))
    assert 1 == len(parse_multipart(b"--b\r\n\r\n" + b"\r\n--bx" * 300_000 + b"\r\n--b--", b"b"))
    assert 1 == len(parse_multipart(b"--b\r\n\r\n" + b"\r\n--b" + b" " * 3_000_000 + b"x\r\n--b--", b"b"))
    assert time.process_time() - started < 30


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.builds(
            BodyPart,
            headers=st.lists(
                st.tuples(st.sampled_from(["A", "Content-Type"]), st.text("ab:; é", max_size=5).map(str.strip)),
                max_size=3,
            ).map(tuple),
            body=st.text("-bc\r\n").map(str.encode).filter(lambda body: b"--b" not in body),
        ),
        max_size=4,
    )
)
def test_written_and_read(parts: list[BodyPart]) -> None:
    """What is written is read back."""
    assert tuple(parts) == parse_multipart(write_multipart(parts, b"b"), b"b")


@settings(max_examples=200, deadline=None)
@given(st.binary() | st.text("-b: \t\r\nx").map(str.encode))
def test_any_junk(junk: bytes) -> None:
    """Any bytes are parts or a ValueError, and nothing else."""
    for body in (junk, b"--b\r\n" + junk, b"--b\r\n\r\n" + junk + b"\r\n--b--"):
        with contextlib.suppress(ValueError):
            parse_multipart(body, b"b")
        boundary_of(None, body)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("UTF-8''%e2%82%ac%20rates", "€ rates"),
        ("utf-8'en'a", "a"),
        ("UTF-8''%ff", "\udcff"),
        ("ISO-8859-1''%a3", None),
        ("UTF-8''a%0D%0Ab", None),
        ("plain", None),
        ("UTF-8'x", None),
    ],
)
def test_extended_value(value: str, text: str | None) -> None:
    """What a value with a charset says; not in another charset, and no line ends."""
    assert text == extended_value(value)
