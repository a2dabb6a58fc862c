import pytest

from tapehead.cassette import CassetteError, loads
from tapehead.cassette import reader as reader_module
from tests.support.examples import INTERACTION, TEXT

MINIMAL = "version: 2\ninteractions:\n- request: {url: u, method: GET}\n  response: {code: 200}\n"


def test_reads_the_layout() -> None:
    """A cassette in the reference's layout reads as its interactions."""
    assert (INTERACTION,) == loads(TEXT).interactions


def test_bytes_and_text_read_alike() -> None:
    """The input may be bytes or text."""
    assert loads(TEXT.encode()) == loads(TEXT)


def test_what_is_missing_has_go_vcrs_zero_value() -> None:
    """Optional keys may be missing, as in files that other tools have made."""
    read = loads(MINIMAL).interactions[0]

    assert (0, b"", {}, 0) == (read.id, read.request.body, read.response.headers, read.response.duration)


@pytest.mark.parametrize("nothing", ["", "~", "null", "[]"])
def test_empty_list(nothing: str) -> None:
    """A list may be empty or null."""
    assert () == loads(f"version: 2\ninteractions: {nothing}\n").interactions


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1:2:3", b"1:2:3"),
        ("=", b"="),
        ("yes", b"yes"),
        ("2020-01-01", b"2020-01-01"),
        ("~", b""),
        ("null", b""),
        ('"null"', b"null"),
        ("!!str null", b"null"),
        ("!!binary aGkA", b"hi\0"),
        ("!!binary |\n      aG\n      kA", b"hi\0"),
        ('"\\U0001F600"', "😀".encode()),
    ],
)
def test_text_is_never_resolved(value: str, expected: bytes) -> None:
    """A scalar is text where the schema says text, whatever YAML 1.1 would make of it."""
    text = MINIMAL.replace("{code: 200}", f"\n    code: 200\n    body: {value}")

    assert expected == loads(text).interactions[0].response.body


def test_binary_header_value() -> None:
    """A header value that is not UTF-8 is held with surrogate escapes."""
    text = MINIMAL.replace("{code: 200}", "{code: 200, headers: {X: [!!binary /w==]}}")

    assert {"X": ("\udcff",)} == loads(text).interactions[0].response.headers


def test_null_headers() -> None:
    """Null headers are no headers."""
    text = MINIMAL.replace("{code: 200}", "{code: 200, headers: ~, transfer_encoding: ~}")

    assert {} == loads(text).interactions[0].response.headers


def test_a_second_document_is_refused() -> None:
    """Nobody would read it, and the next writer would put an interaction before it; one that says nothing is none."""
    with pytest.raises(
        CassetteError, match=f"<cassette>:{TEXT.count(chr(10)) + 1}: found a second document, expected one"
    ):
        loads(TEXT + "---\nother: document\n")
    for ending in ("...\n", "...\n# end\n", "---\n", "---\n...\n---\n~\n"):
        assert loads(TEXT).interactions == loads(TEXT + ending).interactions


def test_comments_stay_with_the_item_below() -> None:
    """Comment lines right above an item belong to that item's text."""
    item = TEXT.partition("interactions:\n")[2]
    cassette = loads(f"version: 2\ninteractions:\n{item}# two\n  # lines\n{item}")

    assert cassette.source
    assert (item, f"# two\n  # lines\n{item}") == cassette.source.texts


def test_a_hash_at_the_end_of_a_body_is_no_comment() -> None:
    """A line of a body that looks like a comment stays in its body."""
    item = "- request: {url: u, method: GET}\n  response:\n    code: 200\n    body: |\n      # not a comment\n"
    cassette = loads(f"version: 2\ninteractions:\n{item}{item}")

    assert cassette.source
    assert (item, item) == cassette.source.texts


def test_unknown_keys_are_kept_as_text() -> None:
    """Keys that version 2 does not have come back as their own lines, moved to column 0."""
    text = (
        "version: 2\nmore: [1]\ninteractions:\n- seen: {a: [b]}\n  request:\n    url: u\n    method: GET\n    note: |\n"
    )
    text += "      two\n      lines\n    tag: x\n  response: {code: 200}\n"
    read = loads(text).interactions[0]

    assert "seen: {a: [b]}\n" == read.unknown
    assert "note: |\n  two\n  lines\ntag: x\n" == read.request.unknown


def test_byte_order_mark() -> None:
    """A byte order mark is no part of the text, and is kept."""
    cassette = loads(b"\xef\xbb\xbf" + TEXT.encode())

    assert (INTERACTION,) == cassette.interactions
    assert cassette.source
    assert cassette.source.head.startswith("\ufeff---")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "found nothing, expected a cassette"),
        ("- 1\n", 1, "found a list, expected a mapping of version and interactions"),
        ("just text\n", 1, "found 'just text', expected a mapping"),
        ("version: 1\ninteractions: []\n", 1, "version: found 1, expected 2"),
        ("version: two\ninteractions: []\n", 1, "version: found 'two', expected an integer"),
        ("interactions: []\n", 2, "version: found no such key, expected 2"),
        ("version: 2\n", 2, "interactions: found no such key, expected a list"),
        ("version: 2\ninteractions: 7\n", 2, "interactions: found '7', expected a list"),
        ("version: 2\ninteractions: {}\n", 2, "interactions: found a mapping, expected a list"),
        ("version: 2\ninteractions:\n- 1\n", 3, "interactions[0]: found '1', expected a mapping"),
        ("version: 2\ninteractions:\n- id: 1\n", 4, "interactions[0].request: found no such key"),
        (MINIMAL.replace("method: GET", "method: [GET]"), 3, "request.method: found a list, expected text"),
        (MINIMAL.replace(", method: GET", ""), 3, "request.method: found no such key"),
        (MINIMAL.replace("code: 200", "code: ok"), 4, "response.code: found 'ok', expected an integer"),
        (
            MINIMAL.replace("code: 200", "code: 200, uncompressed: maybe"),
            4,
            "uncompressed: found 'maybe', expected true",
        ),
        (
            MINIMAL.replace("code: 200", "code: 200, duration: soon"),
            4,
            "duration: found 'soon', expected a Go duration",
        ),
        (
            MINIMAL.replace("code: 200", "code: 200, headers: [a]"),
            4,
            "headers: found a list, expected a mapping of names",
        ),
        (MINIMAL.replace("code: 200", "code: 200, headers: {A: b}"), 4, "headers.A: found 'b', expected a list"),
        (MINIMAL.replace("code: 200", "code: 200, body: !!binary a"), 4, "body: found broken base64"),
        (MINIMAL.replace("code: 200", "code: 200, body: !!binary é"), 4, "body: found broken base64"),
        (MINIMAL.replace("code: 200", "code: 200, headers: {A\u202eb: c}"), 4, "headers.A\\u202eb: found 'c'"),
        (MINIMAL.replace("code: 200", "code: 200, body: !thing a"), 4, "body: found the tag !thing"),
        (MINIMAL.replace("code: 200", "code: 200, code: 201"), 4, "found the key 'code' again"),
        (MINIMAL.replace("url: u", "url: &a u").replace("code: 200", "code: 200, body: *a"), 4, "found the alias *a"),
        ("version: 2\nx: &a [1]\ny: [*a]\n", 3, "found the alias *a, expected no aliases"),
        ("version: 2\nx: " + "[" * 100 + "\n", 2, "found more than 64 levels"),
        ("version: 2\ninteractions: [\n", 3, "expected valid YAML"),
        ("version: 2\n\ta: 1\n", 2, "expected valid YAML"),
        ("version: 2\na: 'b\n", 3, "expected valid YAML"),
        ("version: 2\na: \x01\n", 2, "found the unprintable character U+0001"),
    ],
)
def test_errors_say_where_and_what(text: str, line: int, message: str) -> None:
    """What is wrong is one CassetteError with file, line, key, what was found and what was expected."""
    with pytest.raises(CassetteError) as caught:
        loads(text, file="chat.yaml")

    assert f"chat.yaml:{line}: " == str(caught.value)[: len(f"chat.yaml:{line}: ")]
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("version: 2".encode("utf-16"), "c:1: found UTF-16, expected UTF-8"),
        (b"version: 2\nx: \xff\n", "c:2: found the byte 0xFF, expected UTF-8 text"),
    ],
)
def test_not_utf8(data: bytes, message: str) -> None:
    """A file that is not UTF-8 is refused, and the error names the line."""
    with pytest.raises(CassetteError) as caught:
        loads(data, file="c")

    assert message == str(caught.value)


def test_size_is_bounded_before_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the limit is refused before anything is built."""
    monkeypatch.setattr(reader_module, "MAX_BYTES", 10)

    with pytest.raises(CassetteError, match="found 11 bytes, expected at most 10"):
        loads(b"version: 2\n")


def test_deep_nesting_is_an_error_not_a_crash() -> None:
    """50,000 nested lists, which crash libyaml's composer, are refused."""
    with pytest.raises(CassetteError, match="levels"):
        loads("version: 2\ninteractions: []\nx: " + "[" * 50_000)
