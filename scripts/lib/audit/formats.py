"""The formats of credentials that the audit plants: realistic random values, and what makes each of them a secret.

A value is told by its shape, or by the request header or environment variable it was seen in, or by the name of its
field alone. Knows nothing of where a secret is planted or how it is written there, and nothing of the redactor: the
rules are written down here a second time, so that a mistake there is none here.
"""

import base64
import json
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from scripts.lib.audit.key_shapes import KEY_SHAPES
from scripts.lib.audit.secret import ALNUM, BASE32, BASE64, HEX, LOWER, UPPER, WORD, Secret, some

_PASSWORD = ALNUM + "!#$%&*+-./:=?@^_~\"'\\<>"

# Compared in lower case by the redactor; here in the spellings that occur.
QUERY_NAMES = (
    *("key", "api_key", "apikey", "access_token", "refresh_token", "id_token", "token", "sig", "signature"),
    *("client_secret", "client_assertion", "password", "code"),
    *("X-Amz-Credential", "X-Amz-Signature", "X-Amz-Security-Token"),
)
JSON_NAMES = (
    *("api_key", "apiKey", "access_token", "accessToken", "refresh_token", "id_token", "client_secret"),
    *("clientSecret", "password", "private_key", "secretAccessKey", "sessionToken", "connectionString"),
)
ERROR_NAMES = ("account_id", "user_email", "user_id")  # secret in error bodies only

type Header = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of credential. Without `header`, `variables` and `names` it is told by its shape."""

    make: Callable[[Random], Secret]
    header: Callable[[str, Random], Header] | None = None
    """The request header that makes a value known."""
    variables: tuple[str, ...] = ()
    """Ends of the names of environment variables that make a value known."""
    names: tuple[str, ...] = ()
    """Names of fields whose value is secret, whatever it is."""
    spans_lines: bool = False


def _shape(*prefixes: str, alphabet: str = ALNUM, least: int, most: int = 0, end: str = "") -> Format:
    def make(choose: Random) -> Secret:
        prefix = choose.choice(prefixes)
        return Secret(before=prefix, distinctive=some(choose, alphabet, least, most), after=end)

    return Format(make=make)


def _shapeless(alphabet: str, *lengths: int, before: str = "") -> Callable[[Random], Secret]:
    def make(choose: Random) -> Secret:
        text = some(choose, ALNUM, 1) + some(choose, alphabet, choose.choice(lengths) - 2) + some(choose, ALNUM, 1)
        return Secret(before=before, distinctive=text)

    return make


def _langsmith(choose: Random) -> Secret:
    prefix = choose.choice(("lsv2_pt_", "lsv2_sk_"))
    return Secret(before=prefix, distinctive=f"{some(choose, HEX, 32)}_{some(choose, HEX, 10)}")


def _langfuse(choose: Random) -> Secret:
    value = uuid.UUID(int=choose.getrandbits(128), version=4)
    return Secret(before=choose.choice(("sk-lf-", "pk-lf-")), distinctive=str(value))


def _github_pat(choose: Random) -> Secret:
    return Secret(before="github_pat_", distinctive=f"{some(choose, ALNUM, 22)}_{some(choose, ALNUM, 59)}")


def _slack(choose: Random) -> Secret:
    numbers = f"{some(choose, string.digits, 12)}-{some(choose, string.digits, 13)}"
    return Secret(before=f"xox{choose.choice('abeoprs')}-", distinctive=f"{numbers}-{some(choose, ALNUM, 24)}")


def _slack_app(choose: Random) -> Secret:
    numbers = f"{some(choose, UPPER, 10)}-{some(choose, string.digits, 13)}"
    return Secret(before="xapp-1-A", distinctive=f"{numbers}-{some(choose, HEX, 64)}")


def _jwt(choose: Random) -> Secret:
    head = _base64url({"alg": choose.choice(("HS256", "RS256")), "typ": "JWT"})
    issuer = {"iss": "https://login.example.com"}
    # Nothing after the random claim: further ones would be the same characters in every token.
    payload = _base64url(issuer | {"jti": some(choose, ALNUM, 27, 36)})
    shared = len(_base64url(issuer | {"jti": ""}).rstrip("=")) - 3
    return Secret(before=f"{head}.{payload[:shared]}", distinctive=f"{payload[shared:]}.{some(choose, WORD, 43, 86)}")


def _base64url(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def _pem(choose: Random) -> Secret:
    kind = choose.choice(("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "))
    lines = [some(choose, BASE64, 64) for _ in range(choose.randint(2, 5))] + [some(choose, BASE64, 18, 60) + "=="]
    start = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"  # the DER of every RSA key begins so: the first line is half shared
    return Secret(
        before=f"-----BEGIN {kind}PRIVATE KEY-----\n{start}",
        distinctive="\n".join([lines[0][len(start) :], *lines[1:]]),
        after=f"\n-----END {kind}PRIVATE KEY-----",
    )


def _basic(password: str, choose: Random) -> Header:
    return "authorization", f"Basic {base64.b64encode(f'{some(choose, LOWER, 6)}:{password}'.encode()).decode()}"


def _sigv4(key_id: str, choose: Random) -> Header:
    scope = f"{key_id}/20260102/us-east-1/bedrock/aws4_request"
    signature = some(choose, HEX, 64)
    return (
        "authorization",
        f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={signature}",
    )


def _header(name: str, prefix: str = "") -> Callable[[str, Random], Header]:
    return lambda value, _: (name, prefix + value)


FORMATS: Mapping[str, Format] = {
    **{name: Format(make=make) for name, make in KEY_SHAPES.items()},
    "sk-ant-": _shape(
        *("sk-ant-api03-", "sk-ant-admin01-", "sk-ant-oat01-"), alphabet=WORD, least=80, most=93, end="AA"
    ),
    "sk-or-": _shape("sk-or-v1-", alphabet=HEX, least=64),
    "sk-proj- and the like": _shape(
        *("sk-proj-", "sk-svcacct-", "sk-admin-", "sk-service-"), alphabet=WORD, least=48, most=120
    ),
    "sk-": _shape("sk-", least=20, most=48),
    "AIza": _shape("AIza", alphabet=WORD, least=35),
    "ya29.": _shape("ya29.a0", alphabet=WORD, least=60, most=120),
    "AKIA and the like": _shape("AKIA", "ASIA", "ABIA", "ACCA", alphabet=BASE32, least=16),
    "ABSK": _shape("ABSKQmVkcm9ja0FQSUtleS", alphabet=BASE64, least=84, most=100, end="="),
    "bedrock-api-key-": _shape("bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t", alphabet=BASE64, least=100, end="="),
    "gsk_": _shape("gsk_", least=52),
    "xai-": _shape("xai-", least=80),
    "hf_": _shape("hf_", alphabet=string.ascii_letters, least=34),
    "api_org_": _shape("api_org_", alphabet=string.ascii_letters, least=34),
    "pplx-": _shape("pplx-", least=48, most=53),
    "r8_": _shape("r8_", least=37),
    "nvapi-": _shape("nvapi-", alphabet=WORD, least=64),
    "fw_": _shape("fw_", least=22, most=24),
    "tgp_v1_": _shape("tgp_v1_", alphabet=WORD, least=43),
    "csk-": _shape("csk-", alphabet=LOWER, least=48),
    "lsv2_": Format(make=_langsmith),
    "sk-lf-, pk-lf-": Format(make=_langfuse),
    "ghp_ and the like": _shape("ghp_", "gho_", "ghu_", "ghs_", "ghr_", least=36),
    "github_pat_": Format(make=_github_pat),
    "xoxb- and the like": Format(make=_slack),
    "xapp-": Format(make=_slack_app),
    "JWT": Format(make=_jwt),
    "PEM": Format(make=_pem, spans_lines=True),
    "glpat-": _shape("glpat-", alphabet=WORD, least=20),
    "sk_live_": _shape("sk_live_", least=24, most=99),
    "header x-api-key": Format(make=_shapeless(ALNUM, 40), header=_header("x-api-key")),
    "header Bearer": Format(make=_shapeless(ALNUM, 32, 40), header=_header("authorization", "Bearer ")),
    "header api-key": Format(make=_shapeless(HEX, 32, 84), header=_header("api-key")),
    "header x-goog-api-key": Format(make=_shapeless(WORD, 39, 53), header=_header("x-goog-api-key")),
    "header Basic": Format(make=_shapeless(_PASSWORD, 16, 24, 32), header=_basic),
    "header SigV4 key id": Format(make=_shapeless(UPPER, 17, before="SCW"), header=_sigv4),
    "header security token": Format(
        make=_shapeless(BASE64, 96, 132, before="IQoJb3JpZ2luX2Vj"), header=_header("x-amz-security-token")
    ),
    "environment, key and token": Format(make=_shapeless(WORD, 24, 40, 64), variables=("_API_KEY", "_TOKEN")),
    "environment, secret and password": Format(
        make=_shapeless(_PASSWORD, 16, 24, 40), variables=("_CLIENT_SECRET", "_PASSWORD")
    ),
    "name of a parameter": Format(make=_shapeless(_PASSWORD, 16, 24, 43), names=QUERY_NAMES),
    "name in JSON": Format(make=_shapeless(_PASSWORD, 16, 24, 43), names=JSON_NAMES),
}
