"""Where the strings and numbers of a JSON text stand: their paths, and the bytes that they take.

For changing one value and leaving the rest as it was written. Knows no field; a text that is no JSON gives what it gives.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

type ScalarPath = tuple[str | int, ...]

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_OBJECT, _ARRAY = b"{", b"["


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value that holds no other."""

    path: ScalarPath
    start: int
    end: int
    token: bytes
    """As it is written: a string with its quotes."""

    @property
    def is_string(self) -> bool:
        """Whether it is a string."""
        return self.token.startswith(b'"')

    @property
    def is_name(self) -> bool:
        """Whether it can name something: a string or a number."""
        return self.is_string or self.token[:1].isdigit() or self.token.startswith(b"-")


def find_scalars(text: bytes) -> Iterator[Scalar]:
    """Yields the values of a JSON object or array that hold no others, in their order."""
    stack: list[list[Any]] = []  # of each container: whether it is an object, where in it we are, whether a key is next
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token in (_OBJECT, _ARRAY):
            stack.append([token == _OBJECT, "" if token == _OBJECT else 0, token == _OBJECT])
        elif not stack:
            return
        elif token in (b"}", b"]"):
            stack.pop()
        elif token == b":":
            stack[-1][2] = False
        elif token == b",":
            if stack[-1][0]:
                stack[-1][2] = True
            else:
                stack[-1][1] += 1
        elif stack[-1][2]:
            stack[-1][1] = text_of(token)
        else:
            yield Scalar(tuple(level[1] for level in stack), found.start(), found.end(), token)


def text_of(token: bytes) -> str:
    """Returns the text that a token of a string stands for; of any other the token."""
    if not token.startswith(b'"') or b"\\" not in token:
        return token.strip(b'"').decode("utf-8", "surrogateescape")
    try:
        return str(json.loads(token))
    except ValueError:
        return token.decode("utf-8", "surrogateescape")
