"""What a client is answered when it gets no recorded or real answer: an error of its own SDK, with our words in it.

The body is one that OpenAI's, Anthropic's, Google's and AWS's SDKs all read the message from.
"""

import json

from mitmproxy import http


def miss_response(request: http.Request, message: str) -> http.Response:
    """Returns the answer to a request that no interaction answers: 404, the one code that no SDK retries."""
    return _error(request, 404, "NOT_FOUND", "cassette_miss", message)


def excused_response(request: http.Request, message: str) -> http.Response:
    """Returns the answer to a request that does not matter, where nothing is recorded for it: 404."""
    return _error(request, 404, "NOT_FOUND", "cassette_passthrough", message)


def unavailable_response(request: http.Request, message: str) -> http.Response:
    """Returns the answer in trouble of ours, a 503: nothing is passed on, so that nothing goes unrecorded."""
    return _error(request, 503, "UNAVAILABLE", "cassette_trouble", message)


def forbidden_response(request: http.Request, message: str) -> http.Response:
    """Returns the answer to a request to where this proxy does not go: 403."""
    return _error(request, 403, "PERMISSION_DENIED", "cassette_forbidden", message)


def _error(request: http.Request, code: int, status: str, kind: str, message: str) -> http.Response:
    error = {"type": kind, "code": code, "status": status, "message": message}
    body = {"type": "error", "message": message, "error": error}
    headers = {
        "Content-Type": "application/json",
        "x-should-retry": "false",  # obeyed by OpenAI's and Anthropic's SDKs
        "x-amzn-errortype": kind,  # what AWS's call the error
    }
    content = b"" if request.method == "HEAD" else json.dumps(body, ensure_ascii=False).encode(errors="replace")
    return http.Response.make(code, content, headers)
