"""What we stand on in mitmproxy, h2, h11 and asyncio that is no promise of theirs: a table with a row for each name.

Such a name is private, or one that we replace, or a method of an internal class that we override. Rows are grouped in
patches: what is put in, or left out, together. Knows names, and no code; `patch_checks` holds the table against what is
installed, `install` of this package goes through it.
"""

from tapehead.mitm.patch_model import How, Patch, PatchKind, Row

_USED, _REPLACED, _OVERRIDDEN = How
_HTTP = "mitmproxy.proxy.layers.http"
_EVENTS, _HTTP1, _HTTP2, _H2 = f"{_HTTP}._events", f"{_HTTP}._http1", f"{_HTTP}._http2", f"{_HTTP}._http_h2"
_LAYER, _MANAGER = "mitmproxy.proxy.layer:Layer", "mitmproxy.addonmanager:AddonManager"
_NEXT = "mitmproxy.addons.next_layer:NextLayer"

PATCHES: tuple[Patch, ...] = (
    Patch(
        name="http1-messages",
        kind=PatchKind.CORRECTNESS,
        install="http1:install",
        without_it="trailers and a 103 hang the client; a head that cannot be read is told to nobody",
        until="mitmproxy reads and sends trailers, skips informational responses and has a hook for heads it cannot read",
        rows=(
            Row(f"{_HTTP1}:make_body_reader", _REPLACED, "http1", "trailers of a chunked body are kept"),
            Row(f"{_HTTP1}:Http1Connection", _USED, "http1", "bears the mark that it is wrapped"),
            Row(f"{_HTTP1}:Http1Server", _USED, "http1", "the client's side of a connection"),
            Row(f"{_HTTP1}:Http1Client", _USED, "http1", "the server's side of a connection"),
            Row(f"{_HTTP1}:Http1Server.ReceiveEndOfMessage", _REPLACED, "http1", "the end of a request with trailers"),
            Row(f"{_HTTP1}:Http1Client.ReceiveEndOfMessage", _REPLACED, "http1", "the end of a response with trailers"),
            Row(f"{_HTTP1}:Http1Server.send", _REPLACED, "http1", "trailers go out with the last chunk"),
            Row(f"{_HTTP1}:Http1Client.send", _REPLACED, "http1", "likewise to the server"),
            Row(f"{_HTTP1}:Http1Client.read_headers", _REPLACED, "http1", "a 1xx is skipped"),
            Row(f"{_HTTP1}:Http1Server.read_headers", _REPLACED, "http1", "a head that is none is told"),
            Row("mitmproxy.net.http.http1:read_request_head", _REPLACED, "http1", "the brackets of an IPv6 address"),
            Row(f"{_EVENTS}:RequestEndOfMessage", _USED, "http1", "its subclass has trailers"),
            Row(f"{_EVENTS}:RequestTrailers", _USED, "http1", "what the stream is given of them"),
            Row(f"{_EVENTS}:ResponseEndOfMessage", _USED, "http1", "its subclass has trailers"),
            Row(f"{_EVENTS}:ResponseTrailers", _USED, "http1", "what the stream is given of them"),
        ),
    ),
    Patch(
        name="http1-chunks",
        kind=PatchKind.SPEED,
        install="chunked:install",
        without_it="h11 gives the chunks of one read one by one, at some cost for each",
        until="mitmproxy hands on together what came together",
        rows=(
            Row(f"{_HTTP1}:make_body_reader", _REPLACED, "chunked", "whole chunks are taken off at once"),
            Row("h11._readers:ChunkedReader._bytes_in_chunk", _USED, "chunked", "whether h11 is in a chunk"),
            Row("h11._readers:ChunkedReader._bytes_to_discard", _USED, "chunked", "or in what ends one"),
            Row("h11._readers:ChunkedReader._reading_trailer", _USED, "chunked", "or in the trailers"),
        ),
    ),
    Patch(
        name="http2-goaway",
        kind=PatchKind.CORRECTNESS,
        install="http2:install",
        without_it="a graceful GOAWAY cuts off what is under way; a client that breaks the protocol is told to nobody",
        until="mitmproxy finishes the streams that a GOAWAY lets live, and has a hook for protocol errors",
        rows=(
            Row(f"{_H2}:BufferedH2Connection", _USED, "http2", "mitmproxy's hyper-h2 connection"),
            Row(f"{_H2}:BufferedH2Connection._receive_goaway_frame", _REPLACED, "http2", "a graceful end is an event"),
            Row(f"{_HTTP2}:Http2Client", _USED, "http2", "the server's side of a connection"),
            Row(f"{_HTTP2}:Http2Client.handle_h2_event", _REPLACED, "http2", "which ends nothing that is under way"),
            Row(f"{_HTTP2}:Http2Client.stream_queue", _USED, "http2", "whether streams wait that could go nowhere"),
            Row(f"{_HTTP2}:Http2Server", _USED, "http2", "the client's side of a connection"),
            Row(f"{_HTTP2}:Http2Server.protocol_error", _REPLACED, "http2", "what is no HTTP/2 is told"),
        ),
    ),
    Patch(
        name="http2-spaced-values",
        kind=PatchKind.CORRECTNESS,
        install="spaced_values:install",
        without_it="a client with an empty key, `Authorization: Bearer `, has its connection ended",
        until="hyper-h2 trims values, or mitmproxy has an option for it alone",
        rows=(
            Row("h2.utilities:_reject_illegal_characters", _REPLACED, "spaced_values", "values are trimmed before"),
            Row("h2.utilities:HeaderTuple", _USED, "spaced_values", "what a header is"),
        ),
    ),
    Patch(
        name="http2-frames",
        kind=PatchKind.SPEED,
        install="http2:install_joining",
        without_it="the frames of a response that come in one read go through all layers one by one",
        until="mitmproxy hands on together what came together",
        rows=(
            Row(f"{_H2}:BufferedH2Connection.receive_data", _REPLACED, "http2", "a response's frames are one event"),
        ),
    ),
    Patch(
        name="hook-dispatch",
        kind=PatchKind.SPEED,
        install="hook_dispatch:install_in",
        of_master=True,
        without_it="each hook of a flow asks 40 addons whether they have it, and is a task of its own",
        until="mitmproxy remembers who has which hook, and calls at once what does not wait",
        rows=(
            Row(f"{_MANAGER}.trigger_event", _REPLACED, "hook_dispatch", "those that have the hook, at once"),
            Row(f"{_MANAGER}.handle_lifecycle", _REPLACED, "hook_dispatch", "likewise of a flow's hooks"),
            Row(f"{_MANAGER}.trigger", _REPLACED, "hook_dispatch", "likewise of a line of the log"),
            Row(f"{_MANAGER}.register", _REPLACED, "hook_dispatch", "what is remembered is forgotten"),
            Row(f"{_MANAGER}.remove", _REPLACED, "hook_dispatch", "likewise"),
            Row(f"{_MANAGER}.clear", _REPLACED, "hook_dispatch", "likewise"),
            Row(
                "mitmproxy.master:Master._legacy_log_events",
                _USED,
                "hook_dispatch",
                "formats no line that nobody wants",
            ),
        ),
    ),
    Patch(
        name="type-checks",
        kind=PatchKind.SPEED,
        install="type_check_cache:install",
        without_it="the types of each message's fields are looked at anew",
        until="mitmproxy no longer checks them",
        rows=(
            Row("mitmproxy.http:MessageData.__post_init__", _REPLACED, "type_check_cache", "each kind is seen once"),
        ),
    ),
    Patch(
        name="protocol-detection",
        kind=PatchKind.CORRECTNESS,
        install="protocol_detection:install",
        of_master=True,
        without_it="a request in small pieces is raw TCP, which is not recorded and said by nobody",
        until="mitmproxy waits until it can tell, and has an option to refuse raw TCP",
        rows=(
            Row(f"{_NEXT}._next_layer", _REPLACED, "protocol_detection", "decides once there is enough to tell"),
            Row(f"{_NEXT}._ignore_connection", _USED, "protocol_detection", "the option ignore_hosts holds"),
            Row(f"{_NEXT}._is_destination_in_hosts", _USED, "protocol_detection", "the option tcp_hosts holds"),
        ),
    ),
    Patch(
        name="refusal",
        kind=PatchKind.CORRECTNESS,
        without_it="there is no layer that ends a connection of which nothing can be recorded",
        until="protocol-detection goes",
        rows=(Row(f"{_LAYER}._handle_event", _OVERRIDDEN, "unread", "a layer that only ends its connection"),),
    ),
    Patch(
        name="origin-form",
        kind=PatchKind.CORRECTNESS,
        install="origin_form:install",
        without_it="an absolute-form target in a tunnel reaches servers that know no such path",
        until="mitmproxy takes the authority off in a tunnel, as it does outside of one",
        rows=(
            Row(
                f"{_HTTP}:HttpStream.state_wait_for_request_headers",
                _REPLACED,
                "origin_form",
                "the target is set there",
            ),
        ),
    ),
    Patch(
        name="streams",
        kind=PatchKind.CORRECTNESS,
        install="http_layer:install",
        of_master=True,
        without_it="no recorded timing is replayed, and a client may see an end that is on no disk",
        until="mitmproxy can send a response on a schedule, and hold a streamed chunk back until a hook is over",
        rows=(
            Row(f"{_HTTP}:HttpLayer", _REPLACED, "http_layer", "each layer's class becomes ours"),
            Row(f"{_HTTP}:HttpLayer._handle_event", _OVERRIDDEN, "http_layer", "wakes the streams whose time has come"),
            Row(f"{_HTTP}:HttpLayer.make_stream", _OVERRIDDEN, "http_layer", "makes streams of ours"),
            Row(
                f"{_HTTP}:HttpLayer.event_to_child",
                _OVERRIDDEN,
                "http_layer",
                "a chunk goes out as it came, in its frame",
            ),
            Row(f"{_EVENTS}:ResponseData", _USED, "http_layer", "what those chunks are"),
            Row(f"{_HTTP1}:Http1Server", _USED, "http_layer", "where they go"),
            Row(f"{_HTTP2}:Http2Server", _USED, "http_layer", "likewise"),
            Row(f"{_HTTP}:HttpStream.handle_event", _OVERRIDDEN, "http_stream", "a chunk is forwarded or held back"),
            Row(
                f"{_HTTP}:HttpStream._handle_event",
                _OVERRIDDEN,
                "http_stream",
                "our own events, and hooks begun at once",
            ),
            Row(f"{_HTTP}:HttpStream._paused", _USED, "http_stream", "whether a hook is waited for"),
            Row(f"{_HTTP}:HttpStream._paused_event_queue", _USED, "http_stream", "what came meanwhile"),
            Row(f"{_HTTP}:HttpStream.send_response", _OVERRIDDEN, "http_stream", "sends what is held before the end"),
            Row(
                f"{_HTTP}:HttpStream.start_response_stream",
                _OVERRIDDEN,
                "http_stream",
                "learns what looks at the chunks",
            ),
            Row(f"{_HTTP}:HttpStream.state_stream_response_body", _OVERRIDDEN, "http_stream", "releases what is held"),
            Row(
                f"{_HTTP}:HttpStream.handle_protocol_error", _OVERRIDDEN, "http_stream", "a client that leaves a replay"
            ),
            Row(f"{_EVENTS}:ErrorCode", _USED, "http_stream", "what a client is given for an answer that breaks off"),
            Row(f"{_EVENTS}:RequestEndOfMessage", _USED, "http_stream", "the request is there"),
            Row(f"{_EVENTS}:RequestProtocolError", _USED, "http_stream", "the client broke it off"),
            Row(f"{_EVENTS}:ResponseData", _USED, "http_stream", "a chunk"),
            Row(f"{_EVENTS}:ResponseEndOfMessage", _USED, "http_stream", "the end of a response"),
            Row(f"{_EVENTS}:ResponseHeaders", _USED, "http_stream", "the head of a response that is replayed"),
            Row(f"{_EVENTS}:ResponseProtocolError", _USED, "http_stream", "the server broke it off"),
            Row(f"{_EVENTS}:ResponseTrailers", _USED, "http_stream", "what may come before the end"),
            Row(f"{_HTTP}._hooks:HttpErrorHook", _USED, "http_stream", "the hook of a client that left a replay"),
            Row(f"{_HTTP}:HttpStream._handle_event", _OVERRIDDEN, "late_head", "a head that waits for its body"),
            Row(
                f"{_HTTP}:HttpStream.handle_protocol_error", _OVERRIDDEN, "late_head", "it goes before what breaks off"
            ),
            Row(f"{_EVENTS}:RequestProtocolError", _USED, "late_head", "the client broke it off"),
            Row(f"{_EVENTS}:ResponseProtocolError", _USED, "late_head", "the server broke it off"),
            Row(f"{_HTTP}:HttpStream._handle_event", _OVERRIDDEN, "gated_stream", "what a gate says"),
            Row(f"{_HTTP}:HttpStream.handle_protocol_error", _OVERRIDDEN, "gated_stream", "tells a gate of the end"),
            Row(f"{_EVENTS}:RequestProtocolError", _USED, "gated_stream", "the client broke it off"),
            Row(f"{_EVENTS}:ResponseProtocolError", _USED, "gated_stream", "the server broke it off"),
            Row(f"{_HTTP}:HttpStream.flow_done", _OVERRIDDEN, "websocket_layers", "a WebSocket gets a layer of ours"),
            Row(f"{_EVENTS}:ResponseEndOfMessage", _USED, "websocket_layers", "the end of the response before it"),
            Row(
                "mitmproxy.proxy.layers.websocket:WebsocketLayer.relay_messages",
                _OVERRIDDEN,
                "websocket_layers",
                "the other side sees the close when it is on disk",
            ),
        ),
    ),
    Patch(
        name="lane-shortcut",
        kind=PatchKind.SPEED,
        without_it="what the lane answers goes through mitmproxy's layers, there and back",
        until="mitmproxy has a way past its layers",
        rows=(
            Row(f"{_LAYER}.handle_event", _OVERRIDDEN, "lane_layer", "what the lane takes goes no further"),
            Row(f"{_LAYER}._paused", _USED, "lane_server", "whether a connection takes events now"),
            Row(f"{_LAYER}._paused", _USED, "lane_layer", "likewise"),
            Row("mitmproxy.proxy.layers.tls:ClientTLSLayer", _USED, "lane_shortcut", "where a connection's TLS is"),
            Row(
                "mitmproxy.proxy.layers.tls:TLSLayer.receive_data",
                _REPLACED,
                "lane_shortcut",
                "takes what is decrypted",
            ),
            Row(
                "mitmproxy.proxy.server:ConnectionHandler._server_event_lock",
                _USED,
                "lane_shortcut",
                "whether events are under way",
            ),
            Row("asyncio.streams:StreamReader._buffer", _USED, "lane_shortcut", "whether data waits for mitmproxy"),
            Row("asyncio.locks:Lock._locked", _USED, "event_loop", "whether somebody has a lock"),
            Row("asyncio.locks:Lock._waiters", _USED, "event_loop", "or is about to get it"),
            Row("OpenSSL._util:lib", _USED, "direct_tls", "asks how much a BIO holds"),
            Row("OpenSSL._util:ffi", _USED, "direct_tls", "likewise"),
            Row("OpenSSL.SSL:Connection._into_ssl", _USED, "direct_tls", "the BIO"),
        ),
    ),
    Patch(
        name="stream-shortcut",
        kind=PatchKind.SPEED,
        without_it="each event of a stream that is recorded goes through mitmproxy's layers, there and back",
        until="mitmproxy has a way past its layers",
        rows=(
            Row(f"{_LAYER}._paused", _USED, "stream_shortcut", "whether a layer takes events now"),
            Row(f"{_EVENTS}:ResponseData", _USED, "stream_shortcut", "what the client's connection is given"),
            Row(f"{_HTTP1}:Http1Client", _USED, "stream_shortcut", "the server's side of a connection"),
            Row(f"{_HTTP1}:Http1Connection.read_body", _USED, "stream_shortcut", "whether it is in a body"),
            Row(
                f"{_HTTP1}:Http1Connection.buf", _USED, "stream_shortcut", "whether it has something that is not whole"
            ),
            Row(f"{_HTTP2}:Http2Client", _USED, "stream_shortcut", "the server's side of a connection"),
            Row(f"{_HTTP2}:StreamState", _USED, "stream_shortcut", "whether a response has its head"),
            Row("mitmproxy.proxy.layers.tls:ClientTLSLayer", _USED, "stream_shortcut", "where the client's TLS is"),
            Row("mitmproxy.proxy.layers.tls:ServerTLSLayer", _USED, "stream_shortcut", "where the server's TLS is"),
            Row(
                "mitmproxy.proxy.layers.tls:TLSLayer.receive_data",
                _REPLACED,
                "stream_shortcut",
                "takes what is decrypted",
            ),
            Row(
                "mitmproxy.proxy.server:ConnectionHandler._server_event_lock",
                _USED,
                "stream_shortcut",
                "whether events are under way",
            ),
            Row(
                "mitmproxy.proxy.server:ConnectionHandler._drain_lock",
                _USED,
                "stream_shortcut",
                "whether a connection does not keep up",
            ),
            Row("asyncio.streams:StreamReader._buffer", _USED, "stream_shortcut", "whether data waits for mitmproxy"),
            Row("h2.connection:H2Connection._receive_data_frame", _USED, "stream_shortcut", "takes note of a frame"),
            Row("h2.connection:H2Connection.incoming_buffer", _USED, "stream_shortcut", "whether a frame is not whole"),
            Row("h2.frame_buffer:FrameBuffer._data", _USED, "stream_shortcut", "likewise"),
            Row("h2.frame_buffer:FrameBuffer._headers_buffer", _USED, "stream_shortcut", "likewise"),
        ),
    ),
    Patch(
        name="lane",
        kind=PatchKind.CORRECTNESS,
        without_it="no answer leaves before mitmproxy has made streams, flows and hooks for it",
        until="mitmproxy lets an addon answer a connection",
        rows=(
            Row(f"{_HTTP}:HttpLayer.connections", _USED, "lane_layer", "our side of a client's connection is put in"),
            Row(f"{_HTTP}._base:HttpConnection", _USED, "lane_server", "what such a side is"),
            Row(f"{_HTTP}._base:HttpConnection._handle_event", _OVERRIDDEN, "lane_server", "frames of our own"),
            Row(f"{_HTTP}._base:HttpEvent", _USED, "lane_server", "what streams send"),
            Row(f"{_LAYER}._paused", _USED, "lane_server", "whether a hook is waited for"),
            Row(f"{_HTTP}._base:ReceiveHttp", _USED, "lane_server", "what streams are told"),
            Row(f"{_HTTP}._base:format_error", _USED, "lane_server", "the page for an answer that breaks off"),
            Row(f"{_HTTP2}:format_h2_response_headers", _USED, "lane_server", "names in lower case, or not"),
            *(
                Row(f"{_EVENTS}:{name}", _USED, "lane_server", "what is told of a stream, or sent on it")
                for name in (
                    "ErrorCode",
                    "RequestData",
                    "RequestEndOfMessage",
                    "RequestHeaders",
                    "RequestProtocolError",
                    "RequestTrailers",
                    "ResponseData",
                    "ResponseHeaders",
                    "ResponseProtocolError",
                    "ResponseTrailers",
                )
            ),
        ),
    ),
    Patch(
        name="duplex",
        kind=PatchKind.CORRECTNESS,
        without_it="a stream of gRPC in which both sides speak by turns waits for ever",
        until="mitmproxy can answer a request before its end, and be told late whether it streams one",
        rows=(
            Row(
                f"{_HTTP}:HttpStream.start_request_stream",
                _OVERRIDDEN,
                "duplex_stream",
                "holds it, and asks who answers",
            ),
            Row(
                f"{_HTTP}:HttpStream.send_response",
                _OVERRIDDEN,
                "duplex_stream",
                "an answer that ends before its request",
            ),
            Row(f"{_HTTP}:HttpStream.state_consume_request_body", _USED, "duplex_stream", "what is held as ever"),
            Row(
                f"{_HTTP}:HttpStream.state_stream_request_body",
                _USED,
                "duplex_stream",
                "what goes upstream as it comes",
            ),
            Row(f"{_HTTP}:HttpStream.request_body_buf", _USED, "duplex_stream", "what came before that was known"),
            Row(f"{_HTTP}:HttpStream.check_killed", _USED, "duplex_stream", "a client that left meanwhile"),
            Row(f"{_EVENTS}:RequestData", _USED, "duplex_stream", "a piece of the request"),
            Row(f"{_EVENTS}:RequestEndOfMessage", _USED, "duplex_stream", "its end"),
            Row(f"{_EVENTS}:RequestTrailers", _USED, "duplex_stream", "what nobody asks for"),
            Row(f"{_EVENTS}:ResponseEndOfMessage", _USED, "duplex_stream", "the end of an answer"),
            Row(f"{_EVENTS}:ResponseHeaders", _USED, "duplex_stream", "the head of an answer that breaks off"),
            Row(
                f"{_HTTP}._hooks:HttpResponseHeadersHook",
                _USED,
                "duplex_stream",
                "as mitmproxy does for an answer of ours",
            ),
        ),
    ),
    Patch(
        name="reading-on",
        kind=PatchKind.CORRECTNESS,
        install="reading_on:install",
        of_master=True,
        without_it="what a client leaves some milliseconds before its end is not recorded",
        until="mitmproxy can leave a server's connection open when the client's has ended, and wait before it is done",
        rows=(
            Row(
                "mitmproxy.proxy.server:ConnectionHandler.handle_connection",
                _REPLACED,
                "reading_on",
                "the client's is over when its reads are",
            ),
            Row("mitmproxy.master:Master.done", _REPLACED, "reading_on", "likewise a run"),
            Row(
                f"{_HTTP}:HttpStream.handle_protocol_error",
                _OVERRIDDEN,
                "read_on_stream",
                "a client that leaves a recording",
            ),
            Row(f"{_HTTP}:HttpStream._handle_event", _USED, "read_on_stream", "the end comes as it does to others"),
            Row(f"{_EVENTS}:RequestProtocolError", _USED, "read_on_stream", "how it left"),
            Row(f"{_EVENTS}:ResponseProtocolError", _USED, "read_on_stream", "the server broke it off"),
            Row(f"{_EVENTS}:ResponseData", _USED, "read_on_stream", "a chunk that nobody sees"),
        ),
    ),
    Patch(
        name="leaf-keys",
        kind=PatchKind.SPEED,
        install="leaf_keys:install",
        without_it="each connection over TLS signs with RSA, which is a third of what it costs",
        until="mitmproxy gives the certificates that it makes a key of an elliptic curve",
        rows=(
            Row("mitmproxy.certs:CertStore.get_cert", _REPLACED, "leaf_keys", "each has a key of its own"),
            Row("mitmproxy.certs:Cert._cert", _USED, "leaf_keys", "what the authority says of itself"),
        ),
    ),
    Patch(
        name="direct-framing",
        kind=PatchKind.SPEED,
        without_it="mitmproxy's connections frame each chunk of a response on its own, and read its headers anew",
        until="mitmproxy's connections take several chunks at once",
        rows=(Row(f"{_LAYER}._paused", _USED, "http_layer", "whether a connection takes events now"),),
    ),
    Patch(
        name="write-coalescing",
        kind=PatchKind.SPEED,
        without_it="each piece of data is encrypted and written on its own",
        until="mitmproxy writes together what its layers give together",
        rows=(Row(f"{_HTTP}:HttpLayer._handle_event", _OVERRIDDEN, "http_layer", "runs of data become one"),),
    ),
    Patch(
        name="upstream-gate",
        kind=PatchKind.CORRECTNESS,
        without_it="a replay connects upstream when one of the hooks that forbid it fails",
        until="a hook that fails stops a connection in mitmproxy",
        rows=(
            Row(
                "mitmproxy.proxy.mode_servers:ProxyConnectionHandler.open_connection",
                _REPLACED,
                "upstream_gate",
                "TCP, UDP",
            ),
            Row(
                "mitmproxy.addons.dns_resolver:DnsResolver.dns_request", _REPLACED, "upstream_gate", "look-ups of names"
            ),
        ),
    ),
    Patch(
        name="sni-mode",
        kind=PatchKind.CORRECTNESS,
        without_it="clients that cannot be told to use a proxy are not recorded",
        until="mitmproxy has a mode whose destination is the TLS server name",
        rows=(
            Row(
                "mitmproxy.proxy.layers.modes:DestinationKnown", _USED, "sni_mode", "the layer that knows a destination"
            ),
            Row("mitmproxy.proxy.layers.modes:DestinationKnown._handle_event", _OVERRIDDEN, "sni_mode", "its start"),
            Row(
                "mitmproxy.proxy.mode_servers:AsyncioServerInstance.make_top_layer",
                _OVERRIDDEN,
                "sni_mode",
                "puts it in",
            ),
        ),
    ),
    Patch(
        name="late-failures",
        kind=PatchKind.CORRECTNESS,
        install="late_failures:install",
        without_it="a client of reverse, SOCKS or transparent mode is hung up on, and nothing is recorded of a dead server",
        until="mitmproxy answers 502 there, as it does in regular mode",
        rows=(
            Row("mitmproxy.proxy.layers.modes:DestinationKnown.finish_start", _REPLACED, "late_failures", "goes on"),
        ),
    ),
    Patch(
        name="reverse-listeners",
        kind=PatchKind.CORRECTNESS,
        without_it="two base URLs that lead to one server share a listener",
        until="mitmproxy keeps a listener for each mode that it is given",
        rows=(
            Row(
                "mitmproxy.proxy.mode_servers:AsyncioServerInstance.make_top_layer",
                _OVERRIDDEN,
                "reverse_listeners",
                "ours",
            ),
        ),
    ),
    Patch(
        name="event-loop",
        kind=PatchKind.CORRECTNESS,
        without_it="in the `tapehead` command what goes wrong in a task is told by asyncio, with a traceback",
        until="mitmproxy can run in a loop that is there already",
        rows=(
            Row("mitmproxy.master:Master._asyncio_exception_handler", _USED, "event_loop", "what goes wrong in a task"),
        ),
    ),
    Patch(
        name="loop-clock",
        kind=PatchKind.CORRECTNESS,
        without_it="what a request waited for its turn is in a recorded time twice",
        until="asyncio tells when it has looked for what has come",
        rows=(
            Row("asyncio.selector_events:BaseSelectorEventLoop._selector", _USED, "loop_clock", "where the loop looks"),
            Row("selectors:DefaultSelector.select", _REPLACED, "loop_clock", "of that one: the time is noted"),
        ),
    ),
    Patch(
        name="front-door",
        kind=PatchKind.SPEED,
        in_mitmdump=False,
        without_it="each connection to the `tapehead` command is mitmproxy's from its first byte",
        until="mitmproxy lets an addon take a connection",
        rows=(
            Row(
                "mitmproxy.proxy.mode_servers:AsyncioServerInstance._servers",
                _REPLACED,
                "door_listener",
                "the same socket, behind a door",
            ),
        ),
    ),
    Patch(
        name="lazy-addons",
        kind=PatchKind.SPEED,
        in_mitmdump=False,
        without_it="the `tapehead` command imports forty addons that it does not use, 400 ms of 450",
        until="importing mitmproxy's core imports none of its addons",
        rows=(
            Row("mitmproxy:addons", _REPLACED, "lazy_addons", "a package that is read when something is asked of it"),
        ),
    ),
)


def replace(owner: object, name: str, by: object) -> None:
    """Puts `by` in the place of what `owner` has under a name; the table has a row for it."""
    setattr(owner, name, by)
