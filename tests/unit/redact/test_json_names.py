import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapehead.redact.edits import apply
from tapehead.redact.json_names import NAMES, JSONNames, spellings

FINDER = JSONNames(NAMES)
HIDDEN = "[REDACTED:password]"


def redact(text: str) -> str:
    data = text.encode(errors="surrogatepass")
    return apply(data, list(FINDER.find(data))).decode(errors="surrogatepass")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ('{"password":"x"}', f'{{"password":"{HIDDEN}"}}'),
        ('{"password" :\t"x"}', f'{{"password" :\t"{HIDDEN}"}}'),
        ('{"password":"a\\"b","c":"d"}', f'{{"password":"{HIDDEN}","c":"d"}}'),
        ('{"password":"a\\\\","c":"d"}', f'{{"password":"{HIDDEN}","c":"d"}}'),
        ('{"password":12.5e3,"c":1}', f'{{"password":"{HIDDEN}","c":1}}'),
        ('{"password":"x', f'{{"password":"{HIDDEN}'),
        ('{"password":"x\n}', f'{{"password":"{HIDDEN}\n}}'),
        ('{"password":""}', '{"password":""}'),
        ('{"password":null,"token":"t"}', '{"password":null,"token":"t"}'),
        ('{"password":{"type":"string"},"password":["a"]}', '{"password":{"type":"string"},"password":["a"]}'),
        ('{"required":["password"],"the password":"x","password_hint":"y"}',) * 2,
        ('{"a":"{\\"password\\":\\"x\\"}"}', f'{{"a":"{{\\"password\\":\\"{HIDDEN}\\"}}"}}'),
        ('{"a":"{\\"password\\":7}"}', f'{{"a":"{{\\"password\\":\\"{HIDDEN}\\"}}"}}'),
        ('{"a":"{\\"password\\":\\"x"}', f'{{"a":"{{\\"password\\":\\"{HIDDEN}"}}'),
        ('{"a":"\\"password\\":","b":1}',) * 2,
        ('"password\\":"x"',) * 2,
        ('{"password":',) * 2,
        ('{"password":  ',) * 2,
        (f'{{"password":"{HIDDEN}"}}',) * 2,
    ],
)
def test_text(text: str, redacted: str) -> None:
    """Strings and numbers under a credential's name are replaced, cut-off ones too; nothing else is."""
    assert redacted == redact(text)
    assert redacted == redact(redacted)


@given(value=st.text(min_size=1, max_size=20), after=st.text(max_size=10), depth=st.integers(0, 3))
@settings(deadline=None)
def test_json_in_json(value: str, after: str, depth: int) -> None:
    """At any depth of JSON in a JSON string the whole value goes, whatever is in it, and what follows stays."""

    def nest(secret: str) -> str:
        text = json.dumps({"password": secret, "after": after})
        for _ in range(depth):
            text = json.dumps({"arguments": text, "n": 1})
        return text

    assert nest(HIDDEN) == redact(nest(value))


def test_escapes_in_the_name() -> None:
    """A name that is written with escapes is the same name."""
    data = b'{"p\\u0061ssword" : "x","other\\u0041":"y","p\\u0061ssword":null,"p\\u0061ssword","\\u0041\\x":1}'
    assert data.replace(b'"x"', f'"{HIDDEN}"'.encode()) == apply(data, list(FINDER.find_escaped(data)))


def test_spellings() -> None:
    """A name is known in the spellings that JSON has."""
    every = {"apiKey", "ApiKey", "apikey", "api_key", "Api_Key", "API_KEY", "APIKEY", "api-key", "Api-Key", "API-KEY"}
    assert every == spellings("api_key")
