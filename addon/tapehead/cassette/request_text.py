"""What is equal for requests whose method, URL and body are the same byte for byte. Does not look into them."""

import hashlib
from functools import lru_cache
from typing import Any


def text_digest(method: str | bytes, url: str | bytes, body: bytes) -> bytes:
    """Returns 16 bytes; a str stands for its UTF-8, with what cannot be said in that spelt so that nothing is equal to it."""
    hashed = _begun(method, url).copy()
    hashed.update(body)
    digest: bytes = hashed.digest()
    return digest


@lru_cache(64)
def _begun(method: str | bytes, url: str | bytes) -> Any:
    """What is to be copied: the same few methods and URLs come again and again."""
    method, url = (each if isinstance(each, bytes) else each.encode(errors="surrogatepass") for each in (method, url))
    return hashlib.blake2b(b"%d %d %b%b" % (len(method), len(url), method, url), digest_size=16)
