"""A request or response without its credentials: every place where one can sit, each by the means that fit it.

The live request is redacted like the recorded one, so that they match whatever the key. What a client gets is never
touched. Idempotent: what is redacted stays as it is.
"""

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Self

from tapehead.cassette.model import Request, Response, Values
from tapehead.redact import subprotocols
from tapehead.redact.base64_runs import readable
from tapehead.redact.cookies import redact_cookies
from tapehead.redact.edits import Edit, apply, merge, minimize, resize
from tapehead.redact.expiry_times import with_expiry_times
from tapehead.redact.finder import Finder
from tapehead.redact.gzip_text import GZIP, inflate
from tapehead.redact.header_rules import PLACEHOLDER as HEADER
from tapehead.redact.incremental import IncrementalRedactor
from tapehead.redact.json_leaves import leaves
from tapehead.redact.known_secrets import SecretValues, from_environment
from tapehead.redact.learning import LONGEST_AT_ONCE, Seen, values_in_body
from tapehead.redact.multipart_names import redact_parts
from tapehead.redact.names import ROWS, CredentialName, Names, Where
from tapehead.redact.open_texts import OpenTexts
from tapehead.redact.parameter_names import PairNames, is_oauth
from tapehead.redact.placeholder import placeholder
from tapehead.redact.placeholder_forms import find_forms, keep_forms
from tapehead.redact.placeholder_numbers import PlaceholderNumbers
from tapehead.redact.redact_rules import Layer, RedactRules
from tapehead.redact.stream_scan import Scanned, StreamScan
from tapehead.redact.streams import find_in_stream
from tapehead.redact.written_binary import cut_binary
from tapehead.text.json_pointer import ANY, Pointer
from tapehead.wire.headers import media_type

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/"
_EVENTS = "text/event-stream"
_DATA = b"data:"
_SHORTEST = 12  # bytes: nothing shorter is looked for
_MOST_REMEMBERED = 1000
_ERRORS = 400  # status codes
_ERROR = b'"error"'  # the field that providers' errors have
_KIND = re.compile(rb"\[REDACTED:[^\]]*\]")
_URL_HEADERS = frozenset(
    {
        *("location", "content-location", "link", "referer", "x-goog-upload-url", "operation-location"),
        *("azure-asyncoperation", "x-amz-copy-source", "x-portkey-custom-host", "helicone-target-url"),
    }
)


class Redactor:
    """Redacts by rules, and by the credentials that this session's requests carry."""

    def __init__(self, rules: RedactRules | None = None, environment: Mapping[str, str] | None = None) -> None:
        """Takes the rules, and the environment: the variables that may hold credentials."""
        self.rules = rules = rules or RedactRules()
        self._values = SecretValues(from_environment(environment or {}, rules.kept_variables))
        self._finder = Finder(rules, self._values)
        self._leak_finder = Finder(rules, self._values, keeps_forms=True)
        self.seen: Seen | None = None
        """Notes what redacting comes across, where somebody wants to know."""
        self._remembered: dict[str, str] = {}  # header values and URLs come again and again
        self._urls: dict[str, str] = {}
        self._remembered_with = 0
        rows, more = (ROWS, rules.query) if rules.has(Layer.NAMES) else ((), frozenset())
        self._pairs = PairNames(Names(Where.PAIR, rows=rows, more=more, kind="query", kept=rules.kept_query))
        rows = ROWS if rules.has(Layer.HEADERS) else ()
        self._headers = Names(Where.HEADER, rows=rows, more=rules.headers, kind="header", kept=rules.kept_headers)

    def snapshot(self) -> Self:
        """Returns one that redacts the same, for another thread or process, while this one goes on to see more."""
        other = copy.copy(self)
        other._remembered, other._urls = {}, {}
        return other

    def frozen(self) -> Self:
        """Returns one that goes on to redact as this one does now, whatever this one learns."""
        other = self.snapshot()
        other._values = self._values.copy()
        other._finder = Finder(self.rules, other._values)
        return other

    @property
    def learned(self) -> int:
        """How many values have been learned so far."""
        return self._values.learned

    def learned_since(self, count: int) -> Sequence[str]:
        """Returns what has been learned since `learned` was `count`."""
        return self._values.learned_since(count)

    def learn(self, values: Iterable[str]) -> None:
        """Learns values that stood where credentials stand, whatever they look like."""
        if self.rules.has(Layer.VALUES):
            self._values.learn(values)

    def learn_request(self, headers: Iterable[tuple[str, str]], url: str, body: bytes) -> None:
        """Learns the credentials that a request carries: in its headers and URL, in the fields of a form or JSON body.

        Of a long body they are learned when it is redacted.
        """
        pairs = list(headers)
        self.learn_credentials(pairs, url)
        if 0 < len(body) <= LONGEST_AT_ONCE:
            content_type = next((value for name, value in pairs if name.lower() == "content-type"), None)
            self.learn(values_in_body(content_type, body, self._finder.find_named))

    def learn_credentials(self, headers: Iterable[tuple[str, str]], url: str) -> None:
        """Learns the credentials that a request (or a response) carries in its headers and URL."""
        if self.rules.kept_headers:
            headers = [(name, value) for name, value in headers if self._headers.row(name.lower())]
        self._values.see(headers, url)

    def request(self, request: Request, numbers: PlaceholderNumbers | None = None) -> Request:
        """Returns the request as it is matched; with `numbers`, which may give new ones, as it is written.

        The very same one when there is nothing to redact.
        """
        edits = self._body(_first(request.headers, "Content-Type"), request.body, numbers=numbers)
        if forms := [*find_forms(request.body)]:
            edits = merge([edits, forms])
        body = apply(request.body, edits)
        return _changed(
            request,
            method=self.text(request.method),
            url=self.url(_usual(request.url), numbers),
            body=body,
            content_length=_length(request.content_length, request.body, body),
            headers=self._kept(request.headers),
            trailer=self._kept(request.trailer),
            form=self._form(request.form, numbers),
            host=self.text(request.host),
        )

    def knows_what_is_in(self, request: Request) -> bool:
        """Returns whether a value that is known stands in a request: of the environment, or learned."""
        if self._values.is_empty:
            return False
        texts = [request.method, request.url, request.host]
        for values in (request.headers, request.trailer, request.form):
            texts += [text for each in values.values() for text in each]
        every = "\n".join(texts).encode(errors="surrogateescape")
        return self._values.is_in(request.body) or self._values.is_in(every)

    def response(
        self,
        response: Response,
        sizes: Sequence[int],
        numbers: PlaceholderNumbers | None = None,
        scanned: Scanned | None = None,
    ) -> tuple[Response, list[int]]:
        """Returns the response as it is written, and the sizes of its body's chunks; a chunk may have become empty.

        `scanned`: what a `scan` of the body has given, since when nothing was learned.
        """
        if scanned and scanned.size == len(response.body):
            if self.seen:
                self.seen.words |= scanned.words
            return self._with_body(response, response.body, numbers), list(sizes)
        content_type = _first(response.headers, "Content-Type")
        is_error = response.code >= _ERRORS and _ERROR in response.body
        edits = self._body(content_type, response.body, is_answer=True, error=is_error, numbers=numbers)
        return self._with_body(response, apply(response.body, edits), numbers), resize(sizes, edits)

    def _with_body(self, response: Response, body: bytes, numbers: PlaceholderNumbers | None) -> Response:
        """A response, redacted but for its body, with another."""
        return _changed(
            response,
            status=self.text(response.status),
            body=body,
            content_length=_length(response.content_length, response.body, body),
            headers=self._kept(response.headers, numbers),
            trailer=self._kept(response.trailer, numbers),
        )

    def scan(self, content_type: str | None) -> StreamScan | None:
        """Returns what looks through the body of an answer while it comes; None for what is to be seen as a whole."""
        if media_type(content_type) != _EVENTS or self.rules.patterns or self.rules.pointers:
            return None
        return StreamScan(self._finder.find, self.learned)

    def text(self, text: str) -> str:
        """Returns any text, such as a log line, without its credentials."""
        if len(text) < _SHORTEST and not self.rules.patterns:
            return text
        self._forget_old()
        known = self._remembered.get(text)
        if known is None:
            known = self._finder.clean(text.encode(errors="surrogateescape")).decode(errors="surrogateescape")
            self._remembered[text] = known
        return known

    def _forget_old(self) -> None:
        """Forgets what was remembered before the values that are known now, and when it is much."""
        remembered = len(self._remembered) + len(self._urls)
        if self._remembered_with != self._values.version or remembered > _MOST_REMEMBERED:
            self._remembered.clear()
            self._urls.clear()
            self._remembered_with = self._values.version

    def clean(self, data: bytes) -> bytes:
        """Returns a text that is already written without its credentials; the very same when there is nothing to redact."""
        return self._finder.clean(data)

    def open_texts(self, content_type: str | None) -> OpenTexts:
        """Returns what sees that nothing of a credential which goes on in later messages of a side is on disk before."""
        return OpenTexts(content_type, self._finder)

    def incremental(self, content_type: str | None = None, *, is_answer: bool = False) -> IncrementalRedactor:
        """Returns one that redacts a body while it comes; a text, without a content type. Values get no numbers.

        Raises ValueError for forms and multipart, of which a part says nothing without its beginning.
        """
        if media_type(content_type).startswith((_FORM, _MULTIPART)):
            raise ValueError(f"{content_type} is to be redacted as a whole")
        return IncrementalRedactor(lambda data: self._body(content_type, data, is_answer=is_answer))

    def url(self, url: str, numbers: PlaceholderNumbers | None = None) -> str:
        """Returns a URL without userinfo, values of credential parameters, and what else in it is a credential."""
        self._forget_old()
        redacted = self._urls.get(url)
        if redacted is None:
            self._urls[url] = redacted = self.text(self._pairs.url(url))
        return numbers.in_url(url, redacted) if numbers else redacted

    def find_leak(self, data: bytes, long: frozenset[bytes] | None = None) -> str | None:
        """Returns what kind of credential is still in a text that is to be written; None when there is none.

        `long`: its long words, where they are known, but for those of its base64.
        """
        text, binary = cut_binary(data)
        edits = self._leak_finder.find_plain(text, long)
        if not edits:
            return "an encoded credential" if any(map(self._is_leak, binary)) else None
        kind = _KIND.search(edits[0].new)
        return f"a credential {kind[0].decode()}" if kind else "an encoded credential"

    def _is_leak(self, binary: bytes) -> bool:
        """Whether a credential stands in what can be read of a binary body, also where that is in gzip."""
        parts = [part for _, part in readable(binary)]
        if binary.startswith(GZIP):
            parts.append(inflate(binary))
        return bool(parts and self._leak_finder.find(b"\n\0\n".join(parts), depth=1))

    def _body(
        self,
        content_type: str | None,
        body: bytes,
        *,
        is_answer: bool = False,
        error: bool = False,
        numbers: PlaceholderNumbers | None = None,
    ) -> list[Edit]:
        """The edits of a body, by its kind."""
        if not body:
            return []
        is_whole = False  # whether what was found last stands in the body as it is, not in what was put together of it

        def find(data: bytes) -> list[Edit]:
            nonlocal is_whole
            is_whole = data is body
            edits = self._finder.find(data, error=error)
            if self.seen:
                self.seen.note(data, edits, is_text=data is not body)
            edits = keep_forms(data, edits) if is_answer else edits
            return with_expiry_times(data, edits) if named is body else edits

        kind = media_type(content_type)
        named = body
        if kind == _FORM:
            named = self._pairs.body(body)
        elif kind.startswith(_MULTIPART):
            named = redact_parts(content_type or "", body, self._pairs.is_secret)
        if self.seen:
            self.seen.note_pairs(content_type, body)
        if named is not body:  # what names say comes first; then the text as a whole
            clean = apply(named, find(named))
            if numbers:
                clean = _numbered_pairs(body, clean, numbers) if kind == _FORM else numbers.in_text(body, clean)
            return minimize(body, clean)
        edits = find_in_stream(content_type, body, find)
        if edits is None:
            edits = find(body)
        edits = merge([self._edits_for_pointers(body), edits]) if self.rules.pointers else edits
        return numbers.in_edits(body, edits) if numbers and edits and is_whole else edits

    def _edits_for_pointers(self, body: bytes) -> list[Edit]:
        """The edits of the values that the user's JSON pointers lead to; line by line, for streams."""
        edits: list[Edit] = []
        whole = body.lstrip().startswith((b"{", b"[")) and b"}\n{" not in body
        start = 0
        for line in [body] if whole else body.splitlines(keepends=True):
            skipped = len(_DATA) if line.startswith(_DATA) else 0
            edits += self._pointed_line(line[skipped:], start + skipped)
            start += len(line)
        return edits

    def _pointed_line(self, line: bytes, offset: int) -> list[Edit]:
        text = line.decode(errors="surrogateescape")
        found = [leaf for leaf in leaves(text) if any(_leads_to(each, leaf.path) for each in self.rules.pointers)]
        edits: list[Edit] = []
        position, place = 0, offset  # of characters, and of the bytes that they are
        for leaf in sorted(found, key=lambda leaf: (leaf.start, -leaf.end)):
            if leaf.start < position:  # in one that is replaced as a whole
                continue
            place += _size(text[position : leaf.start])
            end = place + _size(text[leaf.start : leaf.end])
            edits.append(Edit(place, end, b'"' + placeholder("custom") + b'"'))
            position, place = leaf.end, end
        return edits

    def _kept(self, values: Values, numbers: PlaceholderNumbers | None = None) -> Values:
        """Header or trailer values."""
        changed = {}
        for name, texts in values.items():
            lower = name.lower()
            if row := self._headers.row(lower):
                new = tuple(self._secret(row, lower, text) for text in texts)
            else:
                new = tuple(self.url(text, numbers) if lower in _URL_HEADERS else self.text(text) for text in texts)
            if new != texts:
                changed[name] = new
        return {**values, **changed} if changed else values

    def _secret(self, row: CredentialName, name: str, text: str) -> str:
        """What is written for the value of a header that carries credentials."""
        if name == subprotocols.HEADER:
            return self.text(subprotocols.redact_subprotocols(text))
        return self.text(redact_cookies(text, is_set=name.startswith("set-"))) if row.kind == "cookie" else HEADER

    def _form(self, form: Values, numbers: PlaceholderNumbers | None) -> Values:
        oauth = is_oauth("&".join(f"{name}=" for name in form))
        changed = {}
        for name, texts in form.items():
            new = tuple(self._pairs.value(name, text, oauth=oauth) or self.text(text) for text in texts)
            if new != texts:
                if numbers:
                    new = tuple(numbers.in_value(name, old, text) for old, text in zip(texts, new, strict=True))
                changed[name] = new
        return {**form, **changed} if changed else form


def _numbered_pairs(old: bytes, new: bytes, numbers: PlaceholderNumbers) -> bytes:
    before, after = old.decode(errors="surrogateescape"), new.decode(errors="surrogateescape")
    return numbers.in_pairs(before, after).encode(errors="surrogateescape")


@lru_cache(_MOST_REMEMBERED)
def _usual(url: str) -> str:
    """A request's URL with the usual placeholders, where its client sends back one that keeps a form."""
    data = url.encode(errors="surrogateescape")
    edits = [*find_forms(data)]
    return apply(data, edits).decode(errors="surrogateescape") if edits else url


def _size(text: str) -> int:
    return len(text.encode(errors="surrogateescape"))


def _first(headers: Values, name: str) -> str | None:
    return next(iter(headers.get(name, ())), None)


def _changed[T: (Request, Response)](old: T, **fields: Any) -> T:
    new = {name: value for name, value in fields.items() if value != getattr(old, name)}
    return replace(old, **new) if new else old


def _length(length: int, old: bytes, new: bytes) -> int:
    return len(new) if new is not old and length == len(old) else length


def _leads_to(pointer: Pointer, path: tuple[str, ...]) -> bool:
    return len(pointer) == len(path) and all(part in (ANY, step) for part, step in zip(pointer, path, strict=True))
