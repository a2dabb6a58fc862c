#!/usr/bin/env bash
# httpx 0.28.1 with httpcore 1.0.9 (Python), a plain http:// URL with an IPv6 address, through an HTTP proxy.
#
# Guess: the request line has the URL as it was given, brackets and all (RFC 3986, 3.2.2; RFC 9112, 3.2.2), as the Host
# header has it.
# Seen: the brackets are left out of the request line alone:
#     GET http://::1:8000/x HTTP/1.1
#     Host: [::1]:8000
# A proxy that reads the target as RFC 3986 has it answers 400 (mitmproxy 12 does). requests 2.32.5 sends the brackets.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 httpcore==1.0.9 requests==2.32.5
cat >"$folder/see.py" <<'PY'
import socket
import threading

import httpx
import requests


def seen(ask):
    """The request line and the Host header that a proxy gets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        proxy = f"http://127.0.0.1:{server.getsockname()[1]}"
        client = threading.Thread(target=ask, args=(proxy,))
        client.start()
        connection, _ = server.accept()
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        client.join(10)
    lines = head.decode().split("\r\n")
    return lines[0], next(line for line in lines if line.lower().startswith("host:"))


URL = "http://[::1]:8000/x"
print(*seen(lambda proxy: httpx.get(URL, proxy=proxy, trust_env=False)), sep="\n")
print(*seen(lambda proxy: requests.get(URL, proxies={"http": proxy})), sep="\n")
PY
got=$(env -u NO_PROXY -u no_proxy "$folder/venv/bin/python" "$folder/see.py")
expected='GET http://::1:8000/x HTTP/1.1
Host: [::1]:8000
GET http://[::1]:8000/x HTTP/1.1
Host: [::1]:8000'
echo "$got"
[ "$got" = "$expected" ] || { echo "changed: expected" "$expected" >&2; exit 1; }
