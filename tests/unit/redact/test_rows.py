"""One sample for each row of the redaction's tables: with any row removed a test here fails (`scripts/mutate` shows it)."""

import json

import pytest

from tapehead.cassette import Request, Response
from tapehead.redact.header_rules import HeaderRules
from tapehead.redact.redactor import Redactor
from tests.unit.redact.key_samples import PARTS, SAMPLES, WORD


@pytest.mark.parametrize(("kind", "key"), SAMPLES, ids=[f"{kind}-{n}" for n, (kind, _) in enumerate(SAMPLES)])
@pytest.mark.parametrize("around", ["{}", "the key is {}.", "a={}&b=1", "line\n{}\nline", "({})"])
def test_shape(kind: str, key: str, around: str) -> None:
    """A key of this shape is found by its shape alone, in plain text and in JSON; all around it stays."""
    redactor, hidden = Redactor(), f"[REDACTED:{kind}]"
    text = around.format(key)

    assert around.format(hidden) == redactor.text(text)
    assert json.dumps({"a": around.format(hidden)}) == redactor.text(json.dumps({"a": text}))


@pytest.mark.parametrize(("kind", "before", "key"), PARTS, ids=[f"{kind}-{n}" for n, (kind, *_) in enumerate(PARTS)])
def test_part_of_a_shape(kind: str, before: str, key: str) -> None:
    """Of a URL that is a credential only that part is replaced, in plain text and in JSON."""
    text, hidden = f"see {before}{key} there", f"see {before}[REDACTED:{kind}] there"

    assert hidden == Redactor().text(text)
    assert json.dumps([hidden]) == Redactor().text(json.dumps([text]))


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "access_token",
        "refresh_token",
        "id_token",
        "client_secret",
        "password",
        "private_key",
        "secret_access_key",
        "session_token",
        "connection_string",
        "authorization",
        "authorization_token",
        "x_api_key",
        "account_id",
        "user_email",
    ],
)
def test_json_name(name: str) -> None:
    """The value of a JSON field of this name is replaced, in snake case, camel case, and capitals."""
    first, *rest = name.split("_")
    for spelling in (name, first + "".join(map(str.capitalize, rest)), name.upper()):
        data = json.dumps({"x": {spelling: "a value"}, "n": 1})
        assert json.dumps({"x": {spelling: f"[REDACTED:{name}]"}, "n": 1}) == Redactor().text(data)


def test_user_id_in_an_error() -> None:
    """Whose request it was is replaced in the body of an error, and nowhere else."""
    body = b'{"error":{"message":"no"},"user_id":"user_2abc"}'
    for code, expected in ((429, b'{"error":{"message":"no"},"user_id":"[REDACTED:user_id]"}'), (200, body)):
        response, _ = Redactor().response(Response(code=code, status="", body=body), [len(body)])
        assert expected == response.body


@pytest.mark.parametrize(
    "name",
    [
        "key",
        "api_key",
        "apikey",
        "access_token",
        "refresh_token",
        "id_token",
        "token",
        "sig",
        "signature",
        "client_secret",
        "client_assertion",
        "password",
        "code",
        "X-Amz-Credential",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "x-goog-signature",
        "api-key",
        "subscription-key",
        "upload_id",
    ],
)
def test_query_and_form_name(name: str) -> None:
    """The value of a parameter of this name is replaced in queries, in forms, and in the form map."""
    request = Request(
        method="POST",
        url=f"https://h/p?{name}=v&a=b",
        body=f"a=b&{name}=v".encode(),
        headers={"Content-Type": ("application/x-www-form-urlencoded",)},
        form={"a": ("b", "b"), name: ("v", "v")},
    )
    redacted = Redactor().request(request)

    assert f"https://h/p?{name}=[REDACTED:query]&a=b" == redacted.url
    assert f"a=b&{name}=[REDACTED:query]".encode() == redacted.body
    assert {"a": ("b", "b"), name: ("[REDACTED:query]",) * 2} == redacted.form


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
        "ocp-apim-subscription-key",
        "x-amz-security-token",
        "xi-api-key",
        "helicone-auth",
        "cf-aig-authorization",
        "openai-organization",
        "openai-project",
        "anthropic-organization-id",
        "sec-websocket-protocol",
    ],
)
@pytest.mark.parametrize("response", [False, True])
def test_credential_header(name: str, response: bool) -> None:
    """A header that carries a credential is not kept; when all are asked for, its value is replaced."""
    rules, pair = HeaderRules(extra=("*",)), [(name.upper(), "secret")]
    kept = (rules.response if response else rules.request)(pair)
    headers = Redactor().request(Request(method="GET", url="https://h/", headers=kept)).headers

    assert [("[REDACTED:header]",)] == list(headers.values())
    assert {} == (HeaderRules().response if response else HeaderRules().request)(pair)


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "SOME_TOKEN", "CLIENT_SECRET", "DB_PASSWORD", "lower_case_token"])
def test_environment(name: str) -> None:
    """The value of a variable of such a name is found wherever it stands."""
    assert "a [REDACTED:value] b" == Redactor(environment={name: "shapeless0001"}).text("a shapeless0001 b")
    assert "a shapeless0001 b" == Redactor(environment={"HOME": "shapeless0001"}).text("a shapeless0001 b")


REQUEST_HEADERS = ["accept", "content-type", "user-agent"]
RESPONSE_HEADERS = [
    "content-type",
    "location",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "x-amzn-errortype",
    "content-disposition",
    "mcp-session-id",
    "x-goog-upload-url",
    "x-goog-upload-status",
    "x-request-id",
    "request-id",
    "x-amzn-requestid",
    "apim-request-id",
    "x-ms-request-id",
    "mistral-correlation-id",
    "x-generation-id",
]


@pytest.mark.parametrize("name", sorted({*REQUEST_HEADERS, *RESPONSE_HEADERS}))
def test_kept_header(name: str) -> None:
    """A header of this name is kept on the side where it says something, without being asked for."""
    rules = HeaderRules()

    assert (name in REQUEST_HEADERS) == bool(rules.request([(name, "v")]))
    assert (name in RESPONSE_HEADERS) == bool(rules.response([(name, "v")]))


@pytest.mark.parametrize(
    "lane", ["index", "output_index", "content_index", "summary_index", "contentBlockIndex", "item_id"]
)
def test_lane(lane: str) -> None:
    """Events that this field tells apart are put together each by themselves."""
    key = f"sk-ant-{WORD}"
    events = [
        {lane: n % 2, "delta": text} for n, text in enumerate(x for half in (key[:20], key[20:]) for x in (half, "!"))
    ]
    body = b"".join(b"data: %s\n\n" % json.dumps(event).encode() for event in events)
    headers = {"Content-Type": ("text/event-stream",)}
    response, _ = Redactor().response(Response(code=200, status="", headers=headers, body=body), [len(body)])
    deltas = [json.loads(line[6:])["delta"] for line in response.body.splitlines() if line]

    assert ["[REDACTED:anthropic-key]", "!", "", "!"] == deltas
