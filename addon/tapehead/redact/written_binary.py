"""The bodies that a written interaction has in base64, as `!!binary` of YAML: what they say, and the text without them.

That base64 is ours, so that where it begins is known; a key's shape in it is an accident.
"""

import base64
import re

_TAG = b"!!binary "
_BINARY = re.compile(rb"!!binary (?:\|[^\n]*+\n((?: *+[A-Za-z0-9+/=]++\n)++)|([A-Za-z0-9+/=]++))")


def cut_binary(text: bytes) -> tuple[bytes, list[bytes]]:
    """Returns a written text without its base64, and what that says; the very same text where it has none."""
    if _TAG not in text:
        return text, []
    binary: list[bytes] = []
    kept: list[bytes] = []
    position = 0
    for match in _BINARY.finditer(text):
        # Not joined to what follows it: there is a line between the two.
        kept += (text[position : match.start() + len(_TAG)], b"\n")
        position = match.end()
        encoded = b"".join(match[match.lastindex or 0].split()).rstrip(b"=")
        whole = encoded[: len(encoded) - (len(encoded) % 4 == 1)]  # no text is encoded so
        binary.append(base64.b64decode(whole + b"=" * (-len(whole) % 4)))
    return b"".join([*kept, text[position:]]), binary
