import base64
import gzip
import json
import re
import textwrap
from random import Random
from time import process_time

import pytest

from tapehead.redact.base64_runs import _runs
from tapehead.redact.redactor import Redactor

KEY = "sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9"
VALUE = "shapeless+value/1234=="
REDACTOR = Redactor(environment={"MY_SECRET": VALUE})
HIDDEN = {KEY: "[REDACTED:anthropic-key]", VALUE: "[REDACTED:value]"}
SETTINGS = (
    f"# settings of the program\nDEBUG=1\nNAME=main\nFIRST={KEY}\nREGION=eu\nSECOND={VALUE}\nTHIRD={KEY}\nEND=1\n"
)


@pytest.mark.parametrize("secret", HIDDEN)
@pytest.mark.parametrize("before", ["", " ", "a:", "key: ", "ключ: "])
@pytest.mark.parametrize("after", ["", ".", ": ", " and a lot of text behind it"])
@pytest.mark.parametrize("urlsafe", [False, True])
def test_base64(secret: str, before: str, after: str, urlsafe: bool) -> None:
    """In base64, wherever in the encoded text it stands, a credential is replaced, and base64 stays base64.

    Up to two spaces behind the placeholder keep what follows in its place.
    """
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    text = f"{before}{secret}{after}".encode()
    found = REDACTOR.text(json.dumps({"data": encode(text).decode()}))

    decoded = base64.b64decode(json.loads(found)["data"].replace("-", "+").replace("_", "/"))
    assert re.fullmatch(f"{re.escape(before + HIDDEN[secret])} {{0,2}}{re.escape(after)}", decoded.decode())
    assert found == REDACTOR.text(found)


@pytest.mark.parametrize("secret", HIDDEN)
def test_base64_behind_other_letters(secret: str) -> None:
    """Where letters or a slash stand in front of the base64, it is found all the same."""
    encoded = base64.b64encode(secret.encode()).decode()
    for before in ("/", "path/", "ab/", "x", "-"):
        assert secret not in str(base64.b64decode(REDACTOR.text(before + encoded)[len(before) :] + "=="))


def test_base64_in_a_path() -> None:
    """What stands around it in a URL's path stays as it is."""
    encoded = base64.b64encode(f"id {KEY} x".encode()).decode()
    found = REDACTOR.text(f"https://host/v1/files/{encoded}/content/of/it")
    before, after = "https://host/v1/files/", "/content/of/it"

    assert found.startswith(before)
    assert found.endswith(after)
    assert KEY not in str(base64.b64decode(found[len(before) : -len(after)] + "=="))


def test_base64_without_padding() -> None:
    """Where the padding was left out it stays out."""
    for text in (f"a{{{KEY}", f"ab{{{KEY}"):
        encoded = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
        found = REDACTOR.text(encoded)
        assert not found.endswith("=") or len(encoded) % 4 == 0
        assert text.replace(KEY, HIDDEN[KEY]).encode() == base64.urlsafe_b64decode(found + "=" * (-len(found) % 4))


def test_base64_without_a_credential() -> None:
    """Base64 of anything else stays as it is, also when nonsense in it looks like the beginning of a key."""
    for data in (b"hello, world and more", b"sk-ant-not long", bytes(range(256)) * 40, b"eyJ" * 20):
        text = base64.b64encode(data).decode()
        assert text == REDACTOR.text(text)


def test_large_base64() -> None:
    """In a large one, an image, say, a credential is found when it begins where it should."""
    data = bytes(range(256)) * 40 + KEY.encode() + bytes(100)
    text = REDACTOR.text(f"data:image/png;base64,{base64.b64encode(data).decode()}")

    assert KEY.encode() not in base64.b64decode(text.partition(",")[2])


def decoded(text: str) -> str:
    """What base64 says, whatever lines it is in."""
    return base64.b64decode(re.sub(r"[^A-Za-z0-9+/=]", "", text), validate=True).decode(errors="replace")


@pytest.mark.parametrize("width", [38, 60, 64, 76])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\n    ", "\n> "])
@pytest.mark.parametrize("raw", [True, False])
def test_lines(width: int, line_break: str, raw: bool) -> None:
    """Base64 in lines, as they are or escaped in JSON, is one text; what it becomes is in lines that are no longer."""
    lines = textwrap.wrap(base64.b64encode(SETTINGS.encode()).decode(), width)
    text = line_break.join(lines)
    found = REDACTOR.text(text if raw else json.dumps({"text": f"It is:\n{text}\n"}))
    if not raw:
        found = json.loads(found)["text"].removeprefix("It is:\n")

    hidden = SETTINGS.replace(KEY, HIDDEN[KEY]).replace(VALUE, HIDDEN[VALUE])
    assert hidden.split() == decoded(found).split()
    assert max(map(len, found.split(line_break))) <= width + 1  # and a line's end in JSON
    assert found == REDACTOR.text(found)


@pytest.mark.parametrize("before", ["file:\n", "x/", "v=", "a/bc/", "data:;base64,"])
@pytest.mark.parametrize("urlsafe", [True, False])
def test_long_runs(before: str, urlsafe: bool) -> None:
    """A long one is read from each of its first characters on, whatever stands before it."""
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    data = b"# a comment line\xff of the file\n" * 200 + KEY.encode() + b"\n\xfe" + VALUE.encode() + b"\n"
    text = json.dumps({"content": before + encode(data).decode()})
    found = json.loads(REDACTOR.text(text))["content"].removeprefix(before)
    plain = base64.b64decode(found.replace("-", "+").replace("_", "/"))

    assert KEY.encode() not in plain
    assert VALUE.encode() not in plain
    assert data[:6000] == plain[:6000]


@pytest.mark.parametrize("word", ["end", "fi", "x", "yes"])
def test_a_word_on_the_next_line(word: str) -> None:
    """A short word behind base64, which could be its last line, stays where it is."""
    encoded, hidden = (base64.b64encode(each.encode()).decode() for each in (f"{KEY}ab", HIDDEN[KEY]))

    assert f"{hidden}\n{word}\n" == REDACTOR.text(f"{encoded}\n{word}\n")
    assert {"a": f"{hidden}\n{word}"} == json.loads(REDACTOR.text(json.dumps({"a": f"{encoded}\n{word}"})))


@pytest.mark.parametrize("padding", ["", "=="])
def test_a_short_last_line(padding: str) -> None:
    """It is read where without it there is no key, or where it is filled up to a group of four."""
    encoded = base64.b64encode(f"ghp_{'Ab1Cd2Ef3Gh4' * 3}".encode()).decode().rstrip("=")
    found = REDACTOR.text(f"{encoded[:-2]}\n{encoded[-2:]}{padding}").replace("\n", "")

    assert b"[REDACTED:github-token]" == base64.b64decode(found + "=" * (-len(found) % 4))


def test_names_within() -> None:
    """What a JSON document in base64 has by its name goes; the document stays one."""
    document = json.dumps({"user": "me", "client_secret": "q7Zx9dcba987654321ZYXwvutsRQPON0"})
    found = REDACTOR.text(
        f'{{"file_data":"data:application/json;base64,{base64.b64encode(document.encode()).decode()}"}}'
    )
    inner = json.loads(base64.b64decode(json.loads(found)["file_data"].partition(",")[2]))

    assert {"user": "me", "client_secret": "[REDACTED:client_secret]"} == {k: v.strip() for k, v in inner.items()}


def test_base64_in_base64() -> None:
    """Two levels are read, and each stays base64."""
    inner = base64.b64encode(f"the key is {KEY}, and it is long".encode())
    found = REDACTOR.text(base64.b64encode(b"some: " + inner + b"\n").decode())
    middle = base64.b64decode(found).removeprefix(b"some: ").split()[0]

    assert f"the key is {HIDDEN[KEY]}" in base64.b64decode(middle + b"==").decode()


def test_utf16_in_base64() -> None:
    """What PowerShell takes as an encoded command is read; what is behind the key means the same as before."""
    for end in ("", "!", "!!", "!!!"):
        for encoding in ("utf-16-le", "utf-16-be"):
            text = f"$env:K='{KEY}'{end}; run --all"
            found = base64.b64decode(REDACTOR.text(base64.b64encode(text.encode(encoding)).decode()))
            expected = text.replace(KEY, HIDDEN[KEY]).replace(" ", "")
            assert expected == found.decode(encoding).replace(" ", "")


def test_gzip() -> None:
    """Gzip within base64 is read, and is gzip again; what is none, or would be very large, is left alone."""
    text = f"some text and {KEY}"
    encoded = base64.b64encode(gzip.compress(text.encode())).decode()
    found = REDACTOR.text(f"data={encoded}")

    assert text.replace(KEY, HIDDEN[KEY]).encode() == gzip.decompress(base64.b64decode(found.removeprefix("data=")))
    assert found == REDACTOR.text(found)
    for other in (
        gzip.compress(b"nothing in it"),
        gzip.compress(bytes(2_000_000) + KEY.encode()),
        b"\x1f\x8b\x08\0" + b"\xff" * 30,
    ):
        kept = base64.b64encode(other).decode()
        assert kept == REDACTOR.text(kept)
    bombs = " ".join(base64.b64encode(gzip.compress(b"%d" % n + bytes(1_000_000))).decode() for n in range(9))
    assert bombs == REDACTOR.text(bombs)


def test_several_parts() -> None:
    """In one run that can be read in parts all of them are looked through."""
    data = b"\xff\xfe" + KEY.encode() + b"\x00\xff\xff" + KEY.encode() + b"\xff" + VALUE.encode() + b"\xff"
    found = base64.b64decode(REDACTOR.text(base64.b64encode(data).decode()))
    assert 3 == found.count(b"[REDACTED:")
    assert KEY.encode()[7:] not in found


def test_one_run_of_many_keys() -> None:
    """One run with very many keys takes time in proportion to its size."""

    def seconds(count: int) -> float:
        text = base64.b64encode(f"k={KEY}\n".encode() * count).decode()
        start = process_time()
        assert KEY not in decoded(REDACTOR.text(text))
        return process_time() - start

    # The least of several times on both sides: what else the machine does is no part of either.
    assert 12 * min(map(seconds, (500, 501, 502))) > min(map(seconds, (4000, 4001, 4002)))


def test_signatures_stay() -> None:
    """Random bytes, however many, as signatures and images are, stay as they are."""
    text = base64.b64encode(Random(1).randbytes(300_000)).decode()
    assert text == REDACTOR.text(text)


def test_behind_a_backslash() -> None:
    """What stands behind a backslash that is of no escape is no base64; what follows it is looked through."""
    encoded = base64.b64encode(f"the key is {KEY}.".encode())
    found = [bytes(match[0]) for match in _runs(b"\\/" + encoded + b" " + encoded + b" \\d" + encoded)]
    assert [encoded.rstrip(b"=")] == found
