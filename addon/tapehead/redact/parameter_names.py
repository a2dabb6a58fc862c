"""Credentials by the name of their query or form parameter, and the userinfo of a URL.

Works on the text as it was sent: what is not redacted keeps its spelling.
"""

import re
from urllib.parse import unquote_plus

from tapehead.redact.named_values import is_credential
from tapehead.redact.names import Names, Where

KIND = "query"
PLACEHOLDER = f"[REDACTED:{KIND}]"

_PAIR = re.compile("([^&;=]++)=([^&;]++)")
# Parameters of RFC 6749 (4.1.1, 4.1.3), RFC 7009 and RFC 7662, and the last steps of the paths of their endpoints.
_OF_OAUTH = re.compile(
    r"(?:^|[&;?#])(?:grant_type|response_type|token_type_hint|token_type|redirect_uri|client_id)="
    r"|/(?:token|authorize|revoke|introspect|callback)/?\?"
)


class PairNames:
    """Redacts by the table."""

    def __init__(self, names: Names | None = None) -> None:
        self._names = names or Names(Where.PAIR)

    def is_secret(self, name: str, value: str, *, oauth: bool = False) -> bool:
        """Returns whether this is a credential under this name."""
        name = name.strip()
        row = self._names.row(name)
        if row is None:
            return False
        whole = self._names.is_whole(name, row)
        return is_credential(row, name, value, Where.PAIR, whole=whole, oauth=oauth)

    def url(self, url: str) -> str:
        """Returns the URL without userinfo, the values of credential parameters in its query replaced."""
        oauth = is_oauth(url)
        url, hash_mark, fragment = url.partition("#")
        head, mark, query = url.partition("?")
        scheme, slashes, rest = head.partition("://")
        authority, slash, path = rest.partition("/")
        if "@" in authority:
            head = f"{scheme}{slashes}{authority.rpartition('@')[2]}{slash}{path}"
        query, fragment = self.pairs(query, oauth=oauth), self.pairs(fragment, oauth=oauth)
        return f"{head}{mark}{query}{hash_mark}{fragment}"

    def pairs(self, pairs: str, *, oauth: bool = False) -> str:
        """Returns `a=b&c=d`, as in a query or an urlencoded body, the values of credential parameters replaced."""

        def redacted(pair: re.Match[str]) -> str:
            is_secret = self.is_secret(unquote_plus(pair[1]), unquote_plus(pair[2]), oauth=oauth)
            return f"{pair[1]}={PLACEHOLDER}" if is_secret else pair[0]

        return _PAIR.sub(redacted, pairs) if "=" in pairs else pairs

    def body(self, body: bytes) -> bytes:
        """Returns an urlencoded body with the same replaced; the same object when nothing is replaced."""
        text = body.decode(errors="surrogateescape")
        redacted = self.pairs(text, oauth=is_oauth(text))
        return body if redacted == text else redacted.encode(errors="surrogateescape")

    def value(self, name: str, value: str, *, oauth: bool = False) -> str | None:
        """Returns what is written for a parameter's value; None when it is no credential."""
        return PLACEHOLDER if value and self.is_secret(name, value, oauth=oauth) else None


def is_oauth(text: str) -> bool:
    """Returns whether a URL or a form is of an OAuth exchange, where a code or a token is one whatever it looks like."""
    return _OF_OAUTH.search(text) is not None
