"""A client that speaks to the proxy as few do: `unseen.py WAY HOST:PORT`. Prints what it got, in one line, and ends with 0.

Only sockets and OpenSSL: each byte goes when it is told to, with a moment between pieces.
"""

import os
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

MOMENT = 0.002  # seconds
BODY = b'{"model":"m"}'


def request(host: str, body: bytes = BODY) -> bytes:
    """A whole POST that ends its connection."""
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def tunnel(authority: str) -> socket.socket:
    """A connection to the authority, through the proxy. SystemExit with the proxy's words when it gives none."""
    proxy = urlsplit(os.environ["HTTP_PROXY"])
    connection = socket.create_connection((proxy.hostname or "", proxy.port or 0), timeout=20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head and (data := connection.recv(4096)):
        head += data
    if b" 200 " not in head.partition(b"\r\n")[0] + b" ":
        print("no tunnel:", head.partition(b"\r\n")[0].decode())
        raise SystemExit
    return connection


def send(connection: socket.socket, pieces: Iterable[bytes]) -> None:
    """Sends each piece by itself."""
    for piece in pieces:
        connection.sendall(piece)
        time.sleep(MOMENT)


def rest(receive: Callable[[int], bytes]) -> str:
    """The first line of what comes until the end."""
    data = b""
    try:
        while more := receive(65536):
            data += more
    except (OSError, ssl.SSLError):
        pass
    return first_words(data)


def first_words(answer: bytes) -> str:
    """Version and status of an answer: HTTP/2 knows no reason, and with it the recording may not."""
    return " ".join(answer.partition(b"\r\n")[0].decode("latin-1").split()[:2]) or "closed"


def bytes_of(data: bytes, size: int = 1) -> list[bytes]:
    """The pieces of some bytes."""
    return [data[start : start + size] for start in range(0, len(data), size)]


def in_tls(connection: socket.socket, host: str, outgoing: list[bytes], *, size: int, trusting: bool = True) -> str:
    """TLS by hand: each flight goes in pieces of `size` bytes, and so does each of `outgoing` as a record of its own."""
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"] if trusting else None)
    if not trusting:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # has no roots at all
    incoming, sealed = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, sealed, server_hostname=host)

    def feed() -> None:
        send(connection, bytes_of(sealed.read(), size))
        data = connection.recv(65536)
        if data:
            incoming.write(data)
        else:
            incoming.write_eof()

    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            feed()
        except ssl.SSLError as e:
            send(connection, [sealed.read()])  # the alert
            return f"{type(e).__name__}"
    for piece in outgoing:
        tls.write(piece)
        send(connection, bytes_of(sealed.read(), 4096))
    answer = b""
    while True:
        try:
            if not (more := tls.read(65536)):
                break
            answer += more
        except ssl.SSLWantReadError:
            feed()
        except ssl.SSLError:  # mitmproxy ends TLS without a close_notify
            break
    return first_words(answer)


def leave_after_hello(connection: socket.socket, host: str) -> str:
    """A client that drops the connection at the certificate, without a word."""
    context, incoming, sealed = ssl.create_default_context(), ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, sealed, server_hostname=host)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        connection.sendall(sealed.read())
    connection.recv(65536)
    connection.close()
    return "left"


def leave_in_request(connection: socket.socket, part: bytes) -> str:
    """A client that drops the connection in its request."""
    connection.sendall(part)
    time.sleep(0.1)
    connection.close()
    return "left"


def main(way: str, authority: str) -> str:
    """What came of one way."""
    host = authority.partition(":")[0]
    if way == "nothing":
        return "nothing"
    if way == "socks":
        proxy = urlsplit(os.environ["HTTP_PROXY"])
        connection = socket.create_connection((proxy.hostname or "", proxy.port or 0), timeout=20)
        connection.sendall(b"\x05\x01\x00")
        return rest(connection.recv)
    connection = tunnel(authority)
    whole = request(host)
    match way:
        case "hello-in-pieces":
            return in_tls(connection, host, [whole], size=1)
        case "request-line-in-pieces":
            return in_tls(connection, host, [*bytes_of(whole[:40]), whole[40:]], size=4096)
        case "head-in-pieces":
            return in_tls(connection, host, bytes_of(whole, 3), size=4096)
        case "plain-in-pieces":
            send(connection, bytes_of(whole))
            return rest(connection.recv)
        case "plain":
            connection.sendall(whole)
            return rest(connection.recv)
        case "tls":
            return in_tls(connection, host, [whole], size=4096)
        case "raw-tcp":
            connection.sendall(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")  # PostgreSQL's SSLRequest
            return rest(connection.recv)
        case "distrust-with-alert":
            return in_tls(connection, host, [], size=4096, trusting=False)
        case "distrust-without-alert":
            return leave_after_hello(connection, host)
        case "half-a-body":
            return leave_in_request(connection, whole[:-5])
        case "half-a-head":
            return leave_in_request(connection, whole[:40])
    raise SystemExit(f"no such way: {way}")


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
