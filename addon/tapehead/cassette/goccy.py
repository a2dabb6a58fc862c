"""Which YAML style a Go string takes in github.com/goccy/go-yaml, which go-vcr 4.0.5 wrote its cassettes with.

Knows what makes that library quote, Go's `strconv.Quote`, and its literal blocks; all of v1.18.0. It writes keys with
line breaks, blocks that begin with spaces and bytes that are not UTF-8 in ways that no parser reads back, and so does
this.
"""

import re
from collections.abc import Callable

from tapehead.cassette.yaml_types import OLD_BOOLS, is_date

# token/token.go, reservedEncKeywordMap.
_WORDS = OLD_BOOLS | {"null", "Null", "NULL", "~", "true", "True", "TRUE", "false", "False", "FALSE", "-"}
# token/token.go, IsNeedQuoted.
_QUOTED = re.compile(r"[*&\[{}\],!|>%'\"@ `]|(?s:.*?)(?:[#\\]|[:-] |[: ]\Z)")
# token/token.go, isTimestamp, as time.Parse takes its formats.
_DATE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_TIME = r"([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,][0-9]+)?"
_TIMESTAMP = re.compile(rf"{_DATE}(?:[Tt]{_TIME}(?:Z|[-+]([0-9]{{2}}):([0-9]{{2}}))| +{_TIME})?")
_CLOCK = re.compile(r"(?:[01]?[0-9]|2[0-3]):[0-5]?[0-9]")
# token/token.go, toNumber. A number too large counts, and strconv finds it too large before it sees what is behind.
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_INTEGERS = (
    ("0x", 2, 16, re.compile("[0-9a-fA-F]*")),
    ("0o", 2, 8, re.compile("[0-7]*")),
    ("0b", 2, 2, re.compile("[01]*")),
    ("0", 0, 8, re.compile("[0-7]*")),
    ("", 0, 10, re.compile("[0-9]*")),
)
_LARGEST = 2**64 - 1
_DIGITS_OF_LARGEST = 20

_LIST = 2  # what the list of interactions adds in front of each line of its items

# strconv/quote.go, appendEscapedRune.
_ESCAPES = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
_UNUSUAL = re.compile(r"[^\x20-\x7e]")


def render(value: str | bytes, indent: int, *, item: bool) -> str:
    """Returns the scalar as it stands behind `key: ` or `- `, with its line end; see `scalar.render`.

    Source: ast/ast.go, StringNode.String, SequenceNode.blockStyleString.
    """
    inner = indent - _LIST
    text = _scalar(_text(value), inner)
    if item:
        text = _relined(text, lambda line: line.removeprefix(" " * inner), inner)
    return _relined(text, str, _LIST) + "\n"


def render_key(key: str | bytes, column: int) -> str:
    """Returns the key at `column`, with its colon. Source: ast/ast.go, MappingValueNode.toString."""
    return _relined(_scalar(_text(key), column + 2 - _LIST) + ":", str, _LIST)


def _relined(text: str, change: Callable[[str], str], indent: int) -> str:
    """What a list does to the lines of an item. Source: ast/ast.go, SequenceNode.blockStyleString."""
    if "\n" not in text:
        return text
    first, *lines = text.split("\n")
    pad = " " * indent
    return "\n".join([first, *(pad + line if line else "" for line in map(change, lines))])


def _text(value: str | bytes) -> str:
    return value.decode(errors="surrogateescape") if isinstance(value, bytes) else value


def _scalar(text: str, indent: int) -> str:
    if _is_quoted(text):
        return _quote(text)
    line_break = _line_break(text)
    if line_break not in text:
        return text
    # token/token.go, LiteralBlockHeader
    chomp = "+" if text.endswith(line_break * 2) else "" if text.endswith(line_break) else "-"
    pad = " " * indent
    block = pad + text.replace(line_break, line_break + pad)
    return f"|{chomp}{line_break}{block.removesuffix(line_break + pad).removesuffix(pad)}"


def _line_break(text: str) -> str:
    """Source: token/token.go, DetectLineBreakCharacter."""
    feeds, returns, both = text.count("\n"), text.count("\r"), text.count("\r\n")
    if feeds == returns == both:
        return "\r\n"
    return "\r" if returns > feeds else "\n"


def _is_quoted(text: str) -> bool:
    """Source: token/token.go, IsNeedQuoted."""
    return (
        not text
        or text in _WORDS
        or _QUOTED.match(text) is not None
        or _is_number(text)
        or is_date(_TIMESTAMP.fullmatch(text))
        or _CLOCK.fullmatch(text) is not None
    )


def _is_number(text: str) -> bool:
    if text[0] not in "+-.0123456789":
        return False
    points = text.count(".")
    if points > 1:
        return False
    normalized = text.removeprefix("+").removeprefix("-").replace("_", "")
    for prefix, skip, base, digits in _INTEGERS:
        if normalized.startswith(prefix) and (skip or not points) and (prefix != "0" or len(normalized) > 1):
            rest = normalized[skip:]
            found = digits.match(rest)
            assert found is not None  # every pattern matches the empty text
            return (bool(rest) and found.end() == len(rest)) or _is_too_large(found[0], base)
    return _FLOAT.fullmatch(("-" if text.startswith("-") else "") + normalized) is not None


def _is_too_large(digits: str, base: int) -> bool:
    significant = digits.lstrip("0")
    # Python reads no decimal of more than some thousand digits.
    return bool(significant) and (
        int(significant[: _DIGITS_OF_LARGEST + 1] if base == 10 else significant, base) > _LARGEST
    )


def _quote(text: str) -> str:
    """Source: strconv/quote.go, Quote."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    if not (text.isascii() and text.isprintable()):
        text = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
        text = _UNUSUAL.sub(lambda match: _escape(match[0]), text)
    return f'"{text}"'


def _escape(character: str) -> str:
    code = ord(character)
    if character.isprintable():
        return character
    if character in _ESCAPES:
        return _ESCAPES[character]
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
