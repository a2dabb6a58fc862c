"""The matrix's rows: each client, its program, what it needs, and what cannot be, with the reason.

A table; how a row is run is in `cell`, how a language is installed in `install`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

PRELOAD = "node_preload.cjs"
SITE = "sitecustomize.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One row."""

    language: str
    name: str
    program: str
    """The file in tests/interop/matrix/LANGUAGE; of a compiled language the name of what is made of it."""
    package: str = ""
    """Whose version is told; the name, if it is empty."""
    runtime: str = ""
    """Node's major version."""
    needs: str = ""
    """A payload of tapehead.clients, without which the program does not know the proxy."""
    words: tuple[str, ...] = ()
    """What it is told before anything else."""
    body: bool = field(default=False)
    """The program prints what it got as it came, not as JSON."""
    cannot: str = ""
    """Why it cannot be recorded. It is run all the same, and must fail."""
    sign: str = ""
    """With these words of its own."""

    @property
    def id(self) -> str:
        """What `--only` is compared with."""
        return f"{self.language}{self.runtime}/{self.name}"


# name, program, package ("" for the name), what it needs, whether it prints what came
PYTHON = (
    ("openai", "openai_chat.py", "", "", False),
    ("openai, responses", "openai_responses.py", "openai", "", False),
    ("anthropic", "anthropic_messages.py", "", "", False),
    ("google-genai", "gemini.py", "", "", False),
    ("google-genai, async", "gemini_async.py", "google-genai", "", False),
    ("boto3, Bedrock", "bedrock.py", "boto3", "", False),
    ("mistralai", "mistral_chat.py", "", "", False),
    ("cohere", "cohere_chat.py", "", "", False),
    ("litellm", "litellm_chat.py", "", "", False),
    ("langchain-openai", "langchain_chat.py", "", "", False),
    ("requests", "by_requests.py", "", "", True),
    ("httpx", "by_httpx.py", "", "", True),
    ("aiohttp", "by_aiohttp.py", "", SITE, True),
    ("urllib3", "by_urllib3.py", "", SITE, True),
    ("http.client", "by_http_client.py", "", SITE, True),
)


def _python() -> tuple[Client, ...]:
    return tuple(
        Client(language="python", name=name, program=program, package=package, needs=needs, body=body)
        for name, program, package, needs, body in PYTHON
    )


# name, program, what it needs on a runtime that can be told of a proxy
NODE = (
    ("openai", "openai.mjs", "", False),
    ("@anthropic-ai/sdk", "anthropic.mjs", "", False),
    ("@google/genai", "genai.mjs", "", False),
    ("ai", "ai.mjs", "", False),
    ("@aws-sdk/client-bedrock-runtime", "bedrock.mjs", PRELOAD, False),
    ("fetch", "fetch.mjs", "", True),
    ("https", "https.mjs", "", True),
)


def _node(runtime: str) -> tuple[Client, ...]:
    """Node 20 cannot be told of a proxy by any variable."""
    return tuple(
        Client(
            language="node",
            runtime=runtime,
            name=name,
            program=program,
            needs=PRELOAD if runtime == "20" else needs,
            body=body,
        )
        for name, program, needs, body in NODE
    )


GO = (
    ("openai-go", "openai", "github.com/openai/openai-go/v3", False),
    ("anthropic-sdk-go", "anthropic", "github.com/anthropics/anthropic-sdk-go", False),
    ("genai", "genai", "google.golang.org/genai", False),
    ("aws-sdk-go-v2, Bedrock", "bedrock", "github.com/aws/aws-sdk-go-v2/service/bedrockruntime", False),
    ("net/http", "nethttp", "", True),
)


R12 = "reqwest12"


def _plain(language: str, rows: Iterable[tuple[str, str, str, bool]]) -> tuple[Client, ...]:
    return tuple(
        Client(language=language, name=name, program=program, package=package, body=body)
        for name, program, package, body in rows
    )


JAVA = (
    ("openai-java", "OpenAi", "", False),
    ("anthropic-java", "AnthropicMessages", "", False),
    ("AWS SDK 2, Bedrock", "Bedrock", "bedrockruntime", False),
    ("java.net.http", "JdkClient", "", True),
)

WEBPKI = "its roots are compiled in (webpki-roots): no variable makes it trust another authority"
STREAMS = "PHP's own streams know no proxy by any variable; its curl does"

RUST = (
    Client(language="rust", name="async-openai", program="async_openai"),
    Client(language="rust", name="reqwest", program="reqwest13", body=True),
    Client(
        language="rust", name="reqwest 0.12, native roots", program="reqwest12_native_roots", package=R12, body=True
    ),
    Client(
        language="rust",
        name="reqwest 0.12, webpki-roots",
        program="reqwest12_webpki_roots",
        package=R12,
        body=True,
        cannot=WEBPKI,
        sign="UnknownIssuer",
    ),
)
TOOLS = (
    Client(language="shell", name="curl", program="curl.sh", body=True),
    Client(language="shell", name="curl, http://", program="curl_http.sh", package="curl", body=True),
    Client(language="shell", name="wget", program="wget.sh", body=True),
    Client(language="ruby", name="Net::HTTP", program="net_http.rb", package="ruby", body=True),
    Client(language="php", name="curl", program="curl.php", package="php", body=True),
    Client(
        language="php",
        name="streams",
        program="streams.php",
        package="php",
        body=True,
        cannot=STREAMS,
        sign="Failed to open stream",
    ),
)

# what it speaks, name, program (in tests/interop), package, what it is told first
CONVERSATIONS: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("websocket", "Python openai, Realtime", "websocket/python/by_openai.py", "openai[realtime]", ()),
    ("websocket", "Python aiohttp", "websocket/python/by_aiohttp.py", "aiohttp", ()),
    ("websocket", "Node ws", "websocket/node/by_ws.mjs", "ws", ()),
    ("websocket", "Node undici", "websocket/node/by_native.mjs", "undici", ()),
    ("websocket", "Go coder, gorilla", "websocket/go/main.go", "github.com/coder/websocket", ()),
    ("websocket", "Java HttpClient", "websocket/java/Talk.java", "", ()),
    ("grpc", "Python grpcio", "matrix/grpc/by_grpcio.py", "grpcio", ("client",)),
    ("grpc", "Node @grpc/grpc-js", "grpc/grpc_js.mjs", "@grpc/grpc-js", ("client",)),
    ("mcp", "Python mcp", "mcp/programs/client_2.py", "mcp", ("auto",)),
    ("mcp", "Python mcp, legacy", "mcp/programs/client_2.py", "mcp", ("legacy",)),
    ("mcp", "Node @modelcontextprotocol/sdk", "mcp/programs/client.mjs", "@modelcontextprotocol/sdk", ()),
    ("mcp", "Go go-sdk", "mcp/go/main.go", "github.com/modelcontextprotocol/go-sdk", ("",)),
)
SPOKEN = tuple(dict.fromkeys(language for language, *_ in CONVERSATIONS))
"""Of conversations it is not the language of the program that they are sorted by."""


def _conversations() -> tuple[Client, ...]:
    return tuple(
        Client(language=language, name=name, program=f"../../{program}", package=package, words=words)
        for language, name, program, package, words in CONVERSATIONS
    )


CLIENTS: tuple[Client, ...] = (
    *_python(),
    *_node("20"),
    *_node("22"),
    *_node("24"),
    *_plain("go", GO),
    *_plain("java", JAVA),
    *RUST,
    *TOOLS,
    *_conversations(),
)
LANGUAGES = tuple(dict.fromkeys(client.language for client in CLIENTS))
