import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from tapehead.redact.edits import apply
from tapehead.redact.known_secrets import SecretValues, from_environment

KEY = "shapelessKey0001"


def found(values: SecretValues, text: str) -> str:
    return apply(text.encode(), sorted(values.find(text.encode()))).decode()


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Authorization", f"Bearer {KEY}"),
        ("authorization", KEY),
        ("Authorization", f"Basic {base64.b64encode(f'user:{KEY}'.encode()).decode()}"),
        (
            "Authorization",
            f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=h, Signature=ab",
        ),
        ("X-API-Key", KEY),
        ("api-key", f" {KEY} "),
        ("x-goog-api-key", KEY),
        ("x-amz-security-token", KEY),
        ("Cookie", f"a=1; session={KEY}"),
        ("Set-Cookie", f"session={KEY}; Path=/"),
    ],
)
def test_header(header: str, value: str) -> None:
    """What a request carries in a credential's header is looked for from then on."""
    values = SecretValues()
    assert KEY == found(values, KEY)
    values.see([("Accept", "application/json, text/x"), (header, value)], "/")

    assert "a [REDACTED:value] b application/json, text/x" == found(values, f"a {KEY} b application/json, text/x")


@pytest.mark.parametrize("url", [f"/p?api_key={KEY}&a=b", f"https://user:{KEY}@h/"])
def test_url(url: str) -> None:
    """What a request carries in its URL is looked for as well."""
    values = SecretValues()
    values.see([], url)

    assert "[REDACTED:value]" == found(values, KEY)


@pytest.mark.parametrize("secret", ['quote"and\\slash+/==', "größe-und-µ-0001", "new\nline0000001", "percent%+&=0001"])
def test_spellings(secret: str) -> None:
    """A value is found as it is, in JSON, in JSON in JSON, and in URLs and forms."""
    values = SecretValues([secret])
    once = json.dumps(secret)[1:-1]
    for text in (
        secret,
        once,
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(once)[1:-1],
        quote(secret, safe=""),
        quote_plus(secret),
        quote(secret, safe="").lower() if secret.isascii() and secret.islower() else secret,
    ):
        assert "<[REDACTED:value]>" == found(values, f"<{text}>"), text


def test_what_is_no_credential() -> None:
    """The attributes of a cookie, one that says something plain, and the names of an account stand elsewhere too."""
    values = SecretValues()
    values.see([("Set-Cookie", "__cf_bm=abcdefgh1jkl; Domain=api.openai.com; Path=/v1/chat/completions")], "/")
    values.see([("OpenAI-Project", "my-project-prod"), ("openai-organization", "org-abcdefgh")], "/")

    values.see([("Cookie", "tz=America/Sao_Paulo; theme=solarized-dark")], "/")

    text = "api.openai.com/v1/chat/completions my-project-prod org-abcdefgh America/Sao_Paulo solarized-dark"
    assert text == found(values, text)
    assert "[REDACTED:value]" == found(values, "abcdefgh1jkl")


@pytest.mark.parametrize(
    "url",
    ["/o?key=reports/2026-q3.pdf", "/c?code=international", "/p?token=page-number-0002", "/?password=Your+password"],
)
def test_parameters_that_are_often_harmless(url: str) -> None:
    """What a parameter of such a name carries is only learned where it looks like a credential."""
    values = SecretValues()
    values.see([], url)

    assert 0 == values.learned


def test_basic_names_a_user() -> None:
    """The user of Basic credentials is a name where there is a password, unless it looks like a credential itself."""
    values = SecretValues()
    for pair in ("administrator:a-long-password", "pk1234567890ab:another-password"):
        values.see([("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")], "/")

    text = "administrator a-long-password pk1234567890ab another-password"
    assert "administrator [REDACTED:value] [REDACTED:value] [REDACTED:value]" == found(values, text)


def test_what_is_learned() -> None:
    """Values are learned whatever they look like, each once; who asks is told which are new since when."""
    values = SecretValues(["fixed from the start"])
    values.learn(["two words and more", "short", "two words and more", "fixed from the start", "[REDACTED:password]"])
    values.learn(["two words and more", "one more of them"])

    assert 2 == values.learned
    assert ["two words and more", "one more of them"] == [*values.learned_since(0)]
    assert ["one more of them"] == [*values.learned_since(1)]
    assert [] == [*values.learned_since(2)]
    assert "[REDACTED:value], [REDACTED:value]" == found(values, "two words and more, one more of them")


def test_a_key_in_a_protocol() -> None:
    """A WebSocket's protocol can carry a key, and Basic one as the user's name."""
    values = SecretValues()
    values.see([("Sec-WebSocket-Protocol", f"realtime, openai-insecure-api-key.{KEY}, v1.of.the.protocol")], "/")
    values.see([("Authorization", f"Basic {base64.b64encode(b'keyAsTheUser0001:').decode()}")], "/")

    assert "[REDACTED:value] v1.of.the.protocol" == found(values, f"{KEY} v1.of.the.protocol")
    assert "[REDACTED:value]" == found(values, "keyAsTheUser0001")


def test_broken_basic() -> None:
    """Basic credentials that are no base64 are taken as they are."""
    values = SecretValues()
    values.see([("Authorization", "Basic not!base64!at-all"), ("Authorization", "Basic /////////////w==")], "/")

    assert "[REDACTED:value]" == found(values, "not!base64!at-all")


def test_short_values_are_no_credentials() -> None:
    """What is short, all one character, or redacted already is not looked for: it would be found everywhere."""
    values = SecretValues(["short", "x" * 20, "[REDACTED:header]"])
    values.see([("x-api-key", "test-key")], "/?key=none")

    assert "short test-key none" == found(values, "short test-key none")
    assert "x" * 20 == found(values, "x" * 20)


def test_what_is_remembered_is_bounded() -> None:
    """A client that sends another token each time does not make the search slower and slower; the last ones count."""
    values = SecretValues([KEY])
    for number in range(1100):
        values.see([("x-api-key", f"token-number-{number:04}")], "/")
    values.see([("x-api-key", "token-number-1099")], "/")

    assert "[REDACTED:value]" == found(values, "token-number-1099")
    assert "token-number-0001" == found(values, "token-number-0001")
    assert "[REDACTED:value]" == found(values, KEY)


def test_environment() -> None:
    """Variables whose names say so are credentials, but for those that are kept."""
    environment = {
        "AN_API_KEY": "1",
        "HOME": "2",
        "my_access_token": "3",
        "X_SECRET": "4",
        "PASSWORD": "5",
        "B_SECRET": "6",
        "KEYS": "7",
    }

    assert ["1", "3", "4", "5"] == from_environment(environment, frozenset({"B_SECRET"}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EOS_TOKEN", "<|endoftext|>"),
        ("MODEL_KEY", "claude-sonnet-4-5"),
        ("MODEL_KEY", "text-embedding-3-large"),
        ("SORT_KEY", "conversation_id"),
        ("KUBE_TOKEN", "/var/run/secrets/token"),
        ("ZONE_KEY", "America/Sao_Paulo"),
        ("START_KEY", "20260131T093000Z"),
        ("GREETING_KEY", "hello there 4you1234"),
    ],
)
def test_variables_that_are_often_harmless(name: str, value: str) -> None:
    """Where a variable's name leaves doubt, what it holds must look like a credential."""
    assert [] == from_environment({name: value})
    assert ["k3jh4k5jh3k4j5h"] == from_environment({name: "k3jh4k5jh3k4j5h"})
