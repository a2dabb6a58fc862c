import base64
import json
import re
from urllib.parse import quote

import pytest

from tapehead.redact.redactor import Redactor

KEY = "sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9"
VALUE = "shapeless+value/1234=="
REDACTOR = Redactor(environment={"MY_SECRET": VALUE})
HIDDEN = {KEY: "[REDACTED:anthropic-key]", VALUE: "[REDACTED:value]"}


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


def test_escapes_in_escapes() -> None:
    """An encoding in an encoding is looked into, three times at the most: a hostile text is not to cost more."""
    text = KEY.replace("-", "%2D")
    for depth in range(5):
        assert (REDACTOR.text(text) != text) == (depth < 3)
        text = quote(text, safe="")


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


@pytest.mark.parametrize("secret", HIDDEN)
def test_needless_escapes(secret: str) -> None:
    """A credential whose characters are escaped in a JSON string is replaced, and JSON stays JSON."""
    escaped = "".join(f"\\u{ord(c):04x}" if n % 3 == 0 else c for n, c in enumerate(secret)).replace("/", "\\/")
    rest = ' y","b":"\\u0041 \\/ \\u00e9"}'
    text = f'{{"a":"x {escaped}{rest}'

    assert f'{{"a":"x {HIDDEN[secret]}{rest}' == REDACTOR.text(text)
    nested = json.dumps({"arguments": text})
    assert HIDDEN[secret] in REDACTOR.text(nested)
    assert json.loads(text)["a"] not in json.loads(json.loads(REDACTOR.text(nested))["arguments"]).values()


def test_what_is_no_json_string() -> None:
    """A string that does not end, or that JSON does not allow, is left alone."""
    for text in ('"\\u0041', '"\\u0041\n"', '{"a":"\\u0041\\x"}', "\\u0041"):
        assert text == REDACTOR.text(text + " " * 12)[: len(text)]


@pytest.mark.parametrize("secret", HIDDEN)
@pytest.mark.parametrize("lower", [False, True])
def test_percent_escapes(secret: str, lower: bool) -> None:
    """A credential with %-escapes in a URL or a form is replaced, also one that is escaped needlessly."""
    every = "".join(f"%{ord(c):02x}" if lower else f"%{ord(c):02X}" for c in secret)
    for quoted in (quote(secret, safe=""), every):
        assert f"a=%20b&c={HIDDEN[secret]}&d=%E9" == REDACTOR.text(f"a=%20b&c={quoted}&d=%E9")


def test_percent_escapes_among_any_bytes() -> None:
    """Bytes around a word with %-escapes stay as they are."""
    data = b"\xff\x00%20" + KEY.replace("-", "%2D").encode() + b"\xfe/%41"
    hidden = HIDDEN[KEY].encode()
    assert b"\xff\x00%20" + hidden + b"\xfe/%41" == REDACTOR._finder.clean(data)


def test_percent_escaped_json() -> None:
    """JSON in a parameter is looked through as JSON is."""
    text = "q=" + quote('{"password":"hunter2","a":1}')
    assert "hunter2" not in REDACTOR.text(text)
    assert "q=" + quote("100% of the text", safe="") == REDACTOR.text("q=" + quote("100% of the text", safe=""))
