#!/usr/bin/env bash
# mitmproxy 12.2.3 (Python), a plain proxy, and what an addon reads of a request: flow.request.method and flow.request.url.
#
# Guess: they say what was sent: a method is case-sensitive (RFC 9110, 9.1), an IPv6 address stands in brackets in a URL
# (RFC 3986, 3.2.2), a name in punycode is what DNS and the Host header have.
# Seen: of
#     patch http://[::1]:PORT/x          the addon reads  PATCH http://::1:PORT/x
#     GET http://xn--bcher-kva.test/x    the addon reads  GET http://bücher.test/x
# while `patch` goes upstream. What is written down from there (a cassette, a HAR) is no URL that a parser takes (Go's
# url.Parse: too many colons), and a method that the client did not use. request.data has the method as it came.
# And a name that only IDNA 2008 has is not let through at all:
#     CONNECT xn--strae-oqa.test:443     is answered  400 Bad Request (Bad HTTP request line)
# as Python's codec, which is IDNA 2003, does not bring it back to the same letters; curl and Go send it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mitmproxy==12.2.3
cat >"$folder/see.py" <<'PY'
from mitmproxy import http


def request(flow):
    print("addon reads", flow.request.method, flow.request.url, "data.method", flow.request.data.method.decode(), flush=True)
    flow.response = http.Response.make(200, b"")
PY
cat >"$folder/ask.py" <<'PY'
import os
import pathlib
import socket
import subprocess
import sys
import time

folder = pathlib.Path(sys.argv[1])
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
log = open(folder / "log", "wb")
proxy = subprocess.Popen(
    [folder / "venv/bin/mitmdump", "-q", "-s", folder / "see.py", "--listen-host", "127.0.0.1", "-p", str(port)]
    + ["--set", f"confdir={folder / 'conf'}", "--set", "connection_strategy=lazy"],
    stdout=log,
    env=dict(os.environ, PYTHONIOENCODING="utf-8"),
)
try:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    for line, host in (
        ("patch http://[::1]:8000/x", "[::1]:8000"),
        ("GET http://xn--bcher-kva.test/x", "xn--bcher-kva.test"),
        ("CONNECT xn--bcher-kva.test:443", "xn--bcher-kva.test:443"),
        ("CONNECT xn--strae-oqa.test:443", "xn--strae-oqa.test:443"),
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(f"{line} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n".encode())
            print(line, "->", client.recv(4096).decode().split("\r\n")[0], flush=True)
finally:
    proxy.terminate()
    proxy.wait(10)
print((folder / "log").read_text(encoding="utf-8"), end="")
PY
got=$(PYTHONIOENCODING=utf-8 "$folder/venv/bin/python" "$folder/ask.py" "$folder")
expected='patch http://[::1]:8000/x -> HTTP/1.1 200 OK
GET http://xn--bcher-kva.test/x -> HTTP/1.1 200 OK
CONNECT xn--bcher-kva.test:443 -> HTTP/1.1 200 Connection established
CONNECT xn--strae-oqa.test:443 -> HTTP/1.1 400 Bad Request
addon reads PATCH http://::1:8000/x data.method patch
addon reads GET http://bücher.test/x data.method GET'
echo "$got"
[ "$got" = "$expected" ] || { echo "changed: expected" "$expected" >&2; exit 1; }
