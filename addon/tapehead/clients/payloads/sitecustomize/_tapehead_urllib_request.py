"""urllib.request reads the environment, and an explicit ProxyHandler is obeyed: its connections go their own way."""

from functools import wraps

from _tapehead_http_client import OWN_WAY


def patch(module):
    handler = module.AbstractHTTPHandler
    do_open = handler.do_open

    @wraps(do_open)
    def new_do_open(self, http_class, req, **http_conn_args):
        def made(*args, **kwargs):
            connection = http_class(*args, **kwargs)
            setattr(connection, OWN_WAY, True)
            return connection

        return do_open(self, made, req, **http_conn_args)

    handler.do_open = new_do_open
