"""Which YAML style a Go string takes, byte for byte as the emitters of Go's YAML libraries write it.

Knows scalars and mapping keys, given the columns at which they stand. Knows no layout and no schema: the columns come
from the caller. Whether a plain text would be read as a number is `yaml_types`'s, what a text is in double quotes
`double_quoted`'s; goccy/go-yaml is `goccy`'s.

Sources are gopkg.in/yaml.v3 v3.0.1 and go.yaml.in/yaml/v4 v4.0.0-rc.2 (encode.go, emitterc.go), v4.0.0-rc.6 and v4.0.0
(internal/libyaml/representer.go, emitter.go); the functions are named by their yaml.v3 names.
"""

import base64
import enum
import re
from dataclasses import dataclass

from tapehead.cassette import goccy
from tapehead.cassette.double_quoted import UNPRINTABLE, double_quoted, odd_bytes, rare_breaks
from tapehead.cassette.yaml_types import Resolver


class Emitter(enum.Enum):
    """Whose emitter is imitated."""

    YAML_V3 = "yaml.v3"
    V4_RC2 = "yaml/v4 rc.2"
    V4 = "yaml/v4 rc.6"
    V4_0 = "yaml/v4 4.0.0"
    GOCCY = "goccy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A mapping key whose value is a list, for a writer of lines.

    `" " * column + text + " []\n"` without items; else `" " * column + text + opening`, and for each item but the first
    `" " * dash`, then `"- "` and `render(item, flavor, dash + 2, item=True, ...)`.
    """

    text: str
    """From the key up to its colon: `Name:`, or `? key`, a line end, and a colon under the question mark."""
    opening: str
    """What stands between the colon and the first dash."""
    dash: int
    """The column of the dashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """What the versions do differently."""

    resolver: Resolver
    yaml11_quote: str = '"'
    """Around words of YAML 1.1."""
    keeps_leading_break: bool = True
    """A line break at the start of a block survives."""
    blank_block: bool = False
    """A text of nothing but white space may be a block."""
    break_hint: bool = False
    """A line break at the start asks for an indentation digit."""
    relative_hint: bool = False
    """The digit is the block's own indentation and stands for tabs and behind line breaks too; else the layout's."""
    trailing_spaces: bool = False
    """Spaces at line ends may be in a block."""


_RULES = {
    Emitter.YAML_V3: _Rules(
        resolver=Resolver(sign_inside=True, merge=False),
        keeps_leading_break=False,
        blank_block=True,
        break_hint=True,
    ),
    Emitter.V4_RC2: _Rules(resolver=Resolver(sign_inside=True), break_hint=True),
    Emitter.V4: _Rules(resolver=Resolver(), yaml11_quote="'"),
    Emitter.V4_0: _Rules(resolver=Resolver(unsigned_plus=True), relative_hint=True, trailing_spaces=True),
}

_BREAKS = "\n\u2028\u2029"
_BREAK_BEFORE_TEXT = re.compile(f"([{_BREAKS}])(?=[^{_BREAKS}])")
_HINT_WANTED = re.compile(f"[{_BREAKS}]*[ \t]")
_BREAK_IN_KEY = re.compile("[\n\r\x85\u2028\u2029]")
# emitterc.go, yaml_emitter_analyze_scalar, block_indicators and what else forbids a plain scalar.
_QUOTED_FIRST = frozenset("#,[]{}&*!|>'\"%@` ")
_QUOTED_START = ("---", "...", "- ", "? ", ": ")
_QUOTED_WHOLE = ("-", "?", ":")
_BINARY = "!!binary "
_BASE64_LINE = 70  # resolve.go, encodeBase64
_LONGEST_SIMPLE_KEY = 128  # emitterc.go, yaml_emitter_check_simple_key


def block_column(column: int, step: int) -> int:
    """Returns the column of the lines of a block that is the value of a key at `column`, in a layout of `step` columns.

    In a list it is the dash's column plus 2, whatever the step. Source: emitterc.go, yaml_emitter_increase_indent.
    """
    return step * (column // step + 1)


def render(value: str | bytes, flavor: Emitter, indent: int, *, step: int, item: bool = False) -> str:
    """Returns the scalar as it stands behind `key: ` or `- `, with its line end.

    The line end is part of it because a block whose text ends in U+2028 or U+2029 has no other: Go writes the next key
    right behind. `indent` is the column of a block's lines (`block_column`, or the dash's plus 2), `step` the layout's
    indentation of mappings, `item` tells that the scalar stands behind a dash.

    Bytes, or surrogate escapes in a str, that are not UTF-8 become `!!binary`; goccy writes them as they are, with
    surrogate escapes. A lone surrogate that is no such escape raises UnicodeEncodeError.
    """
    if flavor is Emitter.GOCCY:
        return goccy.render(value, indent, item=item)
    text, tag = _text(value)
    return _rendered(text, tag, flavor, indent, step=step, item=item)


def _rendered(text: str, tag: str, flavor: Emitter, indent: int, *, step: int, item: bool) -> str:
    rules = _RULES[flavor]
    hint = 2 if item and rules.relative_hint else step
    return tag + _value(text, bool(tag), rules, indent, hint)


# How a text of several lines begins that a flavor writes as a block which loses something, or cannot be read at all.
# Measured: each flavor's output, read by the version that wrote it and by libyaml.
_UNREADABLE = {
    Emitter.YAML_V3: re.compile(f"[\t{_BREAKS}]"),
    Emitter.V4_RC2: re.compile("\t"),
    Emitter.V4: re.compile(f"[{_BREAKS}]*\t|[{_BREAKS}]+ "),
}
_UNREADABLE_GOCCY = re.compile(r"\n| (?s:.*)\n|(?s:.*?)(?:[\t\r\x85\u2028\u2029]|\n +(?:\n|\Z))")


def render_readable(value: str | bytes, flavor: Emitter, indent: int, *, step: int, item: bool = False) -> str:
    """Returns what `render` does, but what Go's own libraries write and cannot read back is double-quoted, or `!!binary`."""
    text, tag = _text(value)
    if flavor is Emitter.GOCCY:
        if tag:
            return _rendered(text, tag, Emitter.V4_RC2, indent, step=step, item=item)
        pattern: re.Pattern[str] | None = _UNREADABLE_GOCCY
    else:
        pattern = _UNREADABLE.get(flavor) if "\n" in text and not tag else None
    if pattern and pattern.match(text):
        return double_quoted(text, odd_bytes(text)) + "\n"
    if flavor is Emitter.GOCCY:
        return goccy.render(text, indent, item=item)
    return _rendered(text, tag, flavor, indent, step=step, item=item)


def render_key(key: str | bytes, flavor: Emitter, column: int, dash: int, *, step: int) -> Key:
    """Returns the key at `column` of a mapping of lists, the dashes of which stand at `dash` in this layout.

    Under a key of the form `? key` they stand elsewhere, and the first one on the colon's line.
    """
    if flavor is Emitter.GOCCY:
        return Key(text=goccy.render_key(key, column), opening="\n" + " " * dash, dash=dash)
    rules = _RULES[flavor]
    text, tag = _text(key)
    # Source: emitterc.go, yaml_emitter_check_simple_key. The space behind `!!binary` is not counted.
    if len(tag.rstrip()) + len(text.encode()) <= _LONGEST_SIMPLE_KEY and not _BREAK_IN_KEY.search(text):
        line = _value(text, bool(tag), rules, indent=0, hint=0)
        return Key(text=tag + line.removesuffix("\n") + ":", opening="\n" + " " * dash, dash=dash)
    inner = block_column(column, step)
    block = tag + _value(text, bool(tag), rules, inner, step)
    # CompactSeqIndent has no effect here. Source: emitterc.go, yaml_emitter_emit_block_sequence_item.
    return Key(text=f"? {block}{' ' * column}:", opening=" " * (inner - column - 1), dash=inner)


def _text(value: str | bytes) -> tuple[str, str]:
    """What is written, and the tag in front of it. Source: encode.go, stringv."""
    try:
        if isinstance(value, bytes):
            return value.decode(), ""
        if not value.isascii():
            value.encode()
    except UnicodeError:
        data = value if isinstance(value, bytes) else value.encode(errors="surrogateescape")
        text = base64.b64encode(data).decode()
        if len(text) >= _BASE64_LINE:
            lines = (text[at : at + _BASE64_LINE] for at in range(0, len(text), _BASE64_LINE))
            text = "\n".join(lines) + "\n"
        return text, _BINARY
    return value, ""


def _value(text: str, tagged: bool, rules: _Rules, indent: int, hint: int) -> str:
    odd = odd_bytes(text)
    if "\n" not in text:
        return _one_line(text, odd, tagged, rules, indent) + "\n"
    if not _may_be_block(text, odd, rules):
        return double_quoted(text, odd) + "\n"
    return _block(text, odd, rules, indent, hint)


def _may_be_block(text: str, odd: bytes, rules: _Rules) -> bool:
    """Source: emitterc.go, yaml_emitter_analyze_scalar, block_allowed; yaml.go of v4, shouldUseLiteralStyle."""
    if UNPRINTABLE.search(odd) or (text.isspace() and not rules.blank_block):
        return False
    return rules.trailing_spaces or not (
        " \n" in text or text[-1] == " " or any(" " + line_break in text for line_break in rare_breaks(odd))
    )


def _block(text: str, odd: bytes, rules: _Rules, indent: int, hint: int) -> str:
    """Source: emitterc.go, yaml_emitter_write_block_scalar_hints, yaml_emitter_write_literal_scalar."""
    leading_break = text[0] in _BREAKS
    hinted = text[0] == " " or (rules.break_hint and leading_break)
    if rules.relative_hint:
        hinted = _HINT_WANTED.match(text) is not None
    trailing_break = text[-1] in _BREAKS
    chomp = "-"
    if trailing_break:
        chomp = "+" if len(text) == 1 or text[-2] in _BREAKS else ""
    # yaml.v3 takes the text's own first line break for the one that ends the header.
    lines = text if leading_break and not rules.keeps_leading_break else "\n" + text
    return f"|{hint if hinted else ''}{chomp}{_indented(lines, odd, indent)}{'' if trailing_break else '\n'}"


def _indented(text: str, odd: bytes, indent: int) -> str:
    """Spaces behind every line break but those in front of another one or the end."""
    pad = " " * indent
    if rare_breaks(odd):
        return _BREAK_BEFORE_TEXT.sub(rf"\1{pad}", text)
    first, *lines = text.split("\n")
    return "\n".join([first, *[pad + line if line else line for line in lines]])


def _one_line(text: str, odd: bytes, tagged: bool, rules: _Rules, indent: int) -> str:
    """Source: encode.go, stringv; emitterc.go, yaml_emitter_select_scalar_style."""
    if tagged:
        return text
    if rules.resolver.is_yaml11(text):
        return rules.yaml11_quote + text + rules.yaml11_quote
    if rules.resolver.is_other_type(text):
        return f'"{text}"'
    breaks = rare_breaks(odd)
    if (
        "\t" in text
        or UNPRINTABLE.search(odd)
        or any(" " + line_break in text or line_break + " " in text for line_break in breaks)
    ):
        return double_quoted(text, odd)
    if not breaks and not _is_quoted(text):
        return text
    text = text.replace("'", "''")
    return f"'{_indented(text, odd, indent) if breaks else text}'"


def _is_quoted(text: str) -> bool:
    """Source: emitterc.go, yaml_emitter_analyze_scalar."""
    return (
        text[0] in _QUOTED_FIRST
        or text[-1] in " :"
        or ": " in text
        or " #" in text
        or text in _QUOTED_WHOLE
        or text.startswith(_QUOTED_START)
    )
