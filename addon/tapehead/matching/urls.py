"""URLs and parameters in one spelling: what two URLs that lead to the same place have in common.

Knows RFC 3986 and how servers read parameters. Does not look names up, and does not remove dots from a path: a client
does that before it sends.
"""

import re
from collections.abc import Collection, Mapping
from ipaddress import IPv6Address
from types import MappingProxyType
from urllib.parse import quote, unquote_to_bytes

from tapehead.matching.rules import URL_PARTS, RequestPart
from tapehead.matching.url_parts import with_brackets

_DEFAULT_PORTS = {"http": "80", "https": "443"}
_DIGITS = re.compile("[0-9]*")
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")

# What is written without an escape, besides letters, digits and `_.-~`: nothing that has a meaning where it stands.
_SAFE_IN_PATH = "!$&'()*,=:@"
_SAFE_IN_PAIR = "/:,@"
# Texts that are in their one spelling already: nearly all.
# What has a meaning to some servers where it stands without an escape, and only there: `;` begins a parameter, and in a
# path `+` is a blank to S3.
_PATH_MARK = re.compile("([;+])")
_PLAIN_PATH = re.compile(r"/[\w.~!$&'()*+,;=:@/-]*", re.ASCII)
_PLAIN_PAIR = re.compile(r"[\w.~/:,@-]*=[\w.~/:,@-]*", re.ASCII)


type MadeUp = Mapping[str, re.Pattern[str]]
"""Names of parameters, and what of their values clients make up."""

NOTHING_MADE_UP: MadeUp = MappingProxyType({})


def normal_url(
    url: str,
    parts: Collection[RequestPart] = URL_PARTS,
    ignored: Collection[str] = (),
    made_up: MadeUp = NOTHING_MADE_UP,
) -> str:
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
    if RequestPart.QUERY in parts and query and (pairs := normal_pairs(query, ignored, made_up)):
        normal += f"?{pairs}"
    return normal


def place(url: str) -> tuple[str, str]:
    """Returns the host in lower case, and the path as sent; both `""` for what is no absolute URL."""
    split = _split(url)
    return ("", "") if split is None else (split[1], split[3])


def normal_pairs(text: str, ignored: Collection[str] = (), made_up: MadeUp = NOTHING_MADE_UP) -> str:
    """Returns the parameters of a query or an urlencoded body in one spelling, by name, less those that are `ignored`.

    Those of one name stay in their order, which says something to many servers. `a` and `a=` are the same: no parser of
    forms tells them apart, and AWS signs the one as the other. `made_up`: values that do not count, by name. Parameters
    that cannot be decoded are as sent.
    """
    pairs = [each for pair in text.split("&") if pair and (each := _normal_pair(pair, ignored, made_up))]
    return "&".join(sorted(pairs, key=_name) if len(pairs) > 1 else pairs)


def _name(pair: str) -> str:
    return pair.partition("=")[0]


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
    authority = with_brackets(authority.rpartition("@")[2].lower())
    host, colon, port = authority.rpartition(":")
    if not colon or "]" in port or (":" in host and not host.endswith("]")):  # a colon of an IPv6 address, or nonsense
        return _normal_host(authority), ""
    return _normal_host(host), (port.lstrip("0") or "0" if port else "") if _DIGITS.fullmatch(port) else port


def _normal_host(host: str) -> str:
    """An IPv6 address in its one spelling (RFC 5952)."""
    if not host.startswith("["):
        return host
    try:
        return f"[{IPv6Address(host[1:].removesuffix(']'))}]"
    except ValueError:
        return host


def _normal_path(path: str) -> str:
    if _PLAIN_PATH.fullmatch(path):
        return path
    return "/".join([_normal_segment(segment) for segment in path.split("/")])


def _normal_segment(segment: str) -> str:
    if _BAD_ESCAPE.search(segment):
        return segment
    pieces = _PATH_MARK.split(segment)
    pieces[::2] = [quote(_decode(piece), safe=_SAFE_IN_PATH) for piece in pieces[::2]]
    return "".join(pieces)


def _normal_pair(pair: str, ignored: Collection[str], made_up: MadeUp) -> str:
    """`""` for one that does not count."""
    if not ignored and not made_up and _PLAIN_PAIR.fullmatch(pair):
        return pair
    if ignored or made_up:
        name, value = (_text(each) for each in pair.partition("=")[::2])
        if name in ignored or (name in made_up and made_up[name].fullmatch(value)):
            return ""
    if _BAD_ESCAPE.search(pair):
        return pair
    if ";" in pair:  # to some servers it begins another pair, in which an `=` has a meaning of its own
        return ";".join(["=".join(map(_normal_word, piece.split("="))) for piece in pair.split(";")])
    name, _, value = pair.partition("=")
    return f"{_normal_word(name)}={_normal_word(value)}"


def _normal_word(word: str) -> str:
    return quote(_decode(word.replace("+", " ")), safe=_SAFE_IN_PAIR)


def _text(word: str) -> str:
    return _decode(word.replace("+", " ")).decode("utf-8", "surrogateescape")


def _decode(text: str) -> bytes:
    return unquote_to_bytes(text.encode("utf-8", "surrogateescape"))
