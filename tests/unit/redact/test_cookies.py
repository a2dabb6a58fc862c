import pytest

from tapehead.redact.cookies import find_cookies, redact_cookies, secrets_of
from tapehead.redact.edits import apply

N = "q7Zx9dcba98HkLm21ZYXwvuts"


@pytest.mark.parametrize(
    ("value", "is_set", "expected"),
    [
        (f"sid={N}; Path=/; HttpOnly", True, "sid=[REDACTED:cookie]; Path=/; HttpOnly"),
        ("sid=1234; Domain=example.com", True, "sid=[REDACTED:cookie]; Domain=example.com"),
        ("theme=dark; Path=/", True, "theme=dark; Path=/"),
        (
            f"theme=dark; a={N}; session-id= 7;b",
            False,
            "theme=dark; a=[REDACTED:cookie]; session-id= [REDACTED:cookie];[REDACTED:cookie]",
        ),
        (
            "tz=Europe%2FBerlin; lang=en-US; consent=true; sid=",
            False,
            "tz=Europe%2FBerlin; lang=en-US; consent=true; sid=",
        ),
        (f"{N}; Secure", True, "[REDACTED:cookie]; Secure"),
        ("", False, ""),
    ],
)
def test_values_of_headers(value: str, is_set: bool, expected: str) -> None:
    """The values by which a client is known again go; names, attributes and settings stay."""
    assert expected == redact_cookies(value, is_set=is_set)
    assert expected == redact_cookies(expected, is_set=is_set)


def test_what_is_known_by_cookies() -> None:
    """The values that are credentials are those that are replaced; of Set-Cookie the attributes are none."""
    assert [N, "7"] == list(secrets_of(f"a={N}; theme=dark; sid=7", is_set=False))
    assert [N] == list(secrets_of(f"a={N}; sid=7", is_set=True))


def test_in_a_text() -> None:
    """In a text only what looks random is replaced."""
    data = f"Cookie: theme=dark; sid={N}; b=1".encode()
    assert data.replace(N.encode(), b"[REDACTED:cookie]") == apply(data, list(find_cookies(data, 8, len(data))))
