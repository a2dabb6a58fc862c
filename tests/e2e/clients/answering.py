"""A mitmproxy script: answers every request with what it was asked, and leads the Node preload's connections.

What the proxy side of the preload has to do, in its smallest form. Nothing goes upstream unless `through` is set.
"""

import base64
import json

from mitmproxy import ctx, http, tls
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy.mode_specs import ReverseMode

from tapehead.wire.sni_name import destination


def load(loader: Loader) -> None:
    loader.add_option("through", bool, False, "Let requests go upstream.")


users: dict[str, str] = {}
"""The user of a client's connection, where it came with its CONNECT or in its server name."""


def http_connect(flow: http.HTTPFlow) -> None:
    users[flow.client_conn.id] = user_of(flow.request.headers.get("proxy-authorization", ""))


def user_of(header: str) -> str:
    """Most send a name in UTF-8, requests and aiohttp in Latin-1."""
    name = base64.b64decode(header.removeprefix("Basic ")).partition(b":")[0]
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("latin-1")


def tls_clienthello(data: tls.ClientHelloData) -> None:
    if isinstance(data.context.client.proxy_mode, ReverseMode):
        try:
            found = destination(data.client_hello.sni)
        except ValueError as e:
            data.context.server.error = str(e)
            data.context.client.error = str(e)
            return
        data.context.server.address = (found.host, found.port)
        data.context.server.sni = found.sni
        users[data.context.client.id] = found.user
        data.context.client.sni = found.sni


def request(flow: http.HTTPFlow) -> None:
    mode = "reverse" if isinstance(flow.client_conn.proxy_mode, ReverseMode) else "regular"
    seen = {
        "url": flow.request.pretty_url,
        "version": flow.request.http_version,
        "mode": mode,
        "sni": flow.server_conn.sni or "",
        "host": flow.request.host_header,
        "user": user_of(flow.request.headers.get("proxy-authorization", "")) or users.get(flow.client_conn.id, ""),
        "body": flow.request.get_text(),
    }
    print("asked", json.dumps(seen), flush=True)
    if not ctx.options.through:
        flow.response = http.Response.make(200, json.dumps(seen), {"content-type": "application/json"})
