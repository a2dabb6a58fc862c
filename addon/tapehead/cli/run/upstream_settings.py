"""What the environment says of the way to the world: another proxy, and the authorities that it is trusted by.

A user who must go through a proxy, or whose company signs what comes through it, records through it too. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit

_PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_HOST = re.compile(r"[\w.:%-]+")
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSettings:
    """The way to the world while recording."""

    upstream: str = ""
    """`http://HOST:PORT` of another proxy, or ""."""
    upstream_auth: str = ""
    """`USER:PASSWORD` for it, or ""."""
    bundle: str = ""
    """The file of authorities that servers are verified by, or "": the usual ones."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Returns what these variables say. Raises ValueError of one line for a proxy that cannot be gone through."""
        bundle = next((environment[name] for name in _BUNDLES if environment.get(name)), "")
        name = next((name for name in _PROXIES if environment.get(name)), "")
        if not name:
            return cls(bundle=bundle)
        value = environment[name]
        try:
            url = urlsplit(value if "://" in value else f"http://{value}")
            port = url.port or (443 if url.scheme == "https" else 80)
        except ValueError:
            url, port = urlsplit(""), 0
        if url.scheme not in ("http", "https") or not url.hostname or not _HOST.fullmatch(url.hostname):
            raise ValueError(
                f"{name}: expected http://HOST:PORT, as recording goes through that proxy; correct or unset it"
            )
        host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        auth = f"{unquote(url.username)}:{unquote(url.password or '')}" if url.username else ""
        return cls(upstream=f"{url.scheme}://{host}:{port}", upstream_auth=auth, bundle=bundle)

    @property
    def settings(self) -> tuple[str, ...]:
        """As of --set."""
        return (f"ssl_verify_upstream_trusted_ca={self.bundle}",) if self.bundle else ()
