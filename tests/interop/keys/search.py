"""Whether a credential is in what was written, however it is spelled there."""

import base64
from collections.abc import Iterable, Iterator
from urllib.parse import quote


def secrets_in(data: bytes, secrets: Iterable[str]) -> list[str]:
    """Those that stand in it: plain, in base64, also in lines, or with %-escapes."""
    together = b"".join(data.split())  # YAML breaks long base64 into lines
    return [each for each in secrets if any(text in data or text in together for text in _spellings(each.encode()))]


def _spellings(secret: bytes) -> Iterator[bytes]:
    """Plain, with %-escapes, and what base64 makes of it wherever in a group of three bytes it begins."""
    yield secret
    yield quote(secret, safe="").encode()
    yield quote(secret).encode()
    for skipped in range(3):
        whole = secret[skipped : len(secret) - (len(secret) - skipped) % 3]
        yield base64.b64encode(whole)
        yield base64.urlsafe_b64encode(whole)
