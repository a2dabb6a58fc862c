import json
import random
from string import ascii_letters, digits

import pytest

from tapehead.cassette.model import Request, Response
from tapehead.redact.placeholder_numbers import PlaceholderNumbers
from tapehead.redact.redactor import Redactor

TOKEN = "".join(random.Random(7).choices(ascii_letters + digits, k=40))
XML = "<R><Credentials><SecretAccessKey>{}</SecretAccessKey><Expiration>{}</Expiration></Credentials>{}</R>"


def answered(body: str, content_type: str = "application/json") -> str:
    headers = {"Content-Type": (content_type,)}
    redacted, sizes = Redactor().response(
        Response(code=200, status="200 OK", headers=headers, body=body.encode()), [len(body.encode())]
    )
    assert [len(redacted.body)] == sizes
    assert Redactor().response(redacted, [])[0] is redacted
    assert TOKEN.encode() not in redacted.body
    return redacted.body.decode()


@pytest.mark.parametrize(
    ("name", "time", "expected"),
    [
        ("expires_at", 1795771454, 4102444800),
        ("expiresAt", "2026-11-27T18:56:50Z", "2100-01-01T18:56:50Z"),
        ("Expiration", "2026-11-27 18:56:50.123+00:00", "2100-01-01 18:56:50.123+00:00"),
        ("expiration", 1795771454123, 4102444800000),
        ("expires_on", "1795771454", "4102444800"),
        ("expireTime", "2026-11-27T18:56:50.5Z", "2100-01-01T18:56:50.5Z"),
        ("client_secret_expires_at", 1795771454, 4102444800),
        ("client_secret_expires_at", 0, 0),
        ("expires_in", 3600, 3600),
        ("expires_at", 179577145, 179577145),
        ("created_at", 1795771454, 1795771454),
        ("expires_at", "tomorrow", "tomorrow"),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_beside_a_credential(name: str, time: object, expected: object, before: bool) -> None:
    """A time at which what is beside it expires is in the year 2100, in its own spelling, whichever comes first."""
    value = {name: time, "quotas": {"chat": [1, 2]}, "access_token": TOKEN} if before else None
    value = value or {"access_token": TOKEN, "quotas": {"chat": [1, 2]}, name: time}

    assert {**value, name: expected, "access_token": "[REDACTED:access_token]"} == json.loads(
        answered(json.dumps(value))
    )


def test_a_number_with_an_exponent() -> None:
    """So it is as AWS writes numbers."""
    assert '{"SessionToken":"[REDACTED:session_token]","Expiration":4.1024448E9}' == answered(
        '{"SessionToken":"' + TOKEN + '","Expiration":1.795771454E9}'
    )


def test_elements() -> None:
    """So it is in XML, and not in the elements around."""
    time = "<Other><Expiration>2026-11-27T18:56:50Z</Expiration></Other>"

    assert XML.format("[REDACTED:secret_access_key]", "2100-01-01T18:56:50Z", time) == answered(
        XML.format(TOKEN, "2026-11-27T18:56:50Z", time), "text/xml"
    )


@pytest.mark.parametrize(
    "value",
    [
        [{"access_token": TOKEN}, {"expires_at": 1795771454}],
        [{"expires_at": 1795771454}, {"access_token": TOKEN}],
        {"access_token": TOKEN, "file": {"expires_at": 1795771454}},
        {"auth": {"access_token": TOKEN}, "expires_at": 1795771454},
        {"access_token": TOKEN, "text": "x" * 5000, "expires_at": 1795771454},
    ],
)
def test_of_something_else(value: object) -> None:
    """A time in another object, or far away, stays."""
    assert 1 == answered(json.dumps(value)).count("1795771454")


def test_without_a_credential() -> None:
    """A time where nothing is replaced stays."""
    response = Response(code=200, status="200 OK", body=b'{"expires_at": 1795771454, "id": "file-1"}')

    assert response is Redactor().response(response, [])[0]


def test_one_of_many() -> None:
    """It is found beside whichever credential, with others in objects between."""
    inner = [{"api_key": TOKEN}] * 3
    value = {"access_token": TOKEN, "inner": inner, "expires_at": 1795771454}

    assert 4102444800 == json.loads(answered(json.dumps(value)))["expires_at"]


def test_sent_back() -> None:
    """A client that sends back the answer that it got asks the same, recorded and replayed, in a string as well."""
    got = json.dumps({"access_token": TOKEN, "expires_at": 1795771454})

    def asked(content: str) -> bytes:
        body = json.dumps({"messages": [{"role": "tool", "content": content}]}).encode()
        return Redactor().request(Request(method="POST", url="/", body=body), PlaceholderNumbers()).body

    assert asked(got) == asked(answered(got))


def test_a_second_value() -> None:
    """Placeholders are numbered beside it."""
    value = [{"access_token": TOKEN + end, "expires_at": 1795771454} for end in "ab"]
    request = Request(method="POST", url="/", body=json.dumps(value).encode())
    written = json.loads(Redactor().request(request, PlaceholderNumbers()).body)

    assert ["[REDACTED:access_token]", "[REDACTED:access_token-2]"] == [each["access_token"] for each in written]
    assert [4102444800] * 2 == [each["expires_at"] for each in written]


def test_a_stream() -> None:
    """So it is in an event."""
    event = json.dumps({"token": TOKEN, "expires_at": 1795771454})

    assert 'data: {"token": "[REDACTED:token]", "expires_at": 4102444800}\n\n' == answered(
        f"data: {event}\n\n", "text/event-stream"
    )
