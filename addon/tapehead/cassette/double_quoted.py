"""Which characters Go's emitters write as they are in YAML, and how the others are written in double quotes.

Knows characters, not when a text is quoted: that is `scalar`'s. Sources are named as there.
"""

import re

# yamlprivateh.go, is_break. CR and NEL end lines too, but are never written raw.
_RARE_BREAKS = ("\u2028", "\u2029")
# yamlprivateh.go, is_printable. Taking the usual bytes away leaves little to look at, at memory speed; what is left of
# valid UTF-8 is whole characters still.
_USUAL = bytes(range(0x20, 0x7F)) + b"\t\n"
UNPRINTABLE = re.compile(rb"[\x00-\x7f\xf0-\xff]|\xc2[\x80-\x9f]|\xef\xbb\xbf|\xef\xbf[\xbe\xbf]")
_RARE_BREAK = re.compile(rb"\xe2\x80[\xa8\xa9]")
_ESCAPED = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ufefe\uff00-\ufffd]")
# emitterc.go, yaml_emitter_write_double_quoted_scalar.
_ESCAPES = {
    "\0": "\\0",
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    "\x1b": "\\e",
    '"': '\\"',
    "\\": "\\\\",
    "\x85": "\\N",
    "\xa0": "\\_",
    "\u2028": "\\L",
    "\u2029": "\\P",
}
_FEW = 8
_BOM = "\ufeff"


def odd_bytes(text: str) -> bytes:
    """Returns what a text has besides usual characters, in UTF-8: little, so that it is quick to look at."""
    return text.encode().translate(None, _USUAL)


def rare_breaks(odd: bytes) -> tuple[str, ...]:
    """Returns the line breaks besides LF that may stand in a text of these odd bytes."""
    return _RARE_BREAKS if odd and _RARE_BREAK.search(odd) else ()


def double_quoted(text: str, odd: bytes) -> str:
    """Returns a text of these odd bytes in double quotes. Source: emitterc.go, yaml_emitter_write_double_quoted_scalar."""
    if text.startswith(_BOM):  # is_bom looks at the text's start, not at the character at hand
        return '"' + "".join(map(_escape, text)) + '"'
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    text = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    if UNPRINTABLE.search(odd) or rare_breaks(odd):
        text = _escaped(text, odd)
    return f'"{text}"'


def _escaped(text: str, odd: bytes) -> str:
    few = [character for character in set(odd.decode()) if _ESCAPED.match(character)]
    if len(few) > _FEW:
        return _ESCAPED.sub(lambda match: _escape(match[0]), text)
    for character in few:  # a pass each, and still faster: one emoji in a body is the usual case
        text = text.replace(character, _escape(character))
    return text


def _escape(character: str) -> str:
    code = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
