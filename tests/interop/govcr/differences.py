"""Where tapehead writes something else than go-vcr on purpose, as a table with reasons.

Also what mitmproxy cannot carry, with or without us. Does not know how the two recordings were made.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tapehead.cassette import Interaction, Response

H1, H2 = "HTTP/1.1", "HTTP/2.0"

type Change = Callable[[Interaction], Interaction]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`ours` makes of go-vcr's interaction what tapehead writes, for these exchanges."""

    exchanges: tuple[str, ...]
    reason: str
    ours: Change
    protocols: tuple[str, ...] = (H1, H2)


def changes(protocol: str) -> dict[str, Change]:
    """For each exchange that differs, what tapehead makes of it."""
    return {name: d.ours for d in DIFFERENCES if protocol in d.protocols for name in d.exchanges}


def _url(change: Callable[[str], str]) -> Change:
    return lambda i: replace(i, request=replace(i.request, url=change(i.request.url)))


def _request_headers(headers: Mapping[str, tuple[str, ...]]) -> Change:
    return lambda i: replace(i, request=replace(i.request, headers=headers))


def _response(change: Callable[[Response], Response]) -> Change:
    return lambda i: replace(i, response=change(i.response))


def _decoded(wbits: int) -> Change:
    def change(r: Response) -> Response:
        headers = {name: values for name, values in r.headers.items() if name != "Content-Encoding"}
        body = zlib.decompress(r.body, wbits)
        return replace(r, body=body, headers=headers, content_length=-1, uncompressed=True)

    return _response(change)


def _status(text: str) -> Change:
    return _response(lambda r: replace(r, status=text))


def _whole_upload(i: Interaction) -> Interaction:
    return replace(i, request=replace(i.request, body=b"x" * i.request.content_length))


def _with_slash(url: str) -> str:
    authority, mark, query = url.partition("?")
    return f"{authority}/{mark}{query}"


DIFFERENCES = (
    Difference(
        exchanges=("gzip-own", "gzip-own-chunked"),
        reason="bodies are stored decoded, also those whose coding the client asked for itself",
        ours=_decoded(zlib.MAX_WBITS | 16),
    ),
    Difference(exchanges=("deflate-own",), reason="likewise", ours=_decoded(zlib.MAX_WBITS)),
    Difference(
        exchanges=("upload-refused",),
        reason="go-vcr has what its transport had sent when the answer came; a proxy has the whole upload",
        ours=_whole_upload,
    ),
    Difference(
        exchanges=("path-empty", "path-empty-query"),
        reason="the client's URL has no path, but a slash is sent",
        ours=_url(_with_slash),
    ),
    Difference(
        exchanges=("fragment",),
        reason="a fragment is never sent",
        ours=_url(lambda url: url.partition("#")[0]),
    ),
    Difference(
        exchanges=("userinfo",),
        reason="userinfo is never sent in a URL, and is a credential",
        ours=_url(lambda url: url.replace("alice:wonder@", "")),
    ),
    Difference(
        exchanges=("agent-empty",),
        reason="an empty User-Agent is Go's way to send none",
        ours=_request_headers({}),
    ),
    Difference(
        exchanges=("accept-lower-case",),
        reason="the case of a name that is not canonical in the client's own map is lost on the wire",
        ours=_request_headers({"Accept": ("text/plain",)}),
    ),
    Difference(
        exchanges=("accept-padded",),
        reason="HTTP/1.1 does not carry spaces around a value",
        ours=_request_headers({"Accept": ("text/plain",)}),
        protocols=(H1,),
    ),
    Difference(
        exchanges=("reason-long",),
        reason="mitmproxy's parser drops the spaces in front of a reason",
        ours=_status("200 All is  well "),
        protocols=(H1,),
    ),
    Difference(
        exchanges=("reason-empty",),
        reason="mitmproxy does not tell `200 ` from `200`",
        ours=_status("200"),
        protocols=(H1,),
    ),
)

# Protocol, exchange: why it does not come through mitmproxy 12.2.3, with or without us.
NOT_CARRIED: Mapping[str, Mapping[str, str]] = {
    H1: {},
    H2: {
        "connection-close": "the origin says GOAWAY while the stream is open, and mitmproxy answers 502",
        "accept-padded": "spaces around an HTTP/2 value are a protocol error to mitmproxy",
    },
}

# What mitmproxy spells anew on its way to the client: these reports differ in their status text.
REASON_RESPELT = frozenset({"reason-none", "reason-404-none", "reason-long"})
