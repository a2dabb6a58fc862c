import pytest

from tapehead.redact.names import ROWS, Names, Proof, Where, squeeze, words_of
from tapehead.redact.text_names import TextNames

ALL = Names(Where.FIELD | Where.PAIR | Where.HEADER | Where.TEXT)


def kind(name: str, names: Names = ALL) -> str | None:
    row = names.row(name)
    return row.kind if row else None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("MISTRAL_API_KEY", ("mistral", "api", "key")),
        ("openaiApiKey", ("openai", "api", "key")),
        ("X-Api-Key2", ("x", "api", "key")),
        ("credentials[api_key]", ("credentials", "api", "key")),
        ("XMLToken", ("xml", "token")),
        ("пароль", ("пароль",)),
        ("42", ()),
    ],
)
def test_words(name: str, words: tuple[str, ...]) -> None:
    """A name is cut at marks and humps, whatever its case, and digits are none of it."""
    assert words == words_of(name)
    assert ("".join(words) or name) == squeeze(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("api_key", "api_key"),
        ("apikey", "api_key"),
        ("ApiKey", "api_key"),
        ("x-portkey-api-key", "api_key"),
        ("aws_secret_access_key", "secret_access_key"),
        ("secretKey", "secret_key"),
        ("X-Subscription-Token", "subscription_token"),
        ("registration_access_token", "access_token"),
        ("user[password]", "password"),
        ("PGPASSWORD", "password"),
        ("hapikey", "api_key"),
        ("key[]", "key"),
        ("key1", "key"),
        ("X-Brave-Key", "key"),
        ("monkey", None),
        ("author", None),
        ("tokens", None),
        ("next_token", None),
        ("my_next_token", None),
        ("publicKey", None),
        ("status_code", None),
        ("id", None),
        ("", None),
    ],
)
def test_last_words_count(name: str, expected: str | None) -> None:
    """The row with the most of a name's last words counts; one of a longer, harmless name is none."""
    assert expected == kind(name)


def test_where() -> None:
    """A name counts where its row says: a code is none of a header, a signature of a URL alone."""
    assert [None, "code"] == [kind("code", Names(where)) for where in (Where.HEADER, Where.PAIR)]
    assert [None, "signature"] == [kind("signature", Names(where)) for where in (Where.FIELD, Where.PAIR)]
    assert [None, "account_id"] == [kind("account_id", Names(where)) for where in (Where.FIELD, Where.ERROR)]


def test_names_of_users() -> None:
    """What the user adds counts wherever a name ends so; what the user keeps counts no more, glued or not."""
    names = Names(Where.FIELD, more=("socialSecurity", "42"), kind="json", kept=("apiKey", "password"))

    assert ["json", "json", None, None, None, "access_token"] == [
        kind(name, names)
        for name in ("my_social_security", "42", "OPENAI_API_KEY", "hapikey", "PGPASSWORD", "access_token")
    ]
    assert {b"security", b"42"} == names.stems_of_users


def test_whole() -> None:
    """A name is whole when nothing is before the row's words."""
    row = ALL.row("api_key")
    assert row
    assert [True, True, False] == [ALL.is_whole(name, row) for name in ("api_key", "Api-Key1", "my_api_key")]


def test_what_is_remembered_is_bounded() -> None:
    """Many odd names do not fill the memory."""
    names = Names(Where.FIELD)
    for number in range(10_500):
        names.row(f"name-{number}")

    assert len(names._known) <= 10_001


@pytest.mark.parametrize("row", [row for row in ROWS if row.where & Where.TEXT and row.proof is not Proof.NEVER])
def test_every_row_is_looked_for(row: object) -> None:
    """The endings that a text is searched for are those of all rows."""
    finder = TextNames(Names(Where.FIELD), Names(Where.TEXT))
    for mark in ("_", "-", ""):
        text = f"{mark.join(row.words)}=q7Zx9dcba98HkLm21ZYXwvutsRQPON0"  # type: ignore[attr-defined]
        cookie = row.kind == "cookie"  # type: ignore[attr-defined]
        assert any(finder.find(text.replace("=q", "=a=q").encode() if cookie else text.encode()))
