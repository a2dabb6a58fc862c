"""All credentials in a text, by whichever layer finds them: names, shapes, exact values, the user's own expressions.

A text is any bytes: a body, an event's data, a stream put together, a URL, a line to be logged. The one place where the
layers meet. Does not know which part of an exchange it looks at.
"""

import re
from collections.abc import Iterable

from tapehead.redact.base64_runs import find_base64
from tapehead.redact.beginnings import Beginnings
from tapehead.redact.byte_encodings import find_hex, find_utf16
from tapehead.redact.edits import Edit, apply, merge, not_covered_by
from tapehead.redact.encoded import find_needless_escapes, find_percent_escapes
from tapehead.redact.key_formats import KINDS, find_shapes
from tapehead.redact.known_secrets import SecretValues
from tapehead.redact.names import Names, Where
from tapehead.redact.parameter_names import KIND
from tapehead.redact.placeholder import is_placeholder, placeholder
from tapehead.redact.placeholder_forms import is_form
from tapehead.redact.prefilter import long_tokens
from tapehead.redact.redact_rules import Layer, RedactRules
from tapehead.redact.terminal_sequences import find_through_sequences
from tapehead.redact.text_names import TextNames
from tapehead.redact.userinfo import find_userinfo

_MOST_ROUNDS = 4
_DEEPEST = 3  # an encoding within an encoding within an encoding
_DIGIT = re.compile(rb"[0-9.]")
_BARE = re.compile(rb"[:\[,][ \t\r\n]*+\Z")


class Finder:
    """Finds by the rules."""

    def __init__(self, rules: RedactRules, values: SecretValues, *, keeps_forms: bool = False) -> None:
        """Takes the rules and the values. `keeps_forms`: placeholders that keep a form are left alone, however encoded."""
        self._rules = rules
        self._keeps_forms = keeps_forms
        self._values = values
        self._beginnings = (-1, Beginnings((), ()))
        self._names = self._text_names(Where.FIELD)
        self._error_names = self._text_names(Where.FIELD | Where.ERROR)

    def find(self, data: bytes, *, error: bool = False, depth: int = 0) -> list[Edit]:
        """Returns the edits that take the credentials out of a text. `error`: it is the body of an error."""
        if self._rules.nothing:
            return []
        edits = self._find(data, error, depth)
        # Where one credential ends another may begin: it is seen to be a word only when the first is gone. Names were seen
        # all at once, and a text with gaps would say other things of their values.
        for _ in range(_MOST_ROUNDS if edits else 0):
            blank = apply(data, [edit._replace(new=b" " * (edit.end - edit.start)) for edit in edits])
            more = not_covered_by(self._find(blank, error, depth, named=False), edits)
            if not more:
                break
            edits = merge([edits, more])
        return edits

    def _find(self, data: bytes, error: bool, depth: int, *, named: bool = True) -> list[Edit]:
        rules = self._rules
        names = self._error_names if error else self._names
        long = long_tokens(data)
        is_escaped = b"\\" in data
        ranked: list[Iterable[Edit]] = []
        texts: list[Edit] = []
        inner = depth < _DEEPEST

        def find(text: bytes) -> list[Edit]:
            return self.find(text, error=error, depth=depth + 1)

        if named:
            fields, texts = names.find(data)
            ranked.append(fields)
            if is_escaped:
                ranked.append(names.find_escaped(data))
        if inner and (is_escaped or b"\x1b" in data):
            ranked.append(find_through_sequences(data, find))
            if is_escaped:
                ranked.append(find_needless_escapes(data, find))
        if rules.has(Layer.SHAPES):
            ranked += find_shapes(data, long, rules.kept_shapes)
        if rules.has(Layer.VALUES) and (values := self._values.find(data)):
            ranked.append(self._whole(data, values))
        ranked.append(texts)
        if rules.has(Layer.NAMES):
            ranked.append(find_userinfo(data))
        if rules.patterns:
            ranked += [self._custom(pattern, data) for pattern in rules.patterns]
        if inner:
            if long:
                ranked += (find_base64(data, long, find), find_hex(data, long, find))
            if b"%" in data:
                ranked.append(find_percent_escapes(data, find))
            if b"\0" in data:
                ranked.append(find_utf16(data, find))
        edits = merge(ranked)
        if edits and (rules.kept_patterns or self._keeps_forms or b"[REDACTED:" in data):
            edits = [edit for edit in edits if not self._is_kept(data[edit.start : edit.end])]
        return edits

    @property
    def looks_everywhere(self) -> bool:
        """Whether there are rules for which no text is too plain."""
        return bool(self._rules.patterns)

    def find_known(self, data: bytes) -> list[Edit]:
        """Returns the edits of values that are known, not encoded."""
        return merge([self._values.find(data)]) if self._rules.has(Layer.VALUES) else []

    def open_end(self, data: bytes) -> int | None:
        """Returns where what may be the first part of a value or a key begins that goes on behind a text; None without."""
        version, beginnings = self._beginnings
        if version != self._values.version:
            kinds = KINDS - self._rules.kept_shapes if self._rules.has(Layer.SHAPES) else ()
            beginnings = Beginnings(self._values.needles if self._rules.has(Layer.VALUES) else (), kinds)
            self._beginnings = self._values.version, beginnings
        return beginnings.open_end(data)

    def find_named(self, data: bytes) -> Iterable[Edit]:
        """Returns the edits of what stands there by the name beside it only."""
        return merge(self._names.find(data))

    def find_plain(self, data: bytes, long: frozenset[bytes] | None = None) -> list[Edit]:
        """Returns the edits of what stands there by its shape or value, not encoded: a second look.

        `long`: its long words, where they are known.
        """
        rules = self._rules
        ranked = (
            find_shapes(data, long_tokens(data) if long is None else long, rules.kept_shapes)
            if rules.has(Layer.SHAPES)
            else []
        )
        if rules.has(Layer.VALUES):
            ranked.append(self._values.find(data))
        return [edit for edit in merge(ranked) if not self._is_kept(data[edit.start : edit.end])]

    def clean(self, data: bytes, *, error: bool = False) -> bytes:
        """Returns the text without its credentials; the same object when it has none."""
        return apply(data, self.find(data, error=error))

    def _text_names(self, where: Where) -> TextNames:
        rules = self._rules
        if not rules.has(Layer.JSON):
            return TextNames(Names(where, rows=(), more=rules.json, kind="json"), None)
        fields = Names(where, more=rules.json, kind="json", kept=rules.kept_json)
        texts = Names(Where.TEXT, kept=rules.kept_json | rules.kept_query | rules.kept_headers)
        pairs = KIND if rules.has(Layer.NAMES) else None
        return TextNames(fields, texts, pairs, error=Where.ERROR in where)

    def _custom(self, pattern: re.Pattern[bytes], data: bytes) -> list[Edit]:
        group = 1 if pattern.groups else 0
        spans = (match.span(group) for match in pattern.finditer(data))
        return [Edit(start, end, placeholder("custom")) for start, end in spans if end > start]

    def _is_kept(self, text: bytes) -> bool:
        if is_placeholder(text) or (self._keeps_forms and is_form(text)):
            return True
        return any(pattern.fullmatch(text) for pattern in self._rules.kept_patterns)

    @staticmethod
    def _whole(data: bytes, edits: list[Edit]) -> list[Edit]:
        """A value that is a bare number in JSON gets quotes; one that is part of a longer number is none."""
        edits = [
            edit
            for edit in edits
            if not (
                data[edit.start : edit.end].isdigit()
                and (_DIGIT.match(data, edit.end) or (edit.start and _DIGIT.match(data, edit.start - 1)))
            )
        ]
        return [
            edit._replace(new=b'"' + edit.new + b'"')
            if data[edit.start : edit.end].isdigit()
            and _BARE.search(data, max(0, edit.start - 40), edit.start)
            and data[edit.end : edit.end + 1] in (b",", b"}", b"]", b"\n", b"\r", b" ")
            else edit
            for edit in edits
        ]
