#!/usr/bin/env bash
# httpcore 1.0.9 with h11 0.16.0 (what httpx 0.28.1 asks with): a response over TLS whose end is the connection's, where the
# server says close_notify and closes TCP a moment later.
#
# Guess: the end of such a response is the end of its connection (RFC 9112, 6.3 and 9.3), so that the pool asks the next
# time by a new one; or if it did not, says that the server disconnected without sending a response.
# Seen: the connection is taken again. Both sides are DONE for h11, as no `Connection: close` was sent, and the pool drops
# an idle connection only if its socket is readable, which it is not before the FIN. The next request fails with
# RemoteProtocolError: can't handle event type ConnectionClosed when role=SERVER and state=SEND_RESPONSE. With
# `Connection: close` in the response, or when TCP is closed at once, it does not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 httpcore==1.0.9 h11==0.16.0 trustme==1.2.1
cat >"$folder/ask.py" <<'PY'
import socket
import ssl
import threading
import time

import httpx
import trustme

authority = trustme.CA()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
authority.issue_cert("127.0.0.1").configure_cert(context)
trusting = ssl.create_default_context()
authority.configure_trust(trusting)


def serve(listener, fields):
    """Two connections at most, each with one response; TCP is closed half a second after TLS."""
    for _ in range(2):
        connection = context.wrap_socket(listener.accept()[0], server_side=True, suppress_ragged_eofs=False)
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\nhello")
        connection.settimeout(0.01)
        try:
            connection.unwrap()
        except (OSError, ssl.SSLError):  # the client says no close_notify of its own
            pass
        threading.Timer(0.5, connection.close).start()


for fields in (b"", b"Connection: close\r\n"):
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20)
    threading.Thread(target=serve, args=(listener, fields), daemon=True).start()
    url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
    with httpx.Client(verify=trusting, trust_env=False) as client:
        said = [client.get(url).text]
        try:
            said.append(client.get(url).text)
        except httpx.RemoteProtocolError as e:
            said.append(f"{type(e).__name__}: {e}")
    print(fields.decode().strip() or "without a field", "|", " | ".join(said))
    time.sleep(0.6)
PY
got=$("$folder/venv/bin/python" "$folder/ask.py")
echo "$got"
expected="without a field | hello | RemoteProtocolError: can't handle event type ConnectionClosed when role=SERVER and state=SEND_RESPONSE
Connection: close | hello | hello"
[ "$got" = "$expected" ] || { echo "changed: expected" "$expected" >&2; exit 1; }
