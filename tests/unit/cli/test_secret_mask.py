"""Nothing that is printed holds a credential: of a proxy's address, of a URL, of the environment."""

import pytest

from tapehead.cli.doctor.secret_mask import masking

ENVIRONMENT = {
    "https_proxy": "http://bob:p%40ss%2Fword@proxy.test:3128",
    "ALL_PROXY": "carol:other-word@proxy.test:1080",
    "NO_PROXY": "a@b",
    "HTTP_PROXY": "http://d:abc@proxy.test",
    "OPENAI_API_KEY": "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cannot use http://bob:p%40ss%2Fword@proxy.test:3128", "cannot use http://***@proxy.test:3128"),
        ("the password p@ss/word is wrong", "the password *** is wrong"),
        ("carol:other-word@proxy.test", "carol:***@proxy.test"),
        ("'socks5://u:p@q@h.test:1' and \"http://x@y.test\"", "'socks5://***@h.test:1' and \"http://***@y.test\""),
        ("abc is too short a word", "abc is too short a word"),
        ("a host, https://a.test/x, and mail@a.test", "a host, https://a.test/x, and mail@a.test"),
        ("key sk-proj-abcdefghijklmnopqrstuvwxyz0123456789", "key [REDACTED:openai-key]"),
    ],
)
def test_masked(text: str, expected: str) -> None:
    """The rest of the text stays."""
    assert expected == masking(ENVIRONMENT)(text)
