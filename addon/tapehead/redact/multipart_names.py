"""Credentials by the name of their part in a multipart/form-data body. Everything else stays byte for byte."""

import re
from collections.abc import Callable

from tapehead.redact.parameter_names import PLACEHOLDER
from tapehead.wire.multipart import boundary_of

_NAME = re.compile(rb'(?i)^content-disposition:[^\r\n]*?[;\s]name=(?:"([^"\r\n]*)"|([^";\s]+))', re.MULTILINE)
_LONGEST = 16_384  # bytes: what is longer is a file


def redact_parts(content_type: str, body: bytes, is_secret: Callable[[str, str], bool]) -> bytes:
    """Returns the body without the contents of parts that are credentials, as `is_secret` says of name and content.

    It is the same object when there are none.
    """
    boundary = boundary_of(content_type, body)
    if boundary is None:
        return body
    mark = b"--" + boundary
    sections = body.split(mark)
    changed = False
    for number, section in enumerate(sections[1:], 1):
        head, blank, content = section.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not (name and blank and content.endswith(b"\r\n")):
            continue
        named = (name[1] or name[2] or b"").decode(errors="replace")
        if not is_secret(named, content[:-2][:_LONGEST].decode(errors="replace")):
            continue
        sections[number] = head + blank + PLACEHOLDER.encode() + b"\r\n"
        changed = True
    return mark.join(sections) if changed else body
