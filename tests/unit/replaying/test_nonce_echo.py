import base64
import json

import pytest

from tapehead.cassette import Request, Response
from tapehead.redact.redactor import Redactor
from tapehead.replaying.nonce_echo import NonceEcho

FORM = {"Content-Type": ("application/x-www-form-urlencoded; charset=utf-8",)}


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def recorded(**claims: object) -> Response:
    """An answer of a token endpoint as it is recorded."""
    token = ".".join(
        [part({"alg": "RS256", "kid": "k"}), part({"iss": "https://id", "exp": 1, **claims}), "c2lnbmF0dXJl"]
    )
    body = json.dumps({"id_token": token}).encode()
    headers = {"Content-Type": ("application/json",), "Content-Length": (str(len(body)),)}
    live = Response(code=200, status="200 OK", body=body, content_length=len(body), headers=headers)
    return Redactor().response(live, [])[0]


def claims_of(response: Response) -> dict[str, object]:
    encoded = json.loads(response.body)["id_token"].split(".")[1]
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    return claims


@pytest.mark.parametrize(
    "request_",
    [
        Request(method="GET", url="https://h/authorize?a=1&nonce=n%2B1"),
        Request(method="POST", url="https://h/token", body=b"nonce=n%2B1&b=2", headers=FORM),
    ],
)
def test_the_last_nonce_comes_back(request_: Request) -> None:
    """A token that had a nonce has the one that a request sent; its lengths are right, all else is as recorded."""
    echo = NonceEcho()
    echo.note(Request(method="GET", url="https://h/authorize?nonce=older"))
    echo.note(request_)
    echo.note(Request(method="GET", url="https://h/other?nonces=1"))
    old = recorded(nonce="recorded", aud="me")
    new = echo.echoed(old)

    assert {**claims_of(old), "nonce": "n+1"} == claims_of(new)
    assert (str(len(new.body)),) == new.headers["Content-Length"]
    assert len(new.body) == new.content_length


def test_what_has_none_stays() -> None:
    """Without a nonce, in the requests or in the token, and in what is no token, nothing is changed."""
    echo, token = NonceEcho(), recorded(nonce="recorded")
    plain = Response(code=200, status="200 OK", body=b"{}")

    assert token is echo.echoed(token)
    echo.note(Request(method="GET", url="https://h/?nonce=x"))
    assert (without := recorded(aud="me")) is echo.echoed(without)
    assert plain is echo.echoed(plain)
    chunked = Response(code=200, status="200 OK", body=token.body)
    assert -1 == echo.echoed(chunked).content_length
