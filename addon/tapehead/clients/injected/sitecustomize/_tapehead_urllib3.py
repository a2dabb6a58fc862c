"""urllib3, 1.26 and 2: a PoolManager is asked as a ProxyManager would be.

requests and botocore take pools from a manager and decide on proxies themselves: they do not come by here, nor does a
ProxyManager, nor a single HTTPSConnectionPool.
"""

from functools import wraps
from urllib.parse import urlsplit

from _tapehead_route import bundle, proxy_for

_BESIDE = "_tapehead_beside"
_ROOTS = frozenset(("ca_certs", "ca_cert_dir", "ca_cert_data", "ssl_context"))


def patch(module):
    manager, through = module.PoolManager, module.ProxyManager
    urlopen = manager.urlopen

    def beside(self, route):
        """Returns the manager for this proxy and this user: the tunnels of another have another's name."""
        settings = dict(self.connection_pool_kw)
        if _ROOTS.isdisjoint(settings) and bundle():
            settings["ca_certs"] = bundle()  # it would ask the environment at each connection
        made_for = route.url, settings.get("ca_certs")
        known, found = self.__dict__.get(_BESIDE, (None, None))
        if known != made_for:
            found = through(route.url, self.pools._maxsize, self.headers, proxy_headers=dict(route.headers), **settings)
            self.__dict__[_BESIDE] = made_for, found
        return found

    @wraps(urlopen)
    def new_urlopen(self, method, url, redirect=True, **kw):
        if type(self).connection_from_host is manager.connection_from_host and self.proxy is None:
            parts = urlsplit(url)
            port = parts.port or {"https": 443}.get(parts.scheme, 80)
            route = proxy_for(parts.hostname, port) if parts.hostname else None
            if route:
                if kw.get("headers") is None:
                    kw["headers"] = self.headers
                return beside(self, route).urlopen(method, url, redirect=redirect, **kw)
        return urlopen(self, method, url, redirect=redirect, **kw)

    manager.urlopen = new_urlopen
