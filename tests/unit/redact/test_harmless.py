"""What is no credential stays byte for byte: two thousand texts, each a harmless value under a name that ends like one."""

import itertools
import json

import pytest

from tapehead.cassette import Request
from tapehead.redact.redactor import Redactor

# Names of settings whose last word is a credential's, and values that people give them.
NAMES = (
    *(
        "EOS_TOKEN",
        "PAD_TOKEN",
        "MODEL_KEY",
        "SORT_KEY",
        "CACHE_KEY",
        "ENCODING_KEY",
        "key",
        "sortKey",
        "primaryKey",
        "token",
    ),
    *(
        "next_token",
        "pageToken",
        "X-Page-Token",
        "auth",
        "auth_type",
        "code",
        "statusCode",
        "countryCode",
        "sig",
        "secret",
    ),
    *("secret_name", "credentials", "x-cache-key", "answer-key", "message.key"),
)
VALUES = (
    *(
        "<|endoftext|>",
        "</s>",
        "[PAD]",
        "claude-sonnet-4-5",
        "gpt-4o-mini-2024-07-18",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    ),
    *("accounts/fireworks/models/llama-v3p1-405b-instruct", "us.anthropic.claude-3-5-sonnet-20241022-v2:0"),
    *("conversation_id", "created_at", "user:1", "US", "FR", "p2", "America/Argentina/Buenos_Aires", "Europe/Berlin"),
    *(
        "/var/run/secrets/kubernetes.io/serviceaccount/token",
        "~/.config/app/credentials.json",
        "docs/getting-started.md",
    ),
    *("application/vnd.api+json", "https://example.com/oauth/token", "someone@example.com", "2026-11-27T14:45:53Z"),
    *(
        "text-embedding-3-small",
        "internationalization",
        "componentDidMountListener",
        "print('hello, world')",
        "not_found_error",
    ),
    *(
        "${API_TOKEN}",
        "{{ secrets.API_TOKEN }}",
        "$TOKEN",
        "<your-token>",
        "%(token)s",
        "********",
        "xxxxxxxxxxxxxxxx",
        "...",
    ),
    *("null", "true", "42"),
)
# What things are told apart by is a value of theirs, too.
NAMES_OF_IDS = ("key", "sortKey", "objectKey", "token", "next_token", "clientRequestToken", "code", "auth", "sig")
IDS = (
    *("123e4567-e89b-12d3-a456-426614174000", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "d41d8cd98f00b204e9800998ecf8427e"),
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
)
# Names that say it, and values that still are none.
CERTAIN = (
    "api_key",
    "OPENAI_API_KEY",
    "apiKey",
    "access_token",
    "client_secret",
    "password",
    "db_password",
    "X-Api-Key",
)
EXAMPLES = (
    *(
        "sk-no-key-required",
        "sk-ant-your-api-key-here",
        "sk-xxxx",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
        "your-api-key",
        "YOUR_API_KEY",
    ),
    *(
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "dummy",
        "fake-key",
        "placeholder",
        "not-needed",
    ),
    *(
        "<your-api-key>",
        "${OPENAI_API_KEY}",
        "$OPENAI_API_KEY",
        "{{ .Values.apiKey }}",
        "[REDACTED]",
        "***",
        "<redacted>",
        "None",
    ),
    *("OPENAI_API_KEY", "string", "Bearer <token>", "Bearer $TOKEN"),
)
# A password in forms, schemas, translations, and messages about it.
ABOUT_PASSWORDS = (
    *("Password", "password", "Passwort", "Mot de passe", "Contraseña", "Пароль", "パスワード", "密码", "string"),
    *(
        "Password is required",
        "must be at least 8 characters",
        "Enter your password",
        "Le mot de passe est trop court.",
    ),
    *("Falsches Passwort", "La contraseña debe tener 8 caracteres", "Passwords do not match"),
)
FRAMES = (
    '{{"settings":{{"{name}":{json}}},"n":1}}',
    '{{"arguments":{nested}}}',
    "export {name}={value}\nHOME=/root\n",
    "# a file\n{name}: {value}\nother: 1\n",
    '{name} = "{value}"\n',
    "<settings><{name}>{value}</{name}></settings>",
    "run --{name} {value} --verbose",
)


def frames(name: str, value: str) -> list[str]:
    nested = json.dumps(json.dumps({name: value}))
    return [frame.format(name=name, value=value, json=json.dumps(value), nested=nested) for frame in FRAMES]


TEXTS = [
    text
    for names, values in (
        (NAMES, VALUES),
        (NAMES_OF_IDS, IDS),
        (CERTAIN, EXAMPLES),
        (("password", "passwd"), ABOUT_PASSWORDS),
    )
    for name, value in itertools.product(names, values)
    for text in frames(name, value)
]
OTHERS = (
    "if line == '-----BEGIN PRIVATE KEY-----':",
    'BEGIN = b"-----BEGIN RSA PRIVATE KEY-----\\n"',
    '{"password":{"type":"string","format":"password"},"required":["password"]}',
    '{"logprobs":{"content":[{"token":" internationalization","bytes":[1]},{"token":"0123456789ABCDEF"}]}}',
    '{"signature":"EqoBCkgIARABGAIiQL8jWv2M9ssuAcN3DkPz5GxH7KqRtTbY1","thoughtSignature":"CikB0e2Kb6Zr8Xw3QmVtNpLsHd5FgJc7"}',
    '{"encrypted_content":"gAAAAABn8jWv2M9ssuAcN3DkPz5GxH7KqRtTbY1q","etag":"d41d8cd98f00b204e9800998ecf8427e"}',
    '{"key":"d41d8cd98f00b204e9800998ecf8427e","sha":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}',
    '{"account_id":"ACC-1001","user_email":"me@example.com","user_id":"user_2abc"}',
    "postgres://postgres:postgres@localhost/db and https://user:password@example.com and http://${USER}:${PASS}@h",
    "Cookie: theme=dark; lang=en-US; tz=Europe%2FBerlin",
    "git clone https://someone@github.com/a/b.git",
    "def f(api_key: str | None = None, token=tokenizer.decode(ids), key=lambda pair: pair[0]): ...",
    "Vec<Token> and Map<String,Key> tokens: prompt_tokens=12 completion_tokens=34",
    'for (const [key, value] of Object.entries(headers)) if (key === "authorization") return',
    '["authorization", "content-type"]',
    "curl -u user:password https://h and curl --user $USER:$PASSWORD https://h",
    "machine example.com login me password $PASSWORD_OF_EXAMPLE",
    "the key to understanding-the-architecture is a token of-appreciation-for-everybody",
)


def test_two_thousand_texts() -> None:
    """None of them is changed, in whatever way it is written down."""
    redactor = Redactor()

    assert len(TEXTS) > 2000
    assert [] == [(text, redactor.text(text)) for text in TEXTS if redactor.text(text) != text]


@pytest.mark.parametrize("text", OTHERS)
def test_others(text: str) -> None:
    """Code, schemas, answers of models and the user names of URLs stay as they are."""
    assert text == Redactor().text(text)


@pytest.mark.parametrize("name", [name for name in NAMES if " " not in name])
def test_parameters_that_differ_stay_different(name: str) -> None:
    """A parameter whose value is none stays what it is in a query and in a form: two of them are two requests."""
    redactor = Redactor()
    for value in ("US", "FR", "user:1", "p2", "conversation_id", "claude-sonnet-4-5", "Europe/Berlin", "42", "AAA"):
        request = Request(
            method="POST",
            url=f"https://h/p?{name}={value}",
            body=f"{name}={value}&a=b".encode(),
            headers={"Content-Type": ("application/x-www-form-urlencoded",)},
            form={name: (value,), "a": ("b",)},
        )
        assert redactor.request(request) is request


def test_headers_that_carry_none() -> None:
    """With all headers asked for, those that only end like a credential's stay."""
    headers = {
        "Idempotency-Key": ("8e03978e-40d5-43dd-bc93-6894a57f9324",),
        "Sec-Websocket-Key": ("dGhlIHNhbXBsZSBub25jZQ==",),
        "X-Next-Token": ("abc",),
        "X-Ratelimit-Remaining-Tokens": ("29999",),
        "X-Error-Code": ("E1",),
        "Surrogate-Key": ("a b",),
        "Set-Cookie": ("theme=dark; Path=/; HttpOnly", "lang=en"),
    }
    request = Request(method="GET", url="https://h/", headers=headers)

    assert Redactor().request(request) is request
