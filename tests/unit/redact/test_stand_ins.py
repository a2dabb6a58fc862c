import pytest

from tapehead.redact.stand_ins import is_harmless, stands_in

STAND_INS = [
    *(
        "sk-no-key-required",
        "sk-ant-your-api-key-here",
        "sk-xxxx",
        "your-key-1234",
        "EXAMPLE_KEY_0000",
        "AKIAIOSFODNN7EXAMPLE",
    ),
    *(
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "********",
        "xxxxxxxx",
        "sk-ant-...",
        "abc…",
        "${KEY}",
        "$KEY",
        "{{ key }}",
    ),
    *(
        "<key>",
        "%(key)s",
        "%KEY%",
        "%s",
        "[key]",
        "@KEY@",
        "#{key}",
        "prefix-${KEY}-suffix",
        "$(cat key)",
        "<|endoftext|>",
    ),
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.c2lnbmF0dXJl",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN EC PRIVATE KEY-----\\n<key bytes>\\n-----END EC PRIVATE KEY-----",
]
LABELS = [
    *(
        "Password",
        "Mot de passe",
        "パスワード",
        "Пароль",
        "string",
        "None",
        "true",
        "OPENAI_API_KEY",
        "user.password",
        "Bearer",
        "",
    ),
    *("min:8|max:64", "required|string|min:8|confirmed", "varchar(255)", "VARCHAR(64) NOT NULL", "approved"),
    *("SHA256withRSA", "HMAC-SHA256", "rsa-sha512", "RS256", "sha-256"),
    *("Password is required", "Falsches Passwort", "please enter it", "Bearer <token>", "[REDACTED:password]", "  "),
]
CREDENTIALS = [
    "MiHy78qSkhTXc8HdEGxxxx0vqim22wIykgo28v0UKBy",  # four of a kind by chance
    *(
        "sk-ant-api03-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9",
        "hunter2",
        "dragon",
        "correct horse battery staple",
        "p",
        "secret",
        "пароль1",
    ),
    *(
        "Bearer q7Zx9dcba98HkLm21ZYX",
        "Server=h;Password=x y",
        "$2b$12$abcdefghijkl",
        "sk-your-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8",
        "AKIAABCDEFGH234567AB",
    ),
    *("pässwört", "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkq", "a1b2_c3", "QZXK_VJQW_KEY"),
]


@pytest.mark.parametrize("value", STAND_INS)
def test_what_stands_in(value: str) -> None:
    """Templates, masks, examples and first lines of keys stand in for a credential, and are harmless under any name."""
    assert stands_in(value)
    assert is_harmless(value)


@pytest.mark.parametrize("value", LABELS)
def test_labels(value: str) -> None:
    """Labels, states, names and sentences are harmless as values."""
    assert is_harmless(value)


@pytest.mark.parametrize("value", CREDENTIALS)
def test_credentials(value: str) -> None:
    """What may be a credential, even a poor one, is neither."""
    assert not stands_in(value)
    assert not is_harmless(value)
