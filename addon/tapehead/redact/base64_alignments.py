"""How a text stands in the base64 of a longer one, which may begin anywhere before it: three ways, in two alphabets.

Knows nothing of what is looked for.
"""

import base64
from collections.abc import Sequence

_URLSAFE = bytes.maketrans(b"+/", b"-_")


def encodings(data: bytes) -> Sequence[bytes]:
    """Returns how a text is written in base64, at each of the three places where it may begin; both alphabets."""
    found: list[bytes] = []
    for before in range(3):
        whole = len(data) - (len(data) + before) % 3  # what stands in the last group depends on what follows
        first = -(-before * 4 // 3)  # and in the first on what comes before
        text = base64.b64encode(b"\0" * before + data[:whole])[first:]
        found += dict.fromkeys((text, text.translate(_URLSAFE)))
    return found
