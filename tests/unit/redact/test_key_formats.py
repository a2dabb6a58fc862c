"""Finding keys by their shape: where they may begin, what is too little of one, and how quickly a text without is left."""

import base64
import re
import time
from random import Random

import pytest

from tapehead.redact.edits import apply, merge
from tapehead.redact.key_formats import KINDS, SHAPES, _matches, find_shapes, holds_literal
from tapehead.redact.prefilter import long_tokens
from tests.unit.redact.key_samples import PARTS, SAMPLES, TOKEN, WORD

HIDDEN = "[REDACTED:anthropic-key]"
KEY = f"sk-ant-api03-{WORD}"


def clean(text: str | bytes) -> str:
    """The text without what has a shape."""
    data = text.encode() if isinstance(text, str) else text
    return apply(data, merge(find_shapes(data, long_tokens(data)))).decode("latin-1")


def test_every_row_has_a_sample_and_a_source() -> None:
    """No row is without a made-up key of its kind and its literal, a least length, and a document that names it."""
    samples = [(kind, f"{key}".encode()) for kind, key in SAMPLES] + [
        (kind, f"{a}{b}".encode()) for kind, a, b in PARTS
    ]
    for shape in SHAPES:
        assert [] != [key for kind, key in samples if kind == shape.kind and shape.literal in key], shape.literal
        assert len(shape.source) > 5
        assert len(shape.literal) + shape.least + 80 * bool(shape.head) >= 15, shape.literal
    assert {kind for kind, *_ in (*SAMPLES, *PARTS)} == KINDS


@pytest.mark.parametrize(("kind", "key"), [each for each in SAMPLES if each[0] != "private-key"])
def test_quick_looks_see_every_key(kind: str, key: str) -> None:
    """What says that there is no key never says so of one, in a short text and in a long one with all separators."""
    assert holds_literal(f"a {key} b".encode())
    assert f"[REDACTED:{kind}]" in clean(f"{'some_words-of.text ' * 150} {key} ")


@pytest.mark.parametrize("behind", [b"", b"." * 100_000])
def test_one_after_the_other(behind: bytes) -> None:
    """A key that begins within another is part of it."""
    shape = next(each for each in SHAPES if each.literal == b"sk-ant-")
    key = b"sk-ant-" + b"z" * 16 + b"-sk-ant-" + b"y" * 16

    assert [(0, len(key)), (len(key) + 1, 2 * len(key) + 1)] == list(_matches(shape, key + b" " + key + behind))


@pytest.mark.parametrize(
    "before",
    ["", " ", "=", "/", "-", "\\n", "\\u003d", "%3D", "\\x1b", "[31m", "[1;31m", "\\u001b[0m", "key", "m", "\x01a"],
)
def test_beginnings(before: str) -> None:
    """A key begins where a word does, behind an escape or a colour; one whose literal tells enough behind anything short."""
    assert f"{before}{HIDDEN} x" == clean(f"{before}{KEY} x")


def test_no_beginning() -> None:
    """Within something long no literal says anything, nor does one that is short behind a letter, nor a JWT in a word."""
    for text in (
        f"{'a' * 17}{KEY}",
        f"task-{WORD}",
        f"xsk-{WORD}",
        f"a.eyJhbGciOiJI.eyJzdWIiOiIx.{WORD}",
        f"axpplx-{'a' * 30}",
    ):
        assert text == clean(text)
    assert f"xhf_{WORD}" == clean(f"xhf_{WORD}")
    assert "xpplx-Ab1Cd2Ef3Gh4Ij5" == clean("xpplx-Ab1Cd2Ef3Gh4Ij5")


def test_length_bytes() -> None:
    """The length that protobuf and msgpack put before a string does not hide a key with a short literal; other letters do."""
    key = f"sk-{WORD}{WORD[:9]}"

    assert f"\n{chr(len(key))}[REDACTED:openai-key]\x12" == clean(f"\n{chr(len(key))}{key}\x12")
    assert f"\nz{key}\x12" == clean(f"\nz{key}\x12")


def test_where_a_key_begins_before_its_literal() -> None:
    """A format whose literal is not at its beginning wants that beginning, by itself."""
    key = f"8123456789:AA{TOKEN[:33]}"

    assert "https://h/bot[REDACTED:telegram-token]/send" == clean(f"https://h/bot{key}/send")
    assert f"x{key}" == clean(f"x{key}")
    assert f"12:AA{TOKEN[:33]}" == clean(f"12:AA{TOKEN[:33]}")
    assert "\\n[REDACTED:telegram-token]" == clean(f"\\n{key}")


@pytest.mark.parametrize(
    "text",
    [
        "sk-loading-spinner-container-inner",  # names of classes
        "pa-string-of-forty-or-more-letters-that-says-something",
        "al-gore-and-others-said-something-about-the-climate-2024",
        "ak_an_identifier_with_many_words_1",
        "sha256=ck_nyL1vMK-zBOfR2xqX_GnqX08ERkbHRBUaSJs30to",  # a file's hash
        "sha512-AKIAABCDEFGH234567AB",
        "4b1d" + "0a" * 30,  # a hash
        "path/to/pat.something.else",
        "API-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "EOS_TOKEN=<|endoftext|>",
        "MODEL_KEY=claude-sonnet-4-5",
        "SORT_KEY=conversation_id",
        "npm_config_registry_of_a_package_that_is_long",
        "v4.local.development",
        "xox-1234567890123456",
    ],
)
def test_what_is_no_key(text: str) -> None:
    """Names, words and hashes that begin as keys do stay."""
    assert text == clean(f"{text}")
    assert f'{{"a": "{text}"}}' == clean(f'{{"a": "{text}"}}')


def test_the_path_behind_a_key_with_slashes() -> None:
    """What follows a key in the path of a URL is none of it, also where a slash may be."""
    key = "xoxd-" + "aB3/dE5f" * 4
    for behind in ("/content", "/files/content", "/files/v1", "/files//content", ""):
        assert f"https://h/a/[REDACTED:slack-token]{behind}" == clean(f"https://h/a/{key}{behind}")
    two = f"https://h/files/{key}/files/{key.removeprefix('xoxd-')}/content"
    assert "https://h/files/[REDACTED:slack-token]/files/[REDACTED:slack-token]/content" == clean(two)


def test_kept_kinds() -> None:
    """A kind that is kept is not looked for, private keys neither."""
    text = f"{KEY} -----BEGIN PRIVATE KEY-----\n{WORD}\n-----END PRIVATE KEY-----".encode()

    assert [] == find_shapes(text, long_tokens(text), KINDS)
    assert "[REDACTED:anthropic-key] [REDACTED:private-key]" == clean(text)


def test_nothing_by_accident() -> None:
    """Random bytes in base64, as images and encrypted reasoning are, have no keys."""
    random = Random(15)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        data = encode(random.randbytes(300_000))
        assert [] == [edit for each in find_shapes(data, long_tokens(data)) for edit in each]
        lines = re.sub(rb"(.{76})", rb"\1\n", data)
        assert [] == [edit for each in find_shapes(lines, long_tokens(lines)) for edit in each]


@pytest.mark.parametrize("literal", [*dict.fromkeys(shape.literal for shape in SHAPES)])
def test_linear(literal: bytes) -> None:
    """Ten times as much takes about ten times as long, however often a literal stands there."""

    def seconds(times: int) -> float:
        data = b"".join((literal, b"a1B")) * times
        long = long_tokens(data)
        start = time.process_time()
        find_shapes(data, long)
        return time.process_time() - start

    assert seconds(10_000) < 40 * max(seconds(1000), 0.002)
