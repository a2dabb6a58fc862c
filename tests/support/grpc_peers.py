"""A gRPC server of grpcio's, and calls of all four kinds to it, for the tests. Messages are bytes that look like protobuf.

Knows nothing of tapehead.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")  # its handlers of fork break what is started beside it

import grpc

from tests.support.harness import Certs

SERVICE = "loopback.Talk"
DETAILS = b"\x08\x05\x12\x09not there"
"""A google.rpc.Status: code 5, `not there`."""


def text(said: str) -> bytes:
    """A message whose field 1 is a string."""
    data = said.encode()
    return b"\x0a" + bytes((len(data),)) + data


def said(message: bytes) -> str:
    """What such a message says."""
    return message[2:].decode()


class GrpcServer:
    """Listens on a port of loopback's while it is entered, with TLS."""

    def __init__(self, certs: Certs) -> None:
        credentials = grpc.ssl_server_credentials([(certs.key.read_bytes(), certs.cert.read_bytes())])
        self._server = grpc.server(ThreadPoolExecutor(8), compression=None)
        self._server.add_generic_rpc_handlers((_handlers(),))
        self.port = self._server.add_secure_port("127.0.0.1:0", credentials)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None).wait(10)


def _handlers() -> grpc.GenericRpcHandler:
    methods: dict[str, Any] = {
        "Unary": grpc.unary_unary_rpc_method_handler(_unary),
        "Fail": grpc.unary_unary_rpc_method_handler(_fail),
        "Gather": grpc.stream_unary_rpc_method_handler(_gather),
        "Count": grpc.unary_stream_rpc_method_handler(_count),
        "Chat": grpc.stream_stream_rpc_method_handler(_chat),
        "Greet": grpc.stream_stream_rpc_method_handler(_greet),
        "Early": grpc.stream_stream_rpc_method_handler(_early),
    }
    return grpc.method_handlers_generic_handler(SERVICE, methods)


def _unary(request: bytes, context: grpc.ServicerContext) -> bytes:
    context.send_initial_metadata(tuple(pair for pair in context.invocation_metadata() if pair[0].startswith("x-echo")))
    context.set_trailing_metadata((("x-cost", "7"),))
    return text(f"got {said(request)}")


def _fail(request: bytes, context: grpc.ServicerContext) -> bytes:
    context.set_trailing_metadata((("grpc-status-details-bin", DETAILS),))
    context.abort(grpc.StatusCode.NOT_FOUND, f"no {said(request)} – at all")
    raise AssertionError


def _gather(requests: Iterator[bytes], _: grpc.ServicerContext) -> bytes:
    return text("+".join(map(said, requests)))


def _count(request: bytes, _: grpc.ServicerContext) -> Iterator[bytes]:
    for number in range(3):
        time.sleep(0.1)
        yield text(f"{said(request)} {number}")


def _chat(requests: Iterator[bytes], _: grpc.ServicerContext) -> Iterator[bytes]:
    for request in requests:
        time.sleep(0.05)
        yield text(f"pong {said(request)}")
    yield text("bye")


def _greet(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
    context.send_initial_metadata((("x-hello", "first"),))
    yield text("who?")
    yield text(f"hello {said(next(requests))}")


def _early(requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
    yield text(f"only {said(next(requests))}")
    context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "enough")


type Call = Callable[[Any], Any]


def _outcome(call: Callable[[], Any]) -> Any:
    """What a program sees of a call: its messages, its status, its trailers."""
    try:
        return call()
    except grpc.RpcError as e:
        return [e.code().name, e.details(), _trailers(e)]


def _trailers(call: Any) -> list[Any]:
    return sorted((each.key, each.value) for each in call.trailing_metadata() or ())


def unary(channel: Any, message: str = "hello", **more: Any) -> Any:
    """One message each way."""

    def call() -> Any:
        response, done = channel.unary_unary(f"/{SERVICE}/Unary").with_call(text(message), timeout=10, **more)
        return [said(response), _trailers(done)]

    return _outcome(call)


def fail(channel: Any) -> Any:
    """An error without a body, with details."""
    return _outcome(lambda: channel.unary_unary(f"/{SERVICE}/Fail")(text("cat"), timeout=10))


def gather(channel: Any) -> Any:
    """A stream of the client."""
    requests = (text(each) for each in "abc")
    return _outcome(lambda: said(channel.stream_unary(f"/{SERVICE}/Gather")(requests, timeout=10)))


def count(channel: Any) -> Any:
    """A stream of the server."""
    return _outcome(lambda: [said(each) for each in channel.unary_stream(f"/{SERVICE}/Count")(text("n"), timeout=10)])


def ping_pong(channel: Any, *messages: str, **more: Any) -> Any:
    """A message of the client after each of the server."""
    turn = threading.Semaphore(1)
    got: list[str] = []

    def requests() -> Iterator[bytes]:
        for each in messages or ("one", "two", "three"):
            assert turn.acquire(timeout=10)
            yield text(each)

    def call() -> Any:
        for each in channel.stream_stream(f"/{SERVICE}/Chat")(requests(), timeout=10, **more):
            got.append(said(each))
            turn.release()
        return got

    outcome = _outcome(call)
    return outcome if outcome is got else [got, outcome]


def all_first(channel: Any) -> Any:
    """Both sides stream, the client without waiting."""
    requests = (text(each) for each in "xyz")
    return _outcome(lambda: [said(each) for each in channel.stream_stream(f"/{SERVICE}/Chat")(requests, timeout=10)])


def early(channel: Any) -> Any:
    """The server ends while the client would go on."""
    over = threading.Event()

    def requests() -> Iterator[bytes]:
        yield text("first")
        over.wait(10)

    try:
        return _outcome(
            lambda: [said(each) for each in channel.stream_stream(f"/{SERVICE}/Early")(requests(), timeout=10)]
        )
    finally:
        over.set()


def greeted(channel: Any, name: str = "Ann") -> Any:
    """The server speaks first."""
    asked = threading.Event()
    got: list[str] = []

    def requests() -> Iterator[bytes]:
        assert asked.wait(10)
        yield text(name)

    call = channel.stream_stream(f"/{SERVICE}/Greet")(requests(), timeout=10)
    for each in call:
        got.append(said(each))
        asked.set()
    return [got, [pair.value for pair in call.initial_metadata() if pair.key == "x-hello"]]


def never_ending(channel: Any, method: str = "Chat") -> Any:
    """A request that does not end before its deadline: what had come by then, and the status."""
    over = threading.Event()
    got: list[str] = []

    def requests() -> Iterator[bytes]:
        yield text("only")
        over.wait(10)

    def call() -> Any:
        if method == "Gather":
            return channel.stream_unary(f"/{SERVICE}/Gather")(requests(), timeout=0.7)
        got.extend(map(said, channel.stream_stream(f"/{SERVICE}/Chat")(requests(), timeout=0.7)))
        return got

    try:
        return [got, _outcome(call)[0]]
    finally:
        over.set()


CALLS: dict[str, Call] = {
    "unary": unary,
    "fail": fail,
    "gather": gather,
    "count": count,
    "ping-pong": ping_pong,
    "all-first": all_first,
    "early": early,
    "greeted": greeted,
    "gzip": lambda channel: unary(channel, "again " * 15, compression=grpc.Compression.Gzip),
}


def through(proxy: int | None, port: int, ca: bytes) -> grpc.Channel:
    """A channel to a server, by way of a proxy on a port of loopback's if one is named. `ca`: whom the client trusts."""
    options = [("grpc.enable_http_proxy", 0)] if proxy is None else [("grpc.http_proxy", f"http://127.0.0.1:{proxy}")]
    credentials = grpc.ssl_channel_credentials(ca)
    return grpc.secure_channel(f"localhost:{port}", credentials, options)
