"""One sample for each row of the redaction's tables: with any row removed a test here fails (`scripts/mutate` shows it)."""

import json

import pytest

from tapehead.cassette import Request, Response
from tapehead.redact.header_rules import HeaderRules
from tapehead.redact.redactor import Redactor
from tapehead.redact.steering_headers import Answer
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


RANDOM = "q7Zx9dcba98HkLm21ZYXwvuts"
NAMES = (
    *(
        "api_key",
        "x_api_key",
        "api_token",
        "api_secret",
        "subscription_key",
        "subscription_token",
        "account_key",
        "app_secret",
    ),
    *(
        "shared_access_key",
        "private_key",
        "secret_key",
        "secret_access_key",
        "connection_string",
        "access_token",
        "refresh_token",
    ),
    *(
        "id_token",
        "client_secret",
        "client_assertion",
        "code_verifier",
        "subject_token",
        "actor_token",
        "authorization",
    ),
    *(
        "authorization_token",
        "auth_token",
        "bearer_token",
        "oauth_token",
        "private_token",
        "session_token",
        "security_token",
    ),
    *("vault_token", "password", "passwd", "passphrase", "passcode", "shared_access_signature"),
)
NAMES_OF_RANDOM = (
    *(
        "app_key",
        "access_key",
        "access_key_id",
        "device_code",
        "assertion",
        "authorization_code",
        "auth_code",
        "code",
        "token",
    ),
    *("auth", "bearer", "pwd", "pass", "secret", "secrets", "credential", "credentials", "key", "sig"),
)


@pytest.mark.parametrize("name", [*NAMES, *NAMES_OF_RANDOM])
def test_json_name(name: str) -> None:
    """The value of a JSON field of this name is replaced, in snake case, camel case, and capitals, and with more before it."""
    first, *rest = name.split("_")
    value = "s3cr" if name in NAMES else RANDOM
    for spelling in (name, first + "".join(map(str.capitalize, rest)), name.upper(), name.replace("_", "-")):
        data = json.dumps({"x": {spelling: value}, "n": 1})
        assert json.dumps({"x": {spelling: f"[REDACTED:{name}]"}, "n": 1}) == Redactor().text(data)


@pytest.mark.parametrize("name", [*NAMES, *NAMES_OF_RANDOM])
def test_text_name(name: str) -> None:
    """In a text a random value is replaced behind this name, or in capitals the name of a variable that ends so."""
    if name not in ("code", "authorization_code", "auth_code"):
        kind = "api_key" if name == "x_api_key" else name
        text = "export ACME_{0}={2}\n{1}: {2}".format(kind.upper(), kind, "{0}")
        assert text.format(f"[REDACTED:{kind}]") == Redactor().text(text.format(RANDOM))


HARMLESS = (
    *("next_token", "page_token", "cursor_token", "eos_token", "stop_token", "image_token"),
    *("previous_token", "prev_token", "pagination_token", "scroll_token", "progress_token"),
    *("page_key", "start_key", "previous_key", "last_evaluated_key"),
    *("public_key", "sort_key", "cache_key", "idempotency_key", "translation_key", "order_key", "answer_key"),
    *("status_code", "country_code", "postal_code", "exit_code", "qr_code"),
)


@pytest.mark.parametrize("name", HARMLESS)
def test_name_that_ends_like_one(name: str) -> None:
    """What stands under a longer name that is harmless stays, in a field, in a text and in a query, however random it is."""
    text = json.dumps({name: RANDOM, "text": f"{name}={RANDOM}"})

    assert text == Redactor().text(text)
    assert f"https://h/?{name}={RANDOM}" == Redactor().url(f"https://h/?{name}={RANDOM}")


@pytest.mark.parametrize("name", ["account_id", "user_email", "user_id"])
def test_names_in_errors(name: str) -> None:
    """Whose request it was is replaced in a provider's error, and nowhere else: it may be the argument of a tool."""
    body = json.dumps({"error": {"message": "no"}, name: "ACC-1001"}).encode()
    hidden = body.replace(b"ACC-1001", f"[REDACTED:{name}]".encode())
    own = body.replace(b"error", b"fault")
    for code, given, expected in ((429, body, hidden), (200, body, body), (404, own, own)):
        response, _ = Redactor().response(Response(code=code, status="", body=given), [len(given)])
        assert expected == response.body


PARAMETERS = (
    *(
        "key",
        "token",
        "sig",
        "signature",
        "code",
        "upload_id",
        "appid",
        "jwt",
        "ticket",
        "sas",
        "auth",
        "secret",
        "pwd",
        "pass",
    ),
    *("api-key", "subscription-key", "device_code", "assertion", "app_key"),
)
CERTAIN_PARAMETERS = (
    *(
        "api_key",
        "apikey",
        "access_token",
        "refresh_token",
        "id_token",
        "client_secret",
        "client_assertion",
        "password",
    ),
    *("X-Amz-Credential", "X-Amz-Signature", "X-Amz-Security-Token", "x-goog-signature", "user[password]"),
)


@pytest.mark.parametrize("name", [*PARAMETERS, *CERTAIN_PARAMETERS])
def test_query_and_form_name(name: str) -> None:
    """The value of a parameter of this name is replaced in queries, in forms, and in the form map."""
    v = "v" if name in CERTAIN_PARAMETERS else RANDOM
    request = Request(
        method="POST",
        url=f"https://h/p?{name}={v}&a=b",
        body=f"a=b&{name}={v}".encode(),
        headers={"Content-Type": ("application/x-www-form-urlencoded",)},
        form={"a": ("b", "b"), name: (v, v)},
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
        "x-auth-token",
        "private-token",
        "x-vault-token",
        "apikey",
        "x-portkey-api-key",
        "x-subscription-token",
        "x-brave-key",
        "x-amz-credential-token",
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


@pytest.mark.parametrize("name", ["cookie", "set-cookie"])
def test_cookies(name: str) -> None:
    """Of a header with cookies the values by which a client is known go, and the rest stays."""
    rules, pair = HeaderRules(extra=("*",)), [(name.upper(), "sid=secret; Path=/")]
    headers = Redactor().request(Request(method="GET", url="https://h/", headers=rules.request(pair))).headers

    assert [("sid=[REDACTED:cookie]; Path=/",)] == list(headers.values())
    assert (name == "set-cookie") == bool(HeaderRules().response(pair))


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "SOME_TOKEN", "CLIENT_SECRET", "DB_PASSWORD", "lower_case_token"])
def test_environment(name: str) -> None:
    """The value of a variable of such a name is found wherever it stands."""
    assert "a [REDACTED:value] b" == Redactor(environment={name: "shapeless0001"}).text("a shapeless0001 b")
    assert "a shapeless0001 b" == Redactor(environment={"HOME": "shapeless0001"}).text("a shapeless0001 b")


REQUEST_HEADERS = [
    "accept",
    "content-type",
    "user-agent",
    "range",
    "if-range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "content-range",
    "upload-offset",
    "x-goog-upload-command",
    "x-goog-upload-offset",
    "x-ms-range",
    "x-ms-continuation",
    "x-amz-copy-source",
    "x-amz-copy-source-range",
    "last-event-id",
    "x-amz-target",
    "soapaction",
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "prefer",
    "access-control-request-method",
    "access-control-request-headers",
    "mcp-session-id",
    "x-portkey-provider",
    "x-portkey-custom-host",
    "helicone-target-url",
    "ai-language-model-id",
    "ai-language-model-streaming",
    "ai-model-id",
    "azureml-model-deployment",
    "x-amzn-sagemaker-target-model",
    "x-amzn-sagemaker-target-variant",
    "x-amzn-sagemaker-inference-component",
    "x-amzn-bedrock-guardrailidentifier",
    "x-amzn-bedrock-guardrailversion",
]
RESPONSE_HEADERS = [
    "location",
    "operation-location",
    "azure-asyncoperation",
    "link",
    "x-next-page",
    "x-ms-continuation",
    "x-amz-bucket-region",
    "dpop-nonce",
    "mcp-session-id",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "openai-poll-after-ms",
    "content-type",
    "content-disposition",
    "content-range",
    "accept-ranges",
    "etag",
    "last-modified",
    "x-repo-commit",
    "x-linked-etag",
    "x-linked-size",
    "x-xet-hash",
    "x-goog-upload-url",
    "x-goog-upload-status",
    "x-goog-upload-chunk-granularity",
    "x-goog-upload-size-received",
    "upload-offset",
    "upload-length",
    "x-amzn-errortype",
    "x-ms-error-code",
    "x-error-code",
    "x-error-message",
    "grpc-status",
    "grpc-message",
    "grpc-status-details-bin",
    "grpc-encoding",
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
    "name",
    [
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-expose-headers",
        "access-control-max-age",
    ],
)
def test_header_for_browsers(name: str) -> None:
    """A header of this name is kept where the request came from a browser, and nowhere else."""
    assert HeaderRules().response([(name, "v")], Answer(has_origin=True))
    assert not HeaderRules().response([(name, "v")])


@pytest.mark.parametrize("code", [200, 401, 403, 404])
def test_header_of_refusals(code: int) -> None:
    """How to be let in is kept where one was not."""
    assert (code in (401, 403)) == bool(HeaderRules().response([("www-authenticate", "Bearer")], Answer(code=code)))


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("Cache-Control", "public, max-age=60", 200),
        ("Cache-Control", "immutable", 200),
        ("X-Ratelimit-Reset", "1", 403),
        ("X-Ratelimit-Reset-Requests", "1s", 429),
        ("X-Ratelimit-Reset-Tokens", "1s", 429),
        ("Ratelimit-Reset", "1", 429),
        ("Refresh", "1", 200),
        ("X-Subject-Token", "t", 200),
    ],
)
def test_followed_header(name: str, value: str, code: int) -> None:
    """A header by which clients are known to go is named where it is not recorded, and not where it is."""
    answer = Answer(code=code)

    assert [name] == HeaderRules().dropped([(name.lower(), value)], answer)
    assert [] == HeaderRules(extra=(name.lower(),)).dropped([(name, value)], answer)


@pytest.mark.parametrize(
    ("name", "value"),
    [("cache-control", "no-cache"), ("cache-control", "max-age=0"), ("x-ratelimit-reset", "1"), ("date", "now")],
)
def test_header_that_nobody_follows(name: str, value: str) -> None:
    """The same names, where they say nothing that a client would do otherwise without, are not named."""
    assert [] == HeaderRules().dropped([(name, value)])


@pytest.mark.parametrize(
    "cookie",
    [
        "__cf_bm=x",
        "__cflb=x",
        "_cfuvid=x",
        "cf_clearance=x",
        "cf-x=y",
        "AWSALB=x",
        "AWSALBCORS=x",
        "AWSELB=x",
        "ARRAffinity=x",
        "TiPMix=x",
        "ApplicationGatewayAffinity=x",
        "ASLBSA=x",
        "GCLB=x",
        "GCILB=x",
        "ak_bmsc=x",
        "bm_sv=x",
        "bm_mi=x",
        "_abck=x",
        "akacd_a=x",
        "AKA_A2=x",
        "incap_ses_1_2=x",
        "visid_incap_1=x",
        "nlbi_1=x",
        "BIGipServerpool=x",
        "TS01abcdef=x",
        "NSC_x=y",
        "datadome=x",
        "_pxhd=x",
        "__utma=x",
        "SERVERID=x",
        "INGRESSCOOKIE=x",
    ],
)
def test_cookie_of_an_edge(cookie: str) -> None:
    """What a balancer or a filter before the application sets is not kept, and an application's own beside it is."""
    headers = [("set-cookie", f"{cookie}; Path=/"), ("set-cookie", "theme=dark; Path=/")]

    assert {"Set-Cookie": ("theme=dark; Path=/",)} == HeaderRules().response(headers)


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
