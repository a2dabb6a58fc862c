import base64

import pytest

from tapehead.redact.base64_alignments import encodings

KEY = b"k3jh4k5jh3k4j5h3k4j5h3kj45hkj3h45"


@pytest.mark.parametrize("before", range(4))
def test_encodings(before: int) -> None:
    """Wherever in a text a value begins, one of its encodings stands in the base64 of that text."""
    text = b"?" * before + KEY + b"~~~~"

    assert any(each in base64.b64encode(text) for each in encodings(KEY))
    assert any(each in base64.urlsafe_b64encode(text) for each in encodings(KEY))
