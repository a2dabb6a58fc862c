"""What the user adds to the redaction, and what is excepted: `cassette_redact` and `cassette_redact_keep`, parsed.

An entry is `/json/pointer`, or a kind, a colon and a value. Does not redact.
"""

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tapehead.redact import key_formats
from tapehead.text.json_pointer import Pointer, parse_pointer


class Layer(enum.Enum):
    """What is looked at."""

    HEADERS = "headers"
    NAMES = "names"
    JSON = "json"
    SHAPES = "shapes"
    VALUES = "values"


_OF_TEXTS = frozenset({Layer.JSON, Layer.SHAPES, Layer.VALUES})


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactRules:
    """What is redacted besides the tables, and what is not. Names are in lower case, but for variables."""

    pointers: tuple[Pointer, ...] = ()
    headers: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()
    """Names of query and form parameters."""
    json: frozenset[str] = frozenset()
    patterns: tuple[re.Pattern[bytes], ...] = ()
    off: frozenset[Layer] = frozenset()
    kept_headers: frozenset[str] = frozenset()
    kept_query: frozenset[str] = frozenset()
    kept_json: frozenset[str] = frozenset()
    kept_shapes: frozenset[str] = frozenset()
    kept_variables: frozenset[str] = frozenset()
    kept_patterns: tuple[re.Pattern[bytes], ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether no text is looked through at all."""
        return self.off >= _OF_TEXTS and not self.patterns and not self.json

    def has(self, layer: Layer) -> bool:
        """Returns whether a layer is on."""
        return not self.off or layer not in self.off


def _lower(text: str) -> str:
    return text.lower()


def _pattern(text: str) -> re.Pattern[bytes]:
    try:
        return re.compile(text.encode())
    except re.error as e:
        raise ValueError(f"expected a regular expression ({e})") from e


def _layer(text: str) -> Layer:
    try:
        return Layer(text)
    except ValueError:
        raise ValueError(f"expected one of {', '.join(layer.value for layer in Layer)}") from None


def _shape(text: str) -> str:
    if text not in key_formats.KINDS:
        raise ValueError(f"expected one of {', '.join(sorted(key_formats.KINDS))}")
    return text


# Kind of an entry: the field of RedactRules that it adds to, and how its value is read.
_REDACT: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "header": ("headers", _lower),
    "query": ("query", _lower),
    "json": ("json", _lower),
    "regex": ("patterns", _pattern),
    "off": ("off", _layer),
}
_KEEP: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "header": ("kept_headers", _lower),
    "query": ("kept_query", _lower),
    "json": ("kept_json", _lower),
    "shape": ("kept_shapes", _shape),
    "env": ("kept_variables", str),
    "regex": ("kept_patterns", _pattern),
}


def parse_rules(redact: Sequence[str], keep: Sequence[str]) -> RedactRules:
    """Returns the rules of both options. Raises ValueError, which says which entry is wrong, and what is expected."""
    fields: dict[str, list[object]] = {}
    for entries, table in ((redact, _REDACT), (keep, _KEEP)):
        for entry in entries:
            if entry.startswith("/") and table is _REDACT:
                fields.setdefault("pointers", []).append(parse_pointer(entry))
                continue
            kind, colon, value = entry.partition(":")
            if not colon or not value or kind not in table:
                kinds = ", ".join(f"{each}:…" for each in table)
                pointer = "a JSON pointer (/a/*/b) or " if table is _REDACT else ""
                raise ValueError(f"{entry[:80]!r}: expected {pointer}one of {kinds}")
            field, parse = table[kind]
            try:
                fields.setdefault(field, []).append(parse(value))
            except ValueError as e:
                raise ValueError(f"{entry[:80]!r}: {e}") from e
    ordered = ("pointers", "patterns", "kept_patterns")
    return RedactRules(**{name: (tuple if name in ordered else frozenset)(values) for name, values in fields.items()})  # type: ignore[arg-type]
