"""Header names, status texts and media types as Go's net/http has them, since the cassette's owner is a Go library.

Knows nothing of which headers are kept or secret (see `tapehead.redact`).
"""

import re
from functools import lru_cache

_TOKEN = re.compile(r"[0-9A-Za-z!#$%&'*+\-.^_`|~]+")
_WORD = re.compile("[^-]+")
_MOST_REMEMBERED = 256  # they are few, and each is asked for ten times in an exchange


def canonical_name(name: str) -> str:
    """Returns `content-type` as `Content-Type`; a name with a space or another character that no token has is left as it is.

    Source: Go src/net/textproto/reader.go, CanonicalMIMEHeaderKey.
    """
    if not _TOKEN.fullmatch(name):
        return name
    return _WORD.sub(lambda word: word[0].capitalize(), name)


def status_text(code: int) -> str:
    """Returns Go's words for a status code, `""` when it has none. Source: Go src/net/http/status.go, StatusText."""
    return _STATUS_TEXTS.get(code, "")


@lru_cache(_MOST_REMEMBERED)
def media_type(content_type: str | None) -> str:
    """Returns the lower-case `type/subtype` of a Content-Type value, without its parameters; `""` for none."""
    return (content_type or "").partition(";")[0].strip().lower()


_STATUS_TEXTS = {
    100: "Continue",
    101: "Switching Protocols",
    102: "Processing",
    103: "Early Hints",
    200: "OK",
    201: "Created",
    202: "Accepted",
    203: "Non-Authoritative Information",
    204: "No Content",
    205: "Reset Content",
    206: "Partial Content",
    207: "Multi-Status",
    208: "Already Reported",
    226: "IM Used",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    305: "Use Proxy",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Request Entity Too Large",
    414: "Request URI Too Long",
    415: "Unsupported Media Type",
    416: "Requested Range Not Satisfiable",
    417: "Expectation Failed",
    418: "I'm a teapot",
    421: "Misdirected Request",
    422: "Unprocessable Entity",
    423: "Locked",
    424: "Failed Dependency",
    425: "Too Early",
    426: "Upgrade Required",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    506: "Variant Also Negotiates",
    507: "Insufficient Storage",
    508: "Loop Detected",
    510: "Not Extended",
    511: "Network Authentication Required",
}
