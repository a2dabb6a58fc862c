"""URLs and parameters in one spelling: what two URLs that lead to the same place have in common.

Knows RFC 3986 and how servers read parameters. Does not look names up, and does not remove dots from a path: a client
does that before it sends.
"""

import re
from collections.abc import Collection
from urllib.parse import quote, unquote_to_bytes

from tapehead.matching.rules import URL_PARTS, RequestPart

_DEFAULT_PORTS = {"http": "80", "https": "443"}
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")

# What is written without an escape, besides letters, digits and `_.-~`: nothing that has a meaning where it stands.
_SAFE_IN_PATH = "!$&'()*+,;=:@"
_SAFE_IN_PAIR = "/:,@"
# Texts that are in their one spelling already: nearly all.
_PLAIN_PATH = re.compile(r"/[\w.~!$&'()*+,;=:@/-]*", re.ASCII)
_PLAIN_PAIR = re.compile(r"[\w.~/:,@-]*=[\w.~/:,@-]*", re.ASCII)


def normal_url(url: str, parts: Collection[RequestPart] = URL_PARTS, ignored: Collection[str] = ()) -> str:
    """Returns the `parts` of a URL in one spelling, less the parameters that are `ignored`.

    Scheme and host are in lower case, the default port is left out, an empty path is a slash; %-escapes count for what
    they stand for. User and fragment are left out: go-vcr records them inside a client, but they never reach a proxy.
    What is no absolute URL is as sent.
    """
    split = _split(url)
    if split is None:
        return url
    scheme, host, port, path, query = split
    default = _DEFAULT_PORTS.get(scheme, "")
    normal = f"{scheme}:" if RequestPart.SCHEME in parts else ""
    if RequestPart.HOST in parts or RequestPart.PORT in parts:
        normal += "//"
    if RequestPart.HOST in parts:
        normal += host
    if RequestPart.PORT in parts:
        port = port or default
        # With another scheme the same port could be the default one: then only the number says what is meant.
        normal += f":{port}" if port and (port != default or RequestPart.SCHEME not in parts) else ""
    if RequestPart.PATH in parts:
        normal += _normal_path(path or "/")
    if RequestPart.QUERY in parts and query and (pairs := normal_pairs(query, ignored)):
        normal += f"?{pairs}"
    return normal


def place(url: str) -> tuple[str, str]:
    """Returns the host in lower case, and the path as sent; both `""` for what is no absolute URL."""
    split = _split(url)
    return ("", "") if split is None else (split[1], split[3])


def normal_pairs(text: str, ignored: Collection[str] = ()) -> str:
    """Returns the parameters of a query or an urlencoded body in one spelling, sorted, less those whose names are `ignored`.

    `a` and `a=` are the same: no parser of forms tells them apart, and AWS signs the one as the other. Parameters
    that cannot be decoded are as sent.
    """
    return "&".join(sorted(each for pair in text.split("&") if pair and (each := _normal_pair(pair, ignored))))


def _split(url: str) -> tuple[str, str, str, str, str] | None:
    """Scheme, host, port, path and query, those but the last two in lower case."""
    scheme, slashes, rest = url.partition("://")
    if not slashes:
        return None
    rest = rest.partition("#")[0]
    rest, _, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    return scheme.lower(), *_host_and_port(authority), slash + path, query


def _host_and_port(authority: str) -> tuple[str, str]:
    authority = authority.rpartition("@")[2].lower()
    host, colon, port = authority.rpartition(":")
    if not colon or "]" in port or (":" in host and not host.endswith("]")):  # a colon of an IPv6 address, or nonsense
        return authority, ""
    return host, port


def _normal_path(path: str) -> str:
    if _PLAIN_PATH.fullmatch(path):
        return path
    return "/".join([_normal_segment(segment) for segment in path.split("/")])


def _normal_segment(segment: str) -> str:
    return segment if _BAD_ESCAPE.search(segment) else quote(_decode(segment), safe=_SAFE_IN_PATH)


def _normal_pair(pair: str, ignored: Collection[str]) -> str:
    """`""` for one that is ignored."""
    if not ignored and _PLAIN_PAIR.fullmatch(pair):
        return pair
    name, _, value = (each.replace("+", " ") for each in pair.partition("="))
    if ignored and _decode(name).decode("utf-8", "surrogateescape") in ignored:
        return ""
    if _BAD_ESCAPE.search(pair):
        return pair
    return f"{quote(_decode(name), safe=_SAFE_IN_PAIR)}={quote(_decode(value), safe=_SAFE_IN_PAIR)}"


def _decode(text: str) -> bytes:
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape"))
