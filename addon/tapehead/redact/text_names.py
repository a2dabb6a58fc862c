"""Credentials by the name beside them, in any text: JSON at any depth of strings, XML, NAME=value, --name value, YAML.

Works on the text, so that it holds for what is cut off, for events and for arguments put together of a stream, and so
that all else keeps its spelling. Looks for how names end first, at memory speed; a pattern says what follows, and only
then the name is taken apart. Which names count is told by `names`, which values by `named_values`, how long a quoted
one is by `json_names`. Linear: how far it looks ahead and back is bounded wherever it may look in vain.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from tapehead.redact.cookies import find_cookies
from tapehead.redact.edits import Edit
from tapehead.redact.json_names import escaped_names
from tapehead.redact.named_values import is_credential
from tapehead.redact.names import CredentialName, Names, Proof, Where
from tapehead.redact.placeholder import placeholder
from tapehead.redact.value_spans import (
    LONGEST,
    LOOKED_AT,
    Span,
    element_values,
    end_of_bare,
    field_values,
    is_attribute,
    line_values,
    text_values,
    values_before_names,
)

# How the names of the table end, as they are looked for: a text in small letters that has none of the first, which are
# found at memory speed, has none of the names. The second is what may follow and is of the name, too.
_HEADS: Mapping[bytes, bytes] = {
    b"key": rb"(?:s|[_-]?id)?+",
    b"token": rb"",
    b"secret": rb"s?+",
    b"pass": rb"(?:word|wd|phrase)?+",
    b"pwd": rb"",
    b"auth": rb"(?:orization)?+",
    b"credential": rb"s?+",
    b"bearer": rb"",
    b"cookie": rb"",
    b"code": rb"",
    b"sig": rb"(?:nature)?+",
    b"assertion": rb"",
    b"verifier": rb"",
    b"nstring": rb"",
    b"n_string": rb"",
    b"n-string": rb"",
}
_HEADS_OF_ERRORS: Mapping[bytes, bytes] = {b"account": rb"[_-]?id", b"user": rb"[_-]?(?:id|email)"}

# What may stand behind the end of a name, on the text in small letters. A name in quotes: JSON, a subscript, a pair of a
# list, an entry whose value has its own name, with others between the two; a bare one: an assignment (in code with a type,
# in Markdown also a bold one), an entry of YAML whose values are on the next lines, an option, an element. Where the name
# alone is not enough, what follows has to be long: that is cheaper to see here.
_AFTER = rb"""
    (?:[_-]?[0-9]{1,2})?+ (?:\[\]|%5b%5d|%5d|\](?=[ \t]*+[:=&]))?+
    (?:
        (?P<quote>\\{0,15}+["'`])
        (?:
            [ \t\r\n+]*+ (?P<colon>:(?!:))
          | (?P<sub>\]?) [ \t]{0,3}+ (?:=>|=(?!=))
          | (?:[ \t\r\n]|\\{1,15}[nrt])*+ ,? (?:[ \t\r\n]|\\{1,15}[nrt])*+
            (?:
                (?P<between>\\{0,15}+["'])(?!value)[\w-]{1,40}+(?P=between)[ \t]*+:[ \t]*+
                (?:(?P=between)[^"'\\]{0,200}+(?P=between)|[0-9.]{1,20}+|true|false|null)[ \t\r\n]*+,[ \t\r\n]*+
              | (?!value)[\w:.-]{1,64}+=(?P=quote)[^"'<>\\]{0,200}+(?P=quote)[ \t\r\n]++
            ){0,4}+
            (?P<other>\\{0,15}+["']|) value (?P=other) [ \t\r\n]*+ (?P<named>[:=])
          | (?P<comma>,) [ \t]?+ (?=b?\\{0,15}["'](?:bearer\ |basic\ |token\ )?[^"'\\ ]{8})
        )
      | (?P<element>(?:(?:[ \t\r\n]|\\{1,15}+[nrt])++[\w:.-]{1,64}+=\\{0,15}+["'][^"'<>]{0,200}+["']){0,4}+ >)
        (?=[^<]{3}|<!\[cdata\[)
      | (?P<lines>:(?:[ \t]*+[|>][0-9+-]{0,2}+)?[ \t]*+) (?=(?:\\{0,15}+r)?\\{1,15}+n|\r?\n)
      | (?P<assign>
            (?:[ \t]{0,3}+:[ \t]?+ | [ \t]) [a-z_&'][\w.,|\[\]&' ]{1,40}+ =[ \t]{0,3}+ (?=[bru]?\\{0,15}["'`][^\x00-\x20"'`<>]{5})
          | (?:\*\*)?+ [ \t]{0,8}+ (?:=(?!=|>)|:=|:(?![:/=])) (?:\*\*)?+ [ \t]{0,3}+
            (?=(?:[bruf]?(?:\\{0,15}["'`]){1,3}+(?:\r?\n|\\{1,15}n)?+)?[^\x00-\x20"'`<>]{5})
        )
      | (?P<below>(?:[ \t\r\n]|\\{1,15}+[nr])++ value:[ \t]{1,3}+ (?=[^\x00-\x20<>]{5}))
      | (?P<option>[ \t]{1,3}+ (?=["']?[^\x00-\x20"'`<>=:]{12}))
    )
"""
_NAME_CHARACTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.[]"
_LONGEST_NAME = 64
_ESCAPE = re.compile(rb"[nrtbf]|u00[0-9A-Fa-f]{2}")
_SCHEME = re.compile(rb"(?i)(?:bearer|basic|token|digest|apikey|api-key)(?: |\+|%20){1,3}")
_ANY_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9-]{1,30}+ {1,3}(?=[^ \"'\\]{8})")
_ESCAPED = re.compile(r"\\+(?:u([0-9A-Fa-f]{4})|([nrt]))")
_BLANKS = {"n": "\n", "r": "\r", "t": "\t"}
_LINE = re.compile(rb"[^\x00-\x1f\"'\\]++")
_PREFIX = 24  # bytes: of a namespace, and the marks of an element
_LOGIN = re.compile(rb"(?:login|user|account)[ \t]+[^ \t\r\n\\]+(?:[ \t\r\n]|\\+[nrt])+\Z")  # netrc
_NAME_BEFORE = (b"name: ", b"name:")
_PLACEHOLDER = b"[REDACTED:"
_PAIR_BEFORE = b"&?#"
_SURE = frozenset({Proof.ANY, Proof.NAME, Proof.PASSWORD})


class TextNames:
    """Finds the values of a table of names."""

    def __init__(
        self, fields: Names, texts: Names | None, kind_of_pairs: str | None = None, *, error: bool = False
    ) -> None:
        """Takes `fields`, of JSON and XML, and `texts`, of anything else, None for nothing else.

        `kind_of_pairs`: what stands for the values of pairs in a URL, if they count at all. `error`: for errors' bodies.
        """
        self._fields = fields
        self._texts = texts
        self._pairs = kind_of_pairs
        heads = {**(_HEADS if texts else {}), **(_HEADS_OF_ERRORS if error else {})} | dict.fromkeys(
            fields.stems_of_users, b""
        )
        # Looked for as text: `in` is several times as quick for a `str` as for `bytes`.
        self._heads = [
            (stem.decode("latin-1"), re.compile(b"(?P<stem>%b%b)%b" % (re.escape(stem), rest, _AFTER), re.VERBOSE))
            for stem, rest in heads.items()
        ]

    def find(self, data: bytes) -> tuple[list[Edit], list[Edit]]:
        """Returns an edit for each value, its quotes left out; a number of JSON gets quotes: of sure fields, then of all else.

        What the name of a field says of its value is more than what its shape says; of a text it is less, and so it is of
        a field whose name is not enough.
        """
        fields: list[Edit] = []
        texts: list[Edit] = []
        lower = data.lower()
        text = lower.decode("latin-1")
        heads = [head for stem, head in self._heads if stem in text]
        oauth = bool(heads) and ("grant_type" in text or "response_type" in text)
        for head in heads:
            position = 0
            while match := head.search(lower, position):
                position = match.end()
                for is_sure, edit in self._at(data, lower, match, oauth):
                    (fields if is_sure else texts).append(edit)
                    position = max(position, edit.end)
        for name, span in values_before_names(data, lower) if heads and "value" in text else ():
            if row := self._fields.row(name):
                whole = self._fields.is_whole(name, row)
                found = _judged(data, span, row, name, row.kind, Where.FIELD, whole=whole, oauth=oauth)
                (fields if row.proof in _SURE else texts).extend(found)
        return fields, texts

    def find_escaped(self, data: bytes) -> Iterator[Edit]:
        """Yields the same where the name of a JSON field is written with escapes that it does not need."""
        for name, position in escaped_names(data):
            if row := self._fields.row(name):
                whole = self._fields.is_whole(name, row)
                for span in field_values(data, position, b'"'):
                    yield from _judged(data, span, row, name, row.kind, Where.FIELD, whole=whole, oauth=False)

    def _at(self, data: bytes, lower: bytes, match: re.Match[bytes], oauth: bool) -> Iterator[tuple[bool, Edit]]:
        """The edits of the values that belong to the name that ends here."""
        start, end = _name(data, *match.span("stem"))
        if data.startswith(_PLACEHOLDER, max(0, start - len(_PLACEHOLDER))):
            return  # the kind of one, and no name
        if match["quote"] is not None:
            if not _opens(data, start, match["quote"]):
                return
            is_field = (match["quote"].endswith(b'"') and (match["colon"] or match["named"])) or (
                match["named"] == b"=" and not match["other"]
            )
        else:
            is_field = match["element"] is not None or (match["assign"] is not None and is_attribute(data, start))
            if match["option"] is not None and not _is_option(data, lower, start, match["stem"]):
                return
            if match["below"] is not None and not data.endswith(_NAME_BEFORE, 0, start):
                return
            if match["element"] is not None and not _is_element(data, start):
                return
        names = self._fields if is_field else self._texts
        name = data[start:end].decode("ascii", "replace")
        row = names.row(name) if names else None
        if names is None or row is None:
            return
        where = Where.FIELD if is_field else Where.TEXT
        kind = row.kind
        if match["assign"] is not None and start and data[start - 1] in _PAIR_BEFORE:
            if self._pairs is None:
                return
            kind = self._pairs
        whole = names.is_whole(name, row)
        for span in _spans(data, match, name, where):
            for edit in _judged(data, span, row, name, kind, where, whole=whole, oauth=oauth):
                yield where is Where.FIELD and row.proof in _SURE, edit


def _judged(
    data: bytes, span: Span, row: CredentialName, name: str, kind: str, where: Where, *, whole: bool, oauth: bool
) -> Iterator[Edit]:
    start, end, quote, is_cut = span
    if row.kind == "cookie":
        line = _LINE.match(data, start, start + LONGEST)
        yield from find_cookies(data, start, line.end() if line else end)
        return
    if where is Where.TEXT and (scheme := _SCHEME.match(data, start, end)):
        start = scheme.end()
    scheme = _ANY_SCHEME.match(data, start, end) if row.kind == "authorization" else None
    judged = scheme.end() if scheme and b" " not in data[scheme.end() : end] else start
    value = data[judged : min(end, judged + LOOKED_AT)].decode(errors="surrogateescape")
    value = _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else _BLANKS[escape[2]], value)
    if "%" in value and row.proof not in _SURE:  # it is by its looks, and escapes look random
        value = unquote(value, errors="surrogateescape")
    if end > start and is_credential(row, name, value, where, whole=whole, oauth=oauth):
        new = placeholder(kind)
        yield Edit(start, end_of_bare(data, start) if is_cut else end, quote + new + quote)


def _name(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the name begins whose end is here. An escape before it (`\\n`) is none of it."""
    window = data[max(0, start - _LONGEST_NAME) : start]
    begin = start - (len(window) - len(window.rstrip(_NAME_CHARACTERS)))
    if begin and data[begin - 1] == 0x5C and (escape := _ESCAPE.match(data, begin)):
        begin = min(escape.end(), start)
    return begin, end


def _opens(data: bytes, start: int, quote: bytes) -> bool:
    """Whether the name begins with the quote that it ends with."""
    at = start - len(quote)
    return at >= 0 and data.startswith(quote, at) and (at == 0 or data[at - 1] != 0x5C)


def _is_option(data: bytes, lower: bytes, start: int, stem: bytes) -> bool:
    """Whether the name is one that a blank may follow: of an option, a scheme, or behind the login of a line of .netrc."""
    return (
        stem == b"bearer"
        or data.startswith(b"-", start)
        or _LOGIN.search(lower, max(0, start - 200), start) is not None
    )


def _is_element(data: bytes, start: int) -> bool:
    before = data[max(0, start - _PREFIX) : start]
    return before.endswith(b"<") or (before.endswith(b":") and b"<" in before)


def _spans(data: bytes, match: re.Match[bytes], name: str, where: Where) -> Iterator[Span]:
    """The values behind a name: mostly one, several in a list."""
    position = match.end()
    if match["element"] is not None:
        yield from element_values(data, position, name)
    elif match["lines"] is not None:
        yield from line_values(data, position, is_block=match["lines"].strip() != b":")
    elif where is Where.FIELD and match["assign"] is None and match["named"] != b"=":
        yield from field_values(data, position, match["other"] or match["quote"] if match["named"] else match["quote"])
    else:
        of_header = name.lower().endswith("authorization")
        scheme = (_ANY_SCHEME if of_header else _SCHEME).match(data, position) if match["assign"] is not None else None
        yield from text_values(data, scheme.end() if scheme else position)
