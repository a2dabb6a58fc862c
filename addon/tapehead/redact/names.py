"""Credentials by the name of their query or form parameter, and the userinfo of a URL.

Works on the text as it was sent: what is not redacted keeps its spelling.
"""

from urllib.parse import unquote_plus

PLACEHOLDER = "[REDACTED:query]"

# Compared in lower case, by full name.
NAMES = frozenset(
    {
        "key",
        "api_key",
        "apikey",
        "access_token",
        "refresh_token",
        "id_token",
        "token",
        "sig",
        "signature",
        "client_secret",
        "client_assertion",
        "password",
        "code",
        "x-amz-credential",
        "x-amz-signature",
        "x-amz-security-token",
    }
)


def redact_url(url: str) -> str:
    """The URL without userinfo, the values of credential parameters in its query replaced."""
    head, mark, query = url.partition("?")
    scheme, slashes, rest = head.partition("://")
    authority, slash, path = rest.partition("/")
    if "@" in authority:
        head = f"{scheme}{slashes}{authority.rpartition('@')[2]}{slash}{path}"
    return f"{head}{mark}{redact_pairs(query)}" if query else head + mark


def redact_pairs(pairs: str) -> str:
    """`a=b&c=d`, as in a query or an urlencoded body, the values of credential parameters replaced."""
    if "=" not in pairs:
        return pairs
    return "&".join(map(_redact_pair, pairs.split("&")))


def _redact_pair(pair: str) -> str:
    name, _, value = pair.partition("=")
    return f"{name}={PLACEHOLDER}" if value and unquote_plus(name).strip().lower() in NAMES else pair
