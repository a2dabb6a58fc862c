"""Real programs in the sandbox: what they reach, what they do not, what is said of it, and how they end."""

import json
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.unit.sandbox.sandboxed import Person, myself, needs_sandbox

pytestmark = needs_sandbox
QUICK = 5000  # milliseconds: what waits for an answer waits for minutes, what is refused does not wait

# Tries each argument, and says how many milliseconds its failure took: at best, as the machine may be busy.
TRY = """
import asyncio, http.client, socket, sys, time
for attempt in sys.argv[1:]:
    took = []
    for _ in range(3):
        started = time.perf_counter()
        try:
            exec(attempt)
            print("worked")
        except OSError as e:
            error = e
            took.append(round((time.perf_counter() - started) * 1000))
    print(min(took), type(error).__name__, error)
"""
# What a program may try, and what is to be said of it.
ATTEMPTS = {
    'socket.getaddrinfo("api.openai.com", 443)': ("name", "api.openai.com", 0),
    'socket.gethostbyname("API.Mistral.ai")': ("name", "api.mistral.ai", 0),
    'socket.create_connection(("203.0.113.7", 443))': ("tcp", "203.0.113.7", 443),
    'socket.create_connection(("10.1.2.3", 5432))': ("tcp", "10.1.2.3", 5432),
    'socket.create_connection(("::ffff:203.0.113.17", 443))': ("tcp", "203.0.113.17", 443),
    'socket.create_connection(("2001:db8::7", 443))': ("tcp", "2001:db8::7", 443),
    'socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("203.0.113.7", 443))': ("udp", "203.0.113.7", 443),
    'socket.socket(type=socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, ("203.0.113.8", 443))': ("udp", "203.0.113.8", 443),
    'socket.socket(type=socket.SOCK_DGRAM).connect(("203.0.113.9", 443))': ("udp", "203.0.113.9", 443),
    'asyncio.run(asyncio.open_connection("api.anthropic.com", 443))': ("name", "api.anthropic.com", 0),
    'asyncio.run(asyncio.open_connection("203.0.113.10", 443))': ("tcp", "203.0.113.10", 443),
    'http.client.HTTPConnection("api.cohere.com").request("GET", "/")': ("name", "api.cohere.com", 0),
}


class _Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 512

    def handle_error(self, *_: object) -> None:
        """Clients may leave as they like."""


@pytest.fixture
def outside() -> Iterator[int]:
    """An HTTP server on this machine's loopback; its port."""
    with _Server(("127.0.0.1", 0), _Hello) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_nothing_is_reached_and_it_is_named(user: Person) -> None:
    """Whatever a program tries outside fails at once, and the sandbox says what it was, and who."""
    outcome = user.python_says(TRY, *ATTEMPTS)

    assert None is outcome.result["blind"]
    assert len(ATTEMPTS) == len(outcome.output.splitlines())
    assert "worked" not in outcome.output
    assert QUICK > max(int(line.split()[0]) for line in outcome.output.splitlines()), outcome.output
    assert list(ATTEMPTS.values()) == outcome.attempts
    assert {os.path.basename(user.python)} == {program for *_, program in outcome.result["attempts"]}


def test_raw_sockets() -> None:
    """Root, who may send any packet, reaches nothing either."""
    code = 'socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).sendto(b"x" * 8, ("203.0.113.7", 0))'
    if os.geteuid():
        pytest.skip("only root may make raw sockets")
    outcome = myself().python_says(TRY, code)

    assert "unreachable" in outcome.output
    assert [("raw", "203.0.113.7", 0)] == outcome.attempts
    assert ["203.0.113.7 directly (raw)"] == [said.partition("tried ")[2] for said in outcome.result["said"]]


@pytest.mark.parametrize(("client", "name"), [("httpx.get", "api.openai.com"), ("httpx.Client().get", "api.x.ai")])
def test_a_client_that_ignores_the_environment(client: str, name: str, outside: int) -> None:
    """`trust_env=False` does not help a program out."""
    call = client.replace("Client()", "Client(trust_env=False)") + f'("https://{name}"'
    call += ")" if "Client" in client else ", trust_env=False)"
    code = f"import httpx, time\ns = time.perf_counter()\ntry: {call}\nexcept httpx.ConnectError as e: print(repr(e))"
    outcome = myself().python_says(
        code, ways={outside: outside}, env={**os.environ, "HTTPS_PROXY": f"http://127.0.0.1:{outside}"}
    )

    assert "ConnectError" in outcome.output
    assert [("name", name, 0)] == outcome.attempts


def test_curl(user: Person) -> None:
    """A name and an address, by curl; each is told once, and who tried it."""
    script = "for i in 1 2 3; do curl -sS https://api.openai.com/v1 http://203.0.113.7:8000/; done"
    outcome = user.run("sh", "-c", script)

    assert ["curl", "curl"] == [program for *_, program in outcome.result["attempts"]]
    assert [("name", "api.openai.com", 0), ("tcp", "203.0.113.7", 8000)] == outcome.attempts
    said = outcome.result["said"]
    assert said[0].startswith("curl (pid ")
    assert said[0].endswith(") looked up api.openai.com directly")
    assert said[1].endswith(") tried 203.0.113.7:8000 directly (tcp)")


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_node(user: Person, folder: Path) -> None:
    """fetch, a socket, a datagram and c-ares' own resolver, by Node; the script is named, its arguments are not."""
    script = folder / "client.mjs"
    script.write_text("""
        import dgram from 'node:dgram'; import net from 'node:net'; import dns from 'node:dns/promises';
        const once = async (attempt) => {
            const started = performance.now();
            try { await attempt(); return 'worked' } catch (e) { return Math.round(performance.now() - started) }
        };
        const failed = async (attempt) => {
            const took = [await once(attempt), await once(attempt), await once(attempt)];
            return took.includes('worked') ? 'worked' : Math.min(...took);
        };
        const times = [
            await failed(() => fetch('https://api.openai.com/v1')),
            await failed(() => new Promise((_, no) => net.connect(443, '203.0.113.7').on('error', no))),
            await failed(() => new Promise((_, no) => dgram.createSocket('udp4').send('x', 443, '203.0.113.8', no))),
            await failed(() => dns.resolve4('api.mistral.ai')),
        ];
        console.log(JSON.stringify(times)); process.exit(0);
    """)
    outcome = user.run("node", str(script), "--api-key=sk-secret")

    times = json.loads(outcome.output)
    assert "worked" not in times
    assert QUICK > max(times)
    assert [
        ("name", "api.openai.com", 0),
        ("tcp", "203.0.113.7", 443),
        ("udp", "203.0.113.8", 443),
        ("name", "api.mistral.ai", 0),
    ] == outcome.attempts
    assert {"node client.mjs"} == {program for *_, program in outcome.result["attempts"]}


def test_own_servers(user: Person) -> None:
    """A program's own servers work, by IPv4, IPv6 and name; waiting for them until they listen is no attempt."""
    outcome = user.python_says("""
import socket
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"), (socket.AF_INET, "localhost")):
    refused = socket.socket(family)
    refused.bind((host, 0))
    try: socket.create_connection(refused.getsockname()[:2])
    except ConnectionRefusedError: print("refused")
    server = socket.socket(family)
    server.bind((host, 0)); server.listen()
    client = socket.create_connection(server.getsockname()[:2])
    server.accept()[0].sendall(b"hi"); print(client.recv(2))
    datagrams = socket.socket(family, socket.SOCK_DGRAM); datagrams.bind((host, 0))
    socket.socket(family, socket.SOCK_DGRAM).sendto(b"hey", datagrams.getsockname()); print(datagrams.recv(3))
""")

    assert 3 * "refused\nb'hi'\nb'hey'\n" == outcome.output
    assert [] == outcome.attempts


def test_names_that_mean_this_machine(user: Person) -> None:
    """Looking for itself, by its name or for an address' name, is no attempt."""
    code = 'import socket; socket.getfqdn(); print(socket.gethostbyname("localhost"))'
    outcome = user.python_says(code + '\ntry: socket.gethostbyaddr("203.0.113.7")\nexcept OSError: print("unknown")')

    assert "127.0.0.1\nunknown\n" == outcome.output
    assert [] == outcome.attempts


def test_ways_out(user: Person, outside: int) -> None:
    """The named ports lead out, under their own number or another, from either loopback address; no others do."""
    other = free_port()
    urls = [f"http://{host}:{port}/" for host in ("127.0.0.1", "[::1]", "localhost") for port in (outside, other)]
    outcome = user.run("curl", "-sS", "--noproxy", "*", *urls, ways={outside: outside, other: outside})

    assert 6 * "hello" == outcome.output
    assert [] == outcome.attempts


def test_a_service_outside(user: Person, outside: int) -> None:
    """A service on this machine's loopback is not reached unless its port is let in; what is missed is named."""
    outcome = user.run("curl", "-sS", "--noproxy", "*", f"http://127.0.0.1:{outside}/")

    assert 7 == outcome.result["status"]
    assert [("loopback", "127.0.0.1", outside)] == outcome.attempts
    assert outcome.result["said"][0].endswith(
        f"tried 127.0.0.1:{outside}, which is outside the sandbox: --allow-port {outside}"
    )


def test_a_way_to_nothing(user: Person) -> None:
    """A way to a port where nobody listens ends at once."""
    port = free_port()
    outcome = user.run("curl", "-sS", "--noproxy", "*", f"http://127.0.0.1:{port}/", ways={port: port})

    assert outcome.result["status"] in {7, 52, 55, 56}, outcome.errors  # curl's: refused, nothing came, a reset


def test_many_at_once(outside: int) -> None:
    """200 connections at the same time, each kept until all are there."""
    outcome = myself().python_says(
        f"""
import socket
clients = [socket.create_connection(("127.0.0.1", {outside})) for _ in range(200)]
for client in clients: client.sendall(b"GET / HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n")
print(sum(client.recv(9) == b"HTTP/1.1 " for client in clients))
""",
        ways={outside: outside},
    )

    assert "200\n" == outcome.output


@pytest.mark.slow
def test_concurrent_sandboxes(outside: int) -> None:
    """Twenty at a time, each with its own ways and attempts."""
    with ThreadPoolExecutor(4) as pool:
        url = f"http://127.0.0.1:{outside}/"
        runs = [
            pool.submit(
                myself().run, "curl", "-sS", "--noproxy", "*", url, f"https://n{i}.example", ways={outside: outside}
            )
            for i in range(20)
        ]
        outcomes = [run.result() for run in runs]

    assert ["hello"] * 20 == [outcome.output for outcome in outcomes]
    assert [[("name", f"n{i}.example", 0)] for i in range(20)] == [outcome.attempts for outcome in outcomes]
