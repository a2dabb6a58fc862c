"""What no environment reaches, and what to do about it: for `doctor`, and for the guide on clients. Data alone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsupportedClient:
    """One kind of program whose traffic, or some of it, does not come by."""

    what: str
    why: str
    remedy: str


UNSUPPORTED = (
    UnsupportedClient(
        what="Rust with compiled-in roots (reqwest with webpki-roots)",
        why="it uses the proxy and does not trust its certificate; no variable adds a root",
        remedy="build it with native roots, or give it a base URL",
    ),
    UnsupportedClient(
        what="Python under -I, -E or -S",
        why="PYTHONPATH or `site` is ignored, so that sitecustomize is not run",
        remedy="leave the flag out; httpx, requests and boto3 do not need sitecustomize",
    ),
    UnsupportedClient(
        what="trust_env=False, an empty ProxyHandler, a proxy or connector given in Python code",
        why="explicit choices of the program are obeyed",
        remedy="leave the choice out under test, or use the sandbox",
    ),
    UnsupportedClient(
        what="a urllib3 HTTPSConnectionPool made by hand",
        why="requests and botocore make the same object for a direct connection that they decided on",
        remedy="use a PoolManager",
    ),
    UnsupportedClient(
        what="a program with its own root certificates (its own SSL context, a pinned certificate)",
        why="it does not trust the proxy's certificate",
        remedy="let it read SSL_CERT_FILE under test",
    ),
    UnsupportedClient(
        what="PHP streams (file_get_contents), plain sockets",
        why="they know no proxy",
        remedy="PHP's curl, or the sandbox",
    ),
    UnsupportedClient(
        what="child processes and workers that are given an environment of their own (env: {}, tox, Bazel)",
        why="variables are the only way to them",
        remedy="pass on the names that `tapehead env` prints; in tox: pass_env",
    ),
    UnsupportedClient(
        what="a Gradle daemon that runs already",
        why="JAVA_TOOL_OPTIONS is read when a JVM starts; the test workers that it forks do read it",
        remedy="gradle --no-daemon, or gradle --stop before",
    ),
    UnsupportedClient(
        what="sessions by the proxy's user name in Java's HttpClient, HttpURLConnection and OkHttp",
        why="they send a proxy's password only when they are asked, from an Authenticator in the program",
        remedy="the header x-tapehead-session",
    ),
    UnsupportedClient(
        what="cleartext HTTP/2 in Node (http2.connect of an http URL)",
        why="only HTTP/1.1 can be sent in absolute form",
        remedy="https, or a base URL",
    ),
    UnsupportedClient(
        what="node:http2 and node:tls in Deno, and in Bun's worker threads",
        why="Deno has no preload that a variable names, Bun runs one in the main thread only",
        remedy="fetch, which reads the proxy variables",
    ),
    UnsupportedClient(
        what="Node programs built as one executable, or started with a cleaned NODE_OPTIONS",
        why="the preload is not loaded",
        remedy="Node >= 22.21 still reads the proxy variables for fetch and http",
    ),
    UnsupportedClient(
        what="loopback servers (Ollama, vLLM) in Go, Java, and whatever honours NO_PROXY",
        why="Go never sends loopback through a proxy",
        remedy="--include-loopback for clients that do, else a base URL or the sandbox",
    ),
)
