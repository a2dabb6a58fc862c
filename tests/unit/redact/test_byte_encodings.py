import pytest

from tapehead.redact.redactor import Redactor

KEY = "sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9"
HIDDEN = "[REDACTED:anthropic-key]"
REDACTOR = Redactor()


@pytest.mark.parametrize("before", ["", "0x", "f", '{"a":"x\\n'])
def test_hex(before: str) -> None:
    """A credential in hex goes, in the case that the digits have, and what is around it stays."""
    text = f"the key is {KEY}."
    for digits, hidden in (
        (text.encode().hex(), text.replace(KEY, HIDDEN).encode().hex()),
        (text.encode().hex().upper(), text.replace(KEY, HIDDEN).encode().hex().upper()),
    ):
        assert before + hidden == REDACTOR.text(before + digits)


@pytest.mark.parametrize(
    "text",
    [
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "123e4567-e89b-12d3-a456-426614174000",
        b"only some text in hex".hex(),
    ],
)
def test_what_is_in_hex_otherwise(text: str) -> None:
    """Checksums, ids and texts without a credential stay."""
    assert text == REDACTOR.text(text)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("after", ["", ".", "\nmore"])
def test_utf16(encoding: str, after: str) -> None:
    """A credential in UTF-16 goes, and the text stays UTF-16."""
    text = f"ключ: {KEY}{after}"
    found = REDACTOR._finder.clean(text.encode(encoding))
    assert text.replace(KEY, HIDDEN) == found.decode(encoding)


def test_utf16_without_a_credential() -> None:
    """Any other text in UTF-16, and zeros, stay."""
    for data in ("only a text without any key".encode("utf-16"), bytes(100)):
        assert data == REDACTOR._finder.clean(data)
