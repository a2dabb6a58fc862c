"""Credentials by the name of their part in a multipart/form-data body. Everything else stays byte for byte."""

import re
from collections.abc import Callable, Iterator, Sequence

from tapehead.redact.parameter_names import PLACEHOLDER
from tapehead.wire.multipart import boundary_of

_NAME = re.compile(rb'(?i)^content-disposition:[^\r\n]*?[;\s]name=(?:"([^"\r\n]*)"|([^";\s]+))', re.MULTILINE)
_LONGEST = 16_384  # bytes: what is longer is a file


def redact_parts(content_type: str, body: bytes, is_secret: Callable[[str, str], bool]) -> bytes:
    """Returns the body without the contents of parts that are credentials, as `is_secret` says of name and content.

    It is the same object when there are none.
    """
    mark, sections = _sections(content_type, body)
    changed = False
    for number, head, name, content in _named(sections):
        if is_secret(name, content):
            sections[number] = head + b"\r\n\r\n" + PLACEHOLDER.encode() + b"\r\n"
            changed = True
    return mark.join(sections) if changed else body


def named_parts(content_type: str, body: bytes) -> Iterator[tuple[str, str]]:
    """Yields the name and the content of each part."""
    for _, _, name, content in _named(_sections(content_type, body)[1]):
        yield name, content


def _sections(content_type: str, body: bytes) -> tuple[bytes, list[bytes]]:
    boundary = boundary_of(content_type, body)
    mark = b"--" + (boundary or b"")
    return mark, [] if boundary is None else body.split(mark)


def _named(sections: Sequence[bytes]) -> Iterator[tuple[int, bytes, str, str]]:
    """The number of each section that is a part, its head, its name and its content."""
    for number, section in enumerate(sections[1:], 1):
        head, blank, content = section.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name and blank and content.endswith(b"\r\n"):
            text = content[:-2][:_LONGEST].decode(errors="replace")
            yield number, head, (name[1] or name[2] or b"").decode(errors="replace"), text
