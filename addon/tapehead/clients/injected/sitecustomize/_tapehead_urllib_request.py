"""urllib.request reads the environment, and an explicit ProxyHandler is obeyed: its connections go their own way.

An opener reads it once. What goes through our proxy by one that was made since, goes under the name of today.
"""

from functools import wraps

from _tapehead_http_client import OWN_WAY
from _tapehead_route import current, was_ours

_AUTHORIZATION = "Proxy-authorization"  # as urllib.request spells it


def patch(module):
    handler = module.AbstractHTTPHandler
    do_open = handler.do_open

    @wraps(do_open)
    def new_do_open(self, http_class, req, **http_conn_args):
        def made(*args, **kwargs):
            connection = http_class(*args, **kwargs)
            setattr(connection, OWN_WAY, True)
            return connection

        _rename(req)
        return do_open(self, made, req, **http_conn_args)

    handler.do_open = new_do_open


def _rename(request):
    route = current()
    tunnelled = getattr(request, "_tunnel_host", None)
    if not route or request.host != f"{route.host}:{route.port}" or not (tunnelled or request.has_proxy()):
        return
    said = request.get_header(_AUTHORIZATION)
    if route.authorization and (said is None or was_ours(said)):
        request.add_header(_AUTHORIZATION, route.authorization)
