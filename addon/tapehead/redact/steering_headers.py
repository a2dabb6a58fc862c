"""Response headers that steer a client: a table of exact names, each with the client that goes by it, and when.

They are kept. A second table has those which clients are known to follow and which are not kept, as they change at each
recording: a recording that drops one says so.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What of an exchange decides which headers are kept."""

    code: int = 200
    has_origin: bool = False
    """Whether the request had an Origin: it came from a browser, or from what acts like one."""


_SWITCHING = 101

type When = Callable[[Answer, str], bool]
"""Says whether a value of a header in an answer steers a client."""


def _always(_: Answer, __: str) -> bool:
    return True


def _to_browsers(answer: Answer, _: str) -> bool:
    return answer.has_origin


def _refused(answer: Answer, _: str) -> bool:
    return answer.code in (401, 403)


def _of_an_application(_: Answer, value: str) -> bool:
    return not _EDGE.match(value)


def _limited(answer: Answer, _: str) -> bool:
    return answer.code in (403, 429)


def _upgraded(answer: Answer, _: str) -> bool:
    return answer.code == _SWITCHING


def _lasting(_: Answer, value: str) -> bool:
    return _LASTS.search(value) is not None


# Cookies of what stands before an application: load balancers and filters of robots. They are others at each recording,
# and no application reads them. By prefix, where a part of the name is made up.
_EDGE = re.compile(
    r"(?:__cf|_cf|cf_|cf-"  # Cloudflare
    r"|AWSALB|AWSELB"  # AWS's balancers
    r"|ARRAffinity|TiPMix|ApplicationGatewayAffinity|ASLBSA"  # Azure's
    r"|GCLB=|GCILB="  # Google's
    r"|ak_bmsc=|bm_s[vz]=|bm_mi=|_abck=|akacd_|AKA_"  # Akamai
    r"|incap_ses_|visid_incap_|nlbi_"  # Imperva
    r"|BIGipServer|TS[0-9a-f]{6,}=|NSC_"  # F5, Citrix
    r"|datadome=|_px|__utm|SERVERID=|INGRESSCOOKIE=)",  # DataDome, HUMAN, haproxy, ingress-nginx
    re.IGNORECASE,
)
_LASTS = re.compile(r"(?:max-age=0*[1-9]|immutable)", re.IGNORECASE)

STEERING: Mapping[str, tuple[When, str]] = {
    # Where to go on.
    "location": (_always, "every client that follows redirects"),
    "operation-location": (_always, "Azure's SDKs: where a long operation is polled"),
    "azure-asyncoperation": (_always, "the same, for resource management"),
    "link": (_always, "paging: requests, octokit; huggingface_hub"),
    "x-next-page": (_always, "paging: python-gitlab"),
    "x-ms-continuation": (_always, "paging: azure-cosmos"),
    "x-amz-bucket-region": (_always, "boto3 sends a request for S3 to the region that it names"),
    "www-authenticate": (_refused, "OAuth: MCP's SDKs find the authorization server by it; Azure's, containers'"),
    "dpop-nonce": (_always, "OAuth: to be signed with the next request (RFC 9449, 8)"),
    "mcp-session-id": (_always, "MCP: to be sent back with each further request"),
    "set-cookie": (_of_an_application, "every client with a cookie jar"),
    "sec-websocket-protocol": (_upgraded, "WebSockets: every client that offered some fails without one of them"),
    "upgrade": (_upgraded, "WebSockets: says that there is one"),
    # When to ask again.
    "retry-after": (_always, "every client that retries"),
    "retry-after-ms": (_always, "OpenAI's and Anthropic's SDKs"),
    "x-should-retry": (_always, "the same"),
    "openai-poll-after-ms": (_always, "OpenAI's SDKs: how long a poll waits"),
    # What came.
    "content-type": (_always, "every client"),
    "content-disposition": (_always, "the name of a downloaded file"),
    "content-range": (_always, "downloads in parts: huggingface_hub, boto3, curl"),
    "accept-ranges": (_always, "whether to download in parts: huggingface_hub, aria2"),
    "etag": (_always, "caches, locking and names of files: huggingface_hub, boto3, hishel"),
    "last-modified": (_always, "the same, without an ETag: CacheControl, wget -N"),
    "x-repo-commit": (_always, "huggingface_hub: the snapshot that a file belongs to"),
    "x-linked-etag": (_always, "huggingface_hub: the name of a large file"),
    "x-linked-size": (_always, "huggingface_hub: its size"),
    "x-xet-hash": (_always, "huggingface_hub: how it is downloaded"),
    "x-goog-upload-url": (_always, "where Google's clients send a file"),
    "x-goog-upload-status": (_always, "and whether it arrived"),
    "x-goog-upload-chunk-granularity": (_always, "in what parts they send it"),
    "x-goog-upload-size-received": (_always, "and where they go on"),
    "upload-offset": (_always, "tus clients: where an upload goes on"),
    "upload-length": (_always, "the same"),
    # Which error it is.
    "x-amzn-errortype": (_always, "the AWS SDKs choose the exception by it"),
    "x-ms-error-code": (_always, "Azure's SDKs likewise"),
    "x-error-code": (_always, "huggingface_hub likewise"),
    "x-error-message": (_always, "huggingface_hub: its text"),
    "grpc-status": (_always, "gRPC: whether a call worked, where the answer has no body"),
    "grpc-message": (_always, "gRPC: its text"),
    "grpc-status-details-bin": (_always, "gRPC: its details"),
    "grpc-encoding": (_always, "gRPC: how messages are compressed"),
    # What a browser lets its page see.
    "access-control-allow-origin": (_to_browsers, "browsers"),
    "access-control-allow-credentials": (_to_browsers, "browsers"),
    "access-control-allow-headers": (_to_browsers, "browsers"),
    "access-control-allow-methods": (_to_browsers, "browsers"),
    "access-control-expose-headers": (_to_browsers, "browsers"),
    "access-control-max-age": (_to_browsers, "browsers"),
    # Request ids, which SDKs hand to the program.
    "x-request-id": (_always, "OpenAI, Groq, xAI, Mistral and many more"),
    "request-id": (_always, "Anthropic"),
    "x-amzn-requestid": (_always, "AWS"),
    "apim-request-id": (_always, "Azure"),
    "x-ms-request-id": (_always, "Azure"),
    "mistral-correlation-id": (_always, "Mistral"),
    "x-generation-id": (_always, "OpenRouter"),
}
"""By lower-case name: when it is kept, and the client."""

FOLLOWED: Mapping[str, tuple[When, str]] = {
    "cache-control": (_lasting, "clients that cache ask again or not: hishel, CacheControl, browsers"),
    "x-ratelimit-reset": (_limited, "how long to wait: octokit, PyGithub"),
    "x-ratelimit-reset-requests": (_limited, "how long to wait: clients of OpenAI's API"),
    "x-ratelimit-reset-tokens": (_limited, "the same"),
    "ratelimit-reset": (_limited, "how long to wait: python-gitlab"),
    "refresh": (_always, "browsers go on to another page"),
    "x-subject-token": (_always, "OpenStack: the token, which is never written"),
}
"""The same of those that are not kept."""


def followed(dropped: Collection[tuple[str, str]], answer: Answer) -> list[str]:
    """Returns the names, as sent, of those headers which clients are known to follow."""
    rows = ((name, value, FOLLOWED.get(name.lower())) for name, value in dropped)
    return [name for name, value, row in rows if row and row[0](answer, value)]
