import json

import pytest

from tapehead.redact.redactor import Redactor

KEY = "sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9"
HIDDEN = "[REDACTED:anthropic-key]"
REDACTOR = Redactor()


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"key: \x1b[32m{KEY}\x1b[0m.", f"key: \x1b[32m{HIDDEN}\x1b[0m."),
        (f"\x1b[01;31m\x1b[K{KEY[:7]}\x1b[m\x1b[K{KEY[7:]}", f"\x1b[01;31m\x1b[K{HIDDEN}"),
        (f"{KEY[:9]}\x1b[1m{KEY[9:]}", HIDDEN),
        (f"\x1b]0;a title\x07{KEY} x", f"\x1b]0;a title\x07{HIDDEN} x"),
        (f"\x1b]8;;https://h/\x1b\\{KEY}\x1b]8;;\x1b\\", f"\x1b]8;;https://h/\x1b\\{HIDDEN}\x1b]8;;\x1b\\"),
        ("\x1b[32mgreen\x1b[0m", "\x1b[32mgreen\x1b[0m"),
        ("no code: \x1b and that is all", "no code: \x1b and that is all"),
    ],
)
def test_codes(text: str, redacted: str) -> None:
    """Colours, titles and links are looked through: as they are, in JSON, and in JSON within JSON."""
    assert redacted == REDACTOR.text(text)
    once = json.dumps({"output": text})
    assert {"output": redacted} == json.loads(REDACTOR.text(once))
    assert {"output": redacted} == json.loads(json.loads(REDACTOR.text(json.dumps(once))))


@pytest.mark.parametrize("escape", ["\\x1b", "\\033", "\\e", "\\u001B"])
def test_codes_in_source(escape: str) -> None:
    """Codes as source code writes them are looked through, too."""
    assert f'echo "{escape}[32m{HIDDEN}{escape}[0m"' == REDACTOR.text(f'echo "{escape}[32m{KEY}{escape}[0m"')
