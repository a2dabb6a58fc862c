import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tapehead.cassette.model import Request, Response
from tapehead.redact.expiry_times import EXPIRES
from tapehead.redact.placeholder_forms import HOST, NUMBER, UUID, find_nonces, holds_placeholder, is_form
from tapehead.redact.redactor import Redactor

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n-----END PRIVATE KEY-----\n"
OUR_PEM = "-----BEGIN PRIVATE KEY-----\nW1JFREFDVEVEOnByaXZhdGUta2V5XQ==\n-----END PRIVATE KEY-----\n"
CLAIMS = {"iss": "https://i/", "aud": "me", "iat": 5, "nbf": 5, "exp": 9, "sub": "bob", "tid": "t", "email": "b@c.de"}


def jwt(claims: object, header: object = None) -> str:
    parts = (header or {"alg": "RS256", "typ": "JWT", "x5t": "q"}, claims, "a signature of it")
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    return ".".join(encoded)


def answered(value: Any, redactor: Redactor | None = None) -> Any:
    redactor = redactor or Redactor()
    response = Response(code=200, status="200 OK", body=json.dumps(value).encode())
    redacted, _ = redactor.response(response, [])
    assert redactor.response(redacted, [])[0] is redacted
    assert redactor.find_leak(redacted.body) is None
    return json.loads(redacted.body)


def asked(value: Any, redactor: Redactor | None = None) -> Any:
    return json.loads(
        (redactor or Redactor()).request(Request(method="POST", url="/", body=json.dumps(value).encode())).body
    )


def part(token: str, number: int) -> Any:
    text = token.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(text + "=="))


@pytest.mark.parametrize("name", ["id_token", "access_token", "anything"])
def test_a_token_in_an_answer(name: str) -> None:
    """It can be read, says who issued it to whom and when, has not expired, and says nothing of a person."""
    token = answered({name: jwt(CLAIMS)})[name]

    assert {"alg": "RS256", "typ": "JWT"} == part(token, 0)
    kept = {"iss": "https://i/", "aud": "me", "iat": 5, "nbf": 5}
    assert {**kept, "exp": EXPIRES, "sub": "[REDACTED:sub]", "tid": UUID.decode()} == part(token, 1)
    assert b"[REDACTED:jwt]" == base64.urlsafe_b64decode(token.split(".")[2] + "=")


def test_a_stream() -> None:
    """So it is in an event, also beside other values, and what was redacted once stays."""
    event = {"id_token": jwt(CLAIMS), "text": "x", "api_key": "8f14e45f-ceea-467a-9a36-dedd4bea2543"}
    body = b"data: %s\n\n" % json.dumps(event).encode()
    headers = {"Content-Type": ("text/event-stream",)}
    redacted, _ = Redactor().response(Response(code=200, status="200 OK", headers=headers, body=body), [])

    got = json.loads(redacted.body[6:])
    assert EXPIRES == part(got["id_token"], 1)["exp"]
    assert UUID.decode() == got["api_key"]
    assert Redactor().response(redacted, [])[0] is redacted


def test_a_token_that_says_nothing() -> None:
    """One without any claim or header that is kept is a token all the same."""
    token = answered({"id_token": jwt({"a": 1}, {"b": 2})})["id_token"]

    assert ({"alg": "none"}, {"exp": EXPIRES}) == (part(token, 0), part(token, 1))


@pytest.mark.parametrize("token", ["eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", jwt([1, 2, 3]).replace(".W", ".eyJW")])
def test_what_only_looks_like_a_token(token: str) -> None:
    """What cannot be read as one gets the usual placeholder."""
    assert {"id_token": "[REDACTED:id_token]"} == answered({"id_token": token})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("8f14e45f-ceea-467a-9a36-dedd4bea2543", UUID.decode()),
        ("postgres://bob:hunter2@db.example.com/app", f"postgres://{HOST.decode()}/"),
        (PEM, OUR_PEM),
        ("k3jh4k5jh3k4j5h3k4j5h3kj4Q==", base64.b64encode(b"[REDACTED:api_key]").decode()),
        (1234567890, int(NUMBER)),
        ("k3jh4k5jh3k4j5h", "[REDACTED:api_key]"),
        (-1.5, "[REDACTED:api_key]"),
    ],
)
def test_other_forms_in_an_answer(old: object, new: object) -> None:
    """A UUID stays one, a URL, a key's PEM block, padded base64 and a number too; the rest says what it was."""
    assert {"api_key": new} == answered({"api_key": old})


def test_a_value_within_a_text() -> None:
    """What is only part of a string gets the usual placeholder: nobody takes that apart."""
    token = jwt(CLAIMS)

    assert {"text": "your token is [REDACTED:jwt]."} == answered({"text": f"your token is {token}."})


def test_a_request_has_the_usual_placeholders() -> None:
    """A request that sends such a placeholder back is the one that was recorded with the value itself."""
    redactor = Redactor()
    values = {
        "uuid": "8f14e45f-ceea-467a-9a36-dedd4bea2543",
        "url": "https://h.example.com/secret-path-0001",
        "n": 123456789012,
    }
    redactor.learn(map(str, values.values()))
    values |= {"jwt": jwt(CLAIMS), "pem": PEM}
    got = answered(values, redactor)

    assert {"uuid": UUID.decode(), "url": f"https://{HOST.decode()}/", "n": int(NUMBER)} == {
        n: got[n] for n in ("uuid", "url", "n")
    }
    assert asked(values, redactor) == asked(got, redactor)
    assert asked({"id_token": values["jwt"]}) == asked({"id_token": got["jwt"]})


@pytest.mark.parametrize("text", [jwt(CLAIMS), "[REDACTED:jwt]", "W1JFREFDVEVEOmp3dAo=", "W1JFREFDVEVEOmp3d", "plain"])
def test_what_is_none(text: str) -> None:
    """Another's token, the usual placeholders and what only begins like one are none of these."""
    assert not is_form(text.encode())


@pytest.mark.parametrize("before", ["", "k=", "key=", "auth="])
@pytest.mark.parametrize("depth", range(3))
def test_what_holds_one(before: str, depth: int) -> None:
    """A placeholder is seen within a value, also in base64, twice, and in hex; another text has none."""
    text = f"{before}[REDACTED:api_key] ".encode()
    for _ in range(depth):
        text = before.encode() + base64.b64encode(text)

    assert holds_placeholder(text)
    assert holds_placeholder(f"{before}[REDACTED:api_key]".encode().hex().encode())
    assert not holds_placeholder(base64.b64encode(f"{before}[redacted:api_key]".encode()))


def test_a_url_that_has_one() -> None:
    """The URL of a request, too, has the usual placeholder where its client sends back what it got."""
    redactor = Redactor()
    redactor.learn(["8f14e45f-ceea-467a-9a36-dedd4bea2543"])
    recorded, live = (
        redactor.request(Request(method="GET", url=f"https://h/{each}/a"))
        for each in ("8f14e45f-ceea-467a-9a36-dedd4bea2543", UUID.decode())
    )

    assert "https://h/[REDACTED:value]/a" == recorded.url == live.url


def test_placeholders_are_not_learned() -> None:
    """A client that sends one back as its credentials teaches nothing."""
    redactor = Redactor()
    token = answered({"access_token": jwt(CLAIMS)})["access_token"]
    redactor.learn_credentials([("Authorization", f"Bearer {token}"), ("x-api-key", UUID.decode())], "/")

    assert 0 == redactor.learned


def test_the_guide_lists_them() -> None:
    """Each constant is in the guide to the format."""
    guide = (Path(__file__).parents[3] / "addon/docs/cassette-format.md").read_text()

    constants = (
        UUID.decode(),
        NUMBER.decode(),
        HOST.decode(),
        str(EXPIRES),
        "W1JFREFDVEVEOmp3dF0",
        OUR_PEM.splitlines()[1],
    )
    assert [] == [each for each in constants if f"{each}" not in guide]


def test_a_nonce_of_ours() -> None:
    """A token of ours that had a nonce can be given another; one that had none, and another's, stay."""
    head = base64.urlsafe_b64encode(b'{"alg":"RS256"}').rstrip(b"=")
    with_one, without = (
        b".".join([head, base64.urlsafe_b64encode(claims).rstrip(b"="), b"c2lnbmF0dXJlLW9mLWl0"])
        for claims in (b'{"iss":"https://id","nonce":"n"}', b'{"iss":"https://id","aud":"me"}')
    )
    live = b'{"id_token":"%b","other":"%b"}' % (with_one, without)
    answer, _ = Redactor().response(Response(code=200, status="", body=live), [])
    (edit,) = find_nonces(answer.body, "mine")

    assert b'"nonce":"mine"' in base64.urlsafe_b64decode(edit.new.split(b".")[1] + b"==")
    assert [] == [*find_nonces(live, "mine")]
