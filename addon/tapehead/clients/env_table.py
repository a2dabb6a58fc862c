"""The environment that sends each client's traffic to the proxy: one table.

Knows which variable which client reads, and how a value joins one that is there. The values are templates over what
`environment` fills in. Measured on the clients themselves; what no variable reaches is in `unsupported`.
"""

from dataclasses import dataclass
from enum import Enum, auto


class MergePolicy(Enum):
    """What becomes of a value that is there already."""

    REPLACE = auto()
    IF_SET = auto()
    """Replaced; without one there is nothing to set."""
    UNLESS_SET = auto()
    """What is there stays."""
    FIRST = auto()
    """A path list: ours before it."""
    LAST = auto()
    """A path list: ours after it. An empty one stands for the default, which stays."""
    OPTIONS = auto()
    """Command-line options: ours after them, where a later one wins."""
    ADDED_ROOTS = auto()
    """A certificate that is added to the roots: with one there already, the bundle, which holds both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One row. All `names` get the same value; a value that comes out empty only takes an older one's place."""

    names: tuple[str, ...]
    value: str
    merge: MergePolicy = MergePolicy.REPLACE
    clients: str
    why: str


def _both(*names: str) -> tuple[str, ...]:
    """Lower case as well: some clients read only that, and in others an ambient one of it wins."""
    return tuple(spelt for name in names for spelt in (name, name.lower()))


TABLE = (
    Variable(
        names=_both("HTTPS_PROXY", "HTTP_PROXY", "WSS_PROXY", "WS_PROXY"),
        value="{proxy}",
        clients="nearly all; Ruby's Net::HTTP reads HTTP_PROXY for https too, grpc and wget the lower case only",
        why="the proxy",
    ),
    Variable(
        names=_both("ALL_PROXY", "GRPC_PROXY", "SOCKS_PROXY"),
        value="{proxy}",
        merge=MergePolicy.IF_SET,
        clients="curl, httpx, reqwest, grpc, Python websockets",
        why="one that is there leads elsewhere",
    ),
    Variable(
        names=_both("NO_PROXY"),
        value="{no_proxy}",
        clients="all",
        why="an ambient one may hide a provider; a program's own loopback servers stay its own",
    ),
    Variable(
        names=_both("NO_GRPC_PROXY"),
        value="{no_proxy}",
        merge=MergePolicy.IF_SET,
        clients="grpc",
        why="it wins over NO_PROXY",
    ),
    Variable(
        names=("SSL_CERT_FILE",),
        value="{bundle}",
        clients="OpenSSL's own defaults, httpx, Go, Ruby, Rust (native roots), curl, Bun",
        why="replaces the roots",
    ),
    Variable(
        names=("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"),
        value="{bundle}",
        clients="requests, curl, boto3 and the AWS command, grpc",
        why="replaces the roots of clients that bring their own",
    ),
    Variable(
        names=(
            "GIT_SSL_CAINFO",
            "PIP_CERT",
            "HTTPLIB2_CA_CERTS",
            "CARGO_HTTP_CAINFO",
            "NIX_SSL_CERT_FILE",
            "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
            "npm_config_cafile",
        ),
        value="{bundle}",
        clients="git, pip, httplib2, cargo, OpenSSL of Nix, gcloud, npm (whose .npmrc may name another)",
        why="what a wrapped program starts goes through the proxy as well",
    ),
    Variable(
        names=("NODE_EXTRA_CA_CERTS", "DENO_CERT"),
        value="{ca}",
        merge=MergePolicy.ADDED_ROOTS,
        clients="Node, Bun, Deno",
        why="adds to the roots",
    ),
    Variable(
        names=("NODE_USE_ENV_PROXY",),
        value="1",
        clients="Node >= 22.21",
        why="its fetch and http read the proxy variables. As --use-env-proxy in NODE_OPTIONS it would stop Node 20",
    ),
    Variable(
        names=("NODE_OPTIONS",),
        value="--require={preload}",
        merge=MergePolicy.OPTIONS,
        clients="Node >= 20",
        why="Node 20 reads no variable at all; http2 and clients with agents of their own read none in any version",
    ),
    Variable(
        names=("BUN_OPTIONS",),
        value="--preload={preload}",
        merge=MergePolicy.OPTIONS,
        clients="Bun",
        why="http2, which Bedrock's client uses",
    ),
    Variable(
        names=("PYTHONPATH",),
        value="{sitecustomize}",
        merge=MergePolicy.FIRST,
        clients="Python: plain aiohttp, urllib3, http.client; certifi",
        why="they read no variable",
    ),
    Variable(
        names=("JAVA_TOOL_OPTIONS",),
        value="{java}",
        merge=MergePolicy.OPTIONS,
        clients="every JVM",
        why="Java reads no proxy variable. Each JVM says on standard error that it picked it up",
    ),
    Variable(
        names=("PHP_INI_SCAN_DIR",),
        value="{php_ini}",
        merge=MergePolicy.LAST,
        clients="PHP's curl",
        why="curl.cainfo can only be set in an ini file",
    ),
    Variable(names=("WGETRC",), value="{wgetrc}", clients="wget", why="it reads no certificate variable"),
    Variable(
        names=("LITELLM_LOCAL_MODEL_COST_MAP",),
        value="True",
        merge=MergePolicy.UNLESS_SET,
        clients="litellm",
        why="it fetches a table of prices from GitHub at each import; with this it takes the one that it brings",
    ),
    Variable(
        names=("TAPEHEAD_PROXY",), value="{proxy}", clients="the payloads", why="the proxy, whatever else is changed"
    ),
    Variable(names=("TAPEHEAD_TLS",), value="{tls}", clients="the Node preload", why="the listener that it dials"),
    Variable(
        names=("TAPEHEAD_CONTROL", "TAPEHEAD_TOKEN", "TAPEHEAD_SESSION"),
        value="",  # each has its own: environment.py
        clients="test runners",
        why="begin, end and verdict of a session",
    ),
)
