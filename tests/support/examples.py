"""A few interactions for tests."""

from tapehead.cassette import Interaction, Request, Response

REQUEST = Request(
    method="POST",
    url="https://api.example.com/v1/chat",
    body=b'{"model":"m"}',
    content_length=13,
    headers={"Content-Type": ("application/json",)},
)
RESPONSE = Response(
    code=200,
    status="200 OK",
    body=b"data: {}\n\ndata: [DONE]\n\n",
    headers={"Content-Type": ("text/event-stream",)},
    proto="HTTP/2.0",
    proto_major=2,
    proto_minor=0,
    duration=1_500_000_000,
)
INTERACTION = Interaction(id=0, request=REQUEST, response=RESPONSE)

TEXT = """\
---
version: 2
interactions:
  - id: 0
    request:
        proto: HTTP/1.1
        proto_major: 1
        proto_minor: 1
        content_length: 13
        host: ""
        body: '{"model":"m"}'
        headers:
            Content-Type:
              - application/json
        url: https://api.example.com/v1/chat
        method: POST
    response:
        proto: HTTP/2.0
        proto_major: 2
        proto_minor: 0
        content_length: -1
        body: |+
            data: {}

            data: [DONE]

        headers:
            Content-Type:
              - text/event-stream
        status: 200 OK
        code: 200
        duration: 1.5s
"""
"""INTERACTION as a cassette in the reference's layout."""

FULL = Interaction(
    id=7,
    request=Request(
        method="PUT",
        url="http://h/?a=b",
        body=b"\xff\x00",
        headers={"X": ()},
        proto="HTTP/1.0",
        proto_minor=0,
        content_length=2,
        transfer_encoding=("chunked", "gzip"),
        trailer={"T": ("1", "2")},
        host="h",
        remote_addr="127.0.0.1:9",
        request_uri="/?a=b",
        form={"a": ("b", "line\nline")},
    ),
    response=Response(
        code=404,
        status="404 ",
        body=b"",
        headers={},
        transfer_encoding=("chunked",),
        trailer={"T": ()},
        content_length=3,
        uncompressed=True,
    ),
)
"""Every field has a value."""
