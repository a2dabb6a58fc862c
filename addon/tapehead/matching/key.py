"""The key of a request: equal for requests that are the same by the rules, and for no others.

Knows how a request becomes a digest. What counts in it is `normalize_request`'s to say.
"""

import hashlib

from tapehead.cassette.model import Request, Values
from tapehead.matching.normalize import normalize_request
from tapehead.matching.rules import Rules


def request_key(request: Request, rules: Rules) -> bytes:
    """Returns the digest of what counts in a request, 32 bytes."""
    return digest(normalize_request(request, rules))


def digest(request: Request) -> bytes:
    """Returns 32 bytes that are equal for requests whose fields are all equal, but for `unknown`.

    In what order names stand does not count.
    """
    head = (
        request.method,
        request.url,
        request.proto,
        request.proto_major,
        request.proto_minor,
        request.content_length,
        request.transfer_encoding,
        request.host,
        request.remote_addr,
        request.request_uri,
        *map(_pairs, (request.headers, request.trailer, request.form)),
        len(request.body),
    )
    # Python's own spelling of strings, numbers, lists and tuples leaves nothing ambiguous, and escapes surrogates.
    hashed = hashlib.blake2b(repr(head).encode(), digest_size=32)
    hashed.update(request.body)
    return hashed.digest()


def _pairs(values: Values) -> list[tuple[str, tuple[str, ...]]]:
    return sorted(values.items()) if values else []
