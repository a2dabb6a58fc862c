import pytest

from tapehead.redact.edits import apply
from tapehead.redact.userinfo import find_userinfo

HIDDEN = "[REDACTED:password]"
N = "q7Zx9dcba98HkLm21ZYXwvuts"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"postgres://app:{N}@db/main?a=b", f"postgres://app:{HIDDEN}@db/main?a=b"),
        ("redis://:hunter2@h and more", f"redis://:{HIDDEN}@h and more"),
        (f"x = 'https://{N}@github.com/a/b.git'", f"x = 'https://{HIDDEN}@github.com/a/b.git'"),
        (f"curl -u me:{N} https://h", f"curl -u me:{HIDDEN} https://h"),
        (f'curl --user "me:{N}" https://h', f'curl --user "me:{HIDDEN}" https://h'),
        ("https://someone@github.com https://h/a:b@c",) * 2,
        (f"message://{N}@example.com",) * 2,
        ("https://user:password@h postgres://postgres:postgres@h ftp://me:letmein@h http://a:b1@h",) * 2,
        ("http://$USER:$PASSWORD@h http://u:${P}@h http://u:<password>@h",) * 2,
        (f"http://u:{HIDDEN}@h curl -u me:{HIDDEN}",) * 2,
        ("curl -u me https://h curl -u me:password https://h",) * 2,
        (f" -u me:{N}",) * 2,
    ],
)
def test_userinfo(text: str, expected: str) -> None:
    """Passwords in URLs and of curl go, and a token in a user's place; names, words and templates stay."""
    assert expected == apply(text.encode(), list(find_userinfo(text.encode()))).decode()
