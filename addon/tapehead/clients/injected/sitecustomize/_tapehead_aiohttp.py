"""aiohttp: a session that says nothing about proxies uses ours.

Not by trust_env=True, which also reads ~/.netrc. Explicit choices stay: trust_env, a proxy, a connector of another kind.
"""

import os
import sys
from functools import wraps

from _tapehead_route import proxy_for, trust

_EXPLICIT = "_tapehead_explicit"


def patch(module):
    session, connector = module.ClientSession, module.TCPConnector
    init, request = session.__init__, session._request

    @wraps(init)
    def new_init(self, *args, **kwargs):
        object.__setattr__(self, _EXPLICIT, "trust_env" in kwargs or kwargs.get("proxy") is not None)
        init(self, *args, **kwargs)

    @wraps(request)
    async def new_request(self, method, str_or_url, **kwargs):
        if kwargs.get("proxy") is None and not _explicit(self) and _dials(type(self._connector), connector):
            try:
                url = self._build_url(str_or_url)
                through = proxy_for(url.raw_host, url.port) if url.host else None
                if through:
                    kwargs["proxy"] = through.url
            except ValueError:
                pass  # aiohttp says it better
        return await request(self, method, str_or_url, **kwargs)

    session.__init__, session._request = new_init, new_request
    if not os.environ.get("SSL_CERT_FILE"):
        late(module)


def late(_):
    """Makes the context of all its connections trust the proxy: aiohttp has made it when it was imported."""
    trust(getattr(sys.modules["aiohttp.connector"], "_SSL_CONTEXT_VERIFIED", None))


def _explicit(session):
    """Whether its maker has decided. Of one that was made before this, what it does is all that is known."""
    known = getattr(session, _EXPLICIT, None)
    if known is None:
        return getattr(session, "_trust_env", True) or getattr(session, "_default_proxy", None) is not None
    return known


def _dials(kind, connector):
    """Whether it connects as aiohttp's own does: not to a unix socket, not by SOCKS."""
    return issubclass(kind, connector) and all(
        getattr(kind, name, None) is getattr(connector, name, None)
        for name in ("_create_connection", "_create_direct_connection", "_wrap_create_connection")
    )
