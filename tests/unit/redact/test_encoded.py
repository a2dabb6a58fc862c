import json
from urllib.parse import quote

import pytest

from tapehead.redact.redactor import Redactor

KEY = "sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9"
VALUE = "shapeless+value/1234=="
REDACTOR = Redactor(environment={"MY_SECRET": VALUE})
HIDDEN = {KEY: "[REDACTED:anthropic-key]", VALUE: "[REDACTED:value]"}


def test_escapes_in_escapes() -> None:
    """An encoding in an encoding is looked into, three times at the most: a hostile text is not to cost more."""
    text = KEY.replace("-", "%2D")
    for depth in range(5):
        assert (REDACTOR.text(text) != text) == (depth < 3)
        text = quote(text, safe="")


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
