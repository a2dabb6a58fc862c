"""urllib3, 1.26 and 2: a PoolManager is asked as a ProxyManager would be.

requests and botocore take pools from a manager and decide on proxies themselves: they do not come by here, nor does a
ProxyManager, nor a single HTTPSConnectionPool.
"""

from functools import wraps
from urllib.parse import urlsplit

from _tapehead_route import HEADERS, PROXY, proxied

_BESIDE = "_tapehead_beside"


def patch(module):
    manager, through = module.PoolManager, module.ProxyManager
    urlopen = manager.urlopen

    def beside(self):
        found = self.__dict__.get(_BESIDE)
        if found is None:
            found = through(
                PROXY, self.pools._maxsize, self.headers, proxy_headers=dict(HEADERS), **self.connection_pool_kw
            )
            self.__dict__[_BESIDE] = found
        return found

    @wraps(urlopen)
    def new_urlopen(self, method, url, redirect=True, **kw):
        if type(self).connection_from_host is manager.connection_from_host and self.proxy is None:
            parts = urlsplit(url)
            if parts.hostname and proxied(parts.hostname, parts.port or {"https": 443}.get(parts.scheme, 80)):
                if kw.get("headers") is None:
                    kw["headers"] = self.headers
                return beside(self).urlopen(method, url, redirect=redirect, **kw)
        return urlopen(self, method, url, redirect=redirect, **kw)

    manager.urlopen = new_urlopen
