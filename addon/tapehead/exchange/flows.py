"""Flow to interaction and back: every field as go-vcr would have written it for the same exchange.

Knows both models. Does not know when an exchange is finished, nor where it goes. Measured against go-vcr 4.0.7; what a
proxy cannot know is said where it is decided.
"""

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address

from mitmproxy import connection, http
from mitmproxy.net.http.url import hostport
from mitmproxy.proxy.mode_specs import RegularMode, ReverseMode, UpstreamMode

from tapehead.cassette.model import Request, Response
from tapehead.cassette.transcript import content_type
from tapehead.exchange.body_jobs import PartialRequest, PartialResponse
from tapehead.exchange.key_refusals import SENTENCES, KeyRefusal, refusal_in
from tapehead.exchange.response_heads import response_head, trailer_fields
from tapehead.redact.header_rules import HeaderRules
from tapehead.redact.steering_headers import FOLLOWED, Answer
from tapehead.text.escape import for_log
from tapehead.wire.headers import canonical_name, status_text

_PROTOCOLS = {  # mitmproxy's http_version: what Go calls it
    "HTTP/3": ("HTTP/3.0", 3, 0),
    "HTTP/2.0": ("HTTP/2.0", 2, 0),
    "HTTP/1.1": ("HTTP/1.1", 1, 1),
    "HTTP/1.0": ("HTTP/1.0", 1, 0),
}
_RPC = ("application/grpc", "application/connect+")
_LONGEST_NAME, _LONGEST_METHOD = 120, 40  # characters of a URL and of a method in a line
_FOLLOWED = frozenset(name.encode() for name in FOLLOWED)
_NAMED_BY_ADDRESS = (RegularMode, UpstreamMode, ReverseMode)


def header_pairs(headers: http.Headers | None) -> list[tuple[str, str]]:
    """Returns names and values as text, with surrogate escapes for bytes that are not UTF-8."""
    fields = headers.fields if headers else ()
    return [(n.decode(errors="surrogateescape"), v.decode(errors="surrogateescape")) for n, v in fields]


def header(message: http.Message, name: bytes) -> str | None:
    """Returns the value of a header by its lower-case name, several as one; None without it.

    As mitmproxy's `get`, at a fraction of its cost.
    """
    size = len(name)
    values = [value for each, value in message.headers.fields if len(each) == size and each.lower() == name]
    return b", ".join(values).decode(errors="surrogateescape") if values else None


def url_of(flow: http.HTTPFlow) -> str:
    """Returns the upstream's URL, whatever the proxy's mode: the address that mitmproxy goes to, and the path as sent.

    Where the client resolved the name itself (socks5, transparent), the authority that it speaks to takes its place.
    """
    request = flow.request
    authority = authority_of(request.scheme, request.host, request.port)
    if not is_named_by_address(flow.client_conn, request.host):
        authority = _host_header(request) or authority
    path = request.data.path.decode(errors="surrogateescape")
    return f"{request.scheme}://{authority}{'' if path.startswith('/') else '/'}{path}"


def is_named_by_address(client: connection.Client, host: str) -> bool:
    """Returns whether what a client wants is called by the address that mitmproxy goes to, not by its `Host` header."""
    return isinstance(client.proxy_mode, _NAMED_BY_ADDRESS) or not is_ip(host)


def connect_url(flow: http.HTTPFlow) -> str:
    """Returns a URL of where a tunnel was to lead."""
    return f"https://{authority_of('https', flow.request.host, flow.request.port)}"


def method_of(flow: http.HTTPFlow) -> str:
    """Returns the method as it came: in a method capitals count, and mitmproxy makes all of them."""
    return flow.request.data.method.decode(errors="surrogateescape")


def log_name(method: str, url: str) -> str:
    """Returns what a log line calls a request: short, and with nothing in it that a terminal would obey."""
    if len(url) > _LONGEST_NAME:
        url = f"{url[:_LONGEST_NAME]}… ({len(url)} characters)"
    return for_log(f"{method[:_LONGEST_METHOD]} {url}")


def request_of(flow: http.HTTPFlow, rules: HeaderRules, *, host_is_authority: bool) -> PartialRequest:
    """Returns the request as it came, but for its body and the headers that are not kept."""
    request = flow.request
    body = request.raw_content or b""
    return PartialRequest(
        request=Request(
            method=method_of(flow),
            url=url_of(flow),
            headers=rules.request(header_pairs(request.headers)),
            # of a chunked upload, and of an HTTP/2 one of unknown length, go-vcr says 0
            content_length=len(body) if header(request, b"content-length") is not None else 0,
            trailer=_values(request.trailers),
            host=_host_header(request) if host_is_authority else "",
        ),
        content_type=header(request, b"content-type"),
        coding=header(request, b"content-encoding") or "",
    )


def response_of(flow: http.HTTPFlow, rules: HeaderRules, duration: int, *, is_empty: bool) -> PartialResponse:
    """Returns the response but for its body.

    `duration` is nanoseconds from the request's end to the response's head.
    """
    response = flow.response
    assert response is not None
    pairs = header_pairs(response.headers)
    headers = rules.metadata(pairs) if _is_rpc(flow) else rules.response(pairs, _answer(flow))
    if flow.websocket:
        headers = {**headers, "Content-Type": (content_type("websocket"),)}
    proto, major, minor = _PROTOCOLS.get(response.http_version, (response.http_version, 1, 1))
    return PartialResponse(
        response=Response(
            code=response.status_code,
            status=_status(response),
            headers=headers,
            proto=proto,
            proto_major=major,
            proto_minor=minor,
            transfer_encoding=("chunked",) if _is_chunked(response) else (),
            trailer=_promised_trailers(response) | _values(response.trailers),
            content_length=_content_length(flow, ended_with_head=is_empty and response.raw_content is not None),
            duration=duration,
        ),
        coding=header(response, b"content-encoding") or "",
    )


def is_websocket(flow: http.HTTPFlow) -> bool:
    """Returns whether a request wants a WebSocket (RFC 6455, 4.1)."""
    return header(flow.request, b"sec-websocket-key") is not None and _is_upgrade(flow.request)


def _is_upgrade(request: http.Request) -> bool:
    return (header(request, b"upgrade") or "").lower() == "websocket"


def _is_rpc(flow: http.HTTPFlow) -> bool:
    """Whether the head of a response has metadata of a call: of gRPC, or of Connect (also in unary calls)."""
    assert flow.response is not None
    kind = header(flow.response, b"content-type") or ""
    return kind.startswith(_RPC) or header(flow.request, b"connect-protocol-version") is not None


def dropped_names(flow: http.HTTPFlow, rules: HeaderRules) -> list[str]:
    """Returns the names of those response headers that are not recorded, though clients are known to follow them."""
    headers = flow.response.headers if flow.response else None
    if headers is None or not any(name.lower() in _FOLLOWED for name, _ in headers.fields):  # the usual
        return []
    return rules.dropped(header_pairs(headers), _answer(flow))


def _answer(flow: http.HTTPFlow) -> Answer:
    assert flow.response is not None
    return Answer(code=flow.response.status_code, has_origin=header(flow.request, b"origin") is not None)


def key_refusal_of(response: http.Response | None) -> KeyRefusal | None:
    """Returns how a live response refuses a key; None for any other. Of one that is streamed the body is not looked at."""
    if response is None or response.status_code not in SENTENCES:
        return None
    challenges = [value for name, value in header_pairs(response.headers) if name.lower() == "www-authenticate"]
    body = (response.raw_content and response.get_content(strict=False)) or b""
    return refusal_in(response.status_code, body, challenges)


def http_response(recorded: Response, request: http.Request) -> tuple[http.Headers, bytes]:
    """Returns the headers and the reason that give `recorded` to a client again, in the client's own protocol."""
    head = response_head(recorded, request.http_version, request.method)
    return http.Headers(head.fields), head.reason


def cut_response(recorded: Response, request: http.Request) -> tuple[http.Headers, bytes]:
    """Returns the headers and the reason of a response whose end does not come: it announces what it announced."""
    length = recorded.content_length
    if length > len(recorded.body):
        headers, reason = http_response(replace(recorded, content_length=-1), request)
        headers.pop("transfer-encoding", None)
        headers["content-length" if request.is_http2 or request.is_http3 else "Content-Length"] = str(length)
        return headers, reason
    return http_response(replace(recorded, content_length=-1), request)


def trailers_of(recorded: Response) -> http.Headers | None:
    """Returns recorded trailers as mitmproxy sends them; None when there are none."""
    fields = trailer_fields(recorded)
    return http.Headers(fields) if fields else None


def authority_of(scheme: str, host: str, port: int) -> str:
    """Returns host and port as a URL has them: an IPv6 address in brackets, a name of other letters in punycode."""
    return hostport(scheme, f"[{host}]" if ":" in host else _in_punycode(host), port)


def _host_header(request: http.Request) -> str:
    """The request's authority or `Host`, as it was sent; `""` without one. mitmproxy decodes punycode."""
    if request.is_http2 or request.is_http3:
        return request.data.authority.decode(errors="surrogateescape") or header(request, b"host") or ""
    return header(request, b"host") or ""


def _in_punycode(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:  # none that DNS could have
        return host


def is_ip(host: str) -> bool:
    """Returns whether a host is an address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _values(headers: http.Headers | None) -> dict[str, tuple[str, ...]]:
    values: dict[str, tuple[str, ...]] = {}
    for name, value in header_pairs(headers):
        canonical = canonical_name(name)
        values[canonical] = (*values.get(canonical, ()), value.strip(" \t"))
    return values


def _promised_trailers(response: http.Response) -> dict[str, tuple[str, ...]]:
    """The names in the Trailer header: one that never comes is a key without values, as in Go's Response.Trailer."""
    names = (header(response, b"trailer") or "").split(",")
    return {canonical_name(name.strip()): () for name in names if name.strip()}


def announced_length(response: http.Response) -> int | None:
    """Returns the Content-Length of a body that is not chunked; None without one."""
    length = header(response, b"content-length") or ""
    return int(length) if length.isascii() and length.isdigit() and not _is_chunked(response) else None


def _is_chunked(response: http.Response) -> bool:
    return response.is_http11 and "chunked" in (header(response, b"transfer-encoding") or "").lower()


def _content_length(flow: http.HTTPFlow, *, ended_with_head: bool) -> int:
    """As Go's transport says: the header; 0 where no body can be; -1 when it is not known."""
    response = flow.response
    assert response is not None
    if response.status_code in (204, 304):
        return 0
    if (length := announced_length(response)) is not None:
        return length
    # golang.org/x/net/http2 transport.go, handleResponse: the stream ended with its head
    if ended_with_head and not response.is_http11 and not response.is_http10 and flow.request.method != "HEAD":
        return 0
    return -1


def _status(response: http.Response) -> str:
    """HTTP/1: the server's own text. HTTP/2 has none: Go's, and for codes that Go does not know a space."""
    if response.is_http2 or response.is_http3:
        return f"{response.status_code} {status_text(response.status_code)}"
    reason = response.data.reason.decode(errors="surrogateescape")
    return f"{response.status_code} {reason}" if reason else str(response.status_code)


def sizes_to_chunks(body: bytes, sizes: Iterable[int]) -> list[bytes]:
    """Returns a body cut into pieces of the given sizes."""
    chunks, start = [], 0
    for size in sizes:
        chunks.append(body[start : start + size])
        start += size
    return chunks
