"""request_heads: what hyper-h2 and mitmproxy take with our patches, and what they refuse, is taken and refused."""

import pytest
from h2.exceptions import ProtocolError
from h2.utilities import HeaderValidationFlags, validate_headers
from mitmproxy.proxy.layers.http._http2 import parse_h2_request_headers

from tapehead.lane.field_blocks import write_block
from tapehead.lane.http2_frames import Http2StreamError
from tapehead.lane.request_heads import HeadReader, RequestHead
from tapehead.mitm import spaced_values

type Pairs = list[tuple[bytes, bytes]]

GET: Pairs = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"a.test"), (b":path", b"/")]
NO_AUTHORITY = [GET[0], GET[1], GET[3]]
A = (b"x-a", b"b")

HEADS: dict[str, Pairs] = {
    "plain": [*GET, A],
    "host instead": [*NO_AUTHORITY, (b"host", b"a.test")],
    "both": [*GET, (b"host", b"a.test")],
    "two hosts": [*GET, (b"host", b"b.test")],
    "host twice": [*NO_AUTHORITY, (b"host", b"a.test"), (b"host", b"a.test")],
    "no host": NO_AUTHORITY,
    "no method": GET[1:],
    "no scheme": [GET[0], *GET[2:]],
    "no path": GET[:3],
    "an empty path": [*GET[:3], (b":path", b"")],
    "a method twice": [GET[0], *GET],
    "an unknown pseudo-field": [*GET, (b":odd", b"1")],
    "a status": [*GET, (b":status", b"200")],
    "a protocol": [*GET, (b":protocol", b"websocket")],
    "connect": [(b":method", b"CONNECT"), GET[2]],
    "a pseudo-field late": [*GET[:3], A, GET[3]],
    "an unknown pseudo-field late": [*GET, A, (b":odd", b"1")],
    "upper case": [*GET, (b"X-A", b"b")],
    "no name": [*GET, (b"", b"b")],
    "a colon": [*GET, (b"x:a", b"b")],
    "a space in a name": [*GET, (b"x a", b"b")],
    "eight bits in a name": [*GET, (b"x\xe4", b"b")],
    "eight bits in a value": [*GET, (b"x-a", b"\xe4")],
    "lines": [*GET, (b"x-a", b"b\r\nc: d")],
    "a zero": [*GET, (b"x-a", b"\0")],
    "space around": [*GET, (b"x-a", b" b\t")],
    "space alone": [*GET, (b"x-a", b" ")],
    "space in a path": [*GET[:3], (b":path", b"/ ")],
    "te": [*GET, (b"te", b"Trailers")],
    "another te": [*GET, (b"te", b"gzip")],
    "connection": [*GET, (b"connection", b"close")],
    "upgrade": [*GET, (b"upgrade", b"websocket")],
    "a long field": [*GET, (b"x-a", b"b" * 3000)],
}


def of_hyper(fields: Pairs) -> Pairs | None:
    """The fields as hyper-h2 and mitmproxy give them; None where one refuses them."""
    spaced_values.install()
    flags = HeaderValidationFlags(is_client=False, is_trailer=False, is_response_header=False, is_push_promise=False)
    try:
        return of_mitmproxy([(bytes(name), bytes(value)) for name, value in validate_headers(fields, flags)])
    except ProtocolError:
        return None


def of_mitmproxy(fields: Pairs) -> Pairs | None:
    try:
        _, _, method, scheme, authority, path, rest = parse_h2_request_headers(fields)
    except ValueError:
        return None
    return [(b":method", method), (b":scheme", scheme), (b":authority", authority), (b":path", path), *rest.fields]


def read(fields: Pairs, *, is_lenient: bool = False) -> RequestHead | None:
    reader = HeadReader(2**16, is_lenient=is_lenient)
    block = write_block(fields)
    try:
        head = reader.head(block)
    except Http2StreamError:
        return None
    assert head is reader.head(block) or len(block) > 2048
    return head


def plain(head: RequestHead | None) -> Pairs | None:
    if head is None:
        return None
    request = head.request
    return [
        (b":method", request.method),
        (b":scheme", request.scheme),
        (b":authority", head.authority),
        (b":path", request.path),
        *request.fields,
    ]


@pytest.mark.parametrize("fields", HEADS.values(), ids=HEADS)
def test_a_strict_one(fields: Pairs) -> None:
    """As hyper-h2 is."""
    assert of_hyper(fields) == plain(read(fields))


@pytest.mark.parametrize("fields", HEADS.values(), ids=HEADS)
def test_a_lenient_one(fields: Pairs) -> None:
    """As mitmproxy is without hyper-h2's checks."""
    assert of_mitmproxy(fields) == plain(read(fields, is_lenient=True))


@pytest.mark.parametrize("is_lenient", [False, True])
def test_authorities(is_lenient: bool) -> None:
    """A request's is that of `Host`, where it has no other."""
    head = read(HEADS["host instead"], is_lenient=is_lenient)
    assert head
    assert (b"", b"a.test") == (head.authority, head.request.authority)


@pytest.mark.parametrize("is_lenient", [False, True])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        ([b"12"], 12),
        ([b"12", b"012"], 12),
        ([b"12", b"13"], "refused"),
        ([b"+1"], "refused"),
        ([b""], "refused"),
        ([b"1" * 30], "refused"),
    ],
)
def test_lengths(values: list[bytes], expected: object, is_lenient: bool) -> None:
    """All say the same number, in digits."""
    head = read([*GET, *((b"content-length", value) for value in values)], is_lenient=is_lenient)
    assert expected == (head.length if head else "refused")


@pytest.mark.parametrize("is_lenient", [False, True])
def test_expectations(is_lenient: bool) -> None:
    """Whoever waits for a 100 is told from the others."""
    for fields, expected in (([A], False), ([(b"expect", b"100-continue")], True)):
        head = read([*GET, *fields], is_lenient=is_lenient)
        assert head
        assert expected is head.expects


def test_trailers() -> None:
    """They are checked and trimmed as fields are, and have no pseudo-fields; a lenient reader takes all."""
    reader = HeadReader(2**16, is_lenient=False)
    assert [(b"x-a", b"b")] == reader.trailers(write_block([(b"x-a", b" b")]))
    for fields in ([(b":path", b"/")], [(b":odd", b"/")], [(b"X-A", b"b")]):
        with pytest.raises(Http2StreamError):
            reader.trailers(write_block(fields))
    assert [(b":odd", b" /")] == HeadReader(2**16, is_lenient=True).trailers(write_block([(b":odd", b" /")]))


def test_the_same_bytes_with_another_table() -> None:
    """They mean something else, and are read anew."""
    reader, block = HeadReader(2**16, is_lenient=False), write_block(GET) + b"\xbe"
    for value in (b"one", b"two"):
        reader.skip(b"\x40\x03x-a\x03" + value)
        assert ((b"x-a", value),) == reader.head(block).request.fields == reader.head(block).request.fields


def test_many_heads_and_fields() -> None:
    """What is kept of them is bounded."""
    reader = HeadReader(2**16, is_lenient=False)
    for number in range(1000):
        reader.head(write_block([*GET, (b"x-number", b"%d" % number)]))

    assert len(reader._known) <= 64
    assert len(reader._checked) <= 256
