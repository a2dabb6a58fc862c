import base64
import json

import pytest

from tapehead.cassette.model import Request, Response
from tapehead.redact.learning import LONGEST_AT_ONCE, Seen
from tapehead.redact.redact_rules import parse_rules
from tapehead.redact.redactor import Redactor

FORM = [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
JSON = [("content-type", "application/json")]
LOOKS_PLAIN = "plain-looking-value"


def learned(headers: list[tuple[str, str]], body: bytes) -> list[str]:
    redactor = Redactor()
    redactor.learn_request(headers, "/", body)
    return [*redactor.learned_since(0)]


@pytest.mark.parametrize("name", ["access_token", "clientSecret", "api_key", "SecretAccessKey", "sessionToken"])
def test_a_field_of_a_request(name: str) -> None:
    """A JSON field with the name of a credential is learned from, whatever its value looks like."""
    assert [LOOKS_PLAIN] == learned(JSON, json.dumps({"a": [{name: LOOKS_PLAIN}]}).encode())


@pytest.mark.parametrize("value", ["conversation_id", "client_credentials", "Zugriffstoken", "organization.id"])
def test_a_name_that_stands_for_a_credential(value: str) -> None:
    """The name of a field, or a word, is replaced where it stands, and not looked for elsewhere."""
    assert [] == learned(JSON, json.dumps({"access_token": value}).encode())
    assert [] == learned(FORM, f"access_token={value}".encode())


def test_a_password_that_is_a_word() -> None:
    """A word is replaced where it stands, and not looked for elsewhere."""
    assert [] == learned(JSON, b'{"password":"dragonfly"}')


@pytest.mark.parametrize("name", ["access_token", "SecretAccessKey", "device_code", "code_verifier"])
def test_an_element_of_a_request(name: str) -> None:
    """So is an XML element, with what is a credential there; a prompt that quotes one is not."""
    body = f"<?xml version='1.0'?>\n<a><{name}>k3jh4k5jh3k4j5h</{name}></a>"

    assert ["k3jh4k5jh3k4j5h"] == learned([("content-type", "text/xml")], body.encode())
    body = f"<a><add key='{name}' value='k3jh4k5jh3k4j5h'/><b {name}=\"m3jh4k5jh3k4j5m\"/></a>"
    assert ["k3jh4k5jh3k4j5h", "m3jh4k5jh3k4j5m"] == learned([("content-type", "text/xml")], body.encode())
    assert [] == learned(JSON, json.dumps({"prompt": body}).encode())


@pytest.mark.parametrize("name", ["device_code", "code_verifier"])
def test_a_code_of_oauth(name: str) -> None:
    """The codes of OAuth that are used several times are learned from JSON and from forms."""
    value = "k3jh4k5jh3k4j5h"

    assert [value] == learned(JSON, json.dumps({name: value}).encode())
    assert [value] == learned(FORM, f"grant_type=x&{name}={value}".encode())


def test_a_form() -> None:
    """So are the fields of a form; of a name that is often harmless only what looks like a credential."""
    body = (
        b"client_secret=plain-looking-value&code=international&refresh_token=0.AX%2Brrr.rrr&scope=everything-there-is"
    )

    assert [LOOKS_PLAIN, "0.AX+rrr.rrr"] == learned(FORM, body)
    assert ["k3jh4k5jh3k4j5h"] == learned(FORM, b"code=k3jh4k5jh3k4j5h")


def test_a_form_of_parts() -> None:
    """So are its parts, and the JSON in them; another part is not."""
    parts = {"client_secret": LOOKS_PLAIN, "note": "k3jh4k5jh3k4j5h", "a": '{"api_key": "another-plain-value"}'}
    text = "".join(f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in parts.items())
    body = f"{text}--x--\r\n".encode()
    redactor = Redactor()
    redactor.seen = seen = Seen()
    headers = {"Content-Type": ("multipart/form-data; boundary=x",)}
    redactor.request(Request(method="POST", url="/", headers=headers, body=body))

    assert [LOOKS_PLAIN, "another-plain-value"] == [*seen.values]
    assert [*seen.values] == learned([("content-type", headers["Content-Type"][0])], body)


@pytest.mark.parametrize(
    "body",
    [
        {"password": "Enter-your-password"},
        {"api_key": "The key of your account"},
        {"account_id": "account-of-somebody", "user_email": "somebody@example.com"},
        {"prompt": json.dumps({"api_key": "the-key-of-an-example"})},
        {"password": {"type": "string"}, "api_key": 123456789012345},
        {"no": "names"},
        [1, 2],
    ],
)
def test_what_is_not_learned(body: object) -> None:
    """Sentences, names of accounts, what a prompt quotes, and what is no string stand elsewhere too."""
    assert [] == learned(JSON, json.dumps(body).encode())


@pytest.mark.parametrize("name", ["api_key", "token"])
def test_what_was_redacted_before(name: str) -> None:
    """A value in which there is a placeholder is none: it would be found in all texts in which the same was redacted."""
    once = base64.b64encode(b"value=[REDACTED:gitlab-token] ").decode()
    twice = base64.b64encode(f"inner: {once}".encode()).decode()

    for value in (once, twice, "auth=[REDACTED:value]"):
        assert [] == learned(JSON, json.dumps({name: value}).encode())
        assert [] == learned([*FORM, ("Authorization", f"Bearer {value}")], f"{name}={value}".encode())


def test_what_a_value_is() -> None:
    """It is what the JSON says, without its escapes; behind a scheme, the credentials; also more than one line."""
    body = (
        b'{"api_key": "slash\\/and-\\u00fcmlaut", "authorization": "Bearer plain-looking-value", "private_key": "k\\nb '
    )
    body += b'c d e f g", "access_token": "broken-\\q-escape"}'

    expected = ["slash/and-ümlaut", LOOKS_PLAIN, "k\nb c d e f g", "broken-\\q-escape"]
    assert expected == learned(JSON, body)


def test_long_bodies_are_learned_from_when_they_are_redacted() -> None:
    """A long request is not looked through before it goes on."""
    body = json.dumps({"pad": "x" * LONGEST_AT_ONCE, "api_key": LOOKS_PLAIN}).encode()
    assert [] == learned(JSON, body)

    redactor = Redactor()
    redactor.seen = seen = Seen()
    redactor.request(Request(method="POST", url="/", body=body))
    assert [LOOKS_PLAIN] == [*seen.values]


def test_an_answer() -> None:
    """What stands in an answer where credentials stand is noted while it is redacted; forms too."""
    redactor = Redactor()
    redactor.seen = seen = Seen()
    redactor.response(Response(code=200, status="200 OK", body=json.dumps({"access_token": LOOKS_PLAIN}).encode()), [])
    form = {"Content-Type": ("application/x-www-form-urlencoded",)}
    redactor.response(
        Response(code=200, status="200 OK", headers=form, body=b"access_token=another-plain-value&scope="), []
    )

    assert [LOOKS_PLAIN, "another-plain-value"] == [*seen.values]


def test_the_words_of_a_stream_put_together() -> None:
    """What is spread over events stands nowhere in the body: its long words are noted."""
    events = [{"delta": part} for part in ("spread-ov", "er-some-", "events", "!")]
    redactor = Redactor()
    redactor.seen = seen = Seen()
    body = b"".join(b"data: %s\n\n" % json.dumps(each).encode() for each in events)
    redactor.response(
        Response(code=200, status="200 OK", headers={"Content-Type": ("text/event-stream",)}, body=body), []
    )

    assert {b"spread-over-some-events"} == seen.words


def test_a_layer_that_is_off() -> None:
    """Who turns the values off wants none learned."""
    redactor = Redactor(parse_rules(["off:values"], []))
    redactor.learn(["plain-looking-value"])

    assert 0 == redactor.learned


def test_what_is_written_already() -> None:
    """Any text is redacted by what is known by now, and is the very same where that is nothing."""
    redactor = Redactor()
    text = b'{"headline": "plain-looking-value"}\n'
    assert text is redactor.clean(text)
    redactor.learn([LOOKS_PLAIN])

    assert b'{"headline": "[REDACTED:value]"}\n' == redactor.clean(text)
