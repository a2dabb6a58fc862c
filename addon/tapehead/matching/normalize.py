"""A request in its one spelling, with nothing in it that does not count: two requests are the same if these are equal.

Knows what each part of a request becomes; how is told elsewhere. A normal request is a request: what compares,
counts or shows requests needs to know nothing of rules.
"""

from dataclasses import replace
from functools import partial

from tapehead.cassette.model import NO_VALUES, Request, Values
from tapehead.matching.bodies import Edit, decode_body, normal_body
from tapehead.matching.canonical_messages import canonical_messages, has_messages
from tapehead.matching.govcr import compared_fields
from tapehead.matching.header_agreement import asking_headers
from tapehead.matching.ignored_texts import remove_texts, remove_texts_in
from tapehead.matching.json_pointer_ops import drop
from tapehead.matching.rules import URL_PARTS, RequestPart, Rules
from tapehead.matching.urls import normal_url
from tapehead.matching.volatile import has_trace, made_up_parameters, normalize_volatile, remove_trace, rules_for
from tapehead.wire.headers import canonical_name
from tapehead.wire.multipart import without_boundary


def normalize_request(request: Request, rules: Rules) -> Request:
    """Returns what of a request counts by the rules, in one spelling. Fields that do not count have their defaults.

    Of a URL only the parts that count are left: `//example.com/v1` where the scheme and the query do not. Takes time
    in proportion to the body's size.
    """
    if rules.match.govcr:
        return compared_fields(request)
    parts = rules.match.parts
    return Request(
        method=request.method if RequestPart.METHOD in parts else "",
        url=normal_url(request.url, parts, rules.ignore.query, made_up_parameters(request.url))
        if parts & URL_PARTS
        else "",
        body=_body(request, rules)
        if request.body and (RequestPart.BODY in parts or RequestPart.FORM in parts)
        else b"",
        headers=_headers(request.headers, rules.match.headers) if rules.match.headers else NO_VALUES,
    )


def normalize_for_comparison(request: Request, rules: Rules) -> Request:
    """Returns the same with the headers that say what is asked: those count where the recorded request has them."""
    normal = normalize_request(request, rules)
    asking = asking_headers(request.headers, rules.ignore.headers) if not rules.match.govcr else NO_VALUES
    return replace(normal, headers={**normal.headers, **asking}) if asking else normal


def _body(request: Request, rules: Rules) -> bytes:
    body = decode_body(request.body, _header(request.headers, "Content-Encoding"))
    content_type = _header(request.headers, "Content-Type")
    if has_messages(content_type):
        body, content_type = canonical_messages(content_type, body), "application/json"
    return normal_body(
        body,
        content_type,
        edit=edit_for(request.url, rules, has_trace=has_trace(body)),
        edit_text=partial(remove_texts, ignored=rules.ignore.texts) if rules.ignore.texts else None,
        ignored=rules.ignore.form,
        made_up=made_up_parameters(request.url),
        forms_only=RequestPart.BODY not in rules.match.parts,
    )


def edit_for(url: str, rules: Rules, *, has_trace: bool) -> Edit:
    """Returns what takes out of a JSON value that is sent to a URL what does not count."""
    pointers, texts, rows = rules.ignore.pointers, rules.ignore.texts, rules_for(url)

    def edit(value: object) -> None:
        drop(value, pointers)
        normalize_volatile(value, rows)
        if has_trace:
            remove_trace(value)
        if texts:
            remove_texts_in(value, texts)

    return edit


def _header(headers: Values, name: str) -> str | None:
    """The first value of a header. Cassettes edited by hand have other cases than Go's."""
    values = headers.get(name)
    if values is None:
        values = next((each for other, each in headers.items() if canonical_name(other) == name), ())
    return next(iter(values), None)


def _headers(headers: Values, names: tuple[str, ...]) -> Values:
    kept = {canonical_name(name): values for name, values in headers.items()}
    kept = {name: kept[name] for name in names if name in kept}
    if "Content-Type" in kept:
        kept["Content-Type"] = tuple(map(without_boundary, kept["Content-Type"]))
    return kept
