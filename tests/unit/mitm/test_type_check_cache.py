"""type_check_cache: mitmproxy's own words about a wrong type, each time; about right ones it is asked once."""

import pytest
from mitmproxy import http

from tapehead.mitm import type_check_cache


def test_wrong_types_are_refused_each_time() -> None:
    """A message with a right one's types is let through, one with others is not, also after right ones."""
    type_check_cache.install()
    type_check_cache.install()
    for _ in range(2):
        good = http.Response.make(200, b"x")
        assert b"x" == good.content
        with pytest.raises(TypeError, match="status_code"):
            http.ResponseData(
                http_version=b"HTTP/1.1",
                headers=http.Headers(),
                content=None,
                trailers=None,
                timestamp_start=0.0,
                timestamp_end=None,
                status_code="200",  # type: ignore[arg-type]
                reason=b"",
            )
