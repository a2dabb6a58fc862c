import pytest

from tapehead.cassette.model import Request
from tapehead.redact.redactor import Redactor
from tapehead.redact.subprotocols import keys_in_subprotocols, redact_subprotocols

KEY = "fh3kq9" + "Zt7LmW2xPv8"
X = "[REDACTED:header]"


@pytest.mark.parametrize(
    ("sent", "kept", "keys"),
    [
        ("realtime", "realtime", []),
        (
            f"realtime, openai-insecure-api-key.{KEY}, openai-beta.realtime-v1",
            f"realtime, openai-insecure-api-key.{X}, openai-beta.realtime-v1",
            [KEY],
        ),
        ("token, short", f"token, {X}", ["short"]),
        (f"bearer,{KEY}.a.b", f"bearer, {X}", [f"{KEY}.a.b"]),
        (
            f"base64url.bearer.authorization.k8s.io.{KEY}, v4.channel.k8s.io",
            f"base64url.bearer.authorization.k8s.io.{X}, v4.channel.k8s.io",
            [KEY],
        ),
        (f"json, {KEY}", f"json, {X}", [KEY]),
        ("graphql-transport-ws, graphql-ws", "graphql-transport-ws, graphql-ws", []),
        ("mqtt,v12.stomp", "mqtt, v12.stomp", []),
        ("ocpp2.0.1, chat/1.0, base64.binary.k8s.io", "ocpp2.0.1, chat/1.0, base64.binary.k8s.io", []),
        ("5ecRe7-Va1u3-q7Zx9d", X, ["5ecRe7-Va1u3-q7Zx9d"]),
    ],
)
def test_keys_go_and_protocols_stay(sent: str, kept: str, keys: list[str]) -> None:
    assert redact_subprotocols(sent) == kept
    assert list(keys_in_subprotocols(sent)) == keys


def test_the_redactor_does_that() -> None:
    headers = {"Sec-Websocket-Protocol": (f"realtime, openai-insecure-api-key.{KEY}",)}

    redacted = Redactor().request(Request(method="GET", url="https://h/", headers=headers))

    assert redacted.headers["Sec-Websocket-Protocol"] == (f"realtime, openai-insecure-api-key.{X}",)
