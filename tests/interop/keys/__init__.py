"""The SDKs that record with one key and replay with another: what they are given, and what they give back.

Knows nothing of cassettes. The clients are in `clients` and `node`, what the origin answers them is in `answers`.
"""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

type Answers = dict[str, list[object]]
"""What each call gave, as JSON: one value, or the events of a stream, or one for each of several equal requests."""

MODEL = "test-model"
GEMINI_VERSION = "v1beta"  # of the API: SDKs differ in their default
PROMPT = "Say hi in Portuguese: 'olá', \"oi\""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A key; for AWS also its secret and the token of a session."""

    key: str
    secret: str = field(default="none")
    token: str | None = None

    def texts(self) -> list[str]:
        """All that must not be found anywhere."""
        return [text for text in (self.key, self.secret, self.token) if text and text != "none"]


NONE = Credentials(key="none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a client works: the provider's URL, the proxy's URL and authority, and a file to upload."""

    origin: str
    proxy: str
    ca: Path
    upload: Path

    def trust(self) -> ssl.SSLContext:
        """Trusts the proxy's authority alone."""
        return ssl.create_default_context(cafile=str(self.ca))
