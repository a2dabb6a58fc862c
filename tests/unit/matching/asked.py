"""Requests and interactions that are short to write."""

import json

from tapehead.cassette import Interaction, Request, Response

URL = "https://api.example.com/v1/chat/completions"


def request(body: object = b"", method: str = "POST", url: str = URL) -> Request:
    """A request; what is no bytes is sent as JSON."""
    return Request(method=method, url=url, body=body if isinstance(body, bytes) else json.dumps(body).encode())


def recorded(number: int, asked: Request) -> Interaction:
    """An interaction in which this was asked."""
    return Interaction(id=number, request=asked, response=Response(code=200, status="200 OK"))
