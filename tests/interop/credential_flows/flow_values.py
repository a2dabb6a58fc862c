"""The values of the flows: what a program is given to begin with, what it has on another day, and what services issue.

Made of a seed, so that the origin's process knows the same ones. Values only look like credentials.
"""

import base64
import json
import random
from dataclasses import dataclass
from string import ascii_letters, digits

HOST_STS = "sts.us-east-1.amazonaws.com"
HOST_BEDROCK = "bedrock-runtime.us-east-1.amazonaws.com"
HOST_ENTRA = "login.microsoftonline.com"
HOST_AZURE = "flow.openai.azure.com"
HOST_GOOGLE = "oauth2.googleapis.com"
HOST_VERTEX = "us-central1-aiplatform.googleapis.com"
HOST_GITHUB = "api.github.com"
HOST_COPILOT = "api.individual.githubcopilot.com"
HOST_MCP = "mcp.flow.test"
HOST_MCP_AUTH = "auth.flow.test"

HOSTS = (
    *(HOST_STS, HOST_BEDROCK, HOST_ENTRA, HOST_AZURE, HOST_GOOGLE, HOST_VERTEX),
    *(HOST_GITHUB, HOST_COPILOT, HOST_MCP, HOST_MCP_AUTH),
)

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "99999999-8888-7777-6666-555555555555"

_chance = random.Random("credential flows")


def _some(length: int, alphabet: str = ascii_letters + digits) -> str:
    return "".join(_chance.choices(alphabet, k=length))


def _jwt(length: int = 86) -> str:
    """A token of Entra's that is read: its times are for who issues it to fill in."""
    parts = ({"alg": "RS256", "typ": "JWT", "kid": _some(12)}, {"sub": _some(20)})
    return ".".join([*(encoded(part) for part in parts), _some(length)])


def encoded(value: object) -> str:
    """A value as JSON in base64, as in a JSON web token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def id_token(now: int) -> str:
    """An id_token as Entra issues it at that time, in seconds since 1970. Its signature is one of the secrets."""
    claims = {
        "aud": CLIENT,
        "iss": f"https://{HOST_ENTRA}/{TENANT}/v2.0",
        "iat": now,
        "nbf": now - 5,
        "exp": now + 3600,
        "sub": ENTRA_SUBJECT,
        "tid": TENANT,
        "ver": "2.0",
    }
    return f"{encoded({'alg': 'RS256', 'typ': 'JWT', 'kid': 'k'})}.{encoded(claims)}.{ENTRA_SIGNATURE}"


@dataclass(frozen=True, slots=True)
class Given:
    """What programs are given: one for each flow, by the variable that its program reads."""

    AWS_ACCESS_KEY_ID: str
    AWS_SECRET_ACCESS_KEY: str
    AZURE_CLIENT_SECRET: str
    GOOGLE_REFRESH_TOKEN: str
    GOOGLE_CLIENT_SECRET: str
    GITHUB_TOKEN: str
    MCP_CODE: str


def _given() -> Given:
    return Given(
        AWS_ACCESS_KEY_ID="AKIA" + _some(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
        AWS_SECRET_ACCESS_KEY=_some(40),
        AZURE_CLIENT_SECRET=_some(40),  # without the mark of Entra's: by its name alone
        GOOGLE_REFRESH_TOKEN="1//0" + _some(60),
        GOOGLE_CLIENT_SECRET=_some(24),
        GITHUB_TOKEN="gho_" + _some(36),
        MCP_CODE=_some(9),  # short: an authorization code may be anything
    )


RECORDED, ANOTHER_DAY = _given(), _given()

STS_KEY = "ASIA" + _some(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
STS_SECRET = _some(38) + "/+"
STS_TOKEN = _some(300) + "=="
DEVICE_CODE = _some(60)
ENTRA_SUBJECT = _some(30)
ENTRA_SIGNATURE = _some(86)
ENTRA_ACCESS = _jwt()
ENTRA_REFRESHED = _jwt()
ENTRA_REFRESH = _some(120)
AZURE_ACCESS = _some(90)  # opaque
GOOGLE_ACCESS = _some(80)
COPILOT_TOKEN = (
    f"tid={_some(32, '0123456789abcdef')};exp=1795771454;sku=free;chat=1;8kp=1:{_some(64, '0123456789abcdef')}"
)
MCP_CLIENT_SECRET = _some(43)
MCP_REGISTRATION = _some(32)
MCP_ACCESS = _some(43)
MCP_REFRESH = _some(43)

ISSUED = (
    *(STS_KEY, STS_SECRET, STS_TOKEN, DEVICE_CODE, ENTRA_SIGNATURE, ENTRA_ACCESS, ENTRA_REFRESHED, ENTRA_REFRESH),
    *(AZURE_ACCESS, GOOGLE_ACCESS, COPILOT_TOKEN, MCP_CLIENT_SECRET, MCP_REGISTRATION, MCP_ACCESS, MCP_REFRESH),
)
"""All that services issue in any of the flows."""
