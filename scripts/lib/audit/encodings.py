"""The spellings in which the audit plants a secret, and how each stands in JSON, in a URL and in raw text.

An encoding is what a program did to the value before it wrote it; a carrier adds what its own syntax wants. Knows no
format and no place, and does not look for anything: the search decodes by itself.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from random import Random
from urllib.parse import quote

ESCAPED, NESTED, PLAIN = "JSON-escaped", "JSON in JSON", "plain"
URL_ENCODINGS = ("URL-encoded", "URL-encoded, lower case", "URL-encoded, all but letters")
_BASE64_BEFORE = ("", "key=", "auth=")  # so that the secret begins at offset 0, 1 and 2 of a group of three
_BASE64_AFTER = ("", ";", "&n=12", "\r\n")
_LEAST_ESCAPES = 2


def nested(value: str, name: str = "value") -> str:
    """A JSON document around a value, such as a function's arguments."""
    return json.dumps({"config": {name: value}})


def _in_text(secret: str, _: Random) -> str:
    return f"Use {secret} for now, please."


def _percent_all(secret: str, _: Random) -> str:
    return "".join(c if c.isalnum() else f"%{ord(c):02X}" for c in secret)


def _percent_lower(secret: str, _: Random) -> str:
    return re.sub("%..", lambda match: match[0].lower(), quote(secret, safe=""))


def _base64(offset: int, encode: Callable[[bytes], bytes]) -> Callable[[str, Random], str]:
    def text(secret: str, choose: Random) -> str:
        return encode(f"{_BASE64_BEFORE[offset]}{secret}{choose.choice(_BASE64_AFTER)}".encode()).decode()

    return text


def _base64_lines(secret: str, choose: Random) -> str:
    """A file in base64, in lines, as source code and JSON within JSON have their ends."""
    encoded = base64.b64encode(f"# settings\nDEBUG=1\nNAME=main\nVALUE={secret}\nREGION=eu\n".encode()).decode()
    width = choose.choice((60, 64, 76))
    return r"\n".join(encoded[at : at + width] for at in range(0, len(encoded), width))


def _base64_twice(secret: str, _: Random) -> str:
    return base64.b64encode(b"inner: " + base64.b64encode(f"value={secret}".encode()) + b"\n").decode()


def _coloured(secret: str, choose: Random) -> str:
    """As a tool's output shows what it looked for, in the spelling of source code."""
    cut = choose.randrange(1, min(len(secret), 8))
    return rf"\x1b[01;31m{secret[:cut]}\x1b[0m{secret[cut:]}\x1b[m"


ENCODINGS: Mapping[str, Callable[[str, Random], str]] = {
    PLAIN: lambda secret, _: secret,
    "in text": _in_text,
    ESCAPED: lambda secret, _: secret,  # the carrier does it: see `in_json`
    "URL-encoded": lambda secret, _: quote(secret, safe=""),
    "URL-encoded, lower case": _percent_lower,
    "URL-encoded, all but letters": _percent_all,
    **{f"base64 at {offset}": _base64(offset, base64.b64encode) for offset in range(3)},
    **{f"base64url at {offset}": _base64(offset, base64.urlsafe_b64encode) for offset in range(3)},
    "base64 in lines": _base64_lines,
    "base64 in base64": _base64_twice,
    "hex": lambda secret, _: secret.encode().hex(),
    "coloured": _coloured,
    NESTED: lambda secret, _: nested(secret),
}
BASE64_ENCODINGS = tuple(name for name in ENCODINGS if name.startswith("base64"))
ONE_LINE_ENCODINGS = (*URL_ENCODINGS, *BASE64_ENCODINGS, "hex", NESTED)
"""Those that leave no line break as it is."""


def in_json(text: str, encoding: str, choose: Random) -> str:
    r"""What stands between the quotes of a JSON string: escaped as far as needed, or, as told, further (`\/`, `\u…`)."""
    if encoding != ESCAPED or not text:
        return json.dumps(text)[1:-1]
    chosen = set(choose.sample(range(len(text)), min(len(text), max(_LEAST_ESCAPES, len(text) // 8))))
    return "".join(_escaped(c, n in chosen, choose) for n, c in enumerate(text))


def _escaped(character: str, always: bool, choose: Random) -> str:
    if character == "/" and not always:
        return r"\/"
    if always:
        code = f"{ord(character):04x}"
        return rf"\u{code if choose.random() < 0.5 else code.upper()}"
    return json.dumps(character)[1:-1]


def in_url(text: str, encoding: str, *, safe: str = "") -> str:
    """What stands in a URL: percent-encoded, once."""
    return text if encoding in URL_ENCODINGS else quote(text, safe=safe)
