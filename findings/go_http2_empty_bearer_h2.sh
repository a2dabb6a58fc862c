#!/usr/bin/env bash
# Go 1.26.8's net/http over HTTP/2, and h2 4.3.0 (Python; what hypercorn and mitmproxy read HTTP/2 with), with a key
# that is empty: Authorization: "Bearer " + "".
#
# Guess: the space at the end is trimmed before it is sent, as net/http does over HTTP/1.1; or a server takes it for what it
# is worth and answers 401.
# Seen: over HTTP/1.1 the server reads `Bearer`. Over HTTP/2 the space is sent, and as RFC 9113 (8.2.1) has no field value
# end with one, h2 raises ProtocolError for the whole connection, not for this stream: the client sees PROTOCOL_ERROR, an
# error of its transport, and no status.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check h2==4.3.0 trustme==1.2.1
cat >"$folder/serve.py" <<'PY'
"""A server of one connection after the other; says what it read of Authorization, or what h2 raised."""
import socket
import ssl
import sys

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import trustme

folder = sys.argv[1]
ca = trustme.CA()
ca.cert_pem.write_to_path(f"{folder}/ca.pem")
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ca.issue_cert("127.0.0.1").configure_cert(context)
context.set_alpn_protocols(["h2", "http/1.1"])
listener = socket.create_server(("127.0.0.1", 0))
listener.settimeout(60)
print(listener.getsockname()[1], flush=True)
for _ in range(2):
    connection, _ = listener.accept()
    with context.wrap_socket(connection, server_side=True) as client:
        client.settimeout(10)
        if client.selected_alpn_protocol() != "h2":
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            (line,) = [each for each in head.decode().split("\r\n") if each.startswith("Authorization")]
            print(f"HTTP/1.1 server: {line!r}", flush=True)
            client.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            continue
        state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        state.initiate_connection()
        client.sendall(state.data_to_send())
        try:
            while True:
                for event in state.receive_data(client.recv(65536)):
                    if isinstance(event, h2.events.RequestReceived):
                        print("HTTP/2 server:", dict(event.headers)[b"authorization"], flush=True)
                client.sendall(state.data_to_send())
        except h2.exceptions.ProtocolError as e:
            print(f"HTTP/2 server: {type(e).__name__}: {e}", flush=True)
            client.sendall(state.data_to_send())
            client.recv(4096)
PY
mkdir "$folder/ask"
cat >"$folder/ask/main.go" <<'GO'
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"strings"
)

func main() {
	pem, _ := os.ReadFile(os.Args[2])
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	for _, http2 := range []bool{false, true} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: http2}
		if !http2 {
			transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
		}
		req, _ := http.NewRequest("GET", "https://127.0.0.1:"+os.Args[1]+"/", nil)
		req.Header.Set("Authorization", "Bearer "+"")
		resp, err := transport.RoundTrip(req)
		if err != nil {
			fmt.Println("client: error, PROTOCOL_ERROR in it:", strings.Contains(err.Error(), "PROTOCOL_ERROR"))
			continue
		}
		fmt.Println("client:", resp.Proto, resp.StatusCode)
		resp.Body.Close()
	}
}
GO
(cd "$folder/ask" && go mod init ask >/dev/null 2>&1 && go build -o ask .)
"$folder/venv/bin/python" "$folder/serve.py" "$folder" >"$folder/said" &
server=$!
for _ in $(seq 100); do [ -s "$folder/said" ] && break; sleep 0.1; done
asked=$("$folder/ask/ask" "$(head -1 "$folder/said")" "$folder/ca.pem")
wait "$server"
got="$asked
$(tail -n +2 "$folder/said")"
echo "$got"
expected="client: HTTP/1.1 401
client: error, PROTOCOL_ERROR in it: true
HTTP/1.1 server: 'Authorization: Bearer'
HTTP/2 server: ProtocolError: Received header value surrounded by whitespace b'Bearer '"
[ "$got" = "$expected" ] || { echo "changed: expected" "$expected" >&2; exit 1; }
