"""Credentials by the name of their query or form parameter, and the userinfo of a URL.

Works on the text as it was sent: what is not redacted keeps its spelling.
"""

import re
from urllib.parse import unquote_plus

PLACEHOLDER = "[REDACTED:query]"

_PAIR = re.compile("([^&;=]++)=([^&;]++)")

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
        "x-goog-signature",
        "api-key",  # Azure
        "subscription-key",
        "upload_id",  # of Google's resumable uploads: whoever has it may write
    }
)


class PairNames:
    """Redacts by a set of names, in lower case."""

    def __init__(self, names: frozenset[str] = NAMES) -> None:
        self._names = names

    def has(self, name: str) -> bool:
        """Returns whether a parameter of this name carries a credential."""
        return name.strip().lower() in self._names

    def url(self, url: str) -> str:
        """Returns the URL without userinfo, the values of credential parameters in its query replaced."""
        url, hash_mark, fragment = url.partition("#")
        head, mark, query = url.partition("?")
        scheme, slashes, rest = head.partition("://")
        authority, slash, path = rest.partition("/")
        if "@" in authority:
            head = f"{scheme}{slashes}{authority.rpartition('@')[2]}{slash}{path}"
        return f"{head}{mark}{self.pairs(query)}{hash_mark}{self.pairs(fragment)}"

    def pairs(self, pairs: str) -> str:
        """Returns `a=b&c=d`, as in a query or an urlencoded body, with the values of credential parameters replaced."""
        return _PAIR.sub(self._pair, pairs) if "=" in pairs else pairs

    def body(self, body: bytes) -> bytes:
        """Returns an urlencoded body with the same replaced; the same object when nothing is."""
        text = body.decode(errors="surrogateescape")
        redacted = self.pairs(text)
        return body if redacted == text else redacted.encode(errors="surrogateescape")

    def value(self, name: str, value: str) -> str | None:
        """Returns what is written for a parameter's value; None when its name says nothing, or it is empty."""
        return PLACEHOLDER if value and self.has(name) else None

    def _pair(self, pair: re.Match[str]) -> str:
        return f"{pair[1]}={PLACEHOLDER}" if self.has(unquote_plus(pair[1])) else pair[0]
