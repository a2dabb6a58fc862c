"""`cassette_match=go-vcr`: what go-vcr's own matcher compares, as far as a proxy sees it.

Source: go-vcr v4.0.7 pkg/cassette/cassette.go, defaultMatcher.matcher, without options. Knows which fields; they are
compared as they are. A difference that is on purpose: go-vcr answers nothing to a request whose query or form Go cannot
parse (`;`, a bad %-escape), not even with its own recording, which it cannot make; here such a request matches itself.
"""

from tapehead.cassette.model import Request

# In the order in which they are compared there, the most telling first. Go's deepEqualContents makes nothing and an
# empty list or map the same, and so does the model, which has no nil; names have no order, the values of one name have.
COMPARED = (
    "method",
    "url",
    "proto",
    "proto_major",
    "proto_minor",
    "headers",
    "body",
    "content_length",
    "transfer_encoding",
    "host",
    "form",
    "trailer",
    "remote_addr",
    "request_uri",
)


def compared_fields(request: Request) -> Request:
    """Returns what go-vcr's matcher looks at; the rest has its defaults."""
    return Request(**{name: getattr(request, name) for name in COMPARED})
