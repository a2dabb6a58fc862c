import pytest

from tapehead.redact.multipart_names import redact_parts
from tapehead.redact.parameter_names import PairNames

TYPE = 'multipart/form-data; boundary="-x"'


def body(*parts: tuple[str, str]) -> bytes:
    text = "".join(
        f'---x\r\nContent-Disposition: form-data; name="{name}"; filename="a"\r\nContent-Type: a/b\r\n\r\n{value}\r\n'
        for name, value in parts
    )
    return f"{text}---x--\r\n".encode()


def test_a_name_without_quotes() -> None:
    """A part's name may stand without quotes; a name that is often harmless needs a value that is one."""
    old = body(("a", "b"), ("key", "q7Zx9dcba98HkLm21ZYXwvuts"), ("key", "user:1")).replace(b'name="key"', b"name=key")
    assert old.replace(b"q7Zx9dcba98HkLm21ZYXwvuts", b"[REDACTED:query]") == redact_parts(
        TYPE, old, PairNames().is_secret
    )


def test_parts() -> None:
    """The contents of parts that are named as credentials are replaced; all else stays."""
    old = body(("file", "password\r\n\r\nbytes"), ("password", "hunter2\r\nsecond line"), ("n", "1"))
    new = body(("file", "password\r\n\r\nbytes"), ("password", "[REDACTED:query]"), ("n", "1"))

    assert new == redact_parts(TYPE, old, PairNames().is_secret)
    assert redact_parts(TYPE, new, PairNames().is_secret) is new


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("multipart/form-data", b"password"),
        (TYPE, b"no parts"),
        (TYPE, b'---x\r\nContent-Disposition: form-data; name="password"\r\n\r\ncut off'),
        (TYPE, body(("password", ""))),
        (TYPE, b"---x\r\nno: name\r\n\r\nx\r\n---x--"),
    ],
)
def test_what_is_left_alone(content_type: str, data: bytes) -> None:
    """Without a boundary, a name, an end or a value there is nothing to replace."""
    assert redact_parts(content_type, data, PairNames().is_secret) is data
