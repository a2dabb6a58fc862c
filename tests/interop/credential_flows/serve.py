"""The services' process: the harness's server, which issues credentials and answers who has them, by host and path.

A request without the right credential is turned away, as the real ones do it. Knows HTTP, and nothing of tapehead.
"""

import datetime
import sys
import time
import urllib.parse
from collections.abc import Callable, Mapping

from tests.interop.credential_flows import flow_values as values
from tests.support.harness import Answer
from tests.support.harness import serve as harness
from tests.support.harness.answers import Asked

type Handler = Callable[[Asked, Mapping[str, str]], Answer]
"""With the pairs of a form."""

POLLS = 2  # how often a device is told to wait
HOUR = 3600
AUTHORITY = f"https://{values.HOST_ENTRA}/{values.TENANT}"
MCP = f"https://{values.HOST_MCP}/mcp"
MCP_AUTH = f"https://{values.HOST_MCP_AUTH}"

_polled = 0


def _json(value: object, status: int = 200) -> Answer:
    return Answer.of_json(value, status=status)


def _refused(message: str = "not authorized") -> Answer:
    return _json({"error": "invalid_grant", "error_description": message}, 401)


def _header(asked: Asked, name: str) -> str:
    return dict(asked.headers).get(name, "")


def _has(asked: Asked, *tokens: str) -> bool:
    return _header(asked, "authorization") in [f"Bearer {token}" for token in tokens]


def _assume_role(asked: Asked, form: Mapping[str, str]) -> Answer:
    if values.RECORDED.AWS_ACCESS_KEY_ID not in _header(asked, "authorization"):
        return _refused()
    expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=HOUR)
    return Answer.of(
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser>'
        f"<AssumedRoleId>AROA3XFRBF535PLBIFPI4:{form['RoleSessionName']}</AssumedRoleId>"
        f"<Arn>arn:aws:sts::123456789012:assumed-role/flow/{form['RoleSessionName']}</Arn></AssumedRoleUser><Credentials>"
        f"<AccessKeyId>{values.STS_KEY}</AccessKeyId><SecretAccessKey>{values.STS_SECRET}</SecretAccessKey>"
        f"<SessionToken>{values.STS_TOKEN}</SessionToken><Expiration>{expires:%Y-%m-%dT%H:%M:%SZ}</Expiration>"
        "</Credentials></AssumeRoleResult></AssumeRoleResponse>".encode(),
        headers=(("content-type", "text/xml"),),
    )


def _converse(asked: Asked, _: Mapping[str, str]) -> Answer:
    if values.STS_KEY not in _header(asked, "authorization") or values.STS_TOKEN != _header(
        asked, "x-amz-security-token"
    ):
        return _refused()
    return _json(
        {
            "output": {"message": {"role": "assistant", "content": [{"text": "Hello!"}]}},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
            "metrics": {"latencyMs": 1},
        }
    )


def _entra_metadata(*_: object) -> Answer:
    return _json(
        {
            "issuer": f"{AUTHORITY}/v2.0",
            "token_endpoint": f"{AUTHORITY}/oauth2/v2.0/token",
            "authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/devicecode",
        }
    )


def _device_code(*_: object) -> Answer:
    return _json(
        {
            "user_code": "ABCD1234",
            "device_code": values.DEVICE_CODE,
            "verification_uri": "https://microsoft.com/devicelogin",
            "expires_in": 900,
            "interval": 1,
            "message": "enter ABCD1234",
        }
    )


def _entra_token(_: Asked, form: Mapping[str, str]) -> Answer:
    global _polled
    answer: dict[str, object] = {"token_type": "Bearer", "scope": "flow", "expires_in": HOUR, "ext_expires_in": HOUR}
    match form.get("grant_type"):
        case "client_credentials" if form.get("client_secret") == values.RECORDED.AZURE_CLIENT_SECRET:
            return _json(answer | {"access_token": values.AZURE_ACCESS})
        case "refresh_token" if form.get("refresh_token") == values.ENTRA_REFRESH:
            access = values.ENTRA_REFRESHED
        case "urn:ietf:params:oauth:grant-type:device_code" if form.get("device_code") == values.DEVICE_CODE:
            access = values.ENTRA_ACCESS
            _polled += 1
            if _polled <= POLLS:
                return _json({"error": "authorization_pending", "error_description": "wait"}, 400)
        case _:
            return _refused()
    user = {"uid": "u", "utid": values.TENANT}
    more = {
        "access_token": access,
        "refresh_token": values.ENTRA_REFRESH,
        "id_token": values.id_token(int(time.time())),
        "client_info": values.encoded(user),
    }
    return _json(answer | more)


def _azure(asked: Asked, _: Mapping[str, str]) -> Answer:
    tokens = (values.AZURE_ACCESS, values.ENTRA_ACCESS, values.ENTRA_REFRESHED)
    return _json({"models": ["flow"]}) if _has(asked, *tokens) else _refused()


def _google_token(_: Asked, form: Mapping[str, str]) -> Answer:
    refreshes = (
        form.get("refresh_token") == values.RECORDED.GOOGLE_REFRESH_TOKEN
        and form.get("client_secret") == values.RECORDED.GOOGLE_CLIENT_SECRET
    )
    if not refreshes and form.get("assertion", "").count(".") != 2:
        return _refused()
    answer = {"access_token": values.GOOGLE_ACCESS, "expires_in": HOUR, "token_type": "Bearer", "scope": "flow"}
    return _json(answer)


def _vertex(asked: Asked, _: Mapping[str, str]) -> Answer:
    return _json({"candidates": ["Hello!"]}) if _has(asked, values.GOOGLE_ACCESS) else _refused()


def _copilot_token(asked: Asked, _: Mapping[str, str]) -> Answer:
    if _header(asked, "authorization") != f"token {values.RECORDED.GITHUB_TOKEN}":
        return _refused()
    return _json(
        {
            "chat_enabled": True,
            "endpoints": {"api": f"https://{values.HOST_COPILOT}"},
            "expires_at": int(time.time()) + HOUR // 2,
            "limited_user_quotas": {"chat": 500, "completions": 4000},
            "refresh_in": 1500,
            "token": values.COPILOT_TOKEN,
            "tracking_id": "0a1b2c3d",
        }
    )


def _copilot(asked: Asked, _: Mapping[str, str]) -> Answer:
    if not _has(asked, values.COPILOT_TOKEN):
        return _refused()
    return _json({"choices": [{"message": {"role": "assistant", "content": "Hello!"}}]})


def _mcp(asked: Asked, _: Mapping[str, str]) -> Answer:
    if not _has(asked, values.MCP_ACCESS):
        where = f'Bearer resource_metadata="https://{values.HOST_MCP}/.well-known/oauth-protected-resource/mcp"'
        return Answer.of_json({"error": "invalid_token"}, status=401, headers=(("www-authenticate", where),))
    if asked.method != "POST":
        return _json({"error": "no stream"}, 405)
    call = asked.json()
    if "id" not in call:
        return Answer.of(b"", status=202, headers=())
    results = {
        "initialize": {
            "protocolVersion": call.get("params", {}).get("protocolVersion"),
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "flow", "version": "1"},
        },
        "tools/list": {"tools": [{"name": "greet", "inputSchema": {"type": "object"}}]},
        "tools/call": {"content": [{"type": "text", "text": "Hello!"}]},
    }
    result = results.get(call["method"])
    if result is None:
        return _json({"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32601, "message": "Method not found"}})
    return _json({"jsonrpc": "2.0", "id": call["id"], "result": result})


def _mcp_resource(*_: object) -> Answer:
    return _json({"resource": MCP, "authorization_servers": [MCP_AUTH], "scopes_supported": ["flow"]})


def _mcp_metadata(*_: object) -> Answer:
    return _json(
        {
            "issuer": MCP_AUTH,
            "authorization_endpoint": f"{MCP_AUTH}/authorize",
            "token_endpoint": f"{MCP_AUTH}/token",
            "registration_endpoint": f"{MCP_AUTH}/register",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }
    )


def _mcp_register(asked: Asked, _: Mapping[str, str]) -> Answer:
    more = {
        "client_id": "flow-client",
        "client_secret": values.MCP_CLIENT_SECRET,
        "client_secret_expires_at": int(time.time()) + HOUR,
        "registration_access_token": values.MCP_REGISTRATION,
        "registration_client_uri": f"{MCP_AUTH}/register/flow-client",
        "token_endpoint_auth_method": "client_secret_post",
    }
    return _json(asked.json() | more, 201)


def _mcp_token(_: Asked, form: Mapping[str, str]) -> Answer:
    right = form.get("code") == values.RECORDED.MCP_CODE and form.get("client_secret") == values.MCP_CLIENT_SECRET
    if not right or len(form.get("code_verifier", "")) < 43:  # RFC 7636, 4.1
        return _refused()
    return _json(
        {
            "access_token": values.MCP_ACCESS,
            "token_type": "Bearer",
            "expires_in": HOUR,
            "refresh_token": values.MCP_REFRESH,
            "scope": "flow",
        }
    )


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    (values.HOST_STS, "/", _assume_role),
    (values.HOST_BEDROCK, "/model/flow/converse", _converse),
    (values.HOST_ENTRA, f"/{values.TENANT}/v2.0/.well-known/openid-configuration", _entra_metadata),
    (values.HOST_ENTRA, f"/{values.TENANT}/oauth2/v2.0/devicecode", _device_code),
    (values.HOST_ENTRA, f"/{values.TENANT}/oauth2/v2.0/token", _entra_token),
    (values.HOST_AZURE, "/openai/models", _azure),
    (values.HOST_GOOGLE, "/token", _google_token),
    (values.HOST_VERTEX, "/v1/flow:generateContent", _vertex),
    (values.HOST_GITHUB, "/copilot_internal/v2/token", _copilot_token),
    (values.HOST_COPILOT, "/chat/completions", _copilot),
    (values.HOST_MCP, "/mcp", _mcp),
    (values.HOST_MCP, "/.well-known/oauth-protected-resource/mcp", _mcp_resource),
    (values.HOST_MCP_AUTH, "/.well-known/oauth-authorization-server", _mcp_metadata),
    (values.HOST_MCP_AUTH, "/register", _mcp_register),
    (values.HOST_MCP_AUTH, "/token", _mcp_token),
)


def answer(asked: Asked) -> Answer:
    """What the service of the host that was asked answers; 404 as JSON when there is none."""
    host = _header(asked, "host").partition(":")[0]
    for name, path, handler in ROUTES:
        if (name, path) == (host, asked.path):
            is_form = _header(asked, "content-type").startswith("application/x-www-form-urlencoded")
            return handler(asked, dict(urllib.parse.parse_qsl(asked.body.decode())) if is_form else {})
    return _json({"error": f"nobody serves {host}{asked.path}"}, 404)


if __name__ == "__main__":
    harness.main(*sys.argv[1:3], answer=answer)
